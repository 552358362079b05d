"""Dynamics of one vehicle and its twin: on a grid of roads, or of a user on a line.

Every step takes one draw whatever the action: whether the traffic changes, or where the user goes.
"""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined
from isac_envs.engine.loops import Outcome
from isac_envs.engine.rng import bernoulli, integer, uniform
from isac_envs.envs.edges.edge_route.params import EdgeRouteParams
from isac_envs.envs.edges.grid import NOWHERE, ROADS, distance, neighbour
from isac_envs.envs.edges.servers import crowding, network_delay

STATE_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("node", "i8"),  # where the vehicle is
    ("target", "i8"),  # where it wants to be
    ("host", "i8"),  # where its twin runs
    ("rush", "i8"),  # 1 = rush
    ("displacement", "i8"),  # of the user from the service, on the line
)
STAY, AHEAD, LIGHTEST = range(3)  # where the twin runs
HOSTS = 3
LINE = EdgeRouteParams.code("roads", "line")
VECTOR = EdgeRouteParams.code("observation", "vector")


class State(NamedTuple):
    """The vehicle of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment, with its vehicle.
    """

    env: Any


@inlined
def reset(p: Record, state: State) -> None:
    """Start an episode: the vehicle at a node with its twin, or the user at its service."""
    e, count = state.env, p.side * p.side
    e.node = integer(e.world, count)
    e.target = (e.node + 1 + integer(e.world, count - 1)) % count
    e.rush = 1 if bernoulli(e.world, p.rush_start) else 0
    e.host = e.node
    e.displacement = 0


@inlined
def travel(p: Record, e: Record, action: int, outcome: Outcome) -> bool:
    """Drive along a road and move the twin; return whether the vehicle has arrived.

    Args:
        p: Parameters of the environment, one record.
        e: The environment.
        action: Road times the number of hosts, plus host.
        outcome: Receives objectives, costs and metrics.
    """
    road, choice = action // HOSTS, action % HOSTS
    end = neighbour(p.side, e.node, road)
    ahead = e.node if end == NOWHERE else end
    time = p.travel[e.rush, e.node, road]
    host = e.host
    if choice == AHEAD:
        host = ahead
    elif choice == LIGHTEST:
        host = int(p.lightest[ahead])
    moved = 1.0 if host != e.host else 0.0
    away = distance(p.side, host, ahead)
    report(p, e, (time, p.air[ahead], network_delay(p, away) + p.server[host], moved), outcome)
    outcome.metrics.roads_to_host = away
    outcome.metrics.arrived = 1.0 if ahead == e.target else 0.0
    e.node = ahead
    e.host = host
    stays = p.stay_rush if e.rush else p.stay_calm
    e.rush = e.rush if bernoulli(e.world, stays) else 1 - e.rush
    return e.node == e.target


@inlined
def walk(p: Record, e: Record, places: int, outcome: Outcome) -> None:
    """Move the service towards the user, then let the user walk.

    Args:
        p: Parameters of the environment, one record.
        e: The environment.
        places: By how many places, at most to the user; at the reach, the service catches up.
        outcome: Receives objectives, costs and metrics.
    """
    away = abs(e.displacement)
    moved = away if away >= p.reach else min(places, away)
    left = away - moved
    report(p, e, (0.0, 0.0, p.line_cost[0, left], p.line_cost[1, moved]), outcome)
    outcome.metrics.roads_to_host = left
    outcome.metrics.arrived = 0.0
    e.displacement = left if e.displacement > 0 else -left
    drawn = uniform(e.world)
    right, left_too = p.right_probability, p.right_probability + p.left_probability
    e.displacement += 1 if drawn < right else (-1 if drawn < left_too else 0)


@inlined
def report(p: Record, e: Record, brought: Any, outcome: Outcome) -> None:
    """Write what a step brought.

    Args:
        p: Parameters of the environment, one record.
        e: The environment.
        brought: Travel time, time over the air, further delay, and cost of the migration.
        outcome: Receives objectives, costs and metrics.
    """
    time, air, further, moved = brought
    objectives, costs, metrics = outcome
    delay = air + further
    objectives[0] = -time
    objectives[1] = -delay
    objectives[2] = -moved
    costs[0] = 1.0 if delay > p.delay_limit_s else 0.0
    metrics.travel_s = time
    metrics.delay_s = delay
    metrics.uplink_s = air
    metrics.migrated = 1.0 if moved > 0.0 else 0.0
    metrics.late = costs[0]


@inlined
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by a step and write its outcome; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(1,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e, arrived = state.env, False
    if p.roads == LINE:
        walk(p, e, action[0], outcome)
    else:
        arrived = travel(p, e, action[0], outcome)
    e.time += 1
    return arrived, not arrived and e.time >= p.horizon


@inlined
def observe(p: Record, state: State, observation: Any) -> None:
    """Write numbers about the vehicle or the user, or the index of the state.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    e, count = state.env, p.side * p.side
    if p.roads == LINE:
        if p.observation == VECTOR:
            observation[0] = e.displacement / p.reach
        else:
            observation[0] = e.displacement + p.reach
    elif p.observation == VECTOR:
        side, inverse = p.side, 1.0 / (p.side - 1)
        observation[0] = e.node // side * inverse
        observation[1] = e.node % side * inverse
        observation[2] = (e.target // side - e.node // side) * inverse
        observation[3] = (e.target % side - e.node % side) * inverse
        observation[4] = (e.host // side - e.node // side) * inverse
        observation[5] = (e.host % side - e.node % side) * inverse
        observation[6] = e.rush
        for road in range(ROADS):
            there = neighbour(side, e.node, road) != NOWHERE
            extra = p.travel[e.rush, e.node, road] - p.free_time_s
            observation[7 + road] = crowding(extra, p.free_time_s) if there else 1.0
    else:
        observation[0] = ((e.node * count + e.host) * count + e.target) * 2 + e.rush
