"""Parameters of beam tracking."""

import math
from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from isac_envs.declaration.params import Weight, parameter
from isac_envs.engine.mathx import acos_turns, sincos_turns
from isac_envs.envs.beam_management.beam_track.tables import (
    acceleration,
    budget,
    caught_share,
    grid_of_echoes,
    measurement_variances,
    passes,
)
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.kernels.numerics.gamma import gaussian_q_inverse
from isac_envs.kernels.pathloss.free_space import friis_gain_one
from isac_envs.propagation.params import STANDARDS, ChannelParams, Reach

HARD = "Our choice, after the vehicular model of Liu et al., arXiv 2001.09306."
JIANG = "Jiang et al., arXiv 2509.12698"

Share = Annotated[float, Field(ge=0, le=1)]
Level = Annotated[float, Field(ge=0, le=1)]
Place = Annotated[float, Field(ge=1, le=1e4)]

VEHICLE_M = 1.5
"""Height of the vehicles' antennas above the ground where a law of the path loss asks for it."""

_DEVIATIONS = 3.0  # that range and speed of a vehicle may be beyond their means, in a grid
_LEAST_CELLS = 32  # along either axis: a window of 13 and what is beyond
_WAY = (
    "horizon, slot_s, speed_m_s, speed_spread_m_s, acceleration_x_m_s2, acceleration_memory_s, "
    "process, start_x_m, vehicle_spacing_m, vehicles, lane_y_m, lane_half_width_m, height_m, "
    "motion, circle_radius_m, circle_centre_x_m, circle_centre_y_m, drift_m and traces"
)
_MOST_CELLS = 2**17  # of a grid
_LEAST_FALSE_ALARM = 1e-12  # of a CFAR


