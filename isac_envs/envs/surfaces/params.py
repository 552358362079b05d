"""Parameters that environments with a surface share: places, legs, knowledge and hardware."""

import math
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from isac_envs.declaration.params import EnvParams, parameter
from isac_envs.engine.mathx import db_to_linear
from isac_envs.kernels.channel.fading import AR1_TURNS, doppler_correlation, rician_k
from isac_envs.kernels.pathloss.free_space import wavelength
from isac_envs.kernels.pathloss.log_distance import log_distance

Place = Annotated[float, Field(ge=-1e4, le=1e4)]
RAYLEIGH_DB = -300.0
"""A Rician factor of this or less has no line of sight."""


class SurfaceParams(EnvParams):
    """Parameters of a base station, a surface and walking users."""

    horizon: int = parameter(100, "Slots until an episode is truncated.", "slots", ge=1, le=10**7)
    antennas: int = parameter(4, "Antennas of the base station (M).", ge=1, le=64)
    elements: int = parameter(64, "Elements of the surface (N).", ge=1, le=4096)
    users: int = parameter(4, "Users (K).", ge=1, le=16)
    carrier_hz: float = parameter(3.5e9, "Carrier frequency.", "Hz", ge=1e8, le=3e11)
    slot_s: float = parameter(0.005, "Duration of a slot.", "s", ge=1e-6, le=1.0)
    power_dbm: float = parameter(
        30.0, "Transmit power of the base station (P).", "dBm", ge=-50, le=60
    )
    noise_dbm: float = parameter(-90.0, "Noise power of a user (sigma^2).", "dBm", ge=-180, le=0)
    surface: Literal["present", "absent"] = parameter(
        "present", "Whether there is a surface; without it the direct paths remain."
    )
    surface_m: tuple[Place, ...] = parameter(
        (50.0, 20.0), "Place of the surface; the base station is at (0, 0).", "m",
        min_length=2, max_length=2,
    )  # fmt: skip
    centre_m: tuple[Place, ...] = parameter(
        (50.0, 5.0), "Centre of the disc in which the users walk.", "m",
        min_length=2, max_length=2,
    )  # fmt: skip
    radius_m: float = parameter(8.0, "Radius of the disc.", "m", ge=0.1, le=1e3)
    start_m: tuple[Place, ...] = parameter(
        (), "Start of the users from the centre, x and y of each in turn; none: uniform in the "
        "disc.", "m", max_length=32,
    )  # fmt: skip
    speed_m_s: float = parameter(1.0, "Speed of the users.", "m/s", ge=0, le=100)
    turn_std_deg: float = parameter(
        5.0, "Standard deviation of the change of a user's heading in a slot.", "deg", ge=0, le=180
    )
    direct_loss_1m_db: float = parameter(
        52.6, "Path loss between base station and user at 1 m.", "dB", ge=0, le=200
    )
    direct_slope_db: float = parameter(36.7, "Its growth per decade.", "dB", ge=0, le=60)
    direct_rician_db: float = parameter(
        RAYLEIGH_DB, "Its Rician factor; -300 is Rayleigh fading.", "dB", ge=RAYLEIGH_DB, le=100
    )
    incident_loss_1m_db: float = parameter(
        35.6, "Path loss between base station and surface at 1 m.", "dB", ge=0, le=200
    )
    incident_slope_db: float = parameter(22.0, "Its growth per decade.", "dB", ge=0, le=60)
    incident_rician_db: float = parameter(
        3.0, "Its Rician factor; -300 is Rayleigh fading.", "dB", ge=RAYLEIGH_DB, le=100
    )
    reflected_loss_1m_db: float = parameter(
        35.6, "Path loss between surface and user at 1 m.", "dB", ge=0, le=200
    )
    reflected_slope_db: float = parameter(22.0, "Its growth per decade.", "dB", ge=0, le=60)
    reflected_rician_db: float = parameter(
        3.0, "Its Rician factor; -300 is Rayleigh fading.", "dB", ge=RAYLEIGH_DB, le=100
    )
    csi_delay: int = parameter(1, "Age of the channel estimates.", "slots", ge=0, le=16)
    csi_error: float = parameter(
        0.3, "Power of the error of an estimate over the mean gain of its leg.", ge=0, le=10
    )
    phase_bits: int = parameter(
        0, "Bits of an element's phase, which goes to the nearest level; 0: any phase.", "bit",
        ge=0, le=8,
    )  # fmt: skip
    phase_error_std_deg: float = parameter(
        0.0, "Standard deviation of the fixed, unknown phase errors of the elements.", "deg",
        ge=0, le=360,
    )  # fmt: skip
    least_amplitude: float = parameter(
        1.0, "Smallest amplitude of an element; 1: it does not depend on the phase.", ge=0, le=1
    )
    amplitude_offset_turns: float = parameter(
        0.215, "Phase of the largest amplitude less a quarter of a turn.", "turns",
        "Abeywickrama et al., IEEE Trans. Commun. 68(9), 2020", ge=-1, le=1,
    )  # fmt: skip
    amplitude_steepness: float = parameter(
        1.6, "Exponent of the amplitude's law.", "1",
        "Abeywickrama et al., IEEE Trans. Commun. 68(9), 2020", ge=0, le=10,
    )  # fmt: skip

    action: Literal["increments", "phases", "levels", "codebook"] = parameter(
        "increments",
        "How phases are asked for: changes, phases, levels, or one beam of a codebook.",
    )
    largest_increment_deg: float = parameter(
        30.0, "Largest change of a phase in a slot, for increments.", "deg", ge=0.1, le=180
    )
    codebook_size: int = parameter(
        64, "Beams of the codebook, uniform over the cosine.", "1", ge=2, le=4096
    )

    @model_validator(mode="after")
    def _levels_exist(self) -> "SurfaceParams":
        if self.action == "levels" and self.phase_bits == 0:
            raise ValueError(
                "parameter action = 'levels' needs levels: phase_bits = 0; valid: at least 1"
            )
        return self

    @model_validator(mode="after")
    def _users_fit(self) -> "SurfaceParams":
        if len(self.start_m) not in (0, 2 * self.users):
            raise ValueError(
                f"parameter start_m: {len(self.start_m)} numbers; valid: none, or 2 for each of "
                f"the users = {self.users}"
            )
        for x, y in zip(self.start_m[::2], self.start_m[1::2], strict=True):
            if math.sqrt(x * x + y * y) > self.radius_m:
                raise ValueError(
                    f"parameter start_m: ({x:g}, {y:g}) is outside of the disc of radius_m = "
                    f"{self.radius_m:g} m"
                )
        check_step(self, "speed_m_s", "radius_m")
        return self

    def derived(self) -> dict[str, Any]:
        """Return geometry, losses and laws of the legs in the form that the kernels read."""
        step_m = self.speed_m_s * self.slot_s
        x, y = self.surface_m
        distance_m = max(1.0, math.sqrt(x * x + y * y))
        loss_db = log_distance(distance_m, self.incident_loss_1m_db, self.incident_slope_db)
        return {
            "step_m": step_m,
            "turn_turns": self.turn_std_deg / 360.0,
            "per_wavelength": 1.0 / wavelength(self.carrier_hz),
            "correlation": doppler_correlation(step_m / wavelength(self.carrier_hz)),
            "budget_db": self.power_dbm - self.noise_dbm,
            "incident_turns": -distance_m / wavelength(self.carrier_hz),
            "incident_amplitude": db_to_linear(-0.5 * loss_db),
            "station_cosine": y / distance_m,  # of the surface, with the base station's array
            "surface_cosine": -x / distance_m,  # of the base station, with the surface
            "direct_k": rician_factor(self.direct_rician_db),
            "incident_k": rician_factor(self.incident_rician_db),
            "reflected_k": rician_factor(self.reflected_rician_db),
            "error_std": math.sqrt(0.5 * self.csi_error),
            "error_turns": self.phase_error_std_deg / 360.0,
        }


