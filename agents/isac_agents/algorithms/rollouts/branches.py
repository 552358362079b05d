"""Returns of actions, measured from copies of a state under common random numbers."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_agents.algorithms.teachers import Guide
from isac_envs.declaration.model import Model, State
from isac_envs.declaration.trial import Trial

Array = npt.NDArray[Any]


class Branches:
    """Copies of states that go separate ways: one for each candidate of each state.

    Args:
        model: The environment.
        states: Number of states S.
        candidates: Candidates C of each.
    """

    def __init__(self, model: Model, states: int, candidates: int) -> None:
        self._trial = Trial(model, states * candidates)
        self._rows = np.repeat(np.arange(states), candidates)
        self._shape = (states, candidates)

    def returns(
        self, state: State, candidates: Array, guide: Guide, steps: int, gamma: float,
        random: np.random.Generator,
    ) -> Array:  # fmt: skip
        """Return what the candidates earn, shape ``(S, C)``.

        All branches of a state meet the same randomness. An episode that ends earns nothing after.

        Args:
            state: The states; not touched.
            candidates: First actions, shape ``(S, C, W)``.
            guide: Acts afterwards.
            steps: Steps of a branch.
            gamma: Discount.
            random: Source of the seeds.
        """
        trial = self._trial
        trial.take(state, self._rows)
        trial.reseed(random.integers(2**63, size=self._shape[0])[self._rows])
        total, weight = np.zeros(trial.n), np.ones(trial.n)
        actions = candidates.reshape(trial.n, -1)
        for step in range(steps):
            if step > 0:
                actions = guide(trial, trial.observations[:, 0])
            total += weight * trial.step(actions, restart=True)
            weight *= gamma
            weight[trial.ended] = 0.0
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
