"""Eight numbers at once: the operations of NumPy, bit for bit, in one order of summation."""

import numpy as np

from isac_envs.engine import noise
from isac_envs.engine.jit import jit
from isac_envs.engine.lanes import gather, load, padded, spread, store


@jit
def combine(x, y, out):
    """Write x * y - (x + 3) from the second number on, and return its sum."""
    a, b = load(x, 1), load(y, 1)
    result = a * b - (a + spread(np.float32(3.0)))
    store(out, 2, result)
    return gather(result)


def test_lanes_are_the_arithmetic_of_numpy() -> None:
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(2, 9)).astype(np.float32)
    out = np.zeros(12, np.float32)
    total = combine(x, y, out)
    expected = x[1:] * y[1:] - (x[1:] + np.float32(3.0))
    assert (out[2:10] == expected).all() and not out[[0, 1, 10, 11]].any()
    pairs = expected[:4] + expected[4:]
    assert total == (pairs[0] + pairs[2]) + (pairs[1] + pairs[3])
    assert [padded(each) for each in (1, 8, 9, 64)] == [8, 8, 16, 64]


def test_normal_numbers_of_single_precision() -> None:
    """The record has the law of circular noise, and any part of it can be made alone."""
    size = 400_000
    real, imaginary = np.zeros((2, size), np.float32)
    noise.add_single_normal(np.uint64(5), 0, np.float32(1.0), real, imaginary)
    both = np.concatenate([real, imaginary]).astype(float)
    error = both.size**-0.5
    for power, expected, spread_of in (
        (1, 0.0, 1.0),
        (2, 1.0, 2.0),
        (3, 0.0, 15.0),
        (4, 3.0, 96.0),
    ):
        assert abs(np.mean(both**power) - expected) < 4.0 * error * spread_of**0.5
    radius = np.sort(real.astype(float) ** 2 + imaginary.astype(float) ** 2)
    law = 1.0 - np.exp(-0.5 * radius)
    assert np.abs(law - np.arange(size) / size).max() < 2.0 * size**-0.5  # Kolmogorov, 0.1 %
    turns = np.sort(np.arctan2(imaginary, real)) / (2.0 * np.pi) + 0.5
    assert np.abs(turns - np.arange(size) / size).max() < 2.0 * size**-0.5
    for x, y in ((real, imaginary), (real[1:], real[:-1]), (real**2, imaginary**2)):
        assert abs(np.corrcoef(x, y)[0, 1]) < 4.0 * size**-0.5
    x, y = np.full((2, 100), 2.0, np.float32)
    noise.add_single_normal(np.uint64(5), 1000, np.float32(1.0), x, y)
    np.testing.assert_allclose(x, 2.0 + real[1000:1100], rtol=0, atol=1e-6)
    np.testing.assert_allclose(y, 2.0 + imaginary[1000:1100], rtol=0, atol=1e-6)
