"""Exact solution of small environments: finite Markov decision processes in plain NumPy.

An environment whose state space is small enough gives a :class:`FiniteMdp` through its
``transition_model()``. The functions here turn it into numbers that a learned agent can be held
against: optimal values, the exact value of any policy, long-run averages of every signal.

A policy is an array of shape ``(S,)`` (an action for each state) or ``(S, A)`` (action
probabilities).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.errors import IsacError, UnknownNameError
from isac_envs.planning.chains import SparseTransition, classes, discounted, long_run

Array = npt.NDArray[np.float64]
Policy = npt.NDArray[Any]

_UNCHANGED = 1e-13  # relative differences below it are rounding
_STATIONARY = 1e-15  # largest change of a probability in a step that is taken as none
_MOST_ENTRIES = 10**8  # of a transition array: 800 MB


def refuse_large(actions: int, states: int) -> None:
    """Refuse a problem whose transition probabilities do not fit into memory.

    Raises:
        IsacError: If the array of shape ``(actions, states, states)`` has more than 1e8 entries.
    """
    most = math.isqrt(_MOST_ENTRIES // actions)
    if states > most:
        raise IsacError(
            f"{states} states are too many for an exact solution with {actions} actions; "
            f"at most {most}"
        )


@dataclass(frozen=True)
class FiniteMdp:
    """A finite Markov decision process with expected signals.

    Attributes:
        transition: Probabilities of the next state, shape ``(A, S, S)``, rows sum to 1; sparse
            where there are many states.
        reward: Expected reward of a state and an action, shape ``(A, S)``.
        initial: Distribution of the state after ``reset``, shape ``(S,)``.
        signals: Further expected values by name, each of shape ``(A, S)`` (events, costs, ...).
        horizon: Steps of an episode, or None where episodes do not end by time.

    Raises:
        ValueError: If shapes disagree or probabilities do not sum to 1.
    """

    transition: Array | SparseTransition
    reward: Array
    initial: Array
    signals: Mapping[str, Array] = field(default_factory=dict)
    horizon: int | None = None

    def __post_init__(self) -> None:
        if self.transition.ndim != 3:
            raise ValueError(f"transition has shape {self.transition.shape}, expected (A, S, S)")
        actions, states, _ = self.transition.shape
        shapes: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
            "transition": (self.transition.shape, (actions, states, states)),
            "initial": (self.initial.shape, (states,)),
        }
        for name, values in {"reward": self.reward, **self.signals}.items():
            shapes[name] = (values.shape, (actions, states))
        for name, (found, expected) in shapes.items():
            if found != expected:
                raise ValueError(f"{name} has shape {found}, expected {expected}")
        tables: dict[str, Any] = {"transition": self.transition, "initial": self.initial}
        for name, rows in tables.items():
            if not np.allclose(rows.sum(-1), 1.0, atol=1e-9) or rows.min() < 0:
                raise ValueError(f"{name} holds rows that are not probability distributions")

    @property
    def states(self) -> int:
        """Number of states."""
        return self.reward.shape[1]

    @property
    def actions(self) -> int:
        """Number of actions."""
        return self.reward.shape[0]


@dataclass(frozen=True)
class Solution:
    """An optimal policy and its values.

    Attributes:
        policy: Optimal action of each state, shape ``(S,)``.
        values: Expected discounted return from each state, shape ``(S,)``.
        action_values: The same for a first action, shape ``(A, S)``.
        sweeps: Number of Bellman sweeps until the tolerance was met.
    """

    policy: Policy
    values: Array
    action_values: Array
    sweeps: int


def value_iteration(
    mdp: FiniteMdp, discount: float = 0.99, tolerance: float = 1e-10, max_sweeps: int = 1_000_000
) -> Solution:
    """Solve a discounted problem by value iteration.

    Args:
        mdp: The problem.
        discount: Factor in [0, 1).
        tolerance: Largest change of a value in the last sweep.
        max_sweeps: Bound on the work.

    Raises:
        ValueError: If the discount is outside [0, 1).
        RuntimeError: If the tolerance is not met within ``max_sweeps``.
    """
    if not 0.0 <= discount < 1.0:
        raise ValueError(f"discount is {discount}, must lie in [0, 1)")
    values = np.zeros(mdp.states)
    for sweep in range(1, max_sweeps + 1):
        action_values = mdp.reward + discount * (mdp.transition @ values)
        updated = action_values.max(0)
        change = np.abs(updated - values).max()
        values = updated
        if change <= tolerance:
            return Solution(action_values.argmax(0), values, action_values, sweep)
    raise RuntimeError(f"no convergence to {tolerance} within {max_sweeps} sweeps")


def optimal_average(mdp: FiniteMdp, tolerance: float = 1e-9, max_sweeps: int = 1_000_000) -> float:
    """Return the largest long-run average reward per step, by relative value iteration.

    The result is certified: the optimum lies within ``tolerance`` of it, whatever the policy.
    Each sweep leaves a tenth of the values as they are: the same average without any period.

    Args:
        mdp: The problem.
        tolerance: Largest error of the result.
        max_sweeps: Sweeps after which it gives up.

    Raises:
        ValueError: If there are several closed classes, so that the optimum depends on the start.
        RuntimeError: If the bounds do not close within ``max_sweeps``.
    """
    _, closed = classes(mdp.transition.max(0))
    if closed.sum() > 1:
        raise ValueError(
            f"no single optimal average: the states fall into {closed.sum()} classes that nothing "
            f"leaves, so that the optimum depends on the start"
        )
    values = np.zeros(mdp.states)
    for _ in range(max_sweeps):
        updated = (mdp.reward + 0.9 * (mdp.transition @ values)).max(0) + 0.1 * values
        change = updated - values
        if change.max() - change.min() <= 2.0 * tolerance:
            return float(0.5 * (change.max() + change.min()))
        values = updated - updated[0]
    raise RuntimeError(f"no convergence to {tolerance} within {max_sweeps} sweeps")


@dataclass(frozen=True)
class EpisodeOptimum:
    """The optimal control of an episode of fixed length.

    Attributes:
        mean: Largest expected mean reward per step from ``mdp.initial``; bounds every policy.
        policy: Optimal action by steps to go (row ``k - 1`` with ``k`` steps left) and state; the
            last row holds for all longer times, so there may be fewer rows than steps.
    """

    mean: float
    policy: Policy


def finite_horizon(
    mdp: FiniteMdp, horizon: int | None = None, most_rows: int = 4096
) -> EpisodeOptimum:
    """Solve the undiscounted problem over an episode by backward induction.

    Ends early where a further step adds the same to the value of every state: so do all others.

    Args:
        mdp: The problem.
        horizon: Steps of the episode; ``mdp.horizon`` when None.
        most_rows: How many rows of the policy are kept. Far from the end the policy no longer
            depends on the time left, so the last row applies to the rest.
    """
    steps = _horizon(mdp, horizon)
    values, base = np.zeros(mdp.states), 0.0  # a state is worth its value and the base
    rows = []
    for step in range(steps):
        action_values = mdp.reward + mdp.transition @ values
        updated = action_values.max(0)
        change = updated - values
        base, values = base + updated[0], updated - updated[0]
        if step < most_rows:
            rows.append(action_values.argmax(0))
        scale = max(np.abs(updated).max(), np.abs(change).max())
        if np.ptp(change) <= _UNCHANGED * scale:
            base += (steps - step - 1) * change.mean()
            break
    return EpisodeOptimum(float(base + mdp.initial @ values) / steps, np.array(rows, np.int16))


def myopic(mdp: FiniteMdp) -> Policy:
    """Return the policy that maximises the expected immediate reward."""
    return mdp.reward.argmax(0)


def chain(mdp: FiniteMdp, policy: Policy) -> Any:
    """Return the matrix ``(S, S)``, sparse like the problem's, of the chain that a policy makes."""
    if isinstance(mdp.transition, SparseTransition):
        return mdp.transition.chain(_probabilities(mdp, policy))
    return np.asarray(np.einsum("as,ast->st", _probabilities(mdp, policy), mdp.transition))


