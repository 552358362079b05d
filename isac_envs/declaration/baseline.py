"""Policies that ship with an environment: random, heuristics, optima.

A baseline is bound to a batch and may read its true state; it has the ``predict`` signature of
Stable-Baselines3, so that evaluation treats it and a learned agent alike.
"""

from typing import Any, ClassVar, Literal, Protocol

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.model import Model, State
from isac_envs.planning import Policy, value_iteration

Kind = Literal["random", "heuristic", "exact", "convex", "genie", "best_known"]


class HasState(Protocol):
    """What a baseline needs of a batch."""

    model: Model
    state: State


class Baseline:
    """Base of all baselines.

    Attributes:
        kind: What its score means: the floor, a heuristic, or an optimum and how it is known.
        summary: One line.
    """

    kind: ClassVar[Kind] = "heuristic"
    summary: ClassVar[str]

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        self.batch = batch
        self.model = batch.model
        self.params = batch.model.params
        self.random = np.random.default_rng(seed)

    @property
    def env(self) -> npt.NDArray[Any]:
        """State records of the environments, shape ``(n,)``."""
        return self.batch.state[0]

    def act(self) -> npt.NDArray[Any]:
        """Return the actions of all copies, shape ``(n,)`` or ``(n, width)``."""
        raise NotImplementedError

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: Any = None,
        deterministic: bool = True,
    ) -> tuple[npt.NDArray[Any], Any]:
        """Return the actions for the batch's present state; the arguments are not needed."""
        return self.act(), state


class RandomBaseline(Baseline):
    """Draws every action uniformly from its space."""

    kind = "random"
    summary = "Uniform draws from the action space."

    def act(self) -> npt.NDArray[Any]:
        """Return uniform actions."""
        spec, n = self.model.action, len(self.env)
        if spec.kind == "box":
            return self.random.uniform(spec.low, spec.high, (n, spec.width))
        values = self.random.integers(0, spec.high.astype(np.int64) + 1, (n, spec.width))
        return values[:, 0] if spec.kind == "discrete" else values


class TableBaseline(Baseline):
    """Looks the action up by the index of the state in the finite MDP."""

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.policy = self.table()

    def table(self) -> Policy:
        """Return the action of every state, shape ``(S,)``."""
        raise NotImplementedError

    def act(self) -> npt.NDArray[Any]:
        """Return the tabulated actions."""
        return np.asarray(self.policy[self.model.state_index(self.batch.state)])


class OptimalBaseline(TableBaseline):
    """Acts by value iteration on the exact transition model."""

    kind = "exact"
    summary = "Value iteration on the exact transition model (discount 0.99)."
    discount = 0.99

    def table(self) -> Policy:
        """Return the optimal policy."""
        return value_iteration(self.model.transition_model(), self.discount).policy
