"""Interquartile means, profiles, probabilities of improvement and their bootstrap intervals.

The reference numbers are those of rliable 1.2.0 (arch 7.2.0, pandas 2.3.3, NumPy 2.4.6) on the
scores below: ``metrics.aggregate_iqm``, ``metrics.probability_of_improvement``,
``library.get_interval_estimates`` with 50000 and 20000 resamples and
``library.create_performance_profile`` with 20000, after ``numpy.random.seed(0)``.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from isac_agents.evaluation.statistics import (
    interquartile_mean,
    interquartile_means,
    mean_interval,
    paired_difference,
    performance_profile,
    probability_of_improvement,
)

X = np.array(
    [[0.386, 0.631, 0.861], [0.615, 0.699, 0.877], [0.392, 0.438, 0.859], [0.091, 0.745, 0.88],
     [0.591, 0.738, 0.839]]
)  # fmt: skip
Y = np.array(
    [[0.533, 0.529, 0.893], [0.541, 0.531, 0.94], [0.539, 0.597, 0.83], [0.407, 0.527, 0.947]]
)
SCORES = arrays(np.float64, st.integers(1, 12), elements=st.floats(-2.0, 2.0, width=32))


def test_interquartile_means_and_intervals_are_those_of_rliable():
    for scores, value, low, high in (
        (X, 0.6838888888888888, 0.60477778, 0.72822222),
        (Y, 0.5951666666666667, 0.5815, 0.62416667),
    ):
        found = interquartile_mean(*scores.T)
        assert found.value == pytest.approx(value, abs=1e-12)
        assert (found.low, found.high) == pytest.approx((low, high), abs=0.01)


def test_probability_of_improvement_is_that_of_rliable():
    found = probability_of_improvement(X.T, Y.T)
    assert found.value == pytest.approx(0.4833333333333334, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((0.26666667, 0.71666667), abs=0.02)


def test_performance_profiles_are_those_of_rliable():
    thresholds = np.array([0.2, 0.5, 0.7, 0.9])
    found = performance_profile(*X.T, thresholds=thresholds)
    np.testing.assert_allclose(found.value, [14 / 15, 11 / 15, 7 / 15, 0.0], atol=1e-12)
    np.testing.assert_allclose(found.low, [0.8, 8 / 15, 1 / 3, 0.0], atol=1 / 15 + 1e-9)
    np.testing.assert_allclose(found.high, [1.0, 14 / 15, 0.6, 0.0], atol=1 / 15 + 1e-9)


def test_live_comparison_with_rliable():
    metrics = pytest.importorskip("rliable.metrics")
    random = np.random.default_rng(5)
    for runs, tasks in ((1, 1), (3, 2), (5, 4), (10, 7)):
        one, other = random.normal(size=(2, runs, tasks)).round(1)  # rounded: there are ties
        assert interquartile_mean(*one.T).value == pytest.approx(metrics.aggregate_iqm(one))
        expected = metrics.probability_of_improvement(one, other)
        assert probability_of_improvement(one.T, other.T).value == pytest.approx(expected)


@given(SCORES)
def test_an_interval_holds_its_estimate_and_lies_within_the_scores(scores):
    found = interquartile_mean(scores)
    tiny = 1e-9
    assert scores.min() - tiny <= found.low <= found.high <= scores.max() + tiny
    assert scores.min() - tiny <= found.value <= scores.max() + tiny


@given(SCORES, SCORES)
def test_probabilities_of_two_agents_add_up_to_one(one, other):
    forth, back = (
        probability_of_improvement([one], [other]).value,
        probability_of_improvement([other], [one]).value,
    )
    assert forth + back == pytest.approx(1.0)
    assert probability_of_improvement([one], [one]).value == pytest.approx(0.5)


def test_extremes_of_the_probability_of_improvement():
    high, low = np.array([2.0, 3.0]), np.array([0.0, 1.0, 1.5])
    assert vars(probability_of_improvement([high], [low])) == {
        "value": 1.0,
        "low": 1.0,
        "high": 1.0,
    }
    assert probability_of_improvement([high, low[:2]], [low, high]).value == 0.5


@given(SCORES)
def test_profiles_fall_from_one_to_zero(scores):
    thresholds = np.linspace(-2.5, 2.0, 19)
    found = performance_profile(scores, thresholds=thresholds)
    assert found.value[0] == 1.0
    assert found.value[-1] == 0.0
    assert (np.diff(found.value) <= 0.0).all()
    assert (found.low <= found.high).all()


def test_tasks_may_have_different_numbers_of_runs():
    found = interquartile_mean(np.array([0.0, 1.0]), np.array([2.0, 3.0, 4.0, 5.0]))
    assert found.value == 2.5  # of 0..5 the middle four


def test_runs_are_resampled_within_their_task():
    found = interquartile_mean(np.zeros(4), np.ones(4))
    assert (found.low, found.value, found.high) == (0.5, 0.5, 0.5)


def test_one_estimate_has_no_spread_and_the_same_seed_gives_the_same_interval():
    single = interquartile_mean(np.array([0.7]))
    assert (single.low, single.value, single.high) == (0.7, 0.7, 0.7)
    values = np.random.default_rng(0).normal(size=20)
    assert interquartile_mean(values, seed=3) == interquartile_mean(values, seed=3)
    assert interquartile_mean(values, seed=3) != interquartile_mean(values, seed=4)


def test_curves_are_interquartile_means_of_each_point():
    curves = np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0], [100.0, 1.0]])
    found = interquartile_means(curves)
    assert found.value.tolist() == [3.0, 1.0]
    assert found.low[1] == found.high[1] == 1.0
    assert found.low[0] < 3.0 < found.high[0]


def test_a_constant_gap_between_paired_episodes_is_certain_however_they_scatter():
    theirs = np.random.default_rng(0).normal(0.0, 10.0, (1, 200))
    found = paired_difference(theirs + 0.5, theirs)
    assert (found.low, found.value, found.high) == pytest.approx((0.5, 0.5, 0.5))


def test_the_paired_interval_is_that_of_the_differences():
    random = np.random.default_rng(1)
    theirs = random.normal(0.0, 10.0, (1, 400))
    gaps = random.normal(0.3, 1.0, (1, 400))
    found, expected = paired_difference(theirs + gaps, theirs), mean_interval(gaps[0])
    assert found.value == pytest.approx(expected.value)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.02)


def test_a_spread_over_runs_widens_the_paired_interval():
    theirs = np.random.default_rng(2).normal(size=(1, 300))
    shifts = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])[:, None]
    found = paired_difference(theirs + shifts, theirs)
    assert found.value == pytest.approx(0.0, abs=1e-12)
    assert found.low < -0.4
    assert found.high > 0.4