def expected(mdp: FiniteMdp, policy: Policy, signal: str = "reward") -> Array:
    """Return the expected value of a signal in each state under a policy, shape ``(S,)``.

    Args:
        mdp: The problem.
        policy: Actions, shape ``(S,)``, or their probabilities, shape ``(S, A)``.
        signal: ``reward``, or the name of a signal.
    """
    tables = {**mdp.signals, "reward": mdp.reward}
    if signal not in tables:
        raise UnknownNameError("signal", signal, tables)
    table = tables[signal]
    return np.asarray((_probabilities(mdp, policy) * table).sum(0))


def evaluate(mdp: FiniteMdp, policy: Policy, discount: float = 0.99) -> Array:
    """Return the expected discounted return of a policy from each state, shape ``(S,)``.

    Args:
        mdp: The problem.
        policy: Actions, shape ``(S,)``, or their probabilities, shape ``(S, A)``.
        discount: Discount of a step, 0 or more and below 1.
    """
    return discounted(chain(mdp, policy), expected(mdp, policy), discount)


def stationary(mdp: FiniteMdp, policy: Policy) -> Array:
    """Return the long-run distribution of the state when the chain starts from ``mdp.initial``.

    Exact for every finite chain: the invariant distribution of each closed class, weighted by the
    probability that the chain ends there. Periodic chains are averaged over their period.
    """
    return long_run(chain(mdp, policy), mdp.initial)


