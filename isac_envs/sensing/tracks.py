"""Tracks: a radar's estimates of its targets, from prediction to the end of a track.

A track is the state x, y, vx, vy of an extended Kalman filter with white acceleration, for a radar
at the origin that looks along the x axis; azimuth and its sine are from there. Detections measure
azimuth, and the half of the path over the target and its rate: range and range rate where the
sender is the receiver. A track is tentative until it has M hits in N opportunities.

Kernels take a record ``p`` with the fields of :meth:`Tracker.fields` and of
:meth:`isac_envs.sensing.looks.Radar.fields`.

Source: Y. Bar-Shalom, X. R. Li and T. Kirubarajan, "Estimation with Applications to Tracking and
Navigation", 2001, sections 6.3 (white acceleration) and 10.3 (extended Kalman filter); S. Blackman
and R. Popoli, "Design and Analysis of Modern Tracking Systems", 1999, chapter 6 (confirmation).
"""

import math
from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine import mathx
from isac_envs.engine.jit import Record, inlined, jit, record
from isac_envs.kernels.estimation import kalman
from isac_envs.kernels.numerics.plane import write_ellipse
from isac_envs.kernels.numerics.small_matrix import cholesky, solve_lower
from isac_envs.kernels.radar.bins import bin_gain_one
from isac_envs.sensing import looks
from isac_envs.sensing.looks import Look

FREE, TENTATIVE, CONFIRMED = 0, 1, 2

TRACK = record(
    ("status", "i8"),  # FREE, TENTATIVE or CONFIRMED
    ("estimate", "f8", (4,)),  # x, y in m, vx, vy in m/s
    ("covariance", "f8", (4, 4)),
    ("existence", "f8"),  # probability that there is a target
    ("cross_section_m2", "f8"),  # estimate
    ("averaged", "i8"),  # detections in that estimate
    ("hits", "i8"),  # slots with a detection
    ("opportunities", "i8"),  # slots in which there should have been one
    ("missed", "i8"),  # opportunities since the last hit
    ("since_hit", "i8"),  # slots since the last hit
    ("is_hit", "?"),  # in this slot
    ("is_offered", "?"),  # in this slot
    ("miss_probability", "f8"),  # of all looks of this slot
    ("rotor_log_odds", "f8"),  # that its target has rotors, ln
)
"""One track."""

MOST_TRACKS = 16
WORK = record(
    ("jacobian", "f8", (3, 4)),
    ("innovation", "f8", (3,)),
    ("variances", "f8", (3,)),
    ("spread", "f8", (3, 3)),
    ("filter", "f8", (4, 4)),
    ("trial", "f8", (4, 4)),  # a covariance that is tried out
    ("still", "f8", (4,)),
)
"""Scratch of a tracker."""

STRADDLE = 0.75
"""Mean fraction of the power that is kept between the bins."""
_CROSS_SECTIONS = 0.02, 30.0
_MEMORY = 6
_ROOT_3 = math.sqrt(3.0)
_LOG_ODDS = 1.5  # of a first detection: 1 / (1 + 1.5 exp(-(y - threshold)))
_FADE = 0.05  # doubt that is left after a hit


class Tracker(NamedTuple):
    """Settings of a tracker."""

    interval_s: float
    """Time from one prediction to the next."""
    acceleration_psd: float
    """Spectral density q of the white acceleration, m^2/s^3."""
    tangential_std_m_s: float
    """Standard deviation of the speed across the line of sight in a new track."""
    gate: float
    """Largest squared Mahalanobis distance of a detection."""
    confirm_hits: int
    """Hits M that confirm a track."""
    confirm_opportunities: int
    """Opportunities N in which they must occur, from the first detection on."""
    delete_missed: int
    """Missed opportunities that end a confirmed track."""
    coast_s: float
    """Least time since the last hit before a confirmed track ends."""
    cutoff_m: float
    """Error beyond which a track is useless: 2.5 times it ends a track, 5 times a tentative one."""
    azimuth_deg: float
    """Half the width of the observed sector."""

    def fields(self) -> dict[str, Any]:
        """Return the fields that kernels read."""
        return {
            "transition": transition(self.interval_s),
            "process_noise": process_noise(self.interval_s, self.acceleration_psd),
            "tangential_std_m_s": self.tangential_std_m_s,
            "gate": self.gate,
            "confirm_hits": self.confirm_hits,
            "confirm_opportunities": self.confirm_opportunities,
            "delete_missed": self.delete_missed,
            "coast_slots": self.coast_s / self.interval_s,
            "cutoff_m": self.cutoff_m,
            "edge_sine": float(mathx.sincos_turns(self.azimuth_deg / 360.0)[0]),
        }


