"""Marcum's Q function and the incomplete gamma functions against mpmath and closed forms."""

import json
import math
from pathlib import Path

import mpmath
import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.numerics import gamma
from isac_envs.kernels.numerics.marcum import marcum_pair, marcum_q

DATA = json.loads((Path(__file__).parent / "data" / "detection.json").read_text())
POINTS = DATA["marcum_q"]["rows"]


def relative(found: float, expected: mpmath.mpf) -> float:
    return float(abs((mpmath.mpf(found) - expected) / expected))


def test_marcum_q_at_every_reference_point() -> None:
    order, a, b = (np.array([row[k] for row in POINTS], dtype=float) for k in range(3))
    expected = np.array([float(row[3]) for row in POINTS])
    found = marcum_q(order, a, b)
    assert np.abs(found - expected).max() < 2e-14
    assert expected.min() < 1e-130
    assert (np.abs(found - expected) / expected).max() < 2e-13  # 5e-14 in fact, at 1e-84 and below


def test_marcum_q_has_the_bessel_series_of_order_one() -> None:
    a, b = 1.3, 2.1
    series = mpmath.exp(-(a * a + b * b) / 2) * mpmath.nsum(
        lambda k: (mpmath.mpf(a) / b) ** k * mpmath.besseli(k, a * b), [0, mpmath.inf]
    )
    assert marcum_q(1, a, b) == pytest.approx(float(series), rel=1e-14)


@pytest.mark.parametrize("x", [1e-12, 1e-6, 0.3, 40.0])
@pytest.mark.parametrize("y", [1e-9, 1e-3, 0.2])
def test_complement_keeps_relative_accuracy_where_it_is_tiny(x: float, y: float) -> None:
    with mpmath.workdps(80):
        expected = mpmath.nsum(
            lambda k: (
                mpmath.exp(-x)
                * mpmath.mpf(x) ** k
                / mpmath.factorial(k)
                * mpmath.gammainc(2 + k, 0, y, regularized=True)
            ),
            [0, 400],
        )
    assert relative(marcum_pair(2.0, x, y)[0], expected) < 1e-13


def test_marcum_q_beyond_double_range_is_a_certain_event_or_none() -> None:
    assert marcum_q(1, 1e4, 1.0) == 1.0
    assert marcum_q(1, 0.0, 1e4) == 0.0
    assert marcum_q(3, 5.0, 0.0) == 1.0
    assert marcum_q(1, 1e-160, 2.0) == marcum_q(1, 0.0, 2.0)


@settings(deadline=None)
@given(st.integers(1, 200), st.floats(0, 60), st.floats(0, 80), st.floats(1e-3, 5))
def test_marcum_q_is_a_probability_monotone_in_all_arguments(
    order: int, a: float, b: float, more: float
) -> None:
    q = marcum_q(order, a, b)
    assert 0.0 <= q <= 1.0
    assert marcum_q(order, a + more, b) >= q - 1e-13
    assert marcum_q(order, a, b + more) <= q + 1e-13
    assert marcum_q(order + 1, a, b) >= q - 1e-13


@pytest.mark.parametrize("mean", [0.0, 1e-9, 0.3, 2.0, 11.7, 400.0])
def test_poisson_law_against_scipy(mean: float) -> None:
    law = scipy.stats.poisson(mean)
    for k in (-1, 0, 1, 2, 7, 30, 390, 410):
        expected = pytest.approx(law.sf(k), rel=1e-12, abs=1e-300)
        assert gamma.poisson_exceedance(float(k), mean) == expected
        expected = pytest.approx(law.pmf(k), rel=1e-12, abs=1e-300)
        assert k < 0 or gamma.poisson_probability(float(k), mean) == expected


@pytest.mark.parametrize("a", [0.5, 1, 1.7, 2, 9, 16, 30.5, 100, 2000])
@pytest.mark.parametrize("ratio", [0.02, 0.3, 0.97, 1.0, 1.04, 2.0, 5.0])
def test_incomplete_gamma_pair(a: float, ratio: float) -> None:
    x = a * ratio
    with mpmath.workdps(60):
        lower = mpmath.gammainc(a, 0, x, regularized=True)
        upper = mpmath.gammainc(a, x, mpmath.inf, regularized=True)
    p, q = gamma.gamma_pair(float(a), x)
    if min(lower, upper) > 1e-290:
        smaller = (p, lower) if lower < upper else (q, upper)
        assert relative(*smaller) < 5e-13
    assert abs(p - lower) < 2e-15 * math.sqrt(a) + 1e-15
    assert abs(q - upper) < 2e-15 * math.sqrt(a) + 1e-15


@settings(deadline=None)
@given(st.sampled_from([0.5, 1.0, 2.0, 3.5, 16.0, 300.0]), st.floats(1e-12, 0.9999))
def test_inverse_incomplete_gamma_returns(a: float, upper: float) -> None:
    x = gamma.gamma_upper_inverse(a, upper)
    assert gamma.gamma_pair(a, x)[1] == pytest.approx(upper, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("probability", [1e-100, 1e-9, 0.1, 0.5, 0.7, 1 - 1e-9])
def test_gaussian_tail_and_its_inverse(probability: float) -> None:
    x = gamma.gaussian_q_inverse(probability)
    with mpmath.workdps(40):
        expected = mpmath.erfc(mpmath.mpf(x) / mpmath.sqrt(2)) / 2
    assert relative(probability, expected) < 1e-13
    assert gamma.gaussian_q(x) == pytest.approx(probability, rel=2e-13)


@pytest.mark.parametrize("x", [1e-8, 0.03, 0.5, 1.0, 1.01, 3.0, 50.0, 1e6])
def test_scaled_exponential_integral(x: float) -> None:
    with mpmath.workdps(40):
        expected = mpmath.exp(mpmath.mpf(x)) * mpmath.e1(mpmath.mpf(x))
    assert relative(gamma.scaled_exponential_integral(x), expected) < 2e-14


@pytest.mark.parametrize("x", [1e-300, 1e-20, -1e-9, 1e-3, -0.49, 0.51, -3.0, 20.0])
def test_exponential_minus_one(x: float) -> None:
    assert gamma.exp_minus_one(x) == pytest.approx(math.expm1(x), rel=1e-15)
    assert gamma.one_minus_exp(abs(x)) == pytest.approx(-math.expm1(-abs(x)), rel=1e-15)


def test_exponential_underflows_to_zero() -> None:
    assert gamma.exp_or_zero(-1e9) == 0.0
    assert gamma.one_minus_exp(1e9) == 1.0


@pytest.mark.parametrize("a", [0.0, 1e-160, 2.2e-86, 1e-30, 1e-9, 1e-8, 1e-6, 1e-4])
@pytest.mark.parametrize(("order", "b"), [(1, 1.0), (1, 0.1), (4, 2.0), (30, 5.0)])
def test_marcum_q_of_a_vanishing_mean_is_the_central_tail(order: int, a: float, b: float) -> None:
    """1 - Q = P(M, b^2/2) (1 - O(a^2)), for every small a."""
    central = scipy.special.gammainc(order, 0.5 * b * b)
    assert 1.0 - marcum_q(order, a, b) == pytest.approx(central, rel=1e-7, abs=1e-15)
