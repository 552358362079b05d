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
def measure_uplinks(p: Record, state: State, law: Any, fresh: bool) -> None:
    """Write the gains of the uplinks: equation (2) of the model, or (2') under a law.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        law: Law of the uplinks; None in free space, where the compiler leaves it away.
        fresh: Whether the UAVs have been placed; else they have moved by a slot.
    """
    uavs, paths = state.uavs, state.paths
    if law is None:
        for m in range(uavs.shape[0]):
            rise = uavs[m].z_m - p.station_height_m
            squared = squared_distance(uavs[m].x_m, uavs[m].y_m, rise)
            state.uplinks[m] = p.uplink_1m / squared
        return
    for m in range(uavs.shape[0]):
        if fresh:
            begin_link(paths[m], state.env.world)
        else:
            vx, vy, vz = uavs[m].vx_m_s, uavs[m].vy_m_s, uavs[m].vz_m_s
            moved_m = p.step_s * math.sqrt(vx * vx + vy * vy + vz * vz)
            move_link(law, paths[m], moved_m, state.env.world)
        x, y, z = uavs[m].x_m, uavs[m].y_m, uavs[m].z_m
        ground = math.sqrt(x * x + y * y)
        measure_link(law, paths[m], is_in_sight(law, paths[m], ground, z), ground, z)
        state.uplinks[m] = p.uplink_over_noise * paths[m].gain


@inlined
def measure_gains(p: Record, state: State, fresh: bool) -> None:
    """Write the gains of the present positions: equations (1) to (3) of the model.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        fresh: Whether the UAVs have been placed; else they have moved by a slot.
    """
    uavs, targets = state.uavs, state.targets
    measure_uplinks(p, state, state.scratch.law, fresh)
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
