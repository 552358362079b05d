"""PPO with a graph network over the agents of a copy."""

import math
from typing import ClassVar

import torch
from stable_baselines3.common.policies import BasePolicy
from torch import nn

from isac_agents.algorithms.networks import perceptron
from isac_agents.algorithms.ppo.annealing import Annealing
from isac_agents.algorithms.ppo.team_policy import SharedPolicy
from isac_agents.algorithms.ppo.team_ppo import TeamPpo


class TransformerConv(nn.Module):
    """Attention of each node to its neighbours, on a dense graph.

    With one head, ``x'_i = W_1 x_i + sum_j alpha_ij W_2 x_j`` over the neighbours ``j`` of ``i``,
    where ``alpha_ij`` is the softmax over ``j`` of ``(W_3 x_i) . (W_4 x_j) / sqrt(d)``. A node
    without neighbours keeps ``W_1 x_i``.

    Source: Y. Shi et al., "Masked label prediction: unified message passing model for
    semi-supervised classification", IJCAI 2021 (arXiv 2009.03509), equations (3) and (4).

    Args:
        width: Width of a node, input and output.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.root, self.value, self.query, self.key = (nn.Linear(width, width) for _ in range(4))

    def forward(self, nodes: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
        """Update the nodes.

        Args:
            nodes: Shape ``(graphs, nodes, width)``.
            edges: True where node ``i`` listens to node ``j``, shape ``(graphs, i, j)``.
        """
        scores = self.query(nodes) @ self.key(nodes).transpose(1, 2) / math.sqrt(nodes.shape[-1])
        # A finite value keeps the softmax of a row without neighbours, and its gradient, finite.
        shares = scores.masked_fill(~edges, -1e9).softmax(-1) * edges
        return torch.as_tensor(self.root(nodes) + shares @ self.value(nodes))


class GraphPolicy(SharedPolicy):
    """Agents receive the encoded observations of the other agents before they act.

    An encoder, a hidden layer, one attention over all present agents of the copy, and heads of
    action and value, all shared. An agent is present while it has more than one valid action;
    without masks, all are. Permuting the agents permutes actions and values.
    """

    def build(self, inputs: int, width: int = 64) -> tuple[int, int]:
        """Create encoder, hidden layer and attention; each node has ``width`` numbers."""
        self.encoder = perceptron(inputs, [width, width], nn.ReLU)
        self.conv = TransformerConv(width)
        return width, width

    def acting(self, rows: torch.Tensor, masks: torch.Tensor | None) -> torch.Tensor:
        """Return the nodes after the attention."""
        if len(rows) % self.num_agents:
            raise ValueError(f"{len(rows)} rows are not whole teams of {self.num_agents} agents")
        nodes = self.encoder(rows).reshape(-1, self.num_agents, self.value_net.in_features)
        present = torch.ones(nodes.shape[:2], dtype=torch.bool, device=rows.device)
        if masks is not None:
            present = (masks.sum(-1) > 1).reshape(present.shape)
        others = ~torch.eye(self.num_agents, dtype=torch.bool, device=rows.device)
        edges = present[:, None, :] & others
        return torch.relu(self.conv(nodes, edges)).flatten(0, 1)

    def both(
        self, rows: torch.Tensor, masks: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the nodes as the input of both heads."""
        nodes = self.acting(rows, masks)
        return nodes, nodes


class GnnPpo(Annealing, TeamPpo):
    """PPO whose shared policy is a graph network over the agents of a copy.

    Source: J. Lee, Y. Cheng, D. Niyato, Y. L. Guan, D. Gonzalez, "Intelligent resource allocation
    in joint radar-communication with graph neural networks", IEEE Transactions on Vehicular
    Technology 71(10), 2022.

    Differences from the paper: a complete graph over the present agents instead of nearest
    neighbours (the published setting has as many neighbours as agents); normalised values;
    minibatches and epochs are configurable; no recurrent layer and no gate.

    Args:
        policy: ``"GraphPolicy"``; ``policy_kwargs`` accept ``width``, the width of a node.
        env: As for :class:`TeamPpo`.
        num_agents: As for :class:`TeamPpo`.
        **settings: As for :class:`TeamPpo`, and those of
            :class:`isac_agents.algorithms.ppo.annealing.Annealing`.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"GraphPolicy": GraphPolicy}