def transition(interval_s: float) -> np.ndarray:
    """Return the transition matrix of constant velocity, shape ``(4, 4)``."""
    matrix = np.eye(4)
    matrix[0, 2] = matrix[1, 3] = interval_s
    return matrix


def process_noise(interval_s: float, acceleration_psd: float) -> np.ndarray:
    """Return the covariance that white acceleration adds in an interval, shape ``(4, 4)``.

    Args:
        interval_s: Length of the interval, s.
        acceleration_psd: Spectral density on each axis, m^2/s^3.
    """
    place, mixed = interval_s * interval_s * interval_s / 3.0, 0.5 * interval_s * interval_s
    matrix = np.diag((place, place, interval_s, interval_s))
    matrix[0, 2] = matrix[2, 0] = matrix[1, 3] = matrix[3, 1] = mixed
    return acceleration_psd * matrix


@inlined
def range_of(track: Record) -> float:
    """Return the estimated range in m, above 0."""
    x, y = track.estimate[0], track.estimate[1]
    return math.sqrt(x * x + y * y + 1e-12)


@inlined
def sine_of(track: Record) -> float:
    """Return the sine of the estimated azimuth."""
    return track.estimate[1] / range_of(track)


@inlined
def range_rate_of(track: Record) -> float:
    """Return the estimated rate of the range in m/s."""
    moving = track.estimate[0] * track.estimate[2] + track.estimate[1] * track.estimate[3]
    return moving / range_of(track)


@inlined
def _legs(look: Look, track: Record) -> tuple[float, float, float, float]:
    """Return distance and rate of a track from the receiver, then from the sender."""
    far, rate = range_of(track), range_rate_of(track)
    if look.sender.apart_m <= 0.0:
        return far, rate, far, rate
    x, y = track.estimate[0] - look.sender.x_m, track.estimate[1] - look.sender.y_m
    sent = math.sqrt(x * x + y * y + 1e-12)
    return far, rate, sent, (x * track.estimate[2] + y * track.estimate[3]) / sent


@inlined
def azimuth_variance_of(track: Record) -> float:
    """Return the variance of the azimuth in rad^2."""
    x, y, cov = track.estimate[0], track.estimate[1], track.covariance
    square = x * x + y * y + 1e-12
    across = y * y * cov[0, 0] - 2.0 * x * y * cov[0, 1] + x * x * cov[1, 1]
    return max(across, 0.0) / (square * square)


@inlined
def position_variance(covariance: Any) -> float:
    """Return the sum of the variances of x and y in m^2."""
    return covariance[0, 0] + covariance[1, 1]


@jit
def predict(p: Record, track: Record, work: Record) -> None:
    """Predict a track over one interval.

    Args:
        p: Parameters.
        track: The track; changed in place.
        work: Scratch.
    """
    estimate = track.estimate
    estimate[0] += p.transition[0, 2] * estimate[2]
    estimate[1] += p.transition[1, 3] * estimate[3]
    kalman.predict(track.covariance, p.transition, p.process_noise, work.filter)


