"""What both of Gymnasium's forms say of themselves beside their methods."""

import copy
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded

from isac_envs.core.batch import Batch
from isac_envs.declaration.model import Model


def one_agent(model: Model) -> Model:
    """Return the model, which must have one agent: Gymnasium knows no more.

    Raises:
        ValueError: If it has several.
    """
    if len(model.agents) != 1:
        raise ValueError(
            f"{model.id} has {len(model.agents)} agents, not one; "
            "make it with isac_envs.parallel_env"
        )
    return model


class Attributes:
    """Attributes that libraries look for; one that does not apply is absent for ``hasattr``.

    Attributes:
        vector_reward: Whether the reward is the vector of objectives instead of their sum.
        reward_space: Space of such a vector, of one copy; there with ``vector_reward`` alone.
        reward_dim: Number of objectives; there with ``vector_reward`` alone.
    """

    model: Model
    batch: Batch
    vector_reward: bool
    reward_space: gymnasium.spaces.Box
    reward_dim: int
    _spec: EnvSpec | None = None

    def _choose_reward(self, vector: bool) -> None:
        self.vector_reward = vector
        if vector:
            self.reward_space = self.model.objective_space()
            self.reward_dim = len(self.model.objectives)

    @property
    def spec(self) -> EnvSpec | None:
        """How the environment was made; its ``max_episode_steps`` is the scenario's horizon."""
        return self._spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:
        self._spec = copy.copy(spec)
        if self._spec is not None:
            self._spec.max_episode_steps = self.model.params.horizon

    @property
    def reward_bounds(self) -> tuple[float, float]:
        """Smallest and largest weighted sum of the objectives of a step.

        Raises:
            AttributeError: If the environment declares none.
        """
        return self.model.reward_bounds()

    @property
    def action_masks(self) -> Callable[[], npt.NDArray[np.bool_]]:
        """Call it for which actions are valid now: bool, one row a copy, and no axis for one.

        Raises:
            AttributeError: If every action of the environment is always valid.
        """
        if not self.model.masked:
            raise AttributeError(f"{self.model.id} has no action masks")
        return self._valid_actions

    def _valid_actions(self) -> npt.NDArray[np.bool_]:
        if not self.batch.env["world"].any():
            raise ResetNeeded(f"{self.model.id}: call reset() first, nothing is masked yet")
        masks: Any = self.batch.masks
        return (masks[0, 0] if isinstance(self, gymnasium.Env) else masks[:, 0]).copy()
