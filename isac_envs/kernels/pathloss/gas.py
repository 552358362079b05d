"""Attenuation by atmospheric gases, line by line.

Source: Recommendation ITU-R P.676-12 (08/2019), annex 1, eq. 1 to 9. The water vapour windows of
P.676-10 and earlier are about 10 % higher. Evaluated once for each carrier, hence plain NumPy.
"""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.kernels.constants import (
    STANDARD_PRESSURE_HPA,
    STANDARD_TEMPERATURE_K,
    STANDARD_VAPOUR_DENSITY_G_M3,
)
from isac_envs.kernels.numerics import portable
from isac_envs.kernels.pathloss.gas_lines import OXYGEN_LINES, VAPOUR_LINES


class GasLoss(NamedTuple):
    """Specific attenuation in dB/km, each a float or a float64 array."""

    oxygen_db_km: Any
    """Oxygen lines and the continuum of dry air."""
    vapour_db_km: Any
    """Water vapour."""

    @property
    def total_db_km(self) -> Any:
        """Return the sum of both in dB/km; an echo passes it twice."""
        return self.oxygen_db_km + self.vapour_db_km


RANGES = {
    "f_hz": Range(1e9, 1000e9, "Hz"),
    "dry_pressure_hpa": Range(0.0, 1100.0, "hPa", open_low=True),
    "temperature_k": Range(150.0, 350.0, "K"),
    "vapour_density_g_m3": Range(0.0, 100.0, "g/m^3"),
}


def gas_loss(
    f_hz: Any,
    dry_pressure_hpa: Any = STANDARD_PRESSURE_HPA,
    temperature_k: Any = STANDARD_TEMPERATURE_K,
    vapour_density_g_m3: Any = STANDARD_VAPOUR_DENSITY_G_M3,
) -> GasLoss:
    r"""Return the specific attenuation by oxygen and by water vapour.

    The pressure is that of dry air; the partial pressure of the vapour, :math:`e = \rho T / 216.7`
    hPa, is added (about 10 hPa in the standard atmosphere).

    Args:
        f_hz: Frequency in Hz, 1 to 1000 GHz, number or array.
        dry_pressure_hpa: Pressure of dry air in hPa, up to 1100, number or array.
        temperature_k: Temperature in K, 150 to 350, number or array.
        vapour_density_g_m3: Water vapour density in g/m^3, 0 to 100, number or array.

    Returns:
        Attenuations in dB/km, floats or float64 arrays of the common shape.

    Raises:
        ValueError: An argument is NaN or outside its range.
    """
    given = (f_hz, dry_pressure_hpa, temperature_k, vapour_density_g_m3)
    arrays = [np.asarray(each, dtype=np.float64) for each in given]
    for (name, valid), values in zip(RANGES.items(), arrays, strict=True):
        check_range(name, values, valid)
    f, p, t, rho = (each[..., None] for each in np.broadcast_arrays(*arrays))
    f, theta, e = f * 1e-9, 300.0 / t, rho * t / 216.7
    oxygen = _oxygen_lines(f, p, e, theta) + _dry_continuum(f, p, e, theta)[..., 0]
    scale = 0.1820 * f[..., 0]
    losses = (scale * oxygen, scale * _vapour_lines(f, p, e, theta))
    return GasLoss(*(each if each.ndim else float(each) for each in losses))


def _line_shape(f: Any, f0: Any, width: Any, interference: Any) -> Any:
    """Return the shape factor F_i (eq. 5): two resonances, with interference between lines."""
    below, above = f0 - f, f0 + f
    resonance = (width - interference * below) / (below * below + width * width)
    mirror = (width - interference * above) / (above * above + width * width)
    return f / f0 * (resonance + mirror)


def _oxygen_lines(f: Any, p: Any, e: Any, theta: Any) -> Any:
    """Return the sum of S_i F_i over the oxygen lines (eq. 2, 3, 6, 7)."""
    f0, a1, a2, a3, a4, a5, a6 = OXYGEN_LINES.T
    strength = a1 * 1e-7 * p * theta * theta * theta * portable.exp(a2 * (1.0 - theta))
    pressure_width = a3 * 1e-4 * (p * portable.power(theta, 0.8 - a4) + 1.1 * e * theta)
    width = np.sqrt(pressure_width * pressure_width + 2.25e-6)  # Zeeman splitting
    interference = (a5 + a6 * theta) * 1e-4 * (p + e) * portable.power(theta, 0.8)
    return np.sum(strength * _line_shape(f, f0, width, interference), axis=-1)


def _vapour_lines(f: Any, p: Any, e: Any, theta: Any) -> Any:
    """Return the sum of S_i F_i over the water vapour lines (eq. 2, 3, 6)."""
    f0, b1, b2, b3, b4, b5, b6 = VAPOUR_LINES.T
    strength = b1 * 1e-1 * e * portable.power(theta, 3.5) * portable.exp(b2 * (1.0 - theta))
    own = b5 * e * portable.power(theta, b6)
    pressure_width = b3 * 1e-4 * (p * portable.power(theta, b4) + own)
    doppler = 2.1316e-12 * f0 * f0 / theta
    width = 0.535 * pressure_width + np.sqrt(0.217 * pressure_width * pressure_width + doppler)
    return np.sum(strength * _line_shape(f, f0, width, 0.0), axis=-1)


def _dry_continuum(f: Any, p: Any, e: Any, theta: Any) -> Any:
    """Return N''_D: non-resonant oxygen and pressure-induced nitrogen (eq. 8, 9)."""
    width = 5.6e-4 * (p + e) * portable.power(theta, 0.8)
    ratio = f / width
    debye = 6.14e-5 / (width * (1.0 + ratio * ratio))
    nitrogen = 1.4e-12 * p * theta * np.sqrt(theta) / (1.0 + 1.9e-5 * f * np.sqrt(f))
    return f * p * theta * theta * (debye + nitrogen)
