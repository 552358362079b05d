"""Assignments of rows to columns at the least cost, compiled, for a few dozen of either.

A pair is made only where its cost is negative: the cost of leaving a row alone is 0. A gate is
therefore a large negative offset of the pairs inside it, and a zero elsewhere.

Source: R. Jonker and A. Volgenant, Computing 38, 1987 (shortest augmenting paths).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import jit

ALONE = -1
"""Partner of a row or a column that has none."""

_ROWS = 3


def assignment_work(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Return scratch arrays for :func:`assign`.

    Args:
        rows: Largest number of rows, 0..65536.
        columns: Largest number of columns, 0..65536.

    Returns:
        float64 of shape ``(3, rows + columns + 1)`` and int64 of the same shape.

    Raises:
        ValueError: An argument is outside its range.
    """
    for name, value in (("rows", rows), ("columns", columns)):
        check_range(name, float(value), Range(0.0, 65536.0, whole=True))
    size = int(rows) + int(columns) + 1
    return np.zeros((_ROWS, size)), np.zeros((_ROWS, size), np.int64)


@jit
def assign(cost: Any, partner: Any, prices: Any, paths: Any) -> float:
    """Assign rows to columns so that the sum of the costs is least, and return that sum.

    Args:
        cost: Shape ``(R, C)``, finite; a pair whose cost is not below 0 is never made.
        partner: Receives the column of each row, or :data:`ALONE`, int64, shape ``(R,)``.
        prices: Scratch of :func:`assignment_work`.
        paths: The other scratch; both may be larger than needed.
    """
    rows, columns = cost.shape
    width = columns + rows  # a column of its own for each row that stays alone
    row_price, column_price, slack = prices[0], prices[1], prices[2]
    owner, came_from, reached = paths[0], paths[1], paths[2]
    for j in range(width + 1):
        column_price[j] = 0.0
        owner[j] = 0  # rows and columns count from 1: 0 is nobody
    for i in range(rows + 1):
        row_price[i] = 0.0
    for i in range(1, rows + 1):
        owner[0] = i
        for j in range(width + 1):
            slack[j] = np.inf
            reached[j] = 0
        column = 0
        while True:
            reached[column] = 1
            row = owner[column]
            least, nearest = np.inf, 0
            for j in range(1, width + 1):
                if reached[j] == 1:
                    continue
                entry = min(cost[row - 1, j - 1], 0.0) if j <= columns else 0.0
                reduced = entry - row_price[row] - column_price[j]
                if reduced < slack[j]:
                    slack[j] = reduced
                    came_from[j] = column
                if slack[j] < least:
                    least, nearest = slack[j], j
            for j in range(width + 1):
                if reached[j] == 1:
                    row_price[owner[j]] += least
                    column_price[j] -= least
                else:
                    slack[j] -= least
            column = nearest
            if owner[column] == 0:
                break
        while column != 0:
            previous = came_from[column]
            owner[column] = owner[previous]
            column = previous
    total = 0.0
    for i in range(rows):
        partner[i] = ALONE
    for j in range(1, columns + 1):
        i = owner[j] - 1
        if i >= 0 and cost[i, j - 1] < 0.0:
            partner[i] = j - 1
            total += cost[i, j - 1]
    return total


def least_cost_assignment(cost: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return the column of each row in the assignment of least cost, or -1 for none.

    Args:
        cost: Finite, shape ``(R, C)``; pairs whose cost is not below 0 are never made.

    Raises:
        ValueError: If the cost is not a finite matrix.
    """
    costs = np.array(cost, np.float64, order="C")
    if costs.ndim != 2 or not np.isfinite(costs).all():
        raise ValueError(f"cost of shape {costs.shape} is not a matrix of finite numbers")
    partner = np.empty(len(costs), np.int64)
    assign(costs, partner, *assignment_work(*costs.shape))
    return partner
