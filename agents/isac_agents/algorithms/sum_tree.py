"""Sums over a changing array of weights, and proportional sampling, in a binary tree.

A tree over ``n`` leaves, padded to a power of two ``m``, is one float64 array of length ``2 m``:
node 1 is the root, the children of node ``i`` are ``2 i`` and ``2 i + 1``, leaf ``k`` is node ``m +
k``. Every inner node is exactly the sum of its children, recomputed and never adjusted, so rounding
errors do not accumulate. All functions process many leaves at a time.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def make_tree(leaves: int) -> Array:
    """Create a tree whose leaves are all 0.

    Raises:
        ValueError: If there are no leaves.
    """
    if leaves < 1:
        raise ValueError(f"a tree has {leaves} leaves, must have at least 1")
    return np.zeros(2 << (leaves - 1).bit_length())


def total(tree: Array) -> float:
    """Return the sum of all leaves."""
    return float(tree[1])


def get_leaves(tree: Array, leaves: Array) -> Array:
    """Return the values of leaves."""
    return np.asarray(tree[len(tree) // 2 + leaves])


def set_leaves(tree: Array, leaves: Array, values: Array | float) -> None:
    """Set the values of leaves.

    Args:
        tree: The tree, changed in place.
        leaves: Indices of leaves, shape ``(B,)``; of repeated ones, the last value is used.
        values: New values, 0 or above, shape ``(B,)`` or one number.
    """
    nodes = len(tree) // 2 + leaves
    tree[nodes] = values
    for _ in range(_depth(tree)):
        nodes = nodes >> 1
        tree[nodes] = tree[2 * nodes] + tree[2 * nodes + 1]


def find_leaves(tree: Array, sums: Array) -> Array:
    """Find the leaf that each cumulative sum falls into, counted from the first leaf.

    Leaf ``k`` covers the sums from the total of the leaves before it up to that total plus its own
    value. Uniform draws below the total therefore sample leaves in proportion to their values. A
    leaf of 0 is never found while the total is above 0.

    Args:
        tree: The tree.
        sums: Values from 0 to the total, shape ``(B,)``.
    """
    left = np.array(sums, np.float64)
    nodes = np.ones(len(left), np.int64)
    for _ in range(_depth(tree)):
        nodes = 2 * nodes
        first = tree[nodes]
        right = (left >= first) & (tree[nodes + 1] > 0.0)
        left -= np.where(right, first, 0.0)
        nodes += right
    return nodes - len(tree) // 2


def _depth(tree: Array) -> int:
    return len(tree).bit_length() - 2
