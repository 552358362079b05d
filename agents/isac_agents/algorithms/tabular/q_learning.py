"""Tabular Q-learning, compiled."""

from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch
from gymnasium import spaces
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import PyTorchObs
from stable_baselines3.common.utils import LinearSchedule
from stable_baselines3.common.vec_env import VecEnv

from isac_agents.algorithms.array_algorithm import ArrayAlgorithm
from isac_agents.algorithms.tabular.q_learning_kernel import choose, update
from isac_envs.engine.rng import seed_stream
from isac_envs.errors import IsacError

Array = npt.NDArray[Any]


class TablePolicy(BasePolicy):
    """Greedy policy of a table of action values, saved like a network.

    Args:
        observation_space: Discrete, S states.
        action_space: Discrete, A actions.
        initial_value: Initial value of all entries, in units of the return.
    """

    table: torch.Tensor
    visits: torch.Tensor

    def __init__(
        self,
        observation_space: spaces.Discrete,
        action_space: spaces.Discrete,
        initial_value: float = 0.0,
    ) -> None:
        super().__init__(observation_space, action_space)
        shape = (int(observation_space.n), int(action_space.n))
        table = torch.full(shape, initial_value, dtype=torch.float64)
        self.register_buffer("table", table)
        self.register_buffer("visits", torch.zeros(shape, dtype=torch.int64))

    def _predict(self, observation: PyTorchObs, deterministic: bool = True) -> torch.Tensor:
        assert isinstance(observation, torch.Tensor)
        return self.table[observation.long()].argmax(-1)


