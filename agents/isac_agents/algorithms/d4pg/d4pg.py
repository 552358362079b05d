"""Distributed distributional deep deterministic policy gradients."""

from typing import Any, ClassVar

import torch
from gymnasium import spaces
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import GymEnv, Schedule
from stable_baselines3.common.utils import update_learning_rate

from isac_agents.algorithms.categorical import (
    cross_entropy,
    project,
    return_bounds,
)
from isac_agents.algorithms.d4pg.acting import ChunkedActing
from isac_agents.algorithms.d4pg.policies import D4pgPolicy
from isac_agents.algorithms.replay import PrioritisedBuffer
from isac_agents.algorithms.replay_choice import ReplayChoice
from isac_agents.algorithms.settings import falling_rate

BATCHES_TOGETHER = 16
"""Mini-batches whose targets are computed together, between two target updates."""


class D4PG(ChunkedActing, ReplayChoice, OffPolicyAlgorithm):
    """Deterministic policy gradients with a distributional critic and many actors.

    The critic ``Z(s, a)`` assigns probabilities to fixed atoms of the return. With ``'`` for target
    networks and ``P`` for the projection onto the atoms (C51), a gradient step on a mini-batch is::

        target = P[r_1 + gamma r_2 + ... + gamma**(n-1) r_n + gamma**n Z'(s_n, pi'(s_n))]
        critic: minimise the cross entropy of target and Z(s, a)
        actor:  ascend grad pi(s) . grad_a E[Z(s, a)] at a = pi(s)

    The sum stops at the end of an episode. A termination adds nothing; a truncation adds the value
    of the last observation, discounted by the steps taken.

    Source: G. Barth-Maron et al., "Distributed distributional deterministic policy gradients",
    ICLR 2018 (arXiv 1804.08617), algorithm 1; numbers and clipping as the authors' implementation
    in Acme (arXiv 2006.00979).

    Differences from the paper: replay is uniform by default; actors act in chunks of ``train_freq``
    steps with the weights from before the last update phase, so that results are bit-identical for
    any number of actor processes; noise is clipped with the action to the action space.

    Args:
        policy: ``"MlpPolicy"`` or a subclass of :class:`D4pgPolicy`.
        env: The environment: actions in a bounded box, observations in a box.
        learning_rate: Step size of the actor, or a schedule.
        critic_learning_rate: Step size of the critic; None for the actor's. It decreases in
            proportion to the actor's.
        final_learning_rate: Final step size of the actor, after a linear decrease; None
            keeps it constant.
        n_steps: Steps of the target, at least 1.
        v_min: Smallest return, in scaled rewards. None takes the bound of
            :func:`isac_agents.algorithms.categorical.return_bounds` from the attribute
            ``reward_bounds = (low, high)`` of the environment where it has one, else from the
            extreme rewards of the ``learning_starts`` random steps. These bounds are wide if large
            rewards are rare; a narrower support learns better.
        v_max: Largest return; None as for ``v_min``.
        value_horizon: Number of steps T within which every episode terminates, for these bounds:
            ``v_max = (1 - gamma**T) / (1 - gamma) * r_max``; None for no limit, as needed for
            truncated episodes.
        n_atoms: Number of atoms, at least 2.
        reward_scale: Factor on the rewards, above 0. It determines which gradients
            ``max_action_gradient`` clips.
        target_update_interval: Gradient steps between two updates of the target networks.
        max_action_gradient: Largest norm of ``grad_a E[Z]`` of a row; larger ones are clipped.
        max_grad_norm: Largest norm of the gradient of each network.
        learning_starts: Steps with uniform random actions before learning.
        train_freq: Steps of every copy between two update phases.
        prioritised: Draw transitions by their last Kullback-Leibler divergence; set the exponents
            in ``replay_buffer_kwargs``, see
            :class:`isac_agents.algorithms.replay.PrioritisedBuffer`.
        **settings: Noise and actors, see
            :class:`isac_agents.algorithms.d4pg.acting.ChunkedActing`, and every other argument of
            Stable-Baselines3's ``OffPolicyAlgorithm``.

    Raises:
        ValueError: If a setting is out of range; in ``learn`` if the support is not given and
            all rewards seen are 0.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"MlpPolicy": D4pgPolicy}
    policy: D4pgPolicy

    def __init__(
        self,
        policy: str | type[D4pgPolicy],
        env: GymEnv | str,
        learning_rate: float | Schedule = 1e-4,
        *,
        critic_learning_rate: float | None = None,
        final_learning_rate: float | None = None,
        n_steps: int = 5,
        v_min: float | None = None,
        v_max: float | None = None,
        value_horizon: int | None = None,
        n_atoms: int = 51,
        reward_scale: float = 1.0,
        target_update_interval: int = 100,
        max_action_gradient: float = 1.0,
        max_grad_norm: float = 40.0,
        learning_starts: int = 1000,
        train_freq: int = 1,
        prioritised: bool = False,
        _init_setup_model: bool = True,
        **settings: Any,
    ) -> None:
        positive = {
            "n_steps": n_steps,
            "reward_scale": reward_scale,
            "target_update_interval": target_update_interval,
            "max_action_gradient": max_action_gradient,
            "max_grad_norm": max_grad_norm,
        }
        for name, value in positive.items():
            if not value > 0:
                raise ValueError(f"{name} is {value}, must be above 0")
        self.v_min, self.v_max, self.value_horizon = v_min, v_max, value_horizon
        self.n_atoms, self.prioritised = n_atoms, prioritised
        self.reward_scale, self.target_update_interval = reward_scale, target_update_interval
        self.max_action_gradient, self.max_grad_norm = max_action_gradient, max_grad_norm
        self.critic_rate_factor = 1.0
        if critic_learning_rate is not None:
            if callable(learning_rate):
                raise ValueError("critic_learning_rate cannot go with a schedule as learning_rate")
            self.critic_rate_factor = critic_learning_rate / learning_rate
        super().__init__(
            policy,
            env,
            falling_rate(learning_rate, final_learning_rate),
            learning_starts=learning_starts,
            train_freq=train_freq,
            n_steps=n_steps,
            sde_support=False,
            support_multi_env=True,
            supported_action_spaces=(spaces.Box,),
            **settings,
        )
        if _init_setup_model:
            self._setup_model()

    def _setup_model(self) -> None:
        if not isinstance(self.observation_space, spaces.Box):
            raise ValueError(f"observations are {self.observation_space}, must be a Box")
        self.policy_kwargs = {**self.policy_kwargs, "n_atoms": self.n_atoms}
        super()._setup_model()
        if self.v_min is not None and self.v_max is not None:
            self.policy.set_atoms(self.v_min, self.v_max)
        elif self.env is not None and self.env.has_attr("reward_bounds"):
            self._choose_support(*self.env.get_attr("reward_bounds", 0)[0])

    def _choose_support(self, low: float, high: float) -> None:
        """Set the atoms; missing ends follow from the extreme rewards.

        Raises:
            ValueError: If the resulting support is empty.
        """
        scale = self.reward_scale
        v_min, v_max = return_bounds(low * scale, high * scale, self.gamma, self.value_horizon)
        v_min = v_min if self.v_min is None else self.v_min
        v_max = v_max if self.v_max is None else self.v_max
        if not v_min < v_max:
            raise ValueError(
                f"rewards from {low} to {high} give returns from {v_min} to {v_max}, which is no "
                "support: set v_min and v_max"
            )
        self.policy.set_atoms(v_min, v_max)

    def _choose_seen_support(self) -> None:
        """Set the atoms by the rewards in the replay buffer."""
        assert self.replay_buffer is not None
        seen = self.replay_buffer.rewards[: self.replay_buffer.size()]
        if self._vec_normalize_env is not None:
            seen = self._vec_normalize_env.normalize_reward(seen)
        self._choose_support(float(seen.min()), float(seen.max()))

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """Take gradient steps on mini-batches from the replay buffer."""
        if not self.policy.critic.atoms.any():
            self._choose_seen_support()
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.actor.optimizer)
        rate = self.lr_schedule(self._current_progress_remaining) * self.critic_rate_factor
        update_learning_rate(self.policy.critic.optimizer, rate)
        last = self._n_updates + gradient_steps
        losses: list[torch.Tensor] = []
        while self._n_updates < last:
            to_copy = self.target_update_interval - self._n_updates % self.target_update_interval
            count = min(to_copy, last - self._n_updates, BATCHES_TOGETHER)
            losses += self._train_on(count, batch_size)
            self._n_updates += count
            if count == to_copy:
                self.policy.copy_to_targets()
        critic_loss, value = torch.stack(losses).mean(0).tolist()
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")
        self.logger.record("train/critic_loss", critic_loss)
        self.logger.record("train/actor_loss", -value)

    def _train_on(self, count: int, batch_size: int) -> list[torch.Tensor]:
        """Take gradient steps with fixed targets; return loss and mean value of each."""
        data = self._draw(count * batch_size)
        discounts = self.gamma if data.discounts is None else data.discounts
        policy = self.policy
        with torch.no_grad():
            chosen = policy.actor_target(data.next_observations)
            following = torch.softmax(policy.critic_target(data.next_observations, chosen), 1)
            atoms = policy.critic.atoms
            returns = data.rewards * self.reward_scale + (1.0 - data.dones) * discounts * atoms
            targets = project(returns, following, atoms)
        weights = getattr(data, "weights", torch.ones_like(data.rewards))
        columns = (data.observations, data.actions, targets, weights)
        batches = zip(*(column.split(batch_size) for column in columns), strict=True)
        results, losses = [], []
        for batch in batches:
            losses.append(self._step_critic(*batch))
            value = self._step_actor(batch[0])
            results.append(torch.stack([losses[-1].mean(), value]))
        if isinstance(self.replay_buffer, PrioritisedBuffer):
            errors = torch.cat(losses) - torch.special.entr(targets).sum(1)
            self.replay_buffer.update_priorities(data.places, errors.clamp(min=0.0))
        return results

    def _step_critic(
        self,
        observations: torch.Tensor,
        actions: torch.Tensor,
        targets: torch.Tensor,
        weights: torch.Tensor,
    ) -> torch.Tensor:
        """Take one step of the critic and return the loss of each row, shape ``(B,)``.

        Args:
            observations: Shape ``(B, D)``.
            actions: Scaled, shape ``(B, W)``.
            targets: Probabilities of the atoms, shape ``(B, N)``.
            weights: Weights of the losses, shape ``(B, 1)``.
        """
        critic = self.policy.critic
        losses = cross_entropy(critic(observations, actions), targets)
        critic.optimizer.zero_grad()
        (losses @ weights[:, 0] / len(losses)).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(critic.parameters(), self.max_grad_norm)
        critic.optimizer.step()
        return losses.detach()

    def _step_actor(self, observations: torch.Tensor) -> torch.Tensor:
        """Take one step of the actor and return the mean value of its actions."""
        actor = self.policy.actor
        actions = actor(observations)
        held = actions.detach().requires_grad_()
        values = self.policy.critic.mean(observations, held)
        (gradient,) = torch.autograd.grad(values.sum(), held)
        norms = gradient.norm(dim=1, keepdim=True)
        gradient = gradient * (self.max_action_gradient / norms).clamp(max=1.0)
        actor.optimizer.zero_grad()
        actions.backward(-gradient / len(gradient))
        torch.nn.utils.clip_grad_norm_(actor.parameters(), self.max_grad_norm)
        actor.optimizer.step()
        return values.detach().mean()

    def _get_torch_save_params(self) -> tuple[list[str], list[str]]:
        return ["policy", "policy.actor.optimizer", "policy.critic.optimizer"], []
