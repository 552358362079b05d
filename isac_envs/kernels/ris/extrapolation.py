"""Going on in the direction of a round: what makes alternating optimisation fast.

Rounds of coordinate steps creep along ridges, most of all where interference is nearly cancelled.
A longer step in the direction of a round costs less than a round. It is kept only if it is better,
so nothing is lost; steps that succeed make the next one twice as long, others half as long.
"""

import math
from typing import Any

from isac_envs.engine.jit import inlined, jit
from isac_envs.kernels.numerics.hermitian import scaled_one, square_one


@jit
def copy_matrix(source: Any, out: Any) -> None:
    """Copy an array of shape ``(M, K)``."""
    for m in range(source.shape[0]):
        for k in range(source.shape[1]):
            out[m, k] = source[m, k]


@jit
def extrapolate_phases(past: Any, present: Any, factor: float) -> None:
    """Overwrite past coefficients with ones beyond the present ones, at the present magnitudes.

    Args:
        past: Coefficients before a round, shape ``(N,)``.
        present: Coefficients after it.
        factor: How far beyond, in lengths of the move.
    """
    for n in range(present.shape[0]):
        beyond = present[n] + scaled_one(present[n] - past[n], factor)
        size = square_one(beyond)
        if size > 0.0:
            past[n] = scaled_one(beyond, math.sqrt(square_one(present[n]) / size))
        else:
            past[n] = present[n]


@jit
def extrapolate_beams(past: Any, present: Any, factor: float) -> None:
    """Overwrite a past precoder with one beyond the present one; its power is left to the caller.

    Args:
        past: Precoder before a round, shape ``(M, K)``.
        present: Precoder after it.
        factor: How far beyond, in lengths of the move.
    """
    for m in range(present.shape[0]):
        for k in range(present.shape[1]):
            move = scaled_one(present[m, k] - past[m, k], factor)
            past[m, k] = present[m, k] + move


@inlined
def next_factor(factor: float, better: bool) -> float:
    """Return how far the next attempt goes: twice as far after a success, else half, 1 at least."""
    return 2.0 * factor if better else max(0.5 * factor, 1.0)
