"""Policies that choose the action of the largest value among all combinations of choices."""

from collections.abc import Sequence
from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import PyTorchObs
from torch import nn

from isac_agents.algorithms.networks import (
    FIXED,
    EntityEncoder,
    check_choices,
    numbers_besides,
    perceptron,
    small_head,
    value_counts,
)


class ActionValueNetwork(nn.Module):
    r"""Values of actions of several coordinates, additive given one of them.

    With the coordinate :math:`g` that the others depend on (``given``),

    .. math:: Q(o, a) = B(o, a_g) + \sum_{k \ne g} S_k(o, a_k, a_g),

    so the best combination is found coordinate by coordinate. A value of a coordinate that chooses
    an entity is scored from that entity and a summary of everything.

    Args:
        groups: Number of entities and numbers per entity of each group, in the order of the
            observation; global numbers follow the groups.
        rest: Count of global numbers.
        choices: For each coordinate of the action, the group whose entity is chosen, or
            :data:`isac_agents.algorithms.networks.FIXED`.
        values: Number of values of each coordinate.
        given: The coordinate g; None for values that are additive.
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
        given: int | None,
        width: int,
        hidden: int,
    ) -> None:
        super().__init__()
        self.encoder = EntityEncoder(groups, rest, width)
        self.choices, self.values, self.given = list(choices), list(values), given
        self.cases = 1 if given is None else self.values[given]
        self.context = perceptron(self.encoder.summary_size, [2 * hidden, hidden], nn.ReLU)
        self.base = small_head(hidden, self.cases)
        self.scores = nn.ModuleList(
            nn.Identity() if k == given else self.encoder.scores(group, count, hidden, self.cases)
            for k, (group, count) in enumerate(zip(self.choices, self.values, strict=True))
        )

    def forward(self, observations: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Return the parts of the values.

        Args:
            observations: Shape ``(n, D)``.

        Returns:
            B, shape ``(n, G)`` with G the number of values of the given coordinate, and S of each
            coordinate, shape ``(n, values, G)``; of the given one it is empty.
        """
        entities, summary = self.encoder(observations)
        context = self.context(summary)
        scores = [
            context.new_zeros(len(context), 0, self.cases)
            if k == self.given
            else self.scores[k](context, None if group == FIXED else entities[group])
            for k, group in enumerate(self.choices)
        ]
        return self.base(context), scores

    def evaluate(self, observations: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        """Return the values of actions, shape ``(n, C)``.

        Args:
            observations: Shape ``(n, D)``.
            actions: Of each observation, C of them, int64, shape ``(n, C, coordinates)``.
        """
        base, scores = self(observations)
        case = torch.zeros_like(actions[..., 0])
        if self.given is not None:
            case = actions[..., self.given]
        total = base.gather(1, case)
        for k, score in enumerate(scores):
            if k != self.given:
                flat = score.reshape(len(score), -1)
                total = total + flat.gather(1, actions[..., k] * self.cases + case)
        return total

    def best(self, observations: torch.Tensor) -> torch.Tensor:
        """Return the actions of the largest value, shape ``(n, coordinates)``.

        Args:
            observations: Shape ``(n, D)``.
        """
        total, scores = self(observations)
        picked: list[torch.Tensor | None] = [None] * len(scores)
        for k, score in enumerate(scores):
            if k != self.given:
                most, picked[k] = score.max(1)
                total = total + most
        case = total.argmax(1, keepdim=True)
        columns = [case if each is None else each.gather(1, case) for each in picked]
        return torch.cat(columns, 1)


class ActionValuePolicy(BasePolicy):
    """Takes the action of the largest value.

    Args:
        observation_space: A box of one dimension.
        action_space: Choices.
        groups: As for :class:`ActionValueNetwork`; without any it is a network of layers.
        choices: As for :class:`ActionValueNetwork`; None where no value is an entity.
        given: As for :class:`ActionValueNetwork`.
        width: Width of an entity's encoding.
        hidden: Width of the summary.

    Raises:
        ValueError: If they do not fit the spaces.
    """

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        *,
        groups: Sequence[Sequence[int]] = (),
        choices: Sequence[int] | None = None,
        given: int | None = None,
        width: int = 32,
        hidden: int = 64,
    ) -> None:
        super().__init__(observation_space, action_space)
        values = value_counts(action_space)
        if not isinstance(observation_space, spaces.Box) or len(observation_space.shape) != 1:
            raise ValueError(f"observations are {observation_space}, must be rows of numbers")
        choices = [FIXED] * len(values) if choices is None else choices
        check_choices(groups, choices, values)
        if given is not None and not 0 <= given < len(values):
            raise ValueError(f"given = {given}: the action has coordinates 0..{len(values) - 1}")
        if given is not None and choices[given] != FIXED:
            raise ValueError(f"given = {given}: that coordinate chooses an entity")
        self.alone = isinstance(action_space, spaces.Discrete)
        rest = numbers_besides(groups, observation_space.shape[0])
        self.net = ActionValueNetwork(
            groups, rest, choices, values, given=given, width=width, hidden=hidden
        )

    def _predict(self, observation: PyTorchObs, deterministic: bool = True) -> torch.Tensor:
        assert isinstance(observation, torch.Tensor)
        best = self.net.best(observation.float())
        return best[:, 0] if self.alone else best
