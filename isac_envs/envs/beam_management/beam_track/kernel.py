"""Dynamics of beam tracking: the world moves, a beam is formed, an echo corrects the belief.

Functions of records and numbers that are long or called often are compiled on their own here, not
merged into their callers: merging all of them takes twice as long to compile and gains little.
"""

import math
from typing import Any

import numpy as np

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.mathx import round_even
from isac_envs.engine.rng import Stream, normal
from isac_envs.envs.beam_management.beam_track import belief, echoes, motion
from isac_envs.envs.beam_management.beam_track.commands import aim, demand, share_of
from isac_envs.envs.beam_management.beam_track.listening import listen
from isac_envs.envs.beam_management.beam_track.observe import observe, remember, wipe
from isac_envs.envs.beam_management.beam_track.outcome import promise, slot_rate, write
from isac_envs.envs.beam_management.beam_track.records import State

__all__ = ["observe", "reset", "step"]


@inlined
def locate(p: Record, v: Record) -> None:
    """Refresh distance, direction cosine and radial speed from the true position."""
    v.distance = belief.distance(v.x, v.y, p.height_m)
    v.cosine = v.x / v.distance
    v.radial_speed = (v.x * v.v_x + v.y * v.v_y) / v.distance


@inlined
def start_belief(p: Record, e: Record, v: Record) -> None:
    """Start the belief with the given deviations, at the truth or off it.

    Args:
        p: Parameters of the environment, one record.
        e: Record of the environment.
        v: Record of the vehicle.
    """
    spread = 0.0 if p.start_known else 1.0
    z0, z1, z2, z3 = (
        normal(e.measurement), normal(e.measurement), normal(e.measurement), normal(e.measurement)
    )  # fmt: skip
    s, r = p.initial_position_std_m, p.initial_speed_std_m_s
    belief.set_belief(
        v, v.x + spread * s * z0, v.v_x + spread * r * z1,
        v.y + spread * s * z2, v.v_y + spread * r * z3,
    )  # fmt: skip
    belief.set_covariance(v, s * s, 0.0, s * s, r * r)
    v.measured_cosine = v.m0 / belief.distance(v.m0, v.m2, p.height_m)


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode."""
    e = state.env
    motion.choose_pass(p, e)
    for k in range(state.vehicles.shape[0]):
        v = state.vehicles[k]
        motion.start(p, e, v, k)
        locate(p, v)
        motion.begin_link_of(p, state, k, state.scratch.law)
        start_belief(p, e, v)
        belief.predict(p, v)
        v.aimed_cosine, v.aimed_std = v.measured_cosine, 0.0
        v.antennas, v.swept, v.power_w, v.asked = p.transmit_antennas, False, 0.0, 0.0
        v.beam_cosine, v.gain, v.rate = v.measured_cosine, 0.0, 0.0
        v.detected, v.age, v.nees = False, 0.0, 0.0
        v.sensing_snr = v.measured_snr = 0.0
        v.measured_distance, v.measured_speed = 0.0, 0.0
        v.directed_cosine, v.directed_power = np.nan, np.nan
    wipe(state.memory)


@inlined
def sweep(p: Record, v: Record, z: float) -> None:
    """Find the vehicle by a sweep over the codebook of the full array: a new belief.

    The beam found is the nearest of N directions 2 k / N; the distance comes from the timing of
    the vehicle's answer (error z deviations), and the speed restarts.

    Args:
        p: Parameters of the environment, one record.
        v: Record of the vehicle.
        z: Standard normal variate of the distance error.
    """
    n = p.transmit_antennas
    deviation = p.sweep_distance_std_m
    nearest = 2.0 / n * round_even(0.5 * n * v.cosine)
    found = min(max(nearest, -p.sector_cosine), p.sector_cosine)
    metres = v.distance + deviation * z
    v.beam_cosine = found
    v.m1, v.m3 = p.sweep_speed_m_s, 0.0
    speed = p.sweep_speed_std_m_s
    belief.set_covariance(v, 0.0, 0.0, 0.0, speed * speed)
    belief.reacquire(v, p.height_m, found, metres, 1.0 / (3.0 * n * n), deviation * deviation)
    v.detected, v.age = True, 0.0
    v.sensing_snr = v.measured_snr = 0.0
    v.measured_cosine, v.measured_distance, v.measured_speed = found, metres, 0.0


@jit
def serve(
    p: Record, stream: Stream, vehicles: Any, action: Any, turn: tuple[int, float], room: Any
) -> None:
    """Form the beam of a vehicle with its power, credit its rate and correct its belief.

    Args:
        p: Parameters of the environment, one record.
        stream: Random stream that is drawn from.
        vehicles: Vehicles, shape ``(K,)``.
        action: Action of the copy, shape ``(W,)``.
        turn: Number of the vehicle, and share of the slot for sensing, 0..1.
        room: What a look at echoes works in. Where it is None, measurements are drawn by their
            laws; the compiler knows, and leaves the other half of this function away.
    """
    k, share = turn
    v = vehicles[k]
    u, var_u, d, var_d = belief.moments(v, p.height_m)
    v.aimed_cosine, v.aimed_std = u, math.sqrt(var_u)
    aim(p, v, action, k, u, v.aimed_std)
    knows = v.directed_power == v.directed_power
    v.gain = echoes.alignment(v.cosine, v.beam_cosine, v.antennas)
    planned = promise(p, v, u, var_u, d, var_d)
    symbols = echoes.used_symbols(p, share)
    if room is None:
        power = v.power_w * echoes.peak_gain(p, v.antennas)
        snr = echoes.echo_snr(p, v, power, v.gain, symbols)
        echoes.sense(p, stream, v, 0.0 if v.swept else snr, symbols)
    else:
        listen(p, stream, vehicles, k, 0.0 if v.swept else symbols, room)
    z = normal(stream)
    if v.swept:
        sweep(p, v, z)
        v.gain = echoes.alignment(v.cosine, v.beam_cosine, v.antennas)
        planned = 0.0
    v.nees = belief.normalised_error(v)
    v.rate = slot_rate(p, v, share, planned, knows)
    belief.predict(p, v)
    v.directed_cosine, v.directed_power = np.nan, np.nan


@inlined
def advance(p: Record, state: State) -> None:
    """Move all vehicles by a slot."""
    for k in range(state.vehicles.shape[0]):
        motion.move(p, state.env, state.vehicles[k], k)
        locate(p, state.vehicles[k])
        motion.move_link_of(p, state, k, state.scratch.law)


@inlined
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by one slot and write its outcome; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e, vehicles = state.env, state.vehicles
    count = vehicles.shape[0]
    share = share_of(p, action)
    advance(p, state)
    total = 0.0
    for k in range(count):
        vehicles[k].asked = demand(p, vehicles[k], action, k)
        total += vehicles[k].asked
    scale = 1.0 / max(total, 1.0)
    for k in range(count):
        vehicles[k].power_w = p.power_w * vehicles[k].asked * scale
        serve(p, e.measurement, vehicles, action, (k, share), state.scratch.room)
        remember(p, state, k)
    e.time += 1
    write(p, vehicles, share, outcome)
    return False, e.time >= p.horizon
