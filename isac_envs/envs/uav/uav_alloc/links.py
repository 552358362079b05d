"""Gains between UAVs, targets and base station, and what an allocation makes of them.

All gains are powers received for one watt sent, over the noise power of a channel: in 1/W.
"""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import log2
from isac_envs.envs.uav.uav_alloc.records import COMMUNICATE, State
from isac_envs.propagation.links import begin_link, is_in_sight, measure_link, move_link

_NEAREST_M2 = 1.0  # distances are not taken below one metre


@inlined
def squared_distance(dx: float, dy: float, dz: float) -> float:
    """Return a squared distance in m^2, at least 1.

    Args:
        dx: Difference along x in m.
        dy: Difference along y in m.
        dz: Difference of the heights in m.
    """
    return max(_NEAREST_M2, dx * dx + dy * dy + dz * dz)


@jit
def begin_uplinks(state: State, law: Any) -> None:
    """Draw what is random about the uplinks; nothing in free space.

    Args:
        state: State of one copy.
        law: Law of the uplinks; None in free space, where the compiler leaves this away.
    """
    if law is not None:
        for m in range(state.paths.shape[0]):
            begin_link(state.paths[m], state.env.world)


@jit
def move_uplinks(p: Record, state: State, law: Any) -> None:
    """Let the uplinks vary as the UAVs have moved in a slot; nothing in free space.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        law: Law of the uplinks; None in free space.
    """
    if law is not None:
        for m in range(state.paths.shape[0]):
            vx, vy, vz = state.uavs[m].vx_m_s, state.uavs[m].vy_m_s, state.uavs[m].vz_m_s
            moved_m = p.step_s * math.sqrt(vx * vx + vy * vy + vz * vz)
            move_link(law, state.paths[m], moved_m, state.env.world)


@jit
def measure_uplinks(p: Record, state: State, law: Any) -> None:
    """Write the gains of the uplinks: equation (2) of the model, or (2') under a law.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        law: Law of the uplinks; None in free space.
    """
    uavs = state.uavs
    if law is None:
        for m in range(uavs.shape[0]):
            rise = uavs[m].z_m - p.station_height_m
            squared = squared_distance(uavs[m].x_m, uavs[m].y_m, rise)
            state.uplinks[m] = p.uplink_1m / squared
        return
    for m in range(uavs.shape[0]):
        x, y, z = uavs[m].x_m, uavs[m].y_m, uavs[m].z_m
        ground, path = math.sqrt(x * x + y * y), state.paths[m]
        measure_link(law, path, is_in_sight(law, path, ground, z), ground, z)
        state.uplinks[m] = p.uplink_over_noise * path.gain


@inlined
def measure_gains(p: Record, state: State) -> None:
    """Write the gains of the present positions: equations (1) to (3) of the model."""
    uavs, targets = state.uavs, state.targets
    measure_uplinks(p, state, state.scratch.law)
    for m in range(uavs.shape[0]):
        x, y, z = uavs[m].x_m, uavs[m].y_m, uavs[m].z_m
        for k in range(targets.shape[0]):
            squared = squared_distance(x - targets[k].x_m, y - targets[k].y_m, z)
            state.echoes[m, k] = p.echo_1m / (squared * squared)
        for j in range(m):
            squared = squared_distance(x - uavs[j].x_m, y - uavs[j].y_m, z - uavs[j].z_m)
            state.couplings[m, j] = p.coupling_1m / squared
            state.couplings[j, m] = state.couplings[m, j]


@inlined
def measure_sinr(gains: Any, allocation: Any) -> None:
    """Write the SINR of each UAV: equations (4) and (5) of the model.

    Args:
        gains: Whatever has ``echoes``, ``uplinks`` and ``couplings``: a state, or parameters.
        allocation: What each UAV does, shape ``(M,)``.
    """
    count = allocation.shape[0]
    for m in range(count):
        mode, channel = allocation[m].mode, allocation[m].channel
        sends = mode == COMMUNICATE
        interference = 1.0  # the noise
        for j in range(count):
            met = j != m and allocation[j].channel == channel
            gain = gains.uplinks[j] if sends else gains.couplings[m, j]
            interference += allocation[j].power_w * gain if met else 0.0
        gain = gains.uplinks[m] if sends else gains.echoes[m, max(0, mode - 1)]
        allocation[m].sinr = allocation[m].power_w * gain / interference


@inlined
def communication_rate(allocation: Any) -> float:
    """Return the sum of the spectral efficiencies of the uplinks in bit/s/Hz."""
    product = 1.0
    for m in range(allocation.shape[0]):
        product *= 1.0 + (allocation[m].sinr if allocation[m].mode == COMMUNICATE else 0.0)
    return log2(product)


@inlined
def information(allocation: Any, target: int) -> float:
    """Return the mutual information about a target, of the UAV that sees it best."""
    best = 0.0
    for m in range(allocation.shape[0]):
        sinr = allocation[m].sinr if allocation[m].mode == target + 1 else 0.0
        best = max(best, sinr)
    return log2(1.0 + best)
