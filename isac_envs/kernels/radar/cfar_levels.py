"""The level that a cell is compared with in :mod:`.cfar`: means and order statistics of windows.

Sums over windows are sums of sums: nothing is subtracted. Running sums and integral images take
the difference of two large numbers, and a cell 160 dB above its neighbours' noise then takes a
fifth of their level away.
"""

from typing import Any

from isac_envs.engine.jit import jit
from isac_envs.engine.passes import copy_row


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
        source, column = (i - up) % rows, (-left) % columns
        for k in range(out.shape[1]):
            out[i, k] = power[source, column]
            column = column + 1 if column + 1 < columns else 0


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
            beside = first[start + train[0] * pitch :]
            for k in range(out.shape[1]):
                out[i, k] = share * (above[k] + under[k] + beside[k])
    else:
        share = 1.0 / (height * side)
        _window_sums(first, height, pitch, scratch, second)
        for i in range(out.shape[0]):
            before, after = second[i * pitch :], second[i * pitch + beyond :]
            for k in range(out.shape[1]):
                a, b = before[k], after[k]
                out[i, k] = share * (max(a, b) if kind == 2 else min(a, b))


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
