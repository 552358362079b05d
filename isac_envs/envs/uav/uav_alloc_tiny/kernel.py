"""Dynamics of hovering UAVs whose batteries lose whole levels at random.

Every step takes one draw a UAV whatever the action: whether its battery loses a level.
"""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit, record
from isac_envs.engine.loops import Outcome
from isac_envs.engine.rng import uniform
from isac_envs.envs.uav.uav_alloc.links import communication_rate, information, measure_sinr
from isac_envs.envs.uav.uav_alloc.options import choose
from isac_envs.envs.uav.uav_alloc.records import COMMUNICATE, IDLE
from isac_envs.envs.uav.uav_alloc_tiny.params import UavAllocTinyParams

BATTERY = record(
    ("level", "i8"),  # energy levels left
)
VECTOR = UavAllocTinyParams.code("observation", "vector")


class State(NamedTuple):
    """The hovering UAVs of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        batteries: Shape ``(M,)``.
        allocation: What each UAV does, shape ``(M,)``.
    """

    env: Any
    batteries: Any
    allocation: Any


@inlined
def reset(p: Record, state: State) -> None:
    """Start an episode with full batteries."""
    for m in range(state.batteries.shape[0]):
        state.batteries[m].level = p.levels_full
        choose(p, state.allocation[m], IDLE)
        state.allocation[m].sinr = 0.0


@inlined
def decode(p: Record, state: State, joint: int) -> int:
    """Write the allocation of a joint action; return how many UAVs were denied a transmission.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        joint: Number of the joint action.
    """
    batteries, rest, denied = state.batteries, joint, 0
    for m in range(batteries.shape[0] - 1, -1, -1):
        empty = batteries[m].level == 0
        denied += empty and rest % p.options != IDLE
        choose(p, state.allocation[m], IDLE if empty else rest % p.options)
        rest //= p.options
    return denied


@jit
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by one slot and write its outcome; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e, batteries, allocation = state
    objectives, costs, metrics = outcome
    count, targets = batteries.shape[0], p.echoes.shape[1]
    denied = decode(p, state, action[0])
    measure_sinr(p, allocation)
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
    return False, e.time >= p.horizon


@inlined
def observe(p: Record, state: State, observation: Any) -> None:
    """Write the observation: levels and clock, or the index of the state.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    batteries = state.batteries
    if p.observation == VECTOR:
        for m in range(batteries.shape[0]):
            observation[m] = batteries[m].level / p.levels_full
        observation[batteries.shape[0]] = min(1.0, state.env.time / p.plan_slots)
    else:
        index = 0
        for m in range(batteries.shape[0]):
            index = index * (p.levels_full + 1) + batteries[m].level
        observation[0] = index


@jit
def allow(p: Record, state: State, valid: Any) -> None:
    """Write the valid joint actions: an empty UAV only idles.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        valid: Receives 1 for each valid action, 0 for the others, in the order of the action.
    """
    batteries = state.batteries
    for joint in range(valid.shape[0]):
        rest, possible = joint, True
        for m in range(batteries.shape[0] - 1, -1, -1):
            possible = possible and (batteries[m].level > 0 or rest % p.options == IDLE)
            rest //= p.options
        valid[joint] = possible
