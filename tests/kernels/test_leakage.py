"""Beams against a receiver of known covariance, against SciPy and by their properties."""

import numpy as np
import pytest
from downlink_setups import complex_normal
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from isac_envs.kernels.precoding.leakage import leakage_beam, strongest_beam
from isac_envs.kernels.precoding.secrecy import secrecy_beam

SEEDS = st.integers(0, 10**6)


def covariance_of(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows.conj().T @ rows)


def power(beam: np.ndarray, covariance: np.ndarray) -> float:
    return float((beam.conj() @ covariance @ beam).real)


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.integers(1, 8), st.integers(1, 6), st.sampled_from([1e-3, 1.0, 50.0]))
def test_least_leakage_is_the_generalised_eigenvector(
    seed: int, antennas: int, rows: int, noise: float
) -> None:
    generator = np.random.default_rng(seed)
    user = complex_normal(generator, antennas)
    covariance = covariance_of(complex_normal(generator, rows, antennas))
    beam = leakage_beam(user, covariance, noise)
    assert np.linalg.norm(beam) == pytest.approx(1.0, rel=1e-12)
    loaded = covariance + noise * np.eye(antennas)
    best = linalg.eigh(covariance_of(user[None]), loaded, eigvals_only=True)[-1]
    found = abs(user @ beam) ** 2 / power(beam, loaded)
    assert found == pytest.approx(best, rel=1e-9)


def test_it_is_nearly_the_secrecy_beam_where_secrets_are_large() -> None:
    generator = np.random.default_rng(3)
    user, other = 30.0 * complex_normal(generator, 2, 4)
    beam = leakage_beam(user, covariance_of(other[None]))
    ratio = (1 + abs(user @ beam) ** 2) / (1 + abs(other @ beam) ** 2)
    best = secrecy_beam(user, other)[1]
    assert best - 1e-3 < np.log2(ratio) <= best + 1e-12


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.integers(2, 8))
def test_noise_is_strongest_and_not_heard_by_the_user(seed: int, antennas: int) -> None:
    generator = np.random.default_rng(seed)
    user = complex_normal(generator, antennas)
    rows = complex_normal(generator, 3, antennas) * [[4.0], [1.0], [0.3]]
    covariance = covariance_of(rows)
    beam = strongest_beam(covariance, user)
    assert np.linalg.norm(beam) == pytest.approx(1.0, rel=1e-12)
    assert abs(user @ beam) < 1e-14 * np.linalg.norm(user)
    null = linalg.null_space(user[None])
    inside = null.conj().T @ covariance @ null
    most = np.linalg.eigvalsh(inside)[-1]
    assert 0.98 * most < power(beam, covariance) <= most * (1 + 1e-12)
    free = strongest_beam(covariance)
    assert power(free, covariance) > 0.98 * np.linalg.eigvalsh(covariance)[-1]


def test_one_antenna_and_nothing_to_hear() -> None:
    assert abs(strongest_beam([[2.0]], [3.0j])[0]) == 1.0
    assert leakage_beam([2.0j], [[5.0]]) == pytest.approx([-1.0j])
    quiet = strongest_beam(np.zeros((3, 3)), [1.0, 2.0, 0.5j])
    assert np.linalg.norm(quiet) == pytest.approx(1.0)
    assert abs(np.array([1.0, 2.0, 0.5j]) @ quiet) < 1e-15
    along = covariance_of(np.array([[1.0, 1.0j]]))  # all of it in the direction of the user
    beam = strongest_beam(along, [1.0, 1.0j])
    assert np.linalg.norm(beam) == pytest.approx(1.0)
    assert (leakage_beam([0.0, 0.0], np.eye(2)) == 0.0).all()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="covariance has shape"):
        leakage_beam([1.0, 2.0], np.eye(3))
    with pytest.raises(ValueError, match="differs from its adjoint"):
        strongest_beam([[1.0, 2.0], [0.0, 1.0]])
    with pytest.raises(ValueError, match="negative power"):
        strongest_beam([[-1.0]])
    with pytest.raises(ValueError, match="noise"):
        leakage_beam([1.0], [[1.0]], 0.0)
    with pytest.raises(ValueError, match="avoided"):
        strongest_beam(np.eye(2), [1.0])
