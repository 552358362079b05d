"""Finite Markov chains, given by the matrix of their transition probabilities.

The matrix is a NumPy array or, where most states lead to few others, a sparse one of SciPy.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, diags_array, eye_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

Array = npt.NDArray[np.float64]

_MOST_STEPS = 200_000


class SparseTransition:
    """Transition probabilities ``(A, S, S)`` of a decision process, one sparse matrix an action.

    Has what planning needs of a NumPy array of that shape.

    Args:
        matrices: A matrix ``(S, S)`` for each action, in any form that SciPy makes sparse.
    """

    ndim = 3

    def __init__(self, matrices: Sequence[Any]) -> None:
        self.matrices = [csr_array(each) for each in matrices]
        self.shape = (len(self.matrices), *self.matrices[0].shape)

    def __matmul__(self, values: Array) -> Array:
        """Return the expected values ``(A, S)`` of the next state."""
        return np.stack([each @ values for each in self.matrices])

    def sum(self, axis: int) -> Array:
        """Return the sums over an axis of the matrices: ``(A, S)`` for -1."""
        return np.stack([each.sum(axis) for each in self.matrices])

    def min(self) -> float:
        """Return the smallest probability."""
        return min(float(each.min()) for each in self.matrices)

    def max(self, axis: int) -> Any:
        """Return the sparse matrix of the largest probabilities over the actions (axis 0)."""
        if axis != 0:
            raise ValueError(f"axis is {axis}, only the axis of the actions (0) is supported")
        return reduce(lambda one, other: one.maximum(other), self.matrices)

    def chain(self, probabilities: Array) -> Any:
        """Return the sparse chain that action probabilities ``(A, S)`` make."""
        pairs = zip(probabilities, self.matrices, strict=True)
        return csr_array(sum(diags_array(each) @ matrix for each, matrix in pairs))


def classes(step: Any) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Return the class of each state, and for each class whether nothing leaves it.

    States of one class lead to each other.
    """
    count, label = connected_components(step > 0.0, connection="strong")
    closed = np.ones(count, bool)
    source, target = step.nonzero()
    closed[label[source[label[source] != label[target]]]] = False
    return label, closed


def invariant(step: Array) -> Array:
    """Return the invariant distribution of an irreducible chain."""
    system = np.eye(len(step)) - step.T
    system[-1] = 1.0  # one balance equation follows from the others; the sum takes its place
    right = np.zeros(len(step))
    right[-1] = 1.0
    return np.asarray(np.linalg.solve(system, right))


def long_run(step: Any, start: Array) -> Array:
    """Return the long-run distribution of the state of a chain.

    Exact for every chain that is a NumPy array: the invariant distribution of each closed class,
    weighted by the probability that the chain ends there. Periodic chains are averaged over their
    period.

    Args:
        step: Transition probabilities, shape ``(S, S)``.
        start: Distribution of the first state, shape ``(S,)``.
    """
    if not isinstance(step, np.ndarray):
        return settled(step, start)
    label, closed = classes(step)
    transient = ~closed[label]
    arriving = np.where(transient, 0.0, start)
    if transient.any():
        stay = np.eye(int(transient.sum())) - step[np.ix_(transient, transient)]
        visits = np.linalg.solve(stay.T, start[transient])
        arriving += visits @ step[transient] * ~transient
    result = np.zeros(len(step))
    for each in np.flatnonzero(closed):
        members = label == each
        result[members] = arriving[members].sum() * invariant(step[np.ix_(members, members)])
    return result


def settled(step: Any, start: Array, change: float = 1e-15) -> Array:
    """Return the long-run distribution of a sparse chain by repeated steps.

    The chain stays for another step with probability 1/2: the same averages without any period.

    Args:
        step: Transition probabilities, shape ``(S, S)``.
        start: Distribution of the first state, shape ``(S,)``.
        change: Largest change of a probability in a step that is taken as none.

    Raises:
        RuntimeError: If the chain mixes too slowly.
    """
    distribution = start
    for _ in range(_MOST_STEPS):
        following = 0.5 * (distribution + distribution @ step)
        if np.abs(following - distribution).max() <= change:
            return np.asarray(following / following.sum())
        distribution = following
    raise RuntimeError(f"the chain has not settled within {_MOST_STEPS} steps")


def discounted(step: Any, value: Array, discount: float) -> Array:
    """Return the expected discounted sum of a value ``(S,)`` from each state of a chain.

    Args:
        step: Transition matrix, shape ``(S, S)``, dense or sparse.
        value: Value of a step in each state, shape ``(S,)``.
        discount: Discount of a step, 0 or more and below 1.
    """
    if isinstance(step, np.ndarray):
        return np.asarray(np.linalg.solve(np.eye(len(step)) - discount * step, value))
    system = eye_array(step.shape[0], format="csr") - discount * step
    return np.asarray(spsolve(system, value))
