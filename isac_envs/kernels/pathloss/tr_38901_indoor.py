"""Path loss of 3GPP TR 38.901, indoor hotspot office (InH) and indoor factory (InF).

Source: 3GPP TR 38.901 V19.4.0, table 7.4.1-1. Mean path loss, positive in dB, without shadow
fading. All distances are between the antennas (three-dimensional): InH 1 to 150 m, InF 1 to 600 m.
The letters of the factory: sparse or dense clutter, base station low (inside) or high (above it).
"""

from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import inlined
from isac_envs.engine.mathx import log10
from isac_envs.kernels.pathloss.tr_38901 import FREQUENCY


@inlined
def inh_los_one(d_3d_m: Real, f_hz: Real) -> Real:
    """Return the InH-Office LOS path loss in dB.

    Args:
        d_3d_m: Distance between the antennas in m.
        f_hz: Carrier frequency in Hz.
    """
    return 32.4 + 20.0 * log10(f_hz * 1e-9) + 17.3 * log10(d_3d_m)


@inlined
def inh_nlos_one(d_3d_m: Real, f_hz: Real) -> Real:
    """Return the InH-Office NLOS path loss in dB, never below LOS.

    Args:
        d_3d_m: Distance between the antennas in m.
        f_hz: Carrier frequency in Hz.
    """
    term = 17.30 + 24.9 * log10(f_hz * 1e-9) + 38.3 * log10(d_3d_m)
    return max(inh_los_one(d_3d_m, f_hz), term)


@inlined
def inh_nlos_optional_one(d_3d_m: Real, f_hz: Real) -> Real:
    """Return the optional InH-Office NLOS path loss in dB; it is never below LOS from 1 m on.

    Args:
        d_3d_m: Distance between the antennas in m.
        f_hz: Carrier frequency in Hz.
    """
    return 32.4 + 20.0 * log10(f_hz * 1e-9) + 31.9 * log10(d_3d_m)


@inlined
def inf_los_one(d_3d_m: Real, f_hz: Real) -> Real:
    """Return the InF LOS path loss in dB, the same in all factories.

    Args:
        d_3d_m: Distance between the antennas in m.
        f_hz: Carrier frequency in Hz.
    """
    return 31.84 + 19.0 * log10(f_hz * 1e-9) + 21.5 * log10(d_3d_m)


@inlined
def inf_sl_nlos_one(d_3d_m: Real, f_hz: Real) -> Real:
    """Return the InF-SL (sparse clutter, low station) NLOS path loss in dB, never below LOS.

    Args:
        d_3d_m: Distance between the antennas in m.
        f_hz: Carrier frequency in Hz.
    """
    term = 33.0 + 20.0 * log10(f_hz * 1e-9) + 25.5 * log10(d_3d_m)
    return max(inf_los_one(d_3d_m, f_hz), term)


@inlined
def inf_dl_nlos_one(d_3d_m: Real, f_hz: Real) -> Real:
    """Return the InF-DL (dense clutter, low station) NLOS path loss in dB.

    The largest of three: its own slope, LOS, and InF-SL.

    Args:
        d_3d_m: Distance between the antennas in m.
        f_hz: Carrier frequency in Hz.
    """
    term = 18.6 + 20.0 * log10(f_hz * 1e-9) + 35.7 * log10(d_3d_m)
    return max(inf_sl_nlos_one(d_3d_m, f_hz), term)


@inlined
def inf_sh_nlos_one(d_3d_m: Real, f_hz: Real) -> Real:
    """Return the InF-SH (sparse clutter, high station) NLOS path loss in dB, never below LOS.

    Args:
        d_3d_m: Distance between the antennas in m.
        f_hz: Carrier frequency in Hz.
    """
    term = 32.4 + 20.0 * log10(f_hz * 1e-9) + 23.0 * log10(d_3d_m)
    return max(inf_los_one(d_3d_m, f_hz), term)


@inlined
def inf_dh_nlos_one(d_3d_m: Real, f_hz: Real) -> Real:
    """Return the InF-DH (dense clutter, high station) NLOS path loss in dB, never below LOS.

    Args:
        d_3d_m: Distance between the antennas in m.
        f_hz: Carrier frequency in Hz.
    """
    term = 33.63 + 20.0 * log10(f_hz * 1e-9) + 21.9 * log10(d_3d_m)
    return max(inf_los_one(d_3d_m, f_hz), term)


_OFFICE = {"d_3d_m": Range(1.0, 150.0, "m"), "f_hz": FREQUENCY}
_FACTORY = {"d_3d_m": Range(1.0, 600.0, "m"), "f_hz": FREQUENCY}

inh_los = elementwise(inh_los_one, **_OFFICE)
inh_nlos = elementwise(inh_nlos_one, **_OFFICE)
inh_nlos_optional = elementwise(inh_nlos_optional_one, **_OFFICE)
inf_los = elementwise(inf_los_one, **_FACTORY)
inf_sl_nlos = elementwise(inf_sl_nlos_one, **_FACTORY)
inf_dl_nlos = elementwise(inf_dl_nlos_one, **_FACTORY)
inf_sh_nlos = elementwise(inf_sh_nlos_one, **_FACTORY)
inf_dh_nlos = elementwise(inf_dh_nlos_one, **_FACTORY)
