"""Path loss of the vehicular sidelink, 3GPP TR 37.885: urban grid and highway.

Source: 3GPP TR 37.885 V15.3.0, clause 6.2, as implemented by ns-3 (``three-gpp-v2v-*``) and the
configuration files of QuaDRiGa; the report itself was not read. Positive dB, mean over shadow
fading. Three states: LOS, NLOSv (other vehicles in the way: LOS plus a random loss) and NLOS
(buildings). Distances are between the antennas.

The added loss of NLOSv is "max(0 dB, a log-normal variable)" with a mean and a standard deviation
in dB. Two readings exist. ns-3 takes the loss in dB as log-normal, with that mean and standard
deviation of the variable itself (not of its logarithm): :func:`v2x_nlosv_loss`. The maximum with 0
has an effect only if the loss in dB is normal, "log-normal" being said of the power:
:func:`v2x_nlosv_loss_normal`.
"""

import math
from types import MappingProxyType
from typing import NamedTuple

from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import inlined
from isac_envs.engine.mathx import exp, ln, log10
from isac_envs.kernels.pathloss.tr_38901 import FREQUENCY


class SidelinkShadowing(NamedTuple):
    """Shadow fading of one environment; LOS also applies to NLOSv, except in the K factor."""

    std_los_db: float
    std_nlos_db: float
    d_cor_los_m: float
    d_cor_nlos_m: float
    k_los_mean_db: float
    k_los_std_db: float
    k_nlosv_mean_db: float
    k_nlosv_std_db: float


V2X_SHADOWING = MappingProxyType(
    {
        "urban": SidelinkShadowing(3.0, 4.0, 10.0, 13.0, 3.48, 2.0, 0.0, 4.5),
        "highway": SidelinkShadowing(3.0, 4.0, 10.0, 13.0, 9.0, 3.5, 0.0, 4.5),
    }
)
"""By environment. TR 36.885 has 25 m for the correlation distance on highways (recalled)."""

BLOCKER_HEIGHT_M = MappingProxyType({"type_1": 1.6, "type_2": 1.6, "type_3": 3.0})
"""Height of a blocking vehicle by its type, m."""


@inlined
def v2x_urban_los_one(d_m: Real, f_hz: Real) -> Real:
    """Return the LOS path loss between vehicles in an urban grid in dB.

    Args:
        d_m: Distance between the antennas in m.
        f_hz: Carrier frequency in Hz.
    """
    return 38.77 + 18.2 * log10(f_hz * 1e-9) + 16.7 * log10(d_m)


@inlined
def v2x_highway_los_one(d_m: Real, f_hz: Real) -> Real:
    """Return the LOS path loss between vehicles on a highway in dB.

    Args:
        d_m: Distance between the antennas in m.
        f_hz: Carrier frequency in Hz.
    """
    return 32.4 + 20.0 * log10(f_hz * 1e-9) + 20.0 * log10(d_m)


@inlined
def v2x_nlos_one(d_m: Real, f_hz: Real) -> Real:
    """Return the NLOS (buildings) path loss between vehicles in dB, urban grid and highway.

    Args:
        d_m: Distance between the antennas in m.
        f_hz: Carrier frequency in Hz.
    """
    return 36.85 + 18.9 * log10(f_hz * 1e-9) + 30.0 * log10(d_m)


@inlined
def v2x_blockage_case_one(h_tx_m: Real, h_rx_m: Real, h_blocker_m: Real) -> Real:
    """Return the case of blockage by a vehicle: 1 below both antennas, 2 above both, else 3.

    Args:
        h_tx_m: Height of one antenna in m.
        h_rx_m: Height of the other antenna in m.
        h_blocker_m: Height of the blocking vehicle in m.
    """
    low, high = min(h_tx_m, h_rx_m), max(h_tx_m, h_rx_m)
    return 1.0 if low > h_blocker_m else (2.0 if high < h_blocker_m else 3.0)


@inlined
def v2x_nlosv_mean_one(d_m: Real, case: Real) -> Real:
    """Return the mean of the loss by blocking vehicles in dB, before any maximum.

    Args:
        d_m: Distance between the antennas in m.
        case: 1, 2 or 3, of :func:`v2x_blockage_case`.
    """
    mean_db = (9.0 if case == 2.0 else 5.0) + max(0.0, 15.0 * log10(d_m) - 41.0)
    return 0.0 if case == 1.0 else mean_db


