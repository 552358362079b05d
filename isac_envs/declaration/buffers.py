"""The arrays that a step of a batch writes.

They carry a copy axis and an agent axis: ``observations (n, A, D)``, ``masks (n, A, count)`` where
some actions are invalid, ``objectives (n, A, K)``, ``costs (n, A, C)``, ``metrics (n, A)`` of
records, ``rewards (n, A)``, the weighted sums of the objectives, ``cost (n, A)``, the sum of the
costs, and ``ended (n, 2)`` for terminated and truncated. Actions have the shape ``(n, A, W)``.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.model import CLIPPED, Model

Array = npt.NDArray[Any]


def empty_masks(model: Model, n: int) -> Array | None:
    """Return an array for which actions are valid, shape ``(n, A, count)``; None if all are."""
    return np.zeros((n, len(model.agents), model.action.count), "?") if model.masked else None


@dataclass(frozen=True)
class StepBuffers:
    """Output of one step; the module's docstring gives the shapes."""

    observations: Array
    masks: Array | None
    objectives: Array
    costs: Array
    metrics: Array
    rewards: Array
    cost: Array
    ended: Array

    @classmethod
    def allocate(cls, model: Model, n: int) -> "StepBuffers":
        """Return uninitialised arrays for ``n`` copies; every step writes all of them."""
        rows = (n, len(model.agents))
        return cls(
            np.empty((*rows, model.observation.width), model.observation.dtype),
            empty_masks(model, n),
            np.empty((*rows, len(model.objectives))),
            np.empty((*rows, len(model.costs))),
            np.empty(rows, model.metrics_dtype),
            np.empty(rows),
            np.empty(rows),
            np.empty((n, 2), np.bool_),
        )

    @classmethod
    def single(cls, model: Model) -> "tuple[StepBuffers, Array]":
        """Return the buffers of one copy with one agent, and the flat array under its numbers.

        The flat array holds reward, cost, objectives, costs and metrics, in this order, so that one
        call turns them all into Python numbers.
        """
        plain = cls.allocate(model, 1)
        names = ("rewards", "cost", "objectives", "costs")
        sizes = [getattr(plain, name).size for name in names]
        flat = np.empty(sum(sizes) + len(model.reported))
        *parts, metrics = np.split(flat, np.cumsum(sizes))
        if model.reported:  # no view has elements of size 0
            plain = replace(plain, metrics=metrics.view(model.metrics_dtype).reshape(1, 1))
        shaped = {
            name: part.reshape(getattr(plain, name).shape)
            for name, part in zip(names, parts, strict=True)
        }
        return replace(plain, **shaped), flat

    @property
    def seen(self) -> tuple[Array, ...]:
        """What a reset writes: observations, and masks where there are any."""
        masks = () if self.masks is None else (self.masks,)
        return (self.observations, *masks)

    @property
    def written(self) -> tuple[Array, ...]:
        """What a step writes, in the order of the kernels' arguments."""
        return (*self.seen, *self._outcome)

    @property
    def _outcome(self) -> tuple[Array, ...]:
        outcome = (self.objectives, self.costs, self.metrics, self.rewards, self.cost)
        return (*outcome, self.ended)

    @cached_property
    def _clipped(self) -> Array | None:
        """The numbers of clipped coordinates among the metrics; None where actions are choices."""
        counted = CLIPPED.name in (self.metrics.dtype.names or ())
        return self.metrics[CLIPPED.name] if counted else None

    def count_clipped(self, counts: Any) -> None:
        """Write the number of clipped coordinates of each action, where actions have any.

        Args:
            counts: One number for each copy and agent, in any shape; or a number for all.
        """
        if self._clipped is not None:
            alone = isinstance(counts, int)  # reshaping a number takes longer than many steps
            self._clipped[...] = counts if alone else np.reshape(counts, self._clipped.shape)

    def clear(self, rows: Any = ...) -> None:
        """Zero the outcome of copies that were reset instead of stepped, all of them by default."""
        for array in self._outcome:
            array[rows] = np.zeros((), array.dtype)
