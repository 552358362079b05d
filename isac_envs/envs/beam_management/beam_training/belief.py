"""What the base station believes: a filter across slots, a grid of directions within one."""

import math

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import atan2_turns
from isac_envs.envs.beam_management.beam_training.codebook import expected_powers
from isac_envs.envs.beam_management.beam_training.records import State
from isac_envs.envs.beam_management.beam_training.tables import BLUR
from isac_envs.kernels.estimation.kalman import predict, update
from isac_envs.kernels.numerics.gamma import exp_or_zero

LEAST_Y_M = 1.0
"""The filter keeps the vehicle this far from the line of the array."""

_PASSES = 3  # of an update, each linear at the estimate of the one before
_LEAST_RATIO = 2e-3  # of a variance after the probes: what the grid resolves
_NO_NEWS = 0.999
_OUTLIER = 1e-2  # probability density of a power that no direction explains


@jit
def expect_newcomer(p: Record, state: State) -> None:
    """Start the filter on a vehicle that has come: its reported position, mean speed, any lane.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    e = state.env
    for i in range(3):
        for j in range(3):
            e.covariance[i, j] = 0.0
    far = p.half_length_m * p.half_length_m
    e.estimate[0], e.estimate[1], e.estimate[2] = 0.0, p.speed_m_s, p.middle_m
    e.covariance[0, 0] = 100.0 * far
    e.covariance[1, 1], e.covariance[2, 2] = p.speed_variance, p.lateral_variance
    if p.replayed:  # any speed and direction, any road
        fast = max(p.speed_m_s, 1.0)
        e.estimate[1], e.covariance[1, 1], e.covariance[2, 2] = 0.0, fast * fast, far
    e.believed_blocked = p.steady_blocked


@jit
def hear_position(p: Record, state: State) -> None:
    """Update the filter by the reported position.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    e, s = state.env, state.scratch
    s.innovation[0] = e.gps_x_m - e.estimate[0]
    s.innovation[1] = e.gps_y_m - e.estimate[2]
    for j in range(3):
        s.jacobian[0, j], s.jacobian[1, j] = 0.0, 0.0
    s.jacobian[0, 0], s.jacobian[1, 2] = 1.0, 1.0
    s.variances[0] = s.variances[1] = p.position_std_m * p.position_std_m
    update(e.estimate, e.covariance, s.innovation, s.jacobian, s.variances, s.work[:3])
    e.estimate[2] = max(e.estimate[2], LEAST_Y_M)


@jit
def hear_echo(p: Record, state: State, echo_snr: float) -> None:
    """Update the filter by range and direction of an echo.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        echo_snr: SNR of the echo after integration over array and time, linear.
    """
    e, s = state.env, state.scratch
    for i in range(3):
        s.before[0, i] = e.estimate[i]
        for j in range(3):
            s.before[1 + i, j] = e.covariance[i, j]
    for _ in range(_PASSES):  # at the last estimate
        x, y = e.estimate[0], e.estimate[2]
        distance = math.sqrt(x * x + y * y)
        inverse = 1.0 / distance
        u, w = x * inverse, y * inverse
        along, away = s.before[0, 0] - x, s.before[0, 2] - y
        s.jacobian[0, 0], s.jacobian[0, 1], s.jacobian[0, 2] = u, 0.0, w
        s.jacobian[1, 0], s.jacobian[1, 1] = w * w * inverse, 0.0
        s.jacobian[1, 2] = -u * w * inverse
        s.innovation[0] = e.range_m - distance - u * along - w * away
        s.innovation[1] = e.cosine - u - w * inverse * (w * along - u * away)
        s.variances[0] = p.range_variance / echo_snr
        s.variances[1] = p.cosine_variance / echo_snr
        for i in range(3):
            e.estimate[i] = s.before[0, i]
            for j in range(3):
                e.covariance[i, j] = s.before[1 + i, j]
        update(e.estimate, e.covariance, s.innovation, s.jacobian, s.variances, s.work[:3])
        e.estimate[2] = max(e.estimate[2], LEAST_Y_M)


@jit
def forecast(p: Record, state: State) -> None:
    """Move the filter and the belief in a blockage on by a slot.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    e, s = state.env, state.scratch
    e.estimate[0] += p.slot_s * e.estimate[1]
    predict(e.covariance, p.transition, p.process_noise, s.work[:3])
    shut = e.believed_blocked
    e.believed_blocked = shut * (1.0 - p.clear_probability) + (1.0 - shut) * p.block_probability


@inlined
def _place(p: Record, x: float, y: float, beams: int) -> float:
    """Return a direction in beams: that of beam b is b."""
    return (atan2_turns(x, y) / p.field_turns + 0.5) * beams - 0.5


@jit
def spread_out(p: Record, state: State) -> None:
    """Lay the grid of directions around the filter's estimate; nothing is probed yet.

    The coordinate is the tangent x / y, which the errors of x and y enter linearly.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    e, cells, s = state.env, state.cells, state.scratch
    x, y = e.estimate[0], e.estimate[2]
    tangent, c = x / y, e.covariance
    variance = c[0, 0] - 2.0 * tangent * c[0, 2] + tangent * tangent * c[2, 2]
    e.tangent, e.tangent_std = tangent, math.sqrt(max(variance, 1e-12)) / y
    behind = 2.0 * p.wall_m - y
    beams = state.beams.shape[0]
    for k in range(cells.shape[0]):
        cell = cells[k]
        at = tangent + e.tangent_std * s.offsets[k]
        cell.path = 1.0 / (y * y * (1.0 + at * at))
        cell.cosine = at * y * math.sqrt(cell.path)
        cell.place = _place(p, at, 1.0, beams)
        cell.free = s.prior[k] * (1.0 - e.believed_blocked)
        cell.shut = s.prior[k] * e.believed_blocked
        if p.image_gain > 0.0:
            cell.image_path = 1.0 / (at * at * y * y + behind * behind)
            cell.image_cosine = at * y * math.sqrt(cell.image_path)
            cell.image_place = _place(p, at * y, behind, beams)
    for b in range(beams):
        state.beams[b].probed, state.beams[b].measured = False, 0.0
    rank_beams(p, state)


