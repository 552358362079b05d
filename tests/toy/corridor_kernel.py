"""Dynamics of the corridor: walkers that cannot leave at either end."""

from typing import Any

from isac_envs.engine.jit import Record, jit, record
from isac_envs.engine.rng import bernoulli, integer

WALKER = record(
    ("cell", "i8"),
)


@jit
def reset_one(p: Record, e: Record, walkers: Any) -> None:
    """Place the walkers at random."""
    e.time = 0
    e.done = False
    for k in range(walkers.shape[0]):
        walkers[k].cell = integer(e.world, p.cells)


@jit
def transition_one(
    p: Record, e: Record, walkers: Any, actions: Any, objectives: Any, metrics: Any
) -> tuple[bool, bool]:
    """Move all walkers by -1, 0 or 1; the corridor may collapse."""
    for k in range(walkers.shape[0]):
        move = actions[k, 0] - 1
        slipped = bernoulli(e.world, p.slip)
        target = walkers[k].cell + (0 if slipped else move)
        refused = target < 0 or target >= p.cells
        if not refused:
            walkers[k].cell = target
        objectives[k, 0] = walkers[k].cell - 0.3 * abs(move)
        metrics[k].refused = refused
    e.time += 1
    collapsed = bernoulli(e.world, p.collapse)
    truncated = e.time >= p.horizon
    e.done = collapsed or truncated
    return collapsed, truncated


@jit
def observe(p: Record, walkers: Any, observations: Any, masks: Any) -> None:
    """Write the cells and which moves stay inside."""
    for k in range(walkers.shape[0]):
        observations[k, 0] = walkers[k].cell
        observations[k, 1] = walkers[k].cell % 2
        masks[k, 0] = walkers[k].cell > 0
        masks[k, 1] = True
        masks[k, 2] = walkers[k].cell < p.cells - 1


@jit
def reset_batch(p: Any, env: Any, walkers: Any, mask: Any, observations: Any, masks: Any) -> None:
    """Reset the masked copies."""
    for i in range(env.shape[0]):
        if mask[i]:
            reset_one(p[0], env[i], walkers[i])
            observe(p[0], walkers[i], observations[i], masks[i])


@jit
def step_batch(
    p: Any, env: Any, walkers: Any, actions: Any, restart: bool, observations: Any, masks: Any,
    objectives: Any, costs: Any, metrics: Any, ended: Any,
) -> None:  # fmt: skip
    """Step all copies; with ``restart``, reset those that are done instead."""
    for i in range(env.shape[0]):
        if restart and env[i].done:
            reset_one(p[0], env[i], walkers[i])
        else:
            ended[i, 0], ended[i, 1] = transition_one(
                p[0], env[i], walkers[i], actions[i], objectives[i], metrics[i]
            )
        observe(p[0], walkers[i], observations[i], masks[i])