def average(mdp: FiniteMdp, policy: Policy, signal: str = "reward") -> float:
    """Return the long-run mean per step of the reward or of a named signal.

    Args:
        mdp: The problem.
        policy: Actions, shape ``(S,)``, or their probabilities, shape ``(S, A)``.
        signal: ``reward``, or the name of a signal.
    """
    return float(stationary(mdp, policy) @ expected(mdp, policy, signal))


def episode_mean(
    mdp: FiniteMdp, policy: Policy, signal: str = "reward", horizon: int | None = None
) -> float:
    """Return the expected mean per step of a signal over an episode from ``mdp.initial``.

    Ends early where the distribution of the state no longer changes, or comes back after some
    steps (Brent's search: it is compared with one that moves on when the time has doubled).

    Args:
        mdp: The problem.
        policy: Actions, shape ``(S,)``, or their probabilities, shape ``(S, A)``.
        signal: ``reward``, or the name of a signal.
        horizon: Steps of the episode; ``mdp.horizon`` when None.
    """
    steps = _horizon(mdp, horizon)
    step, value = chain(mdp, policy), expected(mdp, policy, signal)
    distribution, total = mdp.initial, 0.0
    kept, since, before = distribution, 0, total
    played = 0
    while played < steps:
        total += float(distribution @ value)
        played += 1
        following = distribution @ step
        if np.abs(following - distribution).max() <= _STATIONARY:
            total += (steps - played) * float(following @ value)
            break
        distribution = following
        if np.abs(following - kept).max() <= _STATIONARY:
            rounds = (steps - played) // (played - since)
            total, played = total + rounds * (total - before), played + rounds * (played - since)
        if played >= 2 * since:
            kept, since, before = following, played, total
    return total / steps


def uniform_policy(mdp: FiniteMdp) -> Policy:
    """Return the policy that draws every action with equal probability, shape ``(S, A)``."""
    return np.full((mdp.states, mdp.actions), 1.0 / mdp.actions)


def _horizon(mdp: FiniteMdp, horizon: int | None) -> int:
    steps = mdp.horizon if horizon is None else horizon
    if steps is None or steps < 1:
        raise ValueError(f"horizon is {steps}, must be at least 1")
    return steps


def _probabilities(mdp: FiniteMdp, policy: Policy) -> Array:
    """Return action probabilities, shape ``(A, S)``, of a policy in either form."""
    if policy.shape == (mdp.states,):
        return np.eye(mdp.actions)[:, policy.astype(np.int64)]
    if policy.shape == (mdp.states, mdp.actions):
        return np.asarray(policy.T, dtype=np.float64)
    raise ValueError(
        f"policy has shape {policy.shape}, expected {(mdp.states,)} or {(mdp.states, mdp.actions)}"
    )
