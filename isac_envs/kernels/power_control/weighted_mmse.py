r"""Powers of a large weighted sum rate: the WMMSE iteration for single antennas.

Maximising the weighted sum rate is minimising weighted mean squared errors with the right weights.
For given powers the best receivers and weights are known, and for these the best roots of the
powers minimise a quadratic form of each link by itself, with

.. math::

    c_k = \alpha_k \frac{g_{kk} x_k}{I_k}, \quad
    a_k = \sum_j \alpha_j \frac{g_{jj} p_j}{I_j T_j} g_{jk},

where :math:`x_k^2 = p_k`, :math:`I_k` is interference plus noise and :math:`T_k = I_k + g_{kk}
p_k`. So :math:`x_k = \min(c_k / a_k, \sqrt{P})`, and the rate never falls. The end is a stationary
point, which depends on the start: a link of no power stays silent.

Source: Q. Shi, M. Razaviyayn, Z.-Q. Luo and C. He, IEEE Trans. Signal Process. 59(9), 2011, in the
form for single antennas (recalled; the equations above were derived here).
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine.jit import jit
from isac_envs.kernels.link.metrics import shannon_rate_one
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
)


def mmse_work(bands: int, links: int) -> np.ndarray:
    """Return scratch of :func:`maximise_by_mmse`, shape ``(3, B, K)``.

    Args:
        bands: Number B of bands, in [1, 1024].
        links: Number K of links, in [1, 1024].

    Raises:
        ValueError: A number is outside its range.
    """
    return np.zeros((3, *counts(bands, links)))


@jit
def _weigh(links: Links, powers: Any, work: Any) -> float:
    """Write slopes and factors of the errors; return the weighted sum rate."""
    rate = 0.0
    for k in range(powers.shape[0]):
        for b in range(powers.shape[1]):
            signal, others = received(links, powers, b, k)
            power, weight = powers[k, b], links.weights[k]
            work[0, b, k] = weight * signal / (others * math.sqrt(power)) if power > 0.0 else 0.0
            work[1, b, k] = weight * signal / (others * (others + signal))
            rate += weight * shannon_rate_one(signal / others)
    return rate


@jit
def maximise_by_mmse(links: Links, stop: Stop, work: Any, powers: Any) -> tuple[float, int]:
    """Improve powers by WMMSE iterations until one gains little; the rate never falls.

    Args:
        links: Gains, noise, budget and weights.
        stop: Gain of an iteration in bit/s/Hz at which it stops, and the most iterations.
        work: Scratch of :func:`mmse_work`.
        powers: Start in W within the budget, shape ``(K, B)``; receives the result.

    Returns:
        The weighted sum rate in bit/s/Hz of a band, and the number of iterations.
    """
    rate, iterations = _weigh(links, powers, work), 0
    while iterations < stop.most:
        fill_curvatures(links, work[1], work[2])
        for k in range(powers.shape[0]):
            divide_power(links.budget_w, work[0], work[2], k, powers)
        iterations += 1
        before = rate
        rate = _weigh(links, powers, work)
        if not rate - before > stop.tolerance:
            break
    return rate, iterations


def weighted_mmse(
    gains: npt.ArrayLike,
    budget_w: float = 1.0,
    noise_w: float = 1.0,
    weights: npt.ArrayLike | None = None,
    start: npt.ArrayLike | None = None,
    tolerance: float = 1e-6,
    iterations: int = 1000,
) -> tuple[np.ndarray, float, int]:
    """Return powers of large weighted sum rate, that rate, and the number of iterations.

    Args:
        gains: Power gains in [0, 1e30], shape ``(B, K, K)`` or, of one band, ``(K, K)``: receiver,
            transmitter.
        budget_w: Largest power of a transmitter over all bands in W, in (0, 1e30].
        noise_w: Noise power of a receiver in a band in W, in [1e-300, 1e30].
        weights: Weights of the links in [0, 1e12], one or ``(K,)``; None is 1, the sum rate.
        start: Powers to begin with, in W, shape ``(K, B)``; None is the whole budget.
        tolerance: The gain of an iteration, in bit/s/Hz, at which it stops; at least 0.
        iterations: Largest number of iterations, in [0, 1e9].

    Returns:
        Powers in W, shape ``(K, B)``; the rate in bit/s/Hz of a band, summed over the bands;
        iterations.

    Raises:
        ValueError: A shape does not fit, or a number is outside its range.
    """
    links = links_of(gains, budget_w, noise_w, weights)
    powers, (bands, count) = start_of(links, start), links.gains.shape[:2]
    work = mmse_work(bands, count)
    rate, made = maximise_by_mmse(links, stop_of(tolerance, iterations), work, powers)
    return powers, float(rate), int(made)
