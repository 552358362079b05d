"""Baselines of the vehicle and of the user on a line."""

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, OptimalBaseline, RandomBaseline, TableBaseline
from isac_envs.envs.edges.edge_route.exact import state_shape
from isac_envs.envs.edges.edge_route.kernel import AHEAD, HOSTS, STAY
from isac_envs.envs.edges.edge_route.params import EdgeRouteParams, Field
from isac_envs.envs.edges.edge_route.thresholds import best_thresholds, threshold_policy
from isac_envs.envs.edges.grid import shortest_road
from isac_envs.planning import Policy, myopic, value_iteration

DISCOUNT = 0.99
FAR = 2  # roads between vehicle and twin, from which the twin follows

Integers = npt.NDArray[np.int64]


class Discounted(TableBaseline):
    """The planner that does not see the end of the episode."""

    kind = "exact"
    summary = "Value iteration on the exact transition model (discount 0.99): one stationary table."

    def table(self) -> Policy:
        """Return the optimal policy of the discounted problem."""
        return value_iteration(self.model.transition_model(), DISCOUNT, 1e-9).policy


class Threshold(TableBaseline):
    """The twin follows once it is far."""

    summary = (
        "Fastest roads, and the twin follows once two roads away; on the line the service moves "
        "to the user at the best two thresholds."
    )

    def table(self) -> Policy:
        """Return the actions of all states."""
        if self.params.roads == "line":
            return threshold_policy(self.params, *best_thresholds(self.params, DISCOUNT))
        roads, away = _aware(self.params)
        return roads * HOSTS + np.where(away >= FAR, AHEAD, STAY)


class Greedy(TableBaseline):
    """The cheapest host of the step."""

    summary = "Fastest roads, and the host that is cheapest for the step; on the line alike."

    def table(self) -> Policy:
        """Return the actions of all states."""
        model = self.model.transition_model()
        if self.params.roads == "line":
            return myopic(model)
        roads, _ = _aware(self.params)
        hosts = model.reward.reshape(-1, HOSTS, model.states)
        return roads * HOSTS + hosts[roads, :, np.arange(model.states)].argmax(1)


class Shortest(TableBaseline):
    """Does not know the traffic."""

    summary = "Fewest roads, and the twin always follows; on the line the service always does."

    def table(self) -> Policy:
        """Return the actions of all states."""
        if self.params.roads == "line":
            return threshold_policy(self.params, -1, 1)
        side, shape = self.params.side, state_shape(self.params)
        table = [[shortest_road(side, node, target) for target in range(shape[2])]
                 for node in range(shape[0])]  # fmt: skip
        node, _, target, _ = np.indices(shape).reshape(4, -1)
        return np.asarray(np.array(table)[node, target] * HOSTS + AHEAD)


def _aware(params: EdgeRouteParams) -> tuple[Integers, Integers]:
    """Return the fastest road of each state of the grid, and how far the twin would be then."""
    field, shape, side = params.field, state_shape(params), params.side
    roads = np.stack([_fastest(field, level) for level in range(2)])  # by level, node, target
    node, host, target, rush = np.indices(shape).reshape(4, -1)
    chosen = roads[rush, node, target]
    ahead = field.ends[node, chosen]
    away = abs(host // side - ahead // side) + abs(host % side - ahead % side)
    return chosen, away


def _fastest(field: Field, level: int) -> Integers:
    """Return the first road of the fastest way from each node to each target, if nothing changes.

    Args:
        field: What a vehicle meets on the grid.
        level: 0 for calm traffic, 1 for rush.
    """
    travel, nodes = field.travel_s[level][:, :, None], len(field.ends)
    times = np.where(np.eye(nodes, dtype=bool), 0.0, np.inf)
    while True:
        ways = travel + times[field.ends]  # by node, road, target
        shorter = np.minimum(times, ways.min(1))
        if (shorter == times).all():
            return np.asarray(ways.argmin(1))
        times = shorter


BASELINES: dict[str, type[Baseline]] = {
    "optimum": OptimalBaseline,
    "value_iteration": Discounted,
    "greedy": Greedy,
    "threshold": Threshold,
    "shortest": Shortest,
    "random": RandomBaseline,
}
