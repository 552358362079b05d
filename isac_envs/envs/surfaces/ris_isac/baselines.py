"""Baselines of ``isac/RisIsac-v0``: phases and share, by what is believed of the channels.

They choose phases, and then a share for those that the action reaches. With learned beams they add
those of WMMSE.
"""

from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.envs.surfaces.asking import phase_action
from isac_envs.envs.surfaces.policies import (
    Channels,
    PhasePolicy,
    Smoothed,
    element_states,
    filter_gain,
    true_channels,
)
from isac_envs.envs.surfaces.ris_isac import search

Plans = npt.NDArray[np.float64]
"""Phases of all elements in turns, share and worth of all copies, shape ``(n, N + 2)``."""


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
        p = self.params
        self.plans: Plans = np.zeros((len(self.env), p.elements + 2))
        self.plans[:, -2] = 1.0 / (p.users + 1)
        self.bench = search.Bench(
            element_states(p), self.most, self.tolerance, True, 0.5, self.start is None,
            np.zeros(p.elements, np.complex128), np.zeros(p.elements), np.zeros(p.elements),
        )  # fmt: skip
        required_db = min(p.required_snr_db + self.margin_db, 200.0)
        aimed = {"required_snr_db": required_db, "weights": self.aim or p.weights}
        self.aimed = self.model.with_parameters(aimed).params.record

    def chosen(self, channels: Channels) -> Plans:
        """Return the wanted phases, and shares to begin with.

        Args:
            channels: What is believed.
        """
        raise NotImplementedError

    def act(self) -> npt.NDArray[Any]:
        """Return the actions of all copies."""
        channels = self.believed()
        if self.params.action == "codebook":
            return self.beam(channels)
        return self.encoded(self.chosen(channels).copy(), channels)

    def begin(self) -> None:
        """Let the plans of new episodes begin with the present phases."""
        now = self.batch.state.elements["turns"]
        self.plans[:, :-2] = np.where(self.fresh[:, None], now, self.plans[:, :-2])

    def beam(self, channels: Channels) -> npt.NDArray[Any]:
        """Return the best beams of the codebook with their shares, shape ``(n, 2)``."""
        if self.start is not None:
            self.plans[:, -2] = self.start
        record, state = self.aimed if self.aim else self.params.record, self.batch.state
        search.search_codebook_batch(record, state, self.bench, *channels, self.plans)
        return self.with_share(self.plans[:, :1].astype(np.int64), channels)

    def with_share(self, beams: npt.NDArray[np.int64], channels: Channels) -> npt.NDArray[Any]:
        """Return beams of the codebook with the shares for them, shape ``(n, 2)``.

        Args:
            beams: Numbers of the beams, shape ``(n, 1)``.
            channels: What the shares are made for.
        """
        plans = self.plans.copy()
        search.phases_of_beam_batch(*self.scene(), beams, plans)
        self.divide(channels, plans)
        return np.concatenate((beams, self.level(channels, plans)), 1)

    def encoded(self, plans: Plans, channels: Channels) -> npt.NDArray[Any]:
        """Return phases in the form of the action, with the share or the beams for them.

        Args:
            plans: Wanted phases; become those that are reached.
            channels: What share and beams are made for.
        """
        p = self.params
        now = self.batch.state.elements["turns"]
        action, plans[:, :-2] = phase_action(p, now, plans[:, :-2])
        self.divide(channels, plans)
        if p.action == "levels":
            return np.concatenate((action, self.level(channels, plans)), 1)
        if p.precoder == "learned":
            beams = np.zeros((len(plans), p.antennas, p.users + 1), np.complex128)
            search.best_beams_batch(*self.scene(), *channels, plans, beams)
            parts = np.stack((beams.real, beams.imag), -1).reshape(len(plans), -1)
            largest = np.maximum(np.abs(parts).max(1, keepdims=True), 1e-300)
            return np.concatenate((action, parts / largest), 1)
        return np.concatenate((action, 2.0 * plans[:, -2:-1] - 1.0), 1)

    def divide(self, channels: Channels, plans: Plans) -> None:
        """Choose the shares for phases that are reached.

        Args:
            channels: What is believed.
            plans: Receive the shares.
        """
        if self.power == "none":
            plans[:, -2] = 0.0
        else:
            search.choose_share_batch(*self.scene(), *channels, plans)
        self.plans[:, -2] = plans[:, -2]

    def level(self, channels: Channels, plans: Plans) -> npt.NDArray[np.int64]:
        """Return the better one of the two levels next to each share, shape ``(n, 1)``.

        Args:
            channels: What is believed.
            plans: Phases and shares.
        """
        top, bench = self.params.share_levels - 1, self.bench._replace(ideal=False)
        down, up = plans.copy(), plans.copy()
        down[:, -2], up[:, -2] = np.floor(top * plans[:, -2]), np.ceil(top * plans[:, -2])
        for each in (down, up):
            each[:, -2] /= top
            search.measure_batch(*self.scene(), bench, *channels, each)
        better = np.where(up[:, -1] > down[:, -1], up[:, -2], down[:, -2])
        return np.rint(top * better).astype(np.int64)[:, None]


