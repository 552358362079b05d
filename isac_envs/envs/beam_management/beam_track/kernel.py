"""Dynamics of beam tracking: the world moves, a beam is formed, an echo corrects the belief.

Functions of records and numbers that are long or called often are compiled on their own here, not
merged into their callers: merging all of them takes twice as long to compile and gains little.
"""

import math
from typing import Any

import numpy as np

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import round_even
from isac_envs.engine.rng import normal
from isac_envs.envs.beam_management.beam_track import belief, echoes, motion
from isac_envs.envs.beam_management.beam_track.commands import aim, demand, share_of
from isac_envs.envs.beam_management.beam_track.observe import observe, remember, wipe
from isac_envs.envs.beam_management.beam_track.outcome import write
from isac_envs.envs.beam_management.beam_track.rates import promise, slot_rate

VEHICLE_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("x", "f8"),  # along the array axis, m
    ("y", "f8"),  # across, m
    ("v_x", "f8"),  # m/s
    ("v_y", "f8"),  # m/s
    ("a_x", "f8"),  # acceleration in the slot, m/s^2
    ("a_y", "f8"),  # m/s^2
    ("speed", "f8"),  # at the start, or on the circle, m/s
    ("centre_x", "f8"),  # of the circle, m
    ("centre_y", "f8"),  # m
    ("phase_turns", "f8"),  # position on the circle
    ("blocked", "?"),  # an obstacle stands in the way
    ("relative_rcs", "f8"),  # cross section of the slot over its mean
    ("distance", "f8"),  # true distance from the array, m
    ("cosine", "f8"),  # true direction cosine
    ("radial_speed", "f8"),  # m/s
    *belief.BELIEF_FIELDS,
    ("aimed_cosine", "f8"),  # direction that the belief gave for the last slot
    ("aimed_std", "f8"),  # deviation of its cosine
    ("antennas", "f8"),  # active antennas of the last beam
    ("beam_cosine", "f8"),  # where the last beam pointed
    ("swept", "?"),  # the last slot was a sweep
    ("power_w", "f8"),  # of the last beam, W
    ("asked", "f8"),  # part of the power budget before projection
    ("gain", "f8"),  # alignment |delta|^2 of the last beam
    ("rate", "f8"),  # of the last slot, bit/s/Hz
    ("detected", "?"),  # the last slot gave a measurement
    ("sensing_snr", "f8"),  # of the echo per receive antenna after integration, linear
    ("age", "f8"),  # slots since the last detection
    ("measured_cosine", "f8"),  # of the last detection
    ("measured_distance", "f8"),  # m
    ("measured_speed", "f8"),  # radial, m/s
    ("nees", "f8"),  # normalised error squared of the last estimate
    ("directed_cosine", "f8"),  # pointing that a baseline sets for one slot; NaN without one
    ("directed_power", "f8"),  # part of the power that one who knows the channel sets; NaN likewise
)
"""State of one vehicle."""


@inlined
def locate(p: Record, v: Record) -> None:
    """Refresh distance, direction cosine and radial speed from the true position."""
    v.distance = belief.distance(v.x, v.y, p.height_m)
    v.cosine = v.x / v.distance
    v.radial_speed = (v.x * v.v_x + v.y * v.v_y) / v.distance


@inlined
def start_belief(p: Record, e: Record, v: Record) -> None:
    """Start the belief with the given deviations, at the truth or off it."""
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
def reset_one(p: Record, e: Record, vehicles: Any, memory: Any) -> None:
    """Start an episode."""
    e.time = 0
    e.done = False
    for k in range(vehicles.shape[0]):
        v = vehicles[k]
        motion.start(p, e.world, v, k)
        locate(p, v)
        start_belief(p, e, v)
        belief.predict(p, v)
        v.aimed_cosine, v.aimed_std = v.measured_cosine, 0.0
        v.antennas, v.swept, v.power_w, v.asked = p.transmit_antennas, False, 0.0, 0.0
        v.beam_cosine, v.gain, v.rate = v.measured_cosine, 0.0, 0.0
        v.detected, v.sensing_snr, v.age, v.nees = False, 0.0, 0.0, 0.0
        v.measured_distance, v.measured_speed = 0.0, 0.0
        v.directed_cosine, v.directed_power = np.nan, np.nan
    wipe(memory)


