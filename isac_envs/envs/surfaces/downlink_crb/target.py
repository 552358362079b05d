r"""The target's angle, how it is measured, and what is believed of it.

Angle and rate per slot follow :math:`\omega' = \kappa \omega - \nu^2 (\theta - \theta_0) + q n` and
:math:`\theta' = \theta + \omega'`, which is linear: the filter is the exact one.
"""

import math

from isac_envs.engine.jit import Record, jit
from isac_envs.engine.mathx import sincos_turns
from isac_envs.engine.rng import normal, uniform
from isac_envs.envs.surfaces.downlink_crb.records import State
from isac_envs.kernels.estimation.kalman import predict, update
from isac_envs.kernels.radar.detection import swerling_1_single_pulse_one

_WIDEST_RAD = 80.0 * math.pi / 180.0  # a linear array sees nothing along its axis
_FINEST_RAD2 = 1e-14  # of a measured angle
_COARSEST_RAD2 = 1.0
_TURN = 1.0 / (2.0 * math.pi)


@jit
def sine_of(angle_rad: float) -> float:
    """Return the sine of an angle in rad."""
    return sincos_turns(angle_rad * _TURN)[0]


@jit
def _kept_in_view(angle_rad: float) -> float:
    return min(max(angle_rad, -_WIDEST_RAD), _WIDEST_RAD)


@jit
def begin_target(p: Record, state: State) -> None:
    """Draw angle and rate of the target, and what is believed of them at first.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    e, believed, covariance = state.env, state.believed, state.covariance
    e.angle_rad = _kept_in_view(p.middle_rad + p.angle_std_rad * normal(e.world))
    e.turn_rad = p.turn_rad * normal(e.world)
    believed[0] = e.angle_rad + p.start_error_rad * normal(e.measurement)
    believed[1] = 0.0
    covariance[0, 0] = p.start_error_rad * p.start_error_rad
    covariance[0, 1] = covariance[1, 0] = 0.0
    covariance[1, 1] = p.turn_rad * p.turn_rad
    e.heard_snr = 0.0
    e.served_rad = e.thought_rad = e.angle_rad
    e.thought_std_rad = 0.0


@jit
def detect(p: Record, state: State, variance_rad2: float, radar_snr: float) -> None:
    """Draw whether the echo is detected and what it measures; correct the belief by it.

    The draws are the same two, whatever is sent.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        variance_rad2: Bound on the angle.
        radar_snr: Of the echo over all receive antennas and samples, linear.
    """
    e, tracker, stream = state.env, state.scratch.tracker, state.env.measurement
    found = uniform(stream) < swerling_1_single_pulse_one(radar_snr, p.threshold)
    error = normal(stream)
    e.heard_snr = radar_snr if found else 0.0
    if found:
        variance = min(variance_rad2, _COARSEST_RAD2) + _FINEST_RAD2
        measured = e.angle_rad + math.sqrt(variance) * error
        tracker.innovation[0] = measured - state.believed[0]
        tracker.variances[0] = variance
        update(
            state.believed, state.covariance, tracker.innovation, tracker.jacobian,
            tracker.variances, tracker.work,
        )  # fmt: skip


@jit
def advance_target(p: Record, state: State) -> None:
    """Move the target by a slot, and what is believed of it.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    e, believed, tracker = state.env, state.believed, state.scratch.tracker
    push = p.rate_noise_rad * normal(e.world)
    e.turn_rad = p.rate_kept * e.turn_rad - p.pull * (e.angle_rad - p.middle_rad) + push
    e.angle_rad = _kept_in_view(e.angle_rad + e.turn_rad)
    believed[1] = p.rate_kept * believed[1] - p.pull * (believed[0] - p.middle_rad)
    believed[0] = _kept_in_view(believed[0] + believed[1])
    predict(state.covariance, tracker.transition, tracker.process_noise, tracker.work[:2])
