r"""Ascent of the reward of a slot over all beams, for known channels and a known angle.

Conjugate gradients on the sphere of precoders of power 1. The shortfall has an edge at the required
ratio, where optima lie. An augmented Lagrangian replaces it: with :math:`c_k` what user k lacks in
dB, a multiplier :math:`\mu_k` between 0 and the price, and a curvature :math:`\rho`, its slope is
:math:`\mu_k + \rho c_k` within these limits. The multipliers follow the slopes from round to round.

Source: J. Nocedal and S. J. Wright, "Numerical Optimization", 2006, sections 5.2 and 17.3
(recalled).
"""

import math
from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import each_copy
from isac_envs.engine.passes import copy_row
from isac_envs.envs.surfaces.downlink_crb.beams import (
    accuracy_of,
    bound_of,
    decibels,
    fill_ratios,
    worth,
)
from isac_envs.envs.surfaces.downlink_crb.records import State
from isac_envs.envs.surfaces.downlink_crb.target import sine_of
from isac_envs.kernels.estimation.array_bounds import (
    angle_information,
    beam_moments,
    fill_linear_response,
)
from isac_envs.kernels.link.metrics import shannon_rate_one
from isac_envs.kernels.numerics.hermitian import (
    fill_gram,
    invert_positive,
    scaled_one,
    square_one,
)
from isac_envs.kernels.precoding.illumination import fill_illuminating_beam
from isac_envs.kernels.precoding.rates import fill_gains, scale_to_power

_DB_PER_NAT = 4.342944819032518
_BIT_PER_NAT = 1.4426950408889634
_LOWEST = 1e-12  # ratios of users below it have no slope in dB
_GROWTH = 3.0  # of the curvature from round to round
_BACKTRACKS = 24
_FLAT = 1e-16  # rise of a step at which a climb ends


class Room(NamedTuple):
    """What an ascent works with.

    Attributes:
        rounds: Rounds of multipliers.
        steps: Steps of each.
        softness_db: Shortfall in dB over which the price sets in, in the first round.
        ridge: How much what users hear is damped, over noise.
        start: Beams to start from, complex128, shape ``(N_t, K + 1)``.
        slope: Of the Lagrangian, the same shape.
        bent: The slope bent, the same shape.
        way: Direction of a step, the same shape.
        tried: Beams that are tried, the same shape.
        best: Best ones, the same shape.
        alone: Beam for one user, shape ``(N_t, 1)``.
        gram: Shape ``(K, K)``.
        heard: What users hear of a slope, shape ``(K, K + 1)``.
        multipliers: Shape ``(K,)``.
        prices: Slopes of the shortfall, shape ``(K,)``.
    """

    rounds: int
    steps: int
    softness_db: float
    ridge: float
    start: Any
    slope: Any
    bent: Any
    way: Any
    tried: Any
    best: Any
    alone: Any
    gram: Any
    heard: Any
    multipliers: Any
    prices: Any


def make_room(antennas: int, users: int, effort: tuple[int, int, float, float]) -> Room:
    """Return the room of an ascent.

    Args:
        antennas: Transmit antennas.
        users: Users.
        effort: The first four fields.
    """
    rounds, steps, softness_db, ridge = effort

    def room(*shape: int) -> Any:
        return np.zeros(shape, np.complex128)

    streams = antennas, users + 1
    return Room(
        rounds=rounds, steps=steps, softness_db=softness_db, ridge=ridge,
        start=room(*streams), slope=room(*streams), bent=room(*streams), way=room(*streams),
        tried=room(*streams), best=room(*streams), alone=room(antennas, 1),
        gram=room(users, users), heard=room(users, users + 1),
        multipliers=np.zeros(users), prices=np.zeros(users),
    )  # fmt: skip


@inlined
def _copy(source: Any, target: Any) -> None:
    for m in range(source.shape[0]):
        copy_row(source[m], target[m])


@inlined
def _inner(one: Any, other: Any) -> float:
    """Return the real part of the inner product of two matrices."""
    total = 0.0
    for m in range(one.shape[0]):
        for k in range(one.shape[1]):
            total += one[m, k].real * other[m, k].real + one[m, k].imag * other[m, k].imag
    return total


@inlined
def _make_tangent(precoder: Any, matrix: Any) -> None:
    """Remove from a matrix what would change the power of a precoder."""
    along = _inner(precoder, matrix)
    for m in range(matrix.shape[0]):
        for k in range(matrix.shape[1]):
            matrix[m, k] -= scaled_one(precoder[m, k], along)


