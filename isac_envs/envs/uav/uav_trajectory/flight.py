"""Flying, serving and looking: what one UAV of a mission does in a slot.

The UAV is a record ``u`` with its place, energy and whether it looked; ``links`` are records with
its spectral efficiencies and shares. Where there is one UAV, these are the record of the
environment and the users themselves. Of a state, the environment, users and targets are used.
"""

import math
from typing import Any

import numpy as np

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import db_to_linear, exp, ln, log2
from isac_envs.engine.rng import normal, uniform
from isac_envs.envs.uav.uav_trajectory.estimate import (
    UNHEARD_M,
    WINDOW,
    absorb,
    estimate,
    start_estimate,
)
from isac_envs.envs.uav.uav_trajectory.params import UavTrajectoryParams
from isac_envs.kernels.estimation.position_bounds import position_error_bound_of
from isac_envs.kernels.platforms.propulsion import rotary_wing_power_of
from isac_envs.kernels.radar.elevated_ranging import (
    echo_range_variance_one,
    elevated_range_information,
)
from isac_envs.propagation.losses import path_loss
from isac_envs.sensing.looks import detection_probability_one

DISCRETE = UavTrajectoryParams.code("action", "discrete")
DRAWN = UavTrajectoryParams.code("detection", "drawn")


@jit
def efficiency(p: Record, law: Any, dx: float, dy: float) -> float:
    """Return the spectral efficiency of a user in bit/s/Hz.

    Args:
        p: Parameters of the environment, one record.
        law: Law of the link; None in free space, where the compiler leaves the other half away.
        dx: Difference along x to the user in m.
        dy: Difference along y in m.
    """
    if law is None:
        return log2(1.0 + p.link_snr_at_1m / (dx * dx + dy * dy + p.height_m * p.height_m))
    loss_db = path_loss(law, True, math.sqrt(dx * dx + dy * dy), p.height_m, 0.0)
    return log2(1.0 + p.link_snr_at_1m * db_to_linear(-(loss_db + p.link_gain_db)))


@inlined
def missing_distance(p: Record, e: Record, u: Record) -> float:
    """Return the final distance from home of a UAV that only returns, in m.

    Args:
        p: Parameters of the environment, one record.
        e: Record of the environment.
        u: Record of the UAV.
    """
    dx, dy = u.x - p.home_x_m, u.y - p.home_y_m
    distance = math.sqrt(dx * dx + dy * dy) - p.home_radius_m
    in_time = p.max_speed_m_s * max(p.mission_s - p.slot_s * e.time, 0.0)
    in_energy = max(u.energy, 0.0) / p.joule_per_metre
    return max(distance - min(in_time, in_energy), 0.0)


@inlined
def worst_bound(targets: Any) -> float:
    """Return the largest position error bound of the targets at the truth in m; 1 without any."""
    worst = 0.0
    for k in range(targets.shape[0]):
        t = targets[k]
        worst = max(worst, position_error_bound_of(t.true_xx, t.true_xy, t.true_yy))
    return worst if targets.shape[0] > 0 else 1.0


@inlined
def begin(p: Record, state: Any) -> None:
    """Start a mission: users and targets anywhere, targets known roughly."""
    e, users, targets = state.env, state.users, state.targets
    e.looks, e.least_bits = 0, 0.0
    e.granted_data, e.granted_sensing = np.nan, np.nan
    for j in range(WINDOW):
        e.look_x[j], e.look_y[j] = 0.0, 0.0
    for k in range(users.shape[0]):
        users[k].x, users[k].y = p.area_m * uniform(e.world), p.area_m * uniform(e.world)
        users[k].bits = 0.0
    for k in range(targets.shape[0]):
        t = targets[k]
        t.x, t.y = p.area_m * uniform(e.world), p.area_m * uniform(e.world)
        x, y = t.x + p.prior_std_m * normal(e.world), t.y + p.prior_std_m * normal(e.world)
        start_estimate(t, x, y, p.prior_information)
    e.worst_bound = worst_bound(targets)


@inlined
def take_off(p: Record, state: Any, u: Record, links: Any) -> None:
    """Put a UAV with a full battery where the flight begins.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        u: Record of the UAV.
        links: Links of the UAV to the users, shape ``(M,)``.
    """
    users, law = state.users, state.scratch.law
    u.x, u.y, u.energy = p.start_x_m, p.start_y_m, p.battery_j
    u.looked = u.ended = False
    u.speed = 0.0
    u.shortfall = missing_distance(p, state.env, u)
    for k in range(users.shape[0]):
        links[k].share = 0.0
        links[k].efficiency = efficiency(p, law, users[k].x - u.x, users[k].y - u.y)


