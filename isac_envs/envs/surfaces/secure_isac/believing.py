r"""Where the eavesdropper is believed to be: echoes, and a filter of place and velocity.

An echo over the direct path gives a range and a direction, one over the surface a range from the
surface; both are resolved in delay. The direction is the cosine u between it and the array, whose
bound is that of the angle from broadside times the squared cosine of this angle.
"""

import math

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.rng import normal, uniform
from isac_envs.envs.surfaces.legs import NEAREST_M
from isac_envs.envs.surfaces.secure_isac.records import State
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.kernels.estimation.bounds import (
    angle_variance_one,
    delay_variance_flat_spectrum_one,
)
from isac_envs.kernels.estimation.kalman import predict, update
from isac_envs.kernels.radar.detection import swerling_1_single_pulse_one

_HALF_SPEED = 0.5 * SPEED_OF_LIGHT_M_S
_LEAST_SNR = 1e-6  # below it, an echo measures as little as with it
_FINEST_RANGE_M2 = 1e-6  # the bounds do not hold for single millimetres
_FINEST_DIRECTION2 = 1e-8


@jit
def begin_belief(p: Record, state: State) -> None:
    """Draw what is believed at first: a place with an error, and no velocity.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    stream, her = state.env.measurement, state.users[1]
    believed, covariance = state.believed, state.covariance
    believed[0] = her.x_m + p.start_error_m * normal(stream)
    believed[1] = her.y_m + p.start_error_m * normal(stream)
    for k in range(4):
        for j in range(4):
            covariance[k, j] = 0.0
    for k in range(2):
        believed[2 + k] = 0.0
        covariance[k, k] = p.start_error_m * p.start_error_m
        covariance[2 + k, 2 + k] = p.step_variance_m2


@jit
def predict_belief(state: State) -> None:
    """Carry what is believed to the next slot."""
    believed, tracker = state.believed, state.scratch.tracker
    for axis in range(2):
        believed[2 + axis] *= tracker.transition[2 + axis, 2 + axis]
        believed[axis] += believed[2 + axis]
    predict(state.covariance, tracker.transition, tracker.process_noise, tracker.work)


@inlined
def _range_variance(p: Record, snr: float) -> float:
    """Return the variance of a measured range in m^2."""
    delay = delay_variance_flat_spectrum_one(max(snr, _LEAST_SNR), p.bandwidth_hz)
    return _HALF_SPEED * _HALF_SPEED * delay + _FINEST_RANGE_M2


@jit
def _measure_range(
    state: State, from_m: tuple[float, float], variance: float, error: float, row: int
) -> None:
    """Write a measured range, with what its curvature adds on average and in variance.

    Args:
        state: State of one copy.
        from_m: Where it is measured from.
        variance: Of its error, in m^2.
        error: Standard normal.
        row: Row of the measurement.
    """
    her, believed, tracker = state.users[1], state.believed, state.scratch.tracker
    covariance = state.covariance
    dx, dy = her.x_m - from_m[0], her.y_m - from_m[1]
    true_m = max(NEAREST_M, math.sqrt(dx * dx + dy * dy))
    dx, dy = believed[0] - from_m[0], believed[1] - from_m[1]
    far_m = max(NEAREST_M, math.sqrt(dx * dx + dy * dy))
    x, y = dx / far_m, dy / far_m
    across = y * y * covariance[0, 0] - 2.0 * x * y * covariance[0, 1] + x * x * covariance[1, 1]
    curved = across / far_m  # trace of Hessian and covariance, of a second-order filter
    measured = true_m + math.sqrt(variance) * error
    tracker.innovation[row] = measured - far_m - 0.5 * curved
    tracker.variances[row] = variance + 0.5 * curved * curved
    tracker.jacobian[row, 0], tracker.jacobian[row, 1] = x, y


@jit
def _measure_direction(state: State, variance: float, error: float, row: int) -> None:
    """Write a measured cosine with the array.

    Args:
        state: State of one copy.
        variance: Of its error.
        error: Standard normal.
        row: Row of the measurement.
    """
    her, believed, tracker = state.users[1], state.believed, state.scratch.tracker
    true_m = max(NEAREST_M, math.sqrt(her.x_m * her.x_m + her.y_m * her.y_m))
    x, y = believed[0], believed[1]
    far_m = max(NEAREST_M, math.sqrt(x * x + y * y))
    measured = her.y_m / true_m + math.sqrt(variance) * error
    tracker.innovation[row] = measured - y / far_m
    tracker.variances[row] = variance
    cubed = far_m * far_m * far_m
    tracker.jacobian[row, 0], tracker.jacobian[row, 1] = -x * y / cubed, x * x / cubed


@jit
def detect(p: Record, state: State) -> None:
    """Draw the echoes of the slot, and correct what is believed by what they measure.

    The draws are the same five, whatever is detected.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy; receives the radar SNR of what is detected.
    """
    e, tracker, antennas = state.env, state.scratch.tracker, state.precoder.shape[0]
    stream, rows = e.measurement, 0
    found = uniform(stream) < swerling_1_single_pulse_one(e.direct_snr, p.threshold)
    found_over = uniform(stream) < swerling_1_single_pulse_one(e.surface_snr, p.threshold)
    ranging, turning, over = normal(stream), normal(stream), normal(stream)
    e.direct_heard = e.direct_snr if found else 0.0
    e.surface_heard = e.surface_snr if found_over else 0.0
    if found:
        variance = _range_variance(p, e.direct_snr)
        _measure_range(state, (0.0, 0.0), variance, ranging, rows)
        rows += 1
    if found and antennas > 1:
        snr = max(e.direct_snr, _LEAST_SNR) / antennas
        variance = angle_variance_one(snr, 0.0, 0.5, 1.0 * antennas, 1.0) + _FINEST_DIRECTION2
        _measure_direction(state, variance, turning, rows)
        rows += 1
    if found_over:
        variance = _range_variance(p, e.surface_snr)
        _measure_range(state, (p.surface_m[0], p.surface_m[1]), variance, over, rows)
        rows += 1
    if rows > 0:
        update(
            state.believed, state.covariance, tracker.innovation[:rows], tracker.jacobian[:rows],
            tracker.variances[:rows], tracker.work[:3],
        )  # fmt: skip


@jit
def place_error(state: State) -> tuple[float, float]:
    """Return how far the believed place is off in m, and its normalised square."""
    her, believed, covariance = state.users[1], state.believed, state.covariance
    dx, dy = her.x_m - believed[0], her.y_m - believed[1]
    a, b, c = covariance[0, 0], covariance[0, 1], covariance[1, 1]
    determinant = max(a * c - b * b, 1e-12 * a * c)
    square = (c * dx * dx - 2.0 * b * dx * dy + a * dy * dy) / determinant
    return math.sqrt(dx * dx + dy * dy), square
