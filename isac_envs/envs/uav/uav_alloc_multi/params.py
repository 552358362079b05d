"""Parameters of the group of UAVs that decide for themselves."""

from typing import Literal

from isac_envs.declaration.params import parameter
from isac_envs.envs.uav.uav_alloc.params import WANG, UavAllocParams


class UavAllocMultiParams(UavAllocParams):
    """Parameters; the defaults are the ``squad`` scenario."""

    uavs: int = parameter(4, "UAVs (M), each an agent.", "1", WANG, ge=2, le=16)
    action: Literal["discrete", "continuous"] = parameter(
        "discrete", "One option; or scores of modes and channels, and a power."
    )
