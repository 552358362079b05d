"""Cramer-Rao bound on delay and Doppler shift of two targets that may overlap.

Model as in :mod:`.estimation_bounds` with two terms; all eight real parameters (two complex
amplitudes, two delays, two Doppler shifts) are unknown. The information matrix is exact: sums over
subcarriers and symbols separate. It becomes singular as the targets merge (the bound is infinite
then) and depends on the phase between the amplitudes: at half a resolution cell the bound is 6 or
87 times that of one target, for amplitudes in quadrature at the middle or the first subcarrier.

Source: S. M. Kay, "Fundamentals of Statistical Signal Processing: Estimation Theory", 1993,
section 15.7 (complex Gaussian data, deterministic signal).
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine import mathx
from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import jit
from isac_envs.kernels.numerics.small_matrix import Matrix, invert_positive

WORK_SHAPE = (10, 8)
"""Shape of the scratch array of :func:`two_target_variances`."""

_TWO_PI = 2.0 * math.pi


@jit
def _phasor_sums(count: int, turns: float, sums: Any) -> None:
    """Write sum over k < count of k**i exp(2 pi j k turns): real parts at 0..2, imaginary at 3..5.

    Indices count from the middle, which keeps the sums of different i apart.
    """
    for i in range(6):
        sums[i] = 0.0
    middle = 0.5 * (count - 1)
    for k in range(count):
        x = k - middle
        sine, cosine = mathx.sincos_turns(x * turns)
        sums[0] += cosine
        sums[1] += x * cosine
        sums[2] += x * x * cosine
        sums[3] += sine
        sums[4] += x * sine
        sums[5] += x * x * sine


@jit
def _order(parameter: int) -> tuple[int, int]:
    """Return the powers of subcarrier and symbol index of a parameter 0..3 of a target."""
    return (1 if parameter == 2 else 0), (1 if parameter == 3 else 0)


@jit
def _factor(parameter: int, real: float, imaginary: float) -> tuple[float, float]:
    """Return the constant of a derivative: 1, j, -j a (delay), j a (Doppler shift)."""
    if parameter == 0:
        return 1.0, 0.0
    if parameter == 1:
        return 0.0, 1.0
    if parameter == 2:
        return imaginary, -real
    return -imaginary, real


@jit
def _fill_information(amplitudes: Any, p: int, q: int, work: Matrix) -> None:
    """Write the block of targets p and q, delays and shifts in radians per index."""
    rows, columns = work[8], work[9]
    for i in range(4):
        n_i, m_i = _order(i)
        f_real, f_imaginary = _factor(i, amplitudes[p, 0], amplitudes[p, 1])
        for k in range(4):
            n_k, m_k = _order(k)
            g_real, g_imaginary = _factor(k, amplitudes[q, 0], amplitudes[q, 1])
            a, b = rows[n_i + n_k], rows[3 + n_i + n_k]
            c, d = columns[m_i + m_k], columns[3 + m_i + m_k]
            sum_real, sum_imaginary = a * c - b * d, a * d + b * c
            real = f_real * g_real + f_imaginary * g_imaginary
            imaginary = f_real * g_imaginary - f_imaginary * g_real
            value = 2.0 * (real * sum_real - imaginary * sum_imaginary)
            work[4 * p + i, 4 * q + k] = value
            work[4 * q + k, 4 * p + i] = value


@jit
def two_target_variances(
    amplitudes: Any,
    delays_s: Any,
    dopplers_hz: Any,
    subcarrier_spacing_hz: float,
    symbol_duration_s: float,
    subcarriers: int,
    symbols: int,
    work: Matrix,
    out: Any,
) -> bool:
    r"""Write the bounds on delays and Doppler shifts of two targets.

    Args:
        amplitudes: Real and imaginary part in units of the noise deviation
            (:math:`\lvert a \rvert^2` is the SNR of one resource element), at the middle of the
            grid, shape ``(2, 2)``, none 0.
        delays_s: Shape ``(2,)``.
        dopplers_hz: Shape ``(2,)``.
        subcarrier_spacing_hz: Hz.
        symbol_duration_s: s.
        subcarriers: N, at least 2.
        symbols: M, at least 2.
        work: Scratch, shape ``(10, 8)``.
        out: Receives the variances of delay 1 and 2 (s**2) and Doppler shift 1 and 2 (Hz**2).

    Returns:
        False if the targets cannot be separated in float64; then all variances are infinite.
    """
    for p in range(2):
        for q in range(p, 2):
            apart_s, apart_hz = delays_s[q] - delays_s[p], dopplers_hz[q] - dopplers_hz[p]
            _phasor_sums(subcarriers, -subcarrier_spacing_hz * apart_s, work[8])
            _phasor_sums(symbols, symbol_duration_s * apart_hz, work[9])
            _fill_information(amplitudes, p, q, work)
    regular = invert_positive(work[:8])
    delay_scale = 1.0 / (_TWO_PI * subcarrier_spacing_hz)
    doppler_scale = 1.0 / (_TWO_PI * symbol_duration_s)
    for p in range(2):
        delay, doppler = work[4 * p + 2, 4 * p + 2], work[4 * p + 3, 4 * p + 3]
        out[p] = delay * delay_scale * delay_scale if regular else np.inf
        out[2 + p] = doppler * doppler_scale * doppler_scale if regular else np.inf
    return regular


def two_target_bounds(
    amplitudes: npt.ArrayLike,
    delays_s: npt.ArrayLike,
    dopplers_hz: npt.ArrayLike,
    subcarrier_spacing_hz: float,
    symbol_duration_s: float,
    subcarriers: int,
    symbols: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    r"""Return the bounds on the delays and Doppler shifts of two targets, amplitudes unknown.

    Args:
        amplitudes: Two complex numbers in units of the noise deviation
            (:math:`\lvert a \rvert^2` is the SNR of one resource element) at the middle of the
            grid, none 0.
        delays_s: Two delays, s.
        dopplers_hz: Two Doppler shifts, Hz.
        subcarrier_spacing_hz: In [1, 1e10] Hz.
        symbol_duration_s: In [1e-12, 1e3] s.
        subcarriers: 2..65536.
        symbols: 2..65536.

    Returns:
        Variances of the delays (s**2) and of the shifts (Hz**2), shape ``(2,)`` each, infinite for
        targets that cannot be separated.

    Raises:
        ValueError: An argument is outside its range.
    """
    pair = np.asarray(amplitudes, dtype=np.complex128).reshape(2)
    delays = np.array(delays_s, dtype=np.float64).reshape(2)
    dopplers = np.array(dopplers_hz, dtype=np.float64).reshape(2)
    check_range("abs(amplitudes)", np.abs(pair), Range(0.0, 1e6, open_low=True))
    check_range("delays_s", delays, Range(-1e3, 1e3, "s"))
    check_range("dopplers_hz", dopplers, Range(-1e10, 1e10, "Hz"))
    check_range("subcarrier_spacing_hz", float(subcarrier_spacing_hz), Range(1.0, 1e10, "Hz"))
    check_range("symbol_duration_s", float(symbol_duration_s), Range(1e-12, 1e3, "s"))
    check_range("subcarriers", float(subcarriers), Range(2.0, 65536.0, whole=True))
    check_range("symbols", float(symbols), Range(2.0, 65536.0, whole=True))
    out = np.empty(4)
    two_target_variances(
        np.stack([pair.real, pair.imag], axis=-1),
        delays,
        dopplers,
        float(subcarrier_spacing_hz),
        float(symbol_duration_s),
        int(subcarriers),
        int(symbols),
        np.empty(WORK_SHAPE),
        out,
    )
    return out[:2], out[2:]
