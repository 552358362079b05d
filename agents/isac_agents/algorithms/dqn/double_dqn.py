"""Double deep Q-learning."""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3 import DQN
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import GymEnv, Schedule
from stable_baselines3.dqn.policies import DQNPolicy
from torch.nn import functional

from isac_agents.algorithms.dqn.dueling import DuelingPolicy
from isac_agents.algorithms.replay import PrioritisedBuffer
from isac_agents.algorithms.replay_choice import ReplayChoice
from isac_agents.algorithms.settings import check_reward_scale, falling_rate, with_fused_adam

Array = npt.NDArray[Any]


class DoubleDQN(ReplayChoice, DQN):
    """DQN of Stable-Baselines3 with the double target.

    The online network chooses the next action, and the target network evaluates it, which removes
    most of the maximisation bias::

        y = reward_scale * (r_1 + ... + gamma**(n-1) * r_n) + gamma**n * Q'(s', argmax_a Q(s', a))

    Source: H. van Hasselt, A. Guez, D. Silver, "Deep reinforcement learning with double
    Q-learning", AAAI 2016 (arXiv 1509.06461).

    Differences from the paper: Adam instead of RMSProp; the Huber loss of Stable-Baselines3 (the
    paper clips the error, which has the same gradient); n-step targets, as in Rainbow, if
    ``n_steps`` is above 1. Differences from Stable-Baselines3: copies of the environment explore
    independently, not all in the same step; the mini-batches of one update phase are drawn
    together; Adam is fused unless ``policy_kwargs`` choose otherwise.

    Args:
        policy: ``"MlpPolicy"``, ``"DuelingPolicy"``, or any other policy of DQN.
        env: The environment; many copies are fast with
            :class:`isac_agents.adapters.vec_env.BatchVecEnv`.
        double: Use the double target; False gives DQN (Mnih et al., Nature 2015).
        reward_scale: Factor on the rewards, above 0. The Huber loss is quadratic only for errors
            below 1 and estimates a median rather than a mean beyond, so that rare large penalties
            are nearly ignored; scale the largest reward to about 1. (Mode selection, highway: 0.75
            of the optimum with 1, 0.98 with 0.02.) Network values are in scaled units.
        learning_rate: Step size, or a schedule.
        final_learning_rate: Final step size, after a linear decrease; None keeps it constant.
        prioritised: Draw transitions by their last absolute error; set the exponents in
            ``replay_buffer_kwargs``, see
            :class:`isac_agents.algorithms.replay.PrioritisedBuffer`.
        **settings: Every other argument of :class:`stable_baselines3.DQN`, with its defaults.

    Raises:
        ValueError: If the reward scale is not positive, or both a schedule and a final learning
            rate are given.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {
        **DQN.policy_aliases,
        "DuelingPolicy": DuelingPolicy,
    }

    def __init__(
        self,
        policy: str | type[DQNPolicy],
        env: GymEnv | str,
        *,
        double: bool = True,
        reward_scale: float = 1.0,
        learning_rate: float | Schedule = 1e-4,
        final_learning_rate: float | None = None,
        prioritised: bool = False,
        **settings: Any,
    ) -> None:
        check_reward_scale(reward_scale)
        self.double, self.reward_scale, self.prioritised = double, reward_scale, prioritised
        learning_rate = falling_rate(learning_rate, final_learning_rate)
        given = settings.get("policy_kwargs") or {}
        optimizer = given.get("optimizer_class", torch.optim.Adam), given.get("optimizer_kwargs")
        settings["policy_kwargs"] = {**given, "optimizer_kwargs": with_fused_adam(*optimizer)}
        super().__init__(policy, env, learning_rate, **settings)

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """Take gradient steps on mini-batches from the replay buffer."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        data = self._draw(gradient_steps * batch_size)
        discounts = self.gamma if data.discounts is None else data.discounts
        with torch.no_grad():
            # The target network is fixed while this function runs.
            values = self._next_values(data.next_observations)
        columns: tuple[torch.Tensor, ...] = (
            data.observations,
            data.actions.long(),
            data.rewards * self.reward_scale,
            data.next_observations,
            values,
            (1.0 - data.dones) * discounts,
            getattr(data, "weights", torch.ones_like(data.rewards)),
        )
        batches = zip(*(torch.split(each, batch_size) for each in columns), strict=True)
        steps = [self._gradient_step(*batch) for batch in batches]
        if isinstance(self.replay_buffer, PrioritisedBuffer):
            errors = torch.cat([error for _, error in steps])
            self.replay_buffer.update_priorities(data.places, errors)
        self._n_updates += gradient_steps
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")
        self.logger.record("train/loss", float(np.mean([loss for loss, _ in steps])))

    def predict(
        self,
        observation: Array | dict[str, Array],
        state: tuple[Array, ...] | None = None,
        episode_start: Array | None = None,
        deterministic: bool = False,
    ) -> tuple[Array, tuple[Array, ...] | None]:
        """Return greedy actions, or random ones with probability epsilon.

        Args:
            observation: One observation or a batch of them.
            state: Not used.
            episode_start: Not used.
            deterministic: Never choose randomly.
        """
        actions, state = self.policy.predict(observation, state, episode_start, True)
        if deterministic or self.exploration_rate <= 0.0:
            return actions, state
        generator = self.action_space.np_random
        explore = generator.random(np.shape(actions)) < self.exploration_rate
        drawn = generator.integers(self.action_space.n, size=np.shape(actions))  # type: ignore[attr-defined]
        return np.where(explore, drawn, actions), state

    def _next_values(self, observations: torch.Tensor) -> torch.Tensor:
        """Return the target network's output for every action, shape ``(B, actions, ...)``."""
        return self.q_net_target(observations)

    def _gradient_step(
        self,
        observations: torch.Tensor,
        actions: torch.Tensor,
        rewards: torch.Tensor,
        next_observations: torch.Tensor,
        next_values: torch.Tensor,
        factors: torch.Tensor,
        weights: torch.Tensor,
    ) -> tuple[float, torch.Tensor]:
        """Take one gradient step; return its loss and the error of each row, shape ``(B, 1)``.

        Args:
            observations: Shape ``(B, D)``.
            actions: Shape ``(B, 1)``.
            rewards: Scaled sums of n discounted rewards, shape ``(B, 1)``.
            next_observations: Observations n steps later, shape ``(B, D)``.
            next_values: Output of the target network for them, shape ``(B, actions, ...)``.
            factors: Discount of the values, 0 where the episode terminated, shape ``(B, 1)``.
            weights: Weights of the losses, shape ``(B, 1)``.
        """
        with torch.no_grad():
            chooser = self.q_net(next_observations) if self.double else self._expected(next_values)
            chosen = chooser.argmax(1, keepdim=True)
            targets = self._targets(rewards, factors, next_values, chosen)
        losses, errors = self._losses(observations, actions, targets)
        loss = (weights * losses).mean()
        self.policy.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if np.isfinite(self.max_grad_norm):
            torch.nn.utils.clip_grad_norm_(self.q_net.parameters(), self.max_grad_norm)
        self.policy.optimizer.step()
        return loss.item(), errors

    def _expected(self, values: torch.Tensor) -> torch.Tensor:
        """Return expected returns from a network's output, shape ``(B, actions)``."""
        return values

    def _targets(
        self,
        rewards: torch.Tensor,
        factors: torch.Tensor,
        next_values: torch.Tensor,
        chosen: torch.Tensor,
    ) -> torch.Tensor:
        """Return the target of each row, shape ``(B, 1)``."""
        return rewards + factors * next_values.gather(1, chosen)

    def _losses(
        self, observations: torch.Tensor, actions: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss of each row, and its error without gradient, both ``(B, 1)``."""
        values = self.q_net(observations).gather(1, actions)
        losses = functional.smooth_l1_loss(values, targets, reduction="none")
        return losses, (values.detach() - targets).abs()
