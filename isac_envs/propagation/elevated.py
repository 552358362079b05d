"""The laws after Al-Hourani: mean path loss between the ground and the air."""

from typing import Any

from isac_envs.engine.jit import Record, jit
from isac_envs.engine.mathx import atan2_turns
from isac_envs.kernels.pathloss.al_hourani import al_hourani_mean_of_db_one
from isac_envs.propagation.distances import between_antennas


@jit
def elevated_loss(family: Any, table: Record, ground_m: float, height_m: float) -> float:
    """Return the path loss in dB, a mean over line of sight and none; 0 in another family.

    Args:
        family: None in another family.
        table: Numbers of the law; where line of sight is not drawn, the loss is that in it.
        ground_m: Distance on the ground in m; that between the antennas is taken as at least 1.
        height_m: Height of the antenna that moves in m.
    """
    if family is None:
        return 0.0
    rise_m = height_m - table.station_m
    away_m = between_antennas(ground_m, rise_m)
    elevation_deg = 360.0 * atan2_turns(abs(rise_m), ground_m)
    los_db = table.excess_los_db
    nlos_db = table.excess_nlos_db if table.drawn else los_db
    return al_hourani_mean_of_db_one(
        away_m, table.carrier_hz, elevation_deg, table.a, table.b, los_db, nlos_db
    )
