"""Policy iteration by rollouts in copies of the simulator, from a rule or from nothing."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch
from gymnasium import spaces
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.vec_env import VecEnv

from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.array_algorithm import ArrayAlgorithm
from isac_agents.algorithms.networks import value_counts
from isac_agents.algorithms.rollouts.branches import Branches, varied
from isac_agents.algorithms.rollouts.policy import ActionValuePolicy
from isac_agents.algorithms.teachers import Guide, Rule
from isac_envs.declaration.model import HasState
from isac_envs.errors import IsacError, UnknownNameError

Array = npt.NDArray[Any]

GAP = (8, 16)
"""Steps between two states that are branched from: neighbours tell nearly the same."""


class RolloutIteration(ArrayAlgorithm):
    """Learns what actions bring from branches of the simulation, with the interface of SB3.

    From states on the way, some actions are tried in copies of the state that all meet the same
    random numbers; a guide acts afterwards for a while. The returns of the copies, less their mean,
    are the labels of a network of action values, and the policy takes the action of the largest.
    Common random numbers make the labels of a state comparable: what the actions do not change
    cancels.

    In the first rounds the guide is a teacher, a baseline of the environment, and the policy
    becomes one step better than it. The states come from the policy itself, half of them from the
    teacher, and all rounds are learned together (value aggregation). In later rounds the policy is
    the guide and improves on itself (policy iteration).

    The branches start at the true state, so the labels hold what the observation does not tell;
    their mean over all states with the same observation is what the network learns. Only training
    reads the state.

    Sources: S. Ross, J. A. Bagnell, "Reinforcement and imitation learning via interactive no-regret
    learning", 2014 (arXiv 1406.5979), AggreVaTe; M. G. Lagoudakis, R. Parr, "Reinforcement learning
    as classification: leveraging modern classifiers", ICML 2003; common random numbers: A. Y. Ng,
    M. Jordan, "PEGASUS: a policy search method for large MDPs and POMDPs", UAI 2000.

    Args:
        policy: ``"ActionValuePolicy"``.
        env: A :class:`isac_agents.adapters.vec_env.BatchVecEnv` of a single agent with choices.
        learning_rate: Of Adam at the start of a round; it falls to a hundredth along a cosine.
        teacher: Name of a baseline; ``"random"`` to learn from nothing.
        rounds: Rounds of playing and training.
        teacher_rounds: The first of them, in which the teacher guides.
        candidates: Actions C that are tried in a state.
        changed: Probability with which a coordinate of a tried action is drawn anew.
        branch_steps: Steps of a branch.
        gamma: Discount in a branch.
        disturbed: Part of the played actions that are random.
        epochs: Passes over all states of a round's training.
        batch_size: States of an update.
        policy_kwargs: Of :class:`isac_agents.algorithms.rollouts.policy.ActionValuePolicy`.
        _init_setup_model: Make the network at once.
        **settings: Every other argument of
            :class:`isac_agents.algorithms.array_algorithm.ArrayAlgorithm`.

    Raises:
        IsacError: If the environment has several agents or no choices, or the teacher is unknown.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"ActionValuePolicy": ActionValuePolicy}
    policy: ActionValuePolicy
    saved_settings: ClassVar[tuple[str, ...]] = ("teacher",)
    saved_beside: ClassVar[tuple[str, ...]] = ("policy_kwargs", "form")

    def __init__(
        self,
        policy: str | type[ActionValuePolicy],
        env: VecEnv | None,
        learning_rate: float = 1e-3,
        *,
        teacher: str = "random",
        rounds: int = 4,
        teacher_rounds: int = 3,
        candidates: int = 16,
        changed: float = 0.55,
        branch_steps: int = 24,
        gamma: float = 1.0,
        disturbed: float = 0.03,
        epochs: int = 12,
        batch_size: int = 256,
        policy_kwargs: Mapping[str, Any] | None = None,
        _init_setup_model: bool = True,
        **settings: Any,
    ) -> None:
        super().__init__(policy, env, learning_rate, **settings)
        self.step_size, self.teacher = learning_rate, teacher
        self.rounds, self.teacher_rounds = rounds, teacher_rounds
        self.candidates, self.changed, self.branch_steps = candidates, changed, branch_steps
        self.gamma, self.disturbed = gamma, disturbed
        self.epochs, self.batch_size = epochs, batch_size
        self.policy_kwargs = dict(policy_kwargs or {})
        if _init_setup_model:
            self._setup_model()

    def _setup_model(self) -> None:
        torch.set_num_threads(1)
        self.set_random_seed(self.seed)
        self.random = np.random.default_rng(self.seed)
        try:
            self.policy = self.policy_class(  # type: ignore[assignment]
                self.observation_space, self.action_space, **self.policy_kwargs
            )
        except (TypeError, ValueError) as error:
            raise IsacError(f"rollout_iteration: {error}") from error
        if self.env is not None:
            self._check_teacher()

    def _check_teacher(self) -> None:
        model = self._played.model
        if len(model.agents) > 1:
            raise IsacError(f"rollout_iteration needs a single agent, {model.id} has several")
        if self.teacher not in model.baselines:
            raise UnknownNameError("teacher", self.teacher, model.baselines)

    @property
    def _played(self) -> BatchVecEnv:
        if not isinstance(self.env, BatchVecEnv):
            raise IsacError("rollout_iteration copies states: it needs a BatchVecEnv")
        return self.env

    def _learn(self, total: int, hook: BaseCallback, log_interval: int) -> None:
        """Play and train in rounds; all that lives on from round to round is an attribute."""
        env = self._played
        branches = Branches(env.model, env.num_copies, self.candidates)
        self._seen: list[tuple[Array, Array, Array]] = []
        self._round, begin = 0, self.num_timesteps
        while self._round < self.rounds:
            hook.on_rollout_start()
            teacher = Rule(env.model, self.teacher, int(self.random.integers(2**63)))
            goal = begin + (total - begin) * (self._round + 1) / self.rounds
            while self.num_timesteps < goal:
                if not self._play(branches, teacher, hook):
                    return
            loss = self._train()
            self._round += 1
            if self._round % log_interval == 0:
                self._log_episodes()
                self.logger.record("train/loss", loss)
                self.logger.record("train/round", self._round)
                self._dump()
        self._seen = []  # large, and of no use any more

    def _own(self, copies: HasState, observations: Array) -> Array:
        return self.policy.predict(observations)[0].reshape(len(observations), -1)

    def _acts(self, teacher: Guide) -> Array:
        """Return the actions to play: of the policy, in some copies of the teacher."""
        env, observations = self._played, np.asarray(self._last_obs)
        actions = teacher(env.batch, observations)
        if self._round > 0:
            guided = np.arange(len(actions)) % (2 + 2 * (self._round >= self.teacher_rounds)) == 0
            actions = np.where(guided[:, None], actions, self._own(env.batch, observations))
        return actions

    def _play(self, branches: Branches, teacher: Guide, hook: BaseCallback) -> bool:
        """Play some steps and branch from the states there; return False to stop."""
        env = self._played
        values = np.array(value_counts(self.action_space))
        for _ in range(int(self.random.integers(*GAP))):
            actions = varied(self._acts(teacher), values, 2, 1.0, self.random)
            disturbed = self.random.random(len(actions)) < self.disturbed
            chosen = np.where(disturbed[:, None], actions[:, 1], actions[:, 0])
            alone = isinstance(self.action_space, spaces.Discrete)
            seen, _, dones, infos = env.step(chosen[:, 0] if alone else chosen)
            self._last_obs = np.asarray(seen)
            if not self._count_step(dones, infos, hook):
                return False
        tried = varied(self._acts(teacher), values, self.candidates, self.changed, self.random)
        guide = teacher if self._round < self.teacher_rounds else self._own
        earned = branches.returns(
            env.batch.state, tried, guide, self.branch_steps, self.gamma, self.random
        )
        self.num_timesteps += earned.size * self.branch_steps
        self._seen.append((np.array(self._last_obs), tried, earned))
        return True

    def _labels(self) -> tuple[torch.Tensor, ...]:
        """Return observations, tried actions and what they earned beyond the mean of a state."""
        self._seen = [tuple(map(np.concatenate, zip(*self._seen, strict=True)))]  # type: ignore[list-item]
        observations, tried, earned = self._seen[0]
        beyond = earned - earned.mean(1, keepdims=True)
        bound = 4.0 * beyond.std()
        beyond = np.clip(beyond, -bound, bound)
        beyond = (beyond - beyond.mean(1, keepdims=True)) / max(beyond.std(), 1e-9)
        return (
            torch.as_tensor(observations, dtype=torch.float32),
            torch.as_tensor(tried),
            torch.as_tensor(beyond, dtype=torch.float32),
        )

    def _train(self) -> float:
        """Fit the values to all labels so far and return the mean loss of the last pass."""
        observations, tried, beyond = self._labels()
        net, count = self.policy.net, len(observations)
        optimiser = torch.optim.Adam(net.parameters(), lr=self.step_size)
        updates = self.epochs * math.ceil(count / self.batch_size)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
            optimiser, updates, 0.01 * self.step_size
        )
        loss = 0.0
        for _ in range(self.epochs):
            order, loss = torch.as_tensor(self.random.permutation(count)), 0.0
            for rows in order.split(self.batch_size):  # type: ignore[no-untyped-call]
                values = net.evaluate(observations[rows], tried[rows])
                values = values - values.mean(1, keepdim=True)
                error = (values - beyond[rows]).square().mean()
                optimiser.zero_grad()
                error.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                schedule.step()
                loss += error.item() * len(rows) / count
        return loss

    def _header(self) -> dict[str, Any]:
        alone = isinstance(self.action_space, spaces.Discrete)
        shape: Any = self.observation_space.shape
        form = {
            "observations": int(shape[0]),
            "values": value_counts(self.action_space),
            "discrete": alone,
        }
        return {**super()._header(), "policy_kwargs": self.policy_kwargs, "form": form}

    @classmethod
    def _revived(
        cls,
        header: dict[str, Any],
        weights: dict[str, torch.Tensor],
        env: VecEnv | None,
        settings: dict[str, Any],
    ) -> Self:
        form = header.pop("form")
        held = sum(each.numel() for each in weights.values())
        model = cls("ActionValuePolicy", env, **{**header, **settings}, _init_setup_model=False)
        if env is None:
            model.observation_space, model.action_space = _spaces(form, held)
        return model


def _spaces(form: dict[str, Any], most: int) -> tuple[spaces.Box, spaces.Space[Any]]:
    """Return the spaces that a file states; none can be larger than its weights."""
    try:
        width, values, alone = form["observations"], form["values"], form["discrete"]
        counts = [width, *values]
        if not all(type(each) is int and 0 < each <= most for each in counts):
            raise ValueError(f"sizes {counts} must be integers in 1..{most}")
        action = spaces.Discrete(*values) if alone else spaces.MultiDiscrete(values)
        return spaces.Box(-np.inf, np.inf, (width,)), action
    except (KeyError, TypeError, ValueError) as error:
        raise IsacError(f"its form is damaged: {error}") from None
