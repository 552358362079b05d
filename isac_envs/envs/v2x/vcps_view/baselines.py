"""Baselines of vehicular views.

They plan for all vehicles and the edge together; :mod:`isac_envs.envs.v2x.vcps_view_multi` hands
each agent its part.
"""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.envs.v2x.vcps_view import policies, searching
from isac_envs.envs.v2x.vcps_view.records import NOBODY, PARTS


class PlanBaseline(Baseline):
    """A rule that plans who senses what, with queues of one load and powers of one level."""

    load: ClassVar[float] = 0.6
    power: ClassVar[float] = 0.0
    sensor: ClassVar[int] = NOBODY

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        p = self.params
        self._plan = policies.Plan(
            np.full(p.types, self.sensor),
            np.full(p.vehicles, self.load),
            np.full(p.vehicles, self.power),
        )
        self._actions = np.zeros((len(self.env), p.action_width))

    def act(self) -> npt.NDArray[Any]:
        """Return the actions, shape ``(n, W)``."""
        self.plan()
        actions = self._actions.astype(self.model.action.action_dtype)
        return actions[:, : self.params.places] if self.params.action == "sensors" else actions

    def plan(self) -> None:
        """Write the actions of all vehicles and the edge: those of the plan."""
        record, state = self.params.record, self.batch.state
        policies.write_plan_batch(record, state, self._plan, self._actions)


class Greedy(PlanBaseline):
    """The heuristic that the papers lack."""

    summary = (
        "The cheapest sensor for each required type, load 0.6, least reliable power, bandwidth by "
        "the root of the bits over the spectral efficiency."
    )

    def plan(self) -> None:
        """Write the actions of all vehicles and the edge."""
        policies.greedy_batch(self.params.record, self.batch.state, self._plan, self._actions)


class Search(PlanBaseline):
    """Improves the greedy plan of each slot."""

    kind = "best_known"
    summary = (
        "The greedy plan of the slot, improved one coordinate at a time on a copy of the state: "
        "who senses a type if anybody does, loads, powers; the best known policy, not a bound."
    )

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self._trial = self.model.allocate(len(self.env))
        self._bench = searching.Bench(
            weights=np.array(self.params.weights),
            loads=np.array([0.6, 0.2, 0.4, 0.8]),
            powers=np.array([0.0, 0.25, 0.5, 1.0]),
            low=np.zeros(PARTS),
            high=np.zeros(PARTS),
        )

    def plan(self) -> None:
        """Write the actions of all vehicles and the edge."""
        for own, array in zip(self._trial, self.batch.state, strict=True):
            own[...] = array
        record = self.params.record
        searching.search_batch(record, self._trial, self._plan, self._bench, self._actions)


class SenseEverything(PlanBaseline):
    """Pays for all there is."""

    summary = "Everybody senses all it can, otherwise as greedy."
    sensor = policies.EVERYBODY


class NeverSense(PlanBaseline):
    """Does nothing."""

    summary = "Nobody senses anything: the perfect score of the published model."


BASELINES: dict[str, type[Baseline]] = {
    "search": Search,
    "greedy": Greedy,
    "sense_everything": SenseEverything,
    "never_sense": NeverSense,
    "random": RandomBaseline,
}
