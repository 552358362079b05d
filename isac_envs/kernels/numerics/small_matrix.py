"""Linear algebra of small dense matrices in place: no allocation, no library calls.

For filters and information matrices of a few states inside environment kernels. Symmetric matrices
are stored in full; only finite, positive definite ones have a Cholesky factor.
"""

import math
from typing import Any

from isac_envs.engine.jit import jit

Matrix = Any
"""A float64 array of shape (n, n) or (m, n)."""


@jit
def cholesky(a: Matrix) -> bool:
    """Overwrite a's lower triangle with L, :math:`a = L L^T`; return False if a is not positive."""
    n = a.shape[0]
    for j in range(n):
        pivot = a[j, j]
        for k in range(j):
            pivot -= a[j, k] * a[j, k]
        if not pivot > 0.0:
            return False
        root = math.sqrt(pivot)
        a[j, j] = root
        for i in range(j + 1, n):
            value = a[i, j]
            for k in range(j):
                value -= a[i, k] * a[j, k]
            a[i, j] = value / root
    return True


@jit
def solve_lower(factor: Matrix, vector: Any) -> None:
    """Overwrite the vector b with the solution y of :math:`L y = b`."""
    for i in range(factor.shape[0]):
        value = vector[i]
        for k in range(i):
            value -= factor[i, k] * vector[k]
        vector[i] = value / factor[i, i]


@jit
def invert_positive(a: Matrix) -> bool:
    """Overwrite a symmetric positive definite matrix with its inverse; return False if it is not.

    By Cholesky: the result is exactly symmetric.
    """
    if not cholesky(a):
        return False
    n = a.shape[0]
    for j in range(n):  # L becomes its inverse, column by column
        a[j, j] = 1.0 / a[j, j]
        for i in range(j + 1, n):
            value = 0.0
            for k in range(j, i):
                value -= a[i, k] * a[k, j]
            a[i, j] = value / a[i, i]
    for i in range(n):  # L^-T L^-1; row i reads no entry that an earlier row wrote
        for j in range(i + 1):
            value = 0.0
            for k in range(i, n):
                value += a[k, i] * a[k, j]
            a[j, i] = value
    for i in range(n):
        for j in range(i):
            a[i, j] = a[j, i]
    return True


@jit
def propagate(a: Matrix, transition: Matrix, noise: Matrix, work: Matrix) -> None:
    """Overwrite symmetric a with :math:`F a F^T + Q`, exactly symmetric.

    Args:
        a: Shape ``(n, n)``.
        transition: F, shape ``(n, n)``.
        noise: Q, symmetric, shape ``(n, n)``.
        work: Scratch, shape ``(n, n)``.
    """
    n = a.shape[0]
    for i in range(n):
        for j in range(n):
            value = 0.0
            for k in range(n):
                value += transition[i, k] * a[k, j]
            work[i, j] = value
    for i in range(n):
        for j in range(i + 1):
            value = 0.0
            for k in range(n):
                value += work[i, k] * transition[j, k]
            value += 0.5 * (noise[i, j] + noise[j, i])
            a[i, j] = value
            a[j, i] = value
