"""Batches of Kalman filters: NumPy functions that run the kernels of :mod:`.kalman` in one loop."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine.jit import jit
from isac_envs.kernels.estimation.kalman import WORK_ROWS, normalised_error_squared, predict, update

Array = npt.NDArray[np.float64]


@jit
def _predict_all(covariance: Any, transition: Any, process_noise: Any, work: Any) -> None:
    for b in range(covariance.shape[0]):
        predict(covariance[b], transition[b], process_noise[b], work)


@jit
def _update_all(
    state: Any, covariance: Any, innovation: Any, jacobian: Any, variances: Any, work: Any, out: Any
) -> None:
    for b in range(state.shape[0]):
        out[b] = update(state[b], covariance[b], innovation[b], jacobian[b], variances[b], work)


@jit
def _errors_all(error: Any, covariance: Any, work: Any, out: Any) -> None:
    for b in range(error.shape[0]):
        out[b] = normalised_error_squared(error[b], covariance[b], work)


def predict_covariances(
    covariance: npt.ArrayLike, transition: npt.ArrayLike, process_noise: npt.ArrayLike
) -> Array:
    """Return the predicted covariance of every filter of a batch.

    :math:`F P F^T + Q`.

    Args:
        covariance: P, shape ``(B, n, n)``.
        transition: F, shape ``(B, n, n)``, or ``(n, n)`` for all.
        process_noise: Q, shape ``(B, n, n)``, or ``(n, n)`` for all.

    Raises:
        ValueError: Shapes do not fit, or a value is not finite.
    """
    shape = np.shape(covariance)
    if len(shape) != 3 or shape[1] != shape[2]:
        raise ValueError(f"covariance has shape {shape}, expected (B, n, n)")
    result = _shaped("covariance", covariance, shape)
    _predict_all(
        result,
        _shaped("transition", transition, shape),
        _shaped("process_noise", process_noise, shape),
        np.empty(shape[1:]),
    )
    return result


def update_states(
    state: npt.ArrayLike,
    covariance: npt.ArrayLike,
    innovation: npt.ArrayLike,
    jacobian: npt.ArrayLike,
    variances: npt.ArrayLike,
) -> tuple[Array, Array, Array]:
    """Return the estimates of a batch of filters after one measurement each.

    Args:
        state: Predicted states, shape ``(B, n)``.
        covariance: Shape ``(B, n, n)``, or ``(n, n)`` for all.
        innovation: Measurement minus its prediction, shape ``(B, m)``.
        jacobian: H, shape ``(B, m, n)``, or ``(m, n)`` for all.
        variances: Variances of the errors, above 0, shape ``(B, m)``, or ``(m,)`` for all.

    Returns:
        States ``(B, n)``, covariances ``(B, n, n)``, normalised innovations squared ``(B,)``.

    Raises:
        ValueError: Shapes do not fit, a value is not finite, or a variance is not above 0.
    """
    if np.ndim(state) != 2 or np.ndim(innovation) != 2:
        raise ValueError(f"state has shape {np.shape(state)}, expected (B, n); innovation (B, m)")
    (batch, n), m = np.shape(state), np.shape(innovation)[1]
    states = _shaped("state", state, (batch, n))
    covariances = _shaped("covariance", covariance, (batch, n, n))
    noise = _shaped("variances", variances, (batch, m))
    if (noise <= 0.0).any():
        raise ValueError(f"variances = {noise.min()!r} is outside (0, inf)")
    squared = np.empty(batch)
    _update_all(
        states,
        covariances,
        _shaped("innovation", innovation, (batch, m)),
        _shaped("jacobian", jacobian, (batch, m, n)),
        noise,
        np.empty((WORK_ROWS, n)),
        squared,
    )
    return states, covariances, squared


def normalised_errors_squared(error: npt.ArrayLike, covariance: npt.ArrayLike) -> Array:
    """Return the normalised error squared (NEES) of every filter, NaN if P is not positive.

    :math:`e^T P^{-1} e`.

    Args:
        error: True minus estimated states, shape ``(B, n)``.
        covariance: P, shape ``(B, n, n)``, or ``(n, n)`` for all.

    Raises:
        ValueError: Shapes do not fit, or a value is not finite.
    """
    if np.ndim(error) != 2:
        raise ValueError(f"error has shape {np.shape(error)}, expected (B, n)")
    batch, n = np.shape(error)
    out = np.empty(batch)
    covariances = _shaped("covariance", covariance, (batch, n, n))
    _errors_all(_shaped("error", error, (batch, n)), covariances, np.empty((n + 1, n)), out)
    return out


def _shaped(name: str, values: npt.ArrayLike, shape: tuple[int, ...]) -> Array:
    """Return a fresh contiguous array of the shape, or raise ValueError."""
    array = np.asarray(values, dtype=np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds a value outside the finite numbers")
    try:
        return np.array(np.broadcast_to(array, shape), order="C")
    except ValueError as error:
        raise ValueError(f"{name} has shape {array.shape}, expected {shape}") from error
