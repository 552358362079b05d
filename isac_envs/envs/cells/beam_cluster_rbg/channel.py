"""Fading of the resource block groups, and what they carry in the coming slot."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.rng import normal
from isac_envs.envs.cells.beam_cluster_rbg.params import BeamClusterRbgParams
from isac_envs.envs.cells.beam_cluster_rbg.records import State
from isac_envs.kernels.channel.fading import ar1_step_one, rician_one
from isac_envs.kernels.link.metrics import shannon_rate_one, sinr_one

SHANNON = BeamClusterRbgParams.code("link_adaptation", "shannon")
_ROOT_2 = math.sqrt(2.0)


@inlined
def cqi_of(cqi_sinr: Any, sinr: float) -> int:
    """Return the highest CQI whose SINR is met, 0 if there is none.

    Args:
        cqi_sinr: Linear SINR that each CQI from 1 on needs, increasing, shape ``(15,)``.
        sinr: SINR, linear.
    """
    low, high = 0, cqi_sinr.shape[0]
    while low < high:
        middle = (low + high) >> 1
        met = sinr >= cqi_sinr[middle]
        low, high = (middle + 1, high) if met else (low, middle)
    return low


@jit
def fade(p: Record, state: State, fresh: bool) -> None:
    """Draw the fading of the coming slot, and write the reports and what groups carry.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy, with beams.
        fresh: Whether an episode begins: the fading does not remember.
    """
    users, fading, world = state.users, state.fading, state.env.world
    rho = 0.0 if fresh else p.fading_correlation
    for u in range(users.shape[0]):
        signal, interference = users[u].signal, users[u].interference
        for g in range(fading.shape[1]):
            real = ar1_step_one(fading[u, g, 0], rho, normal(world))
            imaginary = ar1_step_one(fading[u, g, 1], rho, normal(world))
            fading[u, g, 0], fading[u, g, 1] = real, imaginary
            x, y = rician_one(_ROOT_2 * real, _ROOT_2 * imaginary, p.rician_k, 0.0)
            power = x * x + y * y
            state.power[u, g] = power
            sinr = sinr_one(power * signal, power * interference, 1.0)
            sinr = 0.0 if users[u].lost else sinr
            cqi = cqi_of(p.cqi_sinr, sinr)
            state.cqi[u, g] = cqi
            state.bits[u, g] = p.cqi_bits[cqi]
            if p.link_adaptation == SHANNON:
                state.bits[u, g] = math.floor(p.symbols * shannon_rate_one(sinr))
