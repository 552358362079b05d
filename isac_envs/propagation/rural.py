"""The laws RMa and SMa of TR 38.901, with the buildings and streets of its defaults."""

from typing import Any

from isac_envs.engine.jit import Record, jit
from isac_envs.kernels.pathloss.tr_38901_los import (
    rma_los_probability_one,
    sma_los_probability_one,
)
from isac_envs.kernels.pathloss.tr_38901_rural import (
    rma_breakpoint_distance_one,
    rma_los_one,
    rma_nlos_term_one,
)
from isac_envs.propagation.distances import LEAST_GROUND_M
from isac_envs.propagation.laws import FAMILIES

_RMA = FAMILIES["rural"].index("rma")
_BUILDINGS_M, _STREETS_M = (5.0, 10.0), (20.0, 10.0)  # of RMa, of SMa
_SPARSE = 0.1  # vegetation of SMa


@jit
def rural_probability(family: Any, table: Record, ground_m: float, height_m: float) -> float:
    """Return the probability of line of sight; 1 in another family.

    Args:
        family: None in another family.
        table: Numbers of the law.
        ground_m: Distance on the ground in m.
        height_m: Height of the terminal in m.
    """
    if family is None:
        return 1.0
    if table.code == _RMA:
        return rma_los_probability_one(ground_m)
    return sma_los_probability_one(ground_m, height_m, table.station_m, _SPARSE)


@jit
def rural_loss(
    family: Any, table: Record, in_sight: bool, ground_m: float, height_m: float
) -> float:
    """Return the path loss in dB; 0 in another family.

    Args:
        family: None in another family.
        table: Numbers of the law.
        in_sight: Whether nothing hides the link.
        ground_m: Distance on the ground in m, taken as at least 10.
        height_m: Height of the terminal in m.
    """
    if family is None:
        return 0.0
    away_m, f_hz, station_m = max(ground_m, LEAST_GROUND_M), table.carrier_hz, table.station_m
    rural = table.code == _RMA
    building_m = _BUILDINGS_M[0] if rural else _BUILDINGS_M[1]
    street_m = _STREETS_M[0] if rural else _STREETS_M[1]
    los = rma_los_one(away_m, f_hz, height_m, station_m, building_m)
    if in_sight:
        return los
    term = rma_nlos_term_one(away_m, f_hz, height_m, station_m, building_m, street_m)
    return max(los, term) if rural else term  # the table takes no maximum in SMa


@jit
def rural_deviation(family: Any, table: Record, ground_m: float, height_m: float) -> float:
    """Return the deviation of shadow fading in line of sight in dB.

    Args:
        family: None in another family, where it is that of the table.
        table: Numbers of the law.
        ground_m: Distance on the ground in m.
        height_m: Height of the terminal in m.
    """
    if family is None:
        return table.std_los_db
    breakpoint_m = rma_breakpoint_distance_one(table.carrier_hz, table.station_m, height_m)
    return table.std_far_db if ground_m > breakpoint_m else table.std_los_db