@inlined
def move(p: Record, u: Record, action: Any) -> float:
    """Fly for a slot, or hover for a look; spend the energy and return the speed in m/s.

    Args:
        p: Parameters of the environment, one record.
        u: Record of the UAV.
        action: Action of the copy, shape ``(W,)``.
    """
    if p.action == DISCRETE:
        index = int(action[0])
        x, y, look = p.heading_x[index], p.heading_y[index], index == 1
    else:
        x, y = action[0], action[1]
        look = p.targets > 0 and action[2] > 0.0
    u.looked = look and p.targets > 0
    scale = 0.0 if u.looked else 1.0 / max(1.0, math.sqrt(x * x + y * y))
    reach = p.max_speed_m_s * p.slot_s * scale
    to_x = min(max(u.x + reach * x, 0.0), p.area_m)
    to_y = min(max(u.y + reach * y, 0.0), p.area_m)
    dx, dy = to_x - u.x, to_y - u.y
    speed = math.sqrt(dx * dx + dy * dy) / p.slot_s
    u.x, u.y = to_x, to_y
    u.energy -= p.slot_s * rotary_wing_power_of(speed, p)
    return speed


@inlined
def serve(p: Record, state: Any, u: Record, links: Any, action: Any) -> None:
    """Share a UAV's band among the users and send.

    The discrete action has no say: every user gets the same rate.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        u: Record of the UAV.
        links: Links of the UAV to the users, shape ``(M,)``.
        action: Action of the copy, shape ``(W,)``.
    """
    users, law = state.users, state.scratch.law
    total = 0.0
    for k in range(users.shape[0]):
        link = links[k]
        link.efficiency = efficiency(p, law, users[k].x - u.x, users[k].y - u.y)
        if p.action == DISCRETE:
            link.share = 1.0 / link.efficiency
        elif users.shape[0] > 1:
            link.share = exp(p.bandwidth_range * action[2 + min(p.targets, 1) + k])
        else:
            link.share = 1.0
        total += link.share
    bits = p.slot_s * p.bandwidth_hz * (1.0 - (p.look_share if u.looked else 0.0))
    for k in range(users.shape[0]):
        link = links[k]
        link.share /= total
        users[k].bits += bits * link.share * link.efficiency


@inlined
def is_detected(p: Record, variance: float, chance: float) -> bool:
    """Return whether a look detects a target.

    Args:
        p: Parameters of the environment, one record.
        variance: That of the target's range in m^2; its SNR is ``variance_factor_m2`` over it.
        chance: Uniform draw.
    """
    if p.detection == DRAWN:
        return chance < detection_probability_one(p, p.variance_factor_m2 / variance)
    return True


@inlined
def sense(p: Record, state: Any, u: Record) -> None:
    """Measure the range of every detected target in a look of a UAV, and correct the estimates.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        u: Record of the UAV.
    """
    e, targets = state.env, state.targets
    place = e.looks % WINDOW
    full = e.looks >= WINDOW
    for k in range(targets.shape[0]):
        t = targets[k]
        z = normal(e.measurement)
        chance = uniform(e.measurement) if p.detection == DRAWN else 0.0
        if u.looked:
            dx, dy = t.x - u.x, t.y - u.y
            d = math.sqrt(dx * dx + dy * dy + p.height_m * p.height_m)
            if full:
                absorb(p, e, t, place)
            variance = echo_range_variance_one(d, p.range_variance_at_1m)
            t.ranges[place] = UNHEARD_M
            if is_detected(p, variance, chance):
                t.ranges[place] = max(d + math.sqrt(variance) * z, 0.5 * p.height_m)
                xx, xy, yy = elevated_range_information(dx, dy, p.height_m, p.range_variance_at_1m)
                t.true_xx += xx
                t.true_xy += xy
                t.true_yy += yy
    if u.looked:
        before = (place + WINDOW - 1) % WINDOW if e.looks > 0 else place
        e.look_x[place], e.look_y[place] = u.x, u.y
        e.looks += 1
        for k in range(targets.shape[0]):
            estimate(p, e, targets[k], min(e.looks, WINDOW), place, before)


@inlined
def growth(e: Record, users: Any) -> float:
    """Return by how much the data of the user with the least grew in the slot, in bit."""
    least = np.inf
    for k in range(users.shape[0]):
        least = min(least, users[k].bits)
    least = least if users.shape[0] > 0 else 0.0
    grown = least - e.least_bits
    e.least_bits = least
    return grown


@inlined
def improvement(e: Record, targets: Any) -> float:
    """Return the decrease of the logarithm of the worst bound's square in the slot."""
    bound = worst_bound(targets)
    improved = 2.0 * ln(e.worst_bound / bound)
    e.worst_bound = bound
    return improved


@inlined
def worst_error(targets: Any) -> float:
    """Return the largest error of an estimate in m."""
    error = 0.0
    for k in range(targets.shape[0]):
        dx, dy = targets[k].mean_x - targets[k].x, targets[k].mean_y - targets[k].y
        error = max(error, dx * dx + dy * dy)
    return math.sqrt(error)
