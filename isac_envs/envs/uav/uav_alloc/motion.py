"""Where UAVs and targets start, and how they move; the same draws whatever the actions."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import sincos_turns
from isac_envs.engine.rng import normal, uniform
from isac_envs.envs.uav.uav_alloc.records import State


@jit
def place(p: Record, state: State) -> None:
    """Draw positions and velocities of all UAVs and targets; batteries are full."""
    e, uavs, targets = state.env, state.uavs, state.targets
    for m in range(uavs.shape[0]):
        uavs[m].x_m = (uniform(e.world) - 0.5) * p.area_m
        uavs[m].y_m = (uniform(e.world) - 0.5) * p.area_m
        uavs[m].z_m = p.lowest_m + uniform(e.world) * (p.highest_m - p.lowest_m)
        sine, cosine = sincos_turns(uniform(e.world))
        uavs[m].cruise_x_m_s = p.cruise_m_s * cosine
        uavs[m].cruise_y_m_s = p.cruise_m_s * sine
        uavs[m].vx_m_s = uavs[m].cruise_x_m_s
        uavs[m].vy_m_s = uavs[m].cruise_y_m_s
        uavs[m].vz_m_s = 0.0
        uavs[m].energy_j = p.energy_j
    for k in range(targets.shape[0]):
        targets[k].x_m = (uniform(e.world) - 0.5) * p.area_m
        targets[k].y_m = (uniform(e.world) - 0.5) * p.area_m
        sine, cosine = sincos_turns(uniform(e.world))
        speed = uniform(e.world) * p.target_fastest_m_s
        targets[k].vx_m_s = speed * cosine
        targets[k].vy_m_s = speed * sine
        targets[k].information_bit = 0.0


@inlined
def limit(squared: float, fastest: float) -> float:
    """Return the factor that brings a velocity of squared norm ``squared`` to at most a speed."""
    if squared <= fastest * fastest:
        return 1.0
    return fastest / math.sqrt(squared)


@inlined
def fold(x: float, low: float, high: float) -> float:
    """Return a coordinate reflected at the walls of an interval, at most once.

    Args:
        x: Coordinate in m.
        low: Lower wall in m.
        high: Upper wall in m.
    """
    below = 2.0 * low - x
    above = 2.0 * high - x
    inside = below if x < low else (above if x > high else x)
    return min(max(inside, low), high)


@inlined
def fly(p: Record, e: Record, uavs: Any) -> None:
    """Move all UAVs by one slot: a Gauss-Markov process of the velocity, reflecting walls.

    Args:
        p: Parameters of the environment, one record.
        e: Record of the environment.
        uavs: UAVs, shape ``(M,)``.
    """
    half = 0.5 * p.area_m
    for m in range(uavs.shape[0]):
        vx, vy, vz = uavs[m].vx_m_s, uavs[m].vy_m_s, uavs[m].vz_m_s
        vx = p.memory * vx + p.forgets * uavs[m].cruise_x_m_s + p.gust_m_s * normal(e.world)
        vy = p.memory * vy + p.forgets * uavs[m].cruise_y_m_s + p.gust_m_s * normal(e.world)
        vz = p.memory * vz + p.climb_gust_m_s * normal(e.world)
        factor = limit(vx * vx + vy * vy + vz * vz, p.fastest_m_s)
        vx *= factor
        vy *= factor
        vz *= factor
        x = uavs[m].x_m + p.step_s * vx
        y = uavs[m].y_m + p.step_s * vy
        z = uavs[m].z_m + p.step_s * vz
        turn_x = -1.0 if abs(x) > half else 1.0
        turn_y = -1.0 if abs(y) > half else 1.0
        uavs[m].cruise_x_m_s *= turn_x
        uavs[m].cruise_y_m_s *= turn_y
        uavs[m].vx_m_s = turn_x * vx
        uavs[m].vy_m_s = turn_y * vy
        uavs[m].vz_m_s = -vz if z < p.lowest_m or z > p.highest_m else vz
        uavs[m].x_m = fold(x, -half, half)
        uavs[m].y_m = fold(y, -half, half)
        uavs[m].z_m = fold(z, p.lowest_m, p.highest_m)


@inlined
def drive(p: Record, e: Record, targets: Any) -> None:
    """Move all targets by one slot: constant velocity plus noise, reflecting walls.

    Args:
        p: Parameters of the environment, one record.
        e: Record of the environment.
        targets: Targets, shape ``(K,)``.
    """
    half = 0.5 * p.area_m
    for k in range(targets.shape[0]):
        vx = targets[k].vx_m_s + p.target_noise_m_s * normal(e.world)
        vy = targets[k].vy_m_s + p.target_noise_m_s * normal(e.world)
        factor = limit(vx * vx + vy * vy, p.target_fastest_m_s)
        vx *= factor
        vy *= factor
        x = targets[k].x_m + p.step_s * vx
        y = targets[k].y_m + p.step_s * vy
        targets[k].vx_m_s = -vx if abs(x) > half else vx
        targets[k].vy_m_s = -vy if abs(y) > half else vy
        targets[k].x_m = fold(x, -half, half)
        targets[k].y_m = fold(y, -half, half)
