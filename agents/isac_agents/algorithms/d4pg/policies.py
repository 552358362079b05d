"""The networks of D4PG: a deterministic actor and a critic of the distribution of returns."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3.common.policies import BaseModel, BasePolicy
from stable_baselines3.common.preprocessing import get_action_dim
from stable_baselines3.common.torch_layers import (
    BaseFeaturesExtractor,
    FlattenExtractor,
    get_actor_critic_arch,
)
from stable_baselines3.common.type_aliases import PyTorchObs, Schedule
from torch import nn

from isac_agents.algorithms.categorical import make_atoms
from isac_agents.algorithms.networks import (
    EntityActor,
    EntityCritic,
    action_parts,
    numbers_besides,
)
from isac_agents.algorithms.settings import with_fused_adam

Widths = list[int]


class Actor(BasePolicy):
    """Actions in -1..1 from observations: a torso, a linear layer and a hyperbolic tangent.

    Args:
        observation_space: Observations.
        action_space: Actions; :meth:`unscale_action` maps -1..1 onto it.
        extractor: Features extractor.
        body: Layers between the features and the output layer.
        width: Output width of ``body``.
        normalize_images: As in Stable-Baselines3.
        parts: Numbers of the action that each entity's features give, and those that the features
            of all give, if ``body`` has these of entities and of all; None for plain features.
        hidden: Number of the features of all.
    """

    features_extractor: BaseFeaturesExtractor

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Box,
        extractor: BaseFeaturesExtractor,
        body: nn.Module,
        width: int,
        normalize_images: bool,
        parts: tuple[int, int] | None = None,
        hidden: int = 0,
    ) -> None:
        super().__init__(
            observation_space,
            action_space,
            features_extractor=extractor,
            normalize_images=normalize_images,
            squash_output=True,
        )
        self.body = body
        own, common = parts or (get_action_dim(action_space), 0)
        self.entities = parts is not None
        self.head = nn.Linear(width, own)
        # Near-zero actions at the start keep the hyperbolic tangents unsaturated.
        _initialise(self.head, 1e-2 / math.sqrt(width))
        if common:
            self.common = nn.Linear(hidden, common)
            _initialise(self.common, 1e-2 / math.sqrt(hidden))

    def forward(self, observations: torch.Tensor) -> torch.Tensor:
        """Return scaled actions, shape ``(B, W)``, of observations, shape ``(B, ...)``."""
        found = self.body(self.extract_features(observations, self.features_extractor))
        if not self.entities:
            return torch.tanh(self.head(found))
        actions = self.head(found[0]).flatten(1)
        if hasattr(self, "common"):
            actions = torch.cat((actions, self.common(found[1])), 1)
        return torch.tanh(actions)

    def _predict(self, observation: PyTorchObs, deterministic: bool = False) -> torch.Tensor:
        assert isinstance(observation, torch.Tensor)
        return self(observation)


class DistributionalCritic(BaseModel):
    """The distribution of the return of an observation and an action over fixed atoms.

    Args:
        observation_space: Observations.
        action_space: Actions.
        extractor: Features extractor.
        body: Layers between the features with scaled actions and the output layer.
        width: Output width of ``body``.
        n_atoms: Number of atoms N.
        normalize_images: As in Stable-Baselines3.
    """

    features_extractor: BaseFeaturesExtractor
    atoms: torch.Tensor

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Box,
        extractor: BaseFeaturesExtractor,
        body: nn.Module,
        width: int,
        n_atoms: int,
        normalize_images: bool,
    ) -> None:
        super().__init__(
            observation_space,
            action_space,
            features_extractor=extractor,
            normalize_images=normalize_images,
        )
        self.body = body
        self.head = nn.Linear(width, n_atoms)
        _initialise(self.head, 1.0 / math.sqrt(width))
        self.register_buffer("atoms", torch.zeros(n_atoms))

    def forward(self, observations: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        """Return logits of the atoms, shape ``(B, N)``.

        Args:
            observations: Shape ``(B, ...)``.
            actions: Scaled to -1..1, shape ``(B, W)``.
        """
        features = self.extract_features(observations, self.features_extractor)
        return self.head(self.body(torch.cat([features, actions], 1)))

    def mean(self, observations: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        """Return expected returns, shape ``(B,)``; arguments as in :meth:`forward`."""
        return torch.softmax(self(observations, actions), 1) @ self.atoms


class D4pgPolicy(BasePolicy):
    """Actor and critic of D4PG with their targets.

    The first layer of each network is linear, normalised (layer norm) and followed by a hyperbolic
    tangent; the other layers are linear with ELUs, as in the authors' implementation.

    Source of the torso: M. Hoffman et al., "Acme: A research framework for distributed
    reinforcement learning", 2020 (arXiv 2006.00979).

    Args:
        observation_space: A box.
        action_space: A box with finite bounds.
        lr_schedule: Learning rate of the actor, by the remaining progress.
        n_atoms: Number of atoms; all atoms are 0 until :meth:`set_atoms` is called.
        net_arch: Widths of the hidden layers: a list for both networks, or a dictionary with
            ``pi`` for the actor and ``qf`` for the critic. Default as in Acme.
        layer_norm: Start the torsos with layer norm and tangent; False gives plain networks.
        activation_fn: Activation of the other layers.
        groups: Number of entities and numbers per entity of each group, in the order of the
            observation; the action then has equally many numbers for each entity of the first
            group, which one network gives. ``net_arch`` has the layers above the summary, rectified
            and without a norm.
        common: Numbers of the action for all, behind those of the entities.
        width: Width of an entity's encoding.
        features_extractor_class: As in Stable-Baselines3; each network has its own.
        features_extractor_kwargs: Its arguments.
        normalize_images: As in Stable-Baselines3.
        optimizer_class: Optimiser of both networks.
        optimizer_kwargs: Optimiser arguments besides the learning rate; Adam is fused by default.
    """

    actor: Actor
    critic: DistributionalCritic

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Box,
        lr_schedule: Schedule,
        n_atoms: int = 51,
        net_arch: Widths | dict[str, Widths] | None = None,
        layer_norm: bool = True,
        activation_fn: type[nn.Module] = nn.ELU,
        groups: Sequence[Sequence[int]] = (),
        common: int = 0,
        width: int = 32,
        features_extractor_class: type[BaseFeaturesExtractor] = FlattenExtractor,
        features_extractor_kwargs: dict[str, Any] | None = None,
        normalize_images: bool = True,
        optimizer_class: type[torch.optim.Optimizer] = torch.optim.Adam,
        optimizer_kwargs: dict[str, Any] | None = None,
    ) -> None:
        optimizer_kwargs = with_fused_adam(optimizer_class, optimizer_kwargs)
        super().__init__(
            observation_space,
            action_space,
            features_extractor_class,
            features_extractor_kwargs,
            normalize_images=normalize_images,
            optimizer_class=optimizer_class,
            optimizer_kwargs=optimizer_kwargs,
            squash_output=True,
        )
        if net_arch is None:
            net_arch = {"pi": [256, 256, 256], "qf": [512, 512, 256]}
        self.net_arch, self.layer_norm, self.activation_fn = net_arch, layer_norm, activation_fn
        self.n_atoms, self.groups, self.width = n_atoms, [list(each) for each in groups], width
        self.common = common
        self.actor, self.actor_target = self._make_actor(), self._make_actor()
        self.critic, self.critic_target = self._make_critic(), self._make_critic()
        for network in (self.actor, self.critic):
            network.optimizer = optimizer_class(
                network.parameters(),
                lr=lr_schedule(1),  # type: ignore[call-arg]
                **self.optimizer_kwargs,
            )
        for target in (self.actor_target, self.critic_target):
            target.set_training_mode(False)
            target.requires_grad_(False)
        self.copy_to_targets()

    def set_atoms(self, v_min: float, v_max: float) -> None:
        """Set the atoms of the critic, equally spaced returns.

        Raises:
            ValueError: If ``v_min`` is not below ``v_max`` or there are fewer than two atoms.
        """
        atoms = make_atoms(v_min, v_max, self.n_atoms)
        for network in (self.critic, self.critic_target):
            network.atoms.copy_(atoms)

    def copy_to_targets(self) -> None:
        """Copy the weights of the networks to the target networks."""
        self.actor_target.load_state_dict(self.actor.state_dict())
        self.critic_target.load_state_dict(self.critic.state_dict())

    def forward(self, observation: PyTorchObs, deterministic: bool = False) -> torch.Tensor:
        """Return scaled actions."""
        return self._predict(observation, deterministic)

    def set_training_mode(self, mode: bool) -> None:
        """Switch actor and critic between training and evaluation; targets are never trained."""
        self.actor.set_training_mode(mode)
        self.critic.set_training_mode(mode)
        self.training = mode

    def _predict(self, observation: PyTorchObs, deterministic: bool = False) -> torch.Tensor:
        return self.actor(observation)

    def _make_actor(self) -> Actor:
        widths, _ = get_actor_critic_arch(self.net_arch)
        extractor = self.make_features_extractor()
        assert isinstance(self.action_space, spaces.Box)
        parts = None
        if self.groups:
            if not widths:
                raise ValueError("groups need a layer of the actor in net_arch, there is none")
            parts, width = self._parts(), self.width
            rest = numbers_besides(self.groups, extractor.features_dim)
            body: nn.Module = EntityActor(self.groups, rest, width, widths)
        else:
            body, width = self._torso(extractor.features_dim, widths)
        return Actor(
            self.observation_space, self.action_space, extractor, body, width,
            self.normalize_images, parts, widths[-1] if self.groups else 0,
        )  # fmt: skip

    def _parts(self) -> tuple[int, int]:
        """Return the numbers of an action for each entity of the first group, and those for all."""
        size = get_action_dim(self.action_space)
        return action_parts(size, self.groups[0][0], self.common)

    def _make_critic(self) -> DistributionalCritic:
        _, widths = get_actor_critic_arch(self.net_arch)
        extractor = self.make_features_extractor()
        assert isinstance(self.action_space, spaces.Box)
        if self.groups:
            rest = numbers_besides(self.groups, extractor.features_dim)
            width = widths[-1]
            body: nn.Module = EntityCritic(self.groups, rest, self._parts(), self.width, widths)
        else:
            inputs = extractor.features_dim + get_action_dim(self.action_space)
            body, width = self._torso(inputs, widths)
        return DistributionalCritic(
            self.observation_space,
            self.action_space,
            extractor,
            body,
            width,
            self.n_atoms,
            self.normalize_images,
        )

    def _torso(self, inputs: int, widths: Widths) -> tuple[nn.Module, int]:
        """Create hidden layers; return them and their output width."""
        layers: list[nn.Module] = []
        for k, (before, after) in enumerate(pairwise([inputs, *widths])):
            linear = nn.Linear(before, after)
            _initialise(linear, 1.0 / math.sqrt(after))
            layers.append(linear)
            first = k == 0 and self.layer_norm
            layers += [nn.LayerNorm(after), nn.Tanh()] if first else [self.activation_fn()]
        return nn.Sequential(*layers), [inputs, *widths][-1]

    def _get_constructor_parameters(self) -> dict[str, Any]:
        return {
            **super()._get_constructor_parameters(),
            "lr_schedule": self._dummy_schedule,
            "n_atoms": self.n_atoms,
            "net_arch": self.net_arch,
            "layer_norm": self.layer_norm,
            "activation_fn": self.activation_fn,
            "groups": self.groups,
            "common": self.common,
            "width": self.width,
            "features_extractor_class": self.features_extractor_class,
            "features_extractor_kwargs": self.features_extractor_kwargs,
            "optimizer_class": self.optimizer_class,
            "optimizer_kwargs": self.optimizer_kwargs,
        }


def _initialise(layer: nn.Linear, limit: float) -> None:
    """Draw weights uniformly from ``-limit..limit`` and zero the biases."""
    nn.init.uniform_(layer.weight, -limit, limit)
    nn.init.zeros_(layer.bias)
