"""The peaks of a range-Doppler map.

A cell above its threshold is a peak if none of the eight around it is greater. Two targets one and
a half cells apart may lie in neighbouring cells, of which that rule keeps one. So a cell beside a
greater one is a peak as well, if the map falls below both of them halfway: the transform between
two cells that one target shares is never smaller than both. Its first sidelobe, beyond a zero, is
13 dB lower, hence the second cell must be at most 6 dB below the first.

A strong target has sidelobes along both axes that exceed the threshold on their own. A peak is
dropped if it is not greater than the sidelobes of a stronger one can be there. So a weak target in
the range or the Doppler cells of a strong one is not seen.
"""

from typing import Any

import numpy as np

from isac_envs.engine.jit import Record, jit
from isac_envs.engine.mathx import sincos_turns
from isac_envs.sensing.echo_peaks import power_between
from isac_envs.sensing.echo_work import EchoWork

_QUARTER = np.float32(0.25)
_HIDDEN = 4.0
"""Times the envelope of the sidelobes: a strong peak between two cells is that much above both."""


@jit
def _around(index: int, size: int) -> tuple[int, int]:
    """Return the indices before and after one, on a periodic axis."""
    return index - 1 if index > 0 else size - 1, index + 1 if index + 1 < size else 0


@jit
def _greatest(power: Any, i: Any, k: Any) -> Any:
    """Return the greatest of three cells in one row or column."""
    return max(power[i[0], k[0]], power[i[1], k[1]], power[i[2], k[2]])


@jit
def _is_peak(p: Record, symbols: int, power: Any, cell: tuple[int, int], work: EchoWork) -> bool:
    """Return whether a cell is a peak; of equal neighbours, the first one is."""
    i, k = cell
    (up, down), (left, right) = _around(i, power.shape[0]), _around(k, power.shape[1])
    above = _greatest(power, (up, up, up), (left, k, right))
    below = _greatest(power, (down, down, down), (left, k, right))
    before = _greatest(power, (up, i, down), (left, left, left))
    after = _greatest(power, (up, i, down), (right, right, right))
    value = power[i, k]
    beside = max(power[i, left], power[i, right])
    beyond = max(power[up, k], power[down, k])
    if value > max(above, power[i, left]) and value >= max(below, power[i, right]):
        return True
    if value > max(below, beside) and above <= value / _QUARTER and i > 0:
        return power_between(p, symbols, (i + 0.5, float(k)), work) < min(value, power[up, k])
    if value > max(above, beside) and below <= value / _QUARTER and down > 0:
        return power_between(p, symbols, (i + 1.5, float(k)), work) < min(value, power[down, k])
    if value > max(after, beyond) and before <= value / _QUARTER:
        return power_between(p, symbols, (i + 1.0, k - 0.5), work) < min(value, power[i, left])
    if value > max(before, beyond) and after <= value / _QUARTER:
        return power_between(p, symbols, (i + 1.0, k + 0.5), work) < min(value, power[i, right])
    return False


@jit
def _insert(count: int, value: float, cell: tuple[int, int], work: EchoWork) -> int:
    """Insert a peak into the list of the strongest, and return their number."""
    most, place = work.statistic.shape[0], count
    if count == most:
        if value <= work.statistic[most - 1]:
            return count
        place = most - 1
    while place > 0 and work.statistic[place - 1] < value:
        work.statistic[place] = work.statistic[place - 1]
        work.peaks[0, place] = work.peaks[0, place - 1]
        work.peaks[1, place] = work.peaks[1, place - 1]
        place -= 1
    work.statistic[place], work.peaks[0, place], work.peaks[1, place] = value, cell[0] + 1, cell[1]
    return min(count + 1, most)


@jit
def _any_above(power: Any, level: Any, factor: Any) -> bool:
    """Return whether a cell of a row exceeds its threshold, without a branch for each."""
    count = 0
    for k in range(power.shape[0]):
        count += 1 if power[k] > factor * level[k] else 0
    return count > 0


@jit
def _envelope(apart: int, size: int) -> float:
    """Return the envelope of the sidelobes over the peak at a distance on a periodic axis.

    The peak may lie half a cell nearer than its cell.
    """
    near = min(apart, size - apart)
    if near <= 1:
        return 1.0
    sine = size * sincos_turns(0.5 * (near - 0.5) / size)[0]
    return 1.0 / (sine * sine)


@jit
def drop_sidelobes(p: Record, symbols: int, count: int, work: EchoWork) -> int:
    """Drop peaks that a stronger one explains, and return the number of the others.

    Args:
        p: Parameters, as :data:`.echo_work.PARAMETERS`.
        symbols: Number of symbols M.
        count: Number of peaks, the strongest first.
        work: Scratch space with the peaks.
    """
    peaks, statistic, kept = work.peaks, work.statistic, 0
    for k in range(count):
        hidden = False
        for j in range(kept):
            doppler, distance = abs(peaks[0, k] - peaks[0, j]), abs(peaks[1, k] - peaks[1, j])
            share = _envelope(doppler, symbols) * _envelope(distance, p.sensing_subcarriers)
            hidden |= share < 1.0 and statistic[k] < _HIDDEN * share * statistic[j]
        if not hidden:
            statistic[kept] = statistic[k]
            peaks[0, kept], peaks[1, kept] = peaks[0, k], peaks[1, k]
            kept += 1
    return kept


@jit
def find_peaks(p: Record, symbols: int, work: EchoWork) -> int:
    """Write the strongest peaks above their thresholds, and return their number.

    Args:
        p: Parameters, as :data:`.echo_work.PARAMETERS`.
        symbols: Number of symbols M.
        work: Scratch space with the map and the levels.
    """
    rows, columns = symbols - 1, p.sensing_subcarriers
    power = work.power[: rows * columns].reshape((rows, columns))
    level = work.level[: rows * columns].reshape((rows, columns))
    factor, count = np.float32(p.cfar_factor), 0
    for i in range(rows):
        if not _any_above(power[i], level[i], factor):
            continue
        for k in range(columns):
            if power[i, k] > factor * level[i, k] and _is_peak(p, symbols, power, (i, k), work):
                count = _insert(count, np.float64(power[i, k]), (i, k), work)
    return drop_sidelobes(p, symbols, count, work)
