"""Dynamics of the rovers: drift in a square on a finite battery."""

import math
from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit, record
from isac_envs.engine.loops import Outcome
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


class State(NamedTuple):
    """The rovers, shape ``(K,)``, and their environment."""

    env: Any
    rovers: Any


@inlined
def clip(value: float) -> float:
    """Return the value moved into -1..1."""
    return min(1.0, max(-1.0, value))


@jit
def reset(p: Record, state: State) -> None:
    """Place the rovers at random with full batteries."""
    env, rovers = state
    env.gust[0] = 0.0
    env.gust[1] = 0.0
    for k in range(rovers.shape[0]):
        rovers[k].x_m = p.start_m * (2.0 * uniform(env.world) - 1.0)
        rovers[k].y_m = p.start_m * (2.0 * uniform(env.world) - 1.0)
        rovers[k].charge_j = p.charge_j


@jit
def step(p: Record, state: State, actions: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Move all rovers; an empty battery ends the episode."""
    env, rovers = state
    objectives, costs, metrics = outcome
    for c in range(2):
        env.gust[c] = 0.5 * env.gust[c] + p.wind_m * normal(env.world)
    empty = False
    for k in range(rovers.shape[0]):
        sine, cosine = sincos_turns(p.bearings[k])
        east, north = actions[k, 0], actions[k, 1]
        x = rovers[k].x_m + p.stride_m * east + env.gust[0] * cosine
        y = rovers[k].y_m + p.stride_m * north + env.gust[1] * sine + env.gust[0] * 0.25
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
    env.time += 1
    truncated = env.time >= p.horizon
    return empty, truncated


@jit
def observe(p: Record, state: State, observations: Any) -> None:
    """Write each rover's position as it sees it, and its battery."""
    env, rovers = state
    for k in range(rovers.shape[0]):
        x, y = rovers[k].x_m, rovers[k].y_m
        if p.sight == NOISY:
            x += p.noise_m * normal(env.measurement)
            y += p.noise_m * normal(env.measurement)
        observations[k, 0] = clip(x)
        observations[k, 1] = clip(y)
        observations[k, 2] = rovers[k].charge_j / p.charge_j
