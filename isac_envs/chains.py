"""Finite Markov chains, given by the matrix of their transition probabilities."""

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components

Array = npt.NDArray[np.float64]


def classes(step: Array) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Return the class of each state, and for each class whether nothing leaves it.

    States of one class lead to each other.
    """
    count, label = connected_components(step > 0.0, connection="strong")
    closed = np.ones(count, bool)
    source, target = np.nonzero(step)
    closed[label[source[label[source] != label[target]]]] = False
    return label, closed


def invariant(step: Array) -> Array:
    """Return the invariant distribution of an irreducible chain."""
    system = np.eye(len(step)) - step.T
    system[-1] = 1.0  # one balance equation follows from the others; the sum takes its place
    right = np.zeros(len(step))
    right[-1] = 1.0
    return np.asarray(np.linalg.solve(system, right))
