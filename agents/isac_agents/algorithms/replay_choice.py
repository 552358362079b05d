"""Choice of the replay buffer of an off-policy algorithm of Stable-Baselines3."""

from typing import Any

from gymnasium import spaces
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecNormalize

from isac_agents.algorithms.replay import NStepBuffer, PrioritisedBuffer


class ReplayChoice:
    """Adds the replay buffers of this package to an off-policy algorithm; a mix-in before it.

    If ``replay_buffer_class`` is None, ``prioritised`` chooses
    :class:`isac_agents.algorithms.replay.PrioritisedBuffer`, and ``n_steps`` above 1 chooses
    :class:`isac_agents.algorithms.replay.NStepBuffer`. The algorithm sets ``prioritised``
    before it calls its base class, and draws from :meth:`_draw`.

    Raises:
        ValueError: If prioritised replay is requested with another buffer class, or with
            observations that are not a single array.
    """

    prioritised: bool
    n_steps: int
    gamma: float
    n_envs: int
    buffer_size: int
    device: Any
    action_space: spaces.Space[Any]
    observation_space: spaces.Space[Any]
    optimize_memory_usage: bool
    replay_buffer: ReplayBuffer | None
    replay_buffer_class: type[ReplayBuffer] | None
    replay_buffer_kwargs: dict[str, Any]
    _last_obs: Any
    _current_progress_remaining: float
    _vec_normalize_env: VecNormalize | None

    def _setup_model(self) -> None:
        automatic = self.replay_buffer_class is None
        if self.prioritised and not automatic:
            raise ValueError("prioritised=True chooses the replay buffer; leave its class unset")
        if self.replay_buffer is None and automatic and (self.prioritised or self.n_steps > 1):
            self.replay_buffer = self._make_buffer()
        super()._setup_model()  # type: ignore[misc]
        if automatic:
            self.replay_buffer_class = None  # a saved learner chooses again when it is loaded

    def _make_buffer(self) -> ReplayBuffer:
        if isinstance(self.observation_space, spaces.Dict):
            raise ValueError("n_steps above 1 and prioritised need observations in one array")
        kind = PrioritisedBuffer if self.prioritised else NStepBuffer
        steps = {"n_steps": self.n_steps, "gamma": self.gamma}
        return kind(
            self.buffer_size,
            self.observation_space,
            self.action_space,
            device=self.device,
            n_envs=self.n_envs,
            optimize_memory_usage=self.optimize_memory_usage,
            **{**self.replay_buffer_kwargs, **steps},
        )

    def _setup_learn(
        self,
        total_timesteps: int,
        callback: Any = None,
        reset_num_timesteps: bool = True,
        *args: Any,
        **kwargs: Any,
    ) -> tuple[int, BaseCallback]:
        resets = reset_num_timesteps or self._last_obs is None
        if resets and isinstance(self.replay_buffer, NStepBuffer):
            self.replay_buffer.cut()
        return super()._setup_learn(  # type: ignore[misc]
            total_timesteps, callback, reset_num_timesteps, *args, **kwargs
        )

    def _draw(self, count: int) -> Any:
        """Draw ``count`` samples, with weights and indices if replay is prioritised."""
        if isinstance(self.replay_buffer, PrioritisedBuffer):
            self.replay_buffer.anneal(self._current_progress_remaining)
        assert self.replay_buffer is not None
        return self.replay_buffer.sample(count, env=self._vec_normalize_env)
