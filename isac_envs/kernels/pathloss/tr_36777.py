r"""Path loss of aerial vehicles, 3GPP TR 36.777: RMa-AV, UMa-AV and UMi-AV.

Source: 3GPP TR 36.777 V15.0.0, annex B, tables B-1 (LOS probability), B-2 (path loss) and B-3
(shadow fading); TR 38.901 V19.4.0, table 7.9.3-1, uses them above 6 GHz too. Mean path loss,
positive in dB. Below 10 m (RMa-AV) or 22.5 m (UMa-AV, UMi-AV) the terrestrial models apply. UMa-AV
has no NLOS above 100 m, because its LOS probability is 1 there. The table gives the NLOS of UMa-AV
from 10 m, its LOS from 22.5 m: taken as a misprint, 22.5 m here. The path losses have one source;
the probabilities and deviations agree with a second implementation (NIST 5GNRad). Public code has
two errors that are easy to repeat: :math:`4 \pi f / 3` for :math:`40 \pi f / 3`, and UMi-AV NLOS
without the logarithm of the distance. Distances between the antennas below 1 m are taken as 1 m.
"""

import math

from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import inlined
from isac_envs.engine.mathx import exp, log10
from isac_envs.kernels.pathloss.free_space import fspl_one
from isac_envs.kernels.pathloss.tr_38901 import FREQUENCY

_LG_40_PI_3 = 1.6220886093024338  # lg(40 pi / 3)


@inlined
def aerial_distance_one(d_2d_m: Real, rise_m: Real) -> Real:
    """Return the distance between the antennas in m, at least 1 m.

    Args:
        d_2d_m: Distance on the ground in m.
        rise_m: Difference of the antenna heights in m.
    """
    return math.sqrt(max(d_2d_m * d_2d_m + rise_m * rise_m, 1.0))


@inlined
def rma_av_los_one(d_2d_m: Real, f_hz: Real, h_ut_m: Real, h_bs_m: Real = 35.0) -> Real:
    """Return the RMa-AV LOS path loss in dB.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the aerial vehicle in m.
        h_bs_m: Height of the base station in m.
    """
    lg_d = log10(aerial_distance_one(d_2d_m, h_bs_m - h_ut_m))
    slope = max(23.9 - 1.8 * log10(h_ut_m), 20.0)
    return slope * lg_d + 20.0 * (log10(f_hz * 1e-9) + _LG_40_PI_3)


@inlined
def rma_av_nlos_one(d_2d_m: Real, f_hz: Real, h_ut_m: Real, h_bs_m: Real = 35.0) -> Real:
    """Return the RMa-AV NLOS path loss in dB, never below LOS.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the aerial vehicle in m.
        h_bs_m: Height of the base station in m.
    """
    lg_d = log10(aerial_distance_one(d_2d_m, h_bs_m - h_ut_m))
    slope = 35.0 - 5.3 * log10(h_ut_m)
    term = -12.0 + slope * lg_d + 20.0 * (log10(f_hz * 1e-9) + _LG_40_PI_3)
    return max(rma_av_los_one(d_2d_m, f_hz, h_ut_m, h_bs_m), term)


@inlined
def uma_av_los_one(d_2d_m: Real, f_hz: Real, h_ut_m: Real, h_bs_m: Real = 25.0) -> Real:
    """Return the UMa-AV LOS path loss in dB: the first slope of UMa, without a breakpoint.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the aerial vehicle in m.
        h_bs_m: Height of the base station in m.
    """
    lg_d = log10(aerial_distance_one(d_2d_m, h_bs_m - h_ut_m))
    return 28.0 + 20.0 * log10(f_hz * 1e-9) + 22.0 * lg_d


@inlined
def uma_av_nlos_one(d_2d_m: Real, f_hz: Real, h_ut_m: Real, h_bs_m: Real = 25.0) -> Real:
    """Return the UMa-AV NLOS path loss in dB; the table takes no maximum with LOS.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the aerial vehicle in m.
        h_bs_m: Height of the base station in m.
    """
    lg_d = log10(aerial_distance_one(d_2d_m, h_bs_m - h_ut_m))
    slope = 46.0 - 7.0 * log10(h_ut_m)
    return -17.5 + slope * lg_d + 20.0 * (log10(f_hz * 1e-9) + _LG_40_PI_3)


@inlined
def umi_av_los_one(d_2d_m: Real, f_hz: Real, h_ut_m: Real, h_bs_m: Real = 10.0) -> Real:
    """Return the UMi-AV LOS path loss in dB, never below free space.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the aerial vehicle in m.
        h_bs_m: Height of the base station in m.
    """
    d_3d_m = aerial_distance_one(d_2d_m, h_bs_m - h_ut_m)
    slope = 22.25 - 0.5 * log10(h_ut_m)
    term = 30.9 + slope * log10(d_3d_m) + 20.0 * log10(f_hz * 1e-9)
    return max(fspl_one(d_3d_m, f_hz), term)


@inlined
def umi_av_nlos_one(d_2d_m: Real, f_hz: Real, h_ut_m: Real, h_bs_m: Real = 10.0) -> Real:
    """Return the UMi-AV NLOS path loss in dB, never below LOS.

    Args:
        d_2d_m: Distance on the ground in m.
        f_hz: Carrier frequency in Hz.
        h_ut_m: Height of the aerial vehicle in m.
        h_bs_m: Height of the base station in m.
    """
    lg_d = log10(aerial_distance_one(d_2d_m, h_bs_m - h_ut_m))
    slope = 43.2 - 7.6 * log10(h_ut_m)
    term = 32.4 + slope * lg_d + 20.0 * log10(f_hz * 1e-9)
    return max(umi_av_los_one(d_2d_m, f_hz, h_ut_m, h_bs_m), term)


