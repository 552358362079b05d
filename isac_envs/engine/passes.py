"""Compiled passes over the arrays of a whole batch that every environment shares."""

from typing import Any

from isac_envs.engine.jit import inlined, jit


@jit
def first_outside(values: Any, high: Any) -> int:
    """Return the first row with an integer outside ``0..high``, or -1.

    Args:
        values: Integers, shape ``(n, width)``.
        high: Largest valid values as float64, shape ``(width,)``.
    """
    for i in range(values.shape[0]):
        for k in range(values.shape[1]):
            if values[i, k] < 0 or values[i, k] > high[k]:
                return i
    return -1


@inlined
def copy_row(source: Any, target: Any) -> None:
    """Copy an array of shape ``(width,)`` into another one.

    An assignment to a row or a slice would make an array, in case both share their memory.
    """
    for k in range(source.shape[0]):
        target[k] = source[k]


@jit
def clip_row(row: Any, low: Any, high: Any) -> int:
    """Clip a row into its bounds and return how many numbers that changed, or -1 for a NaN.

    Args:
        row: Changed in place, as far as the first NaN, shape ``(width,)``.
        low: Smallest values, shape ``(width,)``.
        high: Largest values, shape ``(width,)``.
    """
    clipped = 0
    for k in range(row.shape[0]):
        value = row[k]
        if value != value:
            return -1
        if value < low[k] or value > high[k]:
            row[k] = low[k] if value < low[k] else high[k]
            clipped += 1
    return clipped


@jit
def weigh(objectives: Any, weights: Any, reward: Any) -> None:
    """Write the weighted sums of objectives, added in the order of the objectives.

    Args:
        objectives: Shape ``(n, A, K)``.
        weights: Shape ``(K,)``.
        reward: Receives the sums, shape ``(n, A)``.
    """
    for i in range(objectives.shape[0]):
        for a in range(objectives.shape[1]):
            total = 0.0
            for k in range(objectives.shape[2]):
                total += weights[k] * objectives[i, a, k]
            reward[i, a] = total
