"""Baselines of the two beams of a railway mast."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.envs.beam_management.hsr_dual_beam import exact
from isac_envs.envs.beam_management.hsr_dual_beam.geometry import Array, angle_deg

Integers = npt.NDArray[np.int64]


class _SettingBaseline(Baseline):
    """Base of the baselines: a setting is one number, the position in row-major order."""

    def settings(self) -> Integers:
        """Return the settings of all copies, shape ``(n,)``."""
        raise NotImplementedError

    def act(self) -> npt.NDArray[Any]:
        """Return the settings in the form of the action."""
        chosen = self.settings()
        if self.params.action == "index":
            return chosen
        return np.stack(np.unravel_index(chosen, self.params.action_shape), axis=1)

    @property
    def slots(self) -> Integers:
        """Slots that the copies are in; of finished ones the last."""
        return np.minimum(self.env["time"], exact.planned_slots(self.params) - 1)

    def best(self, values: Array) -> Integers:
        """Return the setting of the largest value less its switching, per copy.

        Args:
            values: Worth of the settings, shape ``(n, ...)``.
        """
        names = ("separation", "radar_width", "communication_width")
        changes = np.zeros(values.shape, np.int64)
        for axis, name in enumerate(names, start=1):
            shape = np.ones(4, int)
            shape[axis] = values.shape[axis]
            kept = self.env[name].reshape(-1, 1, 1, 1) == np.arange(shape[axis]).reshape(shape)
            changes = changes + ~kept
        started = (self.env["time"] > 0).reshape(-1, 1, 1, 1)
        net = values - exact.switching_penalty(self.params) * changes * started
        return np.asarray(net.reshape(len(net), -1).argmax(1))

    def present_rewards(self) -> Array:
        """Return the rewards of the present slot with its noise, shape ``(n, ...)``."""
        return exact.slot_rewards(self.params, self.slots, self.env["estimate_m"])


class Optimum(_SettingBaseline):
    """Knows the train's position, the present noise and the law of the later noise."""

    kind = "exact"
    summary = (
        "Backward induction over the passage; sees position and pointing error of the slot, and "
        "takes expectations over later ones."
    )

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.values = exact.values_to_go(self.params)

    def settings(self) -> Integers:
        """Return the settings that are worth most from now on."""
        return self.best(self.present_rewards() + self.values[self.slots + 1])


class Schedule(_SettingBaseline):
    """The best plan made before the passage: a setting for each slot."""

    kind = "exact"
    summary = (
        "Best fixed timetable of settings, by backward induction on expected rewards; knows the "
        "position and not the pointing error."
    )

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.rewards = exact.expected_rewards(self.params)
        self.values = exact.scheduled_values(self.params)

    def settings(self) -> Integers:
        """Return the settings of the timetable."""
        return self.best(self.rewards[self.slots] + self.values[self.slots + 1])


class Myopic(_SettingBaseline):
    """Looks at nothing but the present slot."""

    summary = (
        "Exhaustive search for the largest reward of the present slot, switching included; sees "
        "position and pointing error."
    )

    def settings(self) -> Integers:
        """Return the settings that earn most now."""
        return self.best(self.present_rewards())


class Exhaustive(_SettingBaseline):
    """The best setting for each place, whatever it costs to get there."""

    summary = (
        "Exhaustive search for the largest expected reward of the present slot, blind to "
        "switching; knows the position and not the pointing error."
    )

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        rewards = exact.expected_rewards(self.params)
        self.chosen = rewards.reshape(len(rewards), -1).argmax(1)

    def settings(self) -> Integers:
        """Return the settings that are expected to earn most now, before switching."""
        return self.chosen[self.slots]


class BestFixed(_SettingBaseline):
    """Fixed widths and separation, which the publication compares with."""

    summary = "The one setting with the largest expected reward over the passage."

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.chosen = int(exact.expected_rewards(self.params).sum(0).argmax())

    def settings(self) -> Integers:
        """Return the same setting for all."""
        return np.full(len(self.env), self.chosen)


class ByGeometry(_SettingBaseline):
    """Covers what geometry says, from the position estimate alone."""

    summary = (
        "Radar beam on the middle of the watched track and as wide as it appears, communication "
        "beam four deviations of the pointing error wide; sees the estimate."
    )

    def settings(self) -> Integers:
        """Return the settings whose angles are nearest to those of the geometry."""
        p, along = self.params, self.env["estimate_m"]
        mast = p.mast_distance_m
        near = angle_deg(along + p.look_ahead_near_m, mast)
        far = angle_deg(along + p.look_ahead_far_m, mast)
        deviation = 180.0 / np.pi * p.position_std_m * mast / (mast * mast + along * along)
        wanted = (
            (p.separations_deg, 0.5 * (near + far) - angle_deg(along, mast)),
            (p.radar_widths_deg, far - near),
            (p.communication_widths_deg, 4.0 * deviation),
        )
        nearest = [np.abs(np.array(a) - b[:, None]).argmin(1) for a, b in wanted]
        return np.asarray(np.ravel_multi_index(nearest, p.action_shape))


BASELINES: dict[str, type[Baseline]] = {
    "optimum": Optimum,
    "schedule": Schedule,
    "myopic": Myopic,
    "exhaustive": Exhaustive,
    "by_geometry": ByGeometry,
    "best_fixed": BestFixed,
    "random": RandomBaseline,
}
