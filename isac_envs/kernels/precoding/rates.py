r"""Rates of a multi-user downlink under linear precoding, and the power of a precoder.

User k of K receives :math:`y_k = h_k \sum_j w_j s_j + n_k` with a row of channels :math:`h_k` to
the M antennas, nothing conjugated, symbols of power 1 and noise of power :math:`\sigma^2`. The
channels have shape ``(K, M)``, precoders ``(M, K)``. Interference of the other users is noise:

.. math::

    \mathrm{SINR}_k = \frac{\lvert T_{kk} \rvert^2}{\sum_{j \ne k} \lvert T_{kj} \rvert^2
        + \sigma^2}, \quad T = H W

Users with different noise are covered by channels divided by its root.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import jit
from isac_envs.kernels.link.metrics import shannon_rate_one
from isac_envs.kernels.numerics.hermitian import scaled_one, square_one

POWER = Range(0.0, 1e30, "W")
NOISE = Range(1e-300, 1e30, "W")
_WEIGHT = Range(0.0, 1e12)
_BELOW_ONE = 1.0 - 1.0 / 2**50


@jit
def fill_gains(channels: Any, precoder: Any, out: Any) -> None:
    """Write what each user receives of each beam, :math:`T = H W`.

    Args:
        channels: H, shape ``(K, M)``.
        precoder: W, shape ``(M, J)``.
        out: Receives T, shape ``(K, J)``.
    """
    users, beams = out.shape
    for k in range(users):
        for j in range(beams):
            out[k, j] = complex(0.0, 0.0)
        for m in range(channels.shape[1]):
            entry = channels[k, m]
            for j in range(beams):
                out[k, j] += entry * precoder[m, j]


@jit
def received_powers(gains: Any, user: int, noise_w: float) -> tuple[float, float]:
    """Return the powers of a user's signal, and of all interference with the noise, in W.

    Args:
        gains: T of :func:`fill_gains`, shape ``(K, J)``; beams beyond K only disturb.
        user: Which user.
        noise_w: Noise power in W.
    """
    others = noise_w
    for j in range(gains.shape[1]):
        others += square_one(gains[user, j]) if j != user else 0.0
    return square_one(gains[user, user]), others


@jit
def fill_sinrs(gains: Any, noise_w: float, out: Any) -> None:
    """Write the signal-to-interference-and-noise ratio of each user, linear.

    Args:
        gains: T of :func:`fill_gains`, shape ``(K, J)``, J at least K.
        noise_w: Noise power in W, above 0.
        out: Receives the ratios, shape ``(K,)``.
    """
    for k in range(gains.shape[0]):
        signal, others = received_powers(gains, k, noise_w)
        out[k] = signal / others


@jit
def weighted_rate(gains: Any, noise_w: float, weights: Any) -> float:
    r"""Return the weighted sum rate in bit/s/Hz.

    :math:`\sum_k \alpha_k \log_2(1 + \mathrm{SINR}_k)`.

    Args:
        gains: T of :func:`fill_gains`, shape ``(K, J)``, J at least K.
        noise_w: Noise power in W, above 0.
        weights: Weights alpha of the users, shape ``(K,)``; ones give the sum rate.
    """
    total = 0.0
    for k in range(gains.shape[0]):
        signal, others = received_powers(gains, k, noise_w)
        total += weights[k] * shannon_rate_one(signal / others)
    return total


@jit
def power_of(precoder: Any) -> float:
    """Return the transmit power of a precoder in W, the sum of all squared magnitudes."""
    total = 0.0
    for m in range(precoder.shape[0]):
        for k in range(precoder.shape[1]):
            total += square_one(precoder[m, k])
    return total


@jit
def scale_to_power(precoder: Any, power_w: float) -> None:
    """Scale a precoder to a power, which :func:`power_of` never exceeds; zeros stay zeros.

    Args:
        precoder: Shape ``(M, K)``, changed in place.
        power_w: Power in W, at least 0.
    """
    present = power_of(precoder)
    factor = math.sqrt(power_w / present) if present > 0.0 else 0.0
    while present > 0.0:
        for m in range(precoder.shape[0]):
            for k in range(precoder.shape[1]):
                precoder[m, k] = scaled_one(precoder[m, k], factor)
        present, factor = power_of(precoder), _BELOW_ONE  # rounding may have left it above
        if present <= power_w:
            break


@jit
def limit_power(precoder: Any, budget_w: float) -> None:
    """Scale a precoder down to a power budget, the nearest one within it; else leave it.

    Args:
        precoder: Shape ``(M, K)``, changed in place.
        budget_w: Largest power in W, at least 0.
    """
    if power_of(precoder) > budget_w:
        scale_to_power(precoder, budget_w)


@jit
def share_power(precoder: Any, power_w: float) -> None:
    """Give all beams the same power; a user without one gets none, and the others share all.

    Args:
        precoder: Shape ``(M, K)``, changed in place; a user without beam has a column of zeros.
        power_w: Power of all beams together in W, never exceeded.
    """
    antennas, users = precoder.shape
    served = 0
    for k in range(users):
        square = 0.0
        for m in range(antennas):
            square += square_one(precoder[m, k])
        served += 1 if square > 0.0 else 0
        factor = 1.0 / math.sqrt(square) if square > 0.0 else 0.0
        for m in range(antennas):
            precoder[m, k] = scaled_one(precoder[m, k], factor)
    if served > 0:
        scale_to_power(precoder, power_w)


def complex_matrix(name: str, values: npt.ArrayLike, *shape: int) -> np.ndarray:
    """Return a copy of a matrix that kernels take, C-contiguous complex128.

    Args:
        name: Name of the argument, for the message.
        values: Finite values.
        *shape: Its shape; -1 for any size above 0.

    Raises:
        ValueError: It has another shape or a value is not finite.
    """
    array = np.array(values, dtype=np.complex128, order="C")
    fits = array.ndim == len(shape) and all(
        size == wanted or (wanted == -1 and size > 0)
        for size, wanted in zip(array.shape, shape, strict=True)
    )
    if not fits:
        sizes = ", ".join("any" if size == -1 else str(size) for size in shape)
        raise ValueError(f"{name} has shape {array.shape}, must have shape ({sizes})")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} has values that are not finite")
    return array


def user_weights(weights: npt.ArrayLike | None, users: int) -> np.ndarray:
    """Return the weights of the users, float64, shape ``(K,)``; ones for None.

    Args:
        weights: Weights in [0, 1e12], one or ``(K,)``, or None.
        users: Number K of users.

    Raises:
        ValueError: Their number is another one, or a weight is outside its range.
    """
    given = np.asarray(1.0 if weights is None else weights, np.float64)
    if given.shape not in ((), (users,)):
        raise ValueError(f"weights has shape {given.shape}, must be one number or ({users},)")
    check_range("weights", given.reshape(-1), _WEIGHT)
    return np.full(users, given)


def effective_gains(channels: npt.ArrayLike, precoder: npt.ArrayLike) -> np.ndarray:
    """Return what each user receives of each beam, :math:`T = H W`.

    Args:
        channels: H, complex, shape ``(K, M)``.
        precoder: W, complex, shape ``(M, K)``.

    Returns:
        complex128, shape ``(K, K)``: users are rows, beams are columns.

    Raises:
        ValueError: A shape does not fit, or a value is not finite.
    """
    rows = complex_matrix("channels", channels, -1, -1)
    users, antennas = rows.shape
    columns = complex_matrix("precoder", precoder, antennas, users)
    out = np.empty((users, users), np.complex128)
    fill_gains(rows, columns, out)
    return out


def downlink_sinr(
    channels: npt.ArrayLike, precoder: npt.ArrayLike, noise_w: float = 1.0
) -> np.ndarray:
    """Return the signal-to-interference-and-noise ratio of each user, linear.

    Args:
        channels: H, complex, shape ``(K, M)``.
        precoder: W, complex, shape ``(M, K)``.
        noise_w: Noise power of a user in W, in [1e-300, 1e30].

    Returns:
        float64, shape ``(K,)``.

    Raises:
        ValueError: A shape does not fit, or a value is outside its range.
    """
    check_range("noise_w", float(noise_w), NOISE)
    gains = effective_gains(channels, precoder)
    out = np.empty(len(gains))
    fill_sinrs(gains, float(noise_w), out)
    return out


def weighted_sum_rate(
    channels: npt.ArrayLike,
    precoder: npt.ArrayLike,
    noise_w: float = 1.0,
    weights: npt.ArrayLike | None = None,
) -> float:
    r"""Return the weighted sum rate in bit/s/Hz.

    :math:`\sum_k \alpha_k \log_2(1 + \mathrm{SINR}_k)`.

    Args:
        channels: H, complex, shape ``(K, M)``.
        precoder: W, complex, shape ``(M, K)``.
        noise_w: Noise power of a user in W, in [1e-300, 1e30].
        weights: Weights alpha in [0, 1e12], one or ``(K,)``; None is 1, the sum rate.

    Raises:
        ValueError: A shape does not fit, or a value is outside its range.
    """
    check_range("noise_w", float(noise_w), NOISE)
    gains = effective_gains(channels, precoder)
    return float(weighted_rate(gains, float(noise_w), user_weights(weights, len(gains))))


def within_power(precoder: npt.ArrayLike, budget_w: float, use_all: bool = False) -> np.ndarray:
    """Return a precoder that keeps a power budget, complex128, shape ``(M, K)``.

    Args:
        precoder: Complex, shape ``(M, K)``.
        budget_w: Largest power in W, in [0, 1e30]; never exceeded.
        use_all: Whether a precoder of less power is scaled up as well. Zeros stay zeros.

    Raises:
        ValueError: It is no finite matrix, or the budget is outside its range.
    """
    out = complex_matrix("precoder", precoder, -1, -1)
    check_range("budget_w", float(budget_w), POWER)
    if use_all:
        scale_to_power(out, float(budget_w))
    else:
        limit_power(out, float(budget_w))
    return out
