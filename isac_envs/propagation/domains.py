"""For what carriers, heights and distances each law is stated.

The ranges are those of the kernels. Below the least distance of a law, which is 10 m on the ground
outdoors in TR 38.901 and 1 m elsewhere, the loss is that at this distance, so only the largest
distance is a limit.
"""

from typing import Any, NamedTuple

from isac_envs.engine.elementwise import Range
from isac_envs.kernels.pathloss.free_space import CARRIER
from isac_envs.kernels.pathloss.tr_36777 import rma_av_nlos, uma_av_los, umi_av_nlos
from isac_envs.kernels.pathloss.tr_37885 import v2x_highway_los, v2x_urban_los
from isac_envs.kernels.pathloss.tr_38901 import uma_nlos
from isac_envs.kernels.pathloss.tr_38901_indoor import (
    inf_dh_nlos,
    inf_dl_nlos,
    inf_sh_nlos,
    inf_sl_nlos,
    inh_nlos,
)
from isac_envs.kernels.pathloss.tr_38901_los import inf_high_los_probability
from isac_envs.kernels.pathloss.tr_38901_rural import rma_nlos, sma_nlos
from isac_envs.kernels.pathloss.tr_38901_umi import umi_nlos
from isac_envs.propagation.laws import FACTORIES


class Domain(NamedTuple):
    """The valid values of a law."""

    carrier_hz: Range
    station_m: Range
    terminal_m: Range
    farthest_m: Range


_LAWS: dict[str, Any] = {
    "uma": uma_nlos,
    "umi": umi_nlos,
    "rma": rma_nlos,
    "sma": sma_nlos,
    "inh_mixed": inh_nlos,
    "inh_open": inh_nlos,
    "inf_sl": inf_sl_nlos,
    "inf_dl": inf_dl_nlos,
    "inf_sh": inf_sh_nlos,
    "inf_dh": inf_dh_nlos,
    "uma_av": uma_av_los,
    "umi_av": umi_av_nlos,
    "rma_av": rma_av_nlos,
    "v2x_urban": v2x_urban_los,
    "v2x_highway": v2x_highway_los,
}
"""The kernel with the narrowest ranges of each law."""

_FACTORY: Any = inf_high_los_probability
_ANY_HEIGHT = Range(0.1, 1e4, "m")
_LESS = 1.0 - 1e-9  # just below a limit that is not met


def domain_of(channel: str, station_m: float) -> Domain:
    """Return the valid values of a law.

    Args:
        channel: Name of the law, not ``"free_space"``.
        station_m: Height of the base station in m: factories have their terminals below it.
    """
    if channel.startswith("al_hourani"):
        return Domain(CARRIER, Range(0.0, 1e4, "m"), _ANY_HEIGHT, Range(0.0, 1e6, "m"))
    ranges = _LAWS[channel].ranges
    farthest = next(ranges[name] for name in ("d_2d_m", "d_3d_m", "d_m") if name in ranges)
    station = ranges.get("h_bs_m", _ANY_HEIGHT)
    terminal = ranges.get("h_ut_m", _ANY_HEIGHT)
    if channel == "uma":  # from 13 m on, the environment has a random height
        terminal = terminal._replace(high=13.0 * _LESS)
    if channel in FACTORIES:
        station, terminal = _FACTORY.ranges["h_bs_m"], _FACTORY.ranges["h_ut_m"]
        clutter_m = FACTORIES[channel].height_m
        if channel in ("inf_sh", "inf_dh"):  # the station above the clutter, terminals in it
            station = station._replace(low=clutter_m, open_low=True)
            terminal = terminal._replace(high=min(clutter_m, station_m) * _LESS)
        else:
            station = station._replace(high=clutter_m)
    return Domain(ranges["f_hz"], station, terminal, farthest._replace(low=0.0))
