"""Dynamics of a group of UAVs that sense targets and report to a base station.

A slot allocates, transmits, then moves everybody. Its 3 M + 2 K random draws, and 6 M more under a
law of the uplinks, do not depend on the actions: two policies meet the same world with one seed.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.envs.uav.uav_alloc import links, motion
from isac_envs.envs.uav.uav_alloc.observing import DISCRETE, INDEX, allow_options, observe_from
from isac_envs.envs.uav.uav_alloc.options import FIRST, FREE, choose, is_allowed
from isac_envs.envs.uav.uav_alloc.records import COMMUNICATE, EMPTY_J, IDLE, State

_OFF_SHARE = 0.05  # continuous powers below this share of the largest switch a UAV off


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode with new positions, full batteries and all UAVs idle."""
    state.env.sensing = 0.0
    state.env.communication = 0.0
    motion.place(p, state)
    for m in range(state.uavs.shape[0]):
        choose(p, state.allocation[m], IDLE)
        state.allocation[m].sinr = 0.0
    links.measure_gains(p, state, True)


@inlined
def best_of(scores: Any, first: int, count: int) -> int:
    """Return the index of the largest of consecutive scores, the first of equal ones.

    Args:
        scores: Scores, shape ``(W,)``.
        first: Index of the first one.
        count: How many there are.
    """
    best = 0
    for k in range(1, count):
        if scores[first + k] > scores[first + best]:
            best = k
    return best


@inlined
def decode_scores(p: Record, allocation: Record, targets: int, action: Any, at: int) -> int:
    """Decode the allocation from the scores at index ``at``; return the index after them.

    Args:
        p: Parameters of the environment, one record.
        allocation: Receives what the UAV does, one record.
        targets: Number of targets K.
        action: Action of the copy, shape ``(W,)``.
        at: Index to begin at.
    """
    allocation.mode = best_of(action, at, targets + 1)
    at += targets + 1
    allocation.channel = 0
    if p.channels > 1:  # a single channel has no score
        allocation.channel = best_of(action, at, p.channels)
        at += p.channels
    share = 0.5 * (1.0 + action[at])
    allocation.power_w = share * p.largest_w if share >= _OFF_SHARE else 0.0
    return at + 1


@inlined
def decode(p: Record, state: State, action: Any) -> None:
    """Decode the allocation from a joint action of one controller.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
    """
    allocation = state.allocation
    count = allocation.shape[0]
    if p.action == DISCRETE:
        for m in range(count):
            choose(p, allocation[m], int(action[m]))
    elif p.action == INDEX:
        rest = int(action[0])
        for m in range(count - 1, -1, -1):
            choose(p, allocation[m], rest % p.options)
            rest //= p.options
    else:
        at = 0
        for m in range(count):
            at = decode_scores(p, allocation[m], state.targets.shape[0], action, at)


@inlined
def spend(p: Record, uavs: Any, allocation: Any) -> tuple[float, int]:
    """Take the energy of the slot from the batteries; who is empty idles, others may have to send.

    Args:
        p: Parameters of the environment, one record.
        uavs: UAVs, shape ``(M,)``.
        allocation: What the UAVs do, shape ``(M,)``.

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
def play(p: Record, state: State, outcome: Outcome) -> None:
    """Advance one group by a slot with the given allocation and write the outcome.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e, uavs, targets, allocation = state.env, state.uavs, state.targets, state.allocation
    objectives, costs, metrics = outcome
    overrun, denied = spend(p, uavs, allocation)
    links.measure_sinr(state, allocation)
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
    links.measure_gains(p, state, False)
    e.time += 1


@inlined
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one group by a slot; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    decode(p, state, action)
    play(p, state, outcome)
    return False, state.env.time >= p.horizon


@inlined
def observe(p: Record, state: State, observation: Any) -> None:
    """Write the observation of the controller.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    observe_from(p, state, 0, observation)


@inlined
def allow(p: Record, state: State, valid: Any) -> None:
    """Write the valid joint actions, in the form of the action.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        valid: Receives 1 for each valid action, 0 for the others, in the order of the action.
    """
    uavs = state.uavs
    count = uavs.shape[0]
    if p.action == DISCRETE:
        for m in range(count):
            allow_options(p, uavs[m], m * p.options, valid)
    elif p.action == INDEX:
        valid[:] = True
        stride = 1
        for m in range(count - 1, -1, -1):
            idle, others = is_allowed(p, uavs[m], 0), is_allowed(p, uavs[m], 1)
            if not (idle and others):
                for joint in range(valid.shape[0]):
                    asked = others if joint // stride % p.options > 0 else idle
                    valid[joint] = valid[joint] and asked
            stride *= p.options
    else:
        for m in range(count):
            valid[m] = uavs[m].energy_j > EMPTY_J