@inlined
def expected_snr(p: Record, look: Look, track: Record, sine: float) -> float:
    """Return the mean SNR of a track in a look, for a sine of its azimuth.

    Args:
        p: Parameters.
        look: The look.
        track: The track.
        sine: Assumed sine of its azimuth.
    """
    _, rate, _, sent_rate = _legs(look, track)
    rate_cells = abs(0.5 * (rate + sent_rate)) / looks.speed_cell_m_s(p, look)
    notch = bin_gain_one(1.0 - rate_cells) if rate_cells < 1.0 else 1.0
    power = track.cross_section_m2 * STRADDLE * notch
    return power * looks.mean_snr_one(p, look, range_of(track), sine)


@jit
def detection_probability(p: Record, look: Look, track: Record) -> float:
    """Return the probability that a look detects a track: the mean over the error of the angle.

    Args:
        p: Parameters.
        look: The look.
        track: The track.
    """
    sine = sine_of(track)
    std = math.sqrt(azimuth_variance_of(track)) * looks.cosine_of(sine)
    aside = abs(sine - look.sine) - _ROOT_3 * std
    if look.sender.apart_m <= 0.0 and aside * look.columns >= 2.0:
        return 0.0
    total = 0.0
    for k in range(-1, 2):  # three points of Gauss and Hermite
        place = min(max(sine + k * _ROOT_3 * std, -1.0), 1.0)
        snr = expected_snr(p, look, track, place)
        total += (2.0 / 3.0 if k == 0 else 1.0 / 6.0) * looks.detection_probability_one(p, snr)
    return total


@inlined
def offer(p: Record, look: Look, track: Record) -> None:
    """Record that a look passes a track: whether it should be seen, and with what probability.

    A confirmed track should be seen where it is likely to be. A tentative one should be seen where
    the beam is, whatever the probability: a false track that expects little would never be missed.

    Args:
        p: Parameters.
        look: The look.
        track: The track; changed in place.
    """
    probability = detection_probability(p, look, track)
    gain = looks.beam_gain(look, looks.leaving(look, range_of(track), sine_of(track))[1])
    if track.status == CONFIRMED:
        track.is_offered = track.is_offered or probability >= 0.3
    else:
        track.is_offered = track.is_offered or gain * gain >= 0.25
    track.miss_probability *= max(1.0 - probability, 0.0)  # a sure detection may round above 1


@jit
def linearise(look: Look, track: Record, work: Record) -> None:
    """Write the derivative of path, azimuth and path rate at the estimate into the scratch.

    Args:
        look: The look.
        track: The track.
        work: Scratch.
    """
    far, rate, sent, sent_rate = _legs(look, track)
    u, v = track.estimate[0] / far, track.estimate[1] / far
    jacobian = work.jacobian
    jacobian[:, :] = 0.0
    jacobian[0, 0], jacobian[0, 1] = u, v
    jacobian[1, 0], jacobian[1, 1] = -v / far, u / far
    jacobian[2, 0] = (track.estimate[2] - rate * u) / far
    jacobian[2, 1] = (track.estimate[3] - rate * v) / far
    if look.sender.apart_m > 0.0:  # half of each leg
        s = (track.estimate[0] - look.sender.x_m) / sent
        t = (track.estimate[1] - look.sender.y_m) / sent
        jacobian[2, 0] = 0.5 * (jacobian[2, 0] + (track.estimate[2] - sent_rate * s) / sent)
        jacobian[2, 1] = 0.5 * (jacobian[2, 1] + (track.estimate[3] - sent_rate * t) / sent)
        jacobian[0, 0], jacobian[0, 1] = 0.5 * (u + s), 0.5 * (v + t)
    jacobian[2, 2], jacobian[2, 3] = jacobian[0, 0], jacobian[0, 1]


@inlined
def _tell(p: Record, look: Look, found: Record, work: Record) -> None:
    """Write the error variances into the scratch that a detection's power suggests."""
    snr = max(found.statistic - 1.0, looks.LEAST_SNR)
    looks.error_variances(p, look, snr, found.sine, work.variances)


