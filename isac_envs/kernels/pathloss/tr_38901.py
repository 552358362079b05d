"""Path loss of 3GPP TR 38.901, urban macro (UMa), and common parts of its urban scenarios.

Source: 3GPP TR 38.901 V19.4.0, table 7.4.1-1. Mean path loss, positive in dB, without shadow
fading. Distances are on the ground (``d_2d_m``) where the table divides ranges by them, and
between the antennas in the slopes.

The speed of light is exact. Note 1 of the table has 3.0e8 m/s in the breakpoint distance, which
raises LOS beyond it by 5.4 mdB (UMa) or 5.7 mdB (UMi); the test vectors of ns-3 follow the note,
the code of ns-3 and of Sionna do not. Pass another breakpoint distance to
``uma_los_at_breakpoint`` or ``umi_los_at_breakpoint`` to follow it too, or to take the breakpoint
at a terminal height of 1.5 m for a sensing target (clause 7.9), whatever the target's height.
"""

import math

from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import inlined
from isac_envs.engine.mathx import exp, fma, log2, log10
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S

FREQUENCY = Range(0.5e9, 100e9, "Hz")
DISTANCE = Range(10.0, 5000.0, "m")
TERMINAL_HEIGHT = Range(1.5, 22.5, "m")
STATION_HEIGHT = Range(1.5, 150.0, "m")
"""The table names one station height per scenario; other links of clause 7.9 need others."""

_FOUR_OVER_C = 4.0 / SPEED_OF_LIGHT_M_S
_OCTAVE_DB = 3.0102999566398120  # 10 lg 2


@inlined
def log10_slant_one(d_2d_m: Real, rise_m: Real) -> Real:
    """Return the decimal logarithm of the distance between antennas ``rise_m`` apart in height.

    Args:
        d_2d_m: Distance on the ground in m.
        rise_m: Difference of the antenna heights in m.
    """
    return 0.5 * log10(d_2d_m * d_2d_m + rise_m * rise_m)


@inlined
def breakpoint_distance_one(
    f_hz: Real, h_bs_m: Real, h_ut_m: Real = 1.5, h_e_m: Real = 1.0
) -> Real:
    """Return the breakpoint distance in m, on the ground.

    :math:`d'_{BP} = 4 (h_{BS} - h_E) (h_{UT} - h_E) f / c`.

    Source: TR 38.901 V19.4.0, table 7.4.1-1, note 1 (here with the exact speed of light).

    Args:
        f_hz: Carrier frequency in Hz.
        h_bs_m: Height of the base station in m.
        h_ut_m: Height of the terminal in m.
        h_e_m: Effective environment height in m: 1 in UMi; see :func:`uma_effective_height`.
    """
    return (h_bs_m - h_e_m) * (h_ut_m - h_e_m) * (f_hz * _FOUR_OVER_C)


@inlined
def _octaves_squared(distance_m: Real, rise_m: Real) -> Real:
    """Return the binary logarithm of the square of a slant distance: no root, one rounding less."""
    return log2(fma(distance_m, distance_m, rise_m * rise_m))


@inlined
def uma_los_at_breakpoint_one(
    d_2d_m: Real, f_hz: Real, d_bp_m: Real, h_ut_m: Real = 1.5, h_bs_m: Real = 25.0
) -> Real:
    r"""Return the UMa LOS path loss in dB for a given breakpoint distance.

    The second slope is the first plus :math:`18 \lg(d_{3D} / d_{3D}(d'_{BP}))`, where that is
    positive: beyond the breakpoint.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        d_bp_m: Breakpoint distance on the ground in m.
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m.
    """
    octaves = _octaves_squared(d_2d_m, h_bs_m - h_ut_m)
    beyond = octaves - _octaves_squared(d_bp_m, h_bs_m - h_ut_m)
    slope = fma(1.1 * _OCTAVE_DB, octaves, fma(2.0 * _OCTAVE_DB, log2(f_hz), 28.0 - 180.0))
    return fma(0.9 * _OCTAVE_DB, max(beyond, 0.0), slope)


@inlined
def uma_nlos_term_one(d_2d_m: Real, f_hz: Real, h_ut_m: Real = 1.5, h_bs_m: Real = 25.0) -> Real:
    """Return PL' of UMa NLOS in dB, before the maximum with LOS is taken.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m.
    """
    octaves = _octaves_squared(d_2d_m, h_bs_m - h_ut_m)
    start = fma(-0.6, h_ut_m, fma(2.0 * _OCTAVE_DB, log2(f_hz), 13.54 + 0.9 - 180.0))
    return fma(1.954 * _OCTAVE_DB, octaves, start)


@inlined
def uma_one(
    d_2d_m: Real, f_hz: Real, h_ut_m: Real = 1.5, h_bs_m: Real = 25.0, h_e_m: Real = 1.0
) -> tuple[Real, Real]:
    """Return the UMa path losses in dB, ``(LOS, NLOS)``, for little more work than one.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m; 25 m in the table.
        h_e_m: Effective environment height in m: 1 below a terminal height of 13 m, else drawn
            once per link, see :func:`uma_effective_height`.
    """
    d_bp_m = breakpoint_distance_one(f_hz, h_bs_m, h_ut_m, h_e_m)
    los = uma_los_at_breakpoint_one(d_2d_m, f_hz, d_bp_m, h_ut_m, h_bs_m)
    return los, max(los, uma_nlos_term_one(d_2d_m, f_hz, h_ut_m, h_bs_m))


