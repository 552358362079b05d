"""Dynamics of the corridor: walkers that cannot leave at either end."""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, jit, record
from isac_envs.engine.loops import Outcome
from isac_envs.engine.rng import bernoulli, integer

WALKER = record(
    ("cell", "i8"),
)


class State(NamedTuple):
    """The walkers, shape ``(K,)``, and their environment."""

    env: Any
    walkers: Any


@jit
def reset(p: Record, state: State) -> None:
    """Place the walkers at random."""
    env, walkers = state
    for k in range(walkers.shape[0]):
        walkers[k].cell = integer(env.world, p.cells)


@jit
def step(p: Record, state: State, actions: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Move all walkers by -1, 0 or 1; the corridor may collapse."""
    env, walkers = state
    objectives, _, metrics = outcome
    for k in range(walkers.shape[0]):
        move = actions[k, 0] - 1
        slipped = bernoulli(env.world, p.slip)
        target = walkers[k].cell + (0 if slipped else move)
        refused = target < 0 or target >= p.cells
        if not refused:
            walkers[k].cell = target
        objectives[k, 0] = walkers[k].cell - 0.3 * abs(move)
        metrics[k].refused = refused
    env.time += 1
    collapsed = bernoulli(env.world, p.collapse)
    truncated = env.time >= p.horizon
    return collapsed, truncated


@jit
def observe(p: Record, state: State, observations: Any) -> None:
    """Write the cells."""
    for k, walker in enumerate(state.walkers):
        observations[k, 0] = walker.cell
        observations[k, 1] = walker.cell % 2


@jit
def allow(p: Record, state: State, valid: Any) -> None:
    """Write which moves stay inside."""
    for k, walker in enumerate(state.walkers):
        valid[k, 0] = walker.cell > 0
        valid[k, 1] = True
        valid[k, 2] = walker.cell < p.cells - 1
