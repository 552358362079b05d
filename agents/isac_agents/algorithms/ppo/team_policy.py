"""Policies shared by the agents of a team, and their common parts."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from gymnasium import spaces
from stable_baselines3.common.distributions import (
    DiagGaussianDistribution,
    Distribution,
    make_proba_distribution,
)
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.preprocessing import get_flattened_obs_dim, preprocess_obs
from stable_baselines3.common.type_aliases import PyTorchObs, Schedule
from torch import nn

Array = npt.NDArray[Any]

INVALID = -1e8
"""Logit of an invalid action; its probability is exactly 0 in float32."""


class ValueNorm(nn.Module):
    """Running mean and scale of returns, so that a critic learns values of order 1.

    Exponential means over the rollouts, corrected for the bias of their start.

    Source: C. Yu et al., "The surprising effectiveness of PPO in cooperative multi-agent games",
    NeurIPS 2022 (arXiv 2103.01955), section 5.1.

    Args:
        decay: Weight of the past in each update.
    """

    mean: torch.Tensor
    square: torch.Tensor
    weight: torch.Tensor

    def __init__(self, decay: float = 0.99) -> None:
        super().__init__()
        self.decay = decay
        for name in ("mean", "square", "weight"):
            self.register_buffer(name, torch.zeros((), dtype=torch.float64))

    def update(self, returns: Array) -> None:
        """Update the statistics with the returns of a rollout."""
        values, kept = np.asarray(returns, np.float64), self.decay
        self.mean.mul_(kept).add_((1.0 - kept) * float(values.mean()))
        self.square.mul_(kept).add_((1.0 - kept) * float(np.square(values).mean()))
        self.weight.mul_(kept).add_(1.0 - kept)

    def normalise(self, values: torch.Tensor) -> torch.Tensor:
        """Return values in units of the critic's output."""
        mean, scale = self._statistics()
        return (values - mean) / scale

    def denormalise(self, values: torch.Tensor) -> torch.Tensor:
        """Return the critic's output in units of the return."""
        mean, scale = self._statistics()
        return values * scale + mean

    def _statistics(self) -> tuple[float, float]:
        weight = self.weight.item()
        if weight == 0.0:
            return 0.0, 1.0
        mean = self.mean.item() / weight
        variance = self.square.item() / weight - mean * mean
        return mean, max(variance, 1e-10) ** 0.5


