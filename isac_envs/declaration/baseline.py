"""Policies that every environment can ship with: random draws, tables, the optimum.

Their base class is beside :class:`isac_envs.declaration.model.Model`, which names its baselines.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.model import Baseline, HasState, Kind, Model
from isac_envs.planning import Policy, finite_horizon

__all__ = [
    "Baseline",
    "HasState",
    "Kind",
    "OptimalBaseline",
    "RandomBaseline",
    "TableBaseline",
    "tabulate",
]

_FAR_FROM_THE_END = 2000  # steps to go from which the optimal action is taken as stationary


class RandomBaseline(Baseline):
    """Draws every action uniformly from its space; from the valid ones where there are masks."""

    kind = "random"
    summary = "Uniform draws from the action space."

    def act(self) -> npt.NDArray[Any]:
        """Return uniform actions, valid ones by the masks of the batch's last step or reset."""
        spec, count = self.model.action, len(self.model.agents)
        rows = (len(self.env), count) if count > 1 else (len(self.env),)
        masks = self.batch.masks if self.model.masked else None
        if masks is not None:
            ranks = np.where(masks, self.random.random(masks.shape), -1.0)
            return np.asarray(ranks.argmax(-1).reshape(rows))
        if spec.kind == "box":
            return self.random.uniform(spec.low, spec.high, (*rows, spec.width))
        values = self.random.integers(0, spec.high.astype(np.int64) + 1, (*rows, spec.width))
        return values[..., 0] if spec.kind == "discrete" else values


class TableBaseline(Baseline):
    """Looks the action up by the index of the state in the finite MDP."""

    memoryless = True

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.policy = self.table()

    def table(self) -> Policy:
        """Return the action of every state, shape ``(S,)``."""
        raise NotImplementedError

    def act(self) -> npt.NDArray[Any]:
        """Return the tabulated actions."""
        return np.asarray(self.policy[self.model.state_index(self.batch.state)])


class OptimalBaseline(Baseline):
    """Acts by backward induction on the exact transition model: no policy earns more."""

    kind = "exact"
    summary = "Exact optimum of the episode, by backward induction on the transition model."

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        rows = min(self.params.horizon, _FAR_FROM_THE_END)
        self.policy = finite_horizon(self.model.transition_model(), rows).policy

    def act(self) -> npt.NDArray[Any]:
        """Return the optimal actions for the time left."""
        left = np.minimum(self.params.horizon - self.env["time"], len(self.policy))
        return np.asarray(self.policy[left - 1, self.model.state_index(self.batch.state)])


def tabulate(baseline: type[Baseline], model: Model) -> Policy:
    """Return the action of a memoryless baseline in every state, shape ``(S,)``."""
    return np.asarray(baseline(_AllStates(model)).act())


class _AllStates:
    """A batch with one copy in each state."""

    def __init__(self, model: Model) -> None:
        self.model, self.state = model, model.all_states()
        self.masks: npt.NDArray[np.bool_] | None = None