@inlined
def innovate(p: Record, look: Look, track: Record, found: Record, work: Record) -> None:
    """Write a detection's innovation and error variances into the scratch.

    Args:
        p: Parameters.
        look: The look.
        track: The track.
        found: The detection.
        work: Scratch.
    """
    _tell(p, look, found, work)
    measured = mathx.atan2_turns(found.sine, looks.cosine_of(found.sine))
    expected = mathx.atan2_turns(track.estimate[1], track.estimate[0])
    turns = measured - expected
    far, rate, sent, sent_rate = _legs(look, track)
    work.innovation[0] = found.range_m - 0.5 * (far + sent)
    work.innovation[1] = math.tau * (turns - mathx.round_even(turns))
    work.innovation[2] = found.range_rate_m_s - 0.5 * (rate + sent_rate)


@jit
def distance(
    p: Record, look: Look, track: Record, found: Record, work: Record
) -> tuple[float, float]:
    """Return squared Mahalanobis distance of a detection and log determinant of its covariance.

    The scratch must hold the derivatives of the track. Both are infinite if the covariance is
    not positive.

    Args:
        p: Parameters.
        look: The look.
        track: The track.
        found: The detection.
        work: Scratch.
    """
    innovate(p, look, track, found, work)
    spread, jacobian = work.spread, work.jacobian
    for i in range(3):
        for j in range(i + 1):
            value = work.variances[i] if i == j else 0.0
            for k in range(4):
                for m in range(4):
                    value += jacobian[i, k] * track.covariance[k, m] * jacobian[j, m]
            spread[i, j] = value
    if not cholesky(spread):
        return np.inf, np.inf
    solve_lower(spread, work.innovation)
    squared, root = 0.0, 1.0
    for i in range(3):
        squared += work.innovation[i] * work.innovation[i]
        root *= spread[i, i]
    return squared, 2.0 * mathx.ln(root)


@inlined
def _average(p: Record, look: Look, track: Record, found: Record) -> None:
    """Update the estimate of the cross section with a detection."""
    unit = looks.mean_snr_one(p, look, range_of(track), sine_of(track))
    if unit <= 0.0:
        return
    measured = (found.statistic - 1.0) / (STRADDLE * unit)
    track.averaged = min(track.averaged + 1, _MEMORY)
    mean = track.cross_section_m2 + (measured - track.cross_section_m2) / track.averaged
    track.cross_section_m2 = min(max(mean, _CROSS_SECTIONS[0]), _CROSS_SECTIONS[1])


@jit
def update(p: Record, look: Look, track: Record, found: Record, work: Record) -> None:
    """Update a track with a detection.

    Args:
        p: Parameters.
        look: The look.
        track: The track; changed in place.
        found: The detection.
        work: Scratch.
    """
    linearise(look, track, work)
    innovate(p, look, track, found, work)
    kalman.update(
        track.estimate,
        track.covariance,
        work.innovation,
        work.jacobian,
        work.variances,
        work.filter,
    )
    track.is_hit = True
    _average(p, look, track, found)


@jit
def start(p: Record, look: Look, track: Record, found: Record, work: Record) -> None:
    """Start a tentative track from a detection without a track.

    Args:
        p: Parameters.
        look: The look.
        track: A free place; written.
        found: The detection.
        work: Scratch.
    """
    _tell(p, look, found, work)
    u, v = looks.cosine_of(found.sine), found.sine
    far = looks.range_of_path_one(look, found.range_m, found.sine)
    track.estimate[0], track.estimate[1] = far * u, far * v
    track.covariance[:, :] = 0.0
    across = far * far * work.variances[1]
    slow = p.tangential_std_m_s * p.tangential_std_m_s
    if look.sender.apart_m > 0.0:
        _spread_along_the_path(look, track, found, (across, slow), work.variances)
    else:
        track.estimate[2], track.estimate[3] = found.range_rate_m_s * u, found.range_rate_m_s * v
        write_ellipse(track.covariance, 0, work.variances[0], across, u, v)
        write_ellipse(track.covariance, 2, work.variances[2], slow, u, v)
    odds = _LOG_ODDS * mathx.exp(-min(found.statistic - p.cfar_factor, 700.0))
    track.status = TENTATIVE
    track.existence = 1.0 / (1.0 + odds)
    track.hits = track.opportunities = track.missed = track.since_hit = track.averaged = 0
    track.is_hit, track.is_offered, track.miss_probability = True, True, 1.0
    track.cross_section_m2 = track.rotor_log_odds = 0.0
    _average(p, look, track, found)


