"""Parameters of the cell with clustered beams."""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from isac_envs.declaration.params import EnvParams, Weight, parameter
from isac_envs.engine.mathx import db_to_linear
from isac_envs.engine.rng import poisson_table
from isac_envs.kernels.channel.fading import rician_k_one
from isac_envs.kernels.link.modulation_tables import cqi_efficiency_one, cqi_threshold_db_one
from isac_envs.kernels.pathloss.free_space import (
    friis_gain_one,
    radar_received_power_one,
    thermal_noise_one,
)

SCHEDULERS = (
    "round_robin",
    "round_robin_waiting",
    "max_cqi",
    "proportional_fair",
    "mlwdf",
    "max_weight",
    "most_carried",
)
"""Names of the schedulers, in the order of their codes."""

CQI_TABLE = 2
"""CQI table of TS 38.214 that reports use: up to 256-QAM, 7.41 bit per symbol."""

MOST_ARRIVALS = 100.0
MOST_SAMPLES = 20_000
_ARRIVAL_TABLE = 256

CrossSection = Annotated[float, Field(ge=1e-6, le=1e6)]
Error = Annotated[float, Field(ge=0, le=1000)]
AKDENIZ = "28 GHz, line of sight: Akdeniz et al., IEEE JSAC 32(6), 2014"


class PlaceParams(EnvParams):
    """Where users are, what is known of it, and how beams follow."""

    beams: int = parameter(4, "Beams (K).", ge=1, le=16)
    users: int = parameter(20, "Users (U), at least as many as beams.", ge=1, le=64)
    hot_spots: int = parameter(4, "Hot spots, of which each user is near one.", ge=1, le=16)
    hot_spot_std_m: float = parameter(
        5.0, "Standard deviation of each coordinate of a user about the hot spot.", "m",
        ge=0, le=1000,
    )  # fmt: skip
    nearest_m: float = parameter(60.0, "Smallest distance of a hot spot.", "m", ge=1, le=1e4)
    farthest_m: float = parameter(180.0, "Largest distance of a hot spot.", "m", ge=1, le=1e4)
    sector_deg: float = parameter(
        50.0, "Largest azimuth of a hot spot, on both sides.", "deg", ge=0, le=90
    )
    location: Literal["given", "radar"] = parameter(
        "given", "Errors of reported locations: those of two classes, or the bounds of a radar."
    )
    location_errors_m: tuple[Error, ...] = parameter(
        (2.0, 20.0), "Standard deviation of each coordinate of a reported location, of users who "
        "are located precisely and of the others.", "m", min_length=2, max_length=2,
    )  # fmt: skip
    precise_share: float = parameter(
        0.6, "Probability that a user is of the first class.", ge=0, le=1
    )
    sensing_power_dbm: float = parameter(
        20.0, "Power that lights up the sector for the radar.", "dBm", ge=-60, le=60
    )
    sensing_elements: int = parameter(
        8, "Elements of its linear receive array, half a wavelength apart.", ge=2, le=256
    )
    cross_sections_m2: tuple[CrossSection, ...] = parameter(
        (10.0, 0.1), "Radar cross sections of the two classes: vehicles, people.", "m^2",
        min_length=2, max_length=2,
    )  # fmt: skip
    clustering: Literal["k_means", "uk_means", "uk_medoids"] = parameter(
        "uk_medoids",
        "Clusters of reported locations; of samples of where users may be; or about users.",
    )
    beam_width: Literal["nominal", "covering"] = parameter(
        "covering", "All beams as narrow as possible, or wide enough for samples of their members."
    )
    samples: int = parameter(40, "Samples of where each user may be.", ge=2, le=1000)
    nominal_width_deg: float = parameter(
        3.0, "Smallest half-power width of a beam.", "deg", ge=0.5, le=60
    )
    widest_deg: float = parameter(40.0, "Largest half-power width of a beam.", "deg", ge=0.5, le=60)
    covered_share: float = parameter(
        0.9, "Share of the samples of its members that a beam covers.", ge=0.05, le=1
    )
    clustering_slots: int = parameter(
        100, "Slots after which locations are reported and users clustered again.", "slots",
        ge=1, le=10**6,
    )  # fmt: skip


