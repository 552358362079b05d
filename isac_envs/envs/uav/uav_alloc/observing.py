"""What is seen of a group of UAVs, from the side of one of them, and what it may do."""

from typing import Any

from isac_envs.engine.jit import Record, inlined
from isac_envs.engine.mathx import linear_to_db
from isac_envs.envs.uav.uav_alloc.options import FREE
from isac_envs.envs.uav.uav_alloc.params import UavAllocParams
from isac_envs.envs.uav.uav_alloc.records import EMPTY_J, State

STATE = UavAllocParams.code("observation", "state")
DISCRETE = UavAllocParams.code("action", "discrete")
INDEX = UavAllocParams.code("action", "index")
_DB_SCALE = 1.0 / 50.0
_WEAKEST = 1e-6


@inlined
def clipped(x: float) -> float:
    """Return a value limited to [-1, 1]."""
    return min(max(x, -1.0), 1.0)


@inlined
def decibels(gain: float) -> float:
    """Return a gain in units of 50 dB, limited to [-1, 1]."""
    return clipped(_DB_SCALE * linear_to_db(max(gain, _WEAKEST)))


@inlined
def observe_uav(p: Record, uav: Record, allocation: Record, count: int, seen: Any, at: int) -> int:
    """Write position, velocity, energy and last allocation of a UAV; return where they end.

    Args:
        p: Parameters of the environment, one record.
        uav: Record of the UAV.
        allocation: What the UAV does, one record.
        count: Number of targets K.
        seen: Receives the observation, shape ``(D,)``.
        at: Index to begin at.
    """
    seen[at] = uav.x_m * p.scale_x
    seen[at + 1] = uav.y_m * p.scale_x
    seen[at + 2] = (uav.z_m - p.middle_m) * p.scale_z
    seen[at + 3] = uav.vx_m_s * p.scale_v
    seen[at + 4] = uav.vy_m_s * p.scale_v
    seen[at + 5] = uav.vz_m_s * p.scale_v
    seen[at + 6] = uav.energy_j * p.scale_e
    seen[at + 7] = allocation.power_w * p.scale_p
    sends = allocation.power_w > 0.0
    for mode in range(count + 1):
        seen[at + 8 + mode] = 1.0 if sends and allocation.mode == mode else 0.0
    at += 9 + count
    for channel in range(p.channels):
        seen[at + channel] = 1.0 if sends and allocation.channel == channel else 0.0
    return at + p.channels


@inlined
def observe_state(p: Record, state: State, first: int, seen: Any) -> int:
    """Write positions, velocities, energies, allocations and outcome; return where they end.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        first: Number of the UAV that comes first.
        seen: Receives the observation, shape ``(D,)``.
    """
    uavs, targets, allocation = state.uavs, state.targets, state.allocation
    count, at = uavs.shape[0], 0
    for r in range(count):
        m = first + r
        m -= count if m >= count else 0
        at = observe_uav(p, uavs[m], allocation[m], targets.shape[0], seen, at)
    for k in range(targets.shape[0]):
        seen[at] = targets[k].x_m * p.scale_x
        seen[at + 1] = targets[k].y_m * p.scale_x
        seen[at + 2] = targets[k].vx_m_s * p.scale_u
        seen[at + 3] = targets[k].vy_m_s * p.scale_u
        at += 4
    seen[at] = clipped(0.25 * state.env.sensing)
    seen[at + 1] = clipped(0.25 * state.env.communication)
    return at + 2


@inlined
def observe_links(p: Record, state: State, first: int, seen: Any) -> int:
    """Write all gains in dB and the energies; return where they end.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        first: Number of the UAV that comes first.
        seen: Receives the observation, shape ``(D,)``.
    """
    uavs, echoes = state.uavs, state.echoes
    count, at = uavs.shape[0], 0
    left_s = (p.plan_slots - state.env.time) * p.step_s
    for r in range(count):
        m = first + r
        m -= count if m >= count else 0
        seen[at] = decibels(state.uplinks[m])
        for k in range(echoes.shape[1]):
            seen[at + 1 + k] = decibels(echoes[m, k])
        at += 1 + echoes.shape[1]
        seen[at] = uavs[m].energy_j * p.scale_e
        seen[at + 1] = clipped(uavs[m].energy_j * p.scale_p / max(p.step_s, left_s))
        at += 2
        for q in range(r):
            j = first + q
            j -= count if j >= count else 0
            seen[at] = decibels(state.couplings[m, j])
            at += 1
    return at


@inlined
def observe_from(p: Record, state: State, first: int, seen: Any) -> int:
    """Write the observation, with UAV ``first`` first; return the index after it.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        first: Number of the UAV that comes first.
        seen: Receives the observation, shape ``(D,)``.
    """
    if p.observation == STATE:
        at = observe_state(p, state, first, seen)
    else:
        at = observe_links(p, state, first, seen)
    seen[at] = min(1.0, state.env.time / p.plan_slots)
    return at + 1


@inlined
def allow_options(p: Record, uav: Record, start: int, valid: Any) -> None:
    """Write the valid options of a UAV: idle, and all others unless its battery is empty.

    Args:
        p: Parameters of the environment, one record.
        uav: Record of the UAV.
        start: Index of the first option.
        valid: Receives 1 for each valid action, 0 for the others, in the order of the action.
    """
    charged = uav.energy_j > EMPTY_J
    valid[start] = p.idling == FREE or not charged
    for option in range(1, p.options):
        valid[start + option] = charged