@jit
def _spread_along_the_path(
    look: Look, track: Record, found: Record, sideways: tuple[float, float], variances: Any
) -> None:
    """Write velocity and covariance of a new track of another station's look.

    The path grows by b = (u_r + u_t) / 2 of a step, with the directions u from receiver and sender.
    Its error is one along u_r; an error of the azimuth moves the place along the ellipse. The rate
    tells the speed along b.

    Args:
        look: The look.
        track: The track with its place; written.
        found: The detection.
        sideways: Variances across the line of sight of the place (m^2) and of the speed (m^2/s^2).
        variances: Of the detection.
    """
    u, v = looks.cosine_of(found.sine), found.sine
    x, y = track.estimate[0] - look.sender.x_m, track.estimate[1] - look.sender.y_m
    sent = math.sqrt(x * x + y * y + 1e-12)
    b_x, b_y = 0.5 * (u + x / sent), 0.5 * (v + y / sent)
    square = max(b_x * b_x + b_y * b_y, 1e-3)  # also b . u
    lean = (u * b_y - v * b_x) / square
    w_x, w_y = -v - lean * u, u - lean * v
    along, covariance = variances[0] / (square * square), track.covariance
    covariance[0, 0] = along * u * u + sideways[0] * w_x * w_x
    covariance[1, 1] = along * v * v + sideways[0] * w_y * w_y
    covariance[0, 1] = covariance[1, 0] = along * u * v + sideways[0] * w_x * w_y
    speed, root = found.range_rate_m_s / square, math.sqrt(square)
    track.estimate[2], track.estimate[3] = speed * b_x, speed * b_y
    write_ellipse(covariance, 2, variances[2] / square, sideways[1], b_x / root, b_y / root)


@jit
def settle(p: Record, track: Record, outside: bool) -> bool:
    """Close a slot for a track: count, confirm, end; return whether it ended by its uncertainty.

    Args:
        p: Parameters.
        track: The track; changed in place.
        outside: Whether it lies where nobody watches, which ends it.
    """
    if track.status == FREE:
        return False
    if track.is_hit:
        track.hits += 1
        track.opportunities += 1
        track.missed = track.since_hit = 0
        if track.hits > 1:
            track.existence = 1.0 - _FADE * (1.0 - track.existence)
        if track.hits >= p.confirm_hits:
            track.status = CONFIRMED
    else:
        track.since_hit += 1
        if track.is_offered:
            track.opportunities += 1
            track.missed += 1
            doubt = track.existence * track.miss_probability
            rest = max(doubt + 1.0 - track.existence, 1e-300)  # rounds: to 0 for a sure track
            track.existence = min(doubt / rest, 1.0)
    track.is_hit, track.is_offered, track.miss_probability = False, False, 1.0
    limit = 2.5 if track.status == CONFIRMED else 5.0
    lost = position_variance(track.covariance) > limit * limit * p.cutoff_m * p.cutoff_m
    if lost or _is_over(p, track) or outside:
        track.status = FREE
    return lost


@inlined
def _is_over(p: Record, track: Record) -> bool:
    if track.status == CONFIRMED:
        return track.missed >= p.delete_missed and track.since_hit >= p.coast_slots
    return track.hits + p.confirm_opportunities - track.opportunities < p.confirm_hits


@inlined
def is_outside(p: Record, x: float, y: float) -> bool:
    """Tell whether an estimated place lies outside of the sector that a radar watches.

    Args:
        p: Parameters.
        x: Along the boresight of the radar in m.
        y: Across in m.
    """
    far = math.sqrt(x * x + y * y + 1e-12)
    aside = abs(y) > p.edge_sine * far or x < 0.0
    return aside or far > p.range_to_m or far < p.range_from_m
