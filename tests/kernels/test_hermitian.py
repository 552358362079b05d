"""Small Hermitian matrices against NumPy's linear algebra."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.numerics import hermitian


def complex_normal(generator: np.random.Generator, *shape: int) -> np.ndarray:
    return generator.normal(size=shape) + 1j * generator.normal(size=shape)


def positive(generator: np.random.Generator, n: int) -> np.ndarray:
    factor = complex_normal(generator, n, n)
    return factor @ factor.conj().T + 0.1 * np.eye(n)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 16), st.integers(1, 5))
def test_solutions_and_inverse(seed: int, n: int, sides: int) -> None:
    generator = np.random.default_rng(seed)
    a, right = positive(generator, n), complex_normal(generator, n, sides)
    condition = np.linalg.cond(a)
    found = right.copy()
    assert hermitian.solve_positive(a.copy(), found)
    expected = np.linalg.solve(a, right)
    assert np.abs(found - expected).max() < 1e-14 * condition * np.abs(expected).max()
    inverse = a.copy()
    assert hermitian.invert_positive(inverse, 0.0)
    assert np.abs(inverse @ a - np.eye(n)).max() < 1e-13 * condition
    assert (inverse == inverse.conj().T).all()


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 8))
def test_factor_is_that_of_numpy(seed: int, n: int) -> None:
    a = positive(np.random.default_rng(seed), n)
    factor = np.tril(a) + np.triu(np.full((n, n), np.nan), 1)  # only the lower triangle is read
    assert hermitian.cholesky(factor, 0.0)
    assert np.allclose(np.tril(factor), np.linalg.cholesky(a), rtol=1e-12, atol=1e-12)


def test_scales_of_rows_cost_no_accuracy() -> None:
    """Users a hundred decibels apart: NumPy's general solver has no such property."""
    generator = np.random.default_rng(3)
    plain, scales = positive(generator, 6), np.logspace(-9, 7, 6)
    inverse = scales[:, None] * plain * scales
    assert hermitian.invert_positive(inverse, 0.0)
    expected = np.linalg.inv(plain) / scales / scales[:, None]
    assert np.allclose(inverse, expected, rtol=1e-11, atol=0.0)


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((2, 2)),
        [[1.0, 2.0], [2.0, 1.0]],
        [[1.0, 1j], [-1j, 1.0]],
        [[np.nan, 0.0], [0.0, 1.0]],
        [[-1.0]],
    ],
)
def test_others_have_no_factor(wrong: Any) -> None:
    for function in (hermitian.cholesky, hermitian.invert_positive):
        assert not function(np.array(wrong, np.complex128), 1e-12)


def test_dependent_rows_are_found_at_any_scale() -> None:
    generator = np.random.default_rng(5)
    rows = complex_normal(generator, 3, 4)
    rows[2] = rows[0] - 2j * rows[1]
    for scales in ([1.0, 1.0, 1.0], [1e-8, 1.0, 1e6]):
        gram = np.empty((3, 3), np.complex128)
        hermitian.fill_gram(np.ascontiguousarray(rows * np.array(scales)[:, None]), gram)
        assert not hermitian.cholesky(gram.copy(), 1e-12)
        assert hermitian.cholesky(gram[:2, :2].copy(), 1e-12)


def test_gram_matrix() -> None:
    rows = complex_normal(np.random.default_rng(6), 4, 7)
    gram = np.empty((4, 4), np.complex128)
    hermitian.fill_gram(rows, gram)
    assert np.allclose(gram, rows @ rows.conj().T, rtol=1e-14, atol=1e-14)
    assert (gram == gram.conj().T).all()
