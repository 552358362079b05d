"""The k points of a product lattice that are nearest to a point, exactly, by best-first search.

Distances add over the dimensions, so the nearest point takes the nearest level in each. Sort the
dimensions by the additional cost of their second choice. Every other point then has exactly one
predecessor, which is never more expensive. Its successors take the next choice in the current
dimension, or the second choice in the following dimension, or do the latter and also reset the
current dimension from its second choice to its first. A heap yields the points in order of
distance: O(D log D + k (D + log k)) for D dimensions.

Source: k best sums of one choice per dimension, as in E. L. Lawler, "A procedure for computing the
k best solutions to discrete optimization problems", Management Science 18(7), 1972 (recalled).
"""

import math
from typing import Any

import numpy as np

from isac_envs.engine.jit import allocating, inlined, jit

_OFF = np.inf
NEXT, MOVE, SWAP = 0, 1, 2  # how a point follows from its predecessor


@inlined
def offset_of(position: float, level: int, count: int, circular: bool) -> float:
    """Return the distance of a level from a position, both in levels; around the circle if so.

    Args:
        position: Position, in levels.
        level: Level.
        count: Number of levels, the circumference of a circle.
        circular: Whether the last level is a neighbour of the first.
    """
    apart = abs(position - level)
    if circular:
        apart = apart - count * math.floor(apart / count)
        apart = min(apart, count - apart)
    return apart


@jit
def rank_levels(
    position: float, count: int, circular: bool, scale: float, ranks: int, levels: Any, costs: Any
) -> None:
    """Rank the nearest levels of one dimension, nearest first, with their squared distances.

    Of two equally near levels, the lower one comes first.

    Args:
        position: Point, in levels.
        count: Levels, at least 1.
        circular: Whether the last level is a neighbour of the first.
        scale: Length of one level.
        ranks: Number of ranks; those beyond the levels have infinite cost.
        levels: Receives the levels, integers, shape ``(ranks,)``.
        costs: Receives the squared distances, shape ``(ranks,)``.
    """
    if circular:
        position = position - count * math.floor(position / count)
        low = math.floor(position)
    else:
        low = math.floor(min(max(position, 0.0), count - 1.0))
    high, found = low + 1, min(ranks, count)
    for rank in range(found):
        below, above = low % count, high % count
        left = offset_of(position, below, count, circular)
        right = offset_of(position, above, count, circular)
        if not circular:
            left = left if low >= 0 else _OFF
            right = right if high < count else _OFF
        takes_left = left < right or (left == right and below < above)
        levels[rank] = below if takes_left else above
        costs[rank] = (scale * (left if takes_left else right)) ** 2
        low, high = (low - 1, high) if takes_left else (low, high + 1)
    for rank in range(found, ranks):
        levels[rank], costs[rank] = 0, _OFF


@inlined
def _before(keys: Any, a: int, b: int) -> bool:
    """Return whether one entry leaves the heap before another; ties go to the older one."""
    return keys[a] < keys[b] or (keys[a] == keys[b] and a < b)


@jit
def _push(heap: Any, size: int, entry: int, keys: Any) -> None:
    child = size
    while child > 0:
        parent = (child - 1) // 2
        if not _before(keys, entry, heap[parent]):
            break
        heap[child] = heap[parent]
        child = parent
    heap[child] = entry


@jit
def _pop(heap: Any, size: int, keys: Any) -> int:
    """Remove and return the first entry of a heap of ``size`` entries."""
    first, moved, end = heap[0], heap[size - 1], size - 1
    parent = 0
    while 2 * parent + 1 < end:
        child = 2 * parent + 1
        if child + 1 < end and _before(keys, heap[child + 1], heap[child]):
            child += 1
        if not _before(keys, heap[child], moved):
            break
        heap[parent] = heap[child]
        parent = child
    heap[parent] = moved
    return int(first)


@allocating
def nearest_points(positions: Any, counts: Any, circular: Any, scales: Any, found: Any) -> None:
    """Find the nearest lattice points of many points, nearest first.

    Args:
        positions: Points, in levels, shape ``(B, D)``.
        counts: Levels of each dimension, integers, shape ``(D,)``.
        circular: Which dimensions are circles, bool, shape ``(D,)``.
        scales: Length of one level in each dimension, shape ``(D,)``.
        found: Receives the levels, integers, shape ``(B, k, D)``; k at most the lattice's size.
    """
    batch, k, dimensions = found.shape
    ranks = max(min(k, counts.max()), 2)
    levels = np.empty((dimensions, ranks), np.int64)
    costs = np.empty((dimensions, ranks))
    most = 3 * k + 1
    keys, heap = np.empty(most), np.empty(most, np.int64)
    last, choices = np.empty(most, np.int64), np.empty((most, dimensions), np.int32)
    for b in range(batch):
        total = 0.0
        for d in range(dimensions):
            rank_levels(
                positions[b, d], counts[d], circular[d], scales[d], ranks, levels[d], costs[d]
            )
            total += costs[d, 0]
        order = np.argsort(costs[:, 1] - costs[:, 0], kind="mergesort")
        entries, size = 1, 1
        keys[0], last[0], heap[0] = total, 0, 0
        choices[0] = 0
        for point in range(k):
            entry = _pop(heap, size, keys)
            size -= 1
            for d in range(dimensions):
                found[b, point, d] = levels[d, choices[entry, d]]
            at = last[entry]
            here, rank = order[at], choices[entry, order[at]]
            for way in range(3):
                is_next = way == NEXT and rank + 1 < ranks
                has_other = at + 1 < dimensions and (rank > 0 if way == MOVE else rank == 1)
                if not (is_next or (way != NEXT and has_other)):
                    continue
                key = keys[entry]
                if way == NEXT:
                    key += costs[here, rank + 1] - costs[here, rank]
                else:
                    key += costs[order[at + 1], 1] - costs[order[at + 1], 0]
                if way == SWAP:
                    key -= costs[here, 1] - costs[here, 0]
                if not key < _OFF:  # a level that does not exist
                    continue
                choices[entries] = choices[entry]
                if way == NEXT:
                    choices[entries, here] = rank + 1
                else:
                    choices[entries, order[at + 1]] = 1
                    choices[entries, here] = 0 if way == SWAP else rank
                keys[entries], last[entries] = key, at + int(way != NEXT)
                _push(heap, size, entries, keys)
                entries, size = entries + 1, size + 1