@jit
def rank_beams(p: Record, state: State) -> None:
    """Write the probability of every beam to be the best one.

    A direction makes the nearest beam the best, blurred by ripple. Of a blocked path and an image
    the stronger one counts.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    beams, cells = state.beams, state.cells
    nearest, count = state.scratch.sums[0], state.beams.shape[0]
    for b in range(count):
        beams[b].probability, nearest[b] = 0.0, 0.0
    for k in range(cells.shape[0]):
        cell = cells[k]
        b = min(max(math.floor(cell.place + 0.5), 0), count - 1)
        nearest[b] += cell.free
        if cell.shut > 0.0:
            image = p.image_gain * cell.image_path > p.blocked_gain * cell.path
            place = cell.image_place if image else cell.place
            b = min(max(math.floor(place + 0.5), 0), count - 1)
            nearest[b] += cell.shut
    for b in range(count):
        if nearest[b] > 0.0:
            for k in range(2 * BLUR + 1):
                to = min(max(b + k - BLUR, 0), count - 1)
                beams[to].probability += p.blur[k] * nearest[b]


@inlined
def _likelihood(
    measured: float, pattern: float, scattered: float, noise: float, varying: float
) -> float:
    """Return the likelihood of a measured power, by a normal law of its root.

    Scattered fields and noise are complex normal, so that the amplitude is of Rice; what varies by
    ripple and by the unknown distance scales what the pattern gives.
    """
    noise = 0.5 * (scattered + noise)
    variance = noise + varying * pattern
    error = math.sqrt(measured) - math.sqrt(pattern + noise)
    inverse = 1.0 / variance
    return math.sqrt(inverse) * exp_or_zero(-0.5 * error * error * inverse) + _OUTLIER


@jit
def weigh(p: Record, state: State, b: int, measured: float) -> None:
    """Weigh the directions by the power that a probe has found.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        b: The probed beam.
        measured: Measured power over the noise of the link.
    """
    cells, steer = state.cells, state.scratch.steer[b]
    antennas = float(state.elements.shape[0])
    e, any_shut = state.env, state.env.believed_blocked > 0.0
    varying = p.ripple_variance + e.covariance[2, 2] / (e.estimate[2] * e.estimate[2])
    total = 0.0
    for k in range(cells.shape[0]):
        cell = cells[k]
        pattern, scattered = expected_powers(p, cell, steer, antennas, False)
        cell.free *= _likelihood(measured, pattern, scattered, p.probe_noise, varying)
        if any_shut:
            pattern, scattered = expected_powers(p, cell, steer, antennas, True)
            cell.shut *= _likelihood(measured, pattern, scattered, p.probe_noise, varying)
        total += cell.free + cell.shut
    scale = 1.0 / total
    for k in range(cells.shape[0]):
        cells[k].free *= scale
        cells[k].shut *= scale
    rank_beams(p, state)


@jit
def absorb(p: Record, state: State) -> None:
    """Tell the filter what the slot's probes have told of direction and blockage.

    Mean and variance of the tangent become those of the grid: the update by a measurement of the
    tangent that does this.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    e, cells, s = state.env, state.cells, state.scratch
    mean, square, shut = 0.0, 0.0, 0.0
    for k in range(cells.shape[0]):
        weight = cells[k].free + cells[k].shut
        mean += weight * s.offsets[k]
        square += weight * s.offsets[k] * s.offsets[k]
        shut += cells[k].shut
    e.believed_blocked = shut
    ratio = max((square - mean * mean) / s.spread[0], _LEAST_RATIO)
    if ratio < _NO_NEWS:
        y, std = e.estimate[2], e.tangent_std
        s.innovation[0] = mean * std / (1.0 - ratio)
        s.variances[0] = std * std * ratio / (1.0 - ratio)
        s.jacobian[0, 0], s.jacobian[0, 1] = 1.0 / y, 0.0
        s.jacobian[0, 2] = -e.tangent / y
        update(
            e.estimate, e.covariance, s.innovation[:1], s.jacobian[:1], s.variances[:1], s.work[:3]
        )
        e.estimate[2] = max(e.estimate[2], LEAST_Y_M)


@jit
def most_probable(state: State) -> int:
    """Return the most probable beam that is not probed; the most probable if all are."""
    beams = state.beams
    found, most = -1, -1.0
    every, most_of_all = 0, -1.0
    for b in range(beams.shape[0]):
        probability = beams[b].probability
        if not beams[b].probed and probability > most:
            found, most = b, probability
        if probability > most_of_all:
            every, most_of_all = b, probability
    return found if found >= 0 else every
