"""Stable-Baselines3's vector environment, directly over the native batch."""

import time
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.error import ResetNeeded
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv

from isac_agents.adapters.nan_guard import check_step
from isac_envs.core.batch import Batch
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.declaration.model import Model
from isac_envs.scenarios import build

Array = npt.NDArray[Any]
Info = dict[str, Any]
Indices = None | int | Iterable[int]


class BatchVecEnv(VecEnv):
    """Many copies of an environment for Stable-Baselines3, stepped by one compiled loop.

    Every agent of every copy is one environment to the learner, in copy-major order: row
    ``i * A + a`` is agent ``a`` of copy ``i``, so that all agents share a policy. A finished copy
    is reset in the same step; copy ``i`` matches
    :class:`isac_envs.core.vector_env.VectorEnv` with same-step autoreset bit for bit.

    The ``info`` of a step is empty, except at the end of an episode: ``terminal_observation``,
    ``TimeLimit.truncated``, with masks ``terminal_action_mask``, and with ``monitor`` also
    ``episode`` (``r`` return, ``l`` steps, ``t`` seconds since the construction),
    ``episode_costs`` (sums) and ``episode_metrics`` (means over the steps).

    Args:
        model: Id of a registered environment, ``"module:Class"``, or a bound model.
        num_copies: Number of copies; ``num_envs`` is this times the number of agents.
        scenario: Name of a registered scenario or path of a scenario file; None for the default.
        seed: As in :meth:`seed`; None for fresh entropy.
        monitor: Report the totals of finished episodes.
        **overrides: Single parameters that replace the scenario's.

    Raises:
        ScenarioError: If the scenario or an override is not valid.
        ValueError: If there are no copies.
    """

    def __init__(
        self,
        model: str | Model,
        num_copies: int,
        *,
        scenario: str | None = None,
        seed: int | None = None,
        monitor: bool = True,
        **overrides: Any,
    ) -> None:
        self.model = build(model, scenario, overrides)
        self.batch = Batch(self.model, num_copies)
        self.num_copies, self.num_agents = num_copies, len(self.model.agents)
        self.monitor = monitor
        self.render_mode: str | None = None
        self._copy_seeds: list[int | None] | None = None
        self._allocate()
        super().__init__(
            num_copies * self.num_agents,
            self.model.observation.space(),
            self.model.action.space(),
        )
        if seed is not None:
            self.seed(seed)

    @property
    def reward_bounds(self) -> tuple[float, float]:
        """Smallest and largest reward of a step.

        Raises:
            AttributeError: If the environment declares none.
        """
        return self.model.reward_bounds()

    def _allocate(self) -> None:
        """Allocate the arrays that every step writes, and the totals of the running episodes."""
        rows = (self.num_copies, self.num_agents)
        self._buffers = StepBuffers.allocate(self.model, self.num_copies)
        self._actions = self.batch.actions()
        self._cost_names = tuple(each.name for each in self.model.costs)
        self._metric_names = tuple(each.name for each in self.model.reported)
        # Metrics are float64 fields only, so that their records are rows of plain numbers.
        self._metrics = self._buffers.metrics.view(np.float64).reshape(*rows, -1)
        self._started = time.time()
        self._lengths = np.zeros(self.num_copies, np.int64)
        self._returns = np.zeros(rows)
        self._cost_sums = np.zeros_like(self._buffers.costs)
        self._metric_sums = np.zeros_like(self._metrics)
        self._totals = (self._lengths, self._returns, self._cost_sums, self._metric_sums)

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Seed copy ``i`` with ``seed + i`` at the next reset; None draws a seed.

        Returns:
            The seed of each environment, shape ``(num_envs,)``.
        """
        if seed is None:
            seed = int(np.random.default_rng().integers(2**32))
        self._copy_seeds = [seed + i for i in range(self.num_copies)]
        return [each for each in self._copy_seeds for _ in range(self.num_agents)]

    def reset(self) -> Array:
        """Start an episode in every copy and return the observations, shape ``(num_envs, D)``."""
        self.batch.reset(self._buffers, self._copy_seeds)
        self._copy_seeds = None
        for total in self._totals:
            total[...] = 0
        self.reset_infos = [{} for _ in range(self.num_envs)]
        self._reset_options()
        return self._observations()

    def step_async(self, actions: Array) -> None:
        """Take the actions of the coming step.

        Raises:
            gymnasium.error.InvalidAction: If any action is not valid; no state changes.
            gymnasium.error.ResetNeeded: Before the first reset.
        """
        if not self.batch.env["world"][0].any():
            raise ResetNeeded(f"{self.model.id}: call reset() first")
        rows = self._actions.reshape(self.num_envs, -1)
        self._clipped = self.model.action.encode_rows(actions, rows, self.model.id)

    def step_wait(self) -> tuple[Array, Array, Array, list[Info]]:
        """Advance every copy; return observations, float32 rewards, dones and infos.

        Raises:
            NotFiniteError: If a reward or an observation is not finite.
        """
        self.batch.step(self._actions, self._buffers)
        self._buffers.count_clipped(self._clipped)
        rewards = self._buffers.rewards
        check_step(rewards, self._buffers.observations, self.model.observation)
        self._lengths += 1
        if self.monitor:
            self._returns += rewards
            self._cost_sums += self._buffers.costs
            self._metric_sums += self._metrics
        infos: list[Info] = [{} for _ in range(self.num_envs)]
        done: Array = np.asarray(self._buffers.ended.any(1))
        if done.any():
            self._finish(done, infos)
        dones = np.repeat(done, self.num_agents)
        return self._observations(), rewards.reshape(-1).astype(np.float32), dones, infos

    def action_masks(self) -> Array:
        """Return which actions are valid now, bool, shape ``(num_envs, actions)``.

        Raises:
            AttributeError: If every action of the environment is always valid.
        """
        if self.batch.masks is None:
            raise AttributeError(f"{self.model.id} has no action masks")
        return self.batch.masks.reshape(self.num_envs, -1).copy()

    def snapshot(self) -> dict[str, Any]:
        """Return the complete state between two steps, with running episodes, as plain data."""
        totals = tuple(total.copy() for total in self._totals)
        return {"state": self.batch.snapshot(), "totals": totals}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore the copies from a snapshot of a vector of the same environment and size.

        Raises:
            ValueError: If the snapshot is of another environment, size or number of entities.
        """
        self.batch.restore(state["state"])
        for mine, saved in zip(self._totals, state["totals"], strict=True):
            mine[...] = saved

    def close(self) -> None:
        """Do nothing: there is nothing to close."""

    def get_attr(self, attr_name: str, indices: Indices = None) -> list[Any]:
        """Return an attribute of this object, or a parameter of the environment, per copy."""
        if attr_name == "action_masks":
            self.action_masks()
        owner = self if hasattr(self, attr_name) else self.model.params
        return [getattr(owner, attr_name)] * len(self._selected(indices))

    def set_attr(self, attr_name: str, value: Any, indices: Indices = None) -> None:
        """Refuse: all copies share one set of parameters.

        Args:
            attr_name: Not used.
            value: Not used.
            indices: Not used.

        Raises:
            AttributeError: Always.
        """
        raise AttributeError(f"{self.model.id}: copies share their parameters; make a new vector")

    def env_method(
        self, method_name: str, *method_args: Any, indices: Indices = None, **method_kwargs: Any
    ) -> list[Any]:
        """Return ``action_masks`` row by row; the copies have no other method.

        Raises:
            AttributeError: For any other name.
        """
        if method_name != "action_masks":
            raise AttributeError(f"{self.model.id}: copies have no method {method_name!r}")
        masks = self.action_masks()
        return [masks[i] for i in self._selected(indices)]

    def env_is_wrapped(self, wrapper_class: type[Any], indices: Indices = None) -> list[bool]:
        """Return True only for ``Monitor``, whose ``episode`` entry this class provides itself."""
        wrapped = self.monitor and issubclass(Monitor, wrapper_class)
        return [wrapped] * len(self._selected(indices))

    def _observations(self) -> Array:
        values = self._buffers.observations.reshape(self.num_envs, -1).copy()
        return np.asarray(self.model.observation.present(values))

    def _finish(self, done: Array, infos: list[Info]) -> None:
        """Report finished episodes, and start the next ones."""
        last = self._observations()
        masks = None if self._buffers.masks is None else self.action_masks()
        for copy in np.flatnonzero(done).tolist():
            terminated, truncated = self._buffers.ended[copy].tolist()
            for agent in range(self.num_agents):
                info = infos[copy * self.num_agents + agent]
                info["terminal_observation"] = last[copy * self.num_agents + agent]
                info["TimeLimit.truncated"] = truncated and not terminated
                if masks is not None:
                    info["terminal_action_mask"] = masks[copy * self.num_agents + agent]
                if self.monitor:
                    info.update(self._episode(copy, agent))
        self.batch.reset(self._buffers, mask=done)
        for total in self._totals:
            total[done] = 0

    def _episode(self, copy: int, agent: int) -> Info:
        steps = int(self._lengths[copy])
        costs = self._cost_sums[copy, agent].tolist()
        means = (self._metric_sums[copy, agent] / steps).tolist()
        return {
            "episode": {
                "r": float(self._returns[copy, agent]),
                "l": steps,
                "t": round(time.time() - self._started, 6),
            },
            "episode_costs": dict(zip(self._cost_names, costs, strict=True)),
            "episode_metrics": dict(zip(self._metric_names, means, strict=True)),
        }

    def _selected(self, indices: Indices) -> list[int]:
        return [*self._get_indices(indices)]
