"""The levels of :mod:`.cfar` that cells are compared with: means and order statistics of windows.

Sums over windows are sums of sums: nothing is subtracted. Running sums and integral images take
the difference of two large numbers, and a cell 160 dB above its neighbours' noise then takes a
fifth of their level away.
"""

from typing import Any

import numpy as np

from isac_envs.engine.jit import inlined, jit
from isac_envs.engine.lanes import WIDTH, load, padded, spread, store
from isac_envs.engine.passes import copy_row

_NONE = np.float32(0.0)


@jit
def fill_periodic(power: Any, up: int, left: int, out: Any) -> None:
    """Write the power, continued periodically by ``up`` rows and ``left`` columns on each side.

    Args:
        power: Power of the cells, shape ``(rows, columns)``.
        up: Rows to add above.
        left: Columns to add on the left.
        out: Receives it; its shape says how far to continue.
    """
    rows, columns = power.shape
    for i in range(out.shape[0]):
        source, target = power[(i - up) % rows], out[i]
        copy_row(source, target[left : left + columns])
        for k in range(left):
            target[k] = source[(k - left) % columns]
        for k in range(left + columns, out.shape[1]):
            target[k] = source[(k - left) % columns]


@jit
def _add(first: Any, second: Any, out: Any) -> None:
    for i in range(out.shape[0]):
        out[i] = first[i] + second[i]


@jit
def _window_sums(values: Any, width: int, stride: int, work: Any, out: Any) -> None:
    """Write the sums of values[i + j stride] over j < width, as far as there are values.

    By doubling: sums of 1, 2, 4 ... values, of which the binary digits of the width choose some.
    There is no subtraction, so that a large value leaves no trace in windows without it.

    Args:
        values: Shape ``(n,)``.
        width: Values in a window; 0 gives 0.
        stride: Distance of the values of a window.
        work: Scratch space, shape ``(2, n)``.
        out: Receives the sums, shape ``(n,)``.
    """
    size, step, offset = values.shape[0], stride, 0
    sums, doubled, spare = values, work[0], work[1]
    if width == 0:
        out[:] = 0.0
    while width > 0:
        if width % 2:
            if offset == 0:
                copy_row(sums, out)
            else:
                _add(out, sums[offset:], out[: size - offset])
            offset += step
        width //= 2
        if width:
            _add(sums, sums[step:], doubled[: size - step])
            doubled[size - step :] = 0.0  # beyond the last whole window
            sums, doubled, spare = doubled, spare, doubled
            step *= 2


@jit
def _mean_of_three(first: Any, second: Any, third: Any, share: float, out: Any) -> None:
    scale = first.dtype.type(share)
    for k in range(out.shape[0]):
        out[k] = scale * (first[k] + second[k] + third[k])


@jit
def mean_levels(periodic: Any, train: Any, guard: Any, kind: int, work: Any, out: Any) -> None:
    """Write the levels of CA (0), GO (2) and SO (3); ``work`` has shape ``(5, periodic.size)``.

    Args:
        periodic: Power, continued periodically.
        train: Training cells on each side: rows, columns.
        guard: Guard cells on each side: rows, columns.
        kind: 0 for CA, 2 for GO, 3 for SO.
        work: Scratch, shape ``(5, periodic.size)``.
        out: Receives the levels, shape ``(rows, columns)``.
    """
    pitch, side, inner = periodic.shape[1], train[1], 2 * guard[0] + 1
    height, width = 2 * train[0] + inner, 2 * (train[1] + guard[1]) + 1
    flat, beyond = periodic.reshape(-1), width - side
    below = (height - train[0]) * pitch if train[0] else 0  # no band, no place for it
    scratch, first, second, third = work[:2], work[2], work[3], work[4]
    _window_sums(flat, side, 1, scratch, first)
    if kind == 0:  # beside the guard band; above and below it
        share = 1.0 / (height * width - inner * (width - 2 * side))
        _add(first, first[beyond:], second[: flat.shape[0] - beyond])
        second[flat.shape[0] - beyond :] = 0.0
        _window_sums(flat, width, 1, scratch, third)
        _window_sums(second, inner, pitch, scratch, first)
        _window_sums(third, train[0], pitch, scratch, second)
        for i in range(out.shape[0]):
            start = i * pitch
            above, under = second[start:], second[start + below :]
            _mean_of_three(above, under, first[start + train[0] * pitch :], share, out[i])
    else:
        share = 1.0 / (height * side)
        _window_sums(first, height, pitch, scratch, second)
        for i in range(out.shape[0]):
            before, after = second[i * pitch :], second[i * pitch + beyond :]
            for k in range(out.shape[1]):
                a, b = before[k], after[k]
                out[i, k] = share * (max(a, b) if kind == 2 else min(a, b))


