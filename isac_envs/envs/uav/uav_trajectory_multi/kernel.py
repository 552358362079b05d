"""Dynamics of the mission with one agent for each UAV; what a UAV does is that of a single one.

Every step draws one normal variate a UAV and target from the measurement stream, whether it looks
or not; where detections are drawn, a uniform one as well.
"""

import math
from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.envs.uav.uav_trajectory import flight
from isac_envs.envs.uav.uav_trajectory.kernel import act, finish, report
from isac_envs.envs.uav.uav_trajectory.observe import clip, observe_from
from isac_envs.envs.uav.uav_trajectory.records import UAV_FIELDS as ONE_UAV_FIELDS
from isac_envs.envs.uav.uav_trajectory.records import Scratch

UAV_FIELDS: tuple[tuple[Any, ...], ...] = (
    *ONE_UAV_FIELDS,
    ("nearest", "f8"),  # distance to the nearest other UAV, at most the area's side, m
)
PER_UAV = 3  # numbers that an agent sees of each other UAV


class State(NamedTuple):
    """The mission of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        users: Shape ``(M,)``.
        targets: Shape ``(K,)``.
        uavs: Shape ``(N,)``.
        links: Links of each UAV to the users, shape ``(N, M)``.
        scratch: What all copies share.
    """

    env: Any
    users: Any
    targets: Any
    uavs: Any
    links: Any
    scratch: Scratch


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode with all UAVs where the flight begins."""
    flight.begin(p, state)
    for m in range(state.uavs.shape[0]):
        flight.take_off(p, state, state.uavs[m], state.links[m])


@inlined
def measure_distances(p: Record, uavs: Any) -> None:
    """Write the distance from each UAV to the nearest other one."""
    for m in range(uavs.shape[0]):
        uavs[m].nearest = p.area_m
        for j in range(m):
            dx, dy = uavs[m].x - uavs[j].x, uavs[m].y - uavs[j].y
            distance = math.sqrt(dx * dx + dy * dy)
            uavs[m].nearest = min(uavs[m].nearest, distance)
            uavs[j].nearest = min(uavs[j].nearest, distance)


@inlined
def in_danger(p: Record, uavs: Any, m: int) -> bool:
    """Tell whether UAV m is too close to another, both in flight and away from home.

    Args:
        p: Parameters of the environment, one record.
        uavs: UAVs, shape ``(N,)``.
        m: Number of the UAV.
    """
    found = False
    for j in range(uavs.shape[0]):
        pair = j != m
        for i in (m, j):
            x, y = uavs[i].x - p.home_x_m, uavs[i].y - p.home_y_m
            away = x * x + y * y > p.home_radius_m * p.home_radius_m
            pair = pair and away and uavs[i].energy > 0.0
        dx, dy = uavs[m].x - uavs[j].x, uavs[m].y - uavs[j].y
        found = found or (pair and dx * dx + dy * dy < p.separation_m * p.separation_m)
    return found


@inlined
def step(p: Record, state: State, actions: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance the mission by a slot; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        actions: Actions of all agents, shape ``(A, W)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    uavs = state.uavs
    objectives, costs, metrics = outcome
    flying, looked = False, False
    for m in range(uavs.shape[0]):
        act(p, state, uavs[m], state.links[m], actions[m])
        flying = flying or uavs[m].energy > 0.0
        looked = looked or uavs[m].looked
    measure_distances(p, uavs)
    slot = finish(p, state, looked, flying)
    for m in range(uavs.shape[0]):
        report(p, state, uavs[m], slot, Outcome(objectives[m], costs[m], metrics[m]))
        costs[m, 1] = 1.0 if in_danger(p, uavs, m) else 0.0
        metrics[m].nearest_m = uavs[m].nearest
    return not flying, slot.truncated


@jit
def observe(p: Record, state: State, observations: Any) -> None:
    """Write the observation of each UAV: the single form's, the other UAVs, and its number.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observations: Receives an observation for each agent, shape ``(A, D)``.
    """
    uavs = state.uavs
    count, inverse = uavs.shape[0], 1.0 / p.area_m
    for m in range(count):
        u, seen = uavs[m], observations[m]
        at = observe_from(p, state, u, state.links[m], seen)
        for r in range(1, count):
            other = uavs[(m + r) % count]
            seen[at] = clip((other.x - u.x) * inverse)
            seen[at + 1] = clip((other.y - u.y) * inverse)
            seen[at + 2] = 2.0 * other.energy / p.battery_j - 1.0
            at += PER_UAV
        seen[at] = (m + 1) / count