@inlined
def sweep(p: Record, v: Record, z: float) -> None:
    """Find the vehicle by a sweep over the codebook of the full array: a new belief.

    The beam found is the nearest of N directions 2 k / N; the distance comes from the timing of
    the vehicle's answer (error z deviations), and the speed starts anew.
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
    v.detected, v.age, v.sensing_snr = True, 0.0, 0.0
    v.measured_cosine, v.measured_distance, v.measured_speed = found, metres, 0.0


@jit
def serve(p: Record, e: Record, v: Record, action: Any, k: int, share: float, scale: float) -> None:
    """Form the beam of vehicle k, credit its rate and correct its belief."""
    u, var_u, d, var_d = belief.moments(v, p.height_m)
    v.aimed_cosine, v.aimed_std = u, math.sqrt(var_u)
    aim(p, v, action, k, u, v.aimed_std)
    v.power_w = p.power_w * v.asked * scale
    knows = v.directed_power == v.directed_power
    v.gain = echoes.alignment(v.cosine, v.beam_cosine, v.antennas)
    planned = promise(p, v, u, var_u, d, var_d)
    symbols = echoes.used_symbols(p, share)
    snr = echoes.echo_snr(p, v, v.power_w * v.antennas, v.gain, symbols)
    echoes.sense(p, e.measurement, v, 0.0 if v.swept else snr, symbols)
    z = normal(e.measurement)
    if v.swept:
        sweep(p, v, z)
        v.gain = echoes.alignment(v.cosine, v.beam_cosine, v.antennas)
        planned = 0.0
    v.nees = belief.normalised_error(v)
    v.rate = slot_rate(p, v, share, planned, knows)
    belief.predict(p, v)
    v.directed_cosine, v.directed_power = np.nan, np.nan


@inlined
def transition_one(
    p: Record, e: Record, vehicles: Any, memory: Any, action: Any, objectives: Any, costs: Any,
    metrics: Record,
) -> tuple[bool, bool]:  # fmt: skip
    """Advance one copy by one slot and write its outcome; return (terminated, truncated)."""
    count = vehicles.shape[0]
    share = share_of(p, action)
    total = 0.0
    for k in range(count):
        motion.move(p, e.world, vehicles[k])
        locate(p, vehicles[k])
        vehicles[k].asked = demand(p, vehicles[k], action, k)
        total += vehicles[k].asked
    scale = 1.0 / max(total, 1.0)
    for k in range(count):
        serve(p, e, vehicles[k], action, k, share, scale)
        remember(p, e, vehicles[k], memory, k)
    e.time += 1
    e.done = e.time >= p.horizon
    write(p, vehicles, share, objectives, costs, metrics)
    return False, e.done


@jit
def reset_batch(p: Any, env: Any, vehicles: Any, memory: Any, mask: Any, observations: Any) -> None:
    """Reset the masked copies."""
    for i in range(env.shape[0]):
        if mask[i]:
            reset_one(p[0], env[i], vehicles[i], memory[i])
            observe(p[0], vehicles[i], memory[i], observations[i, 0])


@jit
def step_batch(
    p: Any, env: Any, vehicles: Any, memory: Any, actions: Any, restart: bool, observations: Any,
    objectives: Any, costs: Any, metrics: Any, ended: Any,
) -> None:  # fmt: skip
    """Step all copies; with ``restart``, reset those that are done instead."""
    for i in range(env.shape[0]):
        if restart and env[i].done:
            reset_one(p[0], env[i], vehicles[i], memory[i])
        else:
            ended[i, 0], ended[i, 1] = transition_one(
                p[0], env[i], vehicles[i], memory[i], actions[i, 0], objectives[i, 0],
                costs[i, 0], metrics[i, 0],
            )  # fmt: skip
        observe(p[0], vehicles[i], memory[i], observations[i, 0])
