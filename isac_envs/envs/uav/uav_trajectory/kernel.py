"""Dynamics of the mission: fly or look, serve, measure, and mind the way home.

Every step draws one normal variate a target from the measurement stream, whether it looks or not.
"""

import math
from typing import Any

import numpy as np

from isac_envs.envs.uav.uav_trajectory.estimate import (
    WINDOW,
    absorb,
    estimate,
    start_estimate,
)
from isac_envs.envs.uav.uav_trajectory.observe import observe
from isac_envs.kernels.elevated_ranging import (
    echo_range_variance_one,
    elevated_range_information,
)
from isac_envs.kernels.jit import Record, inlined, jit
from isac_envs.kernels.mathx import exp, ln, log2
from isac_envs.kernels.position_bounds import position_error_bound_of
from isac_envs.kernels.propulsion import rotary_wing_power_of
from isac_envs.kernels.rng import normal, uniform

STATE_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("x", "f8"),  # UAV, m
    ("y", "f8"),  # m
    ("energy", "f8"),  # left in the battery, J
    ("shortfall", "f8"),  # distance that is missing on the way home at best, m
    ("least_bits", "f8"),  # data of the user with the least, bit
    ("worst_bound", "f8"),  # largest position error bound of a target, m
    ("looks", "i8"),  # since the start
    ("looked", "?"),  # the last slot was a look
    ("look_x", "f8", (WINDOW,)),  # where the last looks were, m; a ring
    ("look_y", "f8", (WINDOW,)),  # m
    ("granted_data", "f8"),  # objectives that a bound is paid, which no action earns; NaN else
    ("granted_sensing", "f8"),
)

USER_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("x", "f8"),  # m
    ("y", "f8"),  # m
    ("bits", "f8"),  # data so far
    ("efficiency", "f8"),  # of the last slot, bit/s/Hz
    ("share", "f8"),  # of the bandwidth in the last slot
)
"""State of one user."""

CONTINUOUS, DISCRETE = 0, 1  # order of the parameter ``action``


@inlined
def efficiency(p: Record, dx: float, dy: float) -> float:
    """Return the spectral efficiency of a user in bit/s/Hz."""
    return log2(1.0 + p.link_snr_at_1m / (dx * dx + dy * dy + p.height_m * p.height_m))


@inlined
def missing_distance(p: Record, e: Record) -> float:
    """Return how far from home the UAV would end even if it did nothing but return, in m."""
    dx, dy = e.x - p.home_x_m, e.y - p.home_y_m
    distance = math.sqrt(dx * dx + dy * dy) - p.home_radius_m
    in_time = p.max_speed_m_s * max(p.mission_s - p.slot_s * e.time, 0.0)
    in_energy = max(e.energy, 0.0) / p.joule_per_metre
    return max(distance - min(in_time, in_energy), 0.0)


@inlined
def worst_bound(targets: Any) -> float:
    """Return the largest position error bound of the targets at the truth in m; 1 without any."""
    worst = 0.0
    for k in range(targets.shape[0]):
        t = targets[k]
        worst = max(worst, position_error_bound_of(t.true_xx, t.true_xy, t.true_yy))
    return worst if targets.shape[0] > 0 else 1.0


@jit
def reset_one(p: Record, e: Record, users: Any, targets: Any) -> None:
    """Start an episode: users and targets anywhere, targets known roughly."""
    e.time = 0
    e.done = False
    e.x, e.y, e.energy = p.start_x_m, p.start_y_m, p.battery_j
    e.looks, e.looked, e.least_bits = 0, False, 0.0
    e.granted_data, e.granted_sensing = np.nan, np.nan
    for j in range(WINDOW):
        e.look_x[j], e.look_y[j] = 0.0, 0.0
    for k in range(users.shape[0]):
        u = users[k]
        u.x, u.y = p.area_m * uniform(e.world), p.area_m * uniform(e.world)
        u.bits, u.share = 0.0, 0.0
        u.efficiency = efficiency(p, u.x - e.x, u.y - e.y)
    for k in range(targets.shape[0]):
        t = targets[k]
        t.x, t.y = p.area_m * uniform(e.world), p.area_m * uniform(e.world)
        x, y = t.x + p.prior_std_m * normal(e.world), t.y + p.prior_std_m * normal(e.world)
        start_estimate(t, x, y, p.prior_information)
    e.worst_bound = worst_bound(targets)
    e.shortfall = missing_distance(p, e)


