r"""Weighted sum rate of a downlink under a sum power budget: the WMMSE iteration.

Maximising the weighted sum rate is minimising weighted mean squared errors with the right weights.
Receivers, weights and beams are updated in turn, each optimal for the others, so the rate never
falls. It ends at a stationary point, which depends on the start.

At the optimum all power P is used. So the noise is written as :math:`\sigma^2 \lVert W \rVert^2 /
P`: then the rate does not depend on the scale of W, the constraint is gone, and so is the search
for its multiplier. For fixed receivers and weights the best beams solve

.. math::

    \left(\sum_j d_j h_j^H h_j + c I\right) w_k = \alpha_k \omega_k u_k h_k^H, \quad
    c = \frac{\sigma^2}{P} \sum_j d_j

with :math:`d_j = \alpha_j \omega_j \lvert u_j \rvert^2`. They are combinations of the matched
beams, :math:`W = H^H X`, so an iteration needs the Gram matrix :math:`H H^H` and costs :math:`K^3`
for any number of antennas; for fewer antennas than users, :math:`K M^2`.

Sources: Q. Shi, M. Razaviyayn, Z.-Q. Luo and C. He, IEEE Trans. Signal Process. 59(9), 2011
(iteration); X. Zhao, S. Lu, Q. Shi and Z.-Q. Luo, IEEE Trans. Signal Process. 71, 2023,
arXiv:2205.06225 (noise with the power, beams in the span of the channels). Both recalled; the
equations above were derived here.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import jit
from isac_envs.kernels.link.metrics import shannon_rate_one
from isac_envs.kernels.numerics.hermitian import (
    cholesky,
    fill_gram,
    invert_positive,
    scaled_one,
    solve_factored,
)
from isac_envs.kernels.precoding.linear import fill_adjoint_product, fill_regularised
from isac_envs.kernels.precoding.rates import (
    NOISE,
    POWER,
    complex_matrix,
    fill_gains,
    power_of,
    received_powers,
    scale_to_power,
    user_weights,
    weighted_rate,
)

_REGULAR = 1e-5  # least share of a user's gain across the others: above, X is not large
_TOLERANCE = Range(0.0, 1e12, "bit/s/Hz")
_ITERATIONS = Range(0.0, 1e9, whole=True)
_USERS = Range(1.0, 1024.0, whole=True)


class Downlink(NamedTuple):
    """What a precoder is made for, besides the channels."""

    power_w: float
    """Power budget P in W, above 0."""
    noise_w: float
    """Noise power of a user in W, above 0."""
    weights: Any
    """Weights of the users, float64, shape ``(K,)``."""


class WmmseWork(NamedTuple):
    """Scratch of :func:`maximise_weighted_rate`, which keeps nothing in it between calls."""

    gram: Any
    """Inner products of the channels, complex128, shape ``(K, K)``, like the next three."""
    inverse: Any
    coefficients: Any
    gains: Any
    factors: Any
    """float64, shape ``(2, K)``: roots of d and of the weights of the beams."""


def wmmse_work(users: int) -> WmmseWork:
    """Return scratch for a number of users.

    Args:
        users: Number K of users, 1..1024.

    Raises:
        ValueError: It is outside its range.
    """
    check_range("users", float(users), _USERS)
    size = int(users)
    gram, inverse, coefficients, gains = np.zeros((4, size, size), np.complex128)
    return WmmseWork(gram, inverse, coefficients, gains, np.zeros((2, size)))


@jit
def weigh_users(gains: Any, downlink: Downlink, factors: Any) -> tuple[float, float]:
    r"""Write the optimal receivers and weights as two factors of each user.

    Args:
        gains: T = H W of a precoder with all the power, shape ``(K, K)``.
        downlink: Power, noise and weights.
        factors: Receives :math:`\sqrt{d_k}` and :math:`\sqrt{\alpha_k \omega_k}`, shape
            ``(2, K)``.

    Returns:
        The weighted sum rate in bit/s/Hz, and c.
    """
    rate, loading = 0.0, 0.0
    for k in range(gains.shape[0]):
        signal, others = received_powers(gains, k, downlink.noise_w)
        weight, sinr = downlink.weights[k], signal / others
        rate += weight * shannon_rate_one(sinr)
        squared = weight * sinr / (signal + others)
        loading += squared
        factors[0, k] = math.sqrt(squared)
        factors[1, k] = math.sqrt(weight * (1.0 + sinr))
    return rate, loading * downlink.noise_w / downlink.power_w


@jit
def update_beams(
    channels: Any, downlink: Downlink, loading: float, work: WmmseWork, precoder: Any
) -> bool:
    """Make the beams optimal for receivers and weights; :func:`finish_beams` follows the last one.

    Args:
        channels: H, shape ``(K, M)``.
        downlink: Power, noise and weights.
        loading: c of :func:`weigh_users`, which also wrote ``work.factors``.
        work: Holds the Gram matrix of the channels and the factors; receives the gains.
        precoder: May receive the beams; if not, ``work`` does.

    Returns:
        False if no user is heard or rounding stops the update; nothing is changed then.
    """
    if not loading > 0.0:
        return False
    if channels.shape[0] > channels.shape[1]:
        return _update_precoder(channels, downlink, loading, work, precoder)
    return _update_coefficients(channels, downlink, loading, work, precoder)


@jit
def _fill_weighted_gram(gram: Any, roots: Any, loading: float, out: Any) -> None:
    """Write the lower triangle of the Gram matrix of weighted channels, c on its diagonal."""
    for i in range(gram.shape[0]):
        for j in range(i):
            out[i, j] = scaled_one(gram[i, j], roots[i] * roots[j])
        out[i, i] = complex(gram[i, i].real * roots[i] * roots[i] + loading, 0.0)


@jit
def _update_coefficients(
    channels: Any, downlink: Downlink, loading: float, work: WmmseWork, precoder: Any
) -> bool:
    """Update X in W = H^H X, by a system of K equations."""
    inverse, x, gains = work.inverse, work.coefficients, work.gains
    roots, scales = work.factors[0], work.factors[1]
    users = inverse.shape[0]
    _fill_weighted_gram(work.gram, roots, loading, inverse)
    regular = invert_positive(inverse, _REGULAR)
    if not regular:
        _fill_weighted_gram(work.gram, roots, loading, inverse)
        if not invert_positive(inverse, 0.0):
            return False
    for i in range(users):
        for j in range(users):
            x[i, j] = scaled_one(inverse[i, j], roots[i] * scales[j])
    power = 0.0
    if regular:
        fill_gains(work.gram, x, gains)
        for i in range(users):
            for j in range(users):
                power += x[i, j].real * gains[i, j].real + x[i, j].imag * gains[i, j].imag
    else:  # that would cancel: it is a square of X, which is large, and W is not
        fill_adjoint_product(channels, x, precoder)
        fill_gains(channels, precoder, gains)
        power = power_of(precoder)
    scale = math.sqrt(downlink.power_w / power)
    for i in range(users):
        for j in range(users):
            x[i, j] = scaled_one(x[i, j], scale)
            gains[i, j] = scaled_one(gains[i, j], scale)
    return True


@jit
def _update_precoder(
    channels: Any, downlink: Downlink, loading: float, work: WmmseWork, precoder: Any
) -> bool:
    """Update W itself, by a system of M equations: X would cancel in H^H X for many users."""
    users, antennas = channels.shape
    roots, scales = work.factors[0], work.factors[1]
    matrix = work.inverse[:antennas, :antennas]
    for m in range(antennas):
        for n in range(m + 1):
            value = complex(loading if n == m else 0.0, 0.0)
            for k in range(users):
                product = channels[k, m].conjugate() * channels[k, n]
                value += scaled_one(product, roots[k] * roots[k])
            matrix[m, n] = value
    if not cholesky(matrix, 0.0):
        return False
    for m in range(antennas):
        for k in range(users):
            precoder[m, k] = scaled_one(channels[k, m].conjugate(), roots[k] * scales[k])
    solve_factored(matrix, precoder)
    scale_to_power(precoder, downlink.power_w)
    fill_gains(channels, precoder, work.gains)
    return True


@jit
def finish_beams(channels: Any, downlink: Downlink, work: WmmseWork, precoder: Any) -> None:
    """Write the precoder of the last update, with all the power, and its gains to ``work``.

    Args:
        channels: H, shape ``(K, M)``.
        downlink: Power, noise and weights.
        work: Scratch of the updates.
        precoder: Receives W, shape ``(M, K)``.
    """
    if channels.shape[0] <= channels.shape[1]:
        fill_adjoint_product(channels, work.coefficients, precoder)
        scale_to_power(precoder, downlink.power_w)
        fill_gains(channels, precoder, work.gains)


@jit
def start_with_power(channels: Any, downlink: Downlink, work: WmmseWork, precoder: Any) -> None:
    """Scale a start to all the power; one of zeros becomes regularised zero forcing.

    Args:
        channels: H, shape ``(K, M)``.
        downlink: Power, noise and weights.
        work: Scratch.
        precoder: W, shape ``(M, K)``, changed in place.
    """
    if power_of(precoder) > 0.0:
        scale_to_power(precoder, downlink.power_w)
    else:
        ridge = channels.shape[0] * downlink.noise_w / downlink.power_w
        fill_regularised(channels, downlink.power_w, ridge, work.inverse, precoder)


@jit
def maximise_weighted_rate(
    channels: Any, downlink: Downlink, tolerance: float, most: int, work: WmmseWork, precoder: Any
) -> tuple[float, int]:
    """Improve a precoder by WMMSE iterations until one gains little; the rate never falls.

    A user whose beam is orthogonal to its channel at the start stays without service. With more
    users than antennas and little noise, starts that leave users out save many iterations.

    Args:
        channels: H, shape ``(K, M)``.
        downlink: Power, noise and weights.
        tolerance: The gain of an iteration, in bit/s/Hz, at which it stops.
        most: Largest number of iterations.
        work: Scratch of :func:`wmmse_work`.
        precoder: Start W, shape ``(M, K)``, of any power; receives the result, with all the
            power. A start of zeros is replaced by regularised zero forcing.

    Returns:
        The weighted sum rate in bit/s/Hz, and the number of iterations.
    """
    start_with_power(channels, downlink, work, precoder)
    fill_gram(channels, work.gram)
    fill_gains(channels, precoder, work.gains)
    rate, loading = weigh_users(work.gains, downlink, work.factors)
    iterations = 0
    while iterations < most:
        if not update_beams(channels, downlink, loading, work, precoder):
            break
        iterations += 1
        before = rate
        rate, loading = weigh_users(work.gains, downlink, work.factors)
        if not rate - before > tolerance:
            break
    if iterations > 0:
        finish_beams(channels, downlink, work, precoder)
        rate = weighted_rate(work.gains, downlink.noise_w, downlink.weights)
    return rate, iterations


def downlink_of(
    power_w: float, noise_w: float, weights: npt.ArrayLike | None, users: int
) -> Downlink:
    """Return a checked :class:`Downlink`.

    Args:
        power_w: Power budget P in W, in (0, 1e30].
        noise_w: Noise power of a user in W, in [1e-300, 1e30].
        weights: Weights in [0, 1e12], one or ``(K,)``; None is 1.
        users: Number K of users.

    Raises:
        ValueError: An argument is outside its range.
    """
    check_range("power_w", float(power_w), POWER._replace(open_low=True))
    check_range("noise_w", float(noise_w), NOISE)
    return Downlink(float(power_w), float(noise_w), user_weights(weights, users))


def check_stopping(tolerance: float, iterations: int) -> tuple[float, int]:
    """Return when an iteration stops, checked.

    Args:
        tolerance: Gain of an iteration in bit/s/Hz, at least 0.
        iterations: Largest number of iterations.

    Raises:
        ValueError: One is outside its range.
    """
    check_range("tolerance", float(tolerance), _TOLERANCE)
    check_range("iterations", float(iterations), _ITERATIONS)
    return float(tolerance), int(iterations)


def wmmse(
    channels: npt.ArrayLike,
    power_w: float = 1.0,
    noise_w: float = 1.0,
    weights: npt.ArrayLike | None = None,
    start: npt.ArrayLike | None = None,
    tolerance: float = 1e-6,
    iterations: int = 1000,
) -> tuple[np.ndarray, float, int]:
    """Return a precoder of large weighted sum rate, that rate, and the number of iterations.

    Args:
        channels: H, complex, shape ``(K, M)``, K at most 1024.
        power_w: Power budget P in W, in (0, 1e30].
        noise_w: Noise power of a user in W, in [1e-300, 1e30].
        weights: Weights of the users in [0, 1e12], one or ``(K,)``; None is 1, the sum rate.
        start: Precoder to begin with, shape ``(M, K)``; None is regularised zero forcing. A user
            with a column of zeros is left out.
        tolerance: The gain of an iteration, in bit/s/Hz, at which it stops; at least 0.
        iterations: Largest number of iterations, in [0, 1e9].

    Returns:
        Precoder, complex128, shape ``(M, K)``, of power P; rate in bit/s/Hz; iterations.

    Raises:
        ValueError: A shape does not fit, or a number is outside its range.
    """
    rows = complex_matrix("channels", channels, -1, -1)
    users, antennas = rows.shape
    shape = (antennas, users)
    zeros = np.zeros(shape, np.complex128)
    precoder = zeros if start is None else complex_matrix("start", start, *shape)
    downlink = downlink_of(power_w, noise_w, weights, users)
    stop, most = check_stopping(tolerance, iterations)
    found = maximise_weighted_rate(rows, downlink, stop, most, wmmse_work(users), precoder)
    return precoder, float(found[0]), int(found[1])