@jit
def _row_sums(line: Any, bands: Any, row: int, columns: int, sums: Any) -> None:
    """Write the sums of the training cells beside each cell of a row, and of its whole window."""
    train, inner = bands[0, 1], 2 * bands[1, 1] + 1
    beside, window, start = sums[0], sums[1], row * padded(columns)
    for k in range(0, columns, WIDTH):
        before, after, middle = spread(_NONE), spread(_NONE), spread(_NONE)
        for j in range(k, k + train):
            before = before + load(line, j)
            after = after + load(line, j + train + inner)
        for j in range(k + train, k + train + inner):
            middle = middle + load(line, j)
        before = before + after
        store(beside, start + k, before)
        store(window, start + k, before + middle)


@inlined
def _column_sum(values: Any, at: int, pitch: int, end: int, count: int) -> Any:
    """Return the sum of a number of values a pitch apart, continued periodically."""
    total = spread(_NONE)
    for _ in range(count):
        total = total + load(values, at)
        at += pitch
        at -= end if at >= end else 0
    return total


@jit
def mean_levels_single(power: Any, bands: Any, line: Any, sums: Any, out: Any) -> None:
    """Write the levels of CA in single precision, which is three times as fast.

    Args:
        power: float32, contiguous, shape ``(rows, columns)``, continued periodically.
        bands: Training cells on each side, then guard cells, along each axis; shape ``(2, 2)``.
        line: Scratch for a row with its margins, float32, longer by a set of lanes.
        sums: Scratch, float32, shape ``(2, size)`` with room for the rows padded to lanes.
        out: Receives the levels, float32, flat, longer than the map by a set of lanes.
    """
    rows, columns = power.shape
    up, left = bands[0, 0] + bands[1, 0], bands[0, 1] + bands[1, 1]
    for i in range(rows):
        source = power[i]
        copy_row(source, line[left : left + columns])
        for k in range(left):
            line[k] = source[(k - left) % columns]
            line[left + columns + k] = source[k % columns]
        _row_sums(line, bands, i, columns, sums)
    beside, window, pitch, end = sums[0], sums[1], padded(columns), rows * padded(columns)
    train, inner = bands[0, 0], 2 * bands[1, 0] + 1
    cells = (2 * up + 1) * (2 * left + 1) - inner * (2 * bands[1, 1] + 1)
    share = spread(np.float32(1.0 / cells))
    for i in range(rows):
        first = (i - up) % rows * pitch
        middle = (i - bands[1, 0]) % rows * pitch
        last = (i + bands[1, 0] + 1) % rows * pitch
        for k in range(0, columns, WIDTH):
            above = _column_sum(window, first + k, pitch, end, train)
            around = _column_sum(beside, middle + k, pitch, end, inner)
            below = _column_sum(window, last + k, pitch, end, train)
            store(out, i * columns + k, share * (above + around + below))


@jit
def _select(values: Any, rank: int) -> float:
    """Return the rank-th smallest value (quickselect, reorders the values)."""
    low, high, k = 0, values.shape[0] - 1, rank - 1
    while low < high:
        pivot, i, j = values[(low + high) // 2], low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i, j = i + 1, j - 1
        if j < k < i:
            break
        low, high = (low, j) if k <= j else (i, high)
    return values[k]


@jit
def ordered_levels(power: Any, train: Any, guard: Any, rank: int, work: Any, out: Any) -> None:
    """Write the levels of OS; ``work`` holds one window.

    Args:
        power: Power of the cells, shape ``(rows, columns)``.
        train: Training cells on each side: rows, columns.
        guard: Guard cells on each side: rows, columns.
        rank: Rank of the ordered cell, 1..N.
        work: Scratch of one window.
        out: Receives the levels, shape ``(rows, columns)``.
    """
    rows, columns = power.shape
    up, left = train[0] + guard[0], train[1] + guard[1]
    for i in range(rows):
        for k in range(columns):
            count = 0
            for a in range(-up, up + 1):
                for b in range(-left, left + 1):
                    if abs(a) > guard[0] or abs(b) > guard[1]:
                        work[count] = power[(i + a) % rows, (k + b) % columns]
                        count += 1
            out[i, k] = _select(work, rank)
