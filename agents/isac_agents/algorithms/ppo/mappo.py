"""Multi-agent PPO with a central critic."""

from typing import ClassVar

import torch
from stable_baselines3.common.policies import BasePolicy
from torch import nn

from isac_agents.algorithms.networks import perceptron
from isac_agents.algorithms.ppo.annealing import Annealing
from isac_agents.algorithms.ppo.team_policy import SharedPolicy
from isac_agents.algorithms.ppo.team_ppo import TeamPpo


class TeamPolicy(SharedPolicy):
    """Each agent acts on its own observation; the critic sees the observations of the whole team.

    The critic receives the observations of all agents, in order, and the index of the agent to
    evaluate. Acting needs only the agent's own observation, so rows of single agents are valid
    inputs.
    """

    def build(
        self,
        inputs: int,
        net_arch: tuple[int, ...] = (64, 64),
        activation_fn: type[nn.Module] = nn.Tanh,
    ) -> tuple[int, int]:
        """Create a fully connected actor and critic; return their output widths.

        Args:
            inputs: Numbers of an observation.
            net_arch: Widths of the layers of each.
            activation_fn: Function between the layers.
        """
        central = (inputs + 1) * self.num_agents
        self.actor = perceptron(inputs, list(net_arch), activation_fn)
        self.critic = perceptron(central, list(net_arch), activation_fn)
        return [inputs, *net_arch][-1], [central, *net_arch][-1]

    def acting(self, rows: torch.Tensor, masks: torch.Tensor | None) -> torch.Tensor:
        """Return the output of the actor."""
        return torch.as_tensor(self.actor(rows))

    def both(
        self, rows: torch.Tensor, masks: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the outputs of the actor and of the critic."""
        return self.acting(rows, masks), torch.as_tensor(self.critic(self._central(rows)))

    def _central(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the team's observations with the agent's identity, shape ``(rows, (D + 1) A)``."""
        teams = rows.reshape(-1, self.num_agents * rows.shape[1])
        joint = teams.repeat_interleave(self.num_agents, 0)
        identity = torch.eye(self.num_agents, device=rows.device).repeat(len(teams), 1)
        return torch.cat((joint, identity), 1)


class Mappo(Annealing, TeamPpo):
    """Multi-agent PPO: shared policy, central critic, normalised values, several epochs.

    Source: C. Yu et al., "The surprising effectiveness of PPO in cooperative multi-agent games",
    NeurIPS 2022 (arXiv 2103.01955).

    Differences from the paper: the squared error of the critic instead of the Huber loss; the
    running statistics of the returns are updated once per rollout; no recurrent networks.

    Args:
        policy: ``"TeamPolicy"``; ``policy_kwargs`` accept ``net_arch``.
        env: As for :class:`TeamPpo`.
        num_agents: As for :class:`TeamPpo`.
        **settings: As for :class:`TeamPpo`, and those of
            :class:`isac_agents.algorithms.ppo.annealing.Annealing`.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"TeamPolicy": TeamPolicy}
