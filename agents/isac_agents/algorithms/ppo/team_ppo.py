"""Proximal policy optimisation for teams: shared policy, and a critic that may see the team."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from gymnasium import spaces
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.type_aliases import GymEnv
from stable_baselines3.common.utils import explained_variance
from stable_baselines3.common.vec_env import VecEnv

from isac_agents.algorithms.ppo.team_buffer import TeamBuffer, TeamSamples
from isac_agents.algorithms.ppo.team_policy import SharedPolicy

Array = npt.NDArray[Any]


class TeamPpo(PPO):
    """PPO of Stable-Baselines3 on teams of agents that share one policy.

    Every agent of every copy is a row of the environment, ``i * A + a`` for agent ``a`` of copy
    ``i``, as in :class:`isac_agents.adapters.vec_env.BatchVecEnv`; minibatches hold whole teams.
    The critic learns normalised returns. Masked actions are never chosen. Rows with a single valid
    action (absent agents) are left out of the policy loss but not of the critic loss, because
    their values propagate the rewards received after their return.

    Source: J. Schulman et al., "Proximal policy optimization algorithms", 2017 (arXiv
    1707.06347), equation (7); advantages by J. Schulman et al., ICLR 2016 (arXiv 1506.02438).

    Args:
        policy: Name of a policy of the subclass.
        env: A vector environment with the attribute ``num_agents``; without it, teams of one.
        num_agents: Agents of a team; None asks the environment.
        **settings: Every other argument of :class:`stable_baselines3.PPO`, with its defaults.

    Raises:
        ValueError: If the rows of the environment are not whole teams.
    """

    policy: SharedPolicy  # type: ignore[assignment]
    rollout_buffer: TeamBuffer

    def __init__(
        self,
        policy: str | type[SharedPolicy],
        env: GymEnv | str | None,
        *,
        num_agents: int | None = None,
        **settings: Any,
    ) -> None:
        self.num_agents = num_agents
        super().__init__(policy, env, **settings)  # type: ignore[arg-type]

    def _setup_model(self) -> None:
        if self.num_agents is None:
            known = self.env is not None and self.env.has_attr("num_agents")
            self.num_agents = int(self.env.get_attr("num_agents")[0]) if known else 1  # type: ignore[union-attr]
        if self.n_envs % self.num_agents:
            raise ValueError(f"{self.n_envs} rows are not whole teams of {self.num_agents} agents")
        self.rollout_buffer_class = TeamBuffer
        self.rollout_buffer_kwargs = {"num_agents": self.num_agents}
        self.policy_kwargs = {**self.policy_kwargs, "num_agents": self.num_agents}
        super()._setup_model()

    def predict(
        self,
        observation: Array | dict[str, Array],
        state: tuple[Array, ...] | None = None,
        episode_start: Array | None = None,
        deterministic: bool = False,
        action_masks: Array | None = None,
    ) -> tuple[Array, tuple[Array, ...] | None]:
        """Choose actions for the rows of one or more copies.

        Args:
            observation: Shape ``(A, D)`` or ``(n * A, D)``.
            state: Returned unchanged.
            episode_start: Not used.
            deterministic: Choose the most probable actions.
            action_masks: Valid actions, bool, shape ``(rows, actions)``; None if all are.
        """
        return self.policy.predict(observation, state, episode_start, deterministic, action_masks)

    def collect_rollouts(  # type: ignore[override]
        self, env: VecEnv, callback: BaseCallback, rollout_buffer: TeamBuffer, n_rollout_steps: int
    ) -> bool:
        """Play ``n_rollout_steps`` in every copy; return False if a callback stops it.

        Args:
            env: The environment.
            callback: Called before the rollout and after every step.
            rollout_buffer: Receives the transitions.
            n_rollout_steps: Steps of every copy.
        """
        self.policy.set_training_mode(False)
        rollout_buffer.reset()
        callback.on_rollout_start()
        masks = masks_of(env)
        for _ in range(n_rollout_steps):
            seen: Any = self._last_obs
            with torch.no_grad():
                drawn, values, log_probabilities = self.policy(*self._tensors(seen, masks))
            actions = drawn.cpu().numpy()
            following, rewards, dones, infos = env.step(self._in_bounds(actions))
            self.num_timesteps += env.num_envs
            callback.update_locals(locals())
            if not callback.on_step():
                return False
            self._update_info_buffer(infos, dones)
            add_values_of_truncated(rewards, infos, self.gamma, self._values)
            rollout_buffer.add(
                seen,
                actions.reshape(len(actions), -1),
                rewards,
                self._last_episode_starts,
                values,
                log_probabilities,
                masks=masks,
            )
            self._last_obs, self._last_episode_starts = following, dones  # type: ignore[assignment]
            masks = masks_of(env)
        with torch.no_grad():
            values = self.policy.predict_values(*self._tensors(self._last_obs, masks))
        rollout_buffer.compute_returns_and_advantage(values, dones)
        self.policy.value_norm.update(rollout_buffer.returns)
        callback.on_rollout_end()
        return True

    def train(self) -> None:
        """Take the gradient steps of one rollout."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        log: dict[str, list[float]] = defaultdict(list)
        for _ in range(self.n_epochs):
            moved = [self._update(samples, log) for samples in self._minibatches()]
            self._n_updates += 1
            if self.target_kl is not None and max(moved) > 1.5 * self.target_kl:
                break
        for name, numbers in log.items():
            self.logger.record(f"train/{name}", float(np.mean(numbers)))
        buffer = self.rollout_buffer
        explained = explained_variance(buffer.values.flatten(), buffer.returns.flatten())
        self.logger.record("train/explained_variance", explained)
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")

    def _minibatches(self) -> Any:
        return self.rollout_buffer.teams(self.batch_size)

    def _update(self, data: TeamSamples, log: dict[str, list[float]]) -> float:
        """Take one gradient step; return the approximate divergence from the old policy."""
        clip = self.clip_range(self._current_progress_remaining)  # type: ignore[operator]
        values, log_probabilities, entropies = self.policy.evaluate_actions(
            data.observations, data.actions, data.masks
        )
        weights = data.deciding / data.deciding.sum().clamp(min=1)
        advantages = self._advantages(data)
        log_ratio = log_probabilities - data.log_probabilities
        ratio = log_ratio.exp()
        gain = torch.minimum(advantages * ratio, advantages * ratio.clamp(1.0 - clip, 1.0 + clip))
        policy_loss = -(weights * gain).sum()
        entropy = (weights * entropies).sum()
        value_loss = self._value_loss(data, values)
        loss = policy_loss - self.ent_coef * entropy + self.vf_coef * value_loss
        self.policy.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.policy.parameters(), self.max_grad_norm)
        self.policy.optimizer.step()
        with torch.no_grad():
            divergence = (weights * (ratio - 1.0 - log_ratio)).sum().item()
            clipped = (weights * ((ratio - 1.0).abs() > clip)).sum().item()
        log["policy_gradient_loss"].append(policy_loss.item())
        log["value_loss"].append(value_loss.item())
        log["entropy"].append(entropy.item())
        log["approx_kl"].append(divergence)
        log["clip_fraction"].append(clipped)
        return divergence

    def _advantages(self, data: TeamSamples) -> torch.Tensor:
        """Return advantages, normalised over the rows with a choice."""
        if not self.normalize_advantage or data.deciding.sum() < 2:
            return data.advantages
        chosen = data.advantages[data.deciding]
        return (data.advantages - chosen.mean()) / (chosen.std() + 1e-8)

    def _value_loss(self, data: TeamSamples, values: torch.Tensor) -> torch.Tensor:
        """Return the mean squared error of the critic in normalised units."""
        norm = self.policy.value_norm
        if self.clip_range_vf is not None:
            most = self.clip_range_vf(self._current_progress_remaining)  # type: ignore[operator]
            before = norm.normalise(data.values)
            values = before + (values - before).clamp(-most, most)
        return torch.nn.functional.mse_loss(values, norm.normalise(data.returns))

    def _values(self, seen: Any, masks: Array | None) -> Array:
        """Return the critic's values, shape ``(rows,)``."""
        with torch.no_grad():
            values = self.policy.predict_values(*self._tensors(seen, masks))
        return np.asarray(values.cpu().numpy())

    def _tensors(self, seen: Any, masks: Array | None) -> tuple[Any, Any]:
        allowed = None if masks is None else torch.as_tensor(masks, device=self.device)
        return torch.as_tensor(seen, device=self.device), allowed

    def _in_bounds(self, actions: Array) -> Array:
        if isinstance(self.action_space, spaces.Box):
            return np.clip(actions, self.action_space.low, self.action_space.high)
        return actions


def add_values_of_truncated(
    rewards: Array,
    infos: list[dict[str, Any]],
    gamma: float,
    values_of: Callable[[Array, Array | None], Array],
) -> None:
    """Add the discounted value of the final observation to the reward where truncated.

    Args:
        rewards: Of a step, shape ``(rows,)``.
        infos: Of the step, one for each row.
        gamma: Discount.
        values_of: Returns the values of observations with their masks, None without any.
    """
    rows = [k for k, each in enumerate(infos) if each.get("TimeLimit.truncated", False)]
    if not rows:
        return
    last = np.stack([infos[k]["terminal_observation"] for k in rows])
    masked = "terminal_action_mask" in infos[rows[0]]
    masks = np.stack([infos[k]["terminal_action_mask"] for k in rows]) if masked else None
    rewards[rows] += gamma * values_of(last, masks)


def masks_of(env: VecEnv) -> Array | None:
    """Return the valid actions of all rows, or None where the environment has no masks."""
    return np.stack(env.env_method("action_masks")) if env.has_attr("action_masks") else None
