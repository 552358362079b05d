"""The sum tree against plain arrays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from isac_agents.algorithms import sum_tree

VALUES = st.one_of(st.just(0.0), st.floats(1e-6, 1e6))


@st.composite
def _writes(draw):
    leaves = draw(st.integers(1, 40))
    write = st.lists(st.tuples(st.integers(0, leaves - 1), VALUES), min_size=1, max_size=20)
    return leaves, draw(st.lists(write, max_size=6))


@settings(max_examples=200, deadline=None)
@given(_writes(), st.lists(st.floats(0.0, 1.0, exclude_max=True), min_size=1, max_size=20))
def test_it_is_an_array_with_sums(writes, shares):
    count, batches = writes
    tree, plain = sum_tree.make_tree(count), np.zeros(count)
    for batch in batches:
        places, values = (np.array(each) for each in zip(*batch, strict=True))
        sum_tree.set_leaves(tree, places, values)
        plain[places] = values
    half = len(tree) // 2
    assert half >= count and half & (half - 1) == 0
    np.testing.assert_array_equal(sum_tree.get_leaves(tree, np.arange(count)), plain)
    np.testing.assert_array_equal(tree[half + count :], 0.0)
    inner = np.arange(1, half)
    np.testing.assert_array_equal(tree[inner], tree[2 * inner] + tree[2 * inner + 1])
    total = sum_tree.total(tree)
    assert total == pytest.approx(plain.sum(), rel=1e-12)
    if total > 0.0:
        sums = np.array(shares) * total
        found = sum_tree.find_leaves(tree, sums)
        assert (plain[found] > 0.0).all()
        ends = np.cumsum(plain)
        slack = 1e-9 * total
        assert (ends[found] >= sums - slack).all()
        assert (ends[found] - plain[found] <= sums + slack).all()


def test_sums_find_the_leaf_that_they_fall_into():
    tree = sum_tree.make_tree(5)
    sum_tree.set_leaves(tree, np.arange(5), np.array([1.0, 0.0, 2.0, 0.5, 0.0]))
    sums = np.array([0.0, 0.999, 1.0, 2.999, 3.0, 3.499, 3.5])
    assert sum_tree.find_leaves(tree, sums).tolist() == [0, 0, 2, 2, 3, 3, 3]


def test_uniform_draws_find_leaves_in_proportion():
    generator = np.random.default_rng(0)
    values = generator.random(50) ** 3
    tree = sum_tree.make_tree(50)
    sum_tree.set_leaves(tree, np.arange(50), values)
    draws = generator.random(200_000) * sum_tree.total(tree)
    counts = np.bincount(sum_tree.find_leaves(tree, draws), minlength=50)
    expected = len(draws) * values / values.sum()
    assert stats.chisquare(counts, expected * counts.sum() / expected.sum()).pvalue > 1e-3


def test_many_changes_leave_no_rounding_behind():
    generator = np.random.default_rng(1)
    tree = sum_tree.make_tree(100)
    for _ in range(1000):
        places = generator.integers(100, size=16)
        sum_tree.set_leaves(tree, places, 10.0 ** generator.uniform(-8, 8, 16))
    sum_tree.set_leaves(tree, np.arange(100), 0.0)
    assert sum_tree.total(tree) == 0.0


def test_there_is_a_leaf():
    assert len(sum_tree.make_tree(1)) == 2
    with pytest.raises(ValueError, match="0 leaves"):
        sum_tree.make_tree(0)
