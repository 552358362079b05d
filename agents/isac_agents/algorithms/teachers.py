"""Baselines of an environment as teachers: they act for every copy of a batch."""

from typing import Any, Protocol

import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline
from isac_envs.declaration.model import HasState, Model

Array = npt.NDArray[Any]


class Guide(Protocol):
    """Acts for every copy of an environment."""

    def __call__(self, copies: HasState, observations: Array) -> Array:
        """Return the actions, shape ``(n, W)``."""


class Rule:
    """A baseline of the environment as a guide.

    Args:
        model: The environment.
        name: Name of the baseline.
        seed: Of what the baseline draws.
    """

    def __init__(self, model: Model, name: str, seed: int = 0) -> None:
        self._kind: type[Baseline] = model.baselines[name]
        self._seed = seed
        self._bound: dict[int, Baseline] = {}

    def __call__(self, copies: HasState, observations: Array) -> Array:
        """Return the actions, shape ``(n, W)``."""
        if id(copies) not in self._bound:
            self._bound[id(copies)] = self._kind(copies, self._seed)
        return self._bound[id(copies)].act().reshape(len(copies.state[0]), -1)
