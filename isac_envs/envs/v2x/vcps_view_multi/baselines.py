"""Baselines of vehicular views, with its part of the plan for each agent."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, RandomBaseline
from isac_envs.envs.v2x.vcps_view import baselines


class ByAgent(baselines.PlanBaseline):
    """Splits the plan of a rule."""

    def act(self) -> npt.NDArray[Any]:
        """Return the actions, shape ``(n, V + 1, W)``."""
        plan, p = super().act(), self.params
        edge = p.vehicles * p.vehicle_width
        rows = np.zeros((len(plan), p.vehicles + 1, self.model.action.width), plan.dtype)
        vehicles = plan[:, :edge].reshape(-1, p.vehicles, p.vehicle_width)
        rows[:, :-1, : p.vehicle_width] = vehicles
        rows[:, -1, : p.vehicles] = plan[:, edge:]
        return rows


class Search(ByAgent, baselines.Search):
    """Improves the greedy plan of each slot."""


class Greedy(ByAgent, baselines.Greedy):
    """The heuristic that the papers lack."""


class SenseEverything(ByAgent, baselines.SenseEverything):
    """Pays for all there is."""


class NeverSense(ByAgent, baselines.NeverSense):
    """Does nothing."""


BASELINES: dict[str, type[Baseline]] = {
    "search": Search,
    "greedy": Greedy,
    "sense_everything": SenseEverything,
    "never_sense": NeverSense,
    "random": RandomBaseline,
}
