"""PPO with a network over groups of similar entities: users, sectors, tracks.

A choice among entities is a softmax over their scores; a score depends on the entity and on a
summary of the whole observation. A choice for each entity, ``own``, takes its scores from one
network for all, and so do the numbers of a box, which has some numbers for each entity of the first
group, and some for all.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from gymnasium import spaces
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.common.preprocessing import get_action_dim
from stable_baselines3.common.type_aliases import Schedule
from torch import nn

from isac_agents.algorithms.networks import (
    FIXED,
    EntityActor,
    EntityEncoder,
    action_parts,
    check_choices,
    numbers_besides,
    own_parts,
    perceptron,
    small_head,
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


class EntityMeans(nn.Module):
    """Means of the numbers of a box, or scores, entity by entity, and features of the critic.

    Args:
        groups: As for :class:`EntityNetwork`.
        rest: Count of global numbers.
        parts: Numbers of the action, or scores, for each entity of the first group, and those for
            all, which come last.
        width: Width of an entity's encoding.
        hidden: Width of the summary.
    """

    def __init__(
        self,
        groups: Sequence[Sequence[int]],
        rest: int,
        parts: tuple[int, int],
        *,
        width: int,
        hidden: int,
    ) -> None:
        super().__init__()
        own, common = parts
        self.latent_dim_pi, self.latent_dim_vf = groups[0][0] * own + common, hidden
        self.actor = EntityActor(groups, rest, width, [2 * hidden, hidden])
        self.own = small_head(width, own)
        self.common = small_head(hidden, common) if common else None
        self.encoder = EntityEncoder(groups, rest, width)
        self.critic = perceptron(self.encoder.summary_size, [2 * hidden, hidden], nn.ReLU)

    def forward(self, observations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the means, shape ``(n, W)``, and features of the critic."""
        return self.forward_actor(observations), self.forward_critic(observations)

    def forward_actor(self, observations: torch.Tensor) -> torch.Tensor:
        """Return the means."""
        entities, context = self.actor(observations)
        means = self.own(entities).flatten(1)
        return means if self.common is None else torch.cat((means, self.common(context)), 1)

    def forward_critic(self, observations: torch.Tensor) -> torch.Tensor:
        """Return the features of the critic."""
        return torch.as_tensor(self.critic(self.encoder(observations)[1]))


class EntityPolicy(ActorCriticPolicy):
    """Actor and critic over groups of entities.

    Args:
        observation_space: A box.
        action_space: Discrete or MultiDiscrete, or a box with groups.
        lr_schedule: Step size by the remaining fraction of the training.
        groups: As for :class:`EntityNetwork`; empty for a plain fully connected network.
        choices: As for :class:`EntityNetwork`; None if no value is an entity.
        own: Each coordinate of a MultiDiscrete action is a choice for the entity of the first group
            at its place, such as what to do with it.
        common: Numbers of a box that belong to no entity; they come last.
        width: Width of an entity's encoding.
        hidden: Width of the summary.
        **settings: As for the base class.

    Raises:
        ValueError: If groups and choices do not fit the spaces.
        TypeError: If another activation than the rectifier of these networks is given.
    """

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        lr_schedule: Schedule,
        *,
        groups: Sequence[Sequence[int]] = (),
        choices: Sequence[int] | None = None,
        own: bool = False,
        common: int = 0,
        width: int = 32,
        hidden: int = 64,
        **settings: Any,
    ) -> None:
        if settings.get("activation_fn", nn.ReLU) is not nn.ReLU:
            raise TypeError("activation: the networks of a policy over entities are rectified")
        self.groups, self.width, self.hidden = groups, width, hidden
        self.common, self.choices, self.values = common, choices, list[int]()
        self.own = own
        if groups and isinstance(action_space, spaces.Box):
            if choices is not None:
                raise ValueError(f"choices = {choices}: a box has none")
            if own:
                raise ValueError("own = True: a box has no own choices")
            self.parts = action_parts(get_action_dim(action_space), groups[0][0], common)
        elif own:
            if choices is not None or common:
                raise ValueError(f"choices = {choices}, common = {common}: own choices have none")
            self.parts = own_parts(groups, value_counts(action_space)), 0
        else:
            if common:
                raise ValueError(f"common = {common}: only a box with groups has such numbers")
            self.values = value_counts(action_space)
            self.choices = [FIXED] * len(self.values) if choices is None else choices
            check_choices(groups, self.choices, self.values)
        super().__init__(observation_space, action_space, lr_schedule, **settings)

    def _build_mlp_extractor(self) -> None:
        rest = numbers_besides(self.groups, self.features_dim)
        sizes = {"width": self.width, "hidden": self.hidden}
        network: Any
        if self.choices is None:
            network = EntityMeans(self.groups, rest, self.parts, **sizes)
        else:
            network = EntityNetwork(self.groups, rest, self.choices, self.values, **sizes)
        self.mlp_extractor = network

    def _build(self, lr_schedule: Schedule) -> None:
        super()._build(lr_schedule)
        self.action_net: Any = nn.Identity()  # the extractor already outputs scores or means
        rate = lr_schedule(1)
        optimizer: Any = self.optimizer_class
        self.optimizer = optimizer(self.parameters(), lr=rate, **self.optimizer_kwargs)

    def _get_constructor_parameters(self) -> dict[str, Any]:
        mine = ("groups", "choices", "own", "common", "width", "hidden")
        base = super()._get_constructor_parameters()
        del base["activation_fn"]
        return base | {name: getattr(self, name) for name in mine}


class EntityPpo(Ppo):
    """PPO of :class:`isac_agents.algorithms.ppo.ppo.Ppo` with :class:`EntityPolicy`."""

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"EntityPolicy": EntityPolicy}
