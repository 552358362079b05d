"""Extended Kalman filter of small dense states, without allocation.

The caller propagates the state through its own dynamics and gives Jacobians; these kernels move
covariances and apply measurements. An update processes the components of a measurement one after
the other (their errors must be uncorrelated: see :func:`decorrelate`), which gives the same
estimate as a joint update, without a matrix inverse. Each component uses the Joseph form
:math:`P = (I - k h) P (I - k h)^T + r k k^T`, which is exactly symmetric and tolerates errors of
the gain. Like any covariance form it needs :math:`h P h^T / r` below about 1e12: beyond that,
rounding can make a variance negative. Scale the states so that their variances are comparable.

Source: Y. Bar-Shalom, X. R. Li and T. Kirubarajan, "Estimation with Applications to Tracking and
Navigation", 2001, sections 5.2, 5.4 and 10.3.
"""

from typing import Any

import numpy as np

from isac_envs.engine.jit import inlined, jit
from isac_envs.kernels.numerics.small_matrix import Matrix, cholesky, propagate, solve_lower

Vector = Any
"""A float64 array of shape (n,)."""

WORK_ROWS = 3
"""Rows of length n that :func:`update` needs as scratch."""


@jit
def predict(covariance: Matrix, transition: Matrix, process_noise: Matrix, work: Matrix) -> None:
    """Overwrite a covariance with its prediction.

    :math:`F P F^T + Q`.

    Args:
        covariance: P, shape ``(n, n)``.
        transition: F, the Jacobian of the dynamics, shape ``(n, n)``.
        process_noise: Q, shape ``(n, n)``.
        work: Scratch, shape ``(n, n)``.
    """
    propagate(covariance, transition, process_noise, work)


@inlined
def _joseph(covariance: Matrix, jacobian: Matrix, m: int, variance: float, work: Matrix) -> float:
    """Apply component m of a measurement to the covariance; leave the gain in work[0].

    Returns the variance of the innovation.
    """
    n = covariance.shape[0]
    total = variance
    for i in range(n):
        value = 0.0
        for j in range(n):
            value += covariance[i, j] * jacobian[m, j]
        work[1, i] = value
        total += jacobian[m, i] * value
    for i in range(n):
        work[0, i] = work[1, i] / total
        for j in range(n):
            covariance[i, j] -= work[0, i] * work[1, j]
    for i in range(n):
        value = 0.0
        for j in range(n):
            value += covariance[i, j] * jacobian[m, j]
        work[1, i] = variance * work[0, i] - value
    for i in range(n):
        for j in range(i + 1):
            one = covariance[i, j] + work[1, i] * work[0, j]
            other = covariance[j, i] + work[1, j] * work[0, i]
            covariance[i, j] = covariance[j, i] = 0.5 * (one + other)
    return total


@jit
def update(
    state: Vector,
    covariance: Matrix,
    innovation: Vector,
    jacobian: Matrix,
    variances: Vector,
    work: Matrix,
) -> float:
    """Apply a measurement with uncorrelated errors to a state and its covariance.

    Args:
        state: Predicted state, shape ``(n,)``; overwritten with the estimate.
        covariance: Its covariance, shape ``(n, n)``; overwritten.
        innovation: Measurement minus its prediction at ``state`` (angles wrapped), ``(m,)``.
        jacobian: H, derivative of the measurement at ``state``, shape ``(m, n)``.
        variances: Variances of the measurement errors, above 0, shape ``(m,)``.
        work: Scratch, shape ``(3, n)``.

    Returns:
        The normalised innovation squared, chi-square with m degrees if the filter is consistent.
    """
    n = state.shape[0]
    for j in range(n):
        work[2, j] = 0.0
    squared = 0.0
    for i in range(innovation.shape[0]):
        residual = innovation[i]
        for j in range(n):
            residual -= jacobian[i, j] * work[2, j]
        total = _joseph(covariance, jacobian, i, variances[i], work)
        for j in range(n):
            work[2, j] += work[0, j] * residual
        squared += residual * residual / total
    for j in range(n):
        state[j] += work[2, j]
    return squared


@jit
def decorrelate(innovation: Vector, jacobian: Matrix, noise: Matrix) -> bool:
    """Transform a measurement with correlated errors into one with unit variances, in place.

    Args:
        innovation: Shape ``(m,)``; multiplied by :math:`L^{-1}`, where the noise is :math:`L L^T`.
        jacobian: Shape ``(m, n)``; multiplied by :math:`L^{-1}`.
        noise: Covariance of the errors, shape ``(m, m)``; its lower triangle becomes L.

    Returns:
        False if ``noise`` is not positive definite (nothing else is changed then).
    """
    if not cholesky(noise):
        return False
    solve_lower(noise, innovation)
    for j in range(jacobian.shape[1]):
        solve_lower(noise, jacobian[:, j])
    return True


@jit
def normalised_error_squared(error: Vector, covariance: Matrix, work: Matrix) -> float:
    """Return the normalised error squared (NEES), chi-square with n degrees if consistent.

    :math:`e^T P^{-1} e`.

    Args:
        error: True minus estimated state, shape ``(n,)``.
        covariance: P, shape ``(n, n)``; not changed.
        work: Scratch, shape ``(n + 1, n)``.

    Returns:
        The square, or NaN if P is not positive definite.
    """
    n = error.shape[0]
    factor, solution = work[:n], work[n]
    for i in range(n):
        solution[i] = error[i]
        for j in range(n):
            factor[i, j] = covariance[i, j]
    if not cholesky(factor):
        return np.nan
    solve_lower(factor, solution)
    total = 0.0
    for i in range(n):
        total += solution[i] * solution[i]
    return total
