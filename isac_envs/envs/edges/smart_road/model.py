"""Declaration of ``isac/SmartRoad-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Signal, Spec
from isac_envs.declaration.model import Model
from isac_envs.envs.edges import fields
from isac_envs.envs.edges.smart_road import baselines, kernel, records
from isac_envs.envs.edges.smart_road.params import SmartRoadParams


class SmartRoad(Model):
    r"""DOC"""

    id = "isac/SmartRoad-v0"
    summary = "Vehicles on a grid choose roads, and servers for their twins, together."
    source = "SOURCE"
    params_type = SmartRoadParams
    kernel: ClassVar[ModuleType] = kernel
    objectives = fields.OBJECTIVES
    costs = fields.COSTS
    metrics: ClassVar[tuple[Signal, ...]] = (
        Signal("under_way", "1 if the vehicle had not arrived before the step."),
        *fields.METRICS,
    )
    summaries = fields.SUMMARIES
    baselines = baselines.BASELINES
    reference_baseline: ClassVar[str | None] = "coordinated_balance"

    def agent_names(self) -> tuple[str, ...]:
        """Return one name for each vehicle."""
        return tuple(f"vehicle_{v}" for v in range(self.params.vehicles))

    def observation_spec(self) -> Spec:
        """Return numbers about a vehicle and its roads, or maps of the grid."""
        if self.params.observation == "planes":
            return Spec("box", fields.planes(self.params.side * self.params.side))
        return Spec("box", fields.flat())

    def action_spec(self) -> Spec:
        """Return the choices of a road and a host."""
        return Spec("multi_discrete", (fields.ROAD, fields.HOST))

    def allocate(self, n: int) -> records.State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(np.zeros(n, self.env_dtype), self.params)
