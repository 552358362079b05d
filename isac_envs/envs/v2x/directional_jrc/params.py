"""Parameters of the dual carriageway."""

import math
from typing import Any, Literal

import numpy as np
from pydantic import model_validator

from isac_envs.declaration.params import Weight, parameter
from isac_envs.engine.mathx import sincos_turns
from isac_envs.engine.rng import poisson_table
from isac_envs.envs.v2x.directional_jrc import tables
from isac_envs.kernels.pathloss.tr_37885 import BLOCKER_HEIGHT_M
from isac_envs.propagation.params import STANDARDS, ChannelParams, Reach

LEE = "Lee et al., TVT 71(10), 2022, authors' public code"
SECTORED = "Bai and Heath, IEEE Trans. Wireless Commun. 14(2), 2015: sectored antennas"

_MOST_LINKED = 64  # vehicles of which every pair has a link
_MOST_ARRIVALS = 40.0  # one vehicle enters a step: a larger mean makes no difference


class DirectionalJrcParams(ChannelParams):
    """Parameters; the defaults are the ``carriageway`` scenario."""

    channel: Literal["free_space", "v2x_urban", "v2x_highway"] = parameter(
        "free_space", "Law of the path loss between vehicles.", "1", STANDARDS
    )
    horizon: int = parameter(
        400, "Steps until an episode is truncated.", "steps", LEE, ge=1, le=10**7
    )
    weights: tuple[Weight, ...] = parameter(
        (1.0, 6.0), "Weights of communication (w_comm) and sensing (w_rad).", "1", LEE
    )
    vehicles: int = parameter(8, "Number of vehicles N.", "1", LEE, ge=2, le=1000)
    neighbours: int = parameter(
        7, "Other vehicles in an observation: the nearest ones if there are more.", "1",
        LEE, interface=True, ge=1, le=1000,
    )  # fmt: skip
    road_m: float = parameter(150.0, "Length of the road.", "m", LEE, ge=20, le=1e5)
    lanes_per_direction: int = parameter(2, "Lanes of each direction.", "1", LEE, ge=1, le=8)
    lane_width_m: float = parameter(4.0, "Width of a lane, and of a cell.", "m", LEE, ge=2, le=10)
    length_m: float = parameter(5.0, "Length of a vehicle.", "m", LEE, ge=0.1, le=25)
    width_m: float = parameter(2.0, "Width of a vehicle.", "m", LEE, ge=0.1, le=5)
    speed_m_s: float = parameter(15.0, "Speed on the inner lanes.", "m/s", LEE, ge=0.1, le=100)
    speed_difference_m_s: float = parameter(
        7.5, "Speed gained per lane further out.", "m/s", LEE, ge=0, le=50
    )
    step_s: float = parameter(0.5, "Duration of a step.", "s", LEE, ge=1e-3, le=10)
    start_spacing_m: float = parameter(
        7.5, "Grid of the start positions on a lane.", "m", ge=0.1, le=100
    )
    demand: float = parameter(
        1.0, "Mean requests to enter in a step, over vehicles * speed * step / road.", ge=0, le=100
    )
    traces: str = parameter(
        "", "File of mobility that vehicles follow instead: floating-car data of SUMO or CSV. Who "
        "is between 0 and road_m and on the lanes takes a free one of the N places. Its path is "
        "relative to the scenario file, or to the working directory where it is given as an "
        "argument.", file=True,
    )  # fmt: skip
    cell_m: float = parameter(7.5, "Length of a cell of the data maps.", "m", LEE, ge=1, le=100)
    age_max: int = parameter(8, "Age beyond which data is erased.", "steps", LEE, ge=2, le=100)
    half_width_deg: float = parameter(45.0, "Half width of a beam.", "deg", LEE, ge=1, le=45)
    range_m: float = parameter(100.0, "Distance beyond which nobody is heard.", "m", ge=1, le=1e6)
    radar_interval: int = parameter(
        4, "Steps between radar uses of a round robin; the observed clock counts N of them.",
        "steps", LEE, ge=1, le=1000,
    )  # fmt: skip
    risk_s_m: float = parameter(
        0.05, "Growth of the penalty of not sensing with speed.", "s/m", LEE, ge=0, le=1
    )
    carrier_hz: float = parameter(77e9, "Carrier frequency.", "Hz", ge=1e6, le=1e13)
    power_dbm: float = parameter(12.0, "Transmit power.", "dBm", ge=-50, le=80)
    gain_dbi: float = parameter(
        20.0, "Gain of a sector in its quarter, on both sides.", "dBi", SECTORED, ge=-20, le=60
    )
    side_lobe_dbi: float = parameter(
        -10.0, "Gain of a sector elsewhere.", "dBi", SECTORED, ge=-100, le=60
    )
    radar_gain_dbi: float = parameter(
        14.0, "Gain of a radar in all directions: the power is split over four sectors.", "dBi",
        ge=-100, le=60,
    )  # fmt: skip
    bandwidth_hz: float = parameter(400e6, "Noise bandwidth.", "Hz", ge=1, le=1e12)
    noise_figure_db: float = parameter(10.0, "Noise figure of a receiver.", "dB", ge=0, le=100)
    packet_bits: int = parameter(
        1000, "Bits of a packet, all of which must arrive.", "bit", ge=1, le=10**9
    )
    radar_interferes: bool = parameter(True, "Whether radar users disturb receivers.")
    leakage: bool = parameter(
        True, "Whether senders disturb other receivers through their side lobes."
    )
    collisions: bool = parameter(
        True, "Whether two signals on one face of a receiver are both lost."
    )
    delivery: Literal["drawn", "expected"] = parameter(
        "drawn", "Packets arrive or not; or all do and the reward is weighted by the probability."
    )
    shadows: Literal["near_edge", "far_edge_behind", "none"] = parameter(
        "near_edge", "What vehicles hide: what lies behind their near edges; less towards -x; none."
    )
    merging: Literal["youngest", "summed"] = parameter(
        "youngest", "Received age: the youngest copy; or the sum of the usefulness of all copies."
    )
    grid: Literal["world", "vehicle"] = parameter(
        "world", "Cells are fixed to the road; or displacements are rounded for each vehicle."
    )
    displacement: Literal["towards", "away"] = parameter(
        "towards", "Received cells keep their place on the road; or move to the opposite side."
    )
    sides: Literal["aligned", "swapped"] = parameter(
        "aligned", "Data of the left lies where the left beam points to; or on the other side."
    )
    received_labels: Literal["mirrored", "fixed"] = parameter(
        "mirrored", "Labels of received cells fit the receiver's heading; or one towards +x."
    )
    importance_map: Literal["mirrored", "fixed"] = parameter(
        "mirrored", "Cells that matter lie ahead of every receiver; or towards +x."
    )
    first_maps: Literal["all_lanes", "two_lanes"] = parameter(
        "all_lanes", "Maps at the start: what sensors see; or only on lanes 0 and 1, 1 reversed."
    )
    observation: Literal["scaled", "published"] = parameter(
        "scaled", "Coordinates over their ranges; or divided twice, with vehicles off the road."
    )

    @model_validator(mode="after")
    def _there_is_room(self) -> "DirectionalJrcParams":
        slots = self.start_slots * 2 * self.lanes_per_direction
        if slots < self.vehicles:
            raise ValueError(
                f"parameter vehicles = {self.vehicles}: the road has {slots} places to start (of "
                f"road_m, start_spacing_m and lanes_per_direction)"
            )
        if self.length_m > self.speed_m_s * self.step_s:
            raise ValueError(
                f"parameter length_m = {self.length_m}: valid: <= speed_m_s * step_s = "
                f"{self.speed_m_s * self.step_s} m, so that entering vehicles do not overlap"
            )
        if self.width_m >= self.lane_width_m:
            raise ValueError(
                f"parameter width_m = {self.width_m}: valid: < lane_width_m = {self.lane_width_m}"
            )
        if self.channel != "free_space" and self.vehicles > _MOST_LINKED:
            raise ValueError(
                f"parameter vehicles = {self.vehicles}: valid: <= {_MOST_LINKED} with channel = "
                f"{self.channel!r}, because every pair has a link"
            )
        self.check_channel(self.reach)
        tables.seats(self)  # a wrong file is refused here, not when the first step compiles
        return self

    @property
    def reach(self) -> Reach:
        """Where the links run: antennas are as high as vehicles of type 2."""
        width_m = 2 * self.lanes_per_direction * self.lane_width_m
        height_m = BLOCKER_HEIGHT_M["type_2"]
        return Reach(
            carrier_hz=("carrier_hz", self.carrier_hz),
            station_m=("", height_m),
            lowest_m=("", height_m),
            highest_m=("", height_m),
            farthest_m=("road_m", min(self.range_m, self.road_m + width_m)),
        )

    @property
    def start_slots(self) -> int:
        """Start positions on each lane."""
        return max(1, math.floor(self.road_m / self.start_spacing_m))

    def derived(self) -> dict[str, Any]:
        """Return lanes, the law of arrivals, powers at 1 m, maps and scales of the observation.

        Arrays by heading have shape ``(2, ...)``, towards +x first; cells are row-major ``(35,)``.
        """
        mean = self.demand * self.vehicles * self.speed_m_s * self.step_s / self.road_m
        sine, cosine = sincos_turns(self.half_width_deg / 360.0)
        slope = sine / cosine
        width = (2 * self.lanes_per_direction - 1) * self.lane_width_m
        return {
            "start_slots": self.start_slots,
            "arrivals": poisson_table(min(mean, _MOST_ARRIVALS), 128),
            "beam_slope": slope,
            "sideways_reach_m": slope * width,
            **tables.lanes(self),
            **tables.seats(self),
            **tables.powers(self),
            **tables.maps(self),
            **tables.scales(self),
        }

    @property
    def fastest_m_s(self) -> float:
        """Speed on the outer lanes."""
        return self.speed_m_s + (self.lanes_per_direction - 1) * self.speed_difference_m_s

    @property
    def lane_numbers(self) -> "np.ndarray[Any, np.dtype[np.int64]]":
        """Lanes counted from the median, negative for those towards -x."""
        inward = np.arange(1, self.lanes_per_direction + 1)
        return np.concatenate((-inward[::-1], inward))
