"""Dynamics with one agent for each UAV; the physics is that of the central environment."""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.uav.uav_alloc.kernel import decode_scores, play_one, reset_one
from isac_envs.envs.uav.uav_alloc.observing import allow, observe
from isac_envs.envs.uav.uav_alloc.options import choose
from isac_envs.envs.uav.uav_alloc.records import EMPTY_J
from isac_envs.envs.uav.uav_alloc_multi.params import UavAllocMultiParams

DISCRETE = UavAllocMultiParams.code("action", "discrete")


@inlined
def decode(p: Record, allocation: Any, targets: int, actions: Any) -> None:
    """Write the allocation that the actions of all agents stand for."""
    for m in range(allocation.shape[0]):
        if p.action == DISCRETE:
            choose(p, allocation[m], int(actions[m, 0]))
        else:
            decode_scores(p, allocation[m], targets, actions[m], 0)


@inlined
def report(objectives: Any, costs: Any, metrics: Any) -> None:
    """Give all agents the outcome of the first: the reward is shared."""
    for m in range(1, objectives.shape[0]):
        for k in range(objectives.shape[1]):
            objectives[m, k] = objectives[0, k]
        for k in range(costs.shape[1]):
            costs[m, k] = costs[0, k]
        metrics[m] = metrics[0]


@jit
def show(
    p: Record, e: Record, uavs: Any, targets: Any, allocation: Any, echoes: Any, uplinks: Any,
    couplings: Any, observations: Any, masks: Any,
) -> None:  # fmt: skip
    """Write what each UAV sees, itself first, and which options it has."""
    count = uavs.shape[0]
    for m in range(count):
        at = observe(
            p, e, uavs, targets, allocation, echoes, uplinks, couplings, m, observations[m]
        )
        observations[m, at] = (m + 1) / count
        if p.action == DISCRETE:
            allow(p, uavs[m], masks[m], 0)
        else:
            masks[m, 0] = uavs[m].energy_j > EMPTY_J


@jit
def reset_batch(
    p: Any, env: Any, uavs: Any, targets: Any, allocation: Any, echoes: Any, uplinks: Any,
    couplings: Any, mask: Any, observations: Any, masks: Any,
) -> None:  # fmt: skip
    """Reset the masked copies."""
    for i in range(env.shape[0]):
        if mask[i]:
            reset_one(
                p[0], env[i], uavs[i], targets[i], allocation[i], echoes[i], uplinks[i],
                couplings[i],
            )  # fmt: skip
            show(
                p[0], env[i], uavs[i], targets[i], allocation[i], echoes[i], uplinks[i],
                couplings[i], observations[i], masks[i],
            )  # fmt: skip


@jit
def step_batch(
    p: Any, env: Any, uavs: Any, targets: Any, allocation: Any, echoes: Any, uplinks: Any,
    couplings: Any, actions: Any, restart: bool, observations: Any, masks: Any, objectives: Any,
    costs: Any, metrics: Any, ended: Any,
) -> None:  # fmt: skip
    """Step all copies; with ``restart``, reset those that are done instead."""
    for i in range(env.shape[0]):
        if restart and env[i].done:
            reset_one(
                p[0], env[i], uavs[i], targets[i], allocation[i], echoes[i], uplinks[i],
                couplings[i],
            )  # fmt: skip
        else:
            decode(p[0], allocation[i], targets.shape[1], actions[i])
            play_one(
                p[0], env[i], uavs[i], targets[i], allocation[i], echoes[i], uplinks[i],
                couplings[i], objectives[i, 0], costs[i, 0], metrics[i, 0],
            )  # fmt: skip
            report(objectives[i], costs[i], metrics[i])
            ended[i, 0] = False
            ended[i, 1] = env[i].done
        show(
            p[0], env[i], uavs[i], targets[i], allocation[i], echoes[i], uplinks[i],
            couplings[i], observations[i], masks[i],
        )  # fmt: skip
