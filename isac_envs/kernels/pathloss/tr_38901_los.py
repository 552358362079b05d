"""Probability of line of sight of 3GPP TR 38.901.

Source: 3GPP TR 38.901 V19.4.0, table 7.4.2-1; factory clutter, table 7.2-4. Distances are on the
ground: outdoors to the building (``d_2d_m``), indoors all of it. The state drawn with this
probability must be kept while the terminal moves (``SHADOWING[...].d_cor_state_m``): redrawing it
at every step gives a flicker that no channel has.
"""

import math

from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import inlined
from isac_envs.engine.mathx import exp, ln


@inlined
def _urban(d_2d_m: Real, decay_m: Real) -> Real:
    """Return 18/d + exp(-d/decay) (1 - 18/d), and 1 up to 18 m."""
    near = 18.0 / max(d_2d_m, 18.0)
    return near + exp(-d_2d_m / decay_m) * (1.0 - near)


@inlined
def uma_los_probability_one(d_2d_m: Real, h_ut_m: Real = 1.5) -> Real:
    """Return the LOS probability of UMa.

    Args:
        d_2d_m: Distance on the ground in m.
        h_ut_m: Height of the terminal in m.
    """
    rise = max(h_ut_m - 13.0, 0.0) * 0.1
    tenth = d_2d_m * 0.01
    lift = 1.25 * tenth * tenth * tenth * exp(d_2d_m * (-1.0 / 150.0))
    probability = _urban(d_2d_m, 63.0) * (1.0 + rise * math.sqrt(rise) * lift)
    return probability if d_2d_m > 18.0 else 1.0


@inlined
def umi_los_probability_one(d_2d_m: Real) -> Real:
    """Return the LOS probability of UMi street canyon.

    Args:
        d_2d_m: Distance on the ground in m.
    """
    return _urban(d_2d_m, 36.0)


@inlined
def rma_los_probability_one(d_2d_m: Real) -> Real:
    """Return the LOS probability of RMa.

    Args:
        d_2d_m: Distance on the ground in m.
    """
    return exp((10.0 - max(d_2d_m, 10.0)) / 1000.0)


@inlined
def sma_los_probability_one(
    d_2d_m: Real, h_ut_m: Real = 1.5, h_bs_m: Real = 35.0, vegetation_lin: Real = 0.1
) -> Real:
    """Return the LOS probability of SMa: commercial, residential and vegetation clutter.

    Source: TR 38.901 V19.4.0, table 7.4.2-1 (one source only). The height differences of
    commercial buildings (20 m) and vegetation (15 m) are not limited at 0 there; terminals reach
    14 m, so they need not be.

    Args:
        d_2d_m: Distance on the ground in m.
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m.
        vegetation_lin: Density of vegetation, 0 (none), 0.1 (sparse) or 0.2 (dense).
    """
    clutter = (
        _LN_COMMERCIAL * (20.0 - h_ut_m)
        + _LN_RESIDENTIAL * max(8.0 - h_ut_m, 0.0)
        + ln(1.0 - vegetation_lin) * (15.0 - h_ut_m)
    )
    probability = exp(d_2d_m * clutter / (30.0 * (h_bs_m - h_ut_m)))
    return probability if d_2d_m > 10.0 else 1.0


_LN_COMMERCIAL = -0.02020270731751945  # ln(1 - 0.02)
_LN_RESIDENTIAL = -0.19845093872383826  # ln(1 - 0.18)


@inlined
def inh_mixed_los_probability_one(d_2d_m: Real) -> Real:
    """Return the LOS probability of an InH mixed office.

    Args:
        d_2d_m: Distance on the ground in m.
    """
    near = exp((1.2 - max(d_2d_m, 1.2)) / 4.7)
    far = 0.32 * exp((6.5 - d_2d_m) / 32.6)
    return near if d_2d_m < 6.5 else far


@inlined
def inh_open_los_probability_one(d_2d_m: Real) -> Real:
    """Return the LOS probability of an InH open office.

    Args:
        d_2d_m: Distance on the ground in m.
    """
    near = exp((5.0 - max(d_2d_m, 5.0)) / 70.8)
    far = 0.54 * exp((49.0 - d_2d_m) / 211.7)
    return near if d_2d_m <= 49.0 else far


@inlined
def inf_low_los_probability_one(
    d_2d_m: Real, clutter_density_lin: Real, clutter_size_m: Real
) -> Real:
    """Return the LOS probability of a factory with a low station, InF-SL or InF-DL.

    Args:
        d_2d_m: Distance on the ground in m.
        clutter_density_lin: Share of the floor that clutter covers; 0.2 (SL) and 0.6 (DL) in the
            calibration.
        clutter_size_m: Typical size of the clutter in m; 10 m (SL) and 2 m (DL).
    """
    return exp(max(d_2d_m * ln(1.0 - clutter_density_lin) / clutter_size_m, -700.0))


@inlined
def inf_high_los_probability_one(
    d_2d_m: Real,
    clutter_density_lin: Real,
    clutter_size_m: Real,
    clutter_height_m: Real,
    h_ut_m: Real = 1.5,
    h_bs_m: Real = 8.0,
) -> Real:
    """Return the LOS probability of a factory with a high station, InF-SH or InF-DH.

    With station and terminal both high (InF-HH) it is 1.

    Args:
        d_2d_m: Distance on the ground in m.
        clutter_density_lin: Share of the floor that clutter covers; 0.2 (SH) and 0.6 (DH) in the
            calibration.
        clutter_size_m: Typical size of the clutter in m; 10 m (SH) and 2 m (DH).
        clutter_height_m: Height of the clutter in m, above the terminal; 2 m (SH) and 6 m (DH).
        h_ut_m: Height of the terminal in m.
        h_bs_m: Height of the base station in m.
    """
    scale = clutter_size_m * (h_bs_m - h_ut_m) / (clutter_height_m - h_ut_m)
    return exp(max(d_2d_m * ln(1.0 - clutter_density_lin) / scale, -700.0))


_OUTDOOR = Range(0.0, 10e3, "m")
_INDOOR = Range(0.0, 600.0, "m")
_CLUTTER = {
    "d_2d_m": _INDOOR,
    "clutter_density_lin": Range(0.0, 0.99),
    "clutter_size_m": Range(0.1, 100.0, "m"),
}

uma_los_probability = elementwise(
    uma_los_probability_one, d_2d_m=_OUTDOOR, h_ut_m=Range(1.5, 23.0, "m")
)
umi_los_probability = elementwise(umi_los_probability_one, d_2d_m=_OUTDOOR)
rma_los_probability = elementwise(rma_los_probability_one, d_2d_m=_OUTDOOR)
sma_los_probability = elementwise(
    sma_los_probability_one,
    d_2d_m=_OUTDOOR,
    h_ut_m=Range(1.0, 14.0, "m"),
    h_bs_m=Range(25.0, 35.0, "m"),
    vegetation_lin=Range(0.0, 0.2),
)
inh_mixed_los_probability = elementwise(inh_mixed_los_probability_one, d_2d_m=_INDOOR)
inh_open_los_probability = elementwise(inh_open_los_probability_one, d_2d_m=_INDOOR)
inf_low_los_probability = elementwise(inf_low_los_probability_one, **_CLUTTER)
inf_high_los_probability = elementwise(
    inf_high_los_probability_one,
    (("h_ut_m", "clutter_height_m"), ("h_ut_m", "h_bs_m")),
    **_CLUTTER,
    clutter_height_m=Range(0.1, 20.0, "m"),
    h_ut_m=Range(0.1, 25.0, "m"),
    h_bs_m=Range(0.1, 25.0, "m"),
)
