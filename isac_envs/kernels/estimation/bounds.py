r"""Cramer-Rao bounds on delay, Doppler shift, angle, range and velocity of one point target.

Model of the OFDM bounds, for n < N subcarriers and m < M symbols:

.. math::

    Y[n, m] = a \exp(-j 2 \pi n\, \Delta f\, \tau) \exp(+j 2 \pi m T f) + W[n, m]

``snr_per_re`` is :math:`\lvert a \rvert^2 / \sigma^2` of one resource element, before any
integration (a matched filter over the grid gains N M: do not apply it twice).

Every bound is a VARIANCE (not a deviation), in the square of its unit, angles in radians.

* No suffix: the complex amplitude ``a`` is unknown and estimated jointly. This is the usual case.
* ``_known_amplitude``: amplitude and phase are known, the phase at the first subcarrier, symbol
  or element, and all other parameters are known too: up to 4 times lower.

No unbiased estimator is better; near and below the threshold SNR (about 13 dB after integration)
every estimator is far worse. Use a bound together with a detection probability.

Sources: S. M. Kay, "Fundamentals of Statistical Signal Processing: Estimation Theory", 1993,
sections 3.11 and 15.7; P. Stoica and A. Nehorai, IEEE Trans. ASSP 37(5), 1989 (arrays).
"""

import math
from typing import Any

import numpy as np

from isac_envs.engine import mathx
from isac_envs.engine.elementwise import Range, Real, check_range, elementwise
from isac_envs.engine.jit import jit
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S

_TWO_PI = 2.0 * math.pi
_HALF_SPEED = 0.5 * SPEED_OF_LIGHT_M_S


@jit
def _index_spread(n: Real) -> Real:
    """Return the sum over k < n of (k - mean)**2."""
    return n * (n * n - 1.0) / 12.0


@jit
def _index_power(n: Real) -> Real:
    """Return the sum over k < n of k**2."""
    return n * (n - 1.0) * (2.0 * n - 1.0) / 6.0


@jit
def _variance(snr: Real, rate: Real, spread: Real) -> Real:
    """Return the bound on x in exp(j rate k x), for a sum ``spread`` of squared indices k."""
    return 1.0 / (2.0 * snr * (rate * rate) * spread)


@jit
def delay_variance_one(
    snr_per_re: Real, subcarrier_spacing_hz: Real, subcarriers: Real, symbols: Real
) -> Real:
    r"""Return the bound on the delay in s**2.

    :math:`6 / (\mathrm{snr}\, (2 \pi\, \Delta f)^2 N M (N^2 - 1))`.

    Args:
        snr_per_re: SNR of one resource element before integration, linear.
        subcarrier_spacing_hz: Spacing of the subcarriers in Hz.
        subcarriers: Number of subcarriers N, 2 or more.
        symbols: Number of symbols M.
    """
    spread = symbols * _index_spread(subcarriers)
    return _variance(snr_per_re, _TWO_PI * subcarrier_spacing_hz, spread)


@jit
def delay_variance_known_amplitude_one(
    snr_per_re: Real, subcarrier_spacing_hz: Real, subcarriers: Real, symbols: Real
) -> Real:
    """Return the bound on the delay in s**2 if amplitude, phase and Doppler shift are known.

    Args:
        snr_per_re: SNR of one resource element before integration, linear.
        subcarrier_spacing_hz: Spacing of the subcarriers in Hz.
        subcarriers: Number of subcarriers N, 2 or more.
        symbols: Number of symbols M.
    """
    spread = symbols * _index_power(subcarriers)
    return _variance(snr_per_re, _TWO_PI * subcarrier_spacing_hz, spread)


@jit
def doppler_variance_one(
    snr_per_re: Real, symbol_duration_s: Real, subcarriers: Real, symbols: Real
) -> Real:
    r"""Return the bound on the Doppler shift in Hz**2.

    :math:`6 / (\mathrm{snr}\, (2 \pi T)^2 N M (M^2 - 1))`.

    Args:
        snr_per_re: SNR of one resource element before integration, linear.
        symbol_duration_s: Duration of a symbol in s.
        subcarriers: Number of subcarriers N, 2 or more.
        symbols: Number of symbols M.
    """
    spread = subcarriers * _index_spread(symbols)
    return _variance(snr_per_re, _TWO_PI * symbol_duration_s, spread)


@jit
def doppler_variance_known_amplitude_one(
    snr_per_re: Real, symbol_duration_s: Real, subcarriers: Real, symbols: Real
) -> Real:
    """Return the bound on the Doppler shift in Hz**2 if amplitude, phase and delay are known.

    Args:
        snr_per_re: SNR of one resource element before integration, linear.
        symbol_duration_s: Duration of a symbol in s.
        subcarriers: Number of subcarriers N, 2 or more.
        symbols: Number of symbols M.
    """
    spread = subcarriers * _index_power(symbols)
    return _variance(snr_per_re, _TWO_PI * symbol_duration_s, spread)


