"""Baselines of ``isac/DownlinkCrb-v0``: structured actions, by what is believed or by the truth."""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.envs.surfaces.downlink_crb import ascent, search

Plans = npt.NDArray[np.float64]
"""Structured actions of all copies, shape ``(n, K + 3)``."""


class StructuredPolicy(Baseline):
    """Base of the baselines: equal powers of the users, and a beam at the believed angle.

    Attributes:
        sensing: Share of the power on the sensing stream.
        regularisation: Coordinate of the action.
        points: Shares of sensing that are tried on a grid; 0 keeps ``sensing``.
        halvings: Rounds of a search over all coordinates.
    """

    sensing: ClassVar[float] = 0.5
    regularisation: ClassVar[float] = 0.0
    points: ClassVar[int] = 0
    halvings: ClassVar[int] = 0

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        p = self.params
        room = np.zeros((p.transmit_antennas, p.users + 1), np.complex128)
        self.bench = search.Bench(False, False, self.points, self.halvings, room)

    def scene(self) -> tuple[Any, Any]:
        """Return parameters and state, which every search begins with."""
        return self.params.record, self.batch.state

    def start(self) -> Plans:
        """Return the plans that a search starts from."""
        p = self.params
        plans = np.zeros((len(self.env), p.users + 3))
        plans[:, p.users] = 2.0 * self.sensing - 1.0
        plans[:, p.users + 1] = self.regularisation
        return plans

    def plans(self) -> Plans:
        """Return the structured actions of the slot."""
        plans = self.start()
        if self.points or self.halvings:
            search.search_batch(*self.scene(), self.bench, plans)
        return plans

    def beams(self, plans: Plans) -> npt.NDArray[np.complex128]:
        """Return the beams of plans, shape ``(n, N_t, K + 1)``."""
        p = self.params
        beams = np.zeros((len(plans), p.transmit_antennas, p.users + 1), np.complex128)
        search.form_batch(*self.scene(), self.bench, plans, beams)
        return beams

    def act(self) -> npt.NDArray[Any]:
        """Return the actions of all copies."""
        plans = self.plans()
        if self.params.precoder == "structured":
            return plans
        beams = self.beams(plans)
        parts = np.stack((beams.real, beams.imag), -1).reshape(len(plans), -1)
        largest = np.maximum(np.abs(parts).max(1, keepdims=True), 1e-300)
        return np.asarray(parts / largest)


class StructuredSearch(StructuredPolicy):
    """All coordinates on what is known in the slot."""

    points, halvings = 17, 7
    summary = (
        "Searches all coordinates of the structured action, by what the estimates and the believed "
        "angle promise."
    )

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.kept = self.start()

    def plans(self) -> Plans:
        """Return the better plan of two searches: from the last slot's, and from equal powers."""
        fresh = super().plans()
        begun = self.env["time"] == 0
        kept = np.where(begun[:, None], fresh, self.kept)
        again = self.bench._replace(points=0)
        search.search_batch(*self.scene(), again, kept)
        search.keep_better_batch(*self.scene(), self.bench, kept, fresh)
        self.kept = kept
        return kept.copy()


class Optimum(StructuredSearch):
    """The best known actions for the true channels and the true angle."""

    kind = "best_known"
    halvings = 8
    constants = ("rounds", "steps")
    rounds, steps, softness_db, ridge = 7, 60, 1000.0, 100.0
    summary = (
        "Searches the structured action by the true channels and the true angle; full precoders "
        "climb from there to a local optimum, for one user also from the closed form."
    )

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        full = self.params.precoder == "full"
        self.bench = self.bench._replace(formed_by_truth=full, judged_by_truth=True)

    def beams(self, plans: Plans) -> npt.NDArray[np.complex128]:
        """Return the beams that an ascent from those of plans ends at."""
        beams, users = super().beams(plans), self.params.users
        effort = int(self.rounds), int(self.steps), self.softness_db, self.ridge
        room = ascent.make_room(beams.shape[1], users, effort)
        ascent.climb_batch(*self.scene(), room, beams)
        return beams


class RegularisedLineSearch(StructuredPolicy):
    """One number on what is known in the slot."""

    points = 33
    memoryless = True
    summary = (
        "Regularised zero forcing with equal powers and a sensing beam at the believed angle, "
        "whose share is the one that the estimates find best."
    )


class Cautious(StructuredPolicy):
    """Constants that do well where estimates cannot be trusted."""

    sensing, regularisation, memoryless = 0.12, 0.2, True
    summary = (
        "Regularised zero forcing with equal powers and more regularisation than known channels "
        "need, 4 dB, and always 12 % of the power on a sensing beam at the believed angle."
    )


class ZeroForcing(StructuredPolicy):
    """No interference, as far as is known."""

    regularisation, memoryless = -1.0, True
    summary = "Zero forcing for the users, half of the power on sensing."


class MaximumRatio(StructuredPolicy):
    """Matched beams."""

    regularisation, memoryless = 1.0, True
    summary = "Beams matched to users and target whatever the interference, half of it on sensing."


class CommunicationOnly(StructuredPolicy):
    """No sensing stream."""

    sensing, memoryless = 0.0, True
    summary = "Regularised zero forcing with all the power; only the users' beams light the target."


class SensingOnly(StructuredPolicy):
    """Nothing for the users."""

    sensing, regularisation, memoryless = 1.0, 1.0, True
    summary = "All the power on a beam at the believed angle."


BASELINES: dict[str, type[Baseline]] = {
    "optimum": Optimum,
    "structured_search": StructuredSearch,
    "cautious": Cautious,
    "regularised_line_search": RegularisedLineSearch,
    "zero_forcing": ZeroForcing,
    "maximum_ratio": MaximumRatio,
    "communication_only": CommunicationOnly,
    "sensing_only": SensingOnly,
    "random": RandomBaseline,
}