class QLearning(ArrayAlgorithm):
    """Q-learning on a table, with the interface of Stable-Baselines3.

    All copies of the environment share the table and update it in order::

        Q(s, a) += learning_rate / n(s, a)**visit_exponent * (r + gamma * max_b Q(s', b) - Q(s, a))

    with ``n(s, a)`` the number of updates so far, including this one. The value of ``s'`` is zero
    where an episode terminates, but not where it is truncated.

    Source: C. J. C. H. Watkins, P. Dayan, "Q-learning", Machine Learning 8, 1992. Rates ``1/n**w``
    with ``w`` in (0.5, 1) converge in polynomial time: E. Even-Dar, Y. Mansour, "Learning rates
    for Q-learning", JMLR 5, 2003.

    Args:
        policy: ``"TablePolicy"``.
        env: A vector of environments with Discrete observations and actions.
        learning_rate: Step size of the first update, in (0, 1].
        visit_exponent: Rate at which step sizes decrease, in [0, 1]; 0 keeps them constant.
        gamma: Discount in [0, 1].
        exploration_fraction: Fraction of the training over which exploration decreases linearly.
        exploration_initial_eps: Probability of a random action at the start.
        exploration_final_eps: Probability of a random action after the decrease.
        initial_value: Initial value of all entries, in units of the return.
        _init_setup_model: Create the table immediately.
        **settings: Every other argument of
            :class:`isac_agents.algorithms.array_algorithm.ArrayAlgorithm`.

    Raises:
        IsacError: If observations or actions are not Discrete, or a number is out of range.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"TablePolicy": TablePolicy}
    policy: TablePolicy
    saved_settings: ClassVar[tuple[str, ...]] = (
        "learning_rate",
        "visit_exponent",
        "gamma",
        "exploration_fraction",
        "exploration_initial_eps",
        "exploration_final_eps",
        "initial_value",
    )
    log_interval: ClassVar[int] = 100  # episodes

    def __init__(
        self,
        policy: str | type[TablePolicy],
        env: VecEnv | None,
        learning_rate: float = 0.1,
        *,
        visit_exponent: float = 0.0,
        gamma: float = 0.99,
        exploration_fraction: float = 0.5,
        exploration_initial_eps: float = 1.0,
        exploration_final_eps: float = 0.1,
        initial_value: float = 0.0,
        _init_setup_model: bool = True,
        **settings: Any,
    ) -> None:
        _check_range("learning_rate", learning_rate, above_zero=True)
        for name, value in (("visit_exponent", visit_exponent), ("gamma", gamma)):
            _check_range(name, value)
        super().__init__(policy, env, learning_rate, **settings)
        self.visit_exponent, self.gamma, self.initial_value = visit_exponent, gamma, initial_value
        self.exploration_fraction = exploration_fraction
        self.exploration_initial_eps = exploration_initial_eps
        self.exploration_final_eps = exploration_final_eps
        self.exploration_rate = exploration_initial_eps
        if _init_setup_model:
            self._setup_model()

    def _setup_model(self) -> None:
        for what in ("observation", "action"):
            space = getattr(self, f"{what}_space")
            if not isinstance(space, spaces.Discrete):
                hint = '; set observation="index"' if what == "observation" else ""
                raise IsacError(f"Q-learning needs Discrete {what}s, not {space}{hint}")
        self.policy = self.policy_class(  # type: ignore[assignment]
            self.observation_space, self.action_space, initial_value=self.initial_value
        )
        self.exploration_schedule = LinearSchedule(
            self.exploration_initial_eps, self.exploration_final_eps, self.exploration_fraction
        )
        seed = np.random.default_rng().integers(2**63) if self.seed is None else self.seed
        self._stream = np.zeros(4, np.uint64)
        seed_stream(self._stream, np.uint64(seed), np.uint64(0))
        if self.env is not None and self.seed is not None:
            self.env.seed(self.seed)

    @property
    def table(self) -> Array:
        """Action values, shape ``(S, A)``: a view, in units of the return."""
        return self.policy.table.numpy()

    @property
    def visits(self) -> Array:
        """Number of updates of each action value, shape ``(S, A)``: a view."""
        return self.policy.visits.numpy()

    def _learn(self, total: int, hook: BaseCallback, log_interval: int) -> None:
        self._logged = self._episode_num
        while self.num_timesteps < total and self._advance(hook):
            self._update_current_progress_remaining(self.num_timesteps, total)
            self.exploration_rate = self.exploration_schedule(self._current_progress_remaining)
            if self._episode_num >= self._logged + log_interval:
                self._logged = self._episode_num
                self._log_episodes()
                self.logger.record("rollout/exploration_rate", self.exploration_rate)
                self._dump()

    def predict(
        self,
        observation: Array | dict[str, Array],
        state: tuple[Array, ...] | None = None,
        episode_start: Array | None = None,
        deterministic: bool = False,
    ) -> tuple[Array, tuple[Array, ...] | None]:
        """Return greedy actions, or random ones with probability epsilon.

        Args:
            observation: One index of a state, or an array of them.
            state: Not used.
            episode_start: Not used.
            deterministic: Never choose randomly.
        """
        if deterministic:
            return self.policy.predict(observation, state, episode_start, True)
        indices = np.asarray(observation)
        return self._explore(indices.reshape(-1)).reshape(indices.shape), state

    @classmethod
    def _revived(
        cls,
        header: dict[str, Any],
        weights: dict[str, torch.Tensor],
        env: VecEnv | None,
        settings: dict[str, Any],
    ) -> Self:
        model = cls("TablePolicy", env, **{**header, **settings}, _init_setup_model=False)
        if env is None:
            sizes = weights["table"].shape
            model.observation_space, model.action_space = map(spaces.Discrete, sizes)
        return model

    def _explore(self, states: Array) -> Array:
        actions = np.empty(len(states), np.int64)
        choose(self.table, states.astype(np.int64), self.exploration_rate, self._stream, actions)
        return actions

    def _advance(self, callback: BaseCallback) -> bool:
        """Take one step in every copy and learn from it; return False if stopped."""
        assert self.env is not None
        callback.on_rollout_start()
        states: Any = self._last_obs
        actions = self._explore(states)
        new_obs, rewards, dones, infos = self.env.step(actions)
        self.num_timesteps += self.n_envs
        callback.update_locals(locals())
        if not callback.on_step():
            return False
        self._update_info_buffer(infos, dones)
        following, terminated = np.array(new_obs), np.array(dones)
        for i in np.flatnonzero(dones):
            following[i] = infos[i]["terminal_observation"]
            terminated[i] = not infos[i].get("TimeLimit.truncated", False)
        rates: Any = (self.learning_rate, self.visit_exponent, self.gamma)
        outcome = (states, actions, rewards, following, terminated)
        update(self.table, self.visits, *outcome, *rates)
        self._episode_num += int(dones.sum())
        self._last_obs = new_obs  # type: ignore[assignment]
        return True


def _check_range(name: str, value: float, above_zero: bool = False) -> None:
    if not (0.0 < value <= 1.0 if above_zero else 0.0 <= value <= 1.0):
        raise IsacError(f"{name} is {value}, must lie in {'(' if above_zero else '['}0, 1]")