def rician_factor(rician_db: float) -> float:
    """Return a Rician factor, linear; 0 for Rayleigh fading.

    Args:
        rician_db: The factor in dB; ``RAYLEIGH_DB`` or less has no line of sight.
    """
    return float(rician_k(rician_db if rician_db > RAYLEIGH_DB else -math.inf))


def check_step(params: "SurfaceParams", speed: str, radius: str) -> None:
    """Refuse a speed for which channels or walks of a slot are not defined.

    Args:
        params: Parameters of the environment.
        speed: Name of the speed.
        radius: Name of the radius of the disc.

    Raises:
        ValueError: A step is longer than the radius, or than the fading process allows.
    """
    speed_m_s, radius_m = getattr(params, speed), getattr(params, radius)
    step_m = speed_m_s * params.slot_s
    waves = step_m / wavelength(params.carrier_hz)
    if step_m > radius_m:
        raise ValueError(
            f"parameter {speed} = {speed_m_s:g}: {step_m:g} m in a slot of slot_s = "
            f"{params.slot_s:g} s are more than {radius} = {radius_m:g} m"
        )
    if waves > AR1_TURNS.high:
        raise ValueError(
            f"parameter {speed} = {speed_m_s:g}: {waves:.3g} wavelengths in a slot; valid: at most "
            f"{AR1_TURNS.high} ({speed} * slot_s * carrier_hz / c)"
        )
