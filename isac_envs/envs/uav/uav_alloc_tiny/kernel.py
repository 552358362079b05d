"""Dynamics of hovering UAVs whose batteries lose whole levels at random.

Every step takes one draw a UAV whatever the action: whether its battery loses a level.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit, record
from isac_envs.engine.rng import uniform
from isac_envs.envs.uav.uav_alloc.links import communication_rate, information, measure_sinr
from isac_envs.envs.uav.uav_alloc.options import choose
from isac_envs.envs.uav.uav_alloc.records import COMMUNICATE, IDLE
from isac_envs.envs.uav.uav_alloc_tiny.params import UavAllocTinyParams

BATTERY = record(
    ("level", "i8"),  # energy levels left
)
VECTOR = UavAllocTinyParams.code("observation", "vector")


@inlined
def reset_one(p: Record, e: Record, batteries: Any, allocation: Any) -> None:
    """Start an episode with full batteries."""
    e.time = 0
    e.done = False
    for m in range(batteries.shape[0]):
        batteries[m].level = p.levels_full
        choose(p, allocation[m], IDLE)
        allocation[m].sinr = 0.0


@inlined
def decode(p: Record, batteries: Any, allocation: Any, action: int) -> int:
    """Write the allocation of a joint action; return how many UAVs were denied a transmission."""
    rest, denied = action, 0
    for m in range(batteries.shape[0] - 1, -1, -1):
        empty = batteries[m].level == 0
        denied += empty and rest % p.options != IDLE
        choose(p, allocation[m], IDLE if empty else rest % p.options)
        rest //= p.options
    return denied


@jit
def transition_one(
    p: Record, e: Record, batteries: Any, allocation: Any, action: int, objectives: Any,
    costs: Any, metrics: Record,
) -> None:  # fmt: skip
    """Advance one copy by one slot and write its outcome."""
    count, targets = batteries.shape[0], p.echoes.shape[1]
    denied = decode(p, batteries, allocation, action)
    measure_sinr(p.echoes, p.uplinks, p.couplings, allocation)
    rate = communication_rate(allocation)
    total = 0.0
    for k in range(targets):
        total += information(allocation, k)
    power, level, sending, sensing = 0.0, 0, 0, 0
    for m in range(count):
        drawn = allocation[m].power_w
        power += drawn
        sending += drawn > 0.0 and allocation[m].mode == COMMUNICATE
        sensing += drawn > 0.0 and allocation[m].mode != COMMUNICATE
        batteries[m].level -= uniform(e.world) * p.level_j < drawn * p.step_s
        level += batteries[m].level
    objectives[0] = 2.0 * total / (p.reference_bit * targets)
    objectives[1] = rate / p.reference_bit
    objectives[2] = -power / count
    costs[0] = denied
    metrics.information_bit = total / targets
    metrics.rate_bit = rate
    metrics.power_w = power
    metrics.level = level / count
    metrics.sending = sending
    metrics.sensing = sensing
    e.time += 1
    e.done = e.time >= p.horizon


@inlined
def observe(p: Record, e: Record, batteries: Any, observation: Any) -> None:
    """Write what the agent sees: levels and clock, or the index of the state."""
    if p.observation == VECTOR:
        for m in range(batteries.shape[0]):
            observation[m] = batteries[m].level / p.levels_full
        observation[batteries.shape[0]] = min(1.0, e.time / p.plan_slots)
    else:
        index = 0
        for m in range(batteries.shape[0]):
            index = index * (p.levels_full + 1) + batteries[m].level
        observation[0] = index


@jit
def allow(p: Record, batteries: Any, mask: Any) -> None:
    """Write which joint actions are valid: an empty UAV only idles."""
    for joint in range(mask.shape[0]):
        rest, valid = joint, True
        for m in range(batteries.shape[0] - 1, -1, -1):
            valid = valid and (batteries[m].level > 0 or rest % p.options == IDLE)
            rest //= p.options
        mask[joint] = valid


@jit
def reset_batch(
    p: Any, env: Any, batteries: Any, allocation: Any, mask: Any, observations: Any, masks: Any
) -> None:
    """Reset the masked copies."""
    for i in range(env.shape[0]):
        if mask[i]:
            reset_one(p[0], env[i], batteries[i], allocation[i])
            observe(p[0], env[i], batteries[i], observations[i, 0])
            allow(p[0], batteries[i], masks[i, 0])


@jit
def step_batch(
    p: Any, env: Any, batteries: Any, allocation: Any, actions: Any, restart: bool,
    observations: Any, masks: Any, objectives: Any, costs: Any, metrics: Any, ended: Any,
) -> None:  # fmt: skip
    """Step all copies; with ``restart``, reset those that are done instead."""
    for i in range(env.shape[0]):
        if restart and env[i].done:
            reset_one(p[0], env[i], batteries[i], allocation[i])
        else:
            transition_one(
                p[0], env[i], batteries[i], allocation[i], actions[i, 0, 0], objectives[i, 0],
                costs[i, 0], metrics[i, 0],
            )  # fmt: skip
            ended[i, 0] = False
            ended[i, 1] = env[i].done
        observe(p[0], env[i], batteries[i], observations[i, 0])
        allow(p[0], batteries[i], masks[i, 0])
