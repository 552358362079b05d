"""Parameters of ``isac/TargetTrack-v0``."""

from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import Field, model_validator

from isac_envs.declaration.params import EnvParams, Weight, parameter
from isac_envs.engine.mathx import db_to_linear, exp, linear_to_db, sincos_turns
from isac_envs.envs.tracking.target_track.records import MOST_SHARES
from isac_envs.envs.tracking.target_track.search import search_table
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.kernels.link.modulation_tables import cqi_efficiency, cqi_threshold_db
from isac_envs.kernels.pathloss.free_space import thermal_noise_dbm
from isac_envs.kernels.radar.rcs_data import TARGETS
from isac_envs.sensing.looks import ELEMENT_GAIN_DB, Radar
from isac_envs.sensing.rotors import Rotor
from isac_envs.sensing.tracks import MOST_TRACKS, Tracker

TR_38901 = "3GPP TR 38.901 V19.4.0"


class TargetKind(NamedTuple):
    """What may move in the sector."""

    name: str
    cross_section: str
    """Entry of :data:`isac_envs.kernels.radar.rcs_data.TARGETS`."""
    slowest_m_s: float
    fastest_m_s: float
    acceleration_psd: float
    """m^2/s^3."""
    has_rotors: bool = False


TARGET_KINDS = (
    TargetKind("uav", "uav_small", 4.0, 12.0, 2.0, has_rotors=True),
    TargetKind("human", "human", 0.8, 1.8, 0.2),
    TargetKind("vehicle", "vehicle", 5.0, 13.0, 1.0),
)

CQI_TABLE = 2
"""Of up to 256-QAM."""
BLADES, BLADE_M, ROTATION_HZ = 2, 0.12, 90.0
"""Of a rotor of the small UAV: a propeller of 9 inches at 5400 revolutions a minute."""

Share = Annotated[float, Field(ge=0.0, le=0.95)]
Range = Annotated[float, Field(ge=0.0, le=1e4)]
Part = Annotated[float, Field(ge=0.0, le=1.0)]