class SharedPolicy(BasePolicy):
    """Base class of policies that all agents of a team share.

    A subclass builds its networks in ``build`` and maps flat observations to the inputs of the two
    heads. Row ``i * A + a`` is agent ``a`` of copy ``i``.

    Args:
        observation_space: Observation space of one agent.
        action_space: Action space of one agent.
        lr_schedule: Learning rate by the remaining fraction of the training.
        num_agents: Agents of a team.
        use_sde: Not supported.
        optimizer_class: Optimiser of torch.
        optimizer_kwargs: Optimiser arguments besides the learning rate.
        **layout: Arguments of ``build``.
    """

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        lr_schedule: Schedule,
        *,
        num_agents: int = 1,
        use_sde: bool = False,
        optimizer_class: type[torch.optim.Optimizer] = torch.optim.Adam,
        optimizer_kwargs: dict[str, Any] | None = None,
        **layout: Any,
    ) -> None:
        if use_sde:
            raise ValueError("a team policy has no state-dependent exploration")
        optimizer_kwargs = {"eps": 1e-5} if optimizer_kwargs is None else optimizer_kwargs
        super().__init__(
            observation_space,
            action_space,
            optimizer_class=optimizer_class,
            optimizer_kwargs=optimizer_kwargs,
        )
        self.num_agents = num_agents
        self.value_norm = ValueNorm()
        self.distribution = make_proba_distribution(action_space)
        for_action, for_value = self.build(get_flattened_obs_dim(observation_space), **layout)
        if isinstance(self.distribution, DiagGaussianDistribution):
            self.action_net, self.log_std = self.distribution.proba_distribution_net(for_action)
        else:
            self.action_net = self.distribution.proba_distribution_net(for_action)  # type: ignore[assignment]
        self.value_net = nn.Linear(for_value, 1)
        orthogonal(self, 2.0**0.5)
        orthogonal(self.action_net, 0.01)
        orthogonal(self.value_net, 1.0)
        self.optimizer = optimizer_class(
            self.parameters(),
            lr=lr_schedule(1),  # type: ignore[call-arg]
            **optimizer_kwargs,
        )

    def build(self, inputs: int) -> tuple[int, int]:
        """Create the networks; return the input widths of the action and value heads."""
        raise NotImplementedError

    def acting(self, rows: torch.Tensor, masks: torch.Tensor | None) -> torch.Tensor:
        """Return the input of the action head for flat observations, shape ``(rows, width)``."""
        raise NotImplementedError

    def both(
        self, rows: torch.Tensor, masks: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the inputs of the heads of action and value."""
        raise NotImplementedError

    def forward(
        self, observations: torch.Tensor, masks: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Sample actions; return them, values in units of the return, and log probabilities."""
        for_action, for_value = self.both(self.flat(observations), masks)
        chosen = self._choice(for_action, masks)
        actions = chosen.get_actions()
        values = self.value_norm.denormalise(self.value_net(for_value).flatten())
        return self._shaped(actions), values, chosen.log_prob(actions)

    def evaluate_actions(
        self, observations: torch.Tensor, actions: torch.Tensor, masks: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return normalised values, log probabilities and entropies (estimated where unknown).

        Args:
            observations: Shape ``(rows, ...)``.
            actions: Shape ``(rows, W)``.
            masks: Valid actions, bool, shape ``(rows, actions)``; None if all are.
        """
        for_action, for_value = self.both(self.flat(observations), masks)
        chosen = self._choice(for_action, masks)
        if isinstance(self.action_space, spaces.Discrete):
            actions = actions.long().flatten()
        log_probabilities = chosen.log_prob(actions)
        entropies = chosen.entropy()
        return (
            self.value_net(for_value).flatten(),
            log_probabilities,
            -log_probabilities if entropies is None else entropies,
        )

    def predict_values(
        self, observations: torch.Tensor, masks: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return values in units of the return, shape ``(rows,)``."""
        _, for_value = self.both(self.flat(observations), masks)
        return self.value_norm.denormalise(self.value_net(for_value).flatten())

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
        self.set_training_mode(False)
        tensor, vectorized = self.obs_to_tensor(observation)
        masks = None
        if action_masks is not None:
            masks = torch.as_tensor(action_masks, dtype=torch.bool, device=self.device)
            masks = masks.reshape(-1, masks.shape[-1])
        with torch.no_grad():
            chosen = self._choice(self.acting(self.flat(tensor), masks), masks)
            actions = self._shaped(chosen.get_actions(deterministic)).cpu().numpy()
        if isinstance(self.action_space, spaces.Box):
            actions = np.clip(actions, self.action_space.low, self.action_space.high)
        return (actions if vectorized else actions[0]), state

    def flat(self, observations: PyTorchObs) -> torch.Tensor:
        """Flatten observations to rows of numbers, with discrete values one-hot."""
        encoded = preprocess_obs(observations, self.observation_space)
        assert isinstance(encoded, torch.Tensor)
        return encoded.flatten(1)

    def _predict(self, observation: PyTorchObs, deterministic: bool = False) -> torch.Tensor:
        chosen = self._choice(self.acting(self.flat(observation), None), None)
        return self._shaped(chosen.get_actions(deterministic))

    def _shaped(self, actions: torch.Tensor) -> torch.Tensor:
        return actions.reshape(-1, *(self.action_space.shape or ()))

    def _choice(self, latent: torch.Tensor, masks: torch.Tensor | None) -> Distribution:
        logits = self.action_net(latent)
        if isinstance(self.distribution, DiagGaussianDistribution):
            return self.distribution.proba_distribution(logits, self.log_std)
        if masks is not None:
            logits = logits.masked_fill(~masks, INVALID)
        return self.distribution.proba_distribution(logits)


def orthogonal(module: nn.Module, gain: float) -> None:
    """Initialise all linear layers of a module with orthogonal weights and zero biases."""
    for each in module.modules():
        if isinstance(each, nn.Linear):
            nn.init.orthogonal_(each.weight, gain)
            if each.bias is not None:
                nn.init.zeros_(each.bias)
