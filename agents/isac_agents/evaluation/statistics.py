"""Estimates with bootstrap intervals over runs, episodes and scenarios.

Scores are given as one array of runs for each task (scenario); the arrays may differ in length.
Runs are resampled with replacement within each task (a stratified bootstrap). Intervals are the
2.5 % and 97.5 % percentiles.

Source: R. Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice",
NeurIPS 2021 (arXiv 2108.13264).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Tasks = Sequence[Array]
"""Scores of the runs of each task, each of shape ``(runs,)``."""

RESAMPLES = 2000


@dataclass(frozen=True)
class Interval:
    """An estimate with a 95 % confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Profile:
    """Fraction of runs above each threshold and its 95 % interval, each ``(thresholds,)``."""

    thresholds: Array
    value: Array
    low: Array
    high: Array


def middle_mean(values: npt.ArrayLike, axis: int = 0) -> Any:
    """Return the mean of the middle half of the values along an axis."""
    from scipy import stats  # takes a second to load, and training needs none of it

    return stats.trim_mean(values, 0.25, axis=axis)


def interquartile_mean(*tasks: Array, seed: int = 0) -> Interval:
    """Compute the mean of the middle half of all scores; runs are resampled within each task.

    Args:
        *tasks: Scores of the runs of each task.
        seed: Seed of the bootstrap.
    """
    value = float(_trimmed(tasks))
    if all(len(task) < 2 or np.ptp(task) == 0.0 for task in tasks):
        return Interval(value, value, value)
    low, high = _percentiles(_trimmed(_resampled(tasks, np.random.default_rng(seed))))
    return Interval(value, float(low), float(high))


def interquartile_means(curves: Array, seed: int = 0) -> Profile:
    """Compute the interquartile mean at each point of learning curves, resampling whole runs.

    Args:
        curves: Scores, shape ``(runs, points)``.
        seed: Seed of the bootstrap.

    Returns:
        The curve; its thresholds are the indices of the points.
    """
    runs, points = curves.shape
    chosen = np.random.default_rng(seed).integers(runs, size=(RESAMPLES, runs))
    low, high = _percentiles(middle_mean(curves[chosen], axis=1))
    middle = np.asarray(middle_mean(curves))
    return Profile(np.arange(points, dtype=float), middle, low, high)


def performance_profile(*tasks: Array, thresholds: Array, seed: int = 0) -> Profile:
    """Compute the fraction of all runs that score above each threshold.

    Args:
        *tasks: Scores of the runs of each task.
        thresholds: Normalised scores, shape ``(thresholds,)``.
        seed: Seed of the bootstrap.
    """

    def above(samples: Tasks) -> Array:
        scores = np.concatenate(samples, axis=-1)
        return np.stack([(scores > each).mean(-1) for each in thresholds], axis=-1)

    low, high = _percentiles(above(_resampled(tasks, np.random.default_rng(seed))))
    return Profile(thresholds, above(tasks), low, high)


def probability_of_improvement(better: Tasks, worse: Tasks, seed: int = 0) -> Interval:
    """Compute the probability that a run of one agent beats a run of another, averaged over tasks.

    Equal scores count one half (the Mann-Whitney U statistic divided by the number of pairs).

    Args:
        better: Scores of the first agent, by task.
        worse: Scores of the second agent on the same tasks, in the same order.
        seed: Seed of the bootstrap; the runs of the two are resampled independently.
    """
    random = np.random.default_rng(seed)
    low, high = _percentiles(_wins(_resampled(better, random), _resampled(worse, random)))
    return Interval(float(_wins(better, worse)), float(low), float(high))


def paired_difference(ours: Array, theirs: Array, seed: int = 0) -> Interval:
    """Compare the rewards of two policies on the same episodes, as first minus second.

    The reward of a policy is the interquartile mean over its runs of their means over episodes.
    Episodes are resampled jointly, because both policies played the same ones; runs are resampled
    independently.

    Args:
        ours: Reward of each run in each episode, shape ``(runs, episodes)``.
        theirs: Reward of the other policy, shape ``(runs, episodes)``, on the same episodes.
        seed: Seed of the bootstrap.
    """
    value = float(middle_mean(ours.mean(1)) - middle_mean(theirs.mean(1)))
    random = np.random.default_rng(seed)
    episodes = ours.shape[1]
    counts = random.multinomial(episodes, np.full(episodes, 1.0 / episodes), RESAMPLES).T
    resampled = []
    for rewards in (ours, theirs):
        means = rewards @ counts / episodes  # (runs, resamples)
        chosen = random.integers(len(rewards), size=means.shape)
        resampled.append(middle_mean(np.take_along_axis(means, chosen, axis=0)))
    low, high = _percentiles(resampled[0] - resampled[1])
    return Interval(value, float(low), float(high))


def mean_interval(values: Array, seed: int = 0) -> Interval:
    """Compute the mean with a percentile bootstrap interval over independent episodes."""
    value = float(np.mean(values))
    if len(values) < 2 or np.ptp(values) == 0.0:
        return Interval(value, value, value)
    return interval_of((values,), np.mean, seed)


def interval_of(samples: tuple[Array, ...], statistic: Callable[..., Any], seed: int) -> Interval:
    """Compute a statistic of paired samples with its 95 % percentile bootstrap interval.

    Args:
        samples: Arrays of equal length; their entries are resampled together.
        statistic: Function of the arrays and ``axis``.
        seed: Seed of the bootstrap.
    """
    from scipy import stats

    found = stats.bootstrap(
        samples, statistic, paired=True, vectorized=True, method="percentile",
        n_resamples=RESAMPLES, batch=100, rng=np.random.default_rng(seed),
    ).confidence_interval  # fmt: skip
    return Interval(float(statistic(*samples)), float(found.low), float(found.high))


def _trimmed(tasks: Tasks) -> Any:
    return middle_mean(np.concatenate(tasks, axis=-1), axis=-1)


def _wins(better: Tasks, worse: Tasks) -> Any:
    shares = []
    for ours, theirs in zip(better, worse, strict=True):
        gap = ours[..., :, None] - theirs[..., None, :]
        shares.append(((gap > 0.0) + 0.5 * (gap == 0.0)).mean((-1, -2)))
    return np.mean(shares, axis=0)


def _resampled(tasks: Tasks, random: np.random.Generator) -> list[Array]:
    """Resample the runs of each task, each of shape ``(resamples, runs)``."""
    sizes = [len(task) for task in tasks]
    return [
        task[random.integers(n, size=(RESAMPLES, n))] for task, n in zip(tasks, sizes, strict=True)
    ]


def _percentiles(values: Any) -> tuple[Any, Any]:
    low, high = np.percentile(values, [2.5, 97.5], axis=0)
    return low, high