@jit
def delay_variance_flat_spectrum_one(snr_after_mf: Real, bandwidth_hz: Real) -> Real:
    r"""Return the bound on the delay in s**2 for a flat spectrum, unknown amplitude.

    :math:`1 / (2\, \mathrm{snr}\, (2 \pi B_\mathrm{rms})^2)` with
    :math:`B_\mathrm{rms} = B / \sqrt{12}`.
    """
    return 3.0 / (2.0 * math.pi * math.pi * snr_after_mf * bandwidth_hz * bandwidth_hz)


@jit
def doppler_variance_flat_time_one(snr_after_mf: Real, duration_s: Real) -> Real:
    r"""Return the bound on the Doppler shift in Hz**2 for constant power, unknown amplitude.

    :math:`1 / (2\, \mathrm{snr}\, (2 \pi T_\mathrm{rms})^2)` with
    :math:`T_\mathrm{rms} = T / \sqrt{12}`.
    """
    return 3.0 / (2.0 * math.pi * math.pi * snr_after_mf * duration_s * duration_s)


@jit
def _cosine(angle_rad: Real) -> Real:
    return mathx.sincos_turns(angle_rad / _TWO_PI)[1]


@jit
def angle_variance_one(
    snr_per_element: Real,
    angle_rad: Real,
    spacing_wavelengths: Real,
    elements: Real,
    snapshots: Real,
) -> Real:
    r"""Return the bound on the angle from broadside of a uniform linear array, in rad**2.

    :math:`6 / (\mathrm{snr}\, K (2 \pi d \cos(\theta) / \lambda)^2 N (N^2 - 1))`, unknown amplitude
    in each snapshot.

    Args:
        snr_per_element: SNR of one array element, linear.
        angle_rad: Angle from broadside in rad.
        spacing_wavelengths: Distance of the elements in wavelengths.
        elements: Number of elements.
        snapshots: Number of snapshots K.
    """
    rate = _TWO_PI * spacing_wavelengths * _cosine(angle_rad)
    return _variance(snr_per_element, rate, snapshots * _index_spread(elements))


@jit
def angle_variance_known_amplitude_one(
    snr_per_element: Real,
    angle_rad: Real,
    spacing_wavelengths: Real,
    elements: Real,
    snapshots: Real,
) -> Real:
    """Return the bound on the angle in rad**2 if the phase at the first element is known.

    Args:
        snr_per_element: SNR of one array element, linear.
        angle_rad: Angle from broadside in rad.
        spacing_wavelengths: Distance of the elements in wavelengths.
        elements: Number of elements.
        snapshots: Number of snapshots K.
    """
    rate = _TWO_PI * spacing_wavelengths * _cosine(angle_rad)
    return _variance(snr_per_element, rate, snapshots * _index_power(elements))


@jit
def angle_variance_of_spread_one(
    snr_per_element: Real, angle_rad: Real, spread_wavelengths2: Real, snapshots: Real
) -> Real:
    r"""Return the bound on the angle from broadside of any linear or virtual array, in rad**2.

    :math:`1 / (2\, \mathrm{snr}\, K (2 \pi \cos \theta)^2 \sum (p - \bar p)^2)`, positions p in
    wavelengths; for virtual (transmit times receive) arrays see :func:`virtual_spread`. Unknown
    amplitude.

    Args:
        snr_per_element: SNR of one array element, linear.
        angle_rad: Angle from broadside in rad.
        spread_wavelengths2: Sum of the squared distances of the elements from their mean, in
            squared wavelengths.
        snapshots: Number of snapshots K.
    """
    rate = _TWO_PI * _cosine(angle_rad)
    return _variance(snr_per_element, rate, snapshots * spread_wavelengths2)


@jit
def split_aperture_variance_one(
    snr_after_mf: Real, spacing_wavelengths: Real, elements: Real
) -> Real:
    r"""Return the variance of a sine that is estimated from the phase between two half-arrays.

    :math:`2 / (\mathrm{snr}\, (\pi N d / \lambda)^2)`: the accuracy of a receiver that compares the
    phases of the halves of a uniform linear array. For many elements it is 4/3 of the bound. The
    sine is of the angle from broadside; the variance of the angle is this over
    :math:`\cos^2 \theta`. The SNR is the coherent sum's over all elements.

    Args:
        snr_after_mf: SNR of the coherent sum over all elements, linear.
        spacing_wavelengths: Distance of neighbours in wavelengths.
        elements: Elements of the whole array, an even number.
    """
    rate = math.pi * elements * spacing_wavelengths
    return 2.0 / (snr_after_mf * rate * rate)


