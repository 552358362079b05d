"""The native Gymnasium vector environment: a batch of n copies with one agent."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from isac_envs.core.adapter import GymnasiumAdapter, one_agent
from isac_envs.core.batch import Batch
from isac_envs.core.renderer import FPS
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.declaration.model import Model
from isac_envs.scenarios import build

Array = npt.NDArray[Any]


class VectorEnv(GymnasiumAdapter, gymnasium.vector.VectorEnv[Any, Any, Any]):
    """Many copies of an environment, stepped by one compiled loop.

    Copy ``i`` after ``reset(seed=s)`` follows :class:`isac_envs.core.env.Env` after
    ``reset(seed=s + i)`` bit for bit, and ``info`` is what ``SyncVectorEnv`` makes of the copies'.

    Args:
        model: Id of a registered environment, ``"module:Class"``, or a bound model.
        num_envs: Number of copies.
        scenario: Name of a registered scenario or path of a scenario file; None for the default.
        autoreset_mode: One of Gymnasium's three modes.
        max_episode_steps: Truncates earlier than the scenario's horizon.
        num_threads: Threads that share a step of a batch of at least 2048 copies.
        copy: Hand out new arrays each step; False reuses them, which the next step overwrites.
        render_mode: ``rgb_array`` lets :meth:`render` return the picture of each of at most 64
            copies; ``gymnasium.wrappers.vector.HumanRendering`` shows them in a window.
        vector_reward: The rewards of a step are the objectives, float32 of shape ``(n, k)``; the
            ``reward_space`` is that of one copy, as in MO-Gymnasium's vector environments.
        **overrides: Single parameters that replace the scenario's.

    Raises:
        ScenarioError: If the scenario or an override is not valid.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": FPS}  # noqa: RUF012

    def __init__(
        self,
        model: str | Model,
        num_envs: int = 1,
        *,
        scenario: str | Path | None = None,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        max_episode_steps: int | None = None,
        num_threads: int = 1,
        copy: bool = True,
        render_mode: str | None = None,
        vector_reward: bool = False,
        **overrides: Any,
    ) -> None:
        bound = one_agent(build(model, scenario, overrides)).shortened(max_episode_steps)
        self._adapt(Batch(bound, num_envs, num_threads), render_mode, ("rgb_array",))
        self.num_envs = num_envs
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        self.single_observation_space = self.model.observation.space()
        self.single_action_space = self.model.action.space()
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._choose_reward(vector_reward)
        self._copy = copy
        self._started = np.zeros(num_envs, np.bool_)
        self._buffers = StepBuffers.allocate(self.model, num_envs)
        self._actions = self.batch.actions()
        self._everyone = np.ones(num_envs, np.bool_)
        self._everyone.setflags(write=False)

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        """Start episodes.

        Args:
            seed: ``s`` seeds copy ``i`` with ``s + i``; a sequence seeds each; None keeps the
                streams.
            options: ``{"reset_mask": bool array}`` resets only some copies.
        """
        mask = None if options is None else options.get("reset_mask")
        if mask is not None and (np.shape(mask) != (self.num_envs,) or not np.any(mask)):
            raise ValueError(f"reset_mask must select some of the {self.num_envs} copies")
        if isinstance(seed, (int, np.integer)):
            super().reset(seed=int(seed))
            seed = [int(seed) + i for i in range(self.num_envs)]
        if mask is not None and seed is not None:
            seed = [each if selected else None for each, selected in zip(seed, mask, strict=True)]
        self._renew(keep_observations=True)
        self.batch.reset(self._buffers, seed, mask, self.np_random)
        self._started |= True if mask is None else np.asarray(mask, np.bool_)
        if self._renderer is not None:
            self._renderer.begin(self.batch.state, self._buffers, mask)
        self._buffers.clear()
        info = self._info()
        if mask is not None:
            info = _of_some(info, np.array(mask, np.bool_))
        return self._observations(), info

    def step(self, actions: Any) -> tuple[Any, Array, Array, Array, dict[str, Any]]:
        """Advance every copy by one step.

        Raises:
            gymnasium.error.InvalidAction: If any action is not valid; no state is touched.
            gymnasium.error.ResetNeeded: Before the first reset, and with autoreset disabled when
                a finished copy was not reset.
        """
        self._refuse_unready()
        rows = self._actions[:, 0]
        clipped = self.model.action.encode_rows(actions, rows, self.model.id)
        self._renew()
        next_step = self.autoreset_mode == AutoresetMode.NEXT_STEP
        restarted = self.batch.step(self._actions, self._buffers, next_step)
        self._buffers.count_clipped(clipped)
        if self._renderer is not None:
            self._renderer.record(self.batch.state, self._actions, self._buffers, restarted)
        reward = self._reward()
        terminated, truncated = (self._buffers.ended[:, k].copy() for k in range(2))
        final: dict[str, Any] = {}
        if self.autoreset_mode == AutoresetMode.SAME_STEP:
            final = self._reset_finished(terminated | truncated)
        return self._observations(), reward, terminated, truncated, self._info() | final

    def render(self) -> tuple[npt.NDArray[np.uint8], ...] | None:
        """Return the picture of each copy, of shape ``(height, width, 3)``.

        None without a render mode, with a warning.

        Raises:
            gymnasium.error.ResetNeeded: Before the first reset.
        """
        drawn = (self._picture(i) for i in range(self.num_envs if self.render_mode else 1))
        pictures = tuple(each for each in drawn if each is not None)
        return pictures or None

    close = gymnasium.vector.VectorEnv.close

    def _resume(self) -> None:
        self._started = np.asarray(self.batch.env["world"].any(1))

    def _refuse_unready(self) -> None:
        if not self._started.all():
            missing = np.flatnonzero(~self._started)
            raise ResetNeeded(f"{self.model.id}: call reset() first, for the copies {missing}")
        disabled = self.autoreset_mode == AutoresetMode.DISABLED
        if disabled and (done := self.batch.env["done"]).any():
            raise ResetNeeded(f"{self.model.id}: reset the finished copies {np.flatnonzero(done)}")

    def _renew(self, keep_observations: bool = False) -> None:
        """Give the next step arrays of its own, so that returned arrays do not change."""
        if not self._copy:
            return
        before, self._buffers = self._buffers, StepBuffers.allocate(self.model, self.num_envs)
        if keep_observations:
            for new, old in zip(self._buffers.seen, before.seen, strict=True):
                new[...] = old

    def _observations(self) -> Any:
        return self.model.observation.present(self._buffers.observations[:, 0])

    def _reward(self) -> Array:
        if self.vector_reward:
            return self._buffers.objectives[:, 0].astype(np.float32)
        return self._buffers.rewards[:, 0].copy()  # a reset of finished copies clears the buffers

    def _info(self) -> dict[str, Any]:
        """Return the info of all copies."""
        buffers, everyone = self._buffers, self._everyone
        costs, metrics = buffers.costs[:, 0], buffers.metrics[:, 0]
        named_costs = {name: costs[:, k] for k, name in enumerate(self._cost_names)}
        named_metrics = {name: metrics[name] for name in self._metric_names}
        for group in (named_costs, named_metrics):
            group.update({f"_{name}": everyone for name in group})
        info: dict[str, Any] = {
            "objectives": buffers.objectives[:, 0],
            "cost": buffers.cost[:, 0],
            "costs": named_costs,
            "metrics": named_metrics,
            "_objectives": everyone,
            "_cost": everyone,
            "_costs": everyone,
            "_metrics": everyone,
        }
        if buffers.masks is not None:
            info["action_mask"] = buffers.masks[:, 0].astype(np.int8)
            info["_action_mask"] = everyone
        return info

    def _reset_finished(self, done: Array) -> dict[str, Any]:
        """Same-step autoreset: start the next episodes, return how the finished ones ended."""
        if not done.any():
            return {}
        seen, last = self._observations(), np.full(self.num_envs, None)
        for i in np.flatnonzero(done):
            last[i] = seen[i].copy()
        final = _of_some(self._info(), done)
        self.batch.reset(self._buffers, mask=done)
        self._buffers.clear(done)
        if self._renderer is not None:
            self._renderer.begin(self.batch.state, self._buffers, done)
        return {"final_obs": last, "_final_obs": done, "final_info": final, "_final_info": done}


def _of_some(info: dict[str, Any], chosen: Array) -> dict[str, Any]:
    """Return a copy of an info in which only some copies stand; the others' numbers are 0."""
    result: dict[str, Any] = {}
    for name, value in info.items():
        if name.startswith("_"):
            result[name] = chosen
        elif isinstance(value, dict):
            result[name] = _of_some(value, chosen)
        else:
            result[name] = np.zeros_like(value)
            result[name][chosen] = value[chosen]
    return result
