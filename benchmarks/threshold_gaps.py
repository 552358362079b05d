"""Gaps of the LDPC codes of 5G NR, fitted to block error rates, and the errors of the fit.

    python benchmarks/threshold_gaps.py

Prints ``GAPS_DB`` of ``isac_envs.kernels.link.modulation_data`` and how far the thresholds
of ``isac_envs.kernels.link.modulation_tables`` are from those of the pairs of MCS and block size
that were fitted and of those that were held out. The block error rates stand in
``tests/kernels/data``.

A threshold is resolved from a few rates: the curve of the normal approximation is shifted onto
them by maximum likelihood, as if each rate came from 300 blocks. The standard deviation of the
shift says how well; curves that fall from 1 to 0 between two SNR leave it open and are not fitted.
"""

import json
import math
from pathlib import Path
from typing import NamedTuple

import timing  # noqa: F401 - sets the thread counts

import numpy as np  # isort: skip
from scipy.interpolate import CubicSpline
from scipy.special import ndtr

from isac_envs.kernels.link import modulation_tables as tables
from isac_envs.kernels.link.modulation_data import GAP_BITS
from isac_envs.kernels.link.modulation_rates import FIRST_SNR_DB, RATE_AND_DISPERSION

DATA = Path(__file__).parents[1] / "tests" / "kernels" / "data"
BLOCKS = 300
RESOLVED_DB = 0.15
QUANTILE = 1.2815515655446004  # of the normal law, exceeded with probability 0.1
SHIFTS_DB = np.arange(-1.0, 5.0, 0.02)


class Curve(NamedTuple):
    """What the block error rates of one MCS and block size say about its threshold."""

    table: int
    mcs: int
    bits: int
    threshold_db: float
    """At an error rate of 10 %, resolved."""
    deviation_db: float
    """Standard deviation of the threshold."""
    bracket_db: tuple[float, float]
    """Highest SNR with more than 10 % errors, lowest with less; infinite if not simulated."""
    interpolated_db: float
    """Where the straight line through the logarithms, at least -9, passes 10 %."""
    fitted: bool


