"""Baselines of vehicular views.

They plan for all vehicles and the edge at once; :mod:`isac_envs.envs.v2x.vcps_view_multi` hands
each agent its part.
"""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.envs.v2x.vcps_view import policies, searching

_LOADS = np.array([0.6, 0.2, 0.4, 0.8])
_POWERS = np.array([0.0, 0.25, 0.5, 1.0])
_SWEEPS = 2


class PlanBaseline(Baseline):
    """A rule that plans who senses what, with queues of one load and powers of one level."""

    load: ClassVar[float] = 0.6
    power: ClassVar[float] = 0.0

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        p = self.params
        self._sensor = np.zeros(p.types, np.int64)
        self._load, self._power = np.full(p.vehicles, self.load), np.full(p.vehicles, self.power)
        self._plans = np.zeros((len(self.env), p.action_width))

    def act(self) -> npt.NDArray[Any]:
        """Return the actions, shape ``(n, W)``."""
        self.plan()
        return self._plans.astype(self.model.action.action_dtype)

    def plan(self) -> None:
        """Write the actions of all vehicles and the edge, shape ``(n, W)``."""
        raise NotImplementedError


class Greedy(PlanBaseline):
    """The heuristic that the papers lack."""

    summary = (
        "The cheapest sensor for each required type, load 0.6, least reliable power, bandwidth by "
        "the root of the bits over the spectral efficiency."
    )

    def plan(self) -> None:
        """Write the actions of all vehicles and the edge, shape ``(n, W)``."""
        items, kinds, views, tracks, requests = self.batch.state[2:7]
        policies.greedy_batch(
            self.params.record, self.env, items, kinds, views, tracks, requests, self._sensor,
            self._load, self._power, self._plans,
        )  # fmt: skip


class Search(PlanBaseline):
    """Improves the greedy plan of each slot."""

    kind = "best_known"
    summary = (
        "The greedy plan of the slot, improved one coordinate at a time on a copy of the state: "
        "who senses a type if anybody does, loads, powers; no bound, but the best that is known."
    )

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self._weights = np.array(self.params.weights)
        self._scratch = [np.empty_like(array[:1]) for array in batch.state]

    def plan(self) -> None:
        """Write the actions of all vehicles and the edge, shape ``(n, W)``."""
        state, scratch = self.batch.state, self._scratch
        for i in range(len(self.env)):
            for own, array in zip(scratch, state, strict=True):
                own[...] = array[i : i + 1]
            env, vehicles, items, kinds, views, tracks, requests, line, order = scratch[:9]
            searching.search(
                self.params.record, self.env[i : i + 1], env, vehicles[0], items[0], kinds[0],
                views[0], tracks[0], requests[0], line[0], order[0], self._sensor, self._load,
                self._power, _LOADS, _POWERS, _SWEEPS, self._weights, self._plans[i],
            )  # fmt: skip


class SenseEverything(PlanBaseline):
    """Pays for all there is."""

    summary = "Everybody senses all it can, otherwise as greedy."
    whom: ClassVar[int] = policies.EVERYBODY

    def plan(self) -> None:
        """Write the actions of all vehicles and the edge, shape ``(n, W)``."""
        items, kinds, _, tracks = self.batch.state[2:6]
        policies.uniform_batch(
            self.params.record, self.env, items, kinds, tracks, self.whom, self._sensor,
            self._load, self._power, self._plans,
        )  # fmt: skip


class NeverSense(SenseEverything):
    """Does nothing."""

    summary = "Nobody senses anything: the perfect score of the published model."
    whom = policies.NOBODY


BASELINES: dict[str, type[Baseline]] = {
    "search": Search,
    "greedy": Greedy,
    "sense_everything": SenseEverything,
    "never_sense": NeverSense,
    "random": RandomBaseline,
}
