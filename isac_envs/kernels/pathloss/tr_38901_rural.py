r"""Path loss of 3GPP TR 38.901, rural macro (RMa) and suburban macro (SMa, new in release 19).

Source: 3GPP TR 38.901 V19.4.0, table 7.4.1-1 and note 5 (breakpoint). Mean path loss, positive in
dB, without shadow fading. Carriers up to 30 GHz. The second slope continues the first at a
distance between the antennas equal to d_BP, while the slopes change at d_BP on the ground: the
table's path loss steps up there by about :math:`20 \lg(d_{3D} / d_{BP})`, which is 0.05 dB for a
breakpoint at 300 m and the default heights. No second source was found for SMa.
"""

import math

from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import inlined
from isac_envs.engine.mathx import exp2, log2, log10
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.kernels.pathloss.tr_38901 import log10_slant_one

_FREQUENCY = Range(0.5e9, 30e9, "Hz")
_TWO_PI_OVER_C = 2.0 * math.pi / SPEED_OF_LIGHT_M_S
_LG_40_PI_3 = 1.6220886093024338  # lg(40 pi / 3)


@inlined
def rma_breakpoint_distance_one(f_hz: Real, h_bs_m: Real = 35.0, h_ut_m: Real = 1.5) -> Real:
    r"""Return the breakpoint distance of RMa and SMa in m.

    :math:`d_{BP} = 2 \pi h_{BS} h_{UT} f / c`.

    Args:
        f_hz: Carrier frequency in Hz.
        h_bs_m: Height of the base station in m.
        h_ut_m: Height of the terminal in m.
    """
    return h_bs_m * h_ut_m * (f_hz * _TWO_PI_OVER_C)


@inlined
def _near_slope(d_3d_m: Real, lg_d: Real, f_hz: Real, h_building_m: Real) -> Real:
    """Return PL1, the path loss before the breakpoint, in dB."""
    roughness = exp2(1.72 * log2(h_building_m))
    return (
        20.0 * (lg_d + log10(f_hz * 1e-9) + _LG_40_PI_3)
        + min(0.03 * roughness, 10.0) * lg_d
        - min(0.044 * roughness, 14.77)
        + 0.002 * log10(h_building_m) * d_3d_m
    )


@inlined
def rma_los_one(
    d_2d_m: Real,
    f_hz: Real,
    h_ut_m: Real = 1.5,
    h_bs_m: Real = 35.0,
    h_building_m: Real = 5.0,
) -> Real:
    """Return the RMa LOS path loss in dB.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m.
        h_building_m: Average height of the buildings in m.
    """
    rise = h_bs_m - h_ut_m
    d_3d_m = math.sqrt(d_2d_m * d_2d_m + rise * rise)
    lg_d = log10_slant_one(d_2d_m, rise)
    d_bp_m = rma_breakpoint_distance_one(f_hz, h_bs_m, h_ut_m)
    lg_bp = log10(d_bp_m)
    near = _near_slope(d_3d_m, lg_d, f_hz, h_building_m)
    far = _near_slope(d_bp_m, lg_bp, f_hz, h_building_m) + 40.0 * (lg_d - lg_bp)
    return near if d_2d_m <= d_bp_m else far


@inlined
def rma_nlos_term_one(
    d_2d_m: Real,
    f_hz: Real,
    h_ut_m: Real = 1.5,
    h_bs_m: Real = 35.0,
    h_building_m: Real = 5.0,
    w_street_m: Real = 20.0,
) -> Real:
    """Return PL' of RMa NLOS in dB, before the maximum with LOS is taken.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m.
        h_building_m: Average height of the buildings in m.
        w_street_m: Average width of the streets in m.
    """
    lg_d = log10_slant_one(d_2d_m, h_bs_m - h_ut_m)
    lg_bs = log10(h_bs_m)
    ratio = h_building_m / h_bs_m
    lg_ut = log10(11.75 * h_ut_m)
    return (
        161.04
        - 7.1 * log10(w_street_m)
        + 7.5 * log10(h_building_m)
        - (24.37 - 3.7 * ratio * ratio) * lg_bs
        + (43.42 - 3.1 * lg_bs) * (lg_d - 3.0)
        + 20.0 * log10(f_hz * 1e-9)
        - (3.2 * lg_ut * lg_ut - 4.97)
    )


@inlined
def rma_nlos_one(
    d_2d_m: Real,
    f_hz: Real,
    h_ut_m: Real = 1.5,
    h_bs_m: Real = 35.0,
    h_building_m: Real = 5.0,
    w_street_m: Real = 20.0,
) -> Real:
    """Return the RMa NLOS path loss in dB, never below LOS.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m.
        h_building_m: Average height of the buildings in m.
        w_street_m: Average width of the streets in m.
    """
    los = rma_los_one(d_2d_m, f_hz, h_ut_m, h_bs_m, h_building_m)
    term = rma_nlos_term_one(d_2d_m, f_hz, h_ut_m, h_bs_m, h_building_m, w_street_m)
    return max(los, term)


@inlined
def sma_los_one(
    d_2d_m: Real,
    f_hz: Real,
    h_ut_m: Real = 1.5,
    h_bs_m: Real = 35.0,
    h_building_m: Real = 10.0,
) -> Real:
    """Return the SMa LOS path loss in dB: the formula of RMa with higher buildings.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m.
        h_building_m: Average height of the buildings in m.
    """
    return rma_los_one(d_2d_m, f_hz, h_ut_m, h_bs_m, h_building_m)


@inlined
def sma_nlos_one(
    d_2d_m: Real,
    f_hz: Real,
    h_ut_m: Real = 1.5,
    h_bs_m: Real = 35.0,
    h_building_m: Real = 10.0,
    w_street_m: Real = 10.0,
) -> Real:
    """Return the SMa NLOS path loss in dB: PL' of RMa, with no maximum with LOS in the table.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m.
        h_building_m: Average height of the buildings in m.
        w_street_m: Average width of the streets in m.
    """
    return rma_nlos_term_one(d_2d_m, f_hz, h_ut_m, h_bs_m, h_building_m, w_street_m)


_RMA = {
    "f_hz": _FREQUENCY,
    "h_ut_m": Range(1.0, 10.0, "m"),
    "h_bs_m": Range(10.0, 150.0, "m"),
    "h_building_m": Range(5.0, 50.0, "m"),
}
_SMA = {
    "d_2d_m": Range(10.0, 5000.0, "m"),
    "f_hz": _FREQUENCY,
    "h_ut_m": Range(1.0, 14.0, "m"),
    "h_bs_m": Range(25.0, 35.0, "m"),
    "h_building_m": Range(5.0, 50.0, "m"),
}
_NEAR = Range(10.0, 5000.0, "m")
_STREET = Range(5.0, 50.0, "m")

rma_breakpoint_distance = elementwise(
    rma_breakpoint_distance_one,
    f_hz=_FREQUENCY,
    h_bs_m=Range(1.0, 150.0, "m"),
    h_ut_m=Range(1.0, 150.0, "m"),
)
rma_los = elementwise(rma_los_one, d_2d_m=Range(10.0, 10e3, "m"), **_RMA)
rma_nlos = elementwise(rma_nlos_one, d_2d_m=_NEAR, w_street_m=_STREET, **_RMA)
rma_nlos_term = elementwise(rma_nlos_term_one, d_2d_m=_NEAR, w_street_m=_STREET, **_RMA)
sma_los = elementwise(sma_los_one, **_SMA)
sma_nlos = elementwise(sma_nlos_one, w_street_m=_STREET, **_SMA)
