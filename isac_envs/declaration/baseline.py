"""Policies that ship with an environment: random, heuristics, optima.

A baseline is bound to a batch and may read its true state; it has the ``predict`` signature of
Stable-Baselines3, so that evaluation treats it and a learned agent alike.
"""

from typing import Any, ClassVar, Literal, Protocol

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.model import Model, State
from isac_envs.planning import Policy, finite_horizon

Kind = Literal["random", "heuristic", "exact", "convex", "genie", "best_known"]

_FAR_FROM_THE_END = 2000  # steps to go from which the optimal action is taken as stationary


class HasState(Protocol):
    """What a baseline needs of a batch."""

    model: Model
    state: State
    masks: npt.NDArray[np.bool_] | None


class Baseline:
    """Base of all baselines.

    Attributes:
        kind: What its score means: the floor, a heuristic, or an optimum and how it is known.
        summary: One line.
        memoryless: The action depends on the present state alone, so that a finite model gives
            the policy's exact value.
        constants: Attributes, numbers, that were tuned by measuring; whoever doubts that a policy
            is the best known changes them first.
    """

    kind: ClassVar[Kind] = "heuristic"
    memoryless: ClassVar[bool] = False
    constants: ClassVar[tuple[str, ...]] = ()
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
        """Return the actions of all copies: ``(n,)`` if discrete, otherwise ``(n, width)``.

        With several agents these are ``(n, A)`` and ``(n, A, width)``.
        """
        raise NotImplementedError

    def act_by_agent(self) -> dict[str, Any]:
        """Return the action of each agent of the first copy, as PettingZoo takes them."""
        names, spec = self.model.agents, self.model.action
        rows = self.act()[0].reshape(len(names), spec.width)
        if spec.kind == "discrete":
            return {name: int(row[0]) for name, row in zip(names, rows, strict=True)}
        if spec.kind == "box":  # the spaces hold single precision
            rows = rows.astype(np.float32)
        widths = (self.model.specs_of(k)[1].width for k in range(len(names)))
        return {name: row[:width] for name, row, width in zip(names, rows, widths, strict=True)}

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: Any = None,
        deterministic: bool = True,
    ) -> tuple[Any, Any]:
        """Return the action for the batch's present state.

        Args:
            observation: Tells by its shape whether one copy or all are asked for, a dictionary
                by agent that the first copy's actions are wanted so; its values are not needed,
                the true state is read.
            state: Handed back.
            episode_start: Not needed.
            deterministic: Not needed.
        """
        if isinstance(observation, dict):
            return self.act_by_agent(), state
        dimensions = 0 if self.model.observation.kind == "discrete" else 1
        alone = observation is not None and np.ndim(observation) == dimensions
        actions = self.act()
        return (actions[0] if alone else actions), state


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
