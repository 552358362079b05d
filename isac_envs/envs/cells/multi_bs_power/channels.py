"""Gains between users and base stations, echoes, and what leaks from radar to radar."""

import math

import numpy as np

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import db_to_linear
from isac_envs.engine.noise import normal_pair
from isac_envs.engine.rng import next_u64, normal
from isac_envs.envs.cells.multi_bs_power.motion import move_target, move_user
from isac_envs.envs.cells.multi_bs_power.params import MultiBsPowerParams
from isac_envs.envs.cells.multi_bs_power.records import State, station_of
from isac_envs.kernels.channel.fading import ar1_step_one, doppler_correlation_one
from isac_envs.kernels.channel.shadowing import shadowing_step_one
from isac_envs.kernels.pathloss.free_space import friis_gain_one, radar_received_power_one
from isac_envs.kernels.pathloss.log_distance import log_distance_one
from isac_envs.kernels.radar.swerling import relative_power

MOTION = MultiBsPowerParams.code("doppler", "motion")


@inlined
def _away(x_m: float, y_m: float) -> float:
    return math.sqrt(x_m * x_m + y_m * y_m)


@jit
def fill_leakage(p: Record, state: State) -> None:
    """Write what a radar hears of another base station, in free space, over the noise.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    stations, scale = state.stations, db_to_linear(p.budget_db - p.leakage_db)
    for i in range(stations.shape[0]):
        for j in range(stations.shape[0]):
            away = _away(stations[i].x_m - stations[j].x_m, stations[i].y_m - stations[j].y_m)
            gain = friis_gain_one(away, p.carrier_hz) if i != j else 0.0
            state.leakage[i, j] = scale * gain


@jit
def refresh_link(p: Record, state: State, k: int) -> None:
    """Write what follows from the places of a user and of a target.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        k: Number of the link.
    """
    link, stations = state.links[k], state.stations
    for s in range(stations.shape[0]):
        away = _away(link.x_m - stations[s].x_m, link.y_m - stations[s].y_m)
        loss_db = log_distance_one(max(away, 1.0), p.loss_1m_db, p.loss_slope_db)
        state.means[k, s] = db_to_linear(p.budget_db - loss_db + state.shadows_db[k, s])
    received = radar_received_power_one(
        1.0, 1.0, 1.0, p.carrier_hz, p.rcs_m2, link.range_m, link.range_m, 1.0
    )
    link.echo = received * db_to_linear(p.budget_db)


@inlined
def refresh_correlation(p: Record, link: Record) -> None:
    """Write what the fading of a user keeps of itself from slot to slot.

    Args:
        p: Parameters of the environment, one record.
        link: The link of the user.
    """
    shift_hz = link.speed_m_s * p.per_wavelength if p.doppler == MOTION else p.doppler_hz
    link.correlation = doppler_correlation_one(shift_hz * p.slot_s)


@jit
def begin_channels(p: Record, state: State) -> None:
    """Draw shadow fading and fading, and write all gains, also as those of a slot before.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    fill_leakage(p, state)
    for k in range(state.links.shape[0]):
        for s in range(state.stations.shape[0]):
            state.shadows_db[k, s] = p.shadowing_db * normal(state.env.world)
        refresh_link(p, state, k)
        state.links[k].correlation = 0.0  # what comes first is drawn anew
    fade(p, state)
    for k in range(state.links.shape[0]):
        refresh_correlation(p, state.links[k])
    keep_gains(state)


@jit
def keep_gains(state: State) -> None:
    """Take the gains of the present slot for those of the slot before.

    Args:
        state: State of one copy.
    """
    bands, links, cells = state.gains.shape
    for b in range(bands):
        for k in range(links):
            for s in range(cells):
                state.before[b, k, s] = state.gains[b, k, s]


@jit
def fade(p: Record, state: State) -> None:
    """Advance the fading and the cross sections by a slot, and write the gains.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    world, (bands, links, cells) = state.env.world, state.gains.shape
    key, number = next_u64(world), 0
    for b in range(bands):
        for k in range(links):
            rho = state.links[k].correlation
            for s in range(cells):
                first, second = normal_pair(key, np.uint64(number + s))
                old = state.fading[b, k, s]
                real = ar1_step_one(old.real, rho, first)
                imaginary = ar1_step_one(old.imag, rho, second)
                state.fading[b, k, s] = complex(real, imaginary)
                power = real * real + imaginary * imaginary
                state.gains[b, k, s] = state.means[k, s] * power
            number += cells
    for k in range(links):
        state.links[k].fluctuation = relative_power(world, p.swerling)


@jit
def move(p: Record, state: State) -> None:
    """Move users and targets, and renew shadow fading and mean gains.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    world = state.env.world
    for k in range(state.links.shape[0]):
        link = state.links[k]
        way = move_user(p, world, state.stations[station_of(state, k)], link)
        for s in range(state.stations.shape[0]):
            state.shadows_db[k, s] = shadowing_step_one(
                state.shadows_db[k, s], p.shadowing_db, way, p.shadowing_distance_m, normal(world)
            )
        move_target(p, world, link)
        refresh_link(p, state, k)
        refresh_correlation(p, link)
