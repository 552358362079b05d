"""Parameters of the group of UAVs."""

import math
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from isac_envs.declaration.params import EnvParams, Weight, parameter
from isac_envs.engine.mathx import db_to_linear
from isac_envs.kernels.pathloss.free_space import (
    friis_gain_one,
    radar_received_power_one,
    thermal_noise_one,
)
from isac_envs.propagation.params import STANDARDS, ChannelParams, Reach

Power = Annotated[float, Field(ge=1e-6, le=1e3)]

MOST_JOINT_ACTIONS = 200_000
WANG = "after Wang et al., Electronics 11(3) 441, 2022"


class RadioParams(EnvParams):
    """What does not move: the radio of UAVs and base station, and what is rewarded."""

    weights: tuple[Weight, ...] = parameter(
        (0.5, 0.5, 0.1, 1.0),
        "Weights of sensing (alpha), communication (1 - alpha), power and energy overrun.",
    )
    channels: int = parameter(2, "Sub-channels.", "1", WANG, ge=1, le=16)
    powers_w: tuple[Power, ...] = parameter(
        (0.2, 1.0), "Transmit powers; the largest bounds continuous ones.", "W",
        min_length=1, max_length=8,
    )  # fmt: skip
    step_s: float = parameter(1.0, "Duration of a slot.", "s", ge=1e-3, le=60)
    carrier_hz: float = parameter(10e9, "Carrier frequency.", "Hz", ge=1e8, le=3e11)
    bandwidth_hz: float = parameter(10e6, "Bandwidth of a sub-channel.", "Hz", ge=1e3, le=1e10)
    noise_figure_db: float = parameter(5.0, "Noise figure of all receivers.", "dB", ge=0, le=30)
    radar_gain_dbi: float = parameter(
        20.0, "Gain of the radar antenna towards its target, to send and to receive.", "dBi",
        ge=0, le=60,
    )  # fmt: skip
    link_gain_dbi: float = parameter(
        0.0, "Gains of the antennas of UAV and base station together, per uplink.", "dBi",
        ge=-30, le=60,
    )  # fmt: skip
    isolation_db: float = parameter(
        20.0, "Suppression of other UAVs by the side lobes of a radar.", "dB", ge=0, le=100
    )
    rcs_m2: float = parameter(1.0, "Radar cross section of a target.", "m^2", ge=1e-6, le=1e6)
    pulses: int = parameter(256, "Coherently integrated pulses.", "1", ge=1, le=10**6)
    station_height_m: float = parameter(
        25.0, "Height of the base station, in the middle of the area.", "m",
        "3GPP TR 38.901, table 7.2-1 (UMa)", ge=0, le=1e3,
    )  # fmt: skip
    reference_bit: float = parameter(
        4.0, "Spectral efficiency that counts as one.", "bit/s/Hz", ge=1e-3, le=100
    )

    def gains(self) -> dict[str, float]:
        """Return the gains at one metre over the noise power, in 1/W."""
        noise_w = thermal_noise_one(self.bandwidth_hz, self.noise_figure_db)
        radar = db_to_linear(self.radar_gain_dbi)
        echo_w = radar_received_power_one(1.0, radar, radar, self.carrier_hz, self.rcs_m2, 1.0, 1.0)
        link = friis_gain_one(1.0, self.carrier_hz)
        return {
            "echo_1m": echo_w * self.pulses / noise_w,
            "uplink_over_noise": db_to_linear(self.link_gain_dbi) / noise_w,
            "uplink_1m": link * db_to_linear(self.link_gain_dbi) / noise_w,
            "coupling_1m": link * db_to_linear(-self.isolation_db) / noise_w,
        }


