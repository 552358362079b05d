"""Dynamics of a group of UAVs that sense targets and report to a base station.

A slot allocates, transmits, then moves everybody; its 3 M + 2 K random draws do not depend on the
actions, so that two policies meet the same world under the same seed.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.uav.uav_alloc import links, motion
from isac_envs.envs.uav.uav_alloc.observing import DISCRETE, INDEX, allow_joint, observe
from isac_envs.envs.uav.uav_alloc.options import FIRST, FREE, choose
from isac_envs.envs.uav.uav_alloc.records import COMMUNICATE, EMPTY_J, IDLE

_OFF_SHARE = 0.05  # continuous powers below this share of the largest switch a UAV off


@jit
def reset_one(
    p: Record, e: Record, uavs: Any, targets: Any, allocation: Any, echoes: Any, uplinks: Any,
    couplings: Any,
) -> None:  # fmt: skip
    """Start an episode with new positions, full batteries and all UAVs idle."""
    e.time = 0
    e.done = False
    e.sensing = 0.0
    e.communication = 0.0
    motion.place(p, e, uavs, targets)
    for m in range(uavs.shape[0]):
        choose(p, allocation[m], IDLE)
        allocation[m].sinr = 0.0
    links.measure_gains(p, uavs, targets, echoes, uplinks, couplings)


@inlined
def best_of(actions: Any, first: int, count: int) -> int:
    """Return which of some consecutive scores is largest, the first of equal ones."""
    best = 0
    for k in range(1, count):
        if actions[first + k] > actions[first + best]:
            best = k
    return best


@inlined
def decode_scores(p: Record, allocation: Record, targets: int, actions: Any, at: int) -> int:
    """Write the allocation that scores from place ``at`` on stand for; return where they end."""
    allocation.mode = best_of(actions, at, targets + 1)
    at += targets + 1
    allocation.channel = 0
    if p.channels > 1:  # a single channel has no score
        allocation.channel = best_of(actions, at, p.channels)
        at += p.channels
    share = 0.5 * (1.0 + actions[at])
    allocation.power_w = share * p.largest_w if share >= _OFF_SHARE else 0.0
    return at + 1


@inlined
def decode(p: Record, allocation: Any, targets: int, actions: Any) -> None:
    """Write the allocation that a joint action of one controller stands for."""
    count = allocation.shape[0]
    if p.action == DISCRETE:
        for m in range(count):
            choose(p, allocation[m], int(actions[m]))
    elif p.action == INDEX:
        rest = int(actions[0])
        for m in range(count - 1, -1, -1):
            choose(p, allocation[m], rest % p.options)
            rest //= p.options
    else:
        at = 0
        for m in range(count):
            at = decode_scores(p, allocation[m], targets, actions, at)


@inlined
def spend(p: Record, uavs: Any, allocation: Any) -> tuple[float, int]:
    """Take the energy of the slot from the batteries; who is empty idles, others may have to send.

    Returns:
        The energy in J that batteries did not hold, and how many UAVs could not do as they chose.
    """
    overrun, denied = 0.0, 0
    for m in range(uavs.shape[0]):
        empty, idle = uavs[m].energy_j <= EMPTY_J, allocation[m].power_w <= 0.0
        must_send = idle and not empty and p.idling != FREE
        denied += (empty and not idle) or must_send
        if must_send:
            choose(p, allocation[m], FIRST)
        allocation[m].power_w = 0.0 if empty else allocation[m].power_w
        left = uavs[m].energy_j - allocation[m].power_w * p.step_s
        overrun += -left if left < -EMPTY_J else 0.0
        uavs[m].energy_j = left if left > EMPTY_J else 0.0
    return overrun, denied


@inlined
def play_one(
    p: Record, e: Record, uavs: Any, targets: Any, allocation: Any, echoes: Any, uplinks: Any,
    couplings: Any, objectives: Any, costs: Any, metrics: Record,
) -> None:  # fmt: skip
    """Advance one group by a slot with the given allocation and write the outcome."""
    overrun, denied = spend(p, uavs, allocation)
    links.measure_sinr(echoes, uplinks, couplings, allocation)
    rate = links.communication_rate(allocation)
    total, short = 0.0, 0.0
    for k in range(targets.shape[0]):
        value = links.information(allocation, k)
        targets[k].information_bit = value
        total += value
        short += max(0.0, p.information_min_bit - value)
    power, sending, sensing, conflicts, energy = 0.0, 0, 0, 0, 0.0
    for m in range(uavs.shape[0]):
        on = allocation[m].power_w > 0.0
        power += allocation[m].power_w
        sending += on and allocation[m].mode == COMMUNICATE
        sensing += on and allocation[m].mode != COMMUNICATE
        energy += uavs[m].energy_j
        for j in range(m):
            together = allocation[j].channel == allocation[m].channel
            conflicts += on and allocation[j].power_w > 0.0 and together
    e.sensing = 2.0 * total / (p.reference_bit * targets.shape[0])
    e.communication = rate / p.reference_bit
    objectives[0] = e.sensing
    objectives[1] = e.communication
    objectives[2] = -power / uavs.shape[0]
    objectives[3] = -1.0 if overrun > 0.0 else 0.0
    costs[0] = overrun
    costs[1] = short / targets.shape[0]
    metrics.information_bit = total / targets.shape[0]
    metrics.rate_bit = rate
    metrics.power_w = power
    metrics.energy_j = energy / uavs.shape[0]
    metrics.sending = sending
    metrics.sensing = sensing
    metrics.conflicts = conflicts
    metrics.denied = denied
    motion.fly(p, e, uavs)
    motion.drive(p, e, targets)
    links.measure_gains(p, uavs, targets, echoes, uplinks, couplings)
    e.time += 1
    e.done = e.time >= p.horizon


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
            observe(
                p[0], env[i], uavs[i], targets[i], allocation[i], echoes[i], uplinks[i],
                couplings[i], 0, observations[i, 0],
            )  # fmt: skip
            allow_joint(p[0], uavs[i], masks[i, 0])


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
            decode(p[0], allocation[i], targets.shape[1], actions[i, 0])
            play_one(
                p[0], env[i], uavs[i], targets[i], allocation[i], echoes[i], uplinks[i],
                couplings[i], objectives[i, 0], costs[i, 0], metrics[i, 0],
            )  # fmt: skip
            ended[i, 0] = False
            ended[i, 1] = env[i].done
        observe(
            p[0], env[i], uavs[i], targets[i], allocation[i], echoes[i], uplinks[i],
            couplings[i], 0, observations[i, 0],
        )  # fmt: skip
        allow_joint(p[0], uavs[i], masks[i, 0])