class BeamTrackParams(ChannelParams):
    """Parameters; the defaults are the ``hard`` scenario."""

    horizon: int = parameter(30, "Slots until an episode is truncated.", "slots", ge=1, le=10**7)
    weights: tuple[Weight, ...] = parameter(
        (1.0, 1.0), "Weights of communication and alignment in the reward."
    )
    channel: Literal["free_space", "umi", "uma"] = parameter(
        "free_space", "Law of the path loss of link and echo, with vehicles 1.5 m high.", "1",
        STANDARDS,
    )  # fmt: skip
    fidelity: Literal["statistics", "echo"] = parameter(
        "statistics",
        "Measurements by the laws of detection and errors; or from an OFDM grid of all echoes, "
        "through clutter removal, CFAR, peaks and a gate.",
    )
    observation: Literal["belief", "history", "echo"] = parameter(
        "belief", "What the agent sees: filter, last measurements, or the array's echo."
    )
    action: Literal["discrete", "continuous", "pointing"] = parameter(
        "discrete", "Form of the action; pointing sets the direction without the filter."
    )
    history_length: int = parameter(8, "Measurements in the history.", "slots", ge=1, le=64)
    vehicles: int = parameter(1, "Vehicles served at the same time.", ge=1, le=64)
    power_dbm: float = parameter(5.0, "Transmit power of all beams.", "dBm", ge=-60, le=80)
    noise_dbm: float = parameter(
        -80.0, "Noise of either receiver over the bandwidth.", "dBm", HARD, ge=-200, le=50
    )  # fmt: skip
    wavelength_m: float = parameter(0.01, "Wavelength of the carrier.", "m", ge=1e-4, le=3)
    bandwidth_hz: float = parameter(1e8, "Bandwidth, flat.", "Hz", ge=1e3, le=1e11)
    transmitter: Literal["array", "surface"] = parameter(
        "array",
        "What forms the beam: the array of the base station; or the columns of a surface that "
        "reflect the base station's beam, in the array's place.",
    )
    transmit_antennas: int = parameter(
        256, "Antennas of the full array, or columns of the surface, half a wavelength apart, a "
        "power of two.", ge=4, le=4096,
    )  # fmt: skip
    fewest_antennas: int = parameter(
        4, "Antennas or columns of the widest beam, a power of two.", ge=2, le=4096
    )
    surface_rows: int = parameter(
        64, "Elements of a column, where a surface forms the beam.", ge=1, le=4096
    )
    station_antennas: int = parameter(
        64, "Antennas of the base station's beam to the surface, if there is one.", ge=1, le=4096
    )
    station_m: float = parameter(
        50.0, "Distance of the base station from the surface, if there is one.", "m", ge=1, le=1e4
    )
    receive_antennas: int = parameter(64, "Antennas that hear the echo.", ge=2, le=1024)
    sector_deg: float = parameter(
        170.0, "Sector around broadside that beams are steered in.", "deg", ge=1, le=180
    )
    symbols: float = parameter(1e3, "Symbols of a slot.", "symbols", HARD, ge=1, le=1e9)
    data_echo_share: float = parameter(
        0.0, "Share of the data part's echo that the matched filter also uses.", ge=0, le=1
    )
    false_alarm: float = parameter(
        1e-6, "Probability of a false alarm of the detector.", ge=1e-30, le=0.1
    )
    rcs_m2: float = parameter(1.0, "Mean radar cross section.", "m^2", HARD, ge=1e-6, le=1e6)
    fluctuation: Literal["averaged", "swerling_1", "constant"] = parameter(
        "averaged",
        "Cross section: mean with the detection law of Swerling 1, drawn each slot, or steady.",
    )
    clutter_distances_m: tuple[Place, ...] = parameter(
        (15.0, 40.0, 75.0), "Distances of static reflectors in every beam, in grids of echoes.",
        "m", min_length=1, max_length=32,
    )  # fmt: skip
    clutter_rcs_m2: float = parameter(
        100.0, "Mean radar cross section of each, exponential.", "m^2", ge=0, le=1e6
    )
    gate: float = parameter(
        16.0, "Largest squared Mahalanobis distance of a detection in a grid from the belief.",
        "1", ge=0.1, le=1e3,
    )  # fmt: skip
    excess_loss_db: float = parameter(0.0, "Loss beyond free space, one way.", "dB", ge=-50, le=100)
    error_law: Literal["crb", "power_law"] = parameter(
        "crb", "Error of measurements: Cramer-Rao bounds, or inverse to the SNR.", "1", JIANG
    )
    error_scale: float = parameter(
        1.0, "Factor on the standard deviations of the errors.", "1", JIANG, ge=1e-3, le=1e3
    )
    slot: Literal["single", "two_stage"] = parameter(
        "single", "One beam a slot, or a second one after the echo.", "1", JIANG
    )
    outage: float = parameter(
        0.0, "Outage probability that the rate is chosen for; 0 credits what the channel carries.",
        "1", JIANG, ge=0, le=0.5,
    )  # fmt: skip
    slot_s: float = parameter(0.1, "Duration of a slot.", "s", HARD, ge=1e-4, le=10)
    motion: Literal["road", "circle"] = parameter("road", "Path of the vehicles.")
    process: Literal["held", "continuous"] = parameter(
        "held", "Acceleration held over a slot, or white in continuous time.", "1", JIANG
    )
    traces: str = parameter(
        "", "File of mobility that vehicles follow on a road: floating-car data of SUMO or CSV, "
        "whose origin lies at start_x_m and lane_y_m. An episode shows those that pass nearest in "
        "a random part of it. Its path is relative to the scenario file, or to the working "
        "directory where it is given as an argument.", file=True,
    )  # fmt: skip
    start_x_m: float = parameter(
        -25.0, "Start along the array axis; the array is at 0.", "m", HARD, ge=-1e4, le=1e4
    )
    vehicle_spacing_m: float = parameter(
        0.0, "Distance between one vehicle and the next.", "m", ge=-1e3, le=1e3
    )
    lane_y_m: float = parameter(20.0, "Distance of the lane.", "m", HARD, ge=1, le=1e4)
    lane_half_width_m: float = parameter(
        5.0, "Vehicles stay this close to the lane.", "m", HARD, ge=0, le=1e4
    )
    height_m: float = parameter(
        0.0, "Height above the array, or of the array above vehicles.", "m", ge=0, le=1e4
    )
    speed_m_s: float = parameter(20.0, "Mean speed at the start.", "m/s", HARD, ge=0, le=1e3)
    speed_spread_m_s: float = parameter(
        0.0, "Initial speeds are uniform within this of the mean.", "m/s", ge=0, le=1e3
    )
    acceleration_x_m_s2: float = parameter(
        10.0,
        "Deviation of the acceleration along the lane that moves vehicles and that the filter "
        "expects; the filter alone on a circle; the root of the spectral density (m s^-3/2) where "
        "it is white in continuous time.", "m/s^2", HARD, ge=1e-9, le=1e3,
    )  # fmt: skip
    acceleration_y_m_s2: float = parameter(
        5.0, "The same, across the lane.", "m/s^2", HARD, ge=1e-9, le=1e3
    )
    acceleration_memory_s: float = parameter(
        0.0, "Correlation time of the acceleration (Ornstein-Uhlenbeck); the filter expects 0.",
        "s", ge=0, le=1e3,
    )  # fmt: skip
    circle_radius_m: float = parameter(100.0, "Radius of the circle.", "m", ge=1, le=1e4)
    circle_centre_x_m: float = parameter(50.0, "Centre of the circle.", "m", ge=-1e4, le=1e4)
    circle_centre_y_m: float = parameter(200.0, "Centre of the circle.", "m", ge=-1e4, le=1e4)
    drift_m: float = parameter(
        1.0, "Random walk of the circle's centre in a slot, each axis.", "m", ge=0, le=100
    )
    initial_position_std_m: float = parameter(
        0.5,
        "Initial standard deviation of the filter's position, each axis.",
        "m",
        HARD,
        ge=1e-3,
        le=1e3,
    )
    initial_speed_std_m_s: float = parameter(
        1.5,
        "Initial standard deviation of the filter's velocity, each axis.",
        "m/s",
        HARD,
        ge=1e-3,
        le=1e3,
    )
    start_known: bool = parameter(
        True, "Whether the filter starts at the true state, which it does not know."
    )
    block_probability: float = parameter(
        0.0, "Probability that a free path is blocked in the next slot.", ge=0, le=1
    )
    clear_probability: float = parameter(
        0.3, "Probability that a blocked path is free in the next slot.", ge=1e-6, le=1
    )
    block_loss_db: float = parameter(20.0, "Loss of a blocked path, one way.", "dB", ge=0, le=200)
    sensing_shares: tuple[Share, ...] = parameter(
        (0.0, 0.05, 0.1, 0.2, 0.4),
        "Shares of a slot spent on sensing that a discrete action chooses from, increasing; the "
        "last one bounds a continuous action.", min_length=1, max_length=32,
    )  # fmt: skip
    power_levels: tuple[Level, ...] = parameter(
        (0.0, 0.25, 0.5, 1.0),
        "Parts of the power that a vehicle can ask for, increasing; more than all is scaled down.",
        min_length=2, max_length=32,
    )  # fmt: skip
    sweep_loss: float = parameter(1.0, "Share of a slot that a sweep takes.", ge=0, le=1)
    sweep_distance_std_m: float = parameter(
        1.0, "Error of the distance that a sweep finds.", "m", ge=1e-3, le=1e3
    )
    sweep_speed_std_m_s: float = parameter(
        10.0, "Standard deviation of either velocity after a sweep.", "m/s", ge=1e-3,
        le=1e3,
    )  # fmt: skip
    misalignment_penalty: float = parameter(
        0.0, "Penalty of a beam with less than half of its gain (lambda).", ge=0, le=1e3
    )

    @model_validator(mode="after")
    def _lists_increase(self) -> "BeamTrackParams":
        for name in ("sensing_shares", "power_levels"):
            values = getattr(self, name)
            if any(a >= b for a, b in pairwise(values)):
                raise ValueError(f"parameter {name} = {values}: must increase strictly")
        if self.power_levels[-1] <= 0:
            raise ValueError(f"parameter power_levels = {self.power_levels}: the last must be > 0")
        return self

    @model_validator(mode="after")
    def _arrays_fit(self) -> "BeamTrackParams":
        for name in ("transmit_antennas", "fewest_antennas"):
            value = getattr(self, name)
            if value & (value - 1):
                raise ValueError(f"parameter {name} = {value}: must be a power of two")
        if self.fewest_antennas > self.transmit_antennas:
            raise ValueError(
                f"parameter fewest_antennas = {self.fewest_antennas}: at most transmit_antennas "
                f"= {self.transmit_antennas}"
            )
        if self.transmitter == "surface" and self.vehicles > 1:
            raise ValueError(
                f"parameter vehicles = {self.vehicles}: with transmitter = 'surface' it must be 1, "
                f"a surface reflects one beam"
            )
        if self.transmitter == "surface" and caught_share(self) > 1.0:
            raise ValueError(
                f"parameter station_m = {self.station_m:g}: a surface of transmit_antennas = "
                f"{self.transmit_antennas} columns and surface_rows = {self.surface_rows} would "
                f"catch {caught_share(self):.3g} of what station_antennas = "
                f"{self.station_antennas} send at wavelength_m = {self.wavelength_m:g}; valid: at "
                f"most 1, farther away or smaller"
            )
        width = 180.0 - 720.0 * acos_turns(0.886 / self.fewest_antennas)
        if width > self.sector_deg:
            raise ValueError(
                f"parameter fewest_antennas = {self.fewest_antennas}: the beam is {width:.1f} deg "
                f"wide, wider than sector_deg = {self.sector_deg}"
            )
        return self

    @model_validator(mode="after")
    def _paths_fit(self) -> "BeamTrackParams":
        if self.lane_half_width_m >= self.lane_y_m and self.height_m == 0:
            raise ValueError(
                f"parameter lane_half_width_m = {self.lane_half_width_m}: must be below "
                f"lane_y_m = {self.lane_y_m} where height_m is 0, the road would run through the "
                f"array"
            )
        if self.motion == "circle" and self.circle_centre_y_m <= self.circle_radius_m:
            raise ValueError(
                f"parameter circle_centre_y_m = {self.circle_centre_y_m}: must be above "
                f"circle_radius_m = {self.circle_radius_m}, the array serves one side"
            )
        if self.motion == "circle" and self.traces:
            raise ValueError("parameter motion = 'circle': valid: 'road', where traces are given")
        passes(self)  # a wrong file is refused here, not when the first step compiles
        if self.speed_spread_m_s > self.speed_m_s:
            raise ValueError(
                f"parameter speed_spread_m_s = {self.speed_spread_m_s}: at most speed_m_s = "
                f"{self.speed_m_s}"
            )
        return self

    @model_validator(mode="after")
    def _grid_fits(self) -> "BeamTrackParams":
        if self.fidelity == "statistics":
            return self
        for name, wrong, valid in (
            ("receive_antennas", self.receive_antennas % 2, "even: angles come from two halves"),
            ("error_law", self.error_law != "crb", "'crb': the grid makes the errors"),
            ("error_scale", self.error_scale != 1.0, "1: the grid makes the errors"),
            ("false_alarm", self.false_alarm < _LEAST_FALSE_ALARM, f">= {_LEAST_FALSE_ALARM:g}"),
        ):
            if wrong:
                raise ValueError(
                    f"parameter {name} = {getattr(self, name)}: with fidelity = 'echo' it must be "
                    f"{valid}"
                )
        far, fast = self.farthest_m, self.fastest_m_s
        subcarriers, symbols = self.grid
        reasons = f"vehicles come as far as {far:.4g} m and as fast as {fast:.4g} m/s by {_WAY}"
        if subcarriers * symbols > _MOST_CELLS:
            raise ValueError(
                f"parameter fidelity = 'echo': a grid without ambiguity would have {subcarriers} "
                f"subcarriers by {symbols} symbols, at most {_MOST_CELLS} cells; less "
                f"bandwidth_hz, symbols, sensing_shares or data_echo_share, more wavelength_m; "
                f"{reasons}"
            )
        if self.most_symbols < subcarriers * symbols:
            raise ValueError(
                f"parameter symbols = {self.symbols:g}: the longest look of sensing_shares and "
                f"data_echo_share has {self.most_symbols:g}, fewer than the {subcarriers} x "
                f"{symbols} cells of its grid (bandwidth_hz, wavelength_m, fidelity); {reasons}"
            )
        seconds = self.most_symbols / self.bandwidth_hz
        if seconds > self.slot_s or fast * seconds > self.range_cell_m:
            raise ValueError(
                f"parameter symbols = {self.symbols:g}: the longest look of sensing_shares and "
                f"data_echo_share takes {seconds:.3g} s at bandwidth_hz = {self.bandwidth_hz:g} "
                f"(fidelity = 'echo'), at most slot_s = {self.slot_s:g}, in which no vehicle moves "
                f"by more than the range cell of {self.range_cell_m:.3g} m; {reasons}"
            )
        return self

    @model_validator(mode="after")
    def _channel_fits(self) -> "BeamTrackParams":
        if self.channel != "free_space" and self.motion == "circle":
            raise ValueError(
                f"parameter channel = {self.channel!r}: its terminals stand on the ground, while "
                f"motion = 'circle' flies, valid: 'free_space'"
            )
        self.check_channel(self.reach)
        return self

    @property
    def reach(self) -> Reach:
        """Where the links run; the way of an episode bounds the distance."""
        return Reach(
            carrier_hz=("wavelength_m", SPEED_OF_LIGHT_M_S / self.wavelength_m),
            station_m=("height_m", VEHICLE_M + self.height_m),
            lowest_m=("height_m", VEHICLE_M),
            highest_m=("height_m", VEHICLE_M),
            farthest_m=(_WAY, self.farthest_m),
        )

    @property
    def range_cell_m(self) -> float:
        """Range resolution c / (2 B)."""
        return SPEED_OF_LIGHT_M_S / (2.0 * self.bandwidth_hz)

    @property
    def most_symbols(self) -> float:
        """Symbols of the longest look."""
        share = self.sensing_shares[-1]
        return self.symbols * (share + self.data_echo_share * (1.0 - share))

    @property
    def _speed_deviation_m_s(self) -> float:
        """Standard deviation of the speed along the road at the end of an episode."""
        table, seconds = acceleration(self), self.horizon * self.slot_s
        kept = table["acceleration_kept"]
        held = math.sqrt(table["noise_x_speed"] * self.horizon * (1.0 + kept) / (1.0 - kept + 1e-9))
        return min(held, math.sqrt(table["noise_x_speed"]) / self.slot_s * seconds)

    @property
    def fastest_m_s(self) -> float:
        """Speed that vehicles stay below, on a road within three deviations or as in the trace."""
        if self.traces:
            return float(np.sqrt(np.square(passes(self)["passes"][..., 2:]).sum(-1).max()))
        beyond = _DEVIATIONS * self._speed_deviation_m_s if self.motion == "road" else 0.0
        return self.speed_m_s + self.speed_spread_m_s + beyond

    @property
    def farthest_m(self) -> float:
        """Distance that vehicles stay within, likewise."""
        if self.traces:
            ground = float(np.sqrt(np.square(passes(self)["passes"][..., :2]).sum(-1).max()))
            return _length(ground, self.height_m)
        seconds = self.horizon * self.slot_s
        if self.motion == "circle":
            centre = _length(self.circle_centre_x_m, self.circle_centre_y_m)
            away = _DEVIATIONS * self.drift_m * math.sqrt(self.horizon)
            return _length(centre + self.circle_radius_m + away, self.height_m)
        last = self.start_x_m - (self.vehicles - 1) * self.vehicle_spacing_m
        beyond = _DEVIATIONS * self._speed_deviation_m_s * seconds / math.sqrt(3.0)
        driven = (self.speed_m_s + self.speed_spread_m_s) * seconds + beyond
        along = max(abs(min(self.start_x_m, last)), abs(max(self.start_x_m, last) + driven))
        return _length(along, self.lane_y_m + self.lane_half_width_m, self.height_m)

    @property
    def grid(self) -> tuple[int, int]:
        """Subcarriers and symbols of a grid of echoes, powers of two: the fewest unambiguous ones.

        Ranges up to N c / (2 B), radial speeds up to lambda M B / (4 S) of the longest look.
        """
        seconds = self.most_symbols / self.bandwidth_hz
        ranges = self.farthest_m / self.range_cell_m
        speeds = 4.0 * self.fastest_m_s * seconds / self.wavelength_m
        return _power_of_two(ranges), _power_of_two(speeds)

    def derived(self) -> dict[str, Any]:
        """Return the link and echo budgets, the filter's noise, and the scales of observations."""
        widths = (self.transmit_antennas // self.fewest_antennas).bit_length()
        first_octave = float(self.fewest_antennas.bit_length() - 1)
        on_road = self.motion == "road"
        start = _length(self.start_x_m, self.lane_y_m, self.height_m)
        circle = _length(self.circle_centre_x_m, self.circle_centre_y_m) + self.circle_radius_m
        return {
            **budget(self),
            **measurement_variances(self),
            **grid_of_echoes(self),
            **acceleration(self),
            **passes(self),
            "widths": widths,
            "over_free_space": 1.0 / friis_gain_one(1.0, SPEED_OF_LIGHT_M_S / self.wavelength_m),
            "first_octave": first_octave,
            "sweep_below": first_octave - 0.5,
            "sector_cosine": sincos_turns(self.sector_deg / 720.0)[0],
            "sweep_speed_m_s": self.speed_m_s if on_road else 0.0,
            "outage_quantile": gaussian_q_inverse(0.5 * self.outage) if self.outage else 0.0,
            "distance_scale": 4.0 * start if on_road else _length(circle, self.height_m),
            "speed_scale": 2.0 * max(self.speed_m_s, 5.0),
        }


def _power_of_two(least: float) -> int:
    """Return the least power of two that is not below a number, within what grids may have."""
    size = _LEAST_CELLS
    while size < least and size <= _MOST_CELLS:
        size *= 2
    return size


def _length(*coordinates: float) -> float:
    return math.sqrt(sum(each * each for each in coordinates))
