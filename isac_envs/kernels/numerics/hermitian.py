r"""Linear algebra of small complex matrices in place: no allocation, no library calls.

For covariances and Gram matrices of up to a few dozen rows inside kernels. Hermitian matrices are
stored in full; only finite, positive definite ones have a Cholesky factor. Its relative errors do
not depend on how rows and columns are scaled. The real case is ``small_matrix``.
"""

import math
from typing import Any

from isac_envs.engine.jit import inlined, jit

Matrix = Any
"""A complex128 array of shape (n, n) or (m, n)."""


@inlined
def square_one(value: Any) -> float:
    """Return the squared magnitude of a complex number."""
    return value.real * value.real + value.imag * value.imag


@inlined
def scaled_one(value: Any, factor: float) -> Any:
    """Return a complex number times a real one: two products instead of a complex one."""
    return complex(value.real * factor, value.imag * factor)


@jit
def squared_length(row: Any) -> float:
    """Return the sum of the squared magnitudes of a row, shape ``(n,)``."""
    total = 0.0
    for k in range(row.shape[0]):
        total += square_one(row[k])
    return total


@jit
def cholesky(a: Matrix, least: float) -> bool:
    r"""Overwrite a's lower triangle with L, :math:`a = L L^H`; return False if it has none.

    Args:
        a: Hermitian, shape ``(n, n)``; only its lower triangle is read.
        least: Smallest share of a diagonal entry that may remain as pivot, at least 0: below it,
            a row counts as a combination of those before.
    """
    n = a.shape[0]
    for j in range(n):
        whole = a[j, j].real
        pivot = whole
        for k in range(j):
            pivot -= square_one(a[j, k])
        if not pivot > least * whole:
            return False
        root = math.sqrt(pivot)
        a[j, j] = complex(root, 0.0)
        scale = 1.0 / root
        for i in range(j + 1, n):
            value = a[i, j]
            for k in range(j):
                value -= a[i, k] * a[j, k].conjugate()
            a[i, j] = scaled_one(value, scale)
    return True


@jit
def solve_factored(factor: Matrix, right: Matrix) -> None:
    """Overwrite the columns b of a matrix with the solutions x of :math:`L L^H x = b`.

    Args:
        factor: L in the lower triangle, from :func:`cholesky`; shape ``(n, n)``.
        right: Right sides, shape ``(n, R)``.
    """
    n, sides = right.shape
    for i in range(n):
        for k in range(i):
            for r in range(sides):
                right[i, r] -= factor[i, k] * right[k, r]
        scale = 1.0 / factor[i, i].real
        for r in range(sides):
            right[i, r] = scaled_one(right[i, r], scale)
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            entry = factor[k, i].conjugate()
            for r in range(sides):
                right[i, r] -= entry * right[k, r]
        scale = 1.0 / factor[i, i].real
        for r in range(sides):
            right[i, r] = scaled_one(right[i, r], scale)


@jit
def solve_positive(a: Matrix, right: Matrix) -> bool:
    """Overwrite right sides with the solutions of :math:`a x = b`; False if a is not positive.

    Args:
        a: Hermitian positive definite, shape ``(n, n)``; becomes its factor.
        right: Right sides, shape ``(n, R)``.
    """
    if not cholesky(a, 0.0):
        return False
    solve_factored(a, right)
    return True


@jit
def invert_positive(a: Matrix, least: float) -> bool:
    """Overwrite a Hermitian positive definite matrix with its inverse; return False if it is not.

    By Cholesky: the result is exactly Hermitian.

    Args:
        a: Shape ``(n, n)``.
        least: As in :func:`cholesky`.
    """
    if not cholesky(a, least):
        return False
    n = a.shape[0]
    for j in range(n):  # L becomes its inverse, column by column
        a[j, j] = complex(1.0 / a[j, j].real, 0.0)
        for i in range(j + 1, n):
            value = complex(0.0, 0.0)
            for k in range(j, i):
                value -= a[i, k] * a[k, j]
            a[i, j] = scaled_one(value, 1.0 / a[i, i].real)
    for i in range(n):  # L^-H L^-1; row i reads no entry that an earlier row wrote
        for j in range(i):
            value = complex(0.0, 0.0)
            for k in range(i, n):
                value += a[k, i].conjugate() * a[k, j]
            a[j, i] = value.conjugate()
        total = 0.0
        for k in range(i, n):
            total += square_one(a[k, i])
        a[i, i] = complex(total, 0.0)
    for i in range(n):
        for j in range(i):
            a[i, j] = a[j, i].conjugate()
    return True


@jit
def fill_gram(rows: Matrix, out: Matrix) -> None:
    """Write the inner products of all rows, :math:`H H^H`, exactly Hermitian.

    Args:
        rows: H, shape ``(n, m)``.
        out: Receives the products, shape ``(n, n)``.
    """
    n, m = rows.shape
    for i in range(n):
        for j in range(i):
            value = complex(0.0, 0.0)
            for k in range(m):
                value += rows[i, k] * rows[j, k].conjugate()
            out[i, j] = value
            out[j, i] = value.conjugate()
        total = 0.0
        for k in range(m):
            total += square_one(rows[i, k])
        out[i, i] = complex(total, 0.0)
