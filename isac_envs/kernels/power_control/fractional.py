r"""Powers of a large weighted sum rate: fractional programming in closed form.

The Lagrangian dual transform takes the ratios out of the logarithms, as auxiliary numbers
:math:`\gamma_k`, and the quadratic transform takes them apart, with :math:`y_k`. In turns,

.. math::

    y_k = \frac{\sqrt{\alpha_k (1 + \gamma_k) g_{kk} p_k}}{T_k}, \quad
    \gamma_k = \frac{g_{kk} p_k}{T_k - g_{kk} p_k}, \quad
    p_k = \min\left(P, \frac{\alpha_k (1 + \gamma_k) g_{kk} y_k^2}
    {(\sum_j y_j^2 g_{jk})^2}\right),

with all the power :math:`T_k` that receiver k gets. It ends when the quadratic part of the
objective, :math:`\sum_k 2 y_k \sqrt{\alpha_k (1 + \gamma_k) g_{kk} p_k} - y_k^2 T_k`, gains little.
Order and end are those of the experiments that are compared with. This part may shrink while the
rate still grows, so it ends earlier, and at a lower rate, than :mod:`.weighted_mmse`, to which the
updates are equivalent otherwise.

Sources: K. Shen and W. Yu, IEEE Trans. Signal Process. 66(10), 2018, parts I and II (recalled);
order and end: Y. S. Nasir and D. Guo, Asilomar 2020, and their public code.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine.jit import jit
from isac_envs.kernels.power_control.interference import (
    Links,
    Stop,
    counts,
    divide_power,
    fill_curvatures,
    links_of,
    received,
    start_of,
    stop_of,
    weighted_rate,
)


def fractional_work(bands: int, links: int) -> np.ndarray:
    """Return scratch of :func:`maximise_by_fractions`, shape ``(4, B, K)``.

    Args:
        bands: Number B of bands, in [1, 1024].
        links: Number K of links, in [1, 1024].

    Raises:
        ValueError: A number is outside its range.
    """
    return np.zeros((4, *counts(bands, links)))


@jit
def _fill_ratios(links: Links, powers: Any, ratios: Any) -> None:
    """Write the auxiliary ratios of all links, shape ``(B, K)``."""
    for k in range(powers.shape[0]):
        for b in range(powers.shape[1]):
            signal, others = received(links, powers, b, k)
            ratios[b, k] = signal / others


@jit
def _transform(links: Links, powers: Any, work: Any) -> None:
    """Write y, the new ratios, the slopes and the curvatures."""
    gains, (bands, count) = links.gains, work.shape[1:]
    ratios, auxiliary, slopes, curvatures = work[0], work[1], work[2], work[3]
    for k in range(count):
        for b in range(bands):
            signal, others = received(links, powers, b, k)
            weight = links.weights[k]
            y = math.sqrt(weight * (1.0 + ratios[b, k]) * signal) / (signal + others)
            ratios[b, k] = signal / others
            auxiliary[b, k] = y * y
            slopes[b, k] = y * math.sqrt(weight * (1.0 + ratios[b, k]) * gains[b, k, k])
    fill_curvatures(links, auxiliary, curvatures)


@jit
def _quadratic_part(links: Links, powers: Any, work: Any) -> float:
    """Return the part of the objective that decides when to end."""
    total = 0.0
    for k in range(powers.shape[0]):
        for b in range(powers.shape[1]):
            signal, others = received(links, powers, b, k)
            total += 2.0 * work[2, b, k] * math.sqrt(powers[k, b])
            total -= work[1, b, k] * (signal + others)
    return total


@jit
def maximise_by_fractions(links: Links, stop: Stop, work: Any, powers: Any) -> int:
    """Improve powers by fractional programming; return the number of iterations.

    Args:
        links: Gains, noise, budget and weights.
        stop: Gain of the quadratic part at which it ends, and the most iterations.
        work: Scratch of :func:`fractional_work`.
        powers: Start in W within the budget, shape ``(K, B)``; receives the result.
    """
    _fill_ratios(links, powers, work[0])
    reached, iterations = 0.0, 0
    while iterations < stop.most:
        _transform(links, powers, work)
        for k in range(powers.shape[0]):
            divide_power(links.budget_w, work[2], work[3], k, powers)
        iterations += 1
        before = reached
        reached = _quadratic_part(links, powers, work)
        if not reached - before > stop.tolerance:
            break
    return iterations


def fractional_programming(
    gains: npt.ArrayLike,
    budget_w: float = 1.0,
    noise_w: float = 1.0,
    weights: npt.ArrayLike | None = None,
    start: npt.ArrayLike | None = None,
    tolerance: float = 1e-3,
    iterations: int = 100,
) -> tuple[np.ndarray, float, int]:
    """Return powers of large weighted sum rate, that rate, and the number of iterations.

    Args:
        gains: Power gains in [0, 1e30], shape ``(B, K, K)`` or, of one band, ``(K, K)``: receiver,
            transmitter.
        budget_w: Largest power of a transmitter over all bands in W, in (0, 1e30].
        noise_w: Noise power of a receiver in a band in W, in [1e-300, 1e30].
        weights: Weights of the links in [0, 1e12], one or ``(K,)``; None is 1, the sum rate.
        start: Powers to begin with, in W, shape ``(K, B)``; None is the whole budget.
        tolerance: Gain of the quadratic part at which it ends; at least 0.
        iterations: Largest number of iterations, in [0, 1e9].

    Returns:
        Powers in W, shape ``(K, B)``; the rate in bit/s/Hz of a band, summed over the bands;
        iterations.

    Raises:
        ValueError: A shape does not fit, or a number is outside its range.
    """
    links = links_of(gains, budget_w, noise_w, weights)
    powers, (bands, count) = start_of(links, start), links.gains.shape[:2]
    work = fractional_work(bands, count)
    made = maximise_by_fractions(links, stop_of(tolerance, iterations), work, powers)
    return powers, float(weighted_rate(links, powers)), int(made)
