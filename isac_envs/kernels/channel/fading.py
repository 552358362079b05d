r"""Fast fading of one coefficient: Rician and Rayleigh laws, their evolution in time, Bessel J.

A coefficient h has mean power 1: a direct part of power :math:`K / (K + 1)` and a scattered part
:math:`\mathcal{CN}(0, 1 / (K + 1))`, whose two components each have half of that variance. Normal
draws are arguments; time enters as maximum Doppler shift times time, in turns.

Sources: Jakes, "Microwave Mobile Communications", 1974; Xiao, Zheng and Beaulieu, IEEE Trans.
Wireless Commun. 5(12), 2006, sums of sinusoids (both recalled); NIST DLMF 10.9.1, 10.17.3.
"""

import math
from fractions import Fraction
from typing import Any

import numpy as np

from isac_envs.engine.elementwise import Range, Real, check_range, elementwise
from isac_envs.engine.jit import allocating, inlined, jit
from isac_envs.engine.mathx import db_to_linear, fma, round_even, sincos_turns
from isac_envs.engine.rng import seed_stream, uniform
from isac_envs.kernels.numerics.gamma import exp_minus_one, exp_or_zero

_TURN, _TURN_LOW = 1.0 / (2.0 * math.pi), -9.839338337591243e-18  # 1 / (2 pi) in two parts
_HANKEL_FROM = 25.0
_SINES = np.array([sincos_turns((k + 0.5) / 64.0)[0] for k in range(16)])
_SINE_TURNS = _SINES * _TURN
_LINK_STREAMS = np.uint64(1 << 40)  # stream numbers of links, away from those of environments


