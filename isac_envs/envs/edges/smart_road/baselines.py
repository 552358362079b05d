"""Baselines of the vehicles: a rule for the road with a rule for the host."""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, Kind, RandomBaseline
from isac_envs.envs.edges.grid import ROADS
from isac_envs.envs.edges.smart_road.kernel import HOSTS
from isac_envs.envs.edges.smart_road.policies import HOSTINGS, ROOM_ROWS, ROUTES, follow_batch

_ROADS = {
    "random": "Roads at random",
    "shortest": "Fewest roads",
    "aware": "Least predicted time, as if alone with the background",
    "coordinated": "Least predicted time with those who have already chosen, one after the other",
}
_HOSTS = {
    "never": "the twin never migrates",
    "always": "the twin always follows",
    "lazy": "the twin follows once two roads away",
    "balance": "the cheapest host of the step",
}


class Rules(Baseline):
    """Chooses roads by one rule and hosts by another."""

    route: ClassVar[str]
    hosting: ClassVar[str]

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        n, nodes = len(self.env), self.params.side * self.params.side
        self.rules = np.array([ROUTES.index(self.route), HOSTINGS.index(self.hosting)])
        self.room = np.zeros((n, ROOM_ROWS, nodes))

    def act(self) -> npt.NDArray[Any]:
        """Return road and host of each vehicle, shape ``(n, V, 2)``."""
        n, vehicles = len(self.env), self.params.vehicles
        drawn = self.random.random((n, vehicles))
        actions = np.zeros((n, vehicles, 2), np.int64)
        state, room = self.batch.state, self.room
        follow_batch(self.params.record, state, self.rules, drawn, room, actions)
        return actions


class RandomActions(RandomBaseline):
    """Draws a road that there is, and a host."""

    summary = "Uniform draws of a road that there is, and of a host."

    def act(self) -> npt.NDArray[Any]:
        """Return uniform actions, valid ones by the masks of the batch's last step or reset."""
        masks = self.batch.masks
        if masks is None:
            return super().act()
        ranks = np.where(masks, self.random.random(masks.shape), -1.0)
        parts = ranks[..., :ROADS], ranks[..., ROADS : ROADS + HOSTS]
        return np.stack([part.argmax(-1) for part in parts], -1)


def _rules(route: str, hosting: str, kind: Kind = "heuristic") -> type[Baseline]:
    summary = f"{_ROADS[route]}; {_HOSTS[hosting]}."
    name = f"{route.title()}{hosting.title()}"
    return type(name, (Rules,), {"route": route, "hosting": hosting, "kind": kind,
                                 "summary": summary, "__doc__": summary})  # fmt: skip


BASELINES: dict[str, type[Baseline]] = {
    "coordinated_balance": _rules("coordinated", "balance", "best_known"),
    "aware_balance": _rules("aware", "balance"),
    "aware_lazy": _rules("aware", "lazy"),
    "shortest_always": _rules("shortest", "always"),
    "shortest_never": _rules("shortest", "never"),
    "random_balance": _rules("random", "balance"),
    "random": RandomActions,
}
