"""Rollouts of teams: minibatches keep the agents of a copy together, and masks are stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3.common.buffers import RolloutBuffer

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class TeamSamples:
    """A minibatch of whole teams; row ``i * A + a`` is agent ``a`` of sample ``i``.

    Attributes:
        observations: Shape ``(rows, ...)``.
        actions: Shape ``(rows, width)``.
        values: Critic values when played, shape ``(rows,)``.
        log_probabilities: Log probabilities of the actions when played, shape ``(rows,)``.
        advantages: Generalised advantage estimates, shape ``(rows,)``.
        returns: Targets of the critic, shape ``(rows,)``.
        masks: Valid actions, shape ``(rows, actions)``; None if all are.
    """

    observations: torch.Tensor
    actions: torch.Tensor
    values: torch.Tensor
    log_probabilities: torch.Tensor
    advantages: torch.Tensor
    returns: torch.Tensor
    masks: torch.Tensor | None

    @property
    def deciding(self) -> torch.Tensor:
        """Rows with more than one valid action, bool; there is nothing to learn from others."""
        if self.masks is None:
            return torch.ones_like(self.returns, dtype=torch.bool)
        return self.masks.sum(-1) > 1


class TeamBuffer(RolloutBuffer):
    """A rollout buffer whose minibatches are drawn over steps and copies, never splitting a team.

    Args:
        *args: As for :class:`stable_baselines3.common.buffers.RolloutBuffer`.
        num_agents: Agents of a copy, consecutive rows of the environment.
        **kwargs: As for that class.
    """

    masks: Array | None

    def __init__(self, *args: Any, num_agents: int = 1, **kwargs: Any) -> None:
        self.num_agents = num_agents
        super().__init__(*args, **kwargs)

    def reset(self) -> None:
        """Clear the buffer."""
        super().reset()
        self.masks = None

    def add(self, *args: Any, masks: Array | None = None, **kwargs: Any) -> None:
        """Store a step.

        Args:
            *args: As in the base class.
            masks: Valid actions, shape ``(n_envs, actions)``; None if all are.
            **kwargs: As in the base class.
        """
        if masks is not None:
            if self.masks is None:
                self.masks = np.ones((self.buffer_size, *masks.shape), bool)
            self.masks[self.pos] = masks
        super().add(*args, **kwargs)

    def teams(self, batch_size: int) -> Iterator[TeamSamples]:
        """Yield minibatches in random order, covering every stored step once.

        Args:
            batch_size: Rows of a minibatch, rounded down to whole teams.
        """
        columns = (
            self.observations, self.actions, self.values, self.log_probs, self.advantages,
            self.returns, self.masks,
        )  # fmt: skip
        grouped = [
            None if each is None else by_team(each, self.num_agents, self.device)
            for each in columns
        ]
        total = self.buffer_size * self.n_envs // self.num_agents
        size = max(1, batch_size // self.num_agents)
        order = torch.randperm(total)
        for first in range(0, total, size):
            chosen = order[first : first + size]
            yield TeamSamples(
                *(None if each is None else each[chosen].flatten(0, 1) for each in grouped)  # type: ignore[arg-type]
            )


def by_team(column: Array, agents: int, device: torch.device | str) -> torch.Tensor:
    """Reshape a column to one row for each team: shape ``(steps * copies, A, ...)``.

    Args:
        column: Shape ``(steps, copies * A, ...)``.
        agents: Agents A of a team.
        device: Where the tensor lies.
    """
    return torch.as_tensor(column.reshape(-1, agents, *column.shape[2:]), device=device)