class AlternatingEstimated(SharePolicy):
    """Alternating optimisation on what is known in the slot."""

    starts, margin_db = 4, 0.25
    summary = "Phases and share in turns, on the estimates of the slot."

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        reach = self.params.largest_increment_deg / 360.0
        self.reaching = self.bench._replace(reach=reach)
        self.for_rate: Plans = self.plans.copy()

    def chosen(self, channels: Channels) -> Plans:
        """Return the plans that the optimisation ends at, from those of the slot before."""
        self.begin()
        self._climb(self.bench, channels, self.plans)
        if self.fresh.any():
            self._start_again(channels)
        if self.params.action == "increments":
            return self._near(channels)
        self._try_rate(channels)
        return self.plans

    def _climb(self, bench: search.Bench, channels: Channels, plans: Plans) -> None:
        """Climb, and measure what is aimed at."""
        state = self.batch.state
        search.climb_batch(self.aimed, state, bench, *channels, plans)

    def _keep(self, plans: Plans, where: Any = True) -> None:
        """Replace plans by better ones."""
        better = (plans[:, -1] > self.plans[:, -1]) & where
        self.plans[better] = plans[better]

    def _try_rate(self, channels: Channels) -> None:
        """Try a start that is good for the rate, followed from slot to slot."""
        now = self.batch.state.elements["turns"]
        self.for_rate[:, :-2] = np.where(self.fresh[:, None], now, self.for_rate[:, :-2])
        search.climb_rate_batch(*self.scene(), self.bench, *channels, self.for_rate)
        plans = self.for_rate.copy()
        plans[:, -2] = self.plans[:, -2]
        self._climb(self.bench, channels, plans)
        self._keep(plans)

    def _near(self, channels: Channels) -> Plans:
        """Return the best phases within reach; where they are better, they are the aim."""
        near, now = self.plans.copy(), self.batch.state.elements["turns"]
        _, near[:, :-2] = phase_action(self.params, now, near[:, :-2])
        self._climb(self.reaching, channels, near)
        self._keep(near)
        return near

    def _start_again(self, channels: Channels) -> None:
        """Try other starts in a new episode, some of them good for the rate."""
        for start in range(int(self.starts) - 1):
            plans = self.plans.copy()
            plans[:, :-2] = self.random.random(plans[:, :-2].shape)
            if start % 2 == 0:
                search.climb_rate_batch(*self.scene(), self.bench, *channels, plans)
            search.choose_share_batch(*self.scene(), *channels, plans)
            self._climb(self.bench, channels, plans)
            self._keep(plans, self.fresh)


class Alternating(AlternatingEstimated):
    """Alternating optimisation on the truth."""

    kind = "best_known"
    constants = ("starts", "margin_db")
    summary = "Phases and share in turns, on the true channels and phase errors."

    def believed(self) -> Channels:
        """Return the channels of the slot, the errors of the phases in the legs to the surface."""
        return true_channels(self.batch.state)

    def chosen(self, channels: Channels) -> Plans:
        """Return phases that fit the beams to come.

        Not where phases can only be changed little by little: what fits the errors of one slot
        would be in the way in the next.
        """
        plans = super().chosen(channels).copy()
        if self.params.action != "increments":
            fitting = self.bench._replace(ideal=False)
            search.climb_batch(*self.scene(), fitting, *channels, plans)
        return plans


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

    def chosen(self, channels: Channels) -> Plans:
        """Return the phases that alternating optimisation ends at."""
        self.begin()
        search.climb_rate_batch(*self.scene(), self.bench, *channels, self.plans)
        return self.plans


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

    def chosen(self, channels: Channels) -> Plans:
        """Return the phases that a climb of the radar SNR ends at."""
        self.begin()
        share = self.plans[:, -2].copy()
        self.plans[:, -2] = self.start
        search.climb_batch(self.aimed, self.batch.state, self.bench, *channels, self.plans)
        self.plans[:, -2] = share
        return self.plans


class Follow(SharePolicy):
    """Each element for itself."""

    summary = (
        "Turns every element as the directions for rate and echo say, as if the others stood "
        "still, with the best share on the estimates; in a codebook the best beam."
    )

    def chosen(self, channels: Channels) -> Plans:
        """Return the phases that the directions point to."""
        search.follow_batch(*self.scene(), self.bench, *channels, self.plans)
        return self.plans


class RandomPhases(SharePolicy):
    """Random phases with the share made for them."""

    summary = (
        "Uniform phases, drawn once in an episode, with the best share on the estimates; in a "
        "codebook a beam."
    )

    def chosen(self, channels: Channels) -> Plans:
        """Return the phases that were drawn."""
        drawn = self.random.random(self.plans[:, :-2].shape)
        self.plans[:, :-2] = np.where(self.fresh[:, None], drawn, self.plans[:, :-2])
        return self.plans

    def beam(self, channels: Channels) -> npt.NDArray[Any]:
        """Return the beam that was drawn."""
        drawn = self.chosen(channels)[:, :1]
        return self.with_share((drawn * self.params.codebook_size).astype(np.int64), channels)


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
