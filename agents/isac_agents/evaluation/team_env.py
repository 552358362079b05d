"""Copies of an environment with several agents, for the evaluation of policies."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.error import ResetNeeded

from isac_envs.core.batch import Batch
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.declaration.model import Model

Array = npt.NDArray[Any]


class TeamEnv:
    """Copies of an environment whose agents are rows, as in the training of a shared policy.

    The interface of :class:`isac_envs.core.vector_env.VectorEnv` with autoreset disabled.
    Observations, actions and ``action_mask`` have a row for each agent, ``i * A + a`` for agent
    ``a`` of copy ``i``; reward, objectives, costs and metrics have one for each copy, the mean
    over its agents.

    Args:
        model: The environment.
        num_envs: Number of copies.
    """

    def __init__(self, model: Model, num_envs: int) -> None:
        self.model, self.num_envs, self.num_agents = model, num_envs, len(model.agents)
        self.batch = Batch(model, num_envs)
        self.single_observation_space = model.observation.space()
        self.single_action_space = model.action.space()
        self._buffers = StepBuffers.allocate(model, num_envs)
        self._actions = self.batch.actions()

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Start episodes.

        Args:
            seed: ``s`` seeds copy ``i`` with ``s + i``; None keeps the streams.
            options: ``{"reset_mask": bool array}`` resets only some copies.
        """
        seeds = None if seed is None else [seed + i for i in range(self.num_envs)]
        self.batch.reset(self._buffers, seeds, (options or {}).get("reset_mask"))
        return self._observations(), self._masks({})

    def step(self, actions: Any) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        """Advance every copy; actions have shape ``(n * A,)`` or ``(n, A)``, plus any action axis.

        Raises:
            gymnasium.error.InvalidAction: If any action is not valid; no state changes.
            gymnasium.error.ResetNeeded: If a copy is finished or was never reset.
        """
        if self.batch.env["done"].any() or not self.batch.env["world"].any():
            raise ResetNeeded(f"{self.model.id}: reset the finished copies first")
        spec, actions = self.model.action, np.asarray(actions)
        if actions.shape[:2] == (self.num_envs, self.num_agents):  # actions of a baseline
            actions = actions.reshape(-1, *actions.shape[2:])
        rows = self._actions.reshape(self.num_envs * self.num_agents, spec.width)
        clipped = spec.encode_rows(actions, rows, self.model.id)
        self.batch.step(self._actions, self._buffers)
        self._buffers.count_clipped(clipped)
        reward = self._buffers.rewards.mean(1)
        terminated, truncated = (self._buffers.ended[:, k].copy() for k in range(2))
        return self._observations(), reward, terminated, truncated, self._info()

    def _observations(self) -> Array:
        rows = self._buffers.observations.reshape(self.num_envs * self.num_agents, -1).copy()
        return np.asarray(self.model.observation.present(rows))

    def _info(self) -> dict[str, Any]:
        costs = self._buffers.costs.mean(1)
        return self._masks(
            {
                "objectives": self._buffers.objectives.mean(1),
                "costs": {each.name: costs[:, k] for k, each in enumerate(self.model.costs)},
                "metrics": {
                    each.name: self._buffers.metrics[each.name].mean(1)
                    for each in self.model.reported
                },
            }
        )

    def _masks(self, info: dict[str, Any]) -> dict[str, Any]:
        if self._buffers.masks is not None:
            rows = (self.num_envs * self.num_agents, -1)
            info["action_mask"] = self._buffers.masks.reshape(rows).astype(np.int8)
        return info
