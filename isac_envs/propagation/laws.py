"""The numbers of a chosen law, which compiled functions read.

An environment keeps its law in the scratch of its state, and None for free space: the compiler then
knows that there is no law, and leaves all functions of this package away.
"""

import math
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import record
from isac_envs.kernels.pathloss.al_hourani import AL_HOURANI
from isac_envs.kernels.pathloss.tr_36777 import AERIAL_K_DB, AERIAL_STD_NLOS_DB
from isac_envs.kernels.pathloss.tr_37885 import V2X_SHADOWING, v2x_blockage_case_one
from isac_envs.kernels.pathloss.tr_38901_shadowing import SHADOWING
from isac_envs.propagation.absorption import absorption

FAMILIES = MappingProxyType(
    {
        "urban": ("uma", "umi"),
        "rural": ("rma", "sma"),
        "indoor": ("inh_mixed", "inh_open", "inf_sl", "inf_dl", "inf_sh", "inf_dh"),
        "aerial": ("uma_av", "umi_av", "rma_av"),
        "road": ("v2x_urban", "v2x_highway"),
        "elevated": ("al_hourani",),
    }
)
"""Laws by family, in the order of their numbers in compiled code."""


class Law(NamedTuple):
    """A law: its numbers, and a 0 for the family that it belongs to, None for the others.

    The compiler knows the Nones, and leaves the formulas of the other families away.
    """

    table: Any
    """Record array :data:`LAW` of shape ``(1,)``."""
    urban: int | None = None
    rural: int | None = None
    indoor: int | None = None
    aerial: int | None = None
    road: int | None = None
    elevated: int | None = None


class Clutter(NamedTuple):
    """What stands in a factory."""

    density_lin: float
    """Share of the floor that it covers."""
    size_m: float
    height_m: float


FACTORIES = MappingProxyType(
    {
        "inf_sl": Clutter(0.2, 10.0, 2.0),
        "inf_dl": Clutter(0.6, 2.0, 6.0),
        "inf_sh": Clutter(0.2, 10.0, 2.0),
        "inf_dh": Clutter(0.6, 2.0, 6.0),
    }
)
"""Clutter of the calibration of TR 38.901."""

LAW = record(
    ("code", "i8"),  # place in its family
    ("carrier_hz", "f8"),
    ("station_m", "f8"),  # height of the antenna that stays
    ("absorbed_db_m", "f8"),  # by rain and gases
    ("drawn", "?"),  # obstacles hide a link by the probability of the law
    ("shadowed", "?"),  # they vary its loss
    ("fades", "?"),
    ("std_los_db", "f8"),  # of shadow fading; aerial laws work theirs out from the height
    ("std_far_db", "f8"),  # in line of sight beyond the breakpoint
    ("std_nlos_db", "f8"),
    ("correlation_m", "f8", (4,)),  # distances over which the variates of a link forget
    ("k_mean_db", "f8"),  # of the Rician factor in line of sight
    ("k_std_db", "f8"),
    ("k_hidden_mean_db", "f8"),  # out of it: minus infinity is Rayleigh
    ("k_hidden_std_db", "f8"),
    ("case", "f8"),  # of blockage by vehicles, 1 to 3
    ("density_lin", "f8"),  # clutter of factories
    ("size_m", "f8"),
    ("height_m", "f8"),
    ("a", "f8"),  # constants of Al-Hourani
    ("b", "f8"),
    ("excess_los_db", "f8"),
    ("excess_nlos_db", "f8"),
)
SIGHT, SHADOW, HIDDEN, FACTOR = range(4)
"""Unit normal variates of a link: whether it is in line of sight (where the quantile is below the
probability); shadow fading in it, and out of it (of vehicles, the loss by those in between); and
the Rician factor."""

_RAYLEIGH_DB = -math.inf
_NEVER_M = 1e300


def law_of(params: Any, reach: Any) -> Law | None:
    """Return the law that parameters choose; None is free space.

    Args:
        params: A :class:`.params.ChannelParams`.
        reach: A :class:`.params.Reach`; the carrier, the height of the antenna that stays and, for
            vehicles, the least height of those that move and that of those that block are used.
    """
    channel: str = params.channel
    if channel == "free_space":
        return None
    name = "al_hourani" if channel.startswith("al_hourani") else channel
    family = next(each for each, names in FAMILIES.items() if name in names)
    table = np.zeros(1, LAW)
    table["code"] = FAMILIES[family].index(name)
    table["carrier_hz"], table["station_m"] = reach.carrier_hz[1], reach.station_m[1]
    table["drawn"], table["shadowed"] = params.line_of_sight == "drawn", params.shadowing
    table["fades"] = params.fading == "rician"
    table["absorbed_db_m"] = absorption(reach.carrier_hz[1], params.rain_mm_h, params.gases)
    table["k_hidden_mean_db"] = _RAYLEIGH_DB
    for field, value in _numbers(channel).items():
        table[field] = value
    if family == "road":
        heights = (reach.station_m[1], reach.lowest_m[1], reach.blocker_m)
        table["case"] = v2x_blockage_case_one(*heights)
    return Law(table, **{family: 0})


def _numbers(channel: str) -> dict[str, Any]:
    """Return what the tables of a law say, by the fields of the record."""
    if channel.startswith("al_hourani"):
        air = AL_HOURANI[channel.removeprefix("al_hourani_")]
        numbers = {"a": air.a, "b": air.b, "correlation_m": (_NEVER_M,) * 4}
        return numbers | {"excess_los_db": air.eta_los_db, "excess_nlos_db": air.eta_nlos_db}
    if channel.startswith("v2x"):
        road = V2X_SHADOWING[channel.removeprefix("v2x_")]
        near_m = road.d_cor_los_m  # LOS stands for NLOSv too; none is stated for the state
        return {
            "std_los_db": road.std_los_db,
            "correlation_m": (near_m, near_m, near_m, _NEVER_M),
            "k_mean_db": road.k_los_mean_db,
            "k_std_db": road.k_los_std_db,
            "k_hidden_mean_db": road.k_nlosv_mean_db,
            "k_hidden_std_db": road.k_nlosv_std_db,
        }
    each = SHADOWING["inh" if channel.startswith("inh") else channel.removesuffix("_av")]
    numbers = {
        "std_los_db": each.std_los_db,
        "std_far_db": each.std_los_far_db or each.std_los_db,
        "std_nlos_db": each.std_nlos_db,
        "correlation_m": (each.d_cor_state_m, each.d_cor_los_m, each.d_cor_nlos_m, each.d_cor_k_m),
        "k_mean_db": each.k_mean_db,
        "k_std_db": each.k_std_db,
    }
    if channel.endswith("_av"):
        aerial = {"std_nlos_db": AERIAL_STD_NLOS_DB[channel], "k_mean_db": AERIAL_K_DB}
        return numbers | aerial | {"k_std_db": 0.0}
    if channel in FACTORIES:
        return numbers | FACTORIES[channel]._asdict()
    return numbers