@inlined
def _los_probability(d_2d_m: Real, d1_m: Real, p1_m: Real) -> Real:
    near = d1_m / max(d_2d_m, d1_m)
    return near + exp(-d_2d_m / p1_m) * (1.0 - near)


@inlined
def rma_av_los_probability_one(d_2d_m: Real, h_ut_m: Real) -> Real:
    """Return the LOS probability of RMa-AV; 1 above 40 m.

    Args:
        d_2d_m: Distance on the ground in m.
        h_ut_m: Height of the aerial vehicle in m.
    """
    lg_h = log10(h_ut_m)
    p1_m = max(15021.0 * lg_h - 16053.0, 1000.0)
    probability = _los_probability(d_2d_m, max(1350.8 * lg_h - 1602.0, 18.0), p1_m)
    return probability if h_ut_m <= 40.0 else 1.0


@inlined
def uma_av_los_probability_one(d_2d_m: Real, h_ut_m: Real) -> Real:
    """Return the LOS probability of UMa-AV; 1 above 100 m.

    Args:
        d_2d_m: Distance on the ground in m.
        h_ut_m: Height of the aerial vehicle in m.
    """
    lg_h = log10(h_ut_m)
    p1_m = 4300.0 * lg_h - 3800.0
    probability = _los_probability(d_2d_m, max(460.0 * lg_h - 700.0, 18.0), p1_m)
    return probability if h_ut_m <= 100.0 else 1.0


@inlined
def umi_av_los_probability_one(d_2d_m: Real, h_ut_m: Real) -> Real:
    """Return the LOS probability of UMi-AV.

    Args:
        d_2d_m: Distance on the ground in m.
        h_ut_m: Height of the aerial vehicle in m.
    """
    lg_h = log10(h_ut_m)
    p1_m = 233.98 * lg_h - 0.95
    return _los_probability(d_2d_m, max(294.05 * lg_h - 432.94, 18.0), p1_m)


@inlined
def rma_av_std_los_one(h_ut_m: Real) -> Real:
    """Return the standard deviation of RMa-AV LOS shadow fading in dB (NLOS: 6 dB).

    Args:
        h_ut_m: Height of the aerial vehicle in m.
    """
    return 4.2 * exp(-0.0046 * h_ut_m)


@inlined
def uma_av_std_los_one(h_ut_m: Real) -> Real:
    """Return the standard deviation of UMa-AV LOS shadow fading in dB (NLOS: 6 dB).

    Args:
        h_ut_m: Height of the aerial vehicle in m.
    """
    return 4.64 * exp(-0.0066 * h_ut_m)


@inlined
def umi_av_std_los_one(h_ut_m: Real) -> Real:
    """Return the standard deviation of UMi-AV LOS shadow fading in dB (NLOS: 8 dB).

    Args:
        h_ut_m: Height of the aerial vehicle in m.
    """
    return max(5.0 * exp(-0.01 * h_ut_m), 2.0)


AERIAL_STD_NLOS_DB = {"rma_av": 6.0, "uma_av": 6.0, "umi_av": 8.0}
"""Standard deviation of NLOS shadow fading by scenario, dB (table B-3)."""

AERIAL_K_DB = 15.0
"""Rician factor of aerial LOS links, dB (annex B.1.3, alternative 3, which scales a profile)."""

_STATION = Range(1.0, 150.0, "m")
_RURAL = {"d_2d_m": Range(0.0, 10e3, "m"), "h_ut_m": Range(10.0, 300.0, "m", open_low=True)}
_URBAN = {"d_2d_m": Range(0.0, 4e3, "m"), "h_ut_m": Range(22.5, 300.0, "m", open_low=True)}
_LOW = {"d_2d_m": Range(0.0, 4e3, "m"), "h_ut_m": Range(22.5, 100.0, "m", open_low=True)}
_LINK = {"f_hz": FREQUENCY, "h_bs_m": _STATION}

rma_av_los = elementwise(rma_av_los_one, **_RURAL, **_LINK)
rma_av_nlos = elementwise(rma_av_nlos_one, **_RURAL, **_LINK)
uma_av_los = elementwise(uma_av_los_one, **_URBAN, **_LINK)
uma_av_nlos = elementwise(uma_av_nlos_one, **_LOW, **_LINK)
umi_av_los = elementwise(umi_av_los_one, **_URBAN, **_LINK)
umi_av_nlos = elementwise(umi_av_nlos_one, **_URBAN, **_LINK)
rma_av_los_probability = elementwise(rma_av_los_probability_one, **_RURAL)
uma_av_los_probability = elementwise(uma_av_los_probability_one, **_URBAN)
umi_av_los_probability = elementwise(umi_av_los_probability_one, **_URBAN)
rma_av_std_los = elementwise(rma_av_std_los_one, h_ut_m=_RURAL["h_ut_m"])
uma_av_std_los = elementwise(uma_av_std_los_one, h_ut_m=_URBAN["h_ut_m"])
umi_av_std_los = elementwise(umi_av_std_los_one, h_ut_m=_URBAN["h_ut_m"])
