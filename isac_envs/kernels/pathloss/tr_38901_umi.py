"""Path loss of 3GPP TR 38.901, urban micro street canyon (UMi).

Source: 3GPP TR 38.901 V19.4.0, table 7.4.1-1. Mean path loss, positive in dB, without shadow
fading. See :mod:`isac_envs.kernels.pathloss.tr_38901` for the conventions and the speed of light.
"""

from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import inlined
from isac_envs.engine.mathx import log10
from isac_envs.kernels.pathloss.tr_38901 import (
    DISTANCE,
    FREQUENCY,
    STATION_HEIGHT,
    TERMINAL_HEIGHT,
    breakpoint_distance_one,
    log10_slant_one,
)


@inlined
def umi_los_at_breakpoint_one(
    d_2d_m: Real, f_hz: Real, d_bp_m: Real, h_ut_m: Real = 1.5, h_bs_m: Real = 10.0
) -> Real:
    r"""Return the UMi LOS path loss in dB for a given breakpoint distance.

    The second slope is the first plus :math:`19 \lg(d_{3D} / d_{3D}(d'_{BP}))`, where that is
    positive: beyond the breakpoint.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        d_bp_m: Breakpoint distance on the ground in m.
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m.
    """
    rise = h_bs_m - h_ut_m
    lg_d = log10_slant_one(d_2d_m, rise)
    beyond = lg_d - log10_slant_one(d_bp_m, rise)
    return 32.4 + 20.0 * log10(f_hz * 1e-9) + 21.0 * lg_d + 19.0 * max(beyond, 0.0)


@inlined
def umi_nlos_term_one(d_2d_m: Real, f_hz: Real, h_ut_m: Real = 1.5, h_bs_m: Real = 10.0) -> Real:
    """Return PL' of UMi NLOS in dB, before the maximum with LOS is taken.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m.
    """
    lg_d = log10_slant_one(d_2d_m, h_bs_m - h_ut_m)
    return 22.4 + 21.3 * log10(f_hz * 1e-9) + 35.3 * lg_d - 0.3 * (h_ut_m - 1.5)


@inlined
def umi_pair_one(d_2d_m: Real, f_hz: Real, h_ut_m: Real, h_bs_m: Real) -> tuple[Real, Real]:
    """Return the UMi path losses in dB, ``(LOS, NLOS)``, for little more work than one.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m.
    """
    d_bp_m = breakpoint_distance_one(f_hz, h_bs_m, h_ut_m, 1.0)
    los = umi_los_at_breakpoint_one(d_2d_m, f_hz, d_bp_m, h_ut_m, h_bs_m)
    return los, max(los, umi_nlos_term_one(d_2d_m, f_hz, h_ut_m, h_bs_m))


@inlined
def umi_los_one(d_2d_m: Real, f_hz: Real, h_ut_m: Real = 1.5, h_bs_m: Real = 10.0) -> Real:
    """Return the UMi LOS path loss in dB; the effective environment height is always 1 m.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m; 10 m in the table.
    """
    d_bp_m = breakpoint_distance_one(f_hz, h_bs_m, h_ut_m, 1.0)
    return umi_los_at_breakpoint_one(d_2d_m, f_hz, d_bp_m, h_ut_m, h_bs_m)


@inlined
def umi_nlos_one(d_2d_m: Real, f_hz: Real, h_ut_m: Real = 1.5, h_bs_m: Real = 10.0) -> Real:
    """Return the UMi NLOS path loss in dB, never below LOS.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m; 10 m in the table.
    """
    return umi_pair_one(d_2d_m, f_hz, h_ut_m, h_bs_m)[1]


@inlined
def umi_nlos_optional_one(
    d_2d_m: Real, f_hz: Real, h_ut_m: Real = 1.5, h_bs_m: Real = 10.0
) -> Real:
    """Return the optional UMi NLOS path loss in dB (no maximum with LOS in the table).

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m.
    """
    lg_d = log10_slant_one(d_2d_m, h_bs_m - h_ut_m)
    return 32.4 + 20.0 * log10(f_hz * 1e-9) + 31.9 * lg_d


_LINK = {
    "d_2d_m": DISTANCE,
    "f_hz": FREQUENCY,
    "h_ut_m": TERMINAL_HEIGHT,
    "h_bs_m": STATION_HEIGHT,
}

umi_los = elementwise(umi_los_one, **_LINK)
umi_los_at_breakpoint = elementwise(
    umi_los_at_breakpoint_one, **_LINK, d_bp_m=Range(1e-3, 1e9, "m")
)
umi_nlos = elementwise(umi_nlos_one, **_LINK)
umi_nlos_term = elementwise(umi_nlos_term_one, **_LINK)
umi_nlos_optional = elementwise(umi_nlos_optional_one, **_LINK)
