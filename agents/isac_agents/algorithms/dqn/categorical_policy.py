"""Q networks that output a distribution of the return of every action, and their policies."""

from typing import Any

import torch
from stable_baselines3.common.torch_layers import create_mlp
from stable_baselines3.common.type_aliases import PyTorchObs
from stable_baselines3.dqn.policies import DQNPolicy, QNetwork
from torch import nn


class CategoricalQNetwork(QNetwork):
    """Q network whose output for each action is a distribution over common atoms.

    All atoms, and thus all values, are 0 until the learner sets them.

    Args:
        *args: As for :class:`stable_baselines3.dqn.policies.QNetwork`.
        n_atoms: Number of atoms.
        **kwargs: As for :class:`stable_baselines3.dqn.policies.QNetwork`.
    """

    atoms: torch.Tensor

    def __init__(self, *args: Any, n_atoms: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.n_atoms = n_atoms
        self.register_buffer("atoms", torch.zeros(n_atoms))
        self._make_layers(int(self.action_space.n))

    def _make_layers(self, actions: int) -> None:
        outputs = actions * self.n_atoms
        layers = create_mlp(self.features_dim, outputs, self.net_arch, self.activation_fn)
        self.q_net = nn.Sequential(*layers)

    def logits(self, obs: PyTorchObs) -> torch.Tensor:
        """Return unnormalised log probabilities, shape ``(B, actions, n_atoms)``."""
        flat = self.q_net(self.extract_features(obs, self.features_extractor))
        return torch.as_tensor(flat.unflatten(1, (-1, self.n_atoms)))

    def probabilities(self, obs: PyTorchObs) -> torch.Tensor:
        """Return the probabilities of the atoms, shape ``(B, actions, n_atoms)``."""
        return self.logits(obs).softmax(2)

    def forward(self, obs: PyTorchObs) -> torch.Tensor:
        """Return the expected return of every action, shape ``(B, actions)``."""
        return self.probabilities(obs) @ self.atoms


class DuelingCategoricalQNetwork(CategoricalQNetwork):
    """Two streams in the logits: ``V(s, z) + A(s, a, z) - mean_b A(s, b, z)`` for each atom z.

    Source: M. Hessel et al., "Rainbow: combining improvements in deep reinforcement learning",
    AAAI 2018 (arXiv 1710.02298). The layers are split as in
    :class:`isac_agents.algorithms.dqn.dueling.DuelingQNetwork`.
    """

    def _make_layers(self, actions: int) -> None:
        shared, hidden = self.net_arch[:-1], self.net_arch[-1:]
        width = shared[-1] if shared else self.features_dim
        trunk = create_mlp(self.features_dim, -1, shared, self.activation_fn)  # -1: no output layer
        self.q_net = nn.Sequential(*trunk)
        self.value = nn.Sequential(*create_mlp(width, self.n_atoms, hidden, self.activation_fn))
        outputs = actions * self.n_atoms
        self.advantage = nn.Sequential(*create_mlp(width, outputs, hidden, self.activation_fn))

    def logits(self, obs: PyTorchObs) -> torch.Tensor:
        """Return unnormalised log probabilities, shape ``(B, actions, n_atoms)``."""
        shared = self.q_net(self.extract_features(obs, self.features_extractor))
        advantage = self.advantage(shared).unflatten(1, (-1, self.n_atoms))
        centred = advantage - advantage.mean(1, keepdim=True)
        return torch.as_tensor(self.value(shared).unsqueeze(1) + centred)


class CategoricalPolicy(DQNPolicy):
    """Policy of DQN with distributions of returns.

    Args:
        *args: As for ``MlpPolicy`` of DQN.
        n_atoms: Number of atoms.
        **kwargs: As for ``MlpPolicy`` of DQN.
    """

    network: type[CategoricalQNetwork] = CategoricalQNetwork

    def __init__(self, *args: Any, n_atoms: int = 51, **kwargs: Any) -> None:
        self.n_atoms = n_atoms  # the base class creates the networks
        super().__init__(*args, **kwargs)

    def make_q_net(self) -> CategoricalQNetwork:
        """Create a network with its own features extractor."""
        arguments = self._update_features_extractor(self.net_args, features_extractor=None)
        return self.network(**arguments, n_atoms=self.n_atoms).to(self.device)

    def _get_constructor_parameters(self) -> dict[str, Any]:
        return {**super()._get_constructor_parameters(), "n_atoms": self.n_atoms}


class DuelingCategoricalPolicy(CategoricalPolicy):
    """Categorical policy with dueling networks."""

    network = DuelingCategoricalQNetwork
