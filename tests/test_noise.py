"""Numbered normal variates: their law, their numbering, and the generator in Python's numbers."""

import math

import numpy as np
import pytest
from rng_drivers import GOLDEN_RATIO, MASK
from scipy import stats

from isac_envs.engine.noise import add_complex_normal, fill_normal, standard_normal

COUNT = 1_000_000


def mixed(z: int) -> int:
    """SplitMix64's mixer with whole numbers of Python."""
    z &= MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def expected_pair(key: int, number: int) -> tuple[float, float]:
    """Box and Muller's transform of two uniform variates of 52 bits."""
    z = key + 2 * number * GOLDEN_RATIO
    u, v = ((mixed(each) >> 12) / 2.0**52 for each in (z, z + GOLDEN_RATIO))
    radius = math.sqrt(-2.0 * math.log(1.0 - u))
    return radius * math.cos(2.0 * math.pi * v), radius * math.sin(2.0 * math.pi * v)


@pytest.mark.parametrize("key", [0, 1, 0x9E3779B97F4A7C15, MASK])
def test_the_transform_in_whole_numbers(key: int) -> None:
    out = np.empty(2001)
    fill_normal(np.uint64(key), out)
    expected = np.array([expected_pair(key, number) for number in range(1001)]).reshape(-1)
    np.testing.assert_allclose(out, expected[:2001], rtol=1e-13, atol=1e-14)


def test_moments_and_shape() -> None:
    values = standard_normal(3, COUNT)
    assert abs(values.mean()) < 4 / math.sqrt(COUNT)
    assert abs(values.var() - 1) < 4 * math.sqrt(2 / COUNT)
    assert abs(stats.skew(values)) < 4 * math.sqrt(6 / COUNT)
    assert abs(stats.kurtosis(values)) < 4 * math.sqrt(24 / COUNT)
    assert stats.kstest(values, "norm").pvalue > 1e-4


def test_neighbours_pairs_and_seeds_are_independent() -> None:
    values, other = standard_normal(3, COUNT), standard_normal(4, COUNT)
    for a, b in ((values[:-1], values[1:]), (values[::2], values[1::2]), (values, other)):
        for power in (1, 2):
            correlation = np.corrcoef(a**power, b**power)[0, 1]
            assert abs(correlation) < 4.5 / math.sqrt(len(a))


@pytest.mark.parametrize("edge", [2.0, 3.0, 4.0])
@pytest.mark.parametrize("side", [-1, 1])
def test_tails(edge: float, side: int) -> None:
    values = standard_normal(11, 4_000_000)
    found = int((side * values > edge).sum())
    assert stats.binomtest(found, len(values), stats.norm.sf(edge)).pvalue > 1e-4


@pytest.mark.parametrize("size", [0, 1, 2, 3, 8, 17, 1000])
def test_a_shorter_record_begins_a_longer_one(size: int) -> None:
    assert standard_normal(5, size).tolist() == standard_normal(5, 1001)[:size].tolist()


def test_shapes_are_filled_in_row_major_order() -> None:
    assert standard_normal(5, (7, 11)).reshape(-1).tolist() == standard_normal(5, 77).tolist()


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_outside_its_range_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match=r"seed = .* is not a whole number in \[0, 2\*\*64 - 1\]"):
        standard_normal(seed, 3)


def test_complex_noise_is_circular_and_has_half_the_power_in_each_component() -> None:
    grid = np.full(COUNT, 2.0 - 1.0j)
    add_complex_normal(np.uint64(9), 3.0, grid)
    noise = grid - (2.0 - 1.0j)
    for component in (noise.real, noise.imag):
        assert component.var() == pytest.approx(9.0, rel=4 * math.sqrt(2 / COUNT))
    assert abs(np.mean(noise**2)) < 18.0 * 4.5 / math.sqrt(COUNT)
