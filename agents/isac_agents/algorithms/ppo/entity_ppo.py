"""PPO with a network over groups of similar entities: users, sectors, tracks.

One small network encodes every entity of a group, whatever its position, so that experience with
one entity applies to all. A choice among entities is a softmax over their scores; a score depends
on the entity and on a summary of the whole observation.

Source: M. Zaheer et al., "Deep sets", NeurIPS 2017 (arXiv 1703.06114), eq. 4: sums of encoded
members, here means and maxima.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from gymnasium import spaces
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.common.type_aliases import Schedule
from torch import nn

from isac_agents.algorithms.ppo.ppo import Ppo
from isac_agents.algorithms.ppo.team_policy import perceptron

FIXED = -1
"""Group of a choice whose values are not entities."""


class EntityNetwork(nn.Module):
    """Scores of all values of all choices, and features of the critic.

    Args:
        groups: Number of entities and numbers per entity of each group, in the order of the
            observation; global numbers follow the groups.
        rest: Count of global numbers.
        choices: For each coordinate of the action, the group whose entity is chosen, or
            :data:`FIXED`.
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
        self.groups, self.choices = [tuple(each) for each in groups], list(choices)
        self.latent_dim_pi, self.latent_dim_vf = sum(values), hidden
        self.encoders = nn.ModuleList(
            perceptron(numbers, [width, width], nn.ReLU) for _, numbers in groups
        )
        pooled = 2 * width * len(self.groups) + rest
        self.context = perceptron(pooled, [2 * hidden, hidden], nn.ReLU)
        self.critic = perceptron(pooled, [2 * hidden, hidden], nn.ReLU)
        self.mixers, self.scores, self.others = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for group, count in zip(self.choices, values, strict=True):
            size, numbers = (0, 0) if group == FIXED else self.groups[group]
            self.mixers.append(
                perceptron(numbers + width + hidden, [width], nn.ReLU) if size else nn.Identity()
            )
            self.scores.append(_head(width, 1) if size else nn.Identity())
            self.others.append(_head(hidden, count - size) if count > size else nn.Identity())

    def _encode(self, observations: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
        """Return the entities of each group with their encodings, and the summary of all."""
        entities, summary, first = [], [], 0
        for (count, numbers), encoder in zip(self.groups, self.encoders, strict=True):
            raw = observations[:, first : first + count * numbers].reshape(-1, count, numbers)
            code = encoder(raw)
            entities.append(torch.cat((raw, code), -1))
            summary += [code.mean(1), code.amax(1)]
            first += count * numbers
        return entities, torch.cat((*summary, observations[:, first:]), -1)

    def _act(self, entities: list[torch.Tensor], summary: torch.Tensor) -> torch.Tensor:
        context, logits = self.context(summary), []
        parts = zip(self.choices, self.mixers, self.scores, self.others, strict=True)
        for group, mixer, score, others in parts:
            if not isinstance(others, nn.Identity):
                logits.append(others(context))
            if group != FIXED:
                members = entities[group]
                around = context.unsqueeze(1).expand(-1, members.shape[1], -1)
                logits.append(score(mixer(torch.cat((members, around), -1))).squeeze(-1))
        return torch.cat(logits, -1)

    def forward(self, observations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return scores of all values, shape ``(n, values)``, and features of the critic."""
        entities, summary = self._encode(observations)
        return self._act(entities, summary), self.critic(summary)

    def forward_actor(self, observations: torch.Tensor) -> torch.Tensor:
        """Return the scores."""
        return self._act(*self._encode(observations))

    def forward_critic(self, observations: torch.Tensor) -> torch.Tensor:
        """Return the features of the critic."""
        return torch.as_tensor(self.critic(self._encode(observations)[1]))


def _head(inputs: int, outputs: int) -> nn.Linear:
    """Create a layer whose initial scores are nearly equal."""
    layer = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(layer.weight, 0.01)
    nn.init.zeros_(layer.bias)
    return layer


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
        values = _values(action_space)
        self.groups, self.choices = groups, [FIXED] * len(values) if choices is None else choices
        self.width, self.hidden, self.values = width, hidden, values
        _check(groups, self.choices, values)
        super().__init__(observation_space, action_space, lr_schedule, **settings)

    def _build_mlp_extractor(self) -> None:
        rest = self.features_dim - sum(count * numbers for count, numbers in self.groups)
        if rest < 0:
            raise ValueError(
                f"groups = {self.groups} hold {self.features_dim - rest} numbers, an observation "
                f"has {self.features_dim}"
            )
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
        return base | {name: getattr(self, name) for name in mine}


def _values(action_space: spaces.Space[Any]) -> list[int]:
    """Return the number of values of each coordinate of the action."""
    if isinstance(action_space, spaces.MultiDiscrete):
        return [int(count) for count in action_space.nvec]
    if isinstance(action_space, spaces.Discrete):
        return [int(action_space.n)]
    raise ValueError(f"actions are {action_space}, entity policies need discrete choices")


def _check(groups: Sequence[Sequence[int]], choices: Sequence[int], values: list[int]) -> None:
    """Refuse choices that do not fit."""
    if len(choices) != len(values):
        raise ValueError(f"choices = {choices}: {len(values)} coordinates need one group each")
    for group, count in zip(choices, values, strict=True):
        if group == FIXED:
            continue
        if not 0 <= group < len(groups):
            raise ValueError(f"choices = {choices}: there are groups 0..{len(groups) - 1}, or -1")
        if groups[group][0] not in (count, count - 1):
            raise ValueError(
                f"choices = {choices}: a coordinate of {count} values chooses among the "
                f"{groups[group][0]} entities of group {group}"
            )


class EntityPpo(Ppo):
    """PPO of :class:`isac_agents.algorithms.ppo.ppo.Ppo` with :class:`EntityPolicy`."""

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"EntityPolicy": EntityPolicy}