def _hankel_terms(order: int) -> np.ndarray:
    """Return a_k(order) of DLMF 10.17.1 with the signs of both expansions, shape (12, 2)."""
    terms, term = [], Fraction(1)
    for k in range(1, 25):
        terms.append(float(term) * (-1.0 if (k - 1) // 2 % 2 else 1.0))
        term *= Fraction(4 * order * order - (2 * k - 1) * (2 * k - 1), 8 * k)
    return np.array(terms).reshape(12, 2)


_HANKEL_0, _HANKEL_1 = _hankel_terms(0), _hankel_terms(1)


@jit
def _hankel(x: float, terms: Any, shift_turns: float) -> float:
    y = 1.0 / x
    p, q = 0.0, 0.0
    for k in range(11, -1, -1):
        p, q = fma(p, y * y, terms[k, 0]), fma(q, y * y, terms[k, 1])
    turns = x * _TURN
    rest = fma(x, _TURN_LOW, fma(x, _TURN, -turns))
    sine, cosine = sincos_turns((turns - round_even(turns)) + (rest - shift_turns))
    return math.sqrt(4.0 * _TURN * y) * (p * cosine - q * y * sine)


@jit
def bessel_j0_one(x: Real) -> Real:
    """Return the Bessel function J0 of x, of either sign; absolute error below 4e-15."""
    x = abs(x)
    if x >= _HANKEL_FROM:
        return _hankel(x, _HANKEL_0, 0.125)
    total = 0.0
    for k in range(16):
        total += sincos_turns(x * _SINE_TURNS[k])[1]
    return total / 16.0


@jit
def bessel_j1_one(x: Real) -> Real:
    """Return the Bessel function J1 of x, of either sign; absolute error below 4e-15."""
    if abs(x) >= _HANKEL_FROM:
        return math.copysign(1.0, x) * _hankel(abs(x), _HANKEL_1, 0.375)
    total = 0.0
    for k in range(16):
        total += _SINES[k] * sincos_turns(x * _SINE_TURNS[k])[0]
    return total / 16.0


@jit
def rician_k_one(k_db: Real) -> Real:
    """Return the linear Rician factor of one in dB; minus infinity gives 0, which is Rayleigh."""
    return db_to_linear(k_db) if k_db > -300.0 else 0.0


@inlined
def rician_one(normal_re: Real, normal_im: Real, k_lin: Real, los_turns: Real) -> Any:
    """Return real and imaginary part of a Rician coefficient; see :func:`rician_coefficient`.

    Args:
        normal_re: Standard normal variate.
        normal_im: Another one.
        k_lin: Power ratio K of the direct path, linear.
        los_turns: Phase of the direct path in turns.
    """
    direct = math.sqrt(k_lin / (k_lin + 1.0))
    scattered = math.sqrt(0.5 / (k_lin + 1.0))
    sine, cosine = sincos_turns(los_turns)
    return direct * cosine + scattered * normal_re, direct * sine + scattered * normal_im


@inlined
def _rician_re_one(normal_re: Real, normal_im: Real, k_lin: Real, los_turns: Real) -> Real:
    return rician_one(normal_re, normal_im, k_lin, los_turns)[0]


@inlined
def _rician_im_one(normal_re: Real, normal_im: Real, k_lin: Real, los_turns: Real) -> Real:
    return rician_one(normal_re, normal_im, k_lin, los_turns)[1]


@inlined
def rician_power_variance_one(k_lin: Real) -> Real:
    """Return the variance of the power of a Rician coefficient.

    :math:`(1 + 2 K) / (1 + K)^2`.
    """
    return (1.0 + 2.0 * k_lin) / ((1.0 + k_lin) * (1.0 + k_lin))


@inlined
def ar1_step_one(part: Real, rho: Real, normal: Real) -> Real:
    r"""Return the next real or imaginary part of an AR(1) Rayleigh coefficient of mean power 1.

    :math:`h' = \rho h + \sqrt{1 - \rho^2}\, \mathcal{CN}(0, 1)`: each part has its own draw, and
    :func:`doppler_correlation` gives rho.

    Args:
        part: Present part.
        rho: Correlation with the next one, -1..1.
        normal: Standard normal variate.
    """
    return rho * part + math.sqrt(0.5 * (1.0 - rho) * (1.0 + rho)) * normal


@jit
def doppler_correlation_one(doppler_turns: Real) -> Real:
    r"""Return the autocorrelation of Clarke's model over one AR(1) step.

    :math:`J_0(2 \pi f_D \Delta t)`, only below the first zero of J0, :math:`f_D \Delta t = 0.3827`,
    where the sequence would begin to alternate. An AR(1) sequence forgets exponentially: for many
    steps or true spectra use :func:`jakes`.
    """
    return bessel_j0_one(2.0 * math.pi * doppler_turns)


@inlined
def level_crossing_rate_one(rho: Real, doppler_hz: Real) -> Real:
    """Return the rate in Hz at which a Rayleigh envelope falls below rho times its RMS value."""
    return math.sqrt(2.0 * math.pi) * doppler_hz * rho * exp_or_zero(-rho * rho)


@inlined
def average_fade_duration_one(rho: Real, doppler_hz: Real) -> Real:
    """Return the mean time in s that a Rayleigh envelope stays below rho times its RMS value."""
    return exp_minus_one(rho * rho) / (math.sqrt(2.0 * math.pi) * doppler_hz * rho)


_NORMAL = Range(-40.0, 40.0)
_ENVELOPE = {"rho": Range(1e-6, 20.0), "doppler_hz": Range(1e-9, 1e9, "Hz")}
_RICIAN = {"normal_re": _NORMAL, "normal_im": _NORMAL, "k_lin": Range(0.0, 1e12)}
_TURNS = Range(-1e12, 1e12)
AR1_TURNS = Range(0.0, 0.38)

bessel_j0 = elementwise(bessel_j0_one, x=Range(-1e8, 1e8))
bessel_j1 = elementwise(bessel_j1_one, x=Range(-1e6, 1e6))
rician_k = elementwise(rician_k_one, k_db=Range(-math.inf, 120.0, "dB"))
rician_power_variance = elementwise(rician_power_variance_one, k_lin=_RICIAN["k_lin"])
ar1_step = elementwise(ar1_step_one, part=Range(-1e6, 1e6), rho=Range(0.0, 1.0), normal=_NORMAL)
doppler_correlation = elementwise(doppler_correlation_one, doppler_turns=AR1_TURNS)
level_crossing_rate = elementwise(level_crossing_rate_one, **_ENVELOPE)
average_fade_duration = elementwise(average_fade_duration_one, **_ENVELOPE)
_rician_re = elementwise(_rician_re_one, los_turns=_TURNS, **_RICIAN)
_rician_im = elementwise(_rician_im_one, los_turns=_TURNS, **_RICIAN)


def rician_coefficient(normal_re: Real, normal_im: Real, k_lin: Real, los_turns: Real = 0.0) -> Any:
    r"""Return Rician coefficients of mean power 1; Rayleigh ones for K = 0.

    Args:
        normal_re: Standard normal draws of the real part, in [-40, 40].
        normal_im: Standard normal draws of the imaginary part.
        k_lin: Rician factor K, linear, in [0, 1e12].
        los_turns: Phase of the direct part in turns, :math:`\phi_0 / 2 \pi + f_{D,\mathrm{LOS}} t`,
            in +-1e12.

    Returns:
        A complex number, or a complex128 array of the broadcast shape.

    Raises:
        ValueError: An argument is outside its range.
    """
    both = (normal_re, normal_im, k_lin, los_turns)
    return _rician_re(*both) + 1j * _rician_im(*both)


@allocating
def _fill_tones(seed: Any, links: Any, cosines: Any, phases: Any) -> None:
    stream = np.empty(4, np.uint64)
    for i in range(links.shape[0]):
        seed_stream(stream, seed, links[i])
        for k in range(cosines.shape[0]):
            cosines[k, i] = sincos_turns((k + uniform(stream) - 0.5) / cosines.shape[0])[1]
            phases[k, i] = uniform(stream)


def jakes_tones(seed: int, links: Any, tones: int = 16) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the tones of Clarke's model; the tones of a link do not depend on the other links.

    Tone n of N arrives from :math:`(2 \pi n + \theta) / N` with a phase :math:`\phi`, both uniform:
    places 2n and 2n + 1 of a stream keyed by seed and link.

    Args:
        seed: Integer in [0, 2**63 - 1024].
        links: Link numbers, integers in [0, 2**40), shape ``(n,)``.
        tones: Number N of tones in [16, 4096]: fewer are visibly not Gaussian.

    Returns:
        Cosines of the arrival angles, and phases in turns, float64 of shape ``(tones, n)``.

    Raises:
        ValueError: An argument is outside its range.
    """
    numbers = np.atleast_1d(np.asarray(links))
    check_range("seed", float(seed), Range(0.0, 2.0**63 - 1024.0, whole=True))
    check_range("tones", float(tones), Range(16.0, 4096.0, whole=True))
    check_range("links", numbers.astype(np.float64), Range(0.0, _LINK_STREAMS - 1.0, whole=True))
    cosines, phases = np.empty((2, int(tones), numbers.size))
    _fill_tones(np.uint64(seed), numbers.astype(np.uint64) + _LINK_STREAMS, cosines, phases)
    return cosines, phases


@jit
def fill_jakes(doppler_turns: Any, cosines: Any, phases: Any, out_re: Any, out_im: Any) -> None:
    """Write the Rayleigh coefficients of :func:`jakes` into two arrays of shape ``(n,)``.

    Args:
        doppler_turns: Largest Doppler shift times time, in turns, shape ``(n,)``.
        cosines: Cosines of the angles of arrival, shape ``(tones, n)``.
        phases: Phases of the tones in turns, shape ``(tones, n)``.
        out_re: Receives the real parts.
        out_im: Receives the imaginary parts.
    """
    out_re[:], out_im[:] = 0.0, 0.0
    for k in range(cosines.shape[0]):
        for i in range(out_re.shape[0]):
            sine, cosine = sincos_turns(fma(doppler_turns[i], cosines[k, i], phases[k, i]))
            out_re[i] += cosine
            out_im[i] += sine
    scale = 1.0 / math.sqrt(cosines.shape[0])
    out_re *= scale
    out_im *= scale


def jakes(doppler_turns: Any, cosines: np.ndarray, phases: np.ndarray) -> np.ndarray:
    r"""Return Rayleigh coefficients of Clarke's model at given times, as a sum of sinusoids.

    :math:`N^{-1/2} \sum_n \exp(j 2 \pi (f_D t \cos a_n + \phi_n))`: over the draws of the tones,
    mean power 1 and autocorrelation :math:`J_0(2 \pi f_D \tau)`, exactly for any N.

    Args:
        doppler_turns: Maximum Doppler shift times time, :math:`f_D t`, a number or shape ``(n,)``,
            +-1e12.
        cosines: From :func:`jakes_tones`, shape ``(tones, n)``.
        phases: From :func:`jakes_tones`, shape ``(tones, n)``.

    Returns:
        complex128 of shape ``(n,)``.

    Raises:
        ValueError: A time is not finite or outside its range, or the shapes do not fit.
    """
    turns = np.array(np.broadcast_to(doppler_turns, cosines.shape[1:]), dtype=np.float64)
    check_range("doppler_turns", turns, _TURNS)
    if cosines.shape != phases.shape:
        raise ValueError(f"cosines {cosines.shape} and phases {phases.shape} differ")
    out = np.empty((2, turns.size))
    fill_jakes(turns, cosines, phases, out[0], out[1])
    return out[0] + 1j * out[1]
