r"""The scalar interference channel: what each link receives, for given powers.

Link k receives :math:`g_{kk} p_k` from its own transmitter and :math:`\sum_{j \ne k} g_{kj} p_j +
\sigma^2` besides. There may be several bands, whose gains differ; a transmitter divides its power
among them.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import inlined, jit
from isac_envs.kernels.link.metrics import shannon_rate_one

_GAIN, _WEIGHT = Range(0.0, 1e30), Range(0.0, 1e12)
_POWER, _NOISE = Range(0.0, 1e30, "W", open_low=True), Range(1e-300, 1e30, "W")
_TOLERANCE, _ITERATIONS = Range(0.0, 1e12), Range(0.0, 1e9, whole=True)
_COUNT = Range(1.0, 1024.0, whole=True)
_BISECTIONS = 60


class Links(NamedTuple):
    """Links that disturb each other."""

    gains: Any
    """Power gains g, float64, shape ``(B, K, K)``: band, receiver, transmitter."""
    noise_w: float
    """Noise power of a receiver in a band in W, above 0."""
    budget_w: float
    """Largest power of a transmitter over all bands in W, above 0."""
    weights: Any
    """Weights of the links in the sum rate, float64, shape ``(K,)``."""


class Stop(NamedTuple):
    """When an iteration stops."""

    tolerance: float
    """Gain of an iteration that is too small to go on."""
    most: int
    """Largest number of iterations."""


@inlined
def received(links: Links, powers: Any, b: int, k: int) -> tuple[float, float]:
    """Return the power of the signal and that of interference and noise in W.

    Args:
        links: Gains and noise.
        powers: Powers in W, shape ``(K, B)``.
        b: Number of the band.
        k: Number of the link.
    """
    gains, others = links.gains, links.noise_w
    for j in range(powers.shape[0]):
        others += gains[b, k, j] * powers[j, b] if j != k else 0.0
    return gains[b, k, k] * powers[k, b], others


@jit
def weighted_rate(links: Links, powers: Any) -> float:
    """Return the weighted sum over links and bands of the Shannon rates, in bit/s/Hz of a band.

    Args:
        links: Gains, noise and weights.
        powers: Powers in W, shape ``(K, B)``.
    """
    total = 0.0
    for k in range(powers.shape[0]):
        for b in range(powers.shape[1]):
            signal, others = received(links, powers, b, k)
            total += links.weights[k] * shannon_rate_one(signal / others)
    return total


@jit
def fill_curvatures(links: Links, factors: Any, curvatures: Any) -> None:
    r"""Write what the receivers lose by each transmitter, :math:`a_k = \sum_j f_j g_{jk}`.

    Args:
        links: Gains.
        factors: Factor f of the power at each receiver, shape ``(B, K)``.
        curvatures: Receives a, shape ``(B, K)``.
    """
    gains, (bands, count) = links.gains, factors.shape
    for b in range(bands):
        for k in range(count):
            curvatures[b, k] = 0.0
        for j in range(count):
            for k in range(count):
                curvatures[b, k] += factors[b, j] * gains[b, j, k]


@inlined
def _root(slope: float, curvature: float, price: float) -> float:
    """Return the root of the power of a band at a price; infinite without price and curvature."""
    return slope / (curvature + price) if slope > 0.0 else 0.0


@jit
def _spent(slopes: Any, curvatures: Any, k: int, price: float) -> float:
    """Return the power that a price of power leaves to a link."""
    total = 0.0
    for b in range(slopes.shape[0]):
        root = _root(slopes[b, k], curvatures[b, k], price)
        total += root * root
    return total


@jit
def divide_power(budget_w: float, slopes: Any, curvatures: Any, k: int, powers: Any) -> None:
    r"""Write the powers of a link that minimise a quadratic form of their roots.

    :math:`\sum_b a_b x_b^2 - 2 c_b x_b` under :math:`\sum_b x_b^2 \le P`, where
    :math:`x_b^2 = p_b`: :math:`x_b = c_b / (a_b + \mu)`, with the smallest price :math:`\mu \ge 0`
    of power that keeps the budget. In one band that is the smaller one of two numbers.

    Args:
        budget_w: Budget P in W, above 0.
        slopes: c, at least 0, shape ``(B, K)``.
        curvatures: a, shape ``(B, K)``, above 0 where the slope is.
        k: Number of the link.
        powers: Receives the powers in W, shape ``(K, B)``.
    """
    bands, price, scale = slopes.shape[0], 0.0, 1.0
    if not _spent(slopes, curvatures, k, 0.0) <= budget_w:
        squares = 0.0
        for b in range(bands):
            squares += slopes[b, k] * slopes[b, k]
        low, high = 0.0, math.sqrt(squares / budget_w)  # enough without any curvature
        for _ in range(_BISECTIONS if bands > 1 else 0):
            middle = 0.5 * (low + high)
            within = _spent(slopes, curvatures, k, middle) <= budget_w
            low, high = (low, middle) if within else (middle, high)
        price, scale = high, budget_w / _spent(slopes, curvatures, k, high)
    for b in range(bands):
        root = _root(slopes[b, k], curvatures[b, k], price)
        powers[k, b] = min(root * root * scale, budget_w)


def counts(bands: int, links: int) -> tuple[int, int]:
    """Return checked numbers of bands and links.

    Args:
        bands: Number B of bands, in [1, 1024].
        links: Number K of links, in [1, 1024].

    Raises:
        ValueError: A number is outside its range.
    """
    check_range("bands", float(bands), _COUNT)
    check_range("links", float(links), _COUNT)
    return int(bands), int(links)


def gain_tables(gains: npt.ArrayLike, first: str) -> np.ndarray:
    """Return checked power gains, shape ``(B, K, K)``.

    Args:
        gains: Power gains in [0, 1e30], of this shape or, of one table, ``(K, K)``.
        first: Name of the first axis, for the message.

    Raises:
        ValueError: The shape does not fit, or a gain is outside its range.
    """
    tables = np.array(gains, np.float64)
    tables = tables[None] if tables.ndim == 2 else tables
    if tables.ndim != 3 or tables.shape[1] != tables.shape[2] or 0 in tables.shape:
        raise ValueError(f"gains have shape {np.shape(gains)}; valid: ({first}, K, K) or (K, K)")
    check_range("gains", tables, _GAIN)
    return tables


def links_of(
    gains: npt.ArrayLike, budget_w: float, noise_w: float, weights: npt.ArrayLike | None
) -> Links:
    """Return checked :class:`Links`.

    Args:
        gains: Power gains in [0, 1e30], shape ``(B, K, K)`` or, of one band, ``(K, K)``: receiver,
            transmitter.
        budget_w: Largest power of a transmitter in W, in (0, 1e30].
        noise_w: Noise power of a receiver in a band in W, in [1e-300, 1e30].
        weights: Weights of the links in [0, 1e12], one or ``(K,)``; None is 1.

    Raises:
        ValueError: A shape does not fit, or a number is outside its range.
    """
    table = gain_tables(gains, "B")
    check_range("budget_w", float(budget_w), _POWER)
    check_range("noise_w", float(noise_w), _NOISE)
    shares = np.array(1.0 if weights is None else weights, np.float64)
    if shares.shape not in ((), (table.shape[1],)):
        raise ValueError(f"weights have shape {shares.shape}; valid: () or ({table.shape[1]},)")
    check_range("weights", shares, _WEIGHT)
    shares = np.array(np.broadcast_to(shares, table.shape[1:2]))
    return Links(table, float(noise_w), float(budget_w), shares)


def start_of(links: Links, start: npt.ArrayLike | None) -> np.ndarray:
    """Return checked powers to start from, shape ``(K, B)``.

    Args:
        links: The links.
        start: Powers in W, shape ``(K, B)`` or, of one band, ``(K,)``; None is the whole budget,
            evenly divided among the bands.

    Raises:
        ValueError: The shape does not fit, or a power is negative or above the budget.
    """
    bands, count = links.gains.shape[:2]
    if start is None:
        return np.full((count, bands), links.budget_w / bands)
    powers = np.array(start, np.float64)
    powers = powers[:, None] if powers.ndim == 1 else powers
    if powers.shape != (count, bands):
        raise ValueError(f"start has shape {np.shape(start)}; valid: ({count}, {bands})")
    check_range("start", powers, Range(0.0, links.budget_w, "W"))
    check_range("start", powers.sum(1), Range(0.0, links.budget_w * (1.0 + 1e-12), "W"))
    return powers


def stop_of(tolerance: float, iterations: int) -> Stop:
    """Return a checked :class:`Stop`.

    Args:
        tolerance: At least 0.
        iterations: Whole number in [0, 1e9].

    Raises:
        ValueError: One is outside its range.
    """
    check_range("tolerance", float(tolerance), _TOLERANCE)
    check_range("iterations", float(iterations), _ITERATIONS)
    return Stop(float(tolerance), int(iterations))