@jit
def _lagrangian(p: Record, state: State, precoder: Any, curvature: float, room: Room) -> float:
    """Return the augmented Lagrangian, and write the slopes of the shortfalls."""
    scratch, price = state.scratch, max(-p.weights[2], 0.0)
    fill_ratios(p, state.channels, precoder, scratch)
    total = 0.0
    for k in range(state.channels.shape[0]):
        total += p.weights[0] * shannon_rate_one(scratch.sinrs[k])
        lacking = p.required_sinr_db - decibels(max(scratch.sinrs[k], _LOWEST))
        before = room.multipliers[k]
        slope = min(max(before + curvature * lacking, 0.0), price)
        room.prices[k] = slope
        moved = slope - before
        total -= slope * lacking - 0.5 * moved * moved / curvature
    variance, _ = bound_of(p, sine_of(state.env.angle_rad), precoder, scratch.response)
    return total + p.weights[1] * accuracy_of(variance)


@jit
def _add_rate_slopes(p: Record, state: State, room: Room) -> None:
    """Add the slopes of rates and shortfalls, from the ratios and prices at a precoder."""
    gains, ratios, channels = state.scratch.gains, state.scratch.sinrs, state.channels
    users = channels.shape[0]
    for k in range(users):
        ratio = max(ratios[k], _LOWEST)
        by_ratio = p.weights[0] * _BIT_PER_NAT / (1.0 + ratio)
        by_ratio += room.prices[k] * _DB_PER_NAT / ratio
        others = max(square_one(gains[k, k]) / ratio, _LOWEST)
        for j in range(users + 1):
            factor = 2.0 * by_ratio / others * (1.0 if j == k else -ratio)
            heard = scaled_one(gains[k, j], factor)  # cancelled streams have none
            for m in range(channels.shape[1]):
                room.slope[m, j] += heard * channels[k, m].conjugate()


@jit
def _add_accuracy_slopes(p: Record, state: State, precoder: Any, room: Room) -> None:
    """Add the slopes of the logarithm of what is learned of the angle."""
    response = state.scratch.response
    power, spread, cross = beam_moments(response, precoder)
    receivers, middle = 1.0 * p.receive_antennas, 0.5 * (response.shape[0] - 1)
    known = angle_information(power, spread, cross, receivers)
    factor = p.weights[1] * 0.1 * _DB_PER_NAT * receivers / known  # 2 of the slope times 1/2
    turned = scaled_one(cross, 1.0 / power) if power > 0.0 else complex(0.0, 0.0)
    aperture = (receivers * receivers - 1.0) / 12.0 + square_one(turned)
    for j in range(precoder.shape[1]):
        u, v = complex(0.0, 0.0), complex(0.0, 0.0)
        for m in range(response.shape[0]):
            part = response[m] * precoder[m, j]
            u += part
            v += scaled_one(part, m - middle)
        straight = scaled_one(u, aperture) - turned.conjugate() * v
        aside = v - turned * u
        for m in range(response.shape[0]):
            back = straight + scaled_one(aside, m - middle)
            room.slope[m, j] += scaled_one(back * response[m].conjugate(), factor)


@jit
def _fill_slope(p: Record, state: State, precoder: Any, room: Room) -> None:
    """Write the slope of the Lagrangian along the sphere, after it was evaluated there."""
    for m in range(precoder.shape[0]):
        for k in range(precoder.shape[1]):
            room.slope[m, k] = complex(0.0, 0.0)
    _add_rate_slopes(p, state, room)
    _add_accuracy_slopes(p, state, precoder, room)
    _make_tangent(precoder, room.slope)


@jit
def _prepare(state: State, room: Room) -> None:
    """Write the inverse of the Gram matrix by which slopes are bent."""
    fill_gram(state.channels, room.gram)
    for k in range(room.gram.shape[0]):
        room.gram[k, k] += complex(room.ridge * room.gram.shape[0], 0.0)
    invert_positive(room.gram, 0.0)


@jit
def _bend(state: State, precoder: Any, room: Room) -> None:
    """Write the slope with what users would hear of a step damped.

    What is heard has a curvature that is larger by their SNR; without it, steps would be as small
    as these directions need.
    """
    channels, users = state.channels, state.channels.shape[0]
    _copy(room.slope, room.bent)
    fill_gains(channels, room.slope, room.heard)
    for j in range(precoder.shape[1]):
        for k in range(users):
            back = complex(0.0, 0.0)
            for i in range(users):
                back += room.gram[k, i] * room.heard[i, j]
            for m in range(precoder.shape[0]):
                room.bent[m, j] -= channels[k, m].conjugate() * back
    _make_tangent(precoder, room.bent)


@jit
def _step_to(precoder: Any, step: float, room: Room) -> None:
    """Write the beams a step along the way from some."""
    for m in range(precoder.shape[0]):
        for k in range(precoder.shape[1]):
            room.tried[m, k] = precoder[m, k] + scaled_one(room.way[m, k], step)
    scale_to_power(room.tried, 1.0)


