"""Draws of fluctuating targets, Swerling cases 0 to 4, from the random streams of a record.

Power relative to its mean: case 0 (also called 5) is constant; 1 exponential, one draw for the
whole coherent processing interval; 2 exponential, a draw for each pulse; 3 and 4 the same with a
gamma law of shape 2. Which pulses share a draw is the difference between 1 and 2, and 3 and 4:
pulses of one interval, or of one action, share it in the odd cases. The phase of a complex
amplitude is uniform: one draw an interval in cases 0, 1 and 3, one a pulse in cases 2 and 4.
Detection probabilities: :mod:`.detection`.

Source: P. Swerling, "Probability of detection for fluctuating targets", IRE Trans. IT-6(2), 1960.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine import mathx, rng
from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import inlined, jit
from isac_envs.kernels.radar.detection import SWERLING


@inlined
def exponential(stream: rng.Stream) -> float:
    """Return an exponential variate of mean 1 (by inversion, one uniform draw)."""
    return -mathx.ln(1.0 - rng.uniform(stream))


@inlined
def relative_power(stream: rng.Stream, case: int) -> float:
    """Draw a target's power over its mean.

    Args:
        stream: Random stream of the world.
        case: Swerling case 0..4; case 0 draws nothing.
    """
    if case == 0:
        return 1.0
    power = exponential(stream)
    if case >= 3:
        power = 0.5 * (power + exponential(stream))
    return power


@inlined
def draws_every_pulse(case: int) -> bool:
    """Whether each pulse has a draw of its own: cases 2 and 4."""
    return case in (2, 4)


@inlined
def pulse_powers(stream: rng.Stream, case: int, mean: float, out: Any) -> None:
    """Write the powers of the pulses of one coherent processing interval.

    Args:
        stream: Random stream of the world.
        case: Swerling case 0..4.
        mean: Mean power (or cross section), in the unit of the result.
        out: Receives one number for each pulse, shape ``(pulses,)``.
    """
    power = relative_power(stream, case)
    for k in range(out.shape[0]):
        if k > 0 and draws_every_pulse(case):
            power = relative_power(stream, case)
        out[k] = mean * power


@inlined
def pulse_amplitudes(stream: rng.Stream, case: int, mean: float, out: Any) -> None:
    """Write the complex amplitudes of the pulses of one interval; see :func:`pulse_powers`.

    Args:
        stream: Random stream of the world.
        case: Swerling case 0..4.
        mean: Mean power.
        out: Receives complex128, shape ``(pulses,)``.
    """
    real = imaginary = 0.0
    for k in range(out.shape[0]):
        if k == 0 or draws_every_pulse(case):
            size = math.sqrt(mean * relative_power(stream, case))
            sine, cosine = mathx.sincos_turns(rng.uniform(stream))
            real, imaginary = size * cosine, size * sine
        out[k] = complex(real, imaginary)


@jit
def _powers_all(streams: Any, case: int, mean: Any, out: Any) -> None:
    for i in range(out.shape[0]):
        pulse_powers(streams[i], case, mean[i], out[i])


@jit
def _amplitudes_all(streams: Any, case: int, mean: Any, out: Any) -> None:
    for i in range(out.shape[0]):
        pulse_amplitudes(streams[i], case, mean[i], out[i])


def draw_powers(
    streams: npt.NDArray[np.uint64], swerling: int, mean: npt.ArrayLike, pulses: int = 1
) -> npt.NDArray[np.float64]:
    """Return the powers of the pulses of one interval for each of n targets; the streams advance.

    Args:
        streams: One random stream a target, uint64, shape ``(n, 4)``, changed in place.
        swerling: Fluctuation case, 0..4.
        mean: Mean power, in [0, 1e30], shape ``(n,)`` or a number.
        pulses: 1..1e6.

    Returns:
        Shape ``(n, pulses)``, in the unit of the mean.

    Raises:
        ValueError: A shape does not fit, or a value is outside its range.
    """
    average = _checked(streams, swerling, mean, pulses)
    out = np.empty((streams.shape[0], int(pulses)))
    _powers_all(streams, int(swerling), average, out)
    return out


def draw_amplitudes(
    streams: npt.NDArray[np.uint64], swerling: int, mean: npt.ArrayLike, pulses: int = 1
) -> npt.NDArray[np.complex128]:
    """Return the complex amplitudes of the pulses of one interval for each of n targets.

    Args:
        streams: One random stream a target, uint64, shape ``(n, 4)``, changed in place.
        swerling: Fluctuation case, 0..4.
        mean: Mean power, in [0, 1e30], shape ``(n,)`` or a number.
        pulses: 1..1e6.

    Returns:
        Shape ``(n, pulses)``; the squared magnitude is the power.

    Raises:
        ValueError: A shape does not fit, or a value is outside its range.
    """
    average = _checked(streams, swerling, mean, pulses)
    out = np.empty((streams.shape[0], int(pulses)), np.complex128)
    _amplitudes_all(streams, int(swerling), average, out)
    return out


def _checked(streams: Any, swerling: int, mean: npt.ArrayLike, pulses: int) -> Any:
    if streams.ndim != 2 or streams.shape[1] != 4 or streams.dtype != np.uint64:
        raise ValueError(f"streams = {streams.dtype} {streams.shape}, expected uint64 (n, 4)")
    check_range("swerling", float(swerling), SWERLING)
    check_range("pulses", float(pulses), Range(1.0, 1e6, whole=True))
    average = np.array(np.broadcast_to(np.asarray(mean, float), streams.shape[:1]))
    check_range("mean", average, Range(0.0, 1e30))
    return average
