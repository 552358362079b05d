"""Parameters of the UAV's mission."""

import math
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from isac_envs.declaration.params import EnvParams, Weight, parameter
from isac_envs.engine.mathx import db_to_linear, linear_to_db, log2, sincos_turns
from isac_envs.kernels.pathloss.al_hourani import AL_HOURANI
from isac_envs.kernels.pathloss.free_space import friis_gain_one
from isac_envs.kernels.platforms.propulsion import (
    STANDARD,
    RotaryWing,
    maximum_range_speed,
    minimum_power_speed,
    rotary_wing_power,
)
from isac_envs.kernels.radar.cfar import cfar_factor
from isac_envs.kernels.radar.elevated_ranging import elevated_range_information
from isac_envs.propagation.laws import Law, law_of
from isac_envs.propagation.params import ChannelParams, Reach
from isac_envs.sensing.echo_work import training_cells

JING = "Jing, Liu, Masouros, Zeng, IEEE TWC 23(10), 2024, arXiv 2207.02904"
ZENG = "Zeng, Xu, Zhang, IEEE TWC 18(4), 2019, arXiv 1804.02238, eq. 12"

Fraction = Annotated[float, Field(ge=0.01, le=1)]

HEADINGS = 8

_LEAST_SNR = 1e-12
_MOST_GAIN = 1e11  # of information; the determinant of a matrix then keeps some digits


