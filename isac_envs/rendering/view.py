"""What a scene sees: one copy of an environment, its last step and the steps before."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.model import Model, State
from isac_envs.engine.loops import per_copy

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class View:
    """One copy as its scene draws it. Everything is a copy: a scene cannot change the episode.

    Attributes:
        model: The environment with its parameters.
        env: State record of the copy.
        entities: State records of its entities, each of shape ``(K,)``.
        observation: What the agents see, shape ``(A, D)``.
        steps: The past steps of this episode, oldest first, shape ``(T,)``: records with the
            fields ``actions (A, W)``, ``objectives (A, K)``, ``costs (A, C)`` and ``metrics (A,)``.
    """

    model: Model
    env: Any
    entities: tuple[Array, ...]
    observation: Array
    steps: Array

    @property
    def params(self) -> Any:
        """Parameters of the environment; ``params.record[0]`` has the derived ones as well."""
        return self.model.params

    @property
    def last(self) -> Any:
        """Record of the last step, or None at the start of an episode."""
        return self.steps[-1] if len(self.steps) else None

    def metric(self, name: str, agent: int = 0) -> Array:
        """Return a metric over the past steps, shape ``(T,)``."""
        return np.asarray(self.steps["metrics"][name][:, agent])

    def objective(self, name: str, agent: int = 0) -> Array:
        """Return an objective over the past steps, shape ``(T,)``."""
        names = [each.name for each in self.model.objectives]
        return np.asarray(self.steps["objectives"][:, agent, names.index(name)])

    def reward(self, agent: int = 0) -> Array:
        """Return the weighted sum of the objectives over the past steps, shape ``(T,)``."""
        return np.asarray(self.steps["objectives"][:, agent] @ np.array(self.params.weights))


class Traces:
    """The past steps of the running episodes of some copies, in a ring buffer.

    Each copy owns twice ``length`` records. A new one goes behind the last; where the end is
    reached, the newer half moves to the front, so that the past is always one slice.

    Args:
        model: The environment.
        copies: Number of copies.
        length: Past steps that are kept.
    """

    def __init__(self, model: Model, copies: int, length: int = 256) -> None:
        agents = len(model.agents)
        dtype = np.dtype(
            [
                ("actions", model.action.action_dtype, (agents, model.action.width)),
                ("objectives", np.float64, (agents, len(model.objectives))),
                ("costs", np.float64, (agents, len(model.costs))),
                ("metrics", model.metrics_dtype, (agents,)),
            ]
        )
        self.length = length
        self._records = np.zeros((copies, 2 * length), dtype)
        self._ends = np.zeros(copies, np.int64)

    def append(self, i: int, **fields: Array) -> None:
        """Add a step of copy ``i``: its actions, objectives, costs and metrics."""
        records, end = self._records[i], self._ends[i]
        if end == len(records):
            records[: self.length] = records[self.length :]
            end = self.length
        for name, value in fields.items():
            records[name][end] = value
        self._ends[i] = end + 1

    def forget(self, chosen: Array | slice) -> None:
        """Start again for some copies."""
        self._ends[chosen] = 0

    def past(self, i: int) -> Array:
        """Return a copy of the past steps of copy ``i``, oldest first."""
        end = self._ends[i]
        return self._records[i, max(0, end - self.length) : end].copy()


def view(model: Model, state: State, observations: Array, traces: Traces, i: int) -> View:
    """Return the view of copy ``i`` of a batch.

    Args:
        model: The environment.
        state: State of the batch.
        observations: Observations of the batch, copies first.
        traces: Past steps of the copies.
        i: Number of the copy.
    """
    env, *entities = (array[i].copy() for array in per_copy(state))
    return View(model, env, tuple(entities), observations[i].copy(), traces.past(i))
