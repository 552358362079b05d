"""What observations of surfaces share: how numbers are scaled and limited."""

import math
from typing import Any

from isac_envs.engine.jit import inlined, jit
from isac_envs.kernels.numerics.hermitian import scaled_one, square_one

MOST = 8.0
"""Observed numbers are clipped to it, of either sign."""
RATE_BIT = 10.0
"""Rate that is observed as 1, in bit/s/Hz."""


@inlined
def clipped_one(value: float) -> float:
    """Return a number limited to what is observed."""
    return min(max(value, -MOST), MOST)


@inlined
def put(value: Any, scale: float, seen: Any, at: int) -> int:
    """Write both parts of a scaled complex number; return the index after them.

    Args:
        value: The number.
        scale: Factor.
        seen: Receives the parts, limited, shape ``(D,)``.
        at: Index of the first.
    """
    seen[at] = clipped_one(scale * value.real)
    seen[at + 1] = clipped_one(scale * value.imag)
    return at + 2


@inlined
def inverse_root(square: float) -> float:
    """Return the reciprocal of a root, and 0 of nothing."""
    return 1.0 / math.sqrt(square) if square > 0.0 else 0.0


@jit
def scale_of(slopes: Any) -> float:
    """Return the factor that makes the mean square of slopes, shape ``(N,)``, 1; 0 for none."""
    largest, total = 0.0, 0.0
    for n in range(slopes.shape[0]):
        largest = max(largest, abs(slopes[n].real), abs(slopes[n].imag))
    if not largest > 1e-150:
        return 0.0
    shrink = 1.0 / largest
    for n in range(slopes.shape[0]):
        total += square_one(scaled_one(slopes[n], shrink))
    return math.sqrt(slopes.shape[0] / total) * shrink


@jit
def turn_slopes(reflection: Any, slopes: Any) -> None:
    """Turn slopes by the present phases, so that their angles are how far to turn.

    Args:
        reflection: Present coefficients, shape ``(N,)``.
        slopes: Changed in place, shape ``(N,)``.
    """
    for n in range(slopes.shape[0]):
        slopes[n] *= reflection[n].conjugate()


@jit
def put_channels(channels: Any, seen: Any, at: int) -> int:
    """Write channels with a mean square of 1; return the index after them.

    Args:
        channels: Shape ``(K, M)``.
        seen: Receives both parts of each, shape ``(D,)``.
        at: Index of the first.
    """
    total = 0.0
    for k in range(channels.shape[0]):
        for m in range(channels.shape[1]):
            total += square_one(channels[k, m])
    scale = math.sqrt(channels.size) * inverse_root(total)
    for k in range(channels.shape[0]):
        for m in range(channels.shape[1]):
            at = put(channels[k, m], scale, seen, at)
    return at