@inlined
def v2x_nlosv_std_one(case: Real) -> Real:
    """Return the standard deviation of the loss by blocking vehicles in dB.

    Args:
        case: 1, 2 or 3, of :func:`v2x_blockage_case`.
    """
    return 0.0 if case == 1.0 else (4.5 if case == 2.0 else 4.0)


@inlined
def v2x_nlosv_loss_one(normal: Real, d_m: Real, case: Real) -> Real:
    r"""Return the loss by blocking vehicles in dB, log-normal: add it to the LOS path loss.

    The mean :math:`\mu` and standard deviation s are those of the loss in dB, so that the normal
    variable below has the mean :math:`\ln \mu - v / 2` and the variance
    :math:`v = \ln(1 + (s / \mu)^2)`.

    Args:
        normal: Standard normal variate, drawn once per link.
        d_m: Distance between the antennas in m.
        case: 1, 2 or 3, of :func:`v2x_blockage_case`.
    """
    mean_db = max(v2x_nlosv_mean_one(d_m, case), 1.0)
    ratio = v2x_nlosv_std_one(case) / mean_db
    variance = ln(1.0 + ratio * ratio)
    loss_db = mean_db * exp(math.sqrt(variance) * normal - 0.5 * variance)
    return 0.0 if case == 1.0 else loss_db


@inlined
def v2x_nlosv_loss_normal_one(normal: Real, d_m: Real, case: Real) -> Real:
    """Return the loss by blocking vehicles in dB, normal in dB and never negative.

    Args:
        normal: Standard normal variate, drawn once per link.
        d_m: Distance between the antennas in m.
        case: 1, 2 or 3, of :func:`v2x_blockage_case`.
    """
    return max(0.0, v2x_nlosv_mean_one(d_m, case) + v2x_nlosv_std_one(case) * normal)


@inlined
def v2x_urban_los_probability_one(d_m: Real) -> Real:
    """Return the probability of LOS in an urban grid where no building blocks; else NLOSv.

    Args:
        d_m: Distance between the vehicles in m.
    """
    return min(1.0, 1.05 * exp(-0.0114 * d_m))


@inlined
def v2x_highway_los_probability_one(d_m: Real) -> Real:
    """Return the probability of LOS on a highway; else NLOSv. It has a step of -0.0034 at 475 m.

    Args:
        d_m: Distance between the vehicles in m.
    """
    near = min(1.0, 2.1013e-6 * d_m * d_m - 0.002 * d_m + 1.0193)
    far = max(0.0, 0.54 - 0.001 * (d_m - 475.0))
    return near if d_m <= 475.0 else far


_DISTANCE = Range(1.0, 10e3, "m")
_LINK = {"d_m": _DISTANCE, "f_hz": FREQUENCY}
_HEIGHT = Range(0.0, 50.0, "m")
_CASE = Range(1.0, 3.0, whole=True)
_DRAW = {"normal": Range(-40.0, 40.0), "d_m": _DISTANCE, "case": _CASE}

v2x_urban_los = elementwise(v2x_urban_los_one, **_LINK)
v2x_highway_los = elementwise(v2x_highway_los_one, **_LINK)
v2x_nlos = elementwise(v2x_nlos_one, **_LINK)
v2x_blockage_case = elementwise(
    v2x_blockage_case_one, h_tx_m=_HEIGHT, h_rx_m=_HEIGHT, h_blocker_m=_HEIGHT
)
v2x_nlosv_mean = elementwise(v2x_nlosv_mean_one, d_m=_DISTANCE, case=_CASE)
v2x_nlosv_std = elementwise(v2x_nlosv_std_one, case=_CASE)
v2x_nlosv_loss = elementwise(v2x_nlosv_loss_one, **_DRAW)
v2x_nlosv_loss_normal = elementwise(v2x_nlosv_loss_normal_one, **_DRAW)
v2x_urban_los_probability = elementwise(v2x_urban_los_probability_one, d_m=Range(0.0, 10e3, "m"))
v2x_highway_los_probability = elementwise(
    v2x_highway_los_probability_one, d_m=Range(0.0, 10e3, "m")
)
