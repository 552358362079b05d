"""Probability of line of sight, path loss and deviation of shadow fading of a law.

A family that a law does not belong to adds 0 dB, or has the probability 1. The compiler knows which
these are. Distances below the least of a law are taken as that.
"""

import math

from isac_envs.engine.jit import jit
from isac_envs.propagation.aerial import aerial_deviation, aerial_loss, aerial_probability
from isac_envs.propagation.elevated import elevated_loss
from isac_envs.propagation.indoor import indoor_loss, indoor_probability
from isac_envs.propagation.laws import Law
from isac_envs.propagation.road import road_loss, road_probability
from isac_envs.propagation.rural import rural_deviation, rural_loss, rural_probability
from isac_envs.propagation.urban import urban_loss, urban_probability


@jit
def los_probability(law: Law, ground_m: float, height_m: float) -> float:
    """Return the probability that nothing hides a link.

    Of the laws after Al-Hourani it is 1, because their loss is a mean over both states.

    Args:
        law: The law.
        ground_m: Distance on the ground in m.
        height_m: Height of the antenna that moves in m.
    """
    table = law.table[0]
    return (
        urban_probability(law.urban, table, ground_m, height_m)
        * rural_probability(law.rural, table, ground_m, height_m)
        * indoor_probability(law.indoor, table, ground_m, height_m)
        * aerial_probability(law.aerial, table, ground_m, height_m)
        * road_probability(law.road, table, ground_m)
    )


@jit
def path_loss(
    law: Law, in_sight: bool, ground_m: float, height_m: float, normal: float = 0.0
) -> float:
    """Return the path loss in dB with what rain and gases absorb, without shadow fading.

    Args:
        law: The law.
        in_sight: Whether nothing hides the link.
        ground_m: Distance on the ground in m.
        height_m: Height of the antenna that moves in m.
        normal: Unit normal variate of the loss by vehicles in between.
    """
    table = law.table[0]
    rise_m = height_m - table.station_m
    way_m = math.sqrt(ground_m * ground_m + rise_m * rise_m)
    return (
        table.absorbed_db_m * way_m
        + urban_loss(law.urban, table, in_sight, ground_m, height_m)
        + rural_loss(law.rural, table, in_sight, ground_m, height_m)
        + indoor_loss(law.indoor, table, in_sight, ground_m, height_m)
        + aerial_loss(law.aerial, table, in_sight, ground_m, height_m)
        + road_loss(law.road, table, in_sight, ground_m, normal)
        + elevated_loss(law.elevated, table, ground_m, height_m)
    )


@jit
def los_deviation(law: Law, ground_m: float, height_m: float) -> float:
    """Return the standard deviation of shadow fading in line of sight in dB.

    Args:
        law: The law.
        ground_m: Distance on the ground in m.
        height_m: Height of the antenna that moves in m.
    """
    table = law.table[0]
    usual_db = rural_deviation(law.rural, table, ground_m, height_m)
    return aerial_deviation(law.aerial, table, height_m, usual_db)