@jit
def _turn_way(before: float, precoder: Any, state: State, room: Room) -> float:
    """Turn the way to the next conjugate direction; return the squared slope, bent.

    Args:
        before: The squared slope before.
        precoder: Where the slope now is.
        state: State of one copy.
        room: What the ascent works with; ``tried`` holds the slope before.
    """
    _bend(state, precoder, room)
    now = _inner(room.slope, room.bent)
    turn = max((now - _inner(room.tried, room.bent)) / before, 0.0)
    _make_tangent(precoder, room.way)
    for m in range(precoder.shape[0]):
        for k in range(precoder.shape[1]):
            room.way[m, k] = room.bent[m, k] + scaled_one(room.way[m, k], turn)
    return now


@jit
def _climb_round(p: Record, state: State, curvature: float, room: Room, precoder: Any) -> None:
    """Climb the Lagrangian for fixed multipliers."""
    value = _lagrangian(p, state, precoder, curvature, room)
    _fill_slope(p, state, precoder, room)
    _bend(state, precoder, room)
    _copy(room.bent, room.way)
    square, step = _inner(room.slope, room.bent), 0.0
    for _ in range(room.steps):
        rise = _inner(room.slope, room.way)
        if not rise > 0.0:
            _copy(room.bent, room.way)
            rise = square
        if not rise > _FLAT:
            break
        length = math.sqrt(_inner(room.way, room.way))
        step = min(2.0 * step, 1.0 / length) if step > 0.0 else 0.1 / length
        reached = value
        for _ in range(_BACKTRACKS):
            _step_to(precoder, step, room)
            reached = _lagrangian(p, state, room.tried, curvature, room)
            if reached >= value + 1e-4 * step * rise:
                break
            step *= 0.5
        if not reached > value:
            break
        _copy(room.tried, precoder)
        value = reached
        _copy(room.slope, room.tried)
        _fill_slope(p, state, precoder, room)
        square = _turn_way(square, precoder, state, room)


@jit
def _serve_alone(p: Record, state: State, room: Room, precoder: Any) -> None:
    """Write the closed form for one user."""
    fill_illuminating_beam(state.channels[0], state.scratch.response, p.required, room.alone)
    for m in range(precoder.shape[0]):
        precoder[m, 0] = room.alone[m, 0]
        precoder[m, 1] = complex(0.0, 0.0)


@jit
def _merge(state: State, precoder: Any, user: int) -> None:
    """Let a user's beam carry the sensing beam, in phase for the user."""
    last, own, other = precoder.shape[1] - 1, complex(0.0, 0.0), complex(0.0, 0.0)
    for m in range(precoder.shape[0]):
        own += state.channels[user, m] * precoder[m, user]
        other += state.channels[user, m] * precoder[m, last]
    turn = own * other.conjugate()
    size = math.sqrt(square_one(turn))
    turn = scaled_one(turn, 1.0 / size) if size > 0.0 else complex(1.0, 0.0)
    for m in range(precoder.shape[0]):
        precoder[m, user] += turn * precoder[m, last]
        precoder[m, last] = complex(0.0, 0.0)
    scale_to_power(precoder, 1.0)


@jit
def _climb_from(p: Record, state: State, room: Room, precoder: Any, most: float) -> float:
    """Climb in rounds, keep what is worth more than the best so far; return what that is worth."""
    sine = sine_of(state.env.angle_rad)
    for k in range(room.multipliers.shape[0]):
        room.multipliers[k] = 0.0
    curvature = max(-p.weights[2], 1e-6) / room.softness_db
    for turn in range(room.rounds + 1):
        if turn > 0:
            _climb_round(p, state, curvature, room, precoder)
            _lagrangian(p, state, precoder, curvature, room)
            copy_row(room.prices, room.multipliers)
            curvature *= _GROWTH
        found = worth(p, state.channels, sine, precoder, state.scratch)
        if found > most:
            most = found
            _copy(precoder, room.best)
    return most


@jit
def climb(p: Record, state: State, room: Room, precoder: Any) -> None:
    """Improve beams by what they are worth with the true channels and angle.

    The starts are the beams as they are, and with the sensing beam as part of each user's: what
    users have to hear at any rate may as well be theirs. For one user, the closed form is a start.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        room: What the ascent works with.
        precoder: Improved in place, of power 1, shape ``(N_t, K + 1)``.
    """
    _copy(precoder, room.start)
    _prepare(state, room)
    most, users = -1e300, state.channels.shape[0]
    for k in range(users + 1):
        _copy(room.start, precoder)
        if k > 0:
            _merge(state, precoder, k - 1)
        most = _climb_from(p, state, room, precoder, most)
    if users == 1:
        fill_linear_response(sine_of(state.env.angle_rad), state.scratch.response)
        _serve_alone(p, state, room, precoder)
        _climb_from(p, state, room, precoder, most)
    _copy(room.best, precoder)


climb_batch = each_copy(climb, "room")
