"""Channels of the users, Rayleigh and ageing, and what the base station knows of them."""

from typing import Any

from isac_envs.engine.jit import Record, jit
from isac_envs.engine.mathx import db_to_linear
from isac_envs.engine.rng import next_u64, uniform
from isac_envs.envs.surfaces.downlink_crb.params import DownlinkCrbParams
from isac_envs.envs.surfaces.downlink_crb.records import State
from isac_envs.envs.surfaces.knowledge import blur
from isac_envs.envs.surfaces.legs import draw_row, scatter
from isac_envs.kernels.numerics.hermitian import scaled_one
from isac_envs.kernels.pathloss.log_distance import log_distance_one

UNIT = DownlinkCrbParams.code("gains", "unit")


@jit
def _fill_channels(p: Record, state: State, key: Any, correlation: float) -> None:
    """Advance the scattered parts, and write the channels with the users' gains."""
    scatter(key, 0, correlation, state.scratch.noise, state.scattered)
    for k in range(state.channels.shape[0]):
        for m in range(state.channels.shape[1]):
            state.channels[k, m] = scaled_one(state.scattered[k, m], state.users[k].amplitude)


@jit
def begin_channels(p: Record, state: State) -> None:
    """Place the users and draw their channels; a slot passes before the first estimates count.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    stream, between = state.env.world, p.users_to_m - p.users_from_m
    for k in range(state.users.shape[0]):
        user = state.users[k]
        user.distance_m = p.users_from_m + between * uniform(stream)
        loss_db = log_distance_one(user.distance_m, p.loss_1m_db, p.loss_slope_db)
        gain_db = p.budget_db if p.gains == UNIT else p.budget_db - loss_db
        user.amplitude = db_to_linear(0.5 * gain_db)
        user.sinr_db, user.rate = p.required_sinr_db, 0.0
    _fill_channels(p, state, next_u64(stream), 0.0)
    advance_channels(p, state)


@jit
def _estimate(p: Record, state: State) -> None:
    """Write the channels with errors, as they are now."""
    key, noise = next_u64(state.env.measurement), state.scratch.noise
    antennas = state.channels.shape[1]
    for k in range(state.users.shape[0]):
        draw_row(key, k * antennas, noise, antennas)
        deviation = p.error_std * state.users[k].amplitude
        blur(noise, deviation, state.channels[k], state.estimated[k])


@jit
def advance_channels(p: Record, state: State) -> None:
    """Let channels age by a slot, and estimate them before or after that.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    key = next_u64(state.env.world)
    if p.csi_delay > 0:
        _estimate(p, state)
    _fill_channels(p, state, key, p.correlation)
    if p.csi_delay == 0:
        _estimate(p, state)
