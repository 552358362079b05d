"""Parts of networks that several learners share: layers, and groups of alike entities.

Entities are users, sectors, tracks. One small network encodes every entity of a group, whatever its
position, so that experience with one entity applies to all.

Source: M. Zaheer et al., "Deep sets", NeurIPS 2017 (arXiv 1703.06114), eq. 4: sums of encoded
members, here means and maxima.
"""

from collections.abc import Sequence
from typing import Any

import torch
from gymnasium import spaces
from torch import nn

FIXED = -1
"""Group of a choice whose values are not entities."""


class EntityEncoder(nn.Module):
    """Codes of all entities, and a summary of everything.

    Args:
        groups: Number of entities and numbers per entity of each group, in the order of the
            observation; global numbers follow the groups.
        rest: Count of global numbers.
        width: Width of an entity's encoding.
    """

    def __init__(self, groups: Sequence[Sequence[int]], rest: int, width: int) -> None:
        super().__init__()
        self.groups = [tuple(each) for each in groups]
        self.width, self.summary_size = width, 2 * width * len(self.groups) + rest
        self.encoders = nn.ModuleList(
            perceptron(numbers, [width, width], nn.ReLU) for _, numbers in groups
        )

    def forward(self, observations: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
        """Return the entities of each group with their codes, and the summary of all.

        Args:
            observations: Shape ``(n, D)``.
        """
        entities, summary, first = [], [], 0
        for (count, numbers), encoder in zip(self.groups, self.encoders, strict=True):
            raw = observations[:, first : first + count * numbers].reshape(-1, count, numbers)
            code = encoder(raw)
            entities.append(torch.cat((raw, code), -1))
            summary += [code.mean(1), code.amax(1)]
            first += count * numbers
        return entities, torch.cat((*summary, observations[:, first:]), -1)

    def scores(self, group: int, count: int, hidden: int, cases: int = 1) -> "ChoiceScores":
        """Return a new network of the scores of a choice.

        Args:
            group: Whose entity is chosen, or :data:`FIXED`.
            count: Number of values of the choice.
            hidden: Width of the summary.
            cases: Number of scores of each value.
        """
        entities, numbers = (0, 0) if group == FIXED else self.groups[group]
        numbers += self.width
        return ChoiceScores(count, entities, numbers, width=self.width, hidden=hidden, cases=cases)


class ChoiceScores(nn.Module):
    """Scores of the values of one choice, each from its entity and a summary of everything.

    Values that are not entities come first and are scored from the summary alone.

    Args:
        count: Number of values.
        entities: How many of them are entities.
        numbers: Numbers of an entity and of its encoding.
        width: Width of the layer that reads them.
        hidden: Width of the summary.
        cases: Number of scores of each value.
    """

    def __init__(
        self, count: int, entities: int, numbers: int, *, width: int, hidden: int, cases: int = 1
    ) -> None:
        super().__init__()
        self.cases = cases
        self.others: nn.Module | None = None
        if entities:
            self.mixer = perceptron(numbers + hidden, [width], nn.ReLU)
            self.score = small_head(width, cases)
        if count > entities:
            self.others = small_head(hidden, (count - entities) * cases)

    def forward(self, context: torch.Tensor, members: torch.Tensor | None) -> torch.Tensor:
        """Return the scores, shape ``(n, count, cases)``.

        Args:
            context: The summary, shape ``(n, hidden)``.
            members: Entities with their codes, shape ``(n, entities, numbers)``; None without any.
        """
        parts = []
        if self.others is not None:
            parts.append(self.others(context).reshape(len(context), -1, self.cases))
        if members is not None:
            parts.append(self.score(self.mixer(beside(members, context))))
        return torch.cat(parts, 1)


class EntityActor(nn.Module):
    """What an action is made from: each entity of the first group, and a summary of all.

    Args:
        groups: As for :class:`EntityEncoder`.
        rest: Count of global numbers.
        width: Width of the codes and of the output.
        layers: Widths of the layers above the summary; the last is that of the features of all.
    """

    def __init__(
        self, groups: Sequence[Sequence[int]], rest: int, width: int, layers: list[int]
    ) -> None:
        super().__init__()
        self.encoder = EntityEncoder(groups, rest, width)
        self.context = perceptron(self.encoder.summary_size, layers, nn.ReLU)
        self.mixer = perceptron(groups[0][1] + width + layers[-1], [width], nn.ReLU)

    def forward(self, observations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return features of each entity, ``(n, entities, width)``, and of all, ``(n, hidden)``.

        Args:
            observations: Shape ``(n, D)``.
        """
        entities, summary = self.encoder(observations)
        context = self.context(summary)
        return self.mixer(beside(entities[0], context)), context


class EntityCritic(nn.Module):
    """Features of an observation and an action that has a part for each entity of the first group.

    Args:
        groups: As for :class:`EntityEncoder`.
        rest: Count of global numbers of the observation.
        parts: Numbers of the action for each entity, and those for all, which come last.
        width: Width of the codes.
        layers: Widths of the layers above the summary; the last is the output.
    """

    def __init__(
        self,
        groups: Sequence[Sequence[int]],
        rest: int,
        parts: tuple[int, int],
        width: int,
        layers: list[int],
    ) -> None:
        super().__init__()
        self.size, (self.parts, self.common) = (groups[0][0], groups[0][1]), parts
        joined = [[groups[0][0], groups[0][1] + self.parts], *groups[1:]]
        self.encoder = EntityEncoder(joined, rest + self.common, width)
        self.layers = perceptron(self.encoder.summary_size, layers, nn.ReLU)

    def forward(self, both: torch.Tensor) -> torch.Tensor:
        """Return the features, shape ``(n, layers[-1])``.

        Args:
            both: Observations followed by actions, shape ``(n, D + W)``.
        """
        count, numbers = self.size
        ends, stops = count * numbers, both.shape[1] - self.common
        begins = stops - count * self.parts
        first, others = both[:, :ends], both[:, ends:begins]
        action, common = both[:, begins:stops], both[:, stops:]
        parts = action.reshape(len(both), count, self.parts)
        joined = torch.cat((first.reshape(len(both), count, numbers), parts), -1)
        _, summary = self.encoder(torch.cat((joined.flatten(1), others, common), 1))
        return self.layers(summary)


def beside(members: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
    """Return entities, shape ``(n, entities, numbers)``, each followed by the context of its row.

    Args:
        members: The entities.
        context: Shape ``(n, hidden)``.
    """
    around = context.unsqueeze(1).expand(-1, members.shape[1], -1)
    return torch.cat((members, around), -1)


def perceptron(width: int, layers: list[int], activation: type[nn.Module] = nn.Tanh) -> nn.Module:
    """Return fully connected layers, each followed by its activation.

    Args:
        width: Numbers that enter.
        layers: Sizes of the layers.
        activation: Class of the activation.
    """
    parts: list[nn.Module] = []
    for size in layers:
        parts += [nn.Linear(width, size), activation()]
        width = size
    return nn.Sequential(*parts)


def small_head(inputs: int, outputs: int) -> nn.Linear:
    """Create a layer whose initial scores are nearly equal."""
    layer = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(layer.weight, 0.01)
    nn.init.zeros_(layer.bias)
    return layer


def value_counts(action_space: spaces.Space[Any]) -> list[int]:
    """Return the number of values of each coordinate of the action.

    Raises:
        ValueError: If entities cannot be chosen by it.
    """
    if isinstance(action_space, spaces.MultiDiscrete):
        return [int(count) for count in action_space.nvec]
    if isinstance(action_space, spaces.Discrete):
        return [int(action_space.n)]
    raise ValueError(f"actions are {action_space}, entity policies need discrete choices")


def check_choices(
    groups: Sequence[Sequence[int]], choices: Sequence[int], values: Sequence[int]
) -> None:
    """Refuse choices that do not fit.

    Args:
        groups: Number of entities and numbers per entity of each group.
        choices: For each coordinate of the action, the group whose entity is chosen, or
            :data:`FIXED`.
        values: Number of values of each coordinate.

    Raises:
        ValueError: If one does not fit.
    """
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


def own_parts(groups: Sequence[Sequence[int]], values: Sequence[int]) -> int:
    """Return the number of values of each coordinate, one for each entity of the first group.

    Args:
        groups: Number of entities and numbers per entity of each group.
        values: Number of values of each coordinate of the action.

    Raises:
        ValueError: If there are not as many coordinates as entities, or they differ.
    """
    entities = groups[0][0] if groups else 0
    if len(values) != entities or len(set(values)) != 1:
        raise ValueError(
            f"own choices of {entities} entities need as many equal coordinates, not {values}"
        )
    return values[0]


def numbers_besides(groups: Sequence[Sequence[int]], features: int) -> int:
    """Return how many numbers of an observation describe no entity.

    Args:
        groups: Number of entities and numbers per entity of each group.
        features: Numbers of an observation.

    Raises:
        ValueError: If the groups hold more.
    """
    rest = features - sum(count * numbers for count, numbers in groups)
    if rest < 0:
        raise ValueError(
            f"groups = {groups} hold {features - rest} numbers, an observation has {features}"
        )
    return rest


def action_parts(size: int, entities: int, common: int) -> tuple[int, int]:
    """Return the numbers of an action for each entity, and those for all, which come last.

    Args:
        size: Numbers of the action.
        entities: Number of entities.
        common: Numbers for all.

    Raises:
        ValueError: If the rest cannot be divided equally among the entities.
    """
    own = size - common
    if common < 0 or own < entities or own % entities:
        beside = f", common = {common} of which are for all" if common else ""
        raise ValueError(
            f"{entities} entities do not share the {size} numbers of an action{beside}"
        )
    return own // entities, common
