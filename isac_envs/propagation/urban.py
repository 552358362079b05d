"""The laws UMa and UMi of TR 38.901."""

from typing import Any

from isac_envs.engine.jit import Record, jit
from isac_envs.kernels.pathloss.tr_38901 import uma_one
from isac_envs.kernels.pathloss.tr_38901_los import (
    uma_los_probability_one,
    umi_los_probability_one,
)
from isac_envs.kernels.pathloss.tr_38901_umi import umi_pair_one
from isac_envs.propagation.distances import LEAST_GROUND_M
from isac_envs.propagation.laws import FAMILIES

_UMA = FAMILIES["urban"].index("uma")


@jit
def urban_probability(family: Any, table: Record, ground_m: float, height_m: float) -> float:
    """Return the probability of line of sight; 1 in another family.

    Args:
        family: None in another family.
        table: Numbers of the law.
        ground_m: Distance on the ground in m.
        height_m: Height of the terminal in m.
    """
    if family is None:
        return 1.0
    if table.code == _UMA:
        return uma_los_probability_one(ground_m, height_m)
    return umi_los_probability_one(ground_m)


@jit
def urban_loss(
    family: Any, table: Record, in_sight: bool, ground_m: float, height_m: float
) -> float:
    """Return the path loss in dB; 0 in another family.

    Args:
        family: None in another family.
        table: Numbers of the law.
        in_sight: Whether nothing hides the link.
        ground_m: Distance on the ground in m, taken as at least 10.
        height_m: Height of the terminal in m, below 13 in UMa: its environment is 1 m high.
    """
    if family is None:
        return 0.0
    away_m = max(ground_m, LEAST_GROUND_M)
    if table.code == _UMA:
        los, nlos = uma_one(away_m, table.carrier_hz, height_m, table.station_m, 1.0)
    else:
        los, nlos = umi_pair_one(away_m, table.carrier_hz, height_m, table.station_m)
    return los if in_sight else nlos
