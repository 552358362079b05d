"""Assignments against SciPy's, over sizes and shapes, with pairs that are never made."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from isac_envs.kernels.numerics.assignment import (
    ALONE,
    assign,
    assignment_work,
    least_cost_assignment,
)


def cost_of(cost: np.ndarray, partner: np.ndarray) -> float:
    return float(sum(cost[i, j] for i, j in enumerate(partner) if j != ALONE))


def least_cost(cost: np.ndarray) -> float:
    """Return the optimum of SciPy, with a column of cost 0 for each row that stays alone."""
    rows = len(cost)
    padded = np.concatenate((cost, np.zeros((rows, rows))), 1)
    return float(padded[linear_sum_assignment(padded)].sum())


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 12), st.integers(0, 12), st.booleans())
def test_cost_is_the_least(seed: int, rows: int, columns: int, whole: bool) -> None:
    generator = np.random.default_rng(seed)
    cost = generator.normal(size=(rows, columns))
    if whole:  # with many ties
        cost = np.round(2.0 * cost)
    partner = least_cost_assignment(cost)
    made = partner[partner != ALONE]
    assert len(set(made)) == len(made)
    assert all(cost[i, j] < 0.0 for i, j in enumerate(partner) if j != ALONE)
    assert cost_of(cost, partner) == pytest.approx(least_cost(cost), abs=1e-12)


def test_pairs_that_cost_nothing_or_more_are_not_made() -> None:
    assert least_cost_assignment([[0.0, 3.0], [1e-9, 0.0]]).tolist() == [ALONE, ALONE]


def test_greedy_would_take_the_nearest_pair() -> None:
    # the nearest pair, -10, leaves the other row alone; both others together are worth more
    assert least_cost_assignment([[-10.0, -9.0], [-9.0, 0.0]]).tolist() == [1, 0]


def test_large_offset_makes_as_many_pairs_as_possible() -> None:
    cost = np.array([[1.0, 2.0], [1.5, 1e9]])  # the second row may only have the first column
    gated = np.where(cost < 100.0, cost - 1e4, 0.0)
    assert least_cost_assignment(gated).tolist() == [1, 0]


def test_scratch_may_be_larger_and_dirty() -> None:
    generator = np.random.default_rng(3)
    prices, paths = assignment_work(30, 30)
    prices[:], paths[:] = 7.0, 5
    for _ in range(20):
        cost = generator.normal(size=(6, 4))
        partner = np.full(9, 99)
        total = assign(cost, partner, prices, paths)
        assert total == pytest.approx(least_cost(cost), abs=1e-12)
        assert partner[6:].tolist() == [99, 99, 99]


def test_matrix_must_be_finite() -> None:
    with pytest.raises(ValueError, match="not a matrix of finite numbers"):
        least_cost_assignment([[np.nan]])
    with pytest.raises(ValueError, match="not a matrix"):
        least_cost_assignment([1.0])
