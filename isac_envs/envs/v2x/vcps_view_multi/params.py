"""Parameters of vehicular views with an agent for each vehicle and one for the edge."""

from typing import Literal

from isac_envs.declaration.params import parameter
from isac_envs.envs.v2x.vcps_view.params import WU, VcpsParams


class VcpsViewMultiParams(VcpsParams):
    """Parameters; the defaults are the ``manhattan`` scenario."""

    credit: Literal["shared", "difference"] = parameter(
        "shared", "Objectives of a vehicle: those of the views; or what they would lose if it had "
        "sensed nothing.", "1", WU,
    )  # fmt: skip
