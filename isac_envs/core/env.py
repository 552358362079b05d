"""The Gymnasium environment: a batch of one copy with one agent."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.error import ResetNeeded

from isac_envs.core.adapter import GymnasiumAdapter, one_agent
from isac_envs.core.batch import Batch
from isac_envs.core.renderer import FPS, MODES
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.declaration.model import Model
from isac_envs.scenarios import build

_BOUND = frozenset(
    (
        "_buffers",
        "_values",
        "_objectives",
        "_actions",
        "_row",
        "_seen",
        "_encode",
        "_advance",
        "_ended",
    )
)  # what _bind makes


class Env(GymnasiumAdapter, gymnasium.Env[Any, Any]):
    """One environment behind Gymnasium's interface.

    Args:
        model: Id of a registered environment, ``"module:Class"``, or a bound model.
        scenario: Name of a registered scenario or path of a scenario file; None for the default.
        render_mode: ``human`` shows a window at every step, ``rgb_array`` lets :meth:`render`
            return pictures; None draws nothing and costs nothing.
        vector_reward: The reward of a step is the vector of objectives, float32, as MO-Gymnasium
            has it, with ``reward_space`` and ``reward_dim``; otherwise it is their weighted sum.
        **overrides: Single parameters that replace the scenario's.

    The ``info`` of a step holds ``objectives`` (vector), ``cost`` (their sum), ``costs``,
    ``metrics`` and, where some actions are invalid, ``action_mask``. That of a reset has the same
    keys, with zeros for what only a step can tell.

    Raises:
        ScenarioError: If the scenario or an override is not valid.
    """

    metadata: dict[str, Any] = {"render_modes": [*MODES], "render_fps": FPS}  # noqa: RUF012

    def __init__(
        self,
        model: str | Model,
        *,
        scenario: str | Path | None = None,
        render_mode: str | None = None,
        vector_reward: bool = False,
        **overrides: Any,
    ) -> None:
        self._adapt(Batch(one_agent(build(model, scenario, overrides)), 1), render_mode)
        self.observation_space = self.model.observation.space()
        self.action_space = self.model.action.space()
        self._choose_reward(vector_reward)
        self._over = True
        self._bind()

    def _bind(self) -> None:
        """Make the arrays of a step, and look up once what every step needs."""
        self._buffers, self._values = StepBuffers.single(self.model)
        self._actions = self.batch.actions()
        self._row = self._actions[0, 0]
        self._encode = self.model.action.encode
        self._advance = self._first_advance
        self._seen = self._buffers.observations[0, 0]
        self._ended = self._buffers.ended[0]
        self._plain = self.model.observation.kind == "box"
        self._counts_clipped = self.model.action.kind == "box"
        costs = 2 + len(self.model.objectives)  # reward and cost come first
        self._objectives = self._values[2:costs]
        self._costs = slice(costs, costs + len(self._cost_names))
        self._metrics = slice(self._costs.stop, None)

    def _first_advance(self) -> None:
        """Compile on first use, then give way to the machine code."""
        self._advance = self.batch.bound_step(self._actions, self._buffers)
        self._advance()

    def __getstate__(self) -> dict[str, Any]:
        """Leave the arrays of a step out: views would lose what they look at."""
        kept = {key: value for key, value in self.__dict__.items() if key not in _BOUND}
        return kept

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the environment and recreate its arrays."""
        self.__dict__.update(state)
        self._bind()

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start an episode; a seed restarts the random streams, None continues them."""
        if seed is None and not self.batch.env["world"].any():
            seed = int(np.random.default_rng().integers(2**63))  # then in np_random_seed
        super().reset(seed=seed)
        self.batch.reset(self._buffers, (seed,))
        self._over = False
        if self._renderer is not None:
            self._renderer.begin(self.batch.state, self._buffers)
        self._buffers.clear()
        return self._observation(), self._outcome()[1]

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Advance by one step.

        Raises:
            gymnasium.error.InvalidAction: If the action is not valid; the state is untouched.
            gymnasium.error.ResetNeeded: Before the first reset and after the end of an episode.
        """
        if self._over:
            raise ResetNeeded(f"{self.model.id}: call reset() first, no episode is running")
        clipped = self._encode(action, self._row, self.model.id)
        self._advance()
        if self._counts_clipped:
            self._buffers.count_clipped(clipped)
        terminated, truncated = self._ended.tolist()
        self._over = terminated or truncated
        if self._renderer is not None:
            self._renderer.record(self.batch.state, self._actions, self._buffers)
        reward, info = self._outcome()
        if self.vector_reward:
            vector = info["objectives"].astype(np.float32)
            return self._observation(), vector, terminated, truncated, info
        return self._observation(), reward, terminated, truncated, info

    def render(self) -> npt.NDArray[np.uint8] | None:
        """Return the picture of the present state, shape ``(height, width, 3)``.

        None in the mode ``human``, which draws itself, and without a mode, with a warning.

        Raises:
            gymnasium.error.ResetNeeded: Before the first reset.
        """
        return self._picture(0)

    def simulate(
        self, action: Any, seed: int | None = None
    ) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Return the result that ``step(action)`` would have, leaving the state unchanged.

        Args:
            action: A valid action.
            seed: Reseeds the random streams of the trial, for a fair look ahead; None looks at
                the very future that a step would meet.
        """
        saved, over = self.snapshot(), self._over
        renderer, self._renderer = self._renderer, None  # a trial is not part of the episode
        try:
            if seed is not None:
                self.batch.seed((seed,))
            return self.step(action)
        finally:
            self.restore(saved)
            self._over, self._renderer = over, renderer

    def _resume(self) -> None:
        self._over = bool(self.batch.env["done"][0]) or not self.batch.env["world"].any()

    def _observation(self) -> Any:
        observation = self._seen.copy()
        return observation if self._plain else self.model.observation.present(observation)

    def _outcome(self) -> tuple[float, dict[str, Any]]:
        values = self._values.tolist()
        info = {
            "objectives": self._objectives.copy(),
            "cost": values[1],
            "costs": dict(zip(self._cost_names, values[self._costs])),  # noqa: B905 - takes longer
            "metrics": dict(zip(self._metric_names, values[self._metrics])),  # noqa: B905
        }
        if self._buffers.masks is not None:
            info["action_mask"] = self._buffers.masks[0, 0].astype(np.int8)
        return values[0], info