class UavTrajectoryParams(EnvParams):
    """Parameters; the defaults are the ``mission`` scenario."""

    horizon: int = parameter(120, "Slots until an episode is truncated.", "slots", ge=1, le=2000)
    weights: tuple[Weight, ...] = parameter(
        (1.0, 6.0, 5.0), "Weights of data, sensing and homecoming in the reward."
    )
    action: Literal["continuous", "discrete"] = parameter(
        "continuous", "Velocity, look and bandwidth; or one of hover, look, headings at speeds."
    )
    speeds: tuple[Fraction, ...] = parameter(
        (0.34, 0.61, 1.0),
        "Speeds of the discrete action over the largest.",
        min_length=1,
        max_length=32,
    )
    mission_s: float = parameter(
        120.0, "Time by which the UAV must be home; a horizon may end the episode sooner.", "s",
        ge=0.1, le=1e6,
    )  # fmt: skip
    channel: Literal[
        "free_space",
        "al_hourani_suburban",
        "al_hourani_urban",
        "al_hourani_dense_urban",
        "al_hourani_highrise",
    ] = parameter(
        "free_space", "Law of the path loss to the users; others than free space: a mean in dB.",
        "1", "Al-Hourani, Kandeepan, Lardner, IEEE WCL 3(6), 2014",
    )  # fmt: skip
    users: int = parameter(3, "Ground users.", ge=0, le=32)
    targets: int = parameter(2, "Ground targets.", ge=0, le=32)
    slot_s: float = parameter(
        1.0, "Duration of a slot; a look takes one.", "s", JING, ge=1e-2, le=60
    )
    area_m: float = parameter(1200.0, "Side of the square area.", "m", ge=50, le=1e5)
    height_m: float = parameter(200.0, "Height of the flight.", "m", JING, ge=1, le=1e4)
    max_speed_m_s: float = parameter(30.0, "Largest speed.", "m/s", JING, ge=0.1, le=100)
    start_x_m: float = parameter(0.0, "Where the flight begins.", "m", ge=0, le=1e5)
    start_y_m: float = parameter(0.0, "The same along y.", "m", ge=0, le=1e5)
    home_x_m: float = parameter(0.0, "Where the flight must end.", "m", ge=0, le=1e5)
    home_y_m: float = parameter(0.0, "The same along y.", "m", ge=0, le=1e5)
    home_radius_m: float = parameter(
        30.0, "Distance from home that counts as home.", "m", ge=0.1, le=1e5
    )
    home_scale_m: float = parameter(
        100.0, "Missing distance that costs one unit of homecoming.", "m", ge=0.1, le=1e6
    )
    battery_j: float = parameter(30e3, "Energy for propulsion at the start.", "J", ge=1, le=1e9)
    transmit_dbm: float = parameter(
        10.0, "Transmit power, of the data and of the echoes.", "dBm", ge=-60, le=80
    )
    bandwidth_hz: float = parameter(10e6, "Bandwidth of all users.", "Hz", JING, ge=1e3, le=1e11)
    noise_dbm_hz: float = parameter(
        -170.0, "Noise power density of either receiver.", "dBm/Hz", JING, ge=-250, le=0
    )
    link_gain_db: float = parameter(
        -50.0, "Channel gain alpha at 1 m, one way.", "dB", JING, ge=-150, le=50
    )
    echo_gain_db: float = parameter(
        -49.0, "Channel gain beta at 1 m, there and back with the cross section.", "dB", JING,
        ge=-150, le=50,
    )  # fmt: skip
    processing_gain: float = parameter(
        1e6,
        "Gain G of the matched filter; 0.1 of the bandwidth times 1 s.",
        "1",
        JING,
        ge=1,
        le=1e12,
    )
    variance_factor_m2: float = parameter(
        200.0,
        "Factor a from the inverse SNR of an echo to the variance.",
        "m^2",
        JING,
        ge=1e-6,
        le=1e9,
    )
    detection: Literal["certain", "drawn"] = parameter(
        "certain", "A look measures every target, or those that its detector finds."
    )
    false_alarm: float = parameter(
        1e-6, "Probability of a false alarm in a cell of that detector.", ge=1e-12, le=1e-3
    )
    look_share: float = parameter(0.5, "Share of a look's slot lost to data.", ge=0, le=1)
    prior_std_m: float = parameter(
        60.0,
        "Standard deviation of the first estimate of a target, either axis.",
        "m",
        ge=1e-2,
        le=1e5,
    )
    bandwidth_range: float = parameter(
        4.0, "Largest logit of the softmax that shares the bandwidth.", ge=0.1, le=50
    )
    blade_power_w: float = parameter(
        STANDARD.blade_power_w, "Blade profile power in hover.", "W", ZENG, ge=0.1, le=1e5
    )
    induced_power_w: float = parameter(
        STANDARD.induced_power_w, "Induced power in hover.", "W", ZENG, ge=0.1, le=1e5
    )
    tip_speed_m_s: float = parameter(
        STANDARD.tip_speed_m_s, "Speed of the rotor blade tips.", "m/s", ZENG, ge=10, le=340
    )
    induced_velocity_m_s: float = parameter(
        STANDARD.induced_velocity_m_s,
        "Mean induced velocity in hover.",
        "m/s",
        ZENG,
        ge=0.1,
        le=100,
    )
    drag_ratio: float = parameter(
        STANDARD.drag_ratio, "Fuselage drag ratio.", "1", ZENG, ge=1e-3, le=10
    )
    solidity: float = parameter(STANDARD.solidity, "Rotor solidity.", "1", ZENG, ge=1e-3, le=1)
    air_density_kg_m3: float = parameter(
        STANDARD.air_density_kg_m3, "Density of the air.", "kg/m^3", ZENG, ge=1e-3, le=10
    )
    rotor_area_m2: float = parameter(
        STANDARD.rotor_area_m2, "Rotor disc area.", "m^2", ZENG, ge=1e-3, le=1e3
    )

    @model_validator(mode="after")
    def _consistent(self) -> "UavTrajectoryParams":
        if self.users + self.targets < 1:
            raise ValueError(
                f"users = {self.users} and targets = {self.targets}: at least one of either"
            )
        for name in ("start_x_m", "start_y_m", "home_x_m", "home_y_m"):
            if getattr(self, name) > self.area_m:
                raise ValueError(f"{name} = {getattr(self, name):g} lies outside 0..area_m")
        return self

    @model_validator(mode="after")
    def _signals_can_be_told_from_nothing(self) -> "UavTrajectoryParams":
        """Check what rounding would drown: rates that count as 0, and bounds of no width."""
        area, height = self.area_m * self.area_m, self.height_m * self.height_m  # m^2
        self.links.check_channel(self.reach)
        snr = self.link_snr_at_1m / (2.0 * area + height) / db_to_linear(self.excess_db)
        if snr < _LEAST_SNR:
            raise ValueError(
                f"parameter link_gain_db = {self.link_gain_db:g} dB: the SNR across the area is "
                f"{snr:.3g}, valid: >= {_LEAST_SNR:g}; more transmit_dbm, less noise_dbm_hz, "
                f"bandwidth_hz, area_m or height_m, another channel"
            )
        look = 4.0 / (27.0 * self.range_variance_at_1m * height * height) + 2.0 / height
        looks = self.horizon * getattr(self, "uavs", 1)
        gain = look * looks * self.prior_std_m * self.prior_std_m
        if gain > _MOST_GAIN:
            raise ValueError(
                f"parameter echo_gain_db = {self.echo_gain_db:g} dB: an episode of looks tells "
                f"{gain:.3g} times what is known before, valid: <= {_MOST_GAIN:g}; less "
                f"transmit_dbm, processing_gain, prior_std_m or horizon, more variance_factor_m2, "
                f"noise_dbm_hz, bandwidth_hz or height_m"
            )
        return self

    @property
    def links(self) -> ChannelParams:
        """The channel of the links to users: a mean loss, nothing of it drawn."""
        return ChannelParams(channel=self.channel, shadowing=False)

    @property
    def reach(self) -> Reach:
        """Where these links run; of the carrier only the gain at 1 m is known."""
        carrier_hz = math.sqrt(friis_gain_one(1.0, 1.0) / db_to_linear(self.link_gain_db))
        return Reach(
            carrier_hz=("link_gain_db", carrier_hz),
            station_m=("", 0.0),
            lowest_m=("height_m", self.height_m),
            highest_m=("height_m", self.height_m),
            farthest_m=("area_m", self.area_m * math.sqrt(2.0)),
        )

    @property
    def law(self) -> Law | None:
        """The law of these links; None in free space."""
        return law_of(self.links, self.reach)

    @property
    def excess_db(self) -> float:
        """Largest loss beyond free space in dB."""
        if self.channel == "free_space":
            return 0.0
        return AL_HOURANI[self.channel.removeprefix("al_hourani_")].eta_nlos_db

    @property
    def aircraft(self) -> RotaryWing:
        """The constants of the propulsion power."""
        return RotaryWing(*(getattr(self, name) for name in RotaryWing._fields))

    @property
    def link_snr_at_1m(self) -> float:
        """SNR of the data at 1 m with the noise of the whole band."""
        noise_dbm = self.noise_dbm_hz + linear_to_db(self.bandwidth_hz)
        return float(db_to_linear(self.transmit_dbm + self.link_gain_db - noise_dbm))

    @property
    def range_variance_at_1m(self) -> float:
        """Variance of a range at 1 m, m**2: a sigma_0^2 / (P G beta)."""
        noise_dbm = self.noise_dbm_hz + linear_to_db(self.bandwidth_hz)
        echo = db_to_linear(self.transmit_dbm + self.echo_gain_db - noise_dbm)
        return float(self.variance_factor_m2 / (echo * self.processing_gain))

    @property
    def peak_rate_bps(self) -> float:
        """Rate of a user straight below that has the whole band."""
        snr = self.link_snr_at_1m / (self.height_m * self.height_m)
        return self.bandwidth_hz * float(log2(1.0 + snr))

    @property
    def most_slots(self) -> int:
        """Slots that no flight exceeds: the horizon, or the battery at the least power."""
        least = rotary_wing_power(minimum_power_speed(self.aircraft), *self.aircraft)
        return min(self.horizon, math.ceil(self.battery_j / (float(least) * self.slot_s)))

    @property
    def most_looks(self) -> int:
        """Looks that no episode exceeds."""
        return self.most_slots

    def headings(self) -> tuple[list[float], list[float]]:
        """Return the velocities of the discrete action over the largest speed: x and y."""
        x, y = [0.0, 0.0], [0.0, 0.0]  # hover, look
        for speed in self.speeds:
            for k in range(HEADINGS):
                sine, cosine = sincos_turns(k / HEADINGS)
                x.append(speed * cosine)
                y.append(speed * sine)
        return x, y

    def derived(self) -> dict[str, Any]:
        """Return the link constants, the least energy per metre and the discrete velocities."""
        speed = min(maximum_range_speed(self.aircraft), self.max_speed_m_s)
        x, y = self.headings()
        best_look, _, _ = elevated_range_information(
            self.height_m / math.sqrt(2.0), 0.0, self.height_m, self.range_variance_at_1m
        )
        return {
            "link_snr_at_1m": self.link_snr_at_1m,
            "range_variance_at_1m": self.range_variance_at_1m,
            "cfar_cells": training_cells(),
            "cfar_factor": cfar_factor("ca", self.false_alarm, training_cells()),
            "prior_information": 1.0 / (self.prior_std_m * self.prior_std_m),
            "peak_bits": self.peak_rate_bps * self.slot_s / max(self.users, 1),
            "joule_per_metre": float(rotary_wing_power(speed, *self.aircraft)) / speed,
            # the second part of a look's information is largest at H, 2 / H^2
            "best_look": best_look + 2.0 / (self.height_m * self.height_m),
            "heading_x": np.array(x),
            "heading_y": np.array(y),
        }
