"""Beams of a slot: what an action asks for, and what they are worth to users and radar."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import db_to_linear, linear_to_db, log10
from isac_envs.envs.surfaces.downlink_crb.params import DownlinkCrbParams
from isac_envs.envs.surfaces.downlink_crb.records import Scratch
from isac_envs.kernels.estimation.array_bounds import (
    angle_information,
    angle_variance_of_information,
    beam_moments,
    fill_linear_response,
)
from isac_envs.kernels.link.metrics import shannon_rate_one
from isac_envs.kernels.numerics.hermitian import (
    fill_gram,
    scaled_one,
    solve_positive,
    square_one,
)
from isac_envs.kernels.precoding.linear import fill_regularised
from isac_envs.kernels.precoding.rates import fill_gains, received_powers

FULL = DownlinkCrbParams.code("precoder", "full")
CANCELLED = DownlinkCrbParams.code("sensing_stream", "cancelled")
MOST_SHORTFALL_DB = 40.0
"""Shortfall of a user that counts at most, in dB."""
LARGEST_STD_DEG = 100.0
"""Root of the bound that counts at most, in degrees: nothing is known."""
RIDGE_DB = 20.0
"""The regularisation goes from this much below to as much above K times noise over power, in dB."""
_LEAST = 1e-30  # so that dB stay finite
_DEG = 180.0 / math.pi


@inlined
def decibels(ratio: float) -> float:
    """Return a ratio in dB, finite for 0."""
    return linear_to_db(max(ratio, _LEAST))


@inlined
def squared_cosine(sine: float) -> float:
    """Return the squared cosine of an angle with this sine, above 0."""
    return max((1.0 - sine) * (1.0 + sine), 1e-9)


@jit
def share_among_users(asked: Any, beams: Any) -> None:
    """Scale the users' beams, which have power 1 each, to their shares of what sensing leaves.

    Args:
        asked: Structured action, shape ``(K + 3,)``.
        beams: Changed in place, shape ``(N_t, K)``.
    """
    users, total = beams.shape[1], 0.0
    for k in range(users):
        total += 0.5 * (1.0 + asked[k])
    left = 0.5 * (1.0 - asked[users])
    for k in range(users):
        share = 0.5 * (1.0 + asked[k]) / total if total > 0.0 else 1.0 / users
        factor = math.sqrt(left * share)
        for m in range(beams.shape[0]):
            beams[m, k] = scaled_one(beams[m, k], factor)


@jit
def _add_sensing(p: Record, channels: Any, ridge: float, scratch: Scratch, precoder: Any) -> None:
    """Write the direction of the sensing beam, as far as users do not mind."""
    pointing, column, last = scratch.pointing, scratch.column, precoder.shape[1] - 1
    for m in range(pointing.shape[0]):
        precoder[m, last] = pointing[m].conjugate()
    if p.sensing_stream == CANCELLED:
        return
    fill_gram(channels, scratch.gram)
    for k in range(channels.shape[0]):
        scratch.gram[k, k] += complex(ridge, 0.0)
        column[k, 0] = complex(0.0, 0.0)
        for m in range(pointing.shape[0]):
            column[k, 0] += channels[k, m] * precoder[m, last]
    if not solve_positive(scratch.gram, column):
        return
    for k in range(channels.shape[0]):
        for m in range(pointing.shape[0]):
            precoder[m, last] -= channels[k, m].conjugate() * column[k, 0]


@jit
def form_beams(
    p: Record, channels: Any, sine: float, asked: Any, scratch: Scratch, precoder: Any
) -> None:
    """Write the beams of a structured action.

    Args:
        p: Parameters of the environment, one record.
        channels: Estimated channels, shape ``(K, N_t)``.
        sine: Of the believed angle.
        asked: Shares of the users, share of sensing, regularisation and direction, all in [-1, 1],
            shape ``(K + 3,)``.
        scratch: What all copies share.
        precoder: Receives the beams of power 1 together, shape ``(N_t, K + 1)``.
    """
    users, antennas, beams = channels.shape[0], channels.shape[1], scratch.beams
    ridge = users * db_to_linear(RIDGE_DB * asked[users + 1])
    fill_regularised(channels, 1.0 * users, ridge, scratch.gram, beams)
    share_among_users(asked, beams)
    look = min(max(sine + 2.0 / antennas * asked[users + 2], -1.0), 1.0)
    fill_linear_response(look, scratch.pointing)
    _add_sensing(p, channels, ridge, scratch, precoder)
    power = 0.0
    for m in range(antennas):
        power += square_one(precoder[m, users])
    share = 0.5 * (1.0 + asked[users])
    factor = math.sqrt(share / power) if power > 0.0 else 0.0
    for m in range(antennas):
        precoder[m, users] = scaled_one(precoder[m, users], factor)
        for k in range(users):
            precoder[m, k] = beams[m, k]


@jit
def fill_ratios(p: Record, channels: Any, precoder: Any, scratch: Scratch) -> None:
    """Write the users' ratios of signal to interference and noise into the scratch.

    Args:
        p: Parameters of the environment, one record.
        channels: Shape ``(K, N_t)``.
        precoder: Shape ``(N_t, K + 1)``.
        scratch: What all copies share.
    """
    gains, users = scratch.gains, channels.shape[0]
    fill_gains(channels, precoder, gains)
    for k in range(users):
        if p.sensing_stream == CANCELLED:
            gains[k, users] = complex(0.0, 0.0)
        signal, others = received_powers(gains, k, 1.0)
        scratch.sinrs[k] = signal / others


@inlined
def shortfall_db(p: Record, sinr_db: float) -> float:
    """Return what a user lacks of the required ratio, in dB."""
    return min(max(p.required_sinr_db - sinr_db, 0.0), MOST_SHORTFALL_DB)


@inlined
def accuracy_of(variance_rad2: float) -> float:
    """Return minus the decimal logarithm of a standard deviation in degrees, which is limited."""
    largest = LARGEST_STD_DEG * LARGEST_STD_DEG
    return -0.5 * log10(min(variance_rad2 * (_DEG * _DEG), largest))


@jit
def bound_of(p: Record, sine: float, precoder: Any, response: Any) -> tuple[float, float]:
    """Return the bound on the angle in rad^2, and what arrives at the target over the most.

    Args:
        p: Parameters of the environment, one record.
        sine: Of the target's angle.
        precoder: Shape ``(N_t, K + 1)``.
        response: Receives the steering vector, shape ``(N_t,)``.
    """
    fill_linear_response(sine, response)
    power, spread, cross = beam_moments(response, precoder)
    information = angle_information(power, spread, cross, 1.0 * p.receive_antennas)
    variance = angle_variance_of_information(information, p.echo_snr, squared_cosine(sine))
    return variance, power / response.shape[0]


@jit
def worth(p: Record, channels: Any, sine: float, precoder: Any, scratch: Scratch) -> float:
    """Return the reward of a slot with these channels and this angle.

    Args:
        p: Parameters of the environment, one record.
        channels: Shape ``(K, N_t)``.
        sine: Of the target's angle.
        precoder: Shape ``(N_t, K + 1)``.
        scratch: What all copies share.
    """
    fill_ratios(p, channels, precoder, scratch)
    rate, missing_db = 0.0, 0.0
    for k in range(channels.shape[0]):
        rate += shannon_rate_one(scratch.sinrs[k])
        missing_db += shortfall_db(p, decibels(scratch.sinrs[k]))
    accuracy = accuracy_of(bound_of(p, sine, precoder, scratch.response)[0])
    return p.weights[0] * rate + p.weights[1] * accuracy + p.weights[2] * missing_db
