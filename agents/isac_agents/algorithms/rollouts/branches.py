"""Returns of actions, measured from copies of a state under common random numbers."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from isac_envs.core.batch import Batch
from isac_envs.declaration.baseline import Baseline
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.declaration.model import Model

Array = npt.NDArray[Any]


class Guide(Protocol):
    """Acts for every copy of a batch."""

    def __call__(self, batch: Batch, observations: Array) -> Array:
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

    def __call__(self, batch: Batch, observations: Array) -> Array:
        """Return the actions, shape ``(n, W)``."""
        if id(batch) not in self._bound:
            self._bound[id(batch)] = self._kind(batch, self._seed)
        return self._bound[id(batch)].act().reshape(batch.n, -1)


class Branches:
    """Copies of states that go separate ways: one for each candidate of each state.

    Args:
        model: The environment.
        states: Number of states S.
        candidates: Candidates C of each.
    """

    def __init__(self, model: Model, states: int, candidates: int) -> None:
        self.batch = Batch(model, states * candidates)
        self._buffers = StepBuffers.allocate(model, self.batch.n)
        self._rows = np.repeat(np.arange(states), candidates)
        self._actions = self.batch.actions()
        self._shape = (states, candidates)
        self._presented = model.observation.present

    def returns(
        self, batch: Batch, candidates: Array, guide: Guide, steps: int, gamma: float,
        random: np.random.Generator,
    ) -> Array:  # fmt: skip
        """Return what the candidates earn, shape ``(S, C)``.

        All branches of a state meet the same randomness. An episode that ends earns nothing after.

        Args:
            batch: Copies in the states; not touched.
            candidates: First actions, shape ``(S, C, W)``.
            guide: Acts afterwards.
            steps: Steps of a branch.
            gamma: Discount.
            random: Source of the seeds.
        """
        branches = self.batch
        branches.copy_from(batch, self._rows)
        seeds = random.integers(2**63, size=self._shape[0])
        branches.seed([int(each) for each in seeds[self._rows]])
        total, weight = np.zeros(branches.n), np.ones(branches.n)
        self._actions[:, 0] = candidates.reshape(branches.n, -1)
        for step in range(steps):
            if step > 0:
                seen = self._presented(self._buffers.observations[:, 0])
                self._actions[:, 0] = guide(branches, seen)
            branches.step(self._actions, self._buffers, restart=True)
            total += weight * self._buffers.rewards[:, 0]
            weight *= gamma
            weight[self._buffers.ended.any(1)] = 0.0
        return total.reshape(self._shape)


def varied(actions: Array, values: Array, count: int, changed: float, random: Any) -> Array:
    """Return candidates around actions, shape ``(S, C, W)``; the first of each is the action.

    Args:
        actions: Shape ``(S, W)``.
        values: Number of values of each coordinate, shape ``(W,)``.
        count: Candidates C of each.
        changed: Probability with which a coordinate of a candidate is drawn anew.
        random: Source.
    """
    candidates = np.repeat(actions[:, None], count, 1)
    drawn = random.integers(0, values, candidates.shape)
    other = random.random(candidates.shape) < changed
    other[:, 0] = False
    return np.where(other, drawn, candidates)
