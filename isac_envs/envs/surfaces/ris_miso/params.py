"""Parameters of ``isac/RisMiso-v0``."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from isac_envs.declaration.params import parameter
from isac_envs.envs.surfaces.params import SurfaceParams
from isac_envs.envs.surfaces.precoding import Precoder, check_learned

UserWeight = Annotated[float, Field(ge=0.0, le=1e3)]
GUO = "Guo et al., IEEE Trans. Wireless Commun. 19(5), 2020"


class RisMisoParams(SurfaceParams):
    """Parameters; the defaults are the ``default`` scenario."""

    observation: Literal["directions", "channels"] = parameter(
        "directions",
        "Where the best phase of each element is; or the estimated channels.",
    )
    precoder: Precoder = parameter(
        "wmmse", "Precoder of the base station; learned: it is part of the action."
    )
    user_weights: tuple[UserWeight, ...] = parameter(
        (), "Weights of the users' rates; none: 1 for each.", "1", GUO, max_length=16
    )

    @model_validator(mode="after")
    def _forms_fit(self) -> "RisMisoParams":
        if len(self.user_weights) not in (0, self.users):
            raise ValueError(
                f"parameter user_weights: {len(self.user_weights)} values; valid: none, or one for "
                f"each of the users = {self.users}"
            )
        if self.user_weights and not any(self.user_weights):
            raise ValueError("parameter user_weights: one must be above 0")
        check_learned(self)
        return self
