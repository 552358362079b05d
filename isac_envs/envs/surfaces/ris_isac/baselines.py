"""Baselines of ``isac/RisIsac-v0``: phases and share, by what is believed of the channels.

They choose phases, and then a share for those that the action reaches. With learned beams they add
those of WMMSE.
"""

from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.envs.surfaces.asking import Turns, phase_action
from isac_envs.envs.surfaces.policies import (
    Channels,
    PhasePolicy,
    Smoothed,
    element_states,
    filter_gain,
    true_channels,
)
from isac_envs.envs.surfaces.ris_isac import search

Shares = npt.NDArray[np.float64]


class SharePolicy(PhasePolicy):
    """Base of the baselines: they choose phases or a beam of the codebook, and a share.

    Attributes:
        aim: Weights of the objectives by which phases are chosen; None for those of the reward.
        start: Share for which phases are chosen; None for the best.
        most: Rounds of a search.
        tolerance: Gain of a round at which it stops.
        margin_db: What phases are to reach above the required radar SNR, because the beams of the
            base station are worse than those of a climb.
        power: Which share is sent.
    """

    aim: ClassVar[tuple[float, float, float] | None] = None
    start: ClassVar[float | None] = None
    most: ClassVar[int] = 40
    tolerance: ClassVar[float] = 1e-3
    margin_db: ClassVar[float] = 0.0
    power: ClassVar[Literal["best", "none"]] = "best"

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        p, n = self.params, len(self.env)
        self.share: Shares = np.full((n, 1), 1.0 / (p.users + 1))
        self.bench = search.Bench(
            element_states(p), self.most, self.tolerance, True, 0.5, self.start is None,
            np.zeros(p.elements, np.complex128), np.zeros(p.elements), np.zeros(p.elements),
        )  # fmt: skip
        required_db = min(p.required_snr_db + self.margin_db, 200.0)
        aimed = {"required_snr_db": required_db, "weights": self.aim or p.weights}
        self.aimed = self.model.with_parameters(aimed).params.record

    def chosen(self, channels: Channels) -> Turns:
        """Return the wanted phases in turns, shape ``(n, N)``."""
        raise NotImplementedError

    def act(self) -> npt.NDArray[Any]:
        """Return the actions of all copies."""
        channels = self.believed()
        if self.params.action == "codebook":
            return self.beam(channels)
        return self.encoded(self.chosen(channels), channels)

    def beam(self, channels: Channels) -> npt.NDArray[Any]:
        """Return the best beams of the codebook with their shares, shape ``(n, 2)``."""
        best = np.zeros((len(self.env), 1), np.int64)
        if self.start is not None:
            self.share[:] = self.start
        record, state = self.aimed if self.aim else self.params.record, self.batch.state
        search.search_codebook_batch(record, state, self.bench, *channels, best, self.share)
        search.phases_of_beam_batch(*self.scene(), best, self.turns)
        self.divide(channels, self.turns)
        return np.concatenate((best, self.level(channels, self.turns)), 1)

    def encoded(self, turns: Turns, channels: Channels) -> npt.NDArray[Any]:
        """Return phases in the form of the action, with the share or the beams for them.

        Args:
            turns: Wanted phases, shape ``(n, N)``.
            channels: What share and beams are made for.
        """
        p = self.params
        action, turns = phase_action(p, self.batch.state.elements["turns"], turns)
        self.divide(channels, turns)
        if p.action == "levels":
            return np.concatenate((action, self.level(channels, turns)), 1)
        if p.precoder == "learned":
            beams = np.zeros((len(turns), p.antennas, p.users + 1), np.complex128)
            search.best_beams_batch(*self.scene(), *channels, turns, self.share, beams)
            parts = np.stack((beams.real, beams.imag), -1).reshape(len(turns), -1)
            largest = np.maximum(np.abs(parts).max(1, keepdims=True), 1e-300)
            return np.concatenate((action, parts / largest), 1)
        return np.concatenate((action, 2.0 * self.share - 1.0), 1)

    def divide(self, channels: Channels, turns: Turns) -> None:
        """Choose the shares for phases that are reached.

        Args:
            channels: What is believed.
            turns: Phases, shape ``(n, N)``.
        """
        if self.power == "none":
            self.share[:] = 0.0
        else:
            search.choose_share_batch(*self.scene(), *channels, turns, self.share)

    def level(self, channels: Channels, turns: Turns) -> npt.NDArray[np.int64]:
        """Return the better one of the two levels next to each share, shape ``(n, 1)``.

        Args:
            channels: What is believed.
            turns: Phases, shape ``(n, N)``.
        """
        top = self.params.share_levels - 1
        bench, found = self.bench._replace(ideal=False), np.zeros((2, len(turns), 3))
        levels = np.stack((np.floor(top * self.share), np.ceil(top * self.share)))
        for each, shares in zip(found, levels / top, strict=True):
            search.measure_batch(*self.scene(), bench, *channels, turns, shares, each)
        up = found[1, :, :1] > found[0, :, :1]
        self.share = np.where(up, levels[1], levels[0]) / top
        return np.where(up, levels[1], levels[0]).astype(np.int64)


