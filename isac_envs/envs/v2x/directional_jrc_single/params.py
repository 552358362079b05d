"""Parameters of the environment with one learning vehicle."""

from isac_envs.declaration.params import Weight, parameter
from isac_envs.envs.v2x.directional_jrc.params import DirectionalJrcParams

LEE = "Lee et al., WCNC 2022, authors' public code"


class DirectionalJrcSingleParams(DirectionalJrcParams):
    """Parameters; the defaults are the ``carriageway`` scenario."""

    weights: tuple[Weight, ...] = parameter(
        (1.0, 8.0), "Weights of communication (w_comm) and sensing (w_rad).", "1", LEE
    )
    half_width_deg: float = parameter(35.0, "Half width of a beam.", "deg", LEE, ge=1, le=45)
