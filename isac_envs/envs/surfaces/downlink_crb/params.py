"""Parameters of ``isac/DownlinkCrb-v0``."""

import math
from typing import Any, Literal

from pydantic import model_validator

from isac_envs.declaration.params import EnvParams, Weight, parameter
from isac_envs.engine.mathx import db_to_linear
from isac_envs.kernels.channel.fading import AR1_TURNS, doppler_correlation
from isac_envs.kernels.numerics.gamma import exp_or_zero
from isac_envs.kernels.pathloss.free_space import radar_loss, wavelength
from isac_envs.kernels.radar.detection import detection_threshold

LIU = "F. Liu et al., IEEE Trans. Signal Process. 70, 2022, arXiv 2101.12530"
_LARGEST_TURN = 0.5  # of the target in a slot, over the deviation of its angle


class DownlinkCrbParams(EnvParams):
    """Parameters; the defaults are the ``default`` scenario."""

    horizon: int = parameter(100, "Slots until an episode is truncated.", "slots", ge=1, le=10**7)
    weights: tuple[Weight, ...] = parameter(
        (0.1, 2.0, -0.2),
        "Weights of the sum rate, of the accuracy and, negative, of the shortfall.",
    )
    transmit_antennas: int = parameter(
        16, "Transmit antennas of the base station (N_t).", "1", LIU, ge=1, le=64
    )
    receive_antennas: int = parameter(
        20, "Receive antennas of the base station (N_r).", "1", LIU, ge=1, le=64
    )
    users: int = parameter(4, "Users (K).", ge=1, le=16)
    carrier_hz: float = parameter(3.5e9, "Carrier frequency.", "Hz", ge=1e8, le=3e11)
    slot_s: float = parameter(0.01, "Duration of a slot.", "s", ge=1e-6, le=1.0)
    samples: int = parameter(
        30, "Samples of a slot from which the angle is measured (L).", "samples", LIU,
        ge=1, le=10**7,
    )  # fmt: skip
    power_dbm: float = parameter(30.0, "Transmit power (P).", "dBm", LIU, ge=-50, le=60)
    noise_dbm: float = parameter(
        -97.0, "Noise power of a user, and of an antenna of the radar.", "dBm", ge=-180, le=60
    )
    gains: Literal["distances", "unit"] = parameter(
        "distances",
        "Mean gains of the users' channels and of the echo between two antennas: of distances, or "
        "1.",
    )
    users_from_m: float = parameter(40.0, "Smallest distance of a user.", "m", ge=1, le=1e5)
    users_to_m: float = parameter(120.0, "Largest distance of a user.", "m", ge=1, le=1e5)
    loss_1m_db: float = parameter(52.6, "Path loss of a user at 1 m.", "dB", ge=0, le=200)
    loss_slope_db: float = parameter(36.7, "Its growth per decade.", "dB", ge=0, le=60)
    target_m: float = parameter(60.0, "Distance of the target.", "m", ge=1, le=1e6)
    rcs_m2: float = parameter(0.01, "Radar cross section of the target.", "m^2", ge=1e-6, le=1e6)
    user_speed_m_s: float = parameter(
        1.0, "Speed of the users, by which channels age.", "m/s", ge=0, le=100
    )
    csi_delay: int = parameter(1, "Age of the channel estimates.", "slots", ge=0, le=1)
    csi_error: float = parameter(
        0.1, "Power of the error of an estimate over the mean gain of the user.", ge=0, le=10
    )
    required_sinr_db: float = parameter(
        6.0, "Signal over interference and noise that each user needs.", "dB", ge=-30, le=60
    )
    angle_deg: float = parameter(
        0.0, "Angle from broadside about which the target moves.", "deg", ge=-50, le=50
    )
    angle_std_deg: float = parameter(
        20.0, "Standard deviation of its angle from there.", "deg", ge=0, le=30
    )
    rate_std_deg_s: float = parameter(
        30.0, "Standard deviation of its angular rate; 0: it stands still.", "deg/s", ge=0, le=1e4
    )
    turning_s: float = parameter(
        0.3, "Time in which it forgets its angular rate.", "s", ge=1e-6, le=1e6
    )
    start_error_deg: float = parameter(
        2.0, "Standard deviation of the first believed angle; 0: the angle is known.", "deg",
        ge=0, le=45,
    )  # fmt: skip
    false_alarm: float = parameter(
        1e-4, "Probability of a false alarm of the detector of the echo.", ge=1e-12, le=0.1
    )
    sensing_stream: Literal["heard", "cancelled"] = parameter(
        "heard",
        "Whether users hear the sensing stream as interference, or know and cancel it.",
    )
    precoder: Literal["structured", "full"] = parameter(
        "structured",
        "How beams are asked for: by powers, a regularisation and a direction, or one by one.",
        interface=True,
    )
    observation: Literal["features", "channels"] = parameter(
        "features", "What is seen of the users: four numbers of each, or the estimated channels."
    )

    @model_validator(mode="after")
    def _motion_is_defined(self) -> "DownlinkCrbParams":
        waves = self.user_speed_m_s * self.slot_s / wavelength(self.carrier_hz)
        if waves > AR1_TURNS.high:
            raise ValueError(
                f"parameter user_speed_m_s = {self.user_speed_m_s:g}: {waves:.3g} wavelengths in a "
                f"slot; valid: at most {AR1_TURNS.high} (user_speed_m_s * slot_s * carrier_hz / c)"
            )
        turn_deg = self.rate_std_deg_s * self.slot_s
        if turn_deg > _LARGEST_TURN * self.angle_std_deg:
            raise ValueError(
                f"parameter rate_std_deg_s = {self.rate_std_deg_s:g}: {turn_deg:g} deg in a slot "
                f"(slot_s = {self.slot_s:g} s); valid: at most {_LARGEST_TURN} of angle_std_deg = "
                f"{self.angle_std_deg:g}"
            )
        if self.users_from_m > self.users_to_m:
            raise ValueError(
                f"parameter users_from_m = {self.users_from_m:g} is above users_to_m = "
                f"{self.users_to_m:g}"
            )
        return self

    def derived(self) -> dict[str, Any]:
        """Return what kernels read besides, in their units."""
        budget_db = self.power_dbm - self.noise_dbm
        echo_db = 0.0
        if self.gains == "distances":
            way_m = self.target_m
            echo_db = -float(radar_loss(way_m, way_m, self.carrier_hz, self.rcs_m2))
        deg, turn_deg = math.pi / 180.0, self.rate_std_deg_s * self.slot_s
        kept = float(exp_or_zero(-self.slot_s / self.turning_s))
        pulled = turn_deg / self.angle_std_deg if turn_deg > 0.0 else 0.0
        waves = self.user_speed_m_s * self.slot_s / wavelength(self.carrier_hz)
        return {
            "budget_db": budget_db,
            "echo_snr": self.samples * db_to_linear(budget_db + echo_db),
            "required": db_to_linear(self.required_sinr_db),
            "correlation": doppler_correlation(waves),
            "error_std": math.sqrt(0.5 * self.csi_error),
            "threshold": float(detection_threshold(self.false_alarm)),
            "middle_rad": deg * self.angle_deg,
            "angle_std_rad": deg * self.angle_std_deg,
            "start_error_rad": deg * self.start_error_deg,
            "turn_rad": deg * turn_deg,
            "rate_kept": kept,
            "rate_noise_rad": math.sqrt((1.0 - kept) * (1.0 + kept)) * deg * turn_deg,
            "pull": pulled * pulled,
        }