@jit
def range_variance_monostatic_one(delay_variance_s2: Real) -> Real:
    """Return the variance of the distance to a target from the variance of the delay.

    The factor is :math:`(c / 2)^2`.
    """
    return _HALF_SPEED * _HALF_SPEED * delay_variance_s2


@jit
def path_length_variance_one(delay_variance_s2: Real) -> Real:
    """Return the variance of the bistatic path length (both legs together): no factor 1/2."""
    return SPEED_OF_LIGHT_M_S * SPEED_OF_LIGHT_M_S * delay_variance_s2


@jit
def velocity_variance_monostatic_one(doppler_variance_hz2: Real, carrier_hz: Real) -> Real:
    r"""Return the variance of the radial velocity in (m/s)**2 from the Doppler shift's variance.

    The factor is :math:`(\lambda / 2)^2`.
    """
    half_wavelength = _HALF_SPEED / carrier_hz
    return half_wavelength * half_wavelength * doppler_variance_hz2


_SNR = Range(0.0, 1e12, open_low=True)
_COUNT = Range(2.0, 1e6, whole=True)
_REPEATS = Range(1.0, 1e9, whole=True)
_ANGLE = Range(-1.57, 1.57, "rad")
_SPACING_HZ = Range(1.0, 1e10, "Hz")
_TIME = Range(1e-12, 1e3, "s")
_VARIANCE = Range(0.0, 1e30)

_DELAY: dict[str, Any] = {
    "snr_per_re": _SNR,
    "subcarrier_spacing_hz": _SPACING_HZ,
    "subcarriers": _COUNT,
    "symbols": _REPEATS,
}
_DOPPLER: dict[str, Any] = {
    "snr_per_re": _SNR,
    "symbol_duration_s": _TIME,
    "subcarriers": _REPEATS,
    "symbols": _COUNT,
}
_ARRAY: dict[str, Any] = {
    "snr_per_element": _SNR,
    "angle_rad": _ANGLE,
    "spacing_wavelengths": Range(1e-3, 1e3),
    "elements": _COUNT,
    "snapshots": _REPEATS,
}

delay_variance = elementwise(delay_variance_one, **_DELAY)
delay_variance_known_amplitude = elementwise(delay_variance_known_amplitude_one, **_DELAY)
doppler_variance = elementwise(doppler_variance_one, **_DOPPLER)
doppler_variance_known_amplitude = elementwise(doppler_variance_known_amplitude_one, **_DOPPLER)
delay_variance_flat_spectrum = elementwise(
    delay_variance_flat_spectrum_one, snr_after_mf=_SNR, bandwidth_hz=Range(1.0, 1e13, "Hz")
)
doppler_variance_flat_time = elementwise(
    doppler_variance_flat_time_one, snr_after_mf=_SNR, duration_s=_TIME
)
angle_variance = elementwise(angle_variance_one, **_ARRAY)
angle_variance_known_amplitude = elementwise(angle_variance_known_amplitude_one, **_ARRAY)
angle_variance_of_spread = elementwise(
    angle_variance_of_spread_one,
    snr_per_element=_SNR,
    angle_rad=_ANGLE,
    spread_wavelengths2=Range(0.0, 1e12, open_low=True),
    snapshots=_REPEATS,
)
split_aperture_variance = elementwise(
    split_aperture_variance_one,
    snr_after_mf=_SNR,
    spacing_wavelengths=Range(1e-3, 1e3),
    elements=_COUNT,
)
range_variance_monostatic = elementwise(range_variance_monostatic_one, delay_variance_s2=_VARIANCE)
path_length_variance = elementwise(path_length_variance_one, delay_variance_s2=_VARIANCE)
velocity_variance_monostatic = elementwise(
    velocity_variance_monostatic_one,
    doppler_variance_hz2=_VARIANCE,
    carrier_hz=Range(1e6, 1e13, "Hz"),
)


def virtual_spread(transmit_wavelengths: Real, receive_wavelengths: Real) -> float:
    """Return the sum of squared deviations of all sums of a transmit and a receive position.

    Args:
        transmit_wavelengths: Positions along the array in wavelengths, shape ``(N_t,)``.
        receive_wavelengths: Positions along the receive array, shape ``(N_r,)``.

    Returns:
        Square wavelengths, for :func:`angle_variance_of_spread`.

    Raises:
        ValueError: A position is not finite or beyond 1e6 wavelengths.
    """
    transmit = np.asarray(transmit_wavelengths, dtype=np.float64).reshape(-1)
    receive = np.asarray(receive_wavelengths, dtype=np.float64).reshape(-1)
    check_range("transmit_wavelengths", transmit, Range(-1e6, 1e6))
    check_range("receive_wavelengths", receive, Range(-1e6, 1e6))
    return float(transmit.size * receive.size * (transmit.var() + receive.var()))
