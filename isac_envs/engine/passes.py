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


@inlined
def weighted_sum(values: Any, weights: Any) -> float:
    """Return a sum of weighted numbers, added in order."""
    result = 0.0
    for k in range(values.shape[0]):
        result += weights[k] * values[k]
    return result


@inlined
def total(values: Any) -> float:
    """Return a sum of numbers, added in order."""
    result = 0.0
    for k in range(values.shape[0]):
        result += values[k]
    return result