class UavAllocParams(RadioParams, ChannelParams):
    """Parameters; the defaults are the ``squad`` scenario."""

    channel: Literal["free_space", "uma_av", "umi_av", "rma_av"] = parameter(
        "free_space", "Law of the path loss of the uplinks.", "1", STANDARDS
    )
    horizon: int = parameter(100, "Slots until an episode is truncated.", "steps", ge=1, le=10**7)
    observation: Literal["state", "links"] = parameter(
        "state", "Positions, velocities and last allocation; or the gains of all links in dB."
    )
    action: Literal["discrete", "index", "continuous"] = parameter(
        "discrete",
        "One option for each UAV; one index for all; or scores of modes and channels, and a power.",
    )
    idling: Literal["free", "empty"] = parameter(
        "free", "A UAV may always idle; or only with an empty battery, else it sends all the same."
    )
    plan_slots: int = parameter(
        100, "Slots over which the observed clock and ration run: the expected horizon.", "steps",
        interface=True, ge=1, le=10**6,
    )  # fmt: skip
    uavs: int = parameter(4, "UAVs (M).", "1", WANG, ge=1, le=16)
    targets: int = parameter(4, "Targets (K).", "1", WANG, ge=1, le=16)
    energy_j: float = parameter(
        60.0, "Energy of each UAV for the transmissions of an episode.", "J", ge=1e-6, le=1e9
    )
    area_m: float = parameter(3000.0, "Side of the square area.", "m", ge=100, le=1e5)
    lowest_m: float = parameter(100.0, "Lowest altitude of a UAV.", "m", ge=10, le=1e4)
    highest_m: float = parameter(200.0, "Highest altitude of a UAV.", "m", ge=10, le=1e4)
    fastest_m_s: float = parameter(20.0, "Largest speed of a UAV.", "m/s", ge=0.1, le=100)
    cruise_m_s: float = parameter(10.0, "Mean speed of a UAV.", "m/s", ge=0, le=100)
    memory: float = parameter(
        0.85, "Memory of the Gauss-Markov process of the velocity, per slot.", "1",
        "Liang, Haas, IEEE/ACM Trans. Netw. 11(5), 2003", ge=0, le=1,
    )  # fmt: skip
    speed_std_m_s: float = parameter(
        3.0, "Standard deviation of each horizontal velocity.", "m/s", ge=0, le=100
    )
    climb_std_m_s: float = parameter(
        1.0, "Standard deviation of the vertical velocity.", "m/s", ge=0, le=100
    )
    target_fastest_m_s: float = parameter(10.0, "Largest speed of a target.", "m/s", ge=0.1, le=100)
    target_noise_m_s: float = parameter(
        0.5, "Standard deviation of the change of a target's velocity in a slot.", "m/s",
        ge=0, le=100,
    )  # fmt: skip
    information_min_bit: float = parameter(
        2.0, "Mutual information wanted of each target; less of it is a cost.", "bit/s/Hz",
        ge=0, le=100,
    )  # fmt: skip

    @model_validator(mode="after")
    def _everything_fits(self) -> "UavAllocParams":
        if self.highest_m <= self.lowest_m:
            raise ValueError(
                f"parameter highest_m = {self.highest_m}: valid: > lowest_m = {self.lowest_m} m"
            )
        if self.cruise_m_s > self.fastest_m_s:
            raise ValueError(
                f"parameter cruise_m_s = {self.cruise_m_s}: valid: <= fastest_m_s = "
                f"{self.fastest_m_s} m/s"
            )
        reach = max(self.fastest_m_s, self.target_fastest_m_s) * self.step_s
        if reach > min(self.area_m, self.highest_m - self.lowest_m):
            raise ValueError(
                f"parameter step_s = {self.step_s}: nobody may cross area_m or the altitudes from "
                f"lowest_m to highest_m in a slot, but at fastest_m_s or target_fastest_m_s "
                f"{reach} m are covered"
            )
        if self.action == "index" and self.option_count**self.uavs > MOST_JOINT_ACTIONS:
            raise ValueError(
                f"parameter action = 'index': {self.option_count}^{self.uavs} joint actions (of "
                f"uavs, targets, channels and powers_w) are more than {MOST_JOINT_ACTIONS}; valid: "
                f"'discrete', 'continuous'"
            )
        self.check_channel(self.reach)
        return self

    @property
    def reach(self) -> Reach:
        """Where the uplinks run."""
        return Reach(
            carrier_hz=("carrier_hz", self.carrier_hz),
            station_m=("station_height_m", self.station_height_m),
            lowest_m=("lowest_m", self.lowest_m),
            highest_m=("highest_m", self.highest_m),
            farthest_m=("area_m", self.area_m * math.sqrt(0.5)),
        )

    @property
    def option_count(self) -> int:
        """Options of a UAV: idle, or one of the modes, channels and powers."""
        return 1 + (self.targets + 1) * self.channels * len(self.powers_w)

    def derived(self) -> dict[str, Any]:
        """Return gains at one metre, options, and scales of motion and observation."""
        fresh = math.sqrt(1.0 - self.memory * self.memory)
        return {
            **self.gains(),
            "options": self.option_count,
            "levels": len(self.powers_w),
            "smallest_w": min(self.powers_w),
            "largest_w": max(self.powers_w),
            "forgets": 1.0 - self.memory,
            "gust_m_s": self.speed_std_m_s * fresh,
            "climb_gust_m_s": self.climb_std_m_s * fresh,
            "middle_m": 0.5 * (self.lowest_m + self.highest_m),
            "scale_x": 2.0 / self.area_m,
            "scale_z": 2.0 / (self.highest_m - self.lowest_m),
            "scale_v": 1.0 / self.fastest_m_s,
            "scale_u": 1.0 / self.target_fastest_m_s,
            "scale_e": 1.0 / self.energy_j,
            "scale_p": 1.0 / max(self.powers_w),
        }
