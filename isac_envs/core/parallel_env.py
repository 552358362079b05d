"""The PettingZoo parallel environment: a batch of one copy with an agent axis."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
import pettingzoo
from gymnasium.error import InvalidAction, ResetNeeded

from isac_envs.core.batch import Batch, Frame
from isac_envs.core.rendering import warn_no_rendering
from isac_envs.declaration.model import Model, State
from isac_envs.kernels.arrays import weigh
from isac_envs.scenarios import build


class ParallelEnv(pettingzoo.ParallelEnv[str, Any, Any]):  # type: ignore[misc]
    """All agents of one environment behind PettingZoo's parallel interface.

    Args:
        model: Id of a registered environment, ``"module:Class"``, or a bound model.
        scenario: Name of a registered scenario or path of a scenario file; None for the default.
        render_mode: None; others are ignored with a warning, nothing renders yet.
        **overrides: Single parameters that replace the scenario's.

    Raises:
        ScenarioError: If the scenario or an override is not valid.
    """

    metadata: dict[str, Any] = {"render_modes": [], "is_parallelizable": True}  # noqa: RUF012

    def __init__(
        self,
        model: str | Model,
        *,
        scenario: str | Path | None = None,
        render_mode: str | None = None,
        **overrides: Any,
    ) -> None:
        self.model = build(model, scenario, overrides)
        self.metadata = {**type(self).metadata, "name": self.model.id}
        self.batch = Batch(self.model, 1)
        warn_no_rendering(self.model.id, render_mode)
        self.render_mode = None
        self.possible_agents = [*self.model.agents]
        self.agents: list[str] = []
        self.observation_spaces = {
            each: self.model.observation.space() for each in self.possible_agents
        }
        self.action_spaces = {each: self.model.action.space() for each in self.possible_agents}
        self._frame = Frame.allocate(self.model, 1)
        self._frame.observations[...] = 0
        self._actions = self.batch.actions()

    def observation_space(self, agent: str) -> gymnasium.spaces.Space[Any]:
        """Return the observation space of an agent, always the same object."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> gymnasium.spaces.Space[Any]:
        """Return the action space of an agent, always the same object."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Start an episode; a seed restarts the random streams, None goes on with them."""
        self.batch.reset(self._frame, (seed,))
        self.agents = [*self.possible_agents]
        return self._observations(), {each: self._mask(k, {}) for k, each in enumerate(self.agents)}

    def step(self, actions: Mapping[str, Any]) -> tuple[Any, Any, Any, Any, Any]:
        """Advance by one step.

        Args:
            actions: An action for every agent.

        Raises:
            gymnasium.error.InvalidAction: If an action is missing or not valid; the state is
                untouched.
            gymnasium.error.ResetNeeded: Before the first reset and after the end of an episode.
        """
        if not self.agents:
            raise ResetNeeded(f"{self.model.id}: call reset() first, no episode is running")
        clipped = [self._encode(k, each, actions) for k, each in enumerate(self.agents)]
        self.batch.step(self._actions, self._frame)
        if self.model.action.kind == "box":
            self._frame.metrics["clipped_coordinates"][0] = clipped
        terminated, truncated = self._frame.ended[0].tolist()
        agents = self.agents
        rewards, infos = self._outcome()
        if terminated or truncated:
            self.agents = []
        return (
            self._observations(),
            rewards,
            dict.fromkeys(agents, terminated),
            dict.fromkeys(agents, truncated),
            infos,
        )

    def state(self) -> npt.NDArray[Any]:
        """Return the observations of all agents, one after the other."""
        return self._frame.observations[0].reshape(-1).copy()

    def snapshot(self) -> State:
        """Return the whole state, random streams included."""
        return self.batch.snapshot()

    def restore(self, snapshot: State) -> None:
        """Put the state back to a snapshot; the next step continues from there."""
        self.batch.restore(snapshot)
        env = self.batch.env[0]
        over = env["done"] or not env["world"].any()
        self.agents = [] if over else [*self.possible_agents]

    def _encode(self, k: int, agent: str, actions: Mapping[str, Any]) -> int:
        if agent not in actions:
            raise InvalidAction(f"{self.model.id}: no action for agent {agent!r}")
        return self.model.action.encode(
            actions[agent], self._actions[0, k], f"{self.model.id}, agent {agent}"
        )

    def _observations(self) -> dict[str, Any]:
        rows = self._frame.observations[0].copy()
        present = self.model.observation.present
        return {each: present(rows[k]) for k, each in enumerate(self.possible_agents)}

    def _outcome(self) -> tuple[dict[str, float], dict[str, dict[str, Any]]]:
        sums = np.empty((1, len(self.possible_agents)))
        weigh(self._frame.objectives, np.array(self.model.params.weights), sums)
        cost_names = [each.name for each in self.model.costs]
        rewards, infos = {}, {}
        for k, agent in enumerate(self.possible_agents):
            objectives = self._frame.objectives[0, k].copy()
            costs = self._frame.costs[0, k].tolist()
            values = self._frame.metrics[0, k].item()
            cost = 0.0
            for value in costs:  # one by one: the built-in sum rounds differently since 3.12
                cost += value
            rewards[agent] = float(sums[0, k])
            infos[agent] = self._mask(
                k,
                {
                    "objectives": objectives,
                    "cost": cost,
                    "costs": dict(zip(cost_names, costs, strict=True)),
                    "metrics": dict(
                        zip((each.name for each in self.model.reported), values, strict=True)
                    ),
                },
            )
        return rewards, infos

    def _mask(self, k: int, info: dict[str, Any]) -> dict[str, Any]:
        if self._frame.masks is not None:
            info["action_mask"] = self._frame.masks[0, k].astype(np.int8)
        return info
