r"""Beams of phase shifters with few levels: nearest levels, exact optimum, bounds.

The weights of N elements are :math:`w_n = \exp(j 2 \pi l_n / M) / \sqrt N` with :math:`l_n` in
0..M-1; the gain towards a channel h is :math:`\lvert h^H w \rvert^2`. With free phases it is at
most :math:`(\sum \lvert h_n \rvert)^2 / N` (equal gain combining). Rounding each phase keeps at
least :math:`\operatorname{sinc}^2(1 / M)` of that in the mean of many elements, 0.4053, 0.8106,
0.9496, 0.9872 for 1 to 4 bits.

Source of the exact optimum: the sweep over one common phase, where each rounded phase moves once
(K. M. Mackenthun, "A fast algorithm for multiple-symbol differential detection of MPSK", IEEE
Trans. Commun. 42(2/3/4), 1994, recalled); the same argument holds here.
"""

import math
from typing import Any

import numpy as np

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import inlined, jit
from isac_envs.engine.mathx import atan2_turns, round_even, sincos_turns

_TURN = 1.0 / (2.0 * math.pi)


@inlined
def nearest_level_one(phase_rad: float, levels: int) -> int:
    """Return the level 0..M-1 whose phase is nearest to an angle of any size; ties to even."""
    return int(round_even(phase_rad * _TURN * levels)) % levels


@jit
def sort_order(keys: Any, order: Any) -> None:
    """Write the indices that sort keys, ascending, by heapsort: O(N log N), nothing allocated.

    Args:
        keys: Shape ``(N,)``.
        order: Receives the indices, integers, shape ``(N,)``.
    """
    count = keys.shape[0]
    for n in range(count):
        order[n] = n
    for start in range(count // 2 - 1, -1, -1):
        _sift_down(keys, order, start, count)
    for end in range(count - 1, 0, -1):
        first = order[0]
        order[0] = order[end]
        order[end] = first
        _sift_down(keys, order, 0, end)


@jit
def _sift_down(keys: Any, order: Any, start: int, end: int) -> None:
    """Let one entry of a heap of indices, largest key first, sink to its place."""
    parent, moved = start, order[start]
    while 2 * parent + 1 < end:
        child = 2 * parent + 1
        if child + 1 < end and keys[order[child + 1]] > keys[order[child]]:
            child += 1
        if keys[order[child]] <= keys[moved]:
            break
        order[parent] = order[child]
        parent = child
    order[parent] = moved


@jit
def best_levels(re: Any, im: Any, levels: int, keys: Any, order: Any, best: Any) -> float:
    r"""Write the levels of the largest gain and return it: the exact optimum.

    The gain is :math:`\lvert h^H w \rvert^2`. If the best weights give :math:`h^H w` an angle
    :math:`\psi`, each phase is the level nearest to :math:`\arg h_n + \psi`. While :math:`\psi`
    sweeps one step of the levels, each rounded phase moves up once. So N candidates hold the
    optimum, and each follows from the one before by one element.

    Args:
        re: Real parts of the channel h, shape ``(N,)``.
        im: Imaginary parts of the channel, shape ``(N,)``.
        levels: Number M of levels.
        keys: Scratch, float64, shape ``(N,)``.
        order: Scratch, integers, shape ``(N,)``.
        best: Receives the levels, integers, shape ``(N,)``.
    """
    count = re.shape[0]
    sum_re, sum_im = 0.0, 0.0
    for n in range(count):
        position = atan2_turns(im[n], re[n]) * levels
        nearest = round_even(position)
        keys[n] = 0.5 - (position - nearest)  # common phase, in levels, where this one moves up
        best[n] = int(nearest)
        sine, cosine = sincos_turns(nearest / levels)
        sum_re += re[n] * cosine + im[n] * sine
        sum_im += re[n] * sine - im[n] * cosine
    sort_order(keys, order)
    most, moved = sum_re * sum_re + sum_im * sum_im, 0
    for k in range(count - 1):  # after the last one all have moved, which is where it began
        n = order[k]
        sine, cosine = sincos_turns(best[n] / levels)
        next_sine, next_cosine = sincos_turns((best[n] + 1) / levels)
        cosine, sine = next_cosine - cosine, next_sine - sine
        sum_re += re[n] * cosine + im[n] * sine
        sum_im += re[n] * sine - im[n] * cosine
        gain = sum_re * sum_re + sum_im * sum_im
        moved = k + 1 if gain > most else moved
        most = max(gain, most)
    for k in range(count):
        n = order[k]
        best[n] = (best[n] + int(k < moved)) % levels
    return most / count


def best_discrete_phases(channel: np.ndarray, levels: int) -> tuple[np.ndarray, float]:
    r"""Return the levels with the largest gain, and that gain.

    :math:`\lvert h^H w \rvert^2`.

    Args:
        channel: Complex channel h, shape ``(N,)``.
        levels: Number of levels, 2..2**20.

    Returns:
        Levels, int64, shape ``(N,)``, and the gain, which is N for a plane wave without rounding.

    Raises:
        ValueError: The channel is empty or not finite, or the levels are outside their range.
    """
    h = np.ascontiguousarray(channel, np.complex128)
    if h.ndim != 1 or not h.size or not np.isfinite(h).all():
        raise ValueError(f"channel has shape {h.shape}, must be one finite vector")
    check_range("levels", float(levels), Range(2.0, 2.0**20, whole=True))
    order, best = np.empty((2, h.size), np.int64)
    gain = best_levels(h.real.copy(), h.imag.copy(), int(levels), np.empty(h.size), order, best)
    return best, float(gain)


def equal_gain_bound(channel: np.ndarray) -> float:
    r"""Return the largest gain of N free phases; ``channel`` as above.

    :math:`(\sum \lvert h_n \rvert)^2 / N`.
    """
    h = np.asarray(channel, np.complex128)
    total = np.sqrt(np.square(h.real) + np.square(h.imag)).sum()
    return float(total * total / h.size)
