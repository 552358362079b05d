"""The vehicle: it comes, drives, is hidden and goes; or the samples of a file are played.

A slot takes the same draws of the stream ``world`` whatever the action; probes have their own.
"""

import math

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.rng import bernoulli, integer, normal, uniform
from isac_envs.envs.beam_management.beam_training.belief import (
    LEAST_Y_M,
    absorb,
    expect_newcomer,
    forecast,
    hear_echo,
    hear_position,
    spread_out,
)
from isac_envs.envs.beam_management.beam_training.codebook import illuminate
from isac_envs.envs.beam_management.beam_training.records import State
from isac_envs.kernels.radar.detection import swerling_1_single_pulse_one


@inlined
def _arrive(p: Record, state: State) -> None:
    """Draw speed, lane and blockage of a vehicle that has come; its place along the road is set."""
    e = state.env
    e.speed_m_s = p.speed_m_s + p.speed_spread_m_s * (2.0 * uniform(e.world) - 1.0)
    e.y_m = p.road_m + p.lane_m * integer(e.world, p.lanes)
    e.blocked = bernoulli(e.world, p.steady_blocked)


@inlined
def _play_sample(state: State) -> None:
    """Put the vehicle where the sample says."""
    e, replay = state.env, state.scratch.replay
    e.x_m, e.y_m = replay.places[e.sample, 0], replay.places[e.sample, 1]


@jit
def place_vehicle(p: Record, state: State) -> None:
    """Put a vehicle anywhere on the road, or start with any sample.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    e = state.env
    u = uniform(e.world)
    e.x_m = p.half_length_m * (2.0 * u - 1.0)
    _arrive(p, state)
    if p.replayed:
        e.sample = int(u * state.scratch.replay.powers.shape[0])
        _play_sample(state)
        e.blocked = False
    e.is_new = True


@inlined
def _drive(p: Record, state: State) -> None:
    """Move the vehicle by a slot; one that has left is followed by the next."""
    e = state.env
    held = p.acceleration_m_s2 * normal(e.world)
    e.x_m += p.slot_s * (e.speed_m_s + 0.5 * p.slot_s * held)
    e.speed_m_s += p.slot_s * held
    e.y_m = max(e.y_m + p.wander_m * normal(e.world), LEAST_Y_M)
    change = p.clear_probability if e.blocked else p.block_probability
    e.blocked = bernoulli(e.world, change) != e.blocked
    e.is_new = abs(e.x_m) > p.half_length_m
    if e.is_new:
        e.x_m = -p.half_length_m
        _arrive(p, state)


@inlined
def _play_next(state: State) -> None:
    """Go on to the next sample, or to the start of any sequence after the last one."""
    e, replay = state.env, state.scratch.replay
    e.is_new = replay.ends[e.sample]
    drawn = replay.starts[integer(e.world, replay.starts.shape[0])]
    e.sample = drawn if e.is_new else e.sample + 1
    _play_sample(state)


@jit
def begin_slot(p: Record, state: State) -> None:
    """Report the position, and start a slot without probes.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    e, beams = state.env, state.beams
    if e.is_new:
        expect_newcomer(p, state)
    e.gps_x_m, e.gps_y_m = e.x_m, e.y_m
    if not p.replayed:
        e.gps_x_m += p.position_std_m * normal(e.world)
        e.gps_y_m += p.position_std_m * normal(e.world)
    hear_position(p, state)
    illuminate(p, state)
    e.used, e.best, e.best_power = 0, -1, 0.0
    spread_out(p, state)
    e.rank_of_best = 0
    for b in range(beams.shape[0]):
        if beams[b].probability > beams[e.truly_best].probability:
            e.rank_of_best += 1


@inlined
def echo_snr(p: Record, state: State, b: int, share: float) -> float:
    """Return the mean SNR of the echo of data in a beam, after integration.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        b: The beam.
        share: Share of the slot that is data.
    """
    e = state.env
    squared = e.x_m * e.x_m + e.y_m * e.y_m
    kept = p.blocked_gain if e.blocked else 1.0
    return p.echo_one * state.beams[b].gain * kept * kept * share / (squared * squared)


@jit
def sense(p: Record, state: State, b: int, share: float) -> None:
    """Listen to the echo of the data, and tell the filter what the slot has told.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        b: Beam of the data.
        share: Share of the slot that is data; 0 in a lost slot.
    """
    e = state.env
    if e.used > 0:
        absorb(p, state)
    chance, one, other = uniform(e.world), normal(e.world), normal(e.world)
    snr = echo_snr(p, state, b, share) if p.ranged else 0.0
    e.heard = snr > 1.0 and chance < swerling_1_single_pulse_one(snr, p.threshold)
    e.range_m, e.cosine = 0.0, 0.0
    if e.heard:
        distance = math.sqrt(e.x_m * e.x_m + e.y_m * e.y_m)
        e.range_m = distance + math.sqrt(p.range_variance / snr) * one
        e.cosine = e.x_m / distance + math.sqrt(p.cosine_variance / snr) * other
        hear_echo(p, state, snr)


@jit
def next_slot(p: Record, state: State) -> None:
    """Move on to the next slot.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    forecast(p, state)
    if p.replayed:
        _play_next(state)
    else:
        _drive(p, state)
    state.env.slot += 1
    begin_slot(p, state)
