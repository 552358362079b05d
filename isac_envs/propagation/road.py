"""The laws of TR 37.885: links between vehicles in an urban grid and on a highway."""

from typing import Any

from isac_envs.engine.jit import Record, jit
from isac_envs.kernels.pathloss.tr_37885 import (
    v2x_highway_los_one,
    v2x_highway_los_probability_one,
    v2x_nlosv_loss_one,
    v2x_urban_los_one,
    v2x_urban_los_probability_one,
)
from isac_envs.propagation.distances import LEAST_M
from isac_envs.propagation.laws import FAMILIES

_URBAN = FAMILIES["road"].index("v2x_urban")


@jit
def road_probability(family: Any, table: Record, ground_m: float) -> float:
    """Return the probability that no vehicle stands in between; 1 in another family.

    Args:
        family: None in another family.
        table: Numbers of the law.
        ground_m: Distance in m.
    """
    if family is None:
        return 1.0
    if table.code == _URBAN:
        return v2x_urban_los_probability_one(ground_m)
    return v2x_highway_los_probability_one(ground_m)


@jit
def road_loss(family: Any, table: Record, in_sight: bool, ground_m: float, normal: float) -> float:
    """Return the path loss in dB, with that by a vehicle in between; 0 in another family.

    Args:
        family: None in another family.
        table: Numbers of the law.
        in_sight: Whether no vehicle stands in between; if one does, the state is NLOSv.
        ground_m: Distance in m, taken as at least 1.
        normal: Unit normal variate of the loss by vehicles.
    """
    if family is None:
        return 0.0
    away_m = max(ground_m, LEAST_M)
    loss_db = v2x_highway_los_one(away_m, table.carrier_hz)
    if table.code == _URBAN:
        loss_db = v2x_urban_los_one(away_m, table.carrier_hz)
    return loss_db if in_sight else loss_db + v2x_nlosv_loss_one(normal, away_m, table.case)
