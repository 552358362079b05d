"""Dynamics of the rovers: drift in a square on a finite battery."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit, record
from isac_envs.engine.mathx import exp, sincos_turns
from isac_envs.engine.rng import normal, uniform

STATE_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("gust", "f8", (2,)),  # drift of the last step, m
)
ROVER = record(
    ("x_m", "f8"),
    ("y_m", "f8"),
    ("charge_j", "f8"),
)
NOISY = 0  # order of the parameter ``sight``


@inlined
def clip(value: float) -> float:
    """Return the value moved into -1..1."""
    return min(1.0, max(-1.0, value))


@jit
def reset_one(p: Record, e: Record, rovers: Any) -> None:
    """Place the rovers at random with full batteries."""
    e.time = 0
    e.done = False
    e.gust[0] = 0.0
    e.gust[1] = 0.0
    for k in range(rovers.shape[0]):
        rovers[k].x_m = p.start_m * (2.0 * uniform(e.world) - 1.0)
        rovers[k].y_m = p.start_m * (2.0 * uniform(e.world) - 1.0)
        rovers[k].charge_j = p.charge_j


@jit
def transition_one(
    p: Record, e: Record, rovers: Any, actions: Any, objectives: Any, costs: Any, metrics: Any
) -> tuple[bool, bool]:
    """Move all rovers; an empty battery ends the episode."""
    for c in range(2):
        e.gust[c] = 0.5 * e.gust[c] + p.wind_m * normal(e.world)
    empty = False
    for k in range(rovers.shape[0]):
        sine, cosine = sincos_turns(p.bearings[k])
        east, north = actions[k, 0], actions[k, 1]
        x = rovers[k].x_m + p.stride_m * east + e.gust[0] * cosine
        y = rovers[k].y_m + p.stride_m * north + e.gust[1] * sine + e.gust[0] * 0.25
        rovers[k].x_m = clip(x)
        rovers[k].y_m = clip(y)
        energy = p.idle_j
        if p.drag:
            energy += east * east + north * north
        rovers[k].charge_j = max(0.0, rovers[k].charge_j - energy)
        empty = empty or rovers[k].charge_j == 0.0
        distance = math.sqrt(rovers[k].x_m * rovers[k].x_m + rovers[k].y_m * rovers[k].y_m)
        objectives[k, 0] = -distance
        objectives[k, 1] = -energy
        costs[k, 0] = 0.1 * energy
        costs[k, 1] = exp(distance)
        costs[k, 2] = abs(x - rovers[k].x_m) + abs(y - rovers[k].y_m)
        metrics[k].distance_m = distance
        metrics[k].energy_j = energy
    e.time += 1
    truncated = e.time >= p.horizon
    e.done = empty or truncated
    return empty, truncated


@jit
def observe(p: Record, e: Record, rovers: Any, observations: Any) -> None:
    """Write each rover's position as it sees it, and its battery."""
    for k in range(rovers.shape[0]):
        x, y = rovers[k].x_m, rovers[k].y_m
        if p.sight == NOISY:
            x += p.noise_m * normal(e.measurement)
            y += p.noise_m * normal(e.measurement)
        observations[k, 0] = clip(x)
        observations[k, 1] = clip(y)
        observations[k, 2] = rovers[k].charge_j / p.charge_j


@jit
def reset_batch(p: Any, env: Any, rovers: Any, mask: Any, observations: Any) -> None:
    """Reset the masked copies."""
    for i in range(env.shape[0]):
        if mask[i]:
            reset_one(p[0], env[i], rovers[i])
            observe(p[0], env[i], rovers[i], observations[i])


@jit
def step_batch(
    p: Any, env: Any, rovers: Any, actions: Any, restart: bool, observations: Any,
    objectives: Any, costs: Any, metrics: Any, ended: Any,
) -> None:  # fmt: skip
    """Step all copies; with ``restart``, reset those that are done instead."""
    for i in range(env.shape[0]):
        if restart and env[i].done:
            reset_one(p[0], env[i], rovers[i])
        else:
            ended[i, 0], ended[i, 1] = transition_one(
                p[0], env[i], rovers[i], actions[i], objectives[i], costs[i], metrics[i]
            )
        observe(p[0], env[i], rovers[i], observations[i])
