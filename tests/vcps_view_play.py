"""One copy of vehicular views, stepped by rows of coordinates."""

from typing import Any

import numpy as np

from isac_envs import scenarios
from isac_envs.core.batch import Batch
from isac_envs.declaration.buffers import StepBuffers

ID = "isac/VcpsView-v0"


class Play:
    """A copy after its reset, with its state records by name."""

    def __init__(self, scenario: str | None = None, seed: int = 0, **overrides: Any) -> None:
        self.model = scenarios.build(ID, scenario, overrides)
        self.batch, self.frame = Batch(self.model, 1), StepBuffers.allocate(self.model, 1)
        self.batch.reset(self.frame, [seed])
        self.env, self.vehicles, self.items, self.kinds = (each[0] for each in self.batch.state[:4])
        self.views, self.tracks, self.requests = (each[0] for each in self.batch.state[4:7])

    def step(self, coordinates: Any) -> Any:
        """Play a slot; return quality and profit."""
        actions = self.batch.actions()
        actions[0, 0] = coordinates
        self.batch.step(actions, self.frame)
        return self.frame.objectives[0, 0].copy()

    def random(self, generator: np.random.Generator) -> Any:
        """Return uniform coordinates."""
        return generator.random(self.model.action.width)
