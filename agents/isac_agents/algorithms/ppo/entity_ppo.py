"""PPO with a network over groups of similar entities: users, sectors, tracks.

A choice among entities is a softmax over their scores; a score depends on the entity and on a
summary of the whole observation.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from gymnasium import spaces
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.common.type_aliases import Schedule
from torch import nn

from isac_agents.algorithms.networks import (
    FIXED,
    EntityEncoder,
    check_choices,
    numbers_besides,
    perceptron,
    value_counts,
)
from isac_agents.algorithms.ppo.ppo import Ppo


class EntityNetwork(nn.Module):
    """Scores of all values of all choices, and features of the critic.

    Args:
        groups: Number of entities and numbers per entity of each group, in the order of the
            observation; global numbers follow the groups.
        rest: Count of global numbers.
        choices: For each coordinate of the action, the group whose entity is chosen, or
            :data:`isac_agents.algorithms.networks.FIXED`.
        values: Number of values of each coordinate: the entities of its group, preceded by "none"
            if there is one value more.
        width: Width of an entity's encoding.
        hidden: Width of the summary.
    """

    def __init__(
        self,
        groups: Sequence[Sequence[int]],
        rest: int,
        choices: Sequence[int],
        values: Sequence[int],
        *,
        width: int,
        hidden: int,
    ) -> None:
        super().__init__()
        self.encoder = EntityEncoder(groups, rest, width)
        self.choices = list(choices)
        self.latent_dim_pi, self.latent_dim_vf = sum(values), hidden
        pooled = self.encoder.summary_size
        self.context = perceptron(pooled, [2 * hidden, hidden], nn.ReLU)
        self.critic = perceptron(pooled, [2 * hidden, hidden], nn.ReLU)
        self.scores = nn.ModuleList(
            self.encoder.scores(group, count, hidden)
            for group, count in zip(self.choices, values, strict=True)
        )

    def _act(self, entities: list[torch.Tensor], summary: torch.Tensor) -> torch.Tensor:
        context = self.context(summary)
        logits = [
            scores(context, None if group == FIXED else entities[group]).squeeze(-1)
            for group, scores in zip(self.choices, self.scores, strict=True)
        ]
        return torch.cat(logits, -1)

    def forward(self, observations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return scores of all values, shape ``(n, values)``, and features of the critic."""
        entities, summary = self.encoder(observations)
        return self._act(entities, summary), self.critic(summary)

    def forward_actor(self, observations: torch.Tensor) -> torch.Tensor:
        """Return the scores."""
        return self._act(*self.encoder(observations))

    def forward_critic(self, observations: torch.Tensor) -> torch.Tensor:
        """Return the features of the critic."""
        return torch.as_tensor(self.critic(self.encoder(observations)[1]))


class EntityPolicy(ActorCriticPolicy):
    """Actor and critic over groups of entities.

    Args:
        observation_space: A box.
        action_space: Discrete or MultiDiscrete.
        lr_schedule: Step size by the remaining fraction of the training.
        groups: As for :class:`EntityNetwork`; empty for a plain fully connected network.
        choices: As for :class:`EntityNetwork`; None if no value is an entity.
        width: Width of an entity's encoding.
        hidden: Width of the summary.
        **settings: As for the base class.

    Raises:
        ValueError: If groups and choices do not fit the spaces.
        TypeError: If an activation is given, which these networks do not choose.
    """

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        lr_schedule: Schedule,
        *,
        groups: Sequence[Sequence[int]] = (),
        choices: Sequence[int] | None = None,
        width: int = 32,
        hidden: int = 64,
        **settings: Any,
    ) -> None:
        if "activation_fn" in settings:
            raise TypeError("a policy over entities has no choice of the activation")
        values = value_counts(action_space)
        self.groups, self.choices = groups, [FIXED] * len(values) if choices is None else choices
        self.width, self.hidden, self.values = width, hidden, values
        check_choices(groups, self.choices, values)
        super().__init__(observation_space, action_space, lr_schedule, **settings)

    def _build_mlp_extractor(self) -> None:
        rest = numbers_besides(self.groups, self.features_dim)
        network: Any = EntityNetwork(
            self.groups, rest, self.choices, self.values, width=self.width, hidden=self.hidden
        )
        self.mlp_extractor = network

    def _build(self, lr_schedule: Schedule) -> None:
        super()._build(lr_schedule)
        self.action_net: Any = nn.Identity()  # the extractor already outputs the scores
        rate = lr_schedule(1)
        optimizer: Any = self.optimizer_class
        self.optimizer = optimizer(self.parameters(), lr=rate, **self.optimizer_kwargs)

    def _get_constructor_parameters(self) -> dict[str, Any]:
        mine = ("groups", "choices", "width", "hidden")
        base = super()._get_constructor_parameters()
        del base["activation_fn"]
        return base | {name: getattr(self, name) for name in mine}


class EntityPpo(Ppo):
    """PPO of :class:`isac_agents.algorithms.ppo.ppo.Ppo` with :class:`EntityPolicy`."""

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"EntityPolicy": EntityPolicy}
