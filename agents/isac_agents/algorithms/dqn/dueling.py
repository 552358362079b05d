"""The dueling network architecture for the policies of DQN."""

from typing import Any

import torch
from stable_baselines3.common.torch_layers import create_mlp
from stable_baselines3.common.type_aliases import PyTorchObs
from stable_baselines3.dqn.policies import DQNPolicy, QNetwork
from torch import nn


class DuelingQNetwork(QNetwork):
    """Q network with two streams: ``Q(s, a) = V(s) + A(s, a) - mean_b A(s, b)``.

    Source: Z. Wang et al., "Dueling network architectures for deep reinforcement learning", ICML
    2016 (arXiv 1511.06581), equation (9).

    All layers of ``net_arch`` but the last are shared. The last is the hidden layer of each stream,
    which ends in a linear layer. Differences from the paper: only fully connected layers, and
    no rescaling of the gradients that enter the shared layers by ``1/sqrt(2)``.

    Args:
        *args: As for :class:`stable_baselines3.dqn.policies.QNetwork`.
        **kwargs: As for :class:`stable_baselines3.dqn.policies.QNetwork`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shared, hidden = self.net_arch[:-1], self.net_arch[-1:]
        width = shared[-1] if shared else self.features_dim
        trunk = create_mlp(self.features_dim, -1, shared, self.activation_fn)  # -1: no output layer
        self.q_net = nn.Sequential(*trunk)
        self.value = nn.Sequential(*create_mlp(width, 1, hidden, self.activation_fn))
        advantages = create_mlp(width, int(self.action_space.n), hidden, self.activation_fn)
        self.advantage = nn.Sequential(*advantages)

    def forward(self, obs: PyTorchObs) -> torch.Tensor:
        """Return the value of every action, shape ``(B, actions)``."""
        shared = self.q_net(self.extract_features(obs, self.features_extractor))
        advantage = self.advantage(shared)
        centred = advantage - advantage.mean(1, keepdim=True)
        return torch.as_tensor(self.value(shared) + centred)


class DuelingPolicy(DQNPolicy):
    """Policy of DQN with dueling networks; arguments as for ``MlpPolicy``."""

    def make_q_net(self) -> DuelingQNetwork:
        """Create a network with its own features extractor."""
        arguments = self._update_features_extractor(self.net_args, features_extractor=None)
        return DuelingQNetwork(**arguments).to(self.device)
