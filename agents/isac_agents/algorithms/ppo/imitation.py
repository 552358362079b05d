"""PPO that first imitates a baseline of the environment where it goes itself."""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from gymnasium import spaces
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import GymEnv
from stable_baselines3.common.vec_env import VecEnv
from torch.nn import functional

from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.ppo.annealing import LearnedRewards
from isac_agents.algorithms.ppo.entity_ppo import EntityPolicy
from isac_agents.algorithms.ppo.mappo import Mappo
from isac_agents.algorithms.ppo.ppo import Ppo
from isac_agents.algorithms.ppo.team_buffer import by_team
from isac_agents.algorithms.ppo.team_ppo import add_values_of_truncated, masks_of
from isac_agents.algorithms.teachers import Rule
from isac_envs.errors import IsacError, UnknownNameError

Array = npt.NDArray[Any]

LEAST_LOG_STD = -2.5
"""Actions of a box keep at least this spread, in logarithms, for PPO to explore with."""


class Imitation:
    """A mix-in before a PPO: first dataset aggregation, then the PPO itself.

    In the first part of the training, a teacher says in every state what it would do. It acts
    itself with a probability that falls from 1 to 0 over the first half of that part; otherwise the
    policy acts. So the labels come from where the policy goes, mistakes included. Actor and critic
    fit the newest labels and the returns that followed. What is left of the training is PPO, which
    may pass the teacher.

    A teacher may see more of the state than the policy: the policy then learns the mean of what
    such a teacher does where the observations are equal. Only training uses it.

    Source: S. Ross, G. J. Gordon, J. A. Bagnell, "A reduction of imitation learning and structured
    prediction to no-regret online learning", AISTATS 2011 (arXiv 1011.0686), algorithm 3.1.

    Args:
        policy: As in the base algorithm.
        env: A :class:`isac_agents.adapters.vec_env.BatchVecEnv`.
        teacher: Name of a baseline of the environment; empty for its reference baseline.
        imitation_fraction: Part of the training that imitates; 1 never comes to PPO.
        imitation_epochs: Passes after each rollout over as many labels as it brought, drawn from
            all that are kept.
        imitation_batch_size: Labels of a minibatch.
        memory: Newest labels kept, summed over agents.
        **settings: As for the base algorithm.

    Raises:
        IsacError: If the environment cannot be asked for a teacher, or has no such baseline.
    """

    masked: ClassVar[bool] = False
    num_timesteps: int
    _total_timesteps: int
    reward_scale: float
    team_reward: float
    _last_obs: Any
    _last_episode_starts: Any

    def __init__(
        self,
        policy: str | type[BasePolicy],
        env: GymEnv | str | None,
        *,
        teacher: str = "",
        imitation_fraction: float = 0.5,
        imitation_epochs: int = 4,
        imitation_batch_size: int = 1024,
        memory: int = 200_000,
        **settings: Any,
    ) -> None:
        self.teacher, self.memory = teacher, memory
        self.imitation_fraction = imitation_fraction
        self.imitation_epochs = imitation_epochs
        self.imitation_batch_size = imitation_batch_size
        self._ring: list[Array | None] = []  # observations, labels, masks, returns by step
        self._written = 0
        super().__init__(policy, env, **settings)  # type: ignore[call-arg]
        if env is not None:
            model = self._played.model
            self.teacher = teacher or model.reference_baseline or ""
            if self.teacher not in model.baselines:
                raise UnknownNameError("teacher", self.teacher, model.baselines)

    @property
    def _played(self) -> BatchVecEnv:
        env: Any = self.env  # type: ignore[attr-defined]
        if not isinstance(env, BatchVecEnv):
            raise IsacError("imitation asks baselines of the environment: it needs a BatchVecEnv")
        return env

    def collect_rollouts(
        self, env: VecEnv, callback: BaseCallback, rollout_buffer: Any, n_rollout_steps: int
    ) -> bool:
        """Play one rollout; return False if a callback stops it.

        Args:
            env: The environment.
            callback: Called before the rollout and after every step.
            rollout_buffer: Receives the transitions of PPO; not used while imitating.
            n_rollout_steps: Steps of every copy.
        """
        self._imitating = self._progress < 1.0
        if self._imitating:
            callback.on_rollout_start()
            self._imitating = self._progress < 1.0  # a resumed run may be further, only known now
        if self._imitating:
            return self._label(callback, n_rollout_steps, max(0.0, 1.0 - 2.0 * self._progress))
        self._ring = []  # large, and of no use any more
        return bool(super().collect_rollouts(env, callback, rollout_buffer, n_rollout_steps))  # type: ignore[misc]

    @property
    def _progress(self) -> float:
        """How much of the imitation is done, 1 and more if all is."""
        return self.num_timesteps / (self.imitation_fraction * self._total_timesteps)

    def train(self) -> None:
        """Fit the labels, or take the gradient steps of PPO."""
        if self._imitating:
            self._fit()
        else:
            super().train()  # type: ignore[misc]

    def _label(self, callback: BaseCallback, steps: int, share: float) -> bool:
        """Play some steps, the teacher in a share of the rows; keep its actions as labels."""
        env, policy = self._played, self.policy  # type: ignore[attr-defined]
        policy.set_training_mode(False)
        seed = int(torch.randint(2**62, ()).item())
        teacher, random = Rule(env.model, self.teacher, seed), np.random.default_rng(seed)
        played = LearnedRewards(env, self.reward_scale, self.team_reward)
        alone = isinstance(env.action_space, spaces.Discrete)
        kind = np.float32 if isinstance(env.action_space, spaces.Box) else np.int64
        rows: list[tuple[Array, ...]] = []
        masks = masks_of(env) if self.masked else None
        for _ in range(steps):
            seen = np.asarray(self._last_obs)
            labels = np.array(teacher(env.batch, seen), kind).reshape(env.num_envs, -1)
            given = {} if masks is None else {"action_masks": masks}
            own, _ = self.predict(seen, deterministic=False, **given)  # type: ignore[attr-defined]
            guided = random.random((env.num_envs, 1)) < share
            actions = np.where(guided, labels, np.asarray(own).reshape(labels.shape))
            following, rewards, dones, infos = played.step(actions[:, 0] if alone else actions)
            self.num_timesteps += env.num_envs
            callback.update_locals(locals())
            if not callback.on_step():
                return False
            self._update_info_buffer(infos, dones)  # type: ignore[attr-defined]
            add_values_of_truncated(rewards, infos, self.gamma, self._values)  # type: ignore[attr-defined]
            rows.append((seen, labels, masks, rewards, dones))  # type: ignore[arg-type]
            self._last_obs, self._last_episode_starts = following, dones
            masks = masks_of(env) if self.masked else None
        self._keep(rows, self._values(np.asarray(self._last_obs), masks))
        callback.on_rollout_end()
        return True

    def _keep(self, rows: list[tuple[Array, ...]], after: Array) -> None:
        """Add the labels of a rollout with the returns that followed, and drop the oldest."""
        gamma: float = self.gamma  # type: ignore[attr-defined]
        returns = np.zeros((len(rows), len(after)), np.float32)
        for k in reversed(range(len(rows))):
            *_, rewards, dones = rows[k]
            after = rewards + gamma * np.where(dones, 0.0, after)
            returns[k] = after
        norm = getattr(self.policy, "value_norm", None)  # type: ignore[attr-defined]
        if norm is not None:
            norm.update(returns)
        if not self._ring:
            most, self._written = max(len(rows), self.memory // len(after)), 0
            first = (*rows[0][:3], returns[0])
            self._ring = [
                None if each is None else np.zeros((most, *each.shape), each.dtype)
                for each in first
            ]
        for row, after in zip(rows, returns, strict=True):
            for column, values in zip(self._ring, (*row[:3], after), strict=True):
                if column is not None:
                    column[self._written % len(column)] = values
            self._written += 1

    @property
    def _kept(self) -> int:
        """Steps of all copies whose labels are kept."""
        held = self._ring[1] if self._ring else None
        return 0 if held is None else min(self._written, len(held))

    def _fit(self) -> None:
        """Pass over some of the kept labels."""
        policy: Any = self.policy  # type: ignore[attr-defined]
        policy.set_training_mode(True)
        self._update_learning_rate(policy.optimizer)  # type: ignore[attr-defined]
        agents = self._played.num_agents
        columns = [
            None if column is None else by_team(column[: self._kept], agents, policy.device)
            for column in self._ring
        ]
        count = self._kept * self._played.num_copies
        fresh = min(count, self.n_steps * self._played.num_copies)  # type: ignore[attr-defined]
        size = max(1, self.imitation_batch_size // agents)
        log = []
        for _ in range(self.imitation_epochs):
            for chosen in torch.randperm(count)[:fresh].split(size):  # type: ignore[no-untyped-call]
                rows = [None if each is None else each[chosen].flatten(0, 1) for each in columns]
                log.append(self._update_by_labels(policy, *rows))  # type: ignore[arg-type]
        losses, errors = np.mean(log, 0)
        self.logger.record("train/imitation_loss", losses)  # type: ignore[attr-defined]
        self.logger.record("train/value_loss", errors)  # type: ignore[attr-defined]

    def _update_by_labels(
        self, policy: Any, seen: torch.Tensor, labels: torch.Tensor, masks: Any, returns: Any
    ) -> tuple[float, float]:
        """Take one gradient step; return the loss of the actor and that of the critic.

        Args:
            policy: The policy.
            seen: Observations, shape ``(rows, ...)``.
            labels: What the teacher does, shape ``(rows, W)``.
            masks: Valid actions, shape ``(rows, actions)``; None if all are.
            returns: Shape ``(rows,)``.
        """
        if isinstance(policy.action_space, spaces.Discrete):
            labels = labels.flatten()
        allowed = () if masks is None else (masks,)
        values, chances, _ = policy.evaluate_actions(seen, labels, *allowed)
        norm = getattr(policy, "value_norm", None)
        targets = returns if norm is None else norm.normalise(returns)
        loss = -chances.mean()
        error = functional.mse_loss(values.flatten(), targets)
        policy.optimizer.zero_grad()
        (loss + self.vf_coef * error).backward()  # type: ignore[attr-defined]
        torch.nn.utils.clip_grad_norm_(policy.parameters(), self.max_grad_norm)  # type: ignore[attr-defined]
        policy.optimizer.step()
        if hasattr(policy, "log_std"):
            policy.log_std.data.clamp_(min=LEAST_LOG_STD)
        return loss.item(), error.item()

    def _values(self, seen: Array, masks: Array | None) -> Array:
        """Return the critic's values, shape ``(rows,)``; only a policy for masks reads them."""
        policy: Any = self.policy  # type: ignore[attr-defined]
        allowed = () if masks is None or not self.masked else (torch.as_tensor(masks),)
        with torch.no_grad():
            values = policy.predict_values(policy.obs_to_tensor(seen)[0], *allowed)
        return np.asarray(values.flatten().cpu().numpy())


class ImitationPpo(Imitation, Ppo):
    """Imitation, then :class:`isac_agents.algorithms.ppo.ppo.Ppo`, for one agent without masks.

    Policies are those of PPO, and ``"EntityPolicy"``.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {
        **Ppo.policy_aliases,
        "EntityPolicy": EntityPolicy,
    }


class ImitationMappo(Imitation, Mappo):
    """Imitation, then :class:`isac_agents.algorithms.ppo.mappo.Mappo`: teams, and masks."""

    masked = True
