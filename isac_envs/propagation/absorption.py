"""What rain and gases absorb along a link, as one number for a carrier."""

from isac_envs.kernels.pathloss.gas import gas_loss
from isac_envs.kernels.pathloss.rain import rain_coefficients, rain_loss_one

LEAST_HZ = 1e9
"""Least carrier of both recommendations."""

_CIRCULAR_DEG = 45.0


def absorption(carrier_hz: float, rain_mm_h: float, gases: bool) -> float:
    """Return the specific attenuation in dB/m.

    Rain has the coefficients of circular polarisation, which lie between those of horizontal and
    vertical. The atmosphere is the standard one: 1013.25 hPa, 288.15 K, 7.5 g/m^3 of vapour.

    Args:
        carrier_hz: Carrier frequency in Hz, 1 to 1000 GHz if anything absorbs.
        rain_mm_h: Rain rate in mm/h.
        gases: Whether oxygen and water vapour absorb.
    """
    total_db_km = 0.0
    if rain_mm_h > 0.0:
        k, alpha = rain_coefficients(carrier_hz, _CIRCULAR_DEG)
        total_db_km += float(rain_loss_one(rain_mm_h, k, alpha))
    if gases:
        total_db_km += float(gas_loss(carrier_hz).total_db_km)
    return 1e-3 * total_db_km