class AlternatingEstimated(SharePolicy):
    """Alternating optimisation on what is known in the slot."""

    starts, margin_db = 4, 0.25
    summary = "Phases and share in turns, on the estimates of the slot."

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        reach = self.params.largest_increment_deg / 360.0
        self.reaching = self.bench._replace(reach=reach)
        self.rate_turns: Turns = self.turns.copy()

    def chosen(self, channels: Channels) -> Turns:
        """Return the phases that the optimisation ends at, from those of the slot before."""
        fresh, state = self.fresh, self.batch.state
        self.turns = np.where(fresh[:, None], state.elements["turns"], self.turns)
        self._climb(self.bench, channels, self.turns, self.share)
        if fresh.any():
            self._start_again(fresh, channels)
        if self.params.action == "increments":
            return self._near(channels)
        self._try_rate(channels)
        return self.turns

    def _try_rate(self, channels: Channels) -> None:
        """Try a start that is good for the rate, followed from slot to slot; keep the better."""
        now = self.batch.state.elements["turns"]
        self.rate_turns = np.where(self.fresh[:, None], now, self.rate_turns)
        search.climb_rate_batch(*self.scene(), self.bench, *channels, self.rate_turns)
        turns, share = self.rate_turns.copy(), self.share.copy()
        self._climb(self.bench, channels, turns, share)
        worth = self._worth(channels, self.turns, self.share)
        better = self._worth(channels, turns, share) > worth
        self.turns[better], self.share[better] = turns[better], share[better]

    def _climb(self, bench: Any, channels: Channels, turns: Turns, share: Shares) -> None:
        search.climb_batch(self.aimed, self.batch.state, bench, *channels, turns, share)

    def _worth(self, channels: Channels, turns: Turns, share: Shares) -> npt.NDArray[np.float64]:
        """Return what is aimed at, shape ``(n,)``."""
        found = np.zeros((len(turns), 3))
        state = self.batch.state
        search.measure_batch(self.aimed, state, self.bench, *channels, turns, share, found)
        return found[:, 0]

    def _near(self, channels: Channels) -> Turns:
        """Return the best phases within reach; where they are better, they are the aim."""
        _, near = phase_action(self.params, self.batch.state.elements["turns"], self.turns)
        share = self.share.copy()
        self._climb(self.reaching, channels, near, share)
        worth = self._worth(channels, self.turns, self.share)
        better = self._worth(channels, near, share) > worth
        self.turns[better], self.share[better] = near[better], share[better]
        return near

    def _start_again(self, fresh: npt.NDArray[np.bool_], channels: Channels) -> None:
        """Try other starts in a new episode, some of them good for the rate; keep the best."""
        most = self._worth(channels, self.turns, self.share)
        for start in range(int(self.starts) - 1):
            turns, share = self.random.random(self.turns.shape), self.share.copy()
            if start % 2 == 0:
                search.climb_rate_batch(*self.scene(), self.bench, *channels, turns)
            search.choose_share_batch(*self.scene(), *channels, turns, share)
            self._climb(self.bench, channels, turns, share)
            found = self._worth(channels, turns, share)
            better = (found > most) & fresh
            self.turns[better], self.share[better] = turns[better], share[better]
            most[better] = found[better]


class Alternating(AlternatingEstimated):
    """Alternating optimisation on the truth."""

    kind = "best_known"
    constants = ("starts", "margin_db")
    summary = "Phases and share in turns, on the true channels and phase errors."

    def believed(self) -> Channels:
        """Return the channels of the slot, the errors of the phases in the legs to the surface."""
        return true_channels(self.batch.state)

    def chosen(self, channels: Channels) -> Turns:
        """Return phases that fit the beams to come.

        Not where phases can only be changed little by little: what fits the errors of one slot
        would be in the way in the next.
        """
        turns = super().chosen(channels).copy()
        if self.params.action != "increments":
            fitting = self.bench._replace(ideal=False)
            search.climb_batch(*self.scene(), fitting, *channels, turns, self.share.copy())
        return turns