class TargetTrackParams(EnvParams):
    """Parameters; the defaults are the ``default`` scenario."""

    horizon: int = parameter(400, "Slots until an episode is truncated.", "slots", ge=1, le=10**6)
    weights: tuple[Weight, ...] = parameter(
        (1.0, 0.4), "Weights of communication and sensing in the reward."
    )
    fidelity: Literal["statistics", "echo"] = parameter(
        "statistics",
        "Looks by the laws of detection and errors; or at the echoes of all targets and clutter.",
    )
    observation: Literal["tracks", "looks"] = parameter(
        "tracks",
        "Tracks with their uncertainty; or, for each direction, what a look would bring to them.",
    )
    action: Literal["choices", "continuous"] = parameter(
        "choices",
        "User, share and sector as choices; or preferences, share, direction and width as numbers.",
    )
    communication_echoes: Literal["processed", "ignored"] = parameter(
        "processed", "Whether the echoes of the communication beam are looked at."
    )
    cross_sections: Literal["mean", "drawn"] = parameter(
        "mean",
        "Whether all targets of a kind have its mean cross section, or each a lognormal one of its "
        "own.",
        "1",
        TR_38901,
    )
    rotors: Literal["ignored", "observed"] = parameter(
        "ignored",
        "Whether looks watch for the Doppler lines of rotors, by which tracks tell UAVs apart.",
    )
    rotor_ratio_db: float = parameter(
        -12.0, "Echo of a UAV's blades over that of its body.", "dB", ge=-60, le=20
    )
    slot_s: float = parameter(0.05, "Slot.", "s", ge=1e-3, le=1.0)
    carrier_hz: float = parameter(28e9, "Carrier frequency.", "Hz", ge=1e9, le=1e11)
    subcarrier_spacing_hz: float = parameter(
        60e3, "Subcarrier spacing.", "Hz", "3GPP TS 38.211", ge=15e3, le=960e3
    )
    cyclic_prefix_s: float = parameter(
        1.172e-6, "Normal cyclic prefix; echoes must fall into it.", "s", "3GPP TS 38.211",
        ge=1e-8, le=1e-4,
    )  # fmt: skip
    subcarriers: int = parameter(1584, "Subcarriers of the carrier.", ge=12, le=65536)
    columns: int = parameter(
        16, "Columns of the array, one element of TR 38.901 each, half a wavelength apart.",
        "1", TR_38901, ge=2, le=256,
    )  # fmt: skip
    sectors: int = parameter(16, "Directions of the sensing beam.", ge=1, le=256)
    power_dbm: float = parameter(30.0, "Transmit power.", "dBm", ge=-10, le=60)
    radar_noise_figure_db: float = parameter(
        7.0, "Noise figure of the radar receiver.", "dB", ge=0, le=30
    )
    radar_loss_db: float = parameter(6.0, "Other losses of the radar.", "dB", ge=0, le=60)
    data_loss_db: float = parameter(
        float(linear_to_db(17.0 / 9.0)),
        "Loss of SNR where echoes are divided by data: E[1/|s|^2] of 16-QAM.",
        "dB",
        ge=0,
        le=20,
    )
    sensing_subcarriers: int = parameter(
        128, "Subcarriers that the radar processes.", ge=16, le=1024
    )
    subcarrier_comb: int = parameter(12, "Every so-many-th subcarrier is processed.", ge=1, le=1024)
    symbol_comb: int = parameter(10, "Every so-many-th symbol is processed.", ge=1, le=1024)
    shares: tuple[Share, ...] = parameter(
        (0.0, 0.1, 0.25, 0.5),
        "Shares of a slot that the sensing beam may take; the last is the largest.",
        min_length=1,
        max_length=MOST_SHARES,
    )
    most_user_symbols: int = parameter(
        128, "Most symbols of a look with the communication beam.", ge=2, le=4096
    )
    false_alarm_probability: float = parameter(1e-6, "Of a cell of the map.", ge=1e-12, le=1e-3)
    train_cells: int = parameter(4, "Training cells of the threshold on each side.", ge=1, le=16)
    guard_cells: int = parameter(2, "Guard cells on each side.", ge=0, le=8)
    clutter_ranges_m: tuple[Range, ...] = parameter(
        (25.0, 60.0, 110.0), "Ranges of static clutter in every beam; in echoes alone.", "m",
        max_length=32,
    )  # fmt: skip
    clutter_snr_db: float = parameter(
        35.0, "Mean SNR of its echoes after the matched filter.", "dB", ge=-50, le=60
    )
    clutter_law: Literal["rayleigh", "k"] = parameter(
        "rayleigh", "Law of the amplitude of clutter from look to look; in echoes alone."
    )
    clutter_shape: float = parameter(
        1.0, "Shape nu of the K law: small is spiky, large is Rayleigh.", ge=0.05, le=1e3
    )
    users: int = parameter(6, "Users.", ge=1, le=32)
    user_range_from_m: float = parameter(20.0, "Nearest user.", "m", ge=10, le=5e3)
    user_range_to_m: float = parameter(110.0, "Farthest user.", "m", ge=10, le=5e3)
    user_azimuth_deg: float = parameter(
        58.0, "Users lie within this angle of broadside.", "deg", ge=0, le=85
    )
    user_shadowing_db: float = parameter(
        3.0, "Deviation of the shadowing of a link.", "dB", ge=0, le=20
    )
    blockage_db: float = parameter(12.0, "Loss of a blocked link.", "dB", ge=0, le=60)
    blockage_s: float = parameter(
        1.5, "Mean time after which the state of a link is redrawn.", "s", ge=1e-2, le=1e6
    )
    least_los_probability: float = parameter(
        0.3, "Lower limit of the line-of-sight probability of UMi.", "1", TR_38901, ge=0, le=1
    )
    most_los_probability: float = parameter(0.95, "Its upper limit.", ge=0, le=1)
    user_gain_db: float = parameter(5.0, "Antenna gain of a user.", "dB", ge=-20, le=40)
    user_noise_figure_db: float = parameter(
        9.0, "Noise figure of a user's receiver.", "dB", ge=0, le=30
    )
    interference_margin_db: float = parameter(
        8.0, "Interference at a user over its noise.", "dB", ge=0, le=60
    )
    link_adaptation: Literal["gap", "cqi"] = parameter(
        "gap",
        "Rate of a link: that of Shannon less gap_db, or of the best CQI with 10 % block errors.",
        "1",
        "3GPP TS 38.214, table 5.2.2.1-3",
    )
    gap_db: float = parameter(3.0, "Gap of the link to capacity.", "dB", ge=0, le=20)
    peak_efficiency: float = parameter(
        7.4, "Largest spectral efficiency.", "bit/s/Hz", ge=0.1, le=20
    )
    load_mbit: float = parameter(
        18.0, "Packets of all users in a slot, on average.", "Mbit", ge=0, le=500
    )
    activity_s: float = parameter(
        1.0, "Mean time for which a user sends, and for which it is silent.", "s", ge=1e-2, le=1e6
    )
    queue_mbit: float = parameter(
        40.0, "Room of a queue; what does not fit is dropped.", "Mbit", ge=1, le=1e6
    )
    birth_rate_hz: float = parameter(0.4, "New targets per second.", "1/s", ge=0, le=100)
    boundary_share: float = parameter(
        0.7, "Share of them that come in at the farthest range.", ge=0, le=1
    )
    start_targets: float = parameter(
        3.0, "Targets at the start of an episode, on average.", ge=0, le=16
    )
    most_targets: int = parameter(10, "Targets at a time; more are not born.", ge=1, le=MOST_TRACKS)
    life_s: float = parameter(20.0, "Mean time after which a target vanishes.", "s", ge=0.1, le=1e9)
    mix: tuple[Part, ...] = parameter(
        (0.5, 0.25, 0.25),
        "Relative numbers of UAVs, people and vehicles.",
        min_length=3,
        max_length=3,
    )
    turn_rate_hz: float = parameter(0.05, "Turns of a target per second.", "1/s", ge=0, le=20)
    turn_std_rad: float = parameter(1.0, "Deviation of a turn.", "rad", ge=0, le=10)
    sector_azimuth_deg: float = parameter(60.0, "Half the width of the sector.", "deg", ge=5, le=80)
    range_from_m: float = parameter(15.0, "Nearest range.", "m", ge=1, le=1e4)
    range_to_m: float = parameter(170.0, "Farthest range.", "m", ge=10, le=1e4)
    tracker_acceleration_psd: float = parameter(
        1.5, "Acceleration that the tracker expects, whatever the target.", "m^2/s^3",
        ge=1e-3, le=1e3,
    )  # fmt: skip
    tangential_std_m_s: float = parameter(
        7.0, "Deviation of the speed across the line of sight in a new track.", "m/s",
        ge=0.1, le=1e2,
    )  # fmt: skip
    gate: float = parameter(
        16.0, "Largest squared Mahalanobis distance of a detection from a track.", ge=1, le=1e3
    )
    confirm_hits: int = parameter(3, "Hits M that confirm a track.", ge=1, le=20)
    confirm_opportunities: int = parameter(
        5, "Opportunities N in which they must fall.", ge=1, le=40
    )
    delete_missed: int = parameter(
        5, "Missed opportunities that end a confirmed track.", ge=1, le=100
    )
    coast_s: float = parameter(
        0.5, "Time since the last hit that must have passed as well.", "s", ge=0, le=100
    )
    cutoff_m: float = parameter(
        5.0, "Error from which a track counts as none (cutoff of GOSPA).", "m", ge=0.1, le=100
    )
    late_s: float = parameter(2.0, "Time by which a target should be tracked.", "s", ge=0, le=1e3)
    search_memory_s: float = parameter(
        8.0, "Time in which the belief that a sector holds targets fades.", "s", ge=0.1, le=1e6
    )

    @model_validator(mode="after")
    def _consistent(self) -> "TargetTrackParams":
        for low, high in (
            ("user_range_from_m", "user_range_to_m"),
            ("range_from_m", "range_to_m"),
            ("least_los_probability", "most_los_probability"),
            ("confirm_hits", "confirm_opportunities"),
        ):
            if getattr(self, low) > getattr(self, high):
                raise ValueError(
                    f"{low} = {getattr(self, low):g} exceeds {high} = {getattr(self, high):g}"
                )
        if sum(self.mix) < 1e-3:
            raise ValueError(f"parameter mix = {self.mix}: at least one must be above 0")
        if list(self.shares) != sorted(set(self.shares)):
            raise ValueError(f"parameter shares = {self.shares} must increase")
        if 2.0 * self.load_mbit / self.users > 500.0:
            raise ValueError(
                f"parameter load_mbit = {self.load_mbit:g}: more than 250 Mbit for each of users = "
                f"{self.users}"
            )
        if self.birth_rate_hz * self.slot_s > 10.0:
            raise ValueError(
                f"parameter birth_rate_hz = {self.birth_rate_hz:g}: more than 10 births a slot"
            )
        return self

    @model_validator(mode="after")
    def _waveform_fits(self) -> "TargetTrackParams":
        radar = self.radar
        used = self.sensing_subcarriers * self.subcarrier_comb
        if used > self.subcarriers:
            raise ValueError(
                f"parameter sensing_subcarriers = {self.sensing_subcarriers}: with "
                f"subcarrier_comb = {self.subcarrier_comb} they span {used} of subcarriers = "
                f"{self.subcarriers}"
            )
        window = 2 * (self.train_cells + self.guard_cells) + 1
        if window > self.sensing_subcarriers:
            raise ValueError(
                f"parameter train_cells = {self.train_cells}: the window of {window} cells exceeds "
                f"sensing_subcarriers = {self.sensing_subcarriers}"
            )
        reach = 0.5 * SPEED_OF_LIGHT_M_S * self.cyclic_prefix_s
        ambiguous = radar.range_cell_m * self.sensing_subcarriers
        if self.range_to_m > min(reach, ambiguous):
            raise ValueError(
                f"parameter range_to_m = {self.range_to_m:g} m: echoes must come within "
                f"cyclic_prefix_s = {self.cyclic_prefix_s:g} s ({reach:.4g} m) and within the "
                f"unambiguous range ({ambiguous:.4g} m) of subcarrier_comb = "
                f"{self.subcarrier_comb} and subcarrier_spacing_hz = "
                f"{self.subcarrier_spacing_hz:g} Hz"
            )
        if self.columns % 2:
            raise ValueError(
                f"parameter columns = {self.columns} is odd: angles come from two equal halves"
            )
        short = [each for each in self.shares if 0 < each * self.most_symbols < window]
        if self.fidelity == "echo" and short:
            raise ValueError(
                f"parameter fidelity = 'echo': the share {short[0]:g} of shares gives fewer than "
                f"the {window + 1} symbols that train_cells = {self.train_cells} and guard_cells = "
                f"{self.guard_cells} need; more slot_s, or less symbol_comb"
            )
        alarms = self.false_alarm_probability * self.sensing_subcarriers * self.most_symbols
        if alarms > 8.0:
            raise ValueError(
                f"parameter false_alarm_probability = {self.false_alarm_probability:g}: "
                f"{alarms:.3g} false alarms a look, valid: <= 8"
            )
        if self.most_symbols < 2:
            raise ValueError(
                f"parameter symbol_comb = {self.symbol_comb}: a slot has fewer than two symbols"
            )
        return self

    @property
    def symbol_step_s(self) -> float:
        """Time between the symbols that the radar processes."""
        return self.symbol_comb * (1.0 / self.subcarrier_spacing_hz + self.cyclic_prefix_s)

    @property
    def most_symbols(self) -> int:
        """Symbols of the longest look."""
        return int(self.slot_s / self.symbol_step_s)

    @property
    def least_symbols(self) -> int:
        """Symbols below which there is no look: a map of echoes holds the window of a cell."""
        window = 2 * (self.train_cells + self.guard_cells) + 1
        return 2 if self.fidelity == "statistics" else window + 1

    @property
    def bandwidth_hz(self) -> float:
        """Bandwidth of the carrier."""
        return self.subcarriers * self.subcarrier_spacing_hz

    @property
    def radar(self) -> Radar:
        """The radar."""
        return Radar(
            carrier_hz=self.carrier_hz,
            power_w=float(db_to_linear(self.power_dbm - 30.0)) / self.subcarriers,
            columns=self.columns,
            noise_figure_db=self.radar_noise_figure_db,
            loss_db=self.radar_loss_db,
            subcarrier_spacing_hz=self.subcarrier_spacing_hz,
            subcarriers=self.sensing_subcarriers,
            subcarrier_step_hz=self.subcarrier_comb * self.subcarrier_spacing_hz,
            symbol_step_s=self.symbol_step_s,
            data_loss=float(db_to_linear(self.data_loss_db)),
            false_alarm_probability=self.false_alarm_probability,
            train_cells=self.train_cells,
            guard_cells=self.guard_cells,
            range_from_m=self.range_from_m,
            range_to_m=self.range_to_m,
        )

    @property
    def rotor(self) -> Rotor:
        """Rotors of a small quadcopter."""
        return Rotor(BLADES, BLADE_M, ROTATION_HZ, self.rotor_ratio_db)

    @property
    def tracker(self) -> Tracker:
        """The tracker."""
        return Tracker(
            interval_s=self.slot_s,
            acceleration_psd=self.tracker_acceleration_psd,
            tangential_std_m_s=self.tangential_std_m_s,
            gate=self.gate,
            confirm_hits=self.confirm_hits,
            confirm_opportunities=self.confirm_opportunities,
            delete_missed=self.delete_missed,
            coast_s=self.coast_s,
            cutoff_m=self.cutoff_m,
            azimuth_deg=self.sector_azimuth_deg,
        )

    def cross_sections_m2(self) -> list[float]:
        """Return the mean cross sections of the kinds of targets."""
        return [float(db_to_linear(TARGETS[k.cross_section].mean_dbsm)) for k in TARGET_KINDS]

    def kind_shares(self) -> list[float]:
        """Return the shares of the kinds of targets, which sum up to 1."""
        return [each / sum(self.mix) for each in self.mix]

    def speeds_m_s(self) -> list[tuple[float, float]]:
        """Return the least and the largest speed of the kinds of targets."""
        return [(each.slowest_m_s, each.fastest_m_s) for each in TARGET_KINDS]

    def sector_sines(self) -> np.ndarray:
        """Return the sines of the directions of the sensing beam, evenly spaced in the sine."""
        edge = float(sincos_turns(self.sector_azimuth_deg / 360.0)[0])
        return np.asarray(edge * ((2.0 * np.arange(self.sectors) + 1.0) / self.sectors - 1.0))

    @property
    def link_budget_db(self) -> float:
        """SNR of a user at broadside less the negative of its path loss."""
        noise = thermal_noise_dbm(self.bandwidth_hz, self.user_noise_figure_db)
        array = float(linear_to_db(float(self.columns))) + ELEMENT_GAIN_DB
        sent = self.power_dbm + array + self.user_gain_db
        return sent - float(noise) - self.interference_margin_db

    def derived(self) -> dict[str, Any]:
        """Return radar, tracker, tables of what is drawn, and what a look is expected to find."""
        mean = 2.0 * self.load_mbit / self.users
        psd = [each.acceleration_psd for each in TARGET_KINDS]
        radar, sines = self.radar, self.sector_sines()
        fields = radar.fields() | self.tracker.fields() | self.rotor.fields(radar)
        return (
            fields
            | {
                "least_symbols": float(self.least_symbols),
                "cfar_rank": 0,
                "clutter_snr": float(db_to_linear(self.clutter_snr_db)),
                "slot_symbols": self.slot_s / self.symbol_step_s,
                "bandwidth_mbit": self.bandwidth_hz * self.slot_s * 1e-6,  # of a slot at 1 bit/s/Hz
                "link_budget_db": self.link_budget_db,
                "arrivals_mbit": mean,  # of an active user in a slot
                "flip_probability": 1.0 - float(exp(-self.slot_s / self.activity_s)),
                "redraw_probability": 1.0 - float(exp(-self.slot_s / self.blockage_s)),
                "death_probability": 1.0 - float(exp(-self.slot_s / self.life_s)),
                "turn_probability": 1.0 - float(exp(-self.slot_s * self.turn_rate_hz)),
                "births": self.birth_rate_hz * self.slot_s,
                "kind_table": np.array([*np.cumsum(self.kind_shares())[:-1], 1.0]),
                "kind_rotors": np.array([1.0 * each.has_rotors for each in TARGET_KINDS]),
                "cross_section_deviations_db": np.array(
                    [TARGETS[each.cross_section].deviation_db for each in TARGET_KINDS]
                ),
                "cqi_thresholds_db": np.asarray(cqi_threshold_db(CQI_TABLE, np.arange(1, 16))),
                "cqi_efficiencies": np.asarray(cqi_efficiency(CQI_TABLE, np.arange(1, 16))),
                "cross_sections_m2": np.array(self.cross_sections_m2()),
                "target_slowest_m_s": np.array([each.slowest_m_s for each in TARGET_KINDS]),
                "target_fastest_m_s": np.array([each.fastest_m_s for each in TARGET_KINDS]),
                "jolt_m_s": np.sqrt(np.array(psd) * self.slot_s),
                "late_slots": self.late_s / self.slot_s,
                "shares": np.array(self.shares),
                "largest_share": self.shares[-1],
                "search_table": search_table(self, radar, sines),
            }
        )
