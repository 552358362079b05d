"""Parameters of ``isac/RisIsac-v0``."""

from typing import Literal

from pydantic import model_validator

from isac_envs.declaration.params import Weight, parameter
from isac_envs.envs.surfaces.params import Place
from isac_envs.envs.surfaces.precoding import Precoder, check_learned
from isac_envs.envs.surfaces.target import TargetParams, of_target


class RisIsacParams(TargetParams):
    """Parameters; the defaults are the ``default`` scenario."""

    weights: tuple[Weight, ...] = parameter(
        (1.0, 0.0, -3.0),
        "Weights of rate, sensing and shortfall in the reward; that of the shortfall is minus the "
        "price of a missing dB.",
    )
    antennas: int = of_target("antennas", 6)
    required_snr_db: float = parameter(
        3.5, "Radar SNR that a slot must reach.", "dB", ge=-100, le=200
    )
    target_centre_m: tuple[Place, ...] = of_target("target_centre_m", (42.0, 0.0))
    target_radius_m: float = of_target("target_radius_m", 4.0)
    target_direct_loss_1m_db: float = of_target("target_direct_loss_1m_db", 61.0)
    target_direct_rician_db: float = of_target("target_direct_rician_db", 10.0)
    target_reflected_loss_1m_db: float = of_target("target_reflected_loss_1m_db", 35.6)
    target_reflected_rician_db: float = of_target("target_reflected_rician_db", 10.0)
    csi_error: float = of_target("csi_error", 0.1)
    rcs_m2: float = of_target("rcs_m2", 20.0)
    observation: Literal["directions", "channels"] = parameter(
        "directions",
        "Where the best phase of each element is, for the rate and for the echo; or the estimated "
        "channels.",
    )
    precoder: Precoder = parameter(
        "wmmse", "Beams of the users; learned: they and that of sensing are part of the action."
    )
    sensing_beam: Literal["matched", "nulled"] = parameter(
        "nulled",
        "Beam of the sensing stream: along the target's channel, or what is left of it where the "
        "users hear nothing; of the rules alone where beams are learned.",
    )
    share_levels: int = parameter(
        9, "Shares of the power on sensing to choose from, uniform from 0 to 1, for levels and "
        "codebook.", "1", ge=2, le=1025,
    )  # fmt: skip

    @model_validator(mode="after")
    def _forms_fit(self) -> "RisIsacParams":
        check_learned(self)
        if self.sensing_beam == "nulled" and self.antennas <= self.users:
            raise ValueError(
                f"parameter sensing_beam = 'nulled' needs more antennas than users, not antennas = "
                f"{self.antennas} and users = {self.users}; valid: 'matched', or antennas of at "
                f"least {self.users + 1}"
            )
        return self
