"""Attenuation by rain, and by the droplets of clouds and fog.

Source: Recommendations ITU-R P.838-3 (03/2005), eq. 1 to 5 and tables 1 to 4; ITU-R P.840-8
(08/2019), section 2 (double Debye model, Rayleigh scattering). The coefficients are evaluated once
for each carrier in NumPy; the power law of the rain rate is a kernel.
"""

from typing import Any

import numpy as np

from isac_envs.engine.elementwise import Range, Real, check_range, elementwise
from isac_envs.engine.jit import inlined
from isac_envs.engine.mathx import exp2, log2
from isac_envs.kernels.numerics import portable

POLARISATION_TILT_DEG = {"horizontal": 0.0, "vertical": 90.0, "circular": 45.0}
"""Tilt of the polarisation from the horizontal by name, degrees."""

_FREQUENCY = Range(1e9, 1000e9, "Hz")

# rows a_j, b_j, c_j of the Gaussians in lg f, then the slope m and the offset c of the line
_K_HORIZONTAL = (
    (-5.33980, -0.35351, -0.23789, -0.94158),
    (-0.10008, 1.26970, 0.86036, 0.64552),
    (1.13098, 0.45400, 0.15354, 0.16817),
    (-0.18961, 0.71147),
)
_K_VERTICAL = (
    (-3.80595, -3.44965, -0.39902, 0.50167),
    (0.56934, -0.22911, 0.73042, 1.07319),
    (0.81061, 0.51059, 0.11899, 0.27195),
    (-0.16398, 0.63297),
)
_ALPHA_HORIZONTAL = (
    (-0.14318, 0.29591, 0.32177, -5.37610, 16.1721),
    (1.82442, 0.77564, 0.63773, -0.96230, -3.29980),
    (-0.55187, 0.19822, 0.13164, 1.47828, 3.43990),
    (0.67849, -1.95537),
)
_ALPHA_VERTICAL = (
    (-0.07771, 0.56727, -0.20238, -48.2991, 48.5833),
    (2.33840, 0.95545, 1.14520, 0.791669, 0.791459),
    (-0.76284, 0.54039, 0.26809, 0.116226, 0.116479),
    (-0.053739, 0.83433),
)


def rain_coefficients(f_hz: Any, tilt_deg: Any = 0.0, elevation_deg: Any = 0.0) -> tuple[Any, Any]:
    r"""Return the coefficients k and alpha of the specific attenuation of rain.

    :math:`k R^\alpha`.

    Source: ITU-R P.838-3, eq. 2 to 5.

    Args:
        f_hz: Frequency in Hz, 1 to 1000 GHz, number or array.
        tilt_deg: Tilt of the polarisation from the horizontal in degrees, -90 to 90: 0 is
            horizontal, 90 vertical, 45 circular (:data:`POLARISATION_TILT_DEG`).
        elevation_deg: Elevation of the path in degrees, -90 to 90.

    Returns:
        ``(k, alpha)`` for the rain rate in mm/h and the attenuation in dB/km, floats or arrays.

    Raises:
        ValueError: An argument is NaN or outside its range.
    """
    f = np.asarray(f_hz, dtype=np.float64)
    tilt, elevation = (np.asarray(x, dtype=np.float64) for x in (tilt_deg, elevation_deg))
    check_range("f_hz", f, _FREQUENCY)
    check_range("tilt_deg", tilt, Range(-90.0, 90.0, "deg"))
    check_range("elevation_deg", elevation, Range(-90.0, 90.0, "deg"))
    lg_f = np.asarray(portable.log10(f * 1e-9))
    k_h, k_v = (
        portable.db_to_linear(10.0 * _regression(lg_f, each))
        for each in (_K_HORIZONTAL, _K_VERTICAL)
    )
    a_h, a_v = _regression(lg_f, _ALPHA_HORIZONTAL), _regression(lg_f, _ALPHA_VERTICAL)
    rise = portable.sincos_turns(elevation / 360.0)[1]
    mix = rise * rise * portable.sincos_turns(tilt / 180.0)[1]
    k = (k_h + k_v + (k_h - k_v) * mix) / 2.0
    alpha = (k_h * a_h + k_v * a_v + (k_h * a_h - k_v * a_v) * mix) / (2.0 * k)
    return (k, alpha) if np.ndim(k) else (float(k), float(alpha))


def _regression(lg_f: Any, table: tuple[tuple[float, ...], ...]) -> Any:
    a, b, c, (slope, offset) = (np.asarray(row) for row in table)
    apart = (lg_f[..., None] - b) / c
    gaussians = a * portable.exp(-apart * apart)
    return np.sum(gaussians, axis=-1) + slope * lg_f + offset


@inlined
def rain_loss_one(rain_rate_mm_h: Real, k: Real, alpha: Real) -> Real:
    r"""Return the specific attenuation of rain in dB/km; an echo passes it twice.

    :math:`k R^\alpha`.

    Source: ITU-R P.838-3, eq. 1.

    Args:
        rain_rate_mm_h: Rain rate R in mm/h.
        k: Coefficient of :func:`rain_coefficients`.
        alpha: Exponent of :func:`rain_coefficients`.
    """
    loss = k * exp2(alpha * log2(max(rain_rate_mm_h, 1e-30)))
    return loss if rain_rate_mm_h > 0.0 else 0.0


rain_loss = elementwise(
    rain_loss_one,
    rain_rate_mm_h=Range(0.0, 500.0, "mm/h"),
    k=Range(0.0, 10.0),
    alpha=Range(0.0, 2.0),
)


def cloud_coefficient(f_hz: Any, temperature_k: Any = 283.15) -> Any:
    """Return the specific attenuation of cloud or fog per liquid water, in (dB/km)/(g/m^3).

    Dense fog holds about 0.05 g/m^3 (visibility 300 m) to 0.5 g/m^3 (50 m).

    Source: ITU-R P.840-8, eq. 2 to 11; Rayleigh scattering, hence up to 200 GHz there. Values
    above are an extrapolation.

    Args:
        f_hz: Frequency in Hz, 1 to 1000 GHz, number or array.
        temperature_k: Temperature of the droplets in K, 250 to 320, number or array.

    Returns:
        K_l, a float or a float64 array of the common shape.

    Raises:
        ValueError: An argument is NaN or outside its range.
    """
    f, t = (np.asarray(x, dtype=np.float64) for x in (f_hz, temperature_k))
    check_range("f_hz", f, _FREQUENCY)
    check_range("temperature_k", t, Range(250.0, 320.0, "K"))
    f, excess = f * 1e-9, 300.0 / t - 1.0
    static = 77.66 + 103.3 * excess
    middle, optical = 0.0671 * static, 3.52
    primary = 20.20 - 146.0 * excess + 316.0 * excess * excess
    u, v = f / primary, f / (39.8 * primary)
    step_1, step_2 = (static - middle) / (1.0 + u * u), (middle - optical) / (1.0 + v * v)
    real, imaginary = step_1 + step_2 + optical, u * step_1 + v * step_2
    eta = (2.0 + real) / imaginary
    coefficient = 0.819 * f / (imaginary * (1.0 + eta * eta))
    return coefficient if np.ndim(coefficient) else float(coefficient)
