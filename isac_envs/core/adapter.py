"""What the forms of an environment have in common, all of them or Gymnasium's two."""

import copy
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded

from isac_envs.core.batch import Batch
from isac_envs.core.renderer import MODES, make_renderer, metadata, warn_without_mode
from isac_envs.declaration.baseline import Baseline
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.declaration.model import Model, State
from isac_envs.errors import UnknownNameError


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


class Adapter:
    """A batch behind somebody's interface, with its buffers and perhaps with pictures.

    Attributes:
        model: The environment.
        batch: Its state.
        render_mode: How it is drawn, None if it is not.
    """

    model: Model
    batch: Batch
    render_mode: str | None
    metadata: dict[str, Any]
    _buffers: StepBuffers

    def _adapt(self, batch: Batch, render_mode: str | None, modes: tuple[str, ...] = MODES) -> None:
        self.model, self.batch = batch.model, batch
        self._renderer = make_renderer(self.model, render_mode, batch.n, modes)
        self.render_mode = None if self._renderer is None else render_mode
        self.metadata = metadata(self.metadata, self.model)
        self._cost_names = tuple(each.name for each in self.model.costs)
        self._metric_names = tuple(each.name for each in self.model.reported)

    def _picture(self, copy: int) -> npt.NDArray[np.uint8] | None:
        """Return the picture of a copy; None without a mode, with a warning, and in a window.

        Raises:
            gymnasium.error.ResetNeeded: Before the first reset.
        """
        if self._renderer is None:
            warn_without_mode(self.model)
            return None
        if not self.batch.env["world"][copy].any():
            raise ResetNeeded(f"{self.model.id}: call reset() first, there is nothing to render")
        if self.render_mode == "human":
            return None
        return self._renderer.picture(self.batch.state, self._buffers, copy)

    def close(self) -> None:
        """Close the window, if there is one."""
        if self._renderer is not None:
            self._renderer.close()

    def snapshot(self) -> State:
        """Return the whole state of all copies, random streams included."""
        return self.batch.snapshot()

    def restore(self, snapshot: State) -> None:
        """Put the state of all copies back to a snapshot; the next step continues from there.

        Raises:
            ValueError: If the snapshot is of another environment, size or number of entities.
        """
        self.batch.restore(snapshot)
        self._resume()
        if self._renderer is not None:
            self._renderer.forget()

    def _resume(self) -> None:
        """Note which copies are in an episode, after the state was replaced."""

    def baseline(self, name: str) -> Baseline:
        """Return a baseline bound to this environment; its ``predict`` gives the next action.

        Raises:
            UnknownNameError: If the environment has no baseline of this name.
        """
        if name not in self.model.baselines:
            raise UnknownNameError("baseline", name, self.model.baselines)
        return self.model.baselines[name](self.batch)


class GymnasiumAdapter(Adapter):
    """What libraries look for; an attribute that does not apply is absent for ``hasattr``.

    Attributes:
        vector_reward: Whether the reward is the vector of objectives instead of their sum.
        reward_space: Space of such a vector, of one copy; there with ``vector_reward`` alone.
        reward_dim: Number of objectives; there with ``vector_reward`` alone.
    """

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
