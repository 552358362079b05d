"""Parameters of the two beams of a railway mast."""

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from isac_envs.declaration.params import EnvParams, Weight, parameter
from isac_envs.envs.beam_management.hsr_dual_beam.geometry import slot_tables, slots_of_passage
from isac_envs.kernels.radar.cfar import cfar_factor
from isac_envs.kernels.radar.detection import detection_threshold

MOST_SLOTS = 4000
MOST_ACTIONS = 10_000

Separation = Annotated[float, Field(ge=0, le=90)]
Width = Annotated[float, Field(ge=0.5, le=60)]


class HsrDualBeamParams(EnvParams):
    """Parameters; the defaults are the ``express`` scenario."""

    horizon: int = parameter(
        1000, "Slots until an episode is truncated; the passage usually ends it first.", "steps",
        ge=1, le=10**7,
    )  # fmt: skip
    weights: tuple[Weight, ...] = parameter(
        (1.0, 1.0, 1.0), "Weights of communication, sensing and switching in the reward."
    )
    action: Literal["multi_discrete", "index"] = parameter(
        "multi_discrete", "Form of the action: three positions in lists, or one number for all."
    )
    observation: Literal["history", "timetable"] = parameter(
        "history", "The last slots, without a clock; or the timetable and how the estimate differs."
    )
    history_slots: int = parameter(
        4, "Slots in an observation, including the present one.", "slots", ge=1, le=64
    )
    separations_deg: tuple[Separation, ...] = parameter(
        (2.0, 4.0, 8.0, 16.0, 32.0, 48.0, 64.0),
        "Angles of the radar beam ahead of the communication beam to choose from, increasing.",
        "deg", min_length=1, max_length=64,
    )  # fmt: skip
    radar_widths_deg: tuple[Width, ...] = parameter(
        (3.0, 5.0, 8.0, 12.0, 20.0), "Half-power widths of the radar beam, increasing.", "deg",
        min_length=1, max_length=64,
    )  # fmt: skip
    communication_widths_deg: tuple[Width, ...] = parameter(
        (3.0, 5.0, 8.0, 12.0, 20.0), "Half-power widths of the communication beam, increasing.",
        "deg", min_length=1, max_length=64,
    )  # fmt: skip
    speed_m_s: float = parameter(97.22, "Speed of the train (350 km/h).", "m/s", ge=0.1, le=300)
    slot_s: float = parameter(0.05, "Duration of a slot.", "s", ge=1e-4, le=10)
    cell_m: float = parameter(
        1000.0, "Length of track that the mast serves, half on each side.", "m", ge=1, le=1e5
    )
    mast_distance_m: float = parameter(
        20.0, "Distance of the mast from the track.", "m", ge=1, le=1000
    )
    position_std_m: float = parameter(
        5.0, "Standard deviation of the position estimate along the track.", "m", ge=0, le=1000
    )
    carrier_hz: float = parameter(30e9, "Carrier of both beams.", "Hz", ge=1e9, le=1e12)
    path_loss_exponent: float = parameter(
        2.2, "Path loss exponent of the link beyond 1 m of free space.", ge=1, le=6
    )
    communication_power_dbm: float = parameter(
        24.0, "Transmit power of the communication beam.", "dBm", ge=0, le=60
    )
    radar_power_dbm: float = parameter(30.0, "Transmit power of the radar.", "dBm", ge=0, le=60)
    train_antenna_gain_db: float = parameter(
        10.0, "Gain of the train's antenna.", "dBi", ge=0, le=40
    )
    bandwidth_hz: float = parameter(400e6, "Bandwidth of the link.", "Hz", ge=1e3, le=1e11)
    noise_figure_db: float = parameter(7.0, "Noise figure of all receivers.", "dB", ge=0, le=30)
    radar_bandwidth_hz: float = parameter(
        100e6, "Noise bandwidth of the radar.", "Hz", ge=1e3, le=1e11
    )
    processing_gain_db: float = parameter(
        30.0, "Coherent processing gain of an echo; the train's clutter has none.", "dB",
        ge=0, le=80,
    )  # fmt: skip
    target_rcs_dbsm: float = parameter(
        0.0, "Mean radar cross section of an obstacle, Swerling 1.", "dBsm", ge=-60, le=60
    )
    train_rcs_dbsm: float = parameter(
        20.0, "Radar cross section of the train.", "dBsm", ge=-60, le=60
    )
    isolation_db: float = parameter(
        25.0, "Suppression of the communication beam's signal by the radar.", "dB",
        ge=0, le=200,
    )  # fmt: skip
    false_alarm: float = parameter(
        1e-4, "Probability of a false alarm at one point.", ge=1e-12, le=0.1
    )
    detector: Literal["known_noise", "ca"] = parameter(
        "known_noise", "Threshold over a noise level that is known, or over the mean of cells (CA)."
    )
    training_cells: int = parameter(
        16, "Cells of that mean; fewer ask for a higher threshold.", ge=1, le=10**6
    )
    look_ahead_near_m: float = parameter(
        20.0, "Distance of the nearest watched point ahead of the train.", "m", ge=0, le=1e4
    )
    look_ahead_far_m: float = parameter(
        150.0, "Distance of the farthest watched point ahead of the train.", "m", ge=0, le=1e4
    )
    look_ahead_points: int = parameter(
        16, "Watched points, evenly spaced along the track.", ge=1, le=128
    )
    communication_weight: float = parameter(
        0.3, "Share of the data rate in the reward (omega); sensing has the rest.", ge=0, le=1
    )
    reference_rate_bps: float = parameter(
        5.27e9, "Data rate that counts as 1.", "bit/s", ge=1e3, le=1e15
    )
    switching_cost: float = parameter(
        0.0, "Penalty of changing a separation or a width (kappa).", ge=0, le=100
    )
    outage_sinr_db: float = parameter(
        0.0, "SINR below which a slot of the link counts as lost.", "dB", ge=-50, le=100
    )
    low_band_carrier_hz: float = parameter(
        3.5e9, "Carrier of the train's link below 6 GHz.", "Hz", ge=1e8, le=6e9
    )
    low_band_power_dbm: float = parameter(24.0, "Its transmit power.", "dBm", ge=0, le=60)
    low_band_bandwidth_hz: float = parameter(20e6, "Its bandwidth.", "Hz", ge=1e3, le=1e10)
    low_band_path_loss_exponent: float = parameter(
        3.0, "Its path loss exponent beyond 1 m of free space.", ge=1, le=6
    )
    shadow_std_db: float = parameter(
        4.0, "Standard deviation of its shadow fading.", "dB", ge=0, le=20
    )
    shadow_correlation_m: float = parameter(
        20.0, "Correlation distance of its shadow fading.", "m", ge=0.1, le=1e4
    )

    @model_validator(mode="after")
    def _values_fit(self) -> "HsrDualBeamParams":
        names = ("separations_deg", "radar_widths_deg", "communication_widths_deg")
        for name in names:
            values = getattr(self, name)
            if any(a >= b for a, b in pairwise(values)):
                raise ValueError(f"parameter {name} = {values}: must increase strictly")
        if self.separations_deg[-1] <= 0.0:
            raise ValueError(
                f"parameter separations_deg = {self.separations_deg}: the largest must be above 0"
            )
        if self.action_count > MOST_ACTIONS:
            raise ValueError(
                f"parameter separations_deg: with radar_widths_deg and communication_widths_deg "
                f"there are {self.action_count} actions, at most {MOST_ACTIONS}"
            )
        if self.look_ahead_far_m < self.look_ahead_near_m:
            raise ValueError(
                f"parameter look_ahead_far_m = {self.look_ahead_far_m}: must be at least "
                f"look_ahead_near_m = {self.look_ahead_near_m}"
            )
        if self.cell_m > MOST_SLOTS * self.speed_m_s * self.slot_s:
            raise ValueError(
                f"parameter cell_m = {self.cell_m}: the passage takes more than {MOST_SLOTS} "
                f"slots; shorten it, or raise speed_m_s or slot_s"
            )
        return self

    @property
    def action_shape(self) -> tuple[int, int, int]:
        """Numbers of separations, radar widths and communication widths."""
        return (
            len(self.separations_deg),
            len(self.radar_widths_deg),
            len(self.communication_widths_deg),
        )

    @property
    def action_count(self) -> int:
        """Number of all settings."""
        separations, radar, communication = self.action_shape
        return separations * radar * communication

    def derived(self) -> dict[str, Any]:
        """Return the length of the passage, the detection threshold and the tables by slot."""
        return {
            "slots": slots_of_passage(self),
            "slot_m": self.speed_m_s * self.slot_s,
            "per_position_std": 1.0 / self.position_std_m if self.position_std_m > 0.0 else 0.0,
            "detection_threshold": detection_threshold(self.false_alarm),
            "cfar_factor": cfar_factor("ca", self.false_alarm, self.training_cells),
            "cfar_cells": self.training_cells,
            **slot_tables(self),
        }
