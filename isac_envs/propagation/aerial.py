"""The laws UMa-AV, UMi-AV and RMa-AV of TR 36.777: aerial vehicles and a base station."""

from typing import Any

from isac_envs.engine.jit import Record, jit
from isac_envs.kernels.pathloss.tr_36777 import (
    rma_av_los_one,
    rma_av_los_probability_one,
    rma_av_nlos_one,
    rma_av_std_los_one,
    uma_av_los_one,
    uma_av_los_probability_one,
    uma_av_nlos_one,
    uma_av_std_los_one,
    umi_av_los_one,
    umi_av_los_probability_one,
    umi_av_nlos_one,
    umi_av_std_los_one,
)
from isac_envs.propagation.laws import FAMILIES

_UMA, _UMI, _RMA = range(len(FAMILIES["aerial"]))


@jit
def aerial_probability(family: Any, table: Record, ground_m: float, height_m: float) -> float:
    """Return the probability of line of sight; 1 in another family.

    Args:
        family: None in another family.
        table: Numbers of the law.
        ground_m: Distance on the ground in m.
        height_m: Height of the aerial vehicle in m.
    """
    if family is None:
        return 1.0
    if table.code == _UMA:
        return uma_av_los_probability_one(ground_m, height_m)
    if table.code == _UMI:
        return umi_av_los_probability_one(ground_m, height_m)
    return rma_av_los_probability_one(ground_m, height_m)


@jit
def aerial_loss(
    family: Any, table: Record, in_sight: bool, ground_m: float, height_m: float
) -> float:
    """Return the path loss in dB; 0 in another family.

    Args:
        family: None in another family.
        table: Numbers of the law.
        in_sight: Whether nothing hides the link.
        ground_m: Distance on the ground in m; that between the antennas is taken as at least 1.
        height_m: Height of the aerial vehicle in m.
    """
    if family is None:
        return 0.0
    code, f_hz, station_m = table.code, table.carrier_hz, table.station_m
    if code == _UMA:
        if in_sight:
            return uma_av_los_one(ground_m, f_hz, height_m, station_m)
        return uma_av_nlos_one(ground_m, f_hz, height_m, station_m)
    if code == _UMI:
        if in_sight:
            return umi_av_los_one(ground_m, f_hz, height_m, station_m)
        return umi_av_nlos_one(ground_m, f_hz, height_m, station_m)
    if in_sight:
        return rma_av_los_one(ground_m, f_hz, height_m, station_m)
    return rma_av_nlos_one(ground_m, f_hz, height_m, station_m)


@jit
def aerial_deviation(family: Any, table: Record, height_m: float, usual_db: float) -> float:
    """Return the deviation of shadow fading in line of sight in dB.

    Args:
        family: None in another family.
        table: Numbers of the law.
        height_m: Height of the aerial vehicle in m.
        usual_db: The deviation in another family.
    """
    if family is None:
        return usual_db
    if table.code == _UMA:
        return uma_av_std_los_one(height_m)
    if table.code == _UMI:
        return umi_av_std_los_one(height_m)
    return rma_av_std_los_one(height_m)
