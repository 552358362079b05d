"""Turns in the plane against matrix products."""

import math

import numpy as np
import pytest

from isac_envs.kernels.numerics.plane import turn_covariance, turned_one, write_ellipse


@pytest.mark.parametrize("angle", [0.3, -2.0, math.pi])
def test_vectors_and_covariances_turn(angle: float) -> None:
    cosine, sine = math.cos(angle), math.sin(angle)
    turn = np.array(((cosine, -sine), (sine, cosine)))
    assert turned_one(3.0, -2.0, cosine, sine) == pytest.approx(turn @ (3.0, -2.0))
    random = np.random.default_rng(0)
    factor = random.normal(size=(4, 4))
    covariance = factor @ factor.T
    both = np.kron(np.eye(2), turn)
    expected = both @ covariance @ both.T
    turn_covariance(covariance, cosine, sine)
    assert covariance == pytest.approx(expected)


def test_an_ellipse_is_turned_variances() -> None:
    covariance = np.zeros((4, 4))
    cosine, sine = math.cos(2.5), math.sin(2.5)
    write_ellipse(covariance, 2, 9.0, 0.25, cosine, sine)
    turn = np.array(((cosine, -sine), (sine, cosine)))
    assert covariance[2:, 2:] == pytest.approx(turn @ np.diag((9.0, 0.25)) @ turn.T)
    assert not covariance[:2].any()


def test_no_turn_keeps_all_bits() -> None:
    random = np.random.default_rng(1)
    covariance = random.normal(size=(4, 4))
    before = covariance.copy()
    turn_covariance(covariance, 1.0, -0.0)
    assert np.array_equal(covariance, before)
    x, y = random.normal(size=2)
    assert turned_one(x, y, 1.0, -0.0) == (x, y)
