r"""Detection at a constant false alarm rate: cell averaging, ordered statistic, greatest, smallest.

Cells hold squared magnitudes after a matched filter: exponential in noise alone. The threshold is a
factor times a level estimated from training cells beyond a guard band. Factors multiply the MEAN of
the training cells (CA; GO and SO: of the chosen half; OS: the k-th smallest cell), not their sum.
Both axes of a range-Doppler map are periodic, so windows wrap around and every cell has all its
training cells. Halves (GO, SO) lie before and after the cell along the last axis. Probabilities are
for one cell: a map of K independent cells has a false alarm with probability
:math:`1 - (1 - p_\mathrm{fa})^K`. Windows correlate the cells, which changes the rate.

Sources: H. M. Finn and R. S. Johnson, RCA Review 29, 1968 (CA); H. Rohling, IEEE Trans. AES-19(4),
1983 (OS); V. G. Hansen and J. H. Sawyers, AES-16(1), 1980 (GO); G. V. Trunk, AES-14(5), 1978 (SO):
recalled; the formulas are checked against tables and by Monte Carlo.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.engine import mathx
from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import jit
from isac_envs.kernels.radar.cfar_levels import fill_periodic, mean_levels, ordered_levels

KINDS = ("ca", "os", "go", "so")
_NEGLIGIBLE = 1e-17
_CELLS = Range(0.0, 1e6, whole=True)


@jit
def ca_probability(factor: float, cells: float, snr: float) -> float:
    r"""Return the exceedance probability of a CA threshold: Swerling case 1, or noise at ``snr`` 0.

    :math:`(1 + \mathrm{factor} / (N (1 + \mathrm{snr})))^{-N}`.

    Args:
        factor: Threshold factor.
        cells: Training cells N.
        snr: SNR of the target, linear; 0 for noise alone.
    """
    return mathx.exp(max(-cells * mathx.ln(1.0 + factor / (cells * (1.0 + snr))), -700.0))


@jit
def os_probability(factor: float, cells: int, rank: int, snr: float) -> float:
    r"""Return the exceedance probability of an OS threshold, the k-th smallest of N cells.

    :math:`\prod_{i < k} (N - i) / (N - i + t)` with
    :math:`t = \mathrm{factor} / (1 + \mathrm{snr})`.

    Args:
        factor: Threshold factor.
        cells: Training cells N.
        rank: Rank k of the ordered cell, 1..N.
        snr: SNR of the target, linear; 0 for noise alone.
    """
    t, total = factor / (1.0 + snr), 0.0
    for i in range(rank):
        total -= mathx.ln(1.0 + t / (cells - i))
    return mathx.exp(max(total, -700.0))


@jit
def half_probability(factor: float, cells: int, greatest: bool, snr: float) -> float:
    r"""Return the exceedance probability of a GO or SO threshold, with two halves of N / 2 cells.

    With :math:`n = N / 2` and :math:`t = \mathrm{factor} / (n (1 + \mathrm{snr}))` it is
    :math:`2 \sum_k \binom{n - 1 + k}{k} (2 + t)^{-(n + k)}`, over :math:`k < n` for the smaller
    mean and over :math:`k \ge n` for the greater; both together are :math:`2 (1 + t)^{-n}`.

    Args:
        factor: Threshold factor.
        cells: Training cells N.
        greatest: Whether the greater mean is taken, instead of the smaller.
        snr: SNR of the target, linear; 0 for noise alone.
    """
    n = cells // 2
    step = 1.0 / (2.0 + factor / (n * (1.0 + snr)))
    log_term = n * mathx.ln(step)
    smaller = greater = 0.0
    k = 0
    while k < n or greatest:
        term = mathx.exp(max(log_term, -700.0))
        if k < n:
            smaller += term
        else:
            greater += term
            if term <= _NEGLIGIBLE * greater or log_term < -700.0:
                break
        log_term += mathx.ln(step * (n + k) / (k + 1.0))
        k += 1
    return 2.0 * (greater if greatest else smaller)


@jit
def _probability(kind: int, factor: float, cells: int, rank: int, snr: float) -> float:
    if kind == 0:
        return ca_probability(factor, float(cells), snr)
    if kind == 1:
        return os_probability(factor, cells, rank, snr)
    return half_probability(factor, cells, kind == 2, snr)


@jit
def _solve(kind: int, false_alarm_probability: float, cells: int, rank: int) -> float:
    """Return the factor by bisection of its logarithm: probabilities fall with it."""
    low, high = -60.0, 60.0
    for _ in range(70):
        middle = 0.5 * (low + high)
        above = _probability(kind, mathx.exp2(middle), cells, rank, 0.0) > false_alarm_probability
        low, high = (middle, high) if above else (low, middle)
    return mathx.exp2(0.5 * (low + high))


def _kind(kind: str, cells: int, rank: int | None) -> tuple[int, int]:
    if kind not in KINDS:
        raise ValueError(f"kind = {kind!r} is not one of {', '.join(KINDS)}")
    check_range("cells", float(cells), Range(1.0, 1e6, whole=True))
    if kind in ("go", "so") and cells % 2:
        raise ValueError(f"cells = {cells} is not even: {kind} compares two halves")
    chosen = max(1, (3 * int(cells)) // 4) if rank is None else rank
    check_range("rank", float(chosen), Range(1.0, float(cells), whole=True))
    return KINDS.index(kind), int(chosen)


def cfar_factor(
    kind: str, false_alarm_probability: float, cells: int, rank: int | None = None
) -> float:
    """Return the factor that multiplies the level for a false alarm probability in one cell.

    Args:
        kind: ``"ca"``, ``"os"``, ``"go"`` or ``"so"``.
        false_alarm_probability: In [1e-12, 0.5].
        cells: Number of training cells, both halves together, 1..1e6.
        rank: k of ``"os"``, 1..cells; three quarters of the cells if not given.

    Raises:
        ValueError: An argument is outside its range, or the cells have no halves.
    """
    check_range("false_alarm_probability", float(false_alarm_probability), Range(1e-12, 0.5))
    index, chosen = _kind(kind, cells, rank)
    if kind == "ca":
        return cells * mathx.exp_minus_one(-mathx.ln(false_alarm_probability) / cells)
    return float(_solve(index, float(false_alarm_probability), int(cells), chosen))


class Detections(NamedTuple):
    """Arrays of the shape of the power."""

    detected: npt.NDArray[np.bool_]
    threshold: npt.NDArray[np.float64]


def cfar_detect(
    power: npt.ArrayLike,
    false_alarm_probability: float,
    train: tuple[int, ...],
    guard: tuple[int, ...],
    kind: str = "ca",
    rank: int | None = None,
) -> Detections:
    """Find the cells of a profile or a map that exceed their thresholds.

    Levels have a relative error below 1e-14, whatever the powers beside a window: sums have no
    differences.

    Args:
        power: Squared magnitudes in [0, 1e150], shape ``(n,)`` or ``(rows, columns)``.
        false_alarm_probability: In one cell, in [1e-12, 0.5].
        train: Training cells on each side, one number for each axis.
        guard: Guard cells on each side, one number for each axis.
        kind: As for :func:`cfar_factor`.
        rank: As for :func:`cfar_factor`.

    Raises:
        ValueError: A window is larger than the map, or an argument is outside its range.
    """
    cells = np.array(power, dtype=np.float64, ndmin=2)
    check_range("power", cells, Range(0.0, 1e150))
    bands = np.zeros((2, 2), np.int64)
    for name, widths, row in (("train", train, bands[0]), ("guard", guard, bands[1])):
        if len(widths) != np.ndim(power) or np.ndim(power) > 2:
            raise ValueError(f"{name} = {widths} does not fit the shape {np.shape(power)}")
        check_range(name, np.array(widths, dtype=np.float64), _CELLS)
        row[2 - len(widths) :] = widths
    outer, inner = 2 * bands.sum(axis=0) + 1, 2 * bands[1] + 1
    if (outer > cells.shape).any() or (kind in ("go", "so") and bands[0, 1] == 0):
        raise ValueError(f"train = {train}, guard = {guard}: no room in {np.shape(power)}")
    halves = kind in ("go", "so")
    count = int(2 * outer[0] * bands[0, 1] if halves else outer.prod() - inner.prod())
    index, chosen = _kind(kind, count, rank)
    level = np.empty(cells.shape)
    if kind == "os":
        ordered_levels(cells, bands[0], bands[1], chosen, np.empty(count), level)
    else:
        periodic = np.empty(np.add(cells.shape, outer - 1))
        fill_periodic(cells, int(outer[0] // 2), int(outer[1] // 2), periodic)
        work = np.empty((5, periodic.size))
        mean_levels(periodic, bands[0], bands[1], index, work, level)
    level *= cfar_factor(kind, false_alarm_probability, count, rank)
    shape = np.shape(power)
    return Detections((cells > level).reshape(shape), level.reshape(shape))
