"""The laws InH and InF of TR 38.901: offices and factories."""

from typing import Any

from isac_envs.engine.jit import Record, jit
from isac_envs.kernels.pathloss.tr_38901_indoor import (
    inf_dh_nlos_one,
    inf_dl_nlos_one,
    inf_los_one,
    inf_sh_nlos_one,
    inf_sl_nlos_one,
    inh_los_one,
    inh_nlos_one,
)
from isac_envs.kernels.pathloss.tr_38901_los import (
    inf_high_los_probability_one,
    inf_low_los_probability_one,
    inh_mixed_los_probability_one,
    inh_open_los_probability_one,
)
from isac_envs.propagation.distances import between_antennas
from isac_envs.propagation.laws import FAMILIES

_MIXED, _OPEN, _SL, _DL, _SH, _DH = range(len(FAMILIES["indoor"]))


@jit
def indoor_probability(family: Any, table: Record, ground_m: float, height_m: float) -> float:
    """Return the probability of line of sight; 1 in another family.

    Args:
        family: None in another family.
        table: Numbers of the law.
        ground_m: Distance on the ground in m.
        height_m: Height of the terminal in m.
    """
    if family is None:
        return 1.0
    code = table.code
    if code == _MIXED:
        return inh_mixed_los_probability_one(ground_m)
    if code == _OPEN:
        return inh_open_los_probability_one(ground_m)
    density, size_m = table.density_lin, table.size_m
    if code <= _DL:
        return inf_low_los_probability_one(ground_m, density, size_m)
    return inf_high_los_probability_one(
        ground_m, density, size_m, table.height_m, height_m, table.station_m
    )


@jit
def indoor_loss(
    family: Any, table: Record, in_sight: bool, ground_m: float, height_m: float
) -> float:
    """Return the path loss in dB; 0 in another family.

    Args:
        family: None in another family.
        table: Numbers of the law.
        in_sight: Whether nothing hides the link.
        ground_m: Distance on the ground in m; that between the antennas is taken as at least 1.
        height_m: Height of the terminal in m.
    """
    if family is None:
        return 0.0
    code, f_hz = table.code, table.carrier_hz
    away_m = between_antennas(ground_m, table.station_m - height_m)
    if code <= _OPEN:
        return inh_los_one(away_m, f_hz) if in_sight else inh_nlos_one(away_m, f_hz)
    if in_sight:
        return inf_los_one(away_m, f_hz)
    if code == _SL:
        return inf_sl_nlos_one(away_m, f_hz)
    if code == _DL:
        return inf_dl_nlos_one(away_m, f_hz)
    return inf_sh_nlos_one(away_m, f_hz) if code == _SH else inf_dh_nlos_one(away_m, f_hz)