@inlined
def move(p: Record, e: Record, action: Any) -> float:
    """Fly for a slot, or hover for a look; spend the energy and return the speed in m/s."""
    if p.action == DISCRETE:
        index = int(action[0])
        x, y, look = p.heading_x[index], p.heading_y[index], index == 1
    else:
        x, y = action[0], action[1]
        look = p.targets > 0 and action[2] > 0.0
    e.looked = look and p.targets > 0
    scale = 0.0 if e.looked else 1.0 / max(1.0, math.sqrt(x * x + y * y))
    reach = p.max_speed_m_s * p.slot_s * scale
    to_x = min(max(e.x + reach * x, 0.0), p.area_m)
    to_y = min(max(e.y + reach * y, 0.0), p.area_m)
    dx, dy = to_x - e.x, to_y - e.y
    speed = math.sqrt(dx * dx + dy * dy) / p.slot_s
    e.x, e.y = to_x, to_y
    e.energy -= p.slot_s * rotary_wing_power_of(speed, p)
    return speed


@inlined
def serve(p: Record, e: Record, users: Any, action: Any) -> float:
    """Share the band among the users and return by how much the least data grew, in bit.

    The discrete action has no say: every user gets the same rate.
    """
    total = 0.0
    for k in range(users.shape[0]):
        u = users[k]
        u.efficiency = efficiency(p, u.x - e.x, u.y - e.y)
        if p.action == DISCRETE:
            u.share = 1.0 / u.efficiency
        elif users.shape[0] > 1:
            u.share = exp(p.bandwidth_range * action[2 + min(p.targets, 1) + k])
        else:
            u.share = 1.0
        total += u.share
    bits = p.slot_s * p.bandwidth_hz * (1.0 - (p.look_share if e.looked else 0.0))
    least = np.inf
    for k in range(users.shape[0]):
        u = users[k]
        u.share /= total
        u.bits += bits * u.share * u.efficiency
        least = min(least, u.bits)
    least = least if users.shape[0] > 0 else 0.0
    grown = least - e.least_bits
    e.least_bits = least
    return grown


@inlined
def sense(p: Record, e: Record, targets: Any) -> None:
    """Measure the range of every target in a look, and correct the estimates."""
    place = e.looks % WINDOW
    full = e.looks >= WINDOW
    for k in range(targets.shape[0]):
        t = targets[k]
        z = normal(e.measurement)
        if e.looked:
            dx, dy = t.x - e.x, t.y - e.y
            d = math.sqrt(dx * dx + dy * dy + p.height_m * p.height_m)
            if full:
                absorb(p, e, t, place)
            deviation = math.sqrt(echo_range_variance_one(d, p.range_variance_at_1m))
            t.ranges[place] = max(d + deviation * z, 0.5 * p.height_m)
            xx, xy, yy = elevated_range_information(dx, dy, p.height_m, p.range_variance_at_1m)
            t.true_xx += xx
            t.true_xy += xy
            t.true_yy += yy
    if e.looked:
        before = (place + WINDOW - 1) % WINDOW if e.looks > 0 else place
        e.look_x[place], e.look_y[place] = e.x, e.y
        e.looks += 1
        for k in range(targets.shape[0]):
            estimate(p, e, targets[k], min(e.looks, WINDOW), place, before)


@inlined
def transition_one(
    p: Record, e: Record, users: Any, targets: Any, action: Any, objectives: Any, costs: Any,
    metrics: Record,
) -> tuple[bool, bool]:  # fmt: skip
    """Advance one copy by one slot and write its outcome; return (terminated, truncated)."""
    speed = move(p, e, action)
    grown = serve(p, e, users, action)
    sense(p, e, targets)
    bound = e.worst_bound
    if e.looked:
        bound = worst_bound(targets)
    improved = 2.0 * ln(e.worst_bound / bound)
    e.worst_bound = bound
    e.time += 1
    empty = e.energy <= 0.0
    if empty:
        e.energy = 0.0
    truncated = e.time >= p.horizon and not empty
    e.done = empty or truncated
    missing = missing_distance(p, e)
    lost = e.done and missing > 0.0
    granted = e.granted_data == e.granted_data
    objectives[0] = e.granted_data if granted else grown / p.peak_bits
    objectives[1] = e.granted_sensing if granted else improved
    objectives[2] = 0.0 if granted else (e.shortfall - missing) / p.home_scale_m
    costs[0] = 1.0 if lost else 0.0
    e.shortfall = missing
    error = 0.0
    for k in range(targets.shape[0]):
        dx, dy = targets[k].mean_x - targets[k].x, targets[k].mean_y - targets[k].y
        error = max(error, dx * dx + dy * dy)
    metrics.least_data_bit = grown
    metrics.position_bound_m = bound if targets.shape[0] > 0 else 0.0
    metrics.position_error_m = math.sqrt(error)
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
            observe(p[0], env[i], users[i], targets[i], observations[i, 0])


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
        observe(p[0], env[i], users[i], targets[i], observations[i, 0])
