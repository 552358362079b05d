"""Declaration of ``isac/BeamClusterRbg-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Spec
from isac_envs.declaration.model import Model, State
from isac_envs.declaration.params import EnvParams
from isac_envs.envs.cells.beam_cluster_rbg import baselines, fields, kernel, records
from isac_envs.envs.cells.beam_cluster_rbg.params import BeamClusterRbgParams


class BeamClusterRbg(Model):
    """TODO."""

    id = "isac/BeamClusterRbg-v0"
    summary = "Beams over clusters of users who are located with errors: who gets which resources."
    source = "x"
    params_type: ClassVar[type[EnvParams]] = BeamClusterRbgParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = records.ENV_FIELDS
    objectives = fields.OBJECTIVES
    costs = fields.COSTS
    metrics = fields.METRICS
    summaries = fields.SUMMARIES
    baselines = baselines.BASELINES
    reference_baseline = "most_carried"
    scene = "isac_envs.envs.cells.beam_cluster_rbg.scene:draw"

    def observation_spec(self) -> Spec:
        """Return what is known of each user."""
        return fields.seen(self.params)

    def action_spec(self) -> Spec:
        """Return the choice of users, or of a scheduler."""
        return fields.choices(self.params)

    def allocate(self, n: int) -> State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(np.zeros(n, self.env_dtype), self.params)

    def objective_bounds(self) -> tuple[tuple[float, float], ...] | None:
        """Return the bounds: no group carries more than its highest CQI, no delay counts above 1.

        With Shannon's rates, the first has no bound.
        """
        p = self.params
        if p.link_adaptation != "cqi":
            return None
        most = p.beams * p.groups * p.most_bits / (p.users * p.offered_bits)
        return (0.0, most), (-1.0, 0.0)
