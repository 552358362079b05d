r"""Linear precoders in closed form: maximum ratio, zero forcing, regularised zero forcing.

All users get the same power, together P. The directions are the columns of :math:`H^H` (maximum
ratio), :math:`H^H (H H^H)^{-1}` (zero forcing) and :math:`H^H (H H^H + \lambda I)^{-1}`
(regularised), for channels H of shape ``(K, M)`` as in ``rates``. A user without a channel gets no
beam.

Source: C. B. Peel, B. M. Hochwald and A. L. Swindlehurst, IEEE Trans. Commun. 53(1), 2005
(regularisation :math:`\lambda = K \sigma^2 / P`; recalled).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import jit
from isac_envs.kernels.numerics.hermitian import (
    cholesky,
    fill_gram,
    invert_positive,
    solve_factored,
)
from isac_envs.kernels.precoding.rates import NOISE, POWER, complex_matrix, share_power

_INDEPENDENT = 1e-12  # least share of a user's gain that is orthogonal to all users before
_LOADING = 1e-9  # share of each gain that makes dependent channels invertible


@jit
def fill_maximum_ratio(channels: Any, power_w: float, out: Any) -> None:
    """Write the beams that are matched to each user's channel.

    Args:
        channels: H, shape ``(K, M)``.
        power_w: Power of all beams together in W.
        out: Receives the precoder, shape ``(M, K)``.
    """
    for k in range(channels.shape[0]):
        for m in range(channels.shape[1]):
            out[m, k] = channels[k, m].conjugate()
    share_power(out, power_w)


@jit
def fill_adjoint_product(channels: Any, coefficients: Any, out: Any) -> None:
    """Write beams as combinations of the matched ones, :math:`H^H X`.

    Args:
        channels: H, shape ``(K, M)``.
        coefficients: X, shape ``(K, J)``.
        out: Receives the product, shape ``(M, J)``.
    """
    users, antennas = channels.shape
    for m in range(antennas):
        for j in range(coefficients.shape[1]):
            out[m, j] = complex(0.0, 0.0)
        for k in range(users):
            entry = channels[k, m].conjugate()
            for j in range(coefficients.shape[1]):
                out[m, j] += entry * coefficients[k, j]


@jit
def _fill_loaded_gram(channels: Any, share: float, ridge: float, out: Any) -> None:
    """Write H H^H with more on its diagonal: a share of each entry, and a number."""
    fill_gram(channels, out)
    for k in range(channels.shape[0]):
        gain = out[k, k].real
        # without a channel: 1, so that the beam, which is 0, does not spoil the others
        out[k, k] = complex(gain * (1.0 + share) + ridge if gain > 0.0 else 1.0, 0.0)


@jit
def fill_zero_forcing(channels: Any, power_w: float, gram: Any, out: Any) -> bool:
    """Write the beams that cause no interference.

    Where there are none, because channels are dependent or more than antennas, a billionth of each
    user's gain is added to the diagonal of the Gram matrix.

    Args:
        channels: H, shape ``(K, M)``.
        power_w: Power of all beams together in W.
        gram: Scratch, complex128, shape ``(K, K)``.
        out: Receives the precoder, shape ``(M, K)``.

    Returns:
        Whether the channels are independent.
    """
    _fill_loaded_gram(channels, 0.0, 0.0, gram)
    independent = invert_positive(gram, _INDEPENDENT)
    if not independent:
        _fill_loaded_gram(channels, _LOADING, 0.0, gram)
        invert_positive(gram, 0.0)
    fill_adjoint_product(channels, gram, out)
    share_power(out, power_w)
    return independent


@jit
def fill_regularised(
    channels: Any, power_w: float, regularisation: float, gram: Any, out: Any
) -> None:
    """Write the beams of regularised zero forcing.

    Args:
        channels: H, shape ``(K, M)``.
        power_w: Power of all beams together in W.
        regularisation: lambda, in the unit of squared channels, above 0.
        gram: Scratch, complex128, shape ``(K, K)``.
        out: Receives the precoder, shape ``(M, K)``.
    """
    users, antennas = channels.shape
    if users > antennas:  # the smaller system; the other one would cancel
        matrix = gram[:antennas, :antennas]
        for m in range(antennas):
            for n in range(m + 1):
                value = complex(regularisation if n == m else 0.0, 0.0)
                for k in range(users):
                    value += channels[k, m].conjugate() * channels[k, n]
                matrix[m, n] = value
        if cholesky(matrix, 0.0):
            for m in range(antennas):
                for k in range(users):
                    out[m, k] = channels[k, m].conjugate()
            solve_factored(matrix, out)
            share_power(out, power_w)
            return
    _fill_loaded_gram(channels, 0.0, regularisation, gram)
    if not invert_positive(gram, 0.0):  # lambda is lost in rounding
        _fill_loaded_gram(channels, _LOADING, regularisation, gram)
        invert_positive(gram, 0.0)
    fill_adjoint_product(channels, gram, out)
    share_power(out, power_w)


def _rows_and_out(channels: npt.ArrayLike, power_w: float) -> tuple[np.ndarray, np.ndarray]:
    rows = complex_matrix("channels", channels, -1, -1)
    check_range("power_w", float(power_w), POWER)
    return rows, np.empty(rows.shape[::-1], np.complex128)


def maximum_ratio(channels: npt.ArrayLike, power_w: float = 1.0) -> np.ndarray:
    r"""Return the beams that are matched to each user's channel, with equal powers.

    Args:
        channels: H, complex, shape ``(K, M)``.
        power_w: Power P of all beams together in W, in [0, 1e30].

    Returns:
        complex128, shape ``(M, K)``: :math:`\sqrt{P / K}\, h_k^H / \lVert h_k \rVert`.

    Raises:
        ValueError: The channels are no finite matrix, or the power is outside its range.
    """
    rows, out = _rows_and_out(channels, power_w)
    fill_maximum_ratio(rows, float(power_w), out)
    return out


def zero_forcing(channels: npt.ArrayLike, power_w: float = 1.0) -> np.ndarray:
    """Return the beams that cause no interference, with equal powers.

    Dependent channels, and more users than antennas, are regularised slightly.

    Args:
        channels: H, complex, shape ``(K, M)``.
        power_w: Power P of all beams together in W, in [0, 1e30].

    Returns:
        complex128, shape ``(M, K)``.

    Raises:
        ValueError: The channels are no finite matrix, or the power is outside its range.
    """
    rows, out = _rows_and_out(channels, power_w)
    gram = np.empty((len(rows), len(rows)), np.complex128)
    fill_zero_forcing(rows, float(power_w), gram, out)
    return out


def regularised_zero_forcing(
    channels: npt.ArrayLike,
    power_w: float = 1.0,
    noise_w: float = 1.0,
    regularisation: float | None = None,
) -> np.ndarray:
    r"""Return the beams of regularised zero forcing, with equal powers.

    Args:
        channels: H, complex, shape ``(K, M)``.
        power_w: Power P of all beams together in W, in (0, 1e30].
        noise_w: Noise power of a user in W, in [1e-300, 1e30].
        regularisation: lambda above 0; None is :math:`K \sigma^2 / P`.

    Returns:
        complex128, shape ``(M, K)``.

    Raises:
        ValueError: The channels are no finite matrix, or a number is outside its range.
    """
    rows, out = _rows_and_out(channels, power_w)
    check_range("power_w", float(power_w), POWER._replace(open_low=True))
    check_range("noise_w", float(noise_w), NOISE)
    ridge = len(rows) * noise_w / power_w if regularisation is None else regularisation
    check_range("regularisation", float(ridge), Range(0.0, np.inf, open_low=True))
    gram = np.empty((len(rows), len(rows)), np.complex128)
    fill_regularised(rows, float(power_w), float(ridge), gram, out)
    return out
