"""Dynamics of the mission with one agent for each UAV; what a UAV does is that of a single one.

Every step draws one normal variate a UAV and target from the measurement stream, whether it looks
or not.
"""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.uav.uav_trajectory import flight
from isac_envs.envs.uav.uav_trajectory.observe import clip, observe

UAV_FIELDS: tuple[tuple[Any, ...], ...] = (
    *flight.UAV_FIELDS,
    ("speed", "f8"),  # of the last slot, m/s
    ("nearest", "f8"),  # distance to the nearest other UAV, at most the area's side, m
    ("ended", "?"),  # the battery ran out in the last slot
)
PER_UAV = 3  # numbers that an agent sees of each other UAV


@jit
def reset_one(p: Record, e: Record, users: Any, targets: Any, uavs: Any, links: Any) -> None:
    """Start an episode with all UAVs where the flight begins."""
    flight.begin(p, e, users, targets)
    for m in range(uavs.shape[0]):
        flight.take_off(p, e, uavs[m], links[m], users)


@jit
def act(
    p: Record, e: Record, u: Record, links: Any, users: Any, targets: Any, action: Any
) -> None:  # fmt: skip
    """Let one UAV fly, serve and look; with an empty battery it stays on the ground, silent."""
    u.ended = False
    if u.energy > 0.0:
        u.speed = flight.move(p, u, action)
        flight.serve(p, u, links, users, action)
        if u.energy <= 0.0:
            u.energy = 0.0
            u.ended = True
    else:
        u.speed = 0.0
        u.looked = False
        for k in range(users.shape[0]):
            links[k].share = 0.0
    flight.sense(p, e, u, targets)


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
    """Tell whether UAV m is too close to another, both in flight and away from home."""
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
def transition_one(
    p: Record, e: Record, users: Any, targets: Any, uavs: Any, links: Any, actions: Any,
    objectives: Any, costs: Any, metrics: Any,
) -> tuple[bool, bool]:  # fmt: skip
    """Advance one copy by one slot and write its outcome; return (terminated, truncated)."""
    flying, looked = False, False
    for m in range(uavs.shape[0]):
        act(p, e, uavs[m], links[m], users, targets, actions[m])
        flying = flying or uavs[m].energy > 0.0
        looked = looked or uavs[m].looked
    measure_distances(p, uavs)
    grown = flight.growth(e, users)
    improved = flight.improvement(e, targets) if looked else 0.0
    error = flight.worst_error(targets)
    e.time += 1
    truncated = e.time >= p.horizon and flying
    e.done = truncated or not flying
    granted = e.granted_data == e.granted_data
    for m in range(uavs.shape[0]):
        u = uavs[m]
        missing = flight.missing_distance(p, e, u)
        ended = u.ended or (truncated and u.energy > 0.0)
        objectives[m, 0] = e.granted_data if granted else grown / p.peak_bits
        objectives[m, 1] = e.granted_sensing if granted else improved
        objectives[m, 2] = 0.0 if granted else (u.shortfall - missing) / p.home_scale_m
        costs[m, 0] = 1.0 if ended and missing > 0.0 else 0.0
        costs[m, 1] = 1.0 if in_danger(p, uavs, m) else 0.0
        u.shortfall = missing
        metrics[m].least_data_bit = grown
        metrics[m].position_bound_m = e.worst_bound if targets.shape[0] > 0 else 0.0
        metrics[m].position_error_m = error
        metrics[m].speed_m_s = u.speed
        metrics[m].energy_j = u.energy
        metrics[m].look = 1.0 if u.looked else 0.0
        metrics[m].landed = 1.0 if ended and missing <= 0.0 else 0.0
        metrics[m].lost = costs[m, 0]
        metrics[m].missing_m = missing
        metrics[m].nearest_m = u.nearest
    return not flying, truncated


@jit
def show(
    p: Record, e: Record, users: Any, targets: Any, uavs: Any, links: Any, observations: Any
) -> None:  # fmt: skip
    """Write what each UAV sees: what a single one does, the others after it, and its number."""
    count, inverse = uavs.shape[0], 1.0 / p.area_m
    for m in range(count):
        u, seen = uavs[m], observations[m]
        at = observe(p, e, u, links[m], users, targets, seen)
        for r in range(1, count):
            other = uavs[(m + r) % count]
            seen[at] = clip((other.x - u.x) * inverse)
            seen[at + 1] = clip((other.y - u.y) * inverse)
            seen[at + 2] = 2.0 * other.energy / p.battery_j - 1.0
            at += PER_UAV
        seen[at] = (m + 1) / count


@jit
def reset_batch(
    p: Any, env: Any, users: Any, targets: Any, uavs: Any, links: Any, mask: Any, observations: Any
) -> None:  # fmt: skip
    """Reset the masked copies."""
    for i in range(env.shape[0]):
        if mask[i]:
            reset_one(p[0], env[i], users[i], targets[i], uavs[i], links[i])
            show(p[0], env[i], users[i], targets[i], uavs[i], links[i], observations[i])


@jit
def step_batch(
    p: Any, env: Any, users: Any, targets: Any, uavs: Any, links: Any, actions: Any, restart: bool,
    observations: Any, objectives: Any, costs: Any, metrics: Any, ended: Any,
) -> None:  # fmt: skip
    """Step all copies; with ``restart``, reset those that are done instead."""
    for i in range(env.shape[0]):
        if restart and env[i].done:
            reset_one(p[0], env[i], users[i], targets[i], uavs[i], links[i])
        else:
            ended[i, 0], ended[i, 1] = transition_one(
                p[0], env[i], users[i], targets[i], uavs[i], links[i], actions[i], objectives[i],
                costs[i], metrics[i],
            )  # fmt: skip
        show(p[0], env[i], users[i], targets[i], uavs[i], links[i], observations[i])
