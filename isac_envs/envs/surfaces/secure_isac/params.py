"""Parameters of ``isac/SecureIsac-v0``."""

import math
from typing import Any, Literal

from pydantic import model_validator

from isac_envs.declaration.params import parameter
from isac_envs.engine.mathx import exp
from isac_envs.envs.surfaces.params import Place
from isac_envs.envs.surfaces.precoding import check_learned
from isac_envs.envs.surfaces.target import TargetParams, of_target
from isac_envs.kernels.radar.detection import detection_threshold


class SecureIsacParams(TargetParams):
    """Parameters; the defaults are the ``default`` scenario."""

    noise_dbm: float = of_target("noise_dbm", -80.0)
    surface_m: tuple[Place, ...] = of_target("surface_m", (35.355, 35.355))
    centre_m: tuple[Place, ...] = of_target("centre_m", (35.355, 27.355))
    radius_m: float = of_target("radius_m", 1.0)
    speed_m_s: float = of_target("speed_m_s", 0.2)
    direct_loss_1m_db: float = of_target("direct_loss_1m_db", 30.0)
    direct_slope_db: float = of_target("direct_slope_db", 35.0)
    direct_rician_db: float = of_target("direct_rician_db", 3.0)
    incident_loss_1m_db: float = of_target("incident_loss_1m_db", 30.0)
    reflected_loss_1m_db: float = of_target("reflected_loss_1m_db", 30.0)
    reflected_slope_db: float = of_target("reflected_slope_db", 23.0)
    csi_error: float = of_target("csi_error", 0.15)
    target_centre_m: tuple[Place, ...] = of_target("target_centre_m", (35.355, 31.355))
    target_radius_m: float = of_target("target_radius_m", 2.0)
    target_speed_m_s: float = of_target("target_speed_m_s", 3.0)
    target_direct_slope_db: float = of_target("target_direct_slope_db", 35.0)
    target_reflected_slope_db: float = of_target("target_reflected_slope_db", 23.0)
    samples: int = of_target("samples", 100_000)
    antennas: int = parameter(2, "Antennas of the base station (M).", ge=1, le=8)
    users: int = parameter(
        1, "Number of users, always 1; what is called target is the eavesdropper.", ge=1, le=1
    )
    eavesdropper_knowledge: Literal["sensed", "estimated"] = parameter(
        "sensed",
        "What the base station knows of the eavesdropper: a place from echoes, or her channels by "
        "estimates like the user's.",
    )
    precoder: Literal["leakage", "learned"] = parameter(
        "leakage", "Beams of the base station; learned: they are part of the action."
    )
    share_levels: int = parameter(
        9, "Levels of each share of power, for discrete forms of the action.", ge=2, le=256
    )
    start_error_m: float = parameter(
        0.5, "Standard deviation of each coordinate of the first believed place.", "m",
        ge=0.01, le=1,
    )  # fmt: skip
    bandwidth_hz: float = parameter(
        1e8, "Bandwidth of the echoes, which their ranges follow from.", "Hz", ge=1e4, le=1e10
    )
    false_alarm: float = parameter(
        1e-4, "Probability of a false alarm of the detector of an echo.", ge=1e-12, le=0.1
    )

    @model_validator(mode="after")
    def _beams_fit(self) -> "SecureIsacParams":
        check_learned(self)
        return self

    def derived(self) -> dict[str, Any]:
        """Return what kernels read besides, in their units."""
        table = super().derived()
        turn_rad = math.pi / 180.0 * self.target_turn_std_deg
        # mirrored at the rim after pi r / 2 on average, which takes 4 / 3 of the velocity away
        mirrored = 8.0 / (3.0 * math.pi) * table["target_step_m"] / self.target_radius_m
        kept = exp(-0.5 * turn_rad * turn_rad) * (1.0 - mirrored)
        return table | {
            "threshold": float(detection_threshold(self.false_alarm)),
            "velocity_kept": kept,
            "step_variance_m2": 0.5 * table["target_step_m"] * table["target_step_m"],
        }