class AlternatingFiltered(AlternatingEstimated):
    """Alternating optimisation on estimates that are smoothed."""

    summary = (
        "As alternating_estimated, on estimates smoothed over the slots by an exponential filter "
        "whose gain follows from errors and Doppler shift."
    )

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        table = self.params.record[0]
        users = table.step_m, table.direct_k, table.reflected_k
        target = table.target_step_m, table.target_direct_k, table.target_reflected_k
        rows = (*(users,) * self.params.users, target)
        self.smooth = Smoothed(*(self._gains(rows, leg) for leg in (1, 2)))

    def _gains(self, rows: tuple[Any, ...], leg: int) -> npt.NDArray[np.float64]:
        """Return the gain for each receiver, shape ``(S, 1)``."""
        per_wavelength = self.params.record[0].per_wavelength
        error = self.params.csi_error
        found = {row: filter_gain(float(row[leg]), float(row[0] * per_wavelength), error)
                 for row in set(rows)}  # fmt: skip
        return np.array([[found[row]] for row in rows])

    def believed(self) -> Channels:
        """Return the smoothed estimates; called once a slot."""
        return self.smooth.renew(super().believed(), self.fresh)


class RateFirst(SharePolicy):
    """The surface for the users alone."""

    aim, start, most = (1.0, 0.0, 0.0), 0.0, 60
    summary = (
        "Phases for the rate alone, on the estimates of the slot, and then the best share for them."
    )

    def chosen(self, channels: Channels) -> Turns:
        """Return the phases that alternating optimisation ends at."""
        turns = self.batch.state.elements["turns"]
        self.turns = np.where(self.fresh[:, None], turns, self.turns)
        search.climb_rate_batch(*self.scene(), self.bench, *channels, self.turns)
        return self.turns


class CommunicationOnly(RateFirst):
    """No sensing at all."""

    power = "none"
    summary = "As rate_first without a sensing stream."


class SensingFirst(SharePolicy):
    """The surface for the target alone."""

    aim, start = (0.0, 1.0, 0.0), 1.0
    summary = (
        "Phases for the radar SNR alone, on the estimates of the slot, and then the best share for "
        "them."
    )

    def chosen(self, channels: Channels) -> Turns:
        """Return the phases that a climb of the radar SNR ends at."""
        turns, all_power = self.batch.state.elements["turns"], np.ones_like(self.share)
        self.turns = np.where(self.fresh[:, None], turns, self.turns)
        state = self.batch.state
        search.climb_batch(self.aimed, state, self.bench, *channels, self.turns, all_power)
        return self.turns


class Follow(SharePolicy):
    """Each element for itself."""

    summary = (
        "Turns every element as the directions for rate and echo say, as if the others stood "
        "still, with the best share on the estimates; in a codebook the best beam."
    )

    def chosen(self, channels: Channels) -> Turns:
        """Return the phases that the directions point to."""
        search.follow_batch(*self.scene(), self.bench, *channels, self.turns, self.share)
        return self.turns


class RandomPhases(SharePolicy):
    """Random phases with the share made for them."""

    summary = (
        "Uniform phases, drawn once in an episode, with the best share on the estimates; in a "
        "codebook a beam."
    )

    def chosen(self, channels: Channels) -> Turns:
        """Return the phases that were drawn."""
        drawn = self.random.random(self.turns.shape)
        self.turns = np.where(self.fresh[:, None], drawn, self.turns)
        return self.turns

    def beam(self, channels: Channels) -> npt.NDArray[Any]:
        """Return the beam that was drawn."""
        drawn = self.chosen(channels)[:, :1]
        best, turns = np.asarray(drawn * self.params.codebook_size, np.int64), self.turns.copy()
        search.phases_of_beam_batch(*self.scene(), best, turns)
        self.divide(channels, turns)
        return np.concatenate((best, self.level(channels, turns)), 1)


BASELINES: dict[str, type[Baseline]] = {
    "alternating": Alternating,
    "alternating_filtered": AlternatingFiltered,
    "alternating_estimated": AlternatingEstimated,
    "rate_first": RateFirst,
    "sensing_first": SensingFirst,
    "follow": Follow,
    "communication_only": CommunicationOnly,
    "random_phases": RandomPhases,
    "random": RandomBaseline,
}
