"""Dynamics of the mission: fly or look, serve, measure, and mind the way home.

Every step draws one normal variate a target from the measurement stream, whether it looks or not.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.uav.uav_trajectory import flight
from isac_envs.envs.uav.uav_trajectory.observe import observe

STATE_FIELDS = (*flight.TEAM_FIELDS, *flight.UAV_FIELDS)
USER_FIELDS = (*flight.USER_FIELDS, *flight.LINK_FIELDS)


@jit
def reset_one(p: Record, e: Record, users: Any, targets: Any) -> None:
    """Start an episode."""
    flight.begin(p, e, users, targets)
    flight.take_off(p, e, e, users, users)


@inlined
def transition_one(
    p: Record, e: Record, users: Any, targets: Any, action: Any, objectives: Any, costs: Any,
    metrics: Record,
) -> tuple[bool, bool]:  # fmt: skip
    """Advance one copy by one slot and write its outcome; return (terminated, truncated)."""
    speed = flight.move(p, e, action)
    flight.serve(p, e, users, users, action)
    flight.sense(p, e, e, targets)
    grown = flight.growth(e, users)
    improved = flight.improvement(e, targets) if e.looked else 0.0
    e.time += 1
    empty = e.energy <= 0.0
    if empty:
        e.energy = 0.0
    truncated = e.time >= p.horizon and not empty
    e.done = empty or truncated
    missing = flight.missing_distance(p, e, e)
    lost = e.done and missing > 0.0
    granted = e.granted_data == e.granted_data
    objectives[0] = e.granted_data if granted else grown / p.peak_bits
    objectives[1] = e.granted_sensing if granted else improved
    objectives[2] = 0.0 if granted else (e.shortfall - missing) / p.home_scale_m
    costs[0] = 1.0 if lost else 0.0
    e.shortfall = missing
    metrics.least_data_bit = grown
    metrics.position_bound_m = e.worst_bound if targets.shape[0] > 0 else 0.0
    metrics.position_error_m = flight.worst_error(targets)
    metrics.speed_m_s = speed
    metrics.energy_j = e.energy
    metrics.look = 1.0 if e.looked else 0.0
    metrics.landed = 1.0 if e.done and not lost else 0.0
    metrics.lost = costs[0]
    metrics.missing_m = missing
    return empty, truncated


@jit
def reset_batch(p: Any, env: Any, users: Any, targets: Any, mask: Any, observations: Any) -> None:
    """Reset the masked copies."""
    for i in range(env.shape[0]):
        if mask[i]:
            reset_one(p[0], env[i], users[i], targets[i])
            observe(p[0], env[i], env[i], users[i], users[i], targets[i], observations[i, 0])


@jit
def step_batch(
    p: Any, env: Any, users: Any, targets: Any, actions: Any, restart: bool, observations: Any,
    objectives: Any, costs: Any, metrics: Any, ended: Any,
) -> None:  # fmt: skip
    """Step all copies; with ``restart``, reset those that are done instead."""
    for i in range(env.shape[0]):
        if restart and env[i].done:
            reset_one(p[0], env[i], users[i], targets[i])
        else:
            ended[i, 0], ended[i, 1] = transition_one(
                p[0], env[i], users[i], targets[i], actions[i, 0], objectives[i, 0],
                costs[i, 0], metrics[i, 0],
            )  # fmt: skip
        observe(p[0], env[i], env[i], users[i], users[i], targets[i], observations[i, 0])
