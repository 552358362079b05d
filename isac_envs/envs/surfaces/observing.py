"""What observations of surfaces share: how numbers are scaled and limited."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.kernels.link.metrics import shannon_rate_one
from isac_envs.kernels.numerics.hermitian import scaled_one, square_one
from isac_envs.kernels.precoding.rates import power_of, received_powers

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
def put_legs(p: Record, state: Any, n: int, seen: Any, at: int) -> int:
    """Write the legs of an element over the roots of their mean gains; return the index after them.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        n: Number of the element.
        seen: Receives both parts of each leg to a receiver, then to an antenna, shape ``(D,)``.
        at: Index of the first.
    """
    for k in range(state.users.shape[0]):
        scale = 1.0 / state.users[k].reflected_amplitude
        at = put(state.estimated_reflected[k, n], scale, seen, at)
    for m in range(state.incident.shape[1]):
        at = put(state.incident[n, m], 1.0 / p.incident_amplitude, seen, at)
    return at


@jit
def put_direct(state: Any, seen: Any, at: int) -> int:
    """Write the direct paths over the roots of their mean gains; return the index after them.

    Args:
        state: State of one copy.
        seen: Receives both parts of each, shape ``(D,)``.
        at: Index of the first.
    """
    for k in range(state.users.shape[0]):
        scale = 1.0 / state.users[k].direct_amplitude
        for m in range(state.estimated_direct.shape[1]):
            at = put(state.estimated_direct[k, m], scale, seen, at)
    return at


@jit
def put_expected_rates(gains: Any, count: int, seen: Any, at: int) -> int:
    """Write the rates that gains give to the first users; return the index after them.

    Args:
        gains: What receivers hear of the beams, shape ``(S, S)``.
        count: Number of users.
        seen: Receives the rates, shape ``(D,)``.
        at: Index of the first.
    """
    for k in range(count):
        signal, others = received_powers(gains, k, 1.0)
        seen[at + k] = clipped_one(shannon_rate_one(signal / others) / RATE_BIT)
    return at + count


@jit
def put_channels(channels: Any, seen: Any, at: int) -> int:
    """Write channels with a mean square of 1; return the index after them.

    Args:
        channels: Shape ``(K, M)``.
        seen: Receives both parts of each, shape ``(D,)``.
        at: Index of the first.
    """
    scale = math.sqrt(channels.size) * inverse_root(power_of(channels))
    for k in range(channels.shape[0]):
        for m in range(channels.shape[1]):
            at = put(channels[k, m], scale, seen, at)
    return at