def curves() -> list[Curve]:
    """Return all 485 curves of the downlink."""
    grid = FIRST_SNR_DB + np.arange(len(RATE_AND_DISPERSION[0][0]))
    splines = [[CubicSpline(grid, row) for row in pair] for pair in RATE_AND_DISPERSION]
    fine = np.arange(grid[0], grid[-1], 0.02)
    fitted = json.loads((DATA / "comm.json").read_text())["threshold_snr_db"]
    found = []
    for key, pair in json.loads((DATA / "block_errors.json").read_text())["curves"].items():
        table, mcs, bits = map(int, key.split("|"))
        snr_db, rate = np.array(pair)
        order, code_rate = tables.MCS_TABLES[table, mcs]
        n = math.ceil(bits / order / code_rate - 1e-9)
        capacity, dispersion = (spline(fine) for spline in splines[int(order) // 2 - 1])
        margin = n * capacity - bits + 0.5 * np.log2(n)
        margin /= np.sqrt(n * np.maximum(dispersion, 1e-9))
        k = int(np.argmax(margin > QUANTILE))
        above = np.interp(QUANTILE, margin[k - 1 : k + 1], fine[k - 1 : k + 1])
        loss = ndtr(-np.interp(snr_db - SHIFTS_DB[:, None], fine, margin)).clip(1e-4, 1.0 - 1e-4)
        likelihood = BLOCKS * (rate * np.log(loss) + (1.0 - rate) * np.log1p(-loss)).sum(axis=1)
        weight = np.exp(likelihood - likelihood.max())
        shift = np.average(SHIFTS_DB, weights=weight)
        deviation = math.sqrt(np.average((SHIFTS_DB - shift) ** 2, weights=weight))
        low = snr_db[rate > 0.1].max(initial=-math.inf)
        high = snr_db[rate <= 0.1].min(initial=math.inf)
        logs = np.log10(np.maximum(rate, 1e-9))
        crossing = math.nan
        for i in range(len(logs) - 1):
            if logs[i] >= -1.0 > logs[i + 1]:
                share = (logs[i] + 1.0) / (logs[i] - logs[i + 1])
                crossing = snr_db[i] + share * (snr_db[i + 1] - snr_db[i])
                break
        given = f"PDSCH_table{table}|mcs{mcs}|cbs{bits}" in fitted
        found.append(
            Curve(table, mcs, bits, above + shift, deviation, (low, high), crossing, given)
        )
    return found


def resolved(fitted: bool) -> list[Curve]:
    """Return the curves of one kind whose threshold is known."""
    return [each for each in curves() if each.fitted == fitted and each.deviation_db < RESOLVED_DB]


def thresholds_db(some: list[Curve]) -> np.ndarray:
    """Return what the kernel says."""
    return np.asarray(tables.mcs_threshold_db(*np.array([c[:3] for c in some], dtype=float).T))


def fit() -> np.ndarray:
    """Return the gaps by base graph and size, the weighted least squares of the fitted curves."""
    rows, wanted, weights = [], [], []
    sizes = np.log2(GAP_BITS)
    for each in resolved(True):
        order, code_rate = tables.MCS_TABLES[each.table, each.mcs]
        symbols = math.ceil(each.bits / order / code_rate - 1e-9)
        rate = max(each.bits / symbols / order, 0.2)
        second = each.bits <= 292 or code_rate <= 0.67
        hats = [np.interp(np.log2(each.bits), sizes, row) for row in np.eye(4)]
        row = [hat * second * rate**power for hat in hats for power in range(3)]
        hats = [hats[0] + hats[1] + hats[2], hats[3]]
        row += [hat * (not second) * rate**power for hat in hats for power in range(2)]
        gap = tables.mcs_threshold_db(each.table, each.mcs, each.bits) - tables._code_gap_db(
            float(each.bits), each.bits / symbols / order, code_rate
        )
        rows.append(row)
        wanted.append(each.threshold_db - gap)
        weights.append(1.0 / math.hypot(each.deviation_db, 0.04))
    weight = np.array(weights)
    system = np.array(rows) * weight[:, None]
    best = np.linalg.lstsq(system, np.array(wanted) * weight, rcond=None)[0]
    first = np.pad(best[12:].reshape(2, 2), ((0, 0), (0, 1)))
    return np.round([[first[0], first[0], first[0], first[1]], best[:12].reshape(4, 3)], 3)


def summary(errors: np.ndarray) -> str:
    """Return number, mean, 95 % quantile and largest of absolute errors."""
    sizes = np.abs(errors)
    quantile = np.quantile(sizes, 0.95)
    return f"{sizes.size} points: {sizes.mean():.3f} / {quantile:.3f} / {sizes.max():.3f} dB"


def main() -> None:
    """Print the fit and its errors."""
    print(fit().tolist())
    print("mean / 95 % / largest error of a threshold")
    for name, fitted in (("fitted", True), ("held out", False)):
        some = resolved(fitted)
        known = np.array([each.threshold_db for each in some])
        print(f"{name}, resolved: {summary(thresholds_db(some) - known)}")
        some = [each for each in curves() if each.fitted == fitted]
        low, high = np.array([each.bracket_db for each in some]).T
        found = thresholds_db(some)
        outside = np.maximum(np.maximum(low - found, found - high), 0.0)
        print(f"{name}, outside the bracket: {summary(outside)}, {(outside > 0.0).sum()} at all")
        some = [each for each in some if not math.isnan(each.interpolated_db)]
        known = np.array([each.interpolated_db for each in some])
        print(f"{name}, interpolated logarithms: {summary(thresholds_db(some) - known)}")


if __name__ == "__main__":
    main()
