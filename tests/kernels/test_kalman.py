"""The extended Kalman filter against textbook matrix formulas, and its statistics."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from isac_envs.kernels.estimation import kalman
from isac_envs.kernels.estimation.kalman_batch import (
    normalised_errors_squared,
    predict_covariances,
    update_states,
)
from isac_envs.kernels.numerics import small_matrix


def positive(generator: np.random.Generator, *shape: int) -> np.ndarray:
    factor = generator.normal(size=(*shape, shape[-1]))
    return factor @ np.swapaxes(factor, -1, -2) + 0.1 * np.eye(shape[-1])


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 7), st.integers(1, 5))
def test_linear_case_is_the_plain_kalman_filter(seed: int, n: int, m: int) -> None:
    generator = np.random.default_rng(seed)
    state, covariance = generator.normal(size=n), positive(generator, n)
    transition, noise = generator.normal(size=(n, n)), positive(generator, n)
    h, r = generator.normal(size=(m, n)), generator.uniform(0.1, 2.0, m)
    measurement = generator.normal(size=m)

    predicted = transition @ state
    p = transition @ covariance @ transition.T + noise
    s = h @ p @ h.T + np.diag(r)
    gain = p @ h.T @ np.linalg.inv(s)
    innovation = measurement - h @ predicted
    expected = predicted + gain @ innovation
    expected_p = (np.eye(n) - gain @ h) @ p

    found_p = predict_covariances(covariance[None], transition, noise)
    states, covariances, squared = update_states(predicted[None], found_p, innovation[None], h, r)
    scale = 1.0 + np.abs(p).max()
    assert np.abs(found_p[0] - p).max() < 1e-12 * scale
    assert np.abs(states[0] - expected).max() < 1e-10 * scale
    assert np.abs(covariances[0] - expected_p).max() < 1e-10 * scale
    assert squared[0] == pytest.approx(innovation @ np.linalg.solve(s, innovation), rel=1e-9)
    assert (covariances[0] == covariances[0].T).all()
    assert np.linalg.eigvalsh(covariances[0]).min() > 0.0


def test_correlated_measurement_errors() -> None:
    generator = np.random.default_rng(7)
    state, p, h = generator.normal(size=4), positive(generator, 4), generator.normal(size=(3, 4))
    noise, innovation = positive(generator, 3), generator.normal(size=3)
    s = h @ p @ h.T + noise
    expected = state + p @ h.T @ np.linalg.solve(s, innovation)
    squared = innovation @ np.linalg.solve(s, innovation)
    assert kalman.decorrelate(innovation, h, noise)
    work = np.empty((kalman.WORK_ROWS, 4))
    found = kalman.update(state, p, innovation, h, np.ones(3), work)
    assert state == pytest.approx(expected, rel=1e-12)
    assert found == pytest.approx(squared, rel=1e-12)
    assert not kalman.decorrelate(innovation, h, np.array([[1.0, 2.0], [2.0, 1.0]]))


@pytest.mark.parametrize(("prior", "variance", "apart"), [(1e4, 1e-4, 1e-4), (1e6, 1e-3, 1e-2)])
def test_covariance_stays_positive_with_nearly_collinear_precise_measurements(
    prior: float, variance: float, apart: float
) -> None:
    rounds = 100
    h = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0 + apart]])
    state, p = np.zeros((1, 3)), prior * np.eye(3)[None]
    for _ in range(rounds):
        state, p, _ = update_states(state, p, np.zeros((1, 2)), h, np.full(2, variance))
    with mpmath.workdps(60):
        rows = mpmath.matrix(h.tolist())
        information = mpmath.eye(3) / prior + rounds / mpmath.mpf(variance) * (rows.T * rows)
        expected = np.array((information**-1).tolist(), dtype=float)
    assert np.linalg.eigvalsh(p[0]).min() > 0.0
    measured = np.einsum("ij,jk,ik->i", h, p[0], h)
    assert measured == pytest.approx(np.einsum("ij,jk,ik->i", h, expected, h), rel=1e-4)
    assert p[0] == pytest.approx(expected, abs=1e-8 * prior)


def test_filter_is_consistent_on_its_own_model() -> None:
    generator = np.random.default_rng(11)
    runs, steps, dt = 300, 40, 0.1
    transition = np.kron([[1.0, dt], [0.0, 1.0]], np.eye(2))
    noise = np.kron([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]], np.eye(2))
    h, r = np.eye(4)[:2], np.array([0.25, 0.09])
    p = np.broadcast_to(np.diag([4.0, 4.0, 1.0, 1.0]), (runs, 4, 4))
    truth = generator.normal(size=(runs, 4)) @ np.diag([2.0, 2.0, 1.0, 1.0])
    estimate = np.zeros((runs, 4))
    errors, innovations = [], []
    for _ in range(steps):
        truth = truth @ transition.T + generator.multivariate_normal(np.zeros(4), noise, runs)
        estimate, p = estimate @ transition.T, predict_covariances(p, transition, noise)
        measured = truth @ h.T + generator.normal(size=(runs, 2)) * np.sqrt(r)
        estimate, p, squared = update_states(estimate, p, measured - estimate @ h.T, h, r)
        innovations.append(squared)
        errors.append(normalised_errors_squared(truth - estimate, p))
    low, high = chi2.ppf([1e-4, 1 - 1e-4], 4 * runs) / runs
    assert low < errors[-1].mean() < high
    low, high = chi2.ppf([1e-4, 1 - 1e-4], 2 * runs * steps) / (runs * steps)
    assert low < np.mean(innovations) < high


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_small_matrices_against_numpy(n: int) -> None:
    a = positive(np.random.default_rng(n), n)
    factor, inverse = a.copy(), a.copy()
    assert small_matrix.cholesky(factor)
    assert np.tril(factor) == pytest.approx(np.linalg.cholesky(a), rel=1e-12)
    assert small_matrix.invert_positive(inverse)
    assert inverse @ a == pytest.approx(np.eye(n), abs=1e-10)
    assert (inverse == inverse.T).all()
    error = np.arange(1.0, n + 1.0)
    found = normalised_errors_squared(error[None], a)[0]
    assert found == pytest.approx(error @ np.linalg.solve(a, error), rel=1e-11)


@pytest.mark.parametrize("bad", [np.zeros((2, 2)), -np.eye(2), np.array([[1.0, 2.0], [2.0, 1.0]])])
def test_matrices_that_are_not_positive_are_reported(bad: np.ndarray) -> None:
    assert not small_matrix.cholesky(bad.copy())
    assert not small_matrix.invert_positive(bad.copy())
    assert np.isnan(normalised_errors_squared(np.ones((1, 2)), bad))[0]


def test_arguments_are_left_alone() -> None:
    state, p, innovation = np.ones((1, 2)), np.eye(2)[None], np.ones((1, 1))
    update_states(state, p, innovation, [[1.0, 0.0]], [1.0])
    predict_covariances(p, np.eye(2), np.eye(2))
    assert (state == 1.0).all() and (p == np.eye(2)).all() and (innovation == 1.0).all()


def test_errors_name_argument_and_shape_or_range() -> None:
    good = {
        "state": np.zeros((3, 2)),
        "covariance": np.eye(2),
        "innovation": np.zeros((3, 1)),
        "jacobian": [[1.0, 0.0]],
        "variances": [1.0],
    }
    for change, message in [
        ({"variances": [0.0]}, r"variances = .*0.0.* is outside \(0, inf\)"),
        ({"jacobian": [[1.0, 0.0, 0.0]]}, r"jacobian has shape \(1, 3\), expected \(3, 1, 2\)"),
        ({"state": np.zeros(2)}, r"state has shape \(2,\)"),
        ({"covariance": np.full((2, 2), np.nan)}, "covariance holds a value outside"),
    ]:
        with pytest.raises(ValueError, match=message):
            update_states(**{**good, **change})
    with pytest.raises(ValueError, match=r"covariance has shape \(2, 2\)"):
        predict_covariances(np.eye(2), np.eye(2), np.eye(2))
