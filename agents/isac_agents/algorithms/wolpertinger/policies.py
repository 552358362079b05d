"""Networks of Wolpertinger: an actor of proto-actions, a critic of points, combined."""

from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.policies import BasePolicy, ContinuousCritic
from stable_baselines3.common.torch_layers import (
    BaseFeaturesExtractor,
    FlattenExtractor,
    get_actor_critic_arch,
)
from stable_baselines3.common.type_aliases import PyTorchObs, Schedule
from stable_baselines3.td3.policies import Actor
from torch import nn

from isac_agents.algorithms.wolpertinger.lattice import Lattice


class ProtoActor(Actor):
    """Actor whose outputs are coordinates of a lattice, shape ``(B, D)``.

    Ordered dimensions end in a hyperbolic tangent. On circles, which have no ends, the output of
    the last layer is the angle in half turns.

    Args:
        circular: Whether the dimensions are circles.
        **arguments: As for :class:`stable_baselines3.td3.policies.Actor`.
    """

    def __init__(self, circular: bool = False, **arguments: Any) -> None:
        super().__init__(**arguments)
        if circular:
            self.mu = nn.Sequential(*list(self.mu)[:-1])  # without the hyperbolic tangent


class WolpertingerPolicy(BasePolicy):
    """Actor, critic and their targets over a discrete action space.

    Args:
        observation_space: Observations.
        action_space: Discrete, MultiDiscrete or MultiBinary.
        lr_schedule: Step size of the critic.
        k: Neighbours of a proto-action that the critic chooses from.
        circular: Whether all dimensions of the action are circles, such as phases.
        actor_learning_rate: First step size of the actor; None for the critic's.
        net_arch: Widths of the hidden layers, or ``{"pi": [...], "qf": [...]}``.
        activation_fn: Activation between layers.
        features_extractor_class: As in Stable-Baselines3.
        features_extractor_kwargs: As in Stable-Baselines3.
        normalize_images: As in Stable-Baselines3.
        optimizer_class: Optimiser of both networks.
        optimizer_kwargs: Its arguments.
        n_critics: Number of critics; the smallest of their values is used.
    """

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        lr_schedule: Schedule,
        k: int = 1,
        circular: bool = False,
        actor_learning_rate: float | None = None,
        net_arch: list[int] | dict[str, list[int]] | None = None,
        activation_fn: type[nn.Module] = nn.ReLU,
        features_extractor_class: type[BaseFeaturesExtractor] = FlattenExtractor,
        features_extractor_kwargs: dict[str, Any] | None = None,
        normalize_images: bool = True,
        optimizer_class: type[torch.optim.Optimizer] = torch.optim.Adam,
        optimizer_kwargs: dict[str, Any] | None = None,
        n_critics: int = 1,
    ) -> None:
        super().__init__(
            observation_space,
            action_space,
            features_extractor_class,
            features_extractor_kwargs,
            normalize_images=normalize_images,
            optimizer_class=optimizer_class,
            optimizer_kwargs=optimizer_kwargs,
        )
        self.k = k
        self.lattice = Lattice(action_space, circular)
        actor_arch, critic_arch = get_actor_critic_arch([64, 64] if net_arch is None else net_arch)
        shared = {
            "observation_space": observation_space,
            "activation_fn": activation_fn,
            "normalize_images": normalize_images,
        }
        self._actor_arguments = {
            **shared,
            "action_space": _box(self.lattice.dimensions),
            "net_arch": actor_arch,
            "circular": circular,
        }
        self._critic_arguments = {
            **shared,
            "action_space": _box(self.lattice.width),
            "net_arch": critic_arch,
            "n_critics": n_critics,
            "share_features_extractor": False,
        }
        self.actor, self.actor_target = (self._make(ProtoActor) for _ in range(2))
        self.critic, self.critic_target = (self._make(ContinuousCritic) for _ in range(2))
        self.actor_target.load_state_dict(self.actor.state_dict())
        self.critic_target.load_state_dict(self.critic.state_dict())
        for target in (self.actor_target, self.critic_target):
            target.set_training_mode(False)
            target.requires_grad_(False)
        rate = lr_schedule(1.0)
        kwargs = self.optimizer_kwargs
        self.critic.optimizer = self.optimizer_class(self.critic.parameters(), lr=rate, **kwargs)  # type: ignore[call-arg]
        rate = rate if actor_learning_rate is None else actor_learning_rate
        self.actor.optimizer = self.optimizer_class(self.actor.parameters(), lr=rate, **kwargs)  # type: ignore[call-arg]

    def _make(self, network: type[Any]) -> Any:
        arguments = (
            self._actor_arguments if issubclass(network, ProtoActor) else self._critic_arguments
        )
        return network(**self._update_features_extractor(arguments, None)).to(self.device)

    def values(
        self, critic: ContinuousCritic, observations: PyTorchObs, points: torch.Tensor
    ) -> torch.Tensor:
        """Return the value of one point for each observation, shape ``(B, 1)``.

        Args:
            critic: The critic or its target.
            observations: Shape ``(B, ...)``.
            points: Coordinates, shape ``(B, D)``.
        """
        values = critic(observations, self.lattice.embed(points))
        return torch.cat(values, 1).amin(1, keepdim=True)

    def choose(
        self, critic: ContinuousCritic, observations: torch.Tensor, protos: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Choose the best of the k lattice points nearest to proto-actions, without gradients.

        Args:
            critic: Critic that evaluates the points.
            observations: Shape ``(B, ...)``.
            protos: Coordinates, shape ``(B, D)``.

        Returns:
            Levels, int64, shape ``(B, D)``, and their values, shape ``(B, 1)``; no values if there
            is only one point, which needs no critic. Of equal values, the nearest point is chosen.
        """
        near = self.lattice.nearest(protos.detach().cpu().numpy(), self.k)
        levels = torch.as_tensor(near, device=protos.device)
        if levels.shape[1] == 1:
            return levels[:, 0], None
        batch, count, _ = levels.shape
        with torch.no_grad():
            points = self.lattice.coordinates(levels).flatten(0, 1)
            repeated = observations.repeat_interleave(count, 0)
            values = self.values(critic, repeated, points).reshape(batch, count)
        best = values.argmax(1, keepdim=True)
        chosen = levels[torch.arange(batch, device=levels.device), best[:, 0]]
        return chosen, values.gather(1, best)

    def forward(self, observation: PyTorchObs, deterministic: bool = False) -> torch.Tensor:
        """Return the actions of the full policy."""
        return self._predict(observation, deterministic)

    def _predict(self, observation: PyTorchObs, deterministic: bool = False) -> torch.Tensor:
        assert isinstance(observation, torch.Tensor)
        levels, _ = self.choose(self.critic, observation, self.actor(observation))
        return torch.as_tensor(self.lattice.actions(levels.cpu().numpy()))

    def set_training_mode(self, mode: bool) -> None:
        """Switch actor and critic between training and evaluation; targets are never trained."""
        self.actor.set_training_mode(mode)
        self.critic.set_training_mode(mode)
        self.training = mode


def _box(width: int) -> spaces.Box:
    return spaces.Box(-1.0, 1.0, (width,), np.float32)
