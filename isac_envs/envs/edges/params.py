"""Parameters of roads, servers and the air between vehicles and road-side units."""

from typing import Any

from isac_envs.declaration.params import EnvParams, Weight, parameter
from isac_envs.kernels.link.metrics import shannon_rate
from isac_envs.kernels.numerics import portable
from isac_envs.kernels.pathloss.free_space import thermal_noise_dbm
from isac_envs.kernels.pathloss.tr_37885 import v2x_urban_los

BPR = "Bureau of Public Roads, Traffic Assignment Manual, 1964"
NOISE_FIGURE_DB = 9.0  # of a road-side unit of 3GPP TR 37.885, recalled


class RoadParams(EnvParams):
    """What both environments share."""

    horizon: int = parameter(30, "Roads until an episode is truncated.", "steps", ge=1, le=10**7)
    weights: tuple[Weight, ...] = parameter(
        (1.0 / 60.0, 10.0, 0.2), "Weights of travel, delay and migration in the reward."
    )
    side: int = parameter(5, "Nodes along a side of the grid.", ge=2, le=8)
    background_mean: float = parameter(
        1.0, "Mean of the Poisson number of other vehicles on a road.", "vehicles", ge=0, le=20
    )
    cross_mean: float = parameter(
        5.0, "The same on the roads of the middle row and column.", "vehicles", ge=0, le=20
    )
    free_time_s: float = parameter(20.0, "Travel time of an empty road.", "s", BPR, ge=1, le=3600)
    road_capacity: float = parameter(
        4.0, "Vehicles that prolong the travel time by 15 %.", "vehicles", BPR, ge=0.5, le=1e3
    )
    hop_s: float = parameter(
        0.015, "Delay of a task for each road between vehicle and twin, one way.", "s", ge=0, le=1
    )
    service_rate_hz: float = parameter(
        12.0, "Tasks that a server answers in a second.", "Hz", ge=0.1, le=1e4
    )
    task_rate_hz: float = parameter(1.0, "Tasks of a vehicle in a second.", "Hz", ge=0, le=1e3)
    longest_wait_s: float = parameter(
        5.0, "Time at a server that no task exceeds, however full it is.", "s", ge=0.1, le=1e3
    )
    delay_limit_s: float = parameter(
        0.1, "Delay of a task beyond which it is late.", "s", ge=1e-3, le=10
    )
    uplink: bool = parameter(True, "Whether tasks take time over the air as well.")
    task_bits: float = parameter(2e5, "Size of a task on its way up.", "bit", ge=1, le=1e9)
    bandwidth_hz: float = parameter(
        1e7, "Bandwidth of a road-side unit, for the uplink and as that of its radar.", "Hz",
        ge=1e6, le=2e7,
    )  # fmt: skip
    carrier_hz: float = parameter(5.9e9, "Carrier frequency.", "Hz", ge=1e9, le=1e11)
    power_dbm: float = parameter(23.0, "Power of a vehicle.", "dBm", ge=-30, le=50)
    road_length_m: float = parameter(250.0, "Length of a road.", "m", ge=50, le=450)

    def uplink_bps(self) -> float:
        """Return the rate of a vehicle that has its road-side unit for itself, at half a road."""
        half, noise_band = 0.5 * self.road_length_m, self.bandwidth_hz
        loss = float(v2x_urban_los(half, self.carrier_hz))
        noise = float(thermal_noise_dbm(noise_band, NOISE_FIGURE_DB))
        snr = float(portable.db_to_linear(self.power_dbm - loss - noise))
        return self.bandwidth_hz * float(shannon_rate(snr))

    def derived(self) -> dict[str, Any]:
        """Return the time of a task over the air for each vehicle that shares the unit."""
        return {"uplink_s": self.task_bits / self.uplink_bps() if self.uplink else 0.0}
