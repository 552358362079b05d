"""Distributional deep Q-learning over fixed atoms."""

from typing import Any, ClassVar

import torch
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import GymEnv
from stable_baselines3.dqn.policies import DQNPolicy

from isac_agents.algorithms.categorical import cross_entropy, make_atoms, project, return_bounds
from isac_agents.algorithms.dqn.categorical_policy import (
    CategoricalPolicy,
    CategoricalQNetwork,
    DuelingCategoricalPolicy,
)
from isac_agents.algorithms.dqn.double_dqn import DoubleDQN


class C51(DoubleDQN):
    """Categorical DQN, which learns the distribution of the return of each action.

    The return is one of ``n_atoms`` values from ``v_min`` to ``v_max``. The target network's
    distribution for the best next action, scaled by the discount and shifted by the reward, is
    projected onto the atoms and learned by cross entropy. Actions are chosen by their expected
    return.

    Source: M. G. Bellemare, W. Dabney, R. Munos, "A distributional perspective on reinforcement
    learning", ICML 2017 (arXiv 1707.06887), algorithm 1. ``double``, ``policy="DuelingPolicy"``,
    ``n_steps`` and ``prioritised`` add the components of M. Hessel et al., "Rainbow", AAAI 2018
    (arXiv 1710.02298), except noisy networks; priorities are Kullback-Leibler divergences.

    Differences from the paper: missing ends of the support are derived from the rewards (the paper
    clips rewards to -1..1 and uses -10..10), and those of :class:`DoubleDQN`.

    Args:
        policy: ``"MlpPolicy"`` or ``"DuelingPolicy"``, or a subclass of
            :class:`isac_agents.algorithms.dqn.categorical_policy.CategoricalPolicy`.
        env: The environment.
        v_min: Smallest return, in scaled rewards. None takes the bound of
            :func:`isac_agents.algorithms.categorical.return_bounds` without a horizon, from the
            attribute ``reward_bounds = (low, high)`` of the environment where it has one, else
            from the extreme rewards of the ``learning_starts`` random steps. These bounds are wide
            if large rewards are rare; a narrower support learns better.
        v_max: Largest return; None as for ``v_min``.
        n_atoms: Number of atoms, at least 2.
        double: The online network chooses the next action.
        **settings: Every other argument of :class:`DoubleDQN`, with its defaults.

    Raises:
        ValueError: If ``v_min`` is not below ``v_max``, or there are fewer than 2 atoms; in
            ``learn`` if the support is not given and all rewards seen are 0.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {
        "MlpPolicy": CategoricalPolicy,
        "DuelingPolicy": DuelingCategoricalPolicy,
    }
    q_net: CategoricalQNetwork
    q_net_target: CategoricalQNetwork

    def __init__(
        self,
        policy: str | type[DQNPolicy],
        env: GymEnv | str,
        *,
        v_min: float | None = None,
        v_max: float | None = None,
        n_atoms: int = 51,
        double: bool = False,
        **settings: Any,
    ) -> None:
        self.v_min, self.v_max = v_min, v_max
        make_atoms(0.0, 1.0, n_atoms)  # checks the number of atoms
        settings["policy_kwargs"] = {**(settings.get("policy_kwargs") or {}), "n_atoms": n_atoms}
        super().__init__(policy, env, double=double, **settings)

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """Take gradient steps on mini-batches from the replay buffer."""
        if not self.q_net.atoms.any():
            assert self.replay_buffer is not None
            seen = self.replay_buffer.rewards[: self.replay_buffer.size()]
            if self._vec_normalize_env is not None:
                seen = self._vec_normalize_env.normalize_reward(seen)
            self._set_support(*self._ends(float(seen.min()), float(seen.max())))
        super().train(gradient_steps, batch_size)

    def _setup_model(self) -> None:
        super()._setup_model()
        if self.v_min is not None and self.v_max is not None:
            self._set_support(self.v_min, self.v_max)
        elif self.env is not None and self.env.has_attr("reward_bounds"):
            self._set_support(*self._ends(*self.env.get_attr("reward_bounds")[0]))

    def _ends(self, low: float, high: float) -> tuple[float, float]:
        """Return the ends of the support; missing ends follow from the extreme rewards."""
        scale = self.reward_scale
        v_min, v_max = return_bounds(low * scale, high * scale, self.gamma)
        v_min = v_min if self.v_min is None else self.v_min
        v_max = v_max if self.v_max is None else self.v_max
        if not v_min < v_max:
            raise ValueError(
                f"rewards from {low} to {high} give returns from {v_min} to {v_max}, which is no "
                "support: set v_min and v_max"
            )
        return v_min, v_max

    def _set_support(self, v_min: float, v_max: float) -> None:
        for network in (self.q_net, self.q_net_target):
            network.atoms.copy_(make_atoms(v_min, v_max, network.n_atoms))

    def _next_values(self, observations: torch.Tensor) -> torch.Tensor:
        return self.q_net_target.probabilities(observations)

    def _expected(self, values: torch.Tensor) -> torch.Tensor:
        return values @ self.q_net.atoms

    def _targets(
        self,
        rewards: torch.Tensor,
        factors: torch.Tensor,
        next_values: torch.Tensor,
        chosen: torch.Tensor,
    ) -> torch.Tensor:
        """Return the target distribution of each row, shape ``(B, n_atoms)``."""
        atoms = self.q_net.atoms
        return project(rewards + factors * atoms, _of_actions(next_values, chosen), atoms)

    def _losses(
        self, observations: torch.Tensor, actions: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        logits = _of_actions(self.q_net.logits(observations), actions)
        losses = cross_entropy(logits, targets)[:, None]
        entropies = torch.special.entr(targets).sum(1, keepdim=True)
        return losses, (losses.detach() - entropies).clamp(min=0.0)


def _of_actions(values: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
    """Select one action per row from ``(B, actions, n_atoms)``; shape ``(B, n_atoms)``."""
    return values[torch.arange(len(values), device=values.device), actions[:, 0]]
