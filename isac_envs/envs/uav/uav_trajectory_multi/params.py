"""Parameters of the mission of several UAVs."""

from typing import Any

from isac_envs.declaration.params import parameter
from isac_envs.envs.uav.uav_trajectory.params import UavTrajectoryParams


class UavTrajectoryMultiParams(UavTrajectoryParams):
    """Parameters; the defaults are the ``patrol`` scenario."""

    uavs: int = parameter(3, "UAVs, each an agent.", ge=1, le=16)
    users: int = parameter(6, "Ground users.", ge=0, le=32)
    targets: int = parameter(4, "Ground targets.", ge=0, le=32)
    area_m: float = parameter(1600.0, "Side of the square area.", "m", ge=50, le=1e5)
    separation_m: float = parameter(
        20.0, "Distance that flying UAVs must keep, away from home.", "m", ge=0, le=1e4
    )

    @property
    def most_looks(self) -> int:
        """Looks that no episode exceeds."""
        return self.uavs * self.most_slots

    def derived(self) -> dict[str, Any]:
        """Return the parameters of one UAV; data count in slots of the best rate of all UAVs."""
        found = super().derived()
        return {**found, "peak_bits": self.uavs * found["peak_bits"]}
