"""Acting in chunks with Gaussian noise, for learners with a deterministic actor."""

from copy import deepcopy
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.noise import ActionNoise
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.preprocessing import get_action_dim
from stable_baselines3.common.type_aliases import RolloutReturn, TrainFreq, TrainFrequencyUnit
from stable_baselines3.common.vec_env import VecEnv

from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.d4pg.actor_places import PLACES
from isac_agents.algorithms.d4pg.actor_pool import ActorPool, partition
from isac_agents.algorithms.d4pg.actors import Order
from isac_agents.algorithms.d4pg.exploration import (
    COPIES_PER_BLOCK,
    act,
    draw_noise,
    noise_scales,
    noise_streams,
)
from isac_envs.errors import UnknownNameError

Array = npt.NDArray[Any]


class ChunkedActing:
    """Exploration for an off-policy algorithm with ``policy.actor``; a mix-in before its class.

    Copies act in chunks of ``train_freq`` steps. The actor's weights and the noise of a chunk are
    fixed before the update phase that precedes it. Other processes can therefore play the chunk
    during that phase, with the same transitions.

    Args:
        policy: As in the base algorithm.
        env: As in the base algorithm.
        learning_rate: As in the base algorithm.
        noise_scale: Standard deviation of the noise on actions in -1..1, or one for each copy.
        noise_spread: Noise of the last copy relative to the first one; geometric in between, see
            :func:`isac_agents.algorithms.d4pg.exploration.noise_scales`.
        actors: Processes that play the chunks while the learner learns; 0 plays them in this
            process. Needs a :class:`isac_agents.adapters.vec_env.BatchVecEnv`.
        actor_backend: ``"processes"`` of this machine, or ``"ray"``.
        **settings: Every other argument of the base algorithm.

    Raises:
        ValueError: If a setting is out of range, another exploration is requested, or the
            environment cannot be played by other processes.
        UnknownNameError: If the backend is unknown.
    """

    policy: Any
    env: VecEnv | None
    n_envs: int
    seed: int | None
    num_timesteps: int
    learning_starts: int
    train_freq: Any
    _last_obs: Any

    def __init__(
        self,
        policy: Any,
        env: Any,
        learning_rate: Any,
        *,
        noise_scale: float | list[float] = 0.3,
        noise_spread: float = 1.0,
        actors: int = 0,
        actor_backend: str = "processes",
        **settings: Any,
    ) -> None:
        if settings.get("action_noise") is not None:
            raise ValueError("action_noise is not used: set noise_scale and noise_spread")
        if actor_backend not in PLACES:
            raise UnknownNameError("actor_backend", actor_backend, [*PLACES])
        self.noise_scale, self.noise_spread = noise_scale, noise_spread
        self.actors, self.actor_backend = actors, actor_backend
        self.noise: Array | None = None
        self.warm_up = self.chunk_step = 0
        self.agents_of_copy = 1
        super().__init__(policy, env, learning_rate, **settings)  # type: ignore[call-arg]

    def _setup_model(self) -> None:
        super()._setup_model()  # type: ignore[misc]
        if self.train_freq.unit != TrainFrequencyUnit.STEP:
            raise ValueError("train_freq must be a number of steps")
        self.behaviour: BasePolicy = deepcopy(self.policy.actor).to("cpu")
        vars(self.behaviour).pop("optimizer", None)
        self.agents_of_copy = getattr(self.env, "num_agents", self.agents_of_copy)
        copies = self.n_envs // self.agents_of_copy
        if self.actors and self.env is not None:
            if not isinstance(self.env, BatchVecEnv):
                raise ValueError(f"actors is {self.actors}, which needs a BatchVecEnv; leave it 0")
            partition(copies, self.actors)
        self.noise_scales = noise_scales(copies, self.noise_scale, self.noise_spread)
        self.noise_streams = noise_streams(self.seed, copies)

    def learn(self, *args: Any, **settings: Any) -> Self:
        """Learn; actor processes end with the call."""
        home = self.env
        if not self.actors:
            return super().learn(*args, **settings)  # type: ignore[misc]
        assert isinstance(home, BatchVecEnv)
        with ActorPool(home, self.actors, self.actor_backend, self.behaviour) as pool:
            self.env = pool
            try:
                return super().learn(*args, **settings)  # type: ignore[misc]
            finally:
                self.env = home

    def collect_rollouts(
        self,
        env: VecEnv,
        callback: Any,
        train_freq: TrainFreq,
        replay_buffer: Any,
        action_noise: ActionNoise | None = None,
        learning_starts: int = 0,
        log_interval: int | None = None,
    ) -> RolloutReturn:
        """Act for one chunk, and fix the weights and noise of the next chunk.

        Args:
            env: The environment, or the actors that play it.
            callback: As in Stable-Baselines3.
            train_freq: Length of the chunk, in steps of every copy.
            replay_buffer: Receives the transitions.
            action_noise: Not used; must be None.
            learning_starts: Steps with uniform random actions at the start of training.
            log_interval: Episodes between two lines of the log; None for none.
        """
        if self.noise is None:
            self._plan_chunk()
        self.chunk_step = 0
        result: RolloutReturn = super().collect_rollouts(  # type: ignore[misc]
            env, callback, train_freq, replay_buffer, action_noise, learning_starts, log_interval
        )
        self._plan_chunk()
        if isinstance(self.env, ActorPool) and result.continue_training:
            self._order_chunk(self.env)
        return result

    def _plan_chunk(self) -> None:
        """Fix weights and noise of the next chunk, before training changes the weights."""
        self.behaviour.load_state_dict(self.policy.actor.state_dict())
        steps = self.train_freq.frequency
        left = -(-(self.learning_starts - self.num_timesteps) // self.n_envs)
        self.warm_up = min(max(left, 0), steps)
        shape = (steps, self.agents_of_copy, get_action_dim(self.behaviour.action_space))
        self.noise = draw_noise(self.noise_streams, self.noise_scales, shape, self.warm_up)

    def _order_chunk(self, pool: ActorPool) -> None:
        """Let the actors play the planned chunk."""
        assert self.noise is not None
        weights = {name: each.numpy() for name, each in self.behaviour.state_dict().items()}
        pool.order(Order(weights, self.noise, self.warm_up, self._last_obs))

    def _sample_action(
        self,
        learning_starts: int,
        action_noise: ActionNoise | None = None,
        n_envs: int = 1,
    ) -> tuple[Array, Array]:
        """Return the actions of one step, and the same actions scaled to -1..1."""
        assert self.noise is not None and isinstance(self._last_obs, np.ndarray)
        step, self.chunk_step = self.chunk_step, self.chunk_step + 1
        if isinstance(self.env, ActorPool):
            if not self.env.has_order:  # the first chunk, or one after a reset or a restoration
                self._order_chunk(self.env)
            scaled = self.env.taken()
            return self.policy.unscale_action(scaled), scaled
        rows = COPIES_PER_BLOCK * self.agents_of_copy
        scaled = act(self.behaviour, self._last_obs, self.noise[step], rows, step < self.warm_up)
        return self.policy.unscale_action(scaled), scaled

    def _excluded_save_params(self) -> list[str]:
        made_anew = ["behaviour", "noise", "noise_scales", "noise_streams"]
        return [*super()._excluded_save_params(), *made_anew]  # type: ignore[misc]