class BeamClusterRbgParams(PlaceParams):
    """Parameters; the defaults are the ``default`` scenario."""

    horizon: int = parameter(500, "Slots until an episode is truncated.", "steps", ge=1, le=10**7)
    weights: tuple[Weight, ...] = parameter(
        (1.0, 0.5), "Weights of carried traffic and delay in the reward."
    )
    observation: Literal["groups", "wideband"] = parameter(
        "groups", "CQI of a user in each resource block group, or its mean over them."
    )
    action: Literal["users", "scheduler"] = parameter(
        "users", "User of each beam and resource block group, or one of the named schedulers."
    )
    groups: int = parameter(8, "Resource block groups of a beam (G).", ge=1, le=32)
    slot_s: float = parameter(1e-3, "Duration of a slot.", "s", ge=1e-5, le=0.1)
    carrier_hz: float = parameter(30e9, "Carrier frequency.", "Hz", ge=1e9, le=1e12)
    bandwidth_hz: float = parameter(
        100e6, "Bandwidth of a beam; all use the same.", "Hz", ge=1e5, le=1e10
    )
    power_dbm: float = parameter(30.0, "Transmit power of all beams.", "dBm", ge=-60, le=60)
    noise_figure_db: float = parameter(7.0, "Noise figure of the users.", "dB", ge=0, le=30)
    path_loss_exponent: float = parameter(
        2.0, "Path loss exponent beyond 1 m of free space.", "1", AKDENIZ, ge=1, le=6
    )
    shadow_std_db: float = parameter(
        5.8, "Standard deviation of the shadow fading of a user, constant in an episode.", "dB",
        AKDENIZ, ge=0, le=20,
    )  # fmt: skip
    rician_k_db: float = parameter(
        9.0, "Rician factor of the fading of a group; -300 is Rayleigh.", "dB",
        "3GPP TR 38.901, table 7.5-6 (UMi, line of sight)", ge=-300, le=60,
    )  # fmt: skip
    fading_correlation: float = parameter(
        0.9, "Correlation of the scattered part from slot to slot: J0(2 pi f_D slot), 0.9 for "
        "walking pace.", ge=0, le=1,
    )  # fmt: skip
    link_adaptation: Literal["cqi", "shannon"] = parameter(
        "cqi", "Efficiency of the reported CQI, or Shannon's of the true SINR."
    )
    outage_sinr_db: float = parameter(
        -5.0, "Mean SINR below which a user is lost: nothing reaches her.", "dB", ge=-100, le=100
    )
    traffic: Literal["poisson", "full_buffer"] = parameter(
        "poisson", "Packets arrive at random, or every user always has more to receive."
    )
    offered_mbit_s: float = parameter(
        25.0, "Mean traffic of a user; with full buffers what carried traffic is compared to.",
        "Mbit/s", ge=1e-3, le=1e4,
    )  # fmt: skip
    packet_bits: int = parameter(12_000, "Size of a packet.", "bit", ge=100, le=10**7)
    deadline_slots: int = parameter(
        20, "Age from which on a waiting packet is late.", "slots", ge=1, le=500
    )
    lifetime_slots: int = parameter(
        100, "Age beyond which a waiting packet is dropped, at least deadline_slots.", "slots",
        ge=1, le=1000,
    )  # fmt: skip
    averaging_slots: float = parameter(
        100.0, "Time constant of the average rate.", "slots", ge=1, le=1e6
    )

    @model_validator(mode="after")
    def _everything_fits(self) -> "BeamClusterRbgParams":
        if self.users < self.beams:
            raise ValueError(f"parameter users = {self.users}: valid: >= beams = {self.beams}")
        if self.farthest_m < self.nearest_m:
            raise ValueError(
                f"parameter farthest_m = {self.farthest_m}: valid: >= nearest_m = {self.nearest_m}"
            )
        if self.widest_deg < self.nominal_width_deg:
            raise ValueError(
                f"parameter widest_deg = {self.widest_deg}: valid: >= nominal_width_deg = "
                f"{self.nominal_width_deg}"
            )
        if self.lifetime_slots < self.deadline_slots:
            raise ValueError(
                f"parameter lifetime_slots = {self.lifetime_slots}: valid: >= deadline_slots = "
                f"{self.deadline_slots}"
            )
        if self.users * self.samples > MOST_SAMPLES:
            raise ValueError(
                f"parameter samples = {self.samples}: with users = {self.users} there are "
                f"{self.users * self.samples}, at most {MOST_SAMPLES}"
            )
        if self.traffic == "poisson" and self.mean_arrivals > MOST_ARRIVALS:
            raise ValueError(
                f"parameter offered_mbit_s = {self.offered_mbit_s}: with slot_s = {self.slot_s} "
                f"and packet_bits = {self.packet_bits}, {self.mean_arrivals:.4g} packets of a user "
                f"arrive in a slot; valid: <= {MOST_ARRIVALS:g}"
            )
        return self

    @property
    def offered_bits(self) -> float:
        """Mean traffic of a user in a slot, bit."""
        return self.offered_mbit_s * 1e6 * self.slot_s

    @property
    def mean_arrivals(self) -> float:
        """Mean number of packets of a user that arrive in a slot."""
        return self.offered_bits / self.packet_bits

    @property
    def most_bits(self) -> float:
        """Bits that a group carries at the highest CQI in a slot."""
        return self.symbols * cqi_efficiency_one(CQI_TABLE, 15)

    @property
    def symbols(self) -> float:
        """Complex symbols of a group in a slot."""
        return self.bandwidth_hz * self.slot_s / self.groups

    def derived(self) -> dict[str, Any]:
        """Return the SNR at one metre, tables of CQI and arrivals, and scales."""
        noise_w = thermal_noise_one(self.bandwidth_hz, self.noise_figure_db)
        beam_w = db_to_linear(self.power_dbm - 30.0) / self.beams
        poisson = self.traffic == "poisson"
        thresholds = [db_to_linear(cqi_threshold_db_one(CQI_TABLE, k)) for k in range(1, 16)]
        efficiencies = np.array([cqi_efficiency_one(CQI_TABLE, k) for k in range(16)])
        sensing_w = db_to_linear(self.sensing_power_dbm - 30.0)
        echo_w = radar_received_power_one(sensing_w, 1.0, 1.0, self.carrier_hz, 1.0, 1.0, 1.0)
        return {
            "echo_1m": echo_w / thermal_noise_one(1.0 / self.slot_s, self.noise_figure_db),
            "snr_1m": beam_w * friis_gain_one(1.0, self.carrier_hz) / noise_w,
            "rician_k": rician_k_one(self.rician_k_db),
            "symbols": self.symbols,
            "cqi_sinr": np.array(thresholds),
            "cqi_bits": np.floor(self.symbols * efficiencies),
            "arrivals": poisson_table(self.mean_arrivals if poisson else 0.0, _ARRIVAL_TABLE),
            "offered_bits": self.offered_bits,
            "carried_scale": 1.0 / (self.users * self.offered_bits),
            "outage_sinr": db_to_linear(self.outage_sinr_db),
            "queue_scale": self.offered_bits * self.deadline_slots,
            "scale_age": 1.0 / self.lifetime_slots,
            "forgets": 1.0 / self.averaging_slots,
        }