@inlined
def uma_los_one(
    d_2d_m: Real, f_hz: Real, h_ut_m: Real = 1.5, h_bs_m: Real = 25.0, h_e_m: Real = 1.0
) -> Real:
    """Return the UMa LOS path loss in dB.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m; 25 m in the table.
        h_e_m: Effective environment height in m: 1 below a terminal height of 13 m, else drawn
            once per link, see :func:`uma_effective_height`.
    """
    d_bp_m = breakpoint_distance_one(f_hz, h_bs_m, h_ut_m, h_e_m)
    return uma_los_at_breakpoint_one(d_2d_m, f_hz, d_bp_m, h_ut_m, h_bs_m)


@inlined
def uma_nlos_one(
    d_2d_m: Real, f_hz: Real, h_ut_m: Real = 1.5, h_bs_m: Real = 25.0, h_e_m: Real = 1.0
) -> Real:
    """Return the UMa NLOS path loss in dB, never below LOS.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m; 25 m in the table.
        h_e_m: Effective environment height in m, as for LOS.
    """
    return uma_one(d_2d_m, f_hz, h_ut_m, h_bs_m, h_e_m)[1]


@inlined
def uma_nlos_optional_one(
    d_2d_m: Real, f_hz: Real, h_ut_m: Real = 1.5, h_bs_m: Real = 25.0
) -> Real:
    """Return the optional UMa NLOS path loss in dB (no maximum with LOS in the table).

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m.
    """
    lg_d = log10_slant_one(d_2d_m, h_bs_m - h_ut_m)
    return 32.4 + 20.0 * log10(f_hz * 1e-9) + 30.0 * lg_d


@inlined
def uma_unit_height_probability_one(d_2d_m: Real, h_ut_m: Real) -> Real:
    """Return the probability that the effective environment height of a UMa link is 1 m.

    Source: TR 38.901 V19.4.0, table 7.4.1-1, note 1: :math:`1 / (1 + C(d_{2D}, h_{UT}))`, and 1
    below 13 m.

    Args:
        d_2d_m: Distance on the ground in m.
        h_ut_m: Height of the terminal in m.
    """
    tenth = d_2d_m * 0.01
    g = 1.25 * tenth * tenth * tenth * exp(d_2d_m * (-1.0 / 150.0))
    rise = max(h_ut_m - 13.0, 0.0) * 0.1
    c = rise * math.sqrt(rise) * (g if d_2d_m > 18.0 else 0.0)
    return 1.0 / (1.0 + c)


@inlined
def uma_effective_height_one(uniform: Real, d_2d_m: Real, h_ut_m: Real) -> Real:
    r"""Return the effective environment height hE of a UMa link in m, from one uniform draw.

    1 m with :func:`uma_unit_height_probability`, else uniform over 12, 15, ...,
    :math:`h_{UT} - 1.5` m. The note leaves that set empty for :math:`13 \le h_{UT} < 13.5` m; here
    12 m is in it.

    Args:
        uniform: Uniform variate in [0, 1), drawn once per link.
        d_2d_m: Distance on the ground in m.
        h_ut_m: Height of the terminal in m.
    """
    p = uma_unit_height_probability_one(d_2d_m, h_ut_m)
    count = max(math.floor((h_ut_m - 13.5) / 3.0) + 1.0, 1.0)
    rest = (uniform - p) / max(1.0 - p, 1e-300)
    step = min(math.floor(rest * count), count - 1.0)
    return 1.0 if uniform < p or h_ut_m < 13.0 else 12.0 + 3.0 * step


_HEIGHTS = {"h_ut_m": TERMINAL_HEIGHT, "h_bs_m": STATION_HEIGHT}
_LINK = {"d_2d_m": DISTANCE, "f_hz": FREQUENCY, **_HEIGHTS}
_EFFECTIVE = Range(0.0, 21.0, "m")
_ABOVE = (("h_e_m", "h_ut_m"), ("h_e_m", "h_bs_m"))

breakpoint_distance = elementwise(
    breakpoint_distance_one, _ABOVE, f_hz=FREQUENCY, h_e_m=_EFFECTIVE, **_HEIGHTS
)
uma = elementwise(uma_one, _ABOVE, **_LINK, h_e_m=_EFFECTIVE)
uma_los = elementwise(uma_los_one, _ABOVE, **_LINK, h_e_m=_EFFECTIVE)
uma_los_at_breakpoint = elementwise(
    uma_los_at_breakpoint_one, **_LINK, d_bp_m=Range(1e-3, 1e9, "m")
)
uma_nlos = elementwise(uma_nlos_one, _ABOVE, **_LINK, h_e_m=_EFFECTIVE)
uma_nlos_term = elementwise(uma_nlos_term_one, **_LINK)
uma_nlos_optional = elementwise(uma_nlos_optional_one, **_LINK)
uma_unit_height_probability = elementwise(
    uma_unit_height_probability_one, d_2d_m=Range(0.0, 5000.0, "m"), h_ut_m=TERMINAL_HEIGHT
)
uma_effective_height = elementwise(
    uma_effective_height_one,
    uniform=Range(0.0, 1.0),
    d_2d_m=Range(0.0, 5000.0, "m"),
    h_ut_m=TERMINAL_HEIGHT,
)
