"""GOSPA: the distance between estimates and truth, as errors, misses and false estimates.

With p = 2 and alpha = 2 its square is a sum: the squared distance of every pair, and half the
squared cutoff for every target without an estimate and every estimate without a target, minimised
over assignments. Positions farther apart than the cutoff are not paired.

Source: A. S. Rahmathullah, A. F. Garcia-Fernandez and L. Svensson, "Generalized optimal
sub-pattern assignment metric", FUSION 2017, Proposition 1, arXiv 1601.05585.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import inlined, jit
from isac_envs.kernels.numerics.assignment import ALONE, assign, assignment_work


class Gospa(NamedTuple):
    """Parts of the squared metric."""

    localisation: float
    """Sum of the squared distances of pairs, m^2."""
    missed: int
    """Targets without an estimate."""
    false: int
    """Estimates without a target."""

    def squared(self, cutoff_m: float) -> float:
        """Return the squared metric in m^2 for a cutoff in m."""
        return float(squared(self, cutoff_m))


@inlined
def squared(parts: Gospa, cutoff_m: float) -> float:
    """Return the squared metric in m^2 for a cutoff in m."""
    return parts.localisation + 0.5 * cutoff_m * cutoff_m * (parts.missed + parts.false)


@jit
def match(cost: Any, cutoff_m: float, partner: Any, prices: Any, paths: Any) -> Gospa:
    """Pair targets and estimates.

    Args:
        cost: Squared distances in m^2 of targets (rows) and estimates, shape ``(T, E)``;
            overwritten.
        cutoff_m: Distance beyond which positions are not paired.
        partner: Receives the estimate of each target or -1, int64, shape ``(T,)``.
        prices: Scratch of :func:`isac_envs.kernels.numerics.assignment.assignment_work`.
        paths: The other scratch.
    """
    targets, estimates = cost.shape
    square = cutoff_m * cutoff_m
    for i in range(targets):
        for j in range(estimates):
            cost[i, j] -= square
    saved = assign(cost, partner, prices, paths)
    pairs = 0
    for i in range(targets):
        pairs += partner[i] != ALONE
    return Gospa(saved + pairs * square, targets - pairs, estimates - pairs)


def gospa(truth: npt.ArrayLike, estimates: npt.ArrayLike, cutoff_m: float) -> Gospa:
    """Return the parts of the squared metric for two sets of positions.

    Args:
        truth: Positions of the targets in m, shape ``(T, d)``.
        estimates: Estimated positions, shape ``(E, d)``.
        cutoff_m: Distance beyond which positions are not paired, in (0, 1e6] m.

    Raises:
        ValueError: Positions are not finite or have other shapes, or the cutoff is out of range.
    """
    check_range("cutoff_m", float(cutoff_m), Range(0.0, 1e6, "m", open_low=True))
    true, found = np.asarray(truth, np.float64), np.asarray(estimates, np.float64)
    fits = true.ndim == found.ndim == 2 and true.shape[1] == found.shape[1]
    if not fits or not (np.isfinite(true).all() and np.isfinite(found).all()):
        raise ValueError(f"truth {true.shape}, estimates {found.shape}: expected (T, d), (E, d)")
    cost = np.square(true[:, None] - found[None]).sum(-1)
    work = assignment_work(*cost.shape)
    return Gospa(*match(cost, float(cutoff_m), np.empty(len(true), np.int64), *work))
