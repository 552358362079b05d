"""Random streams against an independent generator and against their distributions."""

import math
from typing import Any

import numpy as np
import pytest
from rng_drivers import (
    DRAWS,
    GOLDEN_RATIO,
    MASK,
    draw,
    environments,
    many_bernoulli,
    many_discrete,
    many_integer,
    many_normal,
    many_poisson,
    many_u64,
    many_uniform,
    seeded,
    splitmix,
    xoshiro,
)
from scipy import stats

from isac_envs.engine import rng

SMALLEST_P = 1e-4  # the seeds are fixed: a smaller p-value is an error, not bad luck


def test_known_answers_of_splitmix() -> None:
    assert splitmix(1234567, 5) == [
        6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431,
        16408922859458223821,
    ]  # fmt: skip


def test_known_answers_of_xoshiro() -> None:
    # First outputs of the authors' C code from the state 1, 2, 3, 4.
    known = [41943041, 58720359, 3588806011781223, 3591011842654386, 9228616714210784205]
    assert xoshiro([1, 2, 3, 4], 5) == known
    out = np.zeros(5, np.uint64)
    many_u64(np.array([1, 2, 3, 4], np.uint64), out)
    assert out.tolist() == known


@pytest.mark.parametrize("seed", [0, 1, 2**32, 2**63, 2**64 - 1])
def test_streams_follow_xoshiro(seed: int) -> None:
    stream = seeded(seed)
    expected = xoshiro(stream.tolist(), 1000)
    out = np.zeros(1000, np.uint64)
    many_u64(stream, out)
    assert out.tolist() == expected


@pytest.mark.parametrize("seed", [0, 1, 1234567, 2**64 - 1])
@pytest.mark.parametrize("number", [1, 2])
def test_seeding_is_splitmix_from_a_mixed_start(seed: int, number: int) -> None:
    # One output for the seed, mixed with one of the stream's number, starts the generator.
    first = splitmix(seed, 1)[0]
    start = first ^ splitmix((number - 1) * GOLDEN_RATIO & MASK, 1)[0]
    assert seeded(seed, number).tolist() == splitmix(start, 4)


def test_streams_of_an_environment_differ_and_are_never_zero() -> None:
    env = environments([0, 1, 2, 3, 2**64 - 1])
    states = {tuple(row) for name in ("world", "measurement") for row in env[name].tolist()}
    assert len(states) == 10
    assert all(any(state) for state in states)


def test_only_copies_with_a_seed_are_seeded() -> None:
    env = environments([None, 6, None])
    assert env["world"].any(1).tolist() == [False, True, False]
    assert env["world"][1].tolist() == environments([6])["world"][0].tolist()


def test_uniform() -> None:
    values = draw(many_uniform)
    assert 0.0 <= values.min() < 1e-4
    assert 1 - 1e-4 < values.max() < 1.0
    assert (values * 2.0**53 == np.floor(values * 2.0**53)).all()
    assert stats.kstest(values, "uniform").pvalue > SMALLEST_P
    lag = np.corrcoef(values[:-1], values[1:])[0, 1]
    assert abs(lag) < 4 / math.sqrt(DRAWS)


def test_the_largest_uniform_is_below_one() -> None:
    # rotl(s0 + s3, 23) + s0 has all bits set for s0 = 0, s3 = 2**64 - 1
    stream = np.array([0, 5, 6, MASK], np.uint64)
    out = np.zeros(1)
    many_uniform(stream, out)
    assert out[0] == 1.0 - 2.0**-53


def test_normal_moments_and_shape() -> None:
    values = draw(many_normal, count=1_000_000)
    n = len(values)
    assert abs(values.mean()) < 4 / math.sqrt(n)
    assert abs(values.var() - 1) < 4 * math.sqrt(2 / n)
    assert abs(stats.skew(values)) < 4 * math.sqrt(6 / n)
    assert abs(stats.kurtosis(values)) < 4 * math.sqrt(24 / n)
    assert stats.kstest(values, "norm").pvalue > SMALLEST_P


@pytest.mark.parametrize("edge", [2.0, 3.0, 3.6541528853610088, 4.0])
@pytest.mark.parametrize("side", [-1, 1])
def test_tails_of_the_normal(edge: float, side: int) -> None:
    values = draw(many_normal, seed=8, count=4_000_000)
    found = int((side * values > edge).sum())
    assert stats.binomtest(found, len(values), stats.norm.sf(edge)).pvalue > SMALLEST_P


def test_the_tail_of_the_normal_has_its_shape() -> None:
    values = np.abs(draw(many_normal, seed=9, count=8_000_000))
    edge = 3.6541528853610088
    tail = values[values > edge]
    scaled = stats.norm.sf(tail) / stats.norm.sf(edge)
    assert stats.kstest(scaled, "uniform").pvalue > SMALLEST_P


def chi_square(values: Any, probabilities: Any) -> float:
    """Return the p-value of counts of whole numbers, rare ones taken together."""
    observed = np.bincount(values.astype(int), minlength=len(probabilities))[: len(probabilities)]
    common = probabilities * len(values) > 10
    counts = np.append(observed[common], len(values) - observed[common].sum())
    expected = np.append(probabilities[common], 1 - probabilities[common].sum()) * len(values)
    keep = expected > 1e-6 * len(values)
    assert counts[~keep].sum() == 0
    return float(
        stats.chisquare(counts[keep], expected[keep] * counts.sum() / expected[keep].sum()).pvalue
    )


@pytest.mark.parametrize("mean", [0.0, 0.01, 1.0, 12.5, 100.0, 500.0])
def test_poisson(mean: float) -> None:
    values = draw(many_poisson, mean, count=50_000)
    probabilities = stats.poisson.pmf(np.arange(int(mean + 12 * math.sqrt(mean) + 13)), mean)
    assert abs(values.mean() - mean) <= 4 * math.sqrt(mean / len(values))
    if mean > 0:
        assert chi_square(values, probabilities) > SMALLEST_P


@pytest.mark.parametrize("mean", [0.0, 0.01, 1.0, 12.5, 100.0, 500.0])
def test_poisson_table(mean: float) -> None:
    table = rng.poisson_table(mean, 800)
    assert table[-1] == 1.0
    assert (np.diff(table) >= 0).all()
    assert table == pytest.approx(stats.poisson.cdf(np.arange(800), mean), abs=1e-12)


def test_poisson_table_and_poisson_draw_alike() -> None:
    table = rng.poisson_table(12.5, 100)
    assert (draw(many_discrete, table) == draw(many_poisson, 12.5)).mean() > 0.99999


def test_discrete() -> None:
    probabilities = np.array([0.1, 0.0, 0.5, 0.15, 0.25])
    cumulative = np.cumsum(probabilities)
    cumulative[-1] = 1.0
    values = draw(many_discrete, cumulative)
    assert set(values) == {0, 2, 3, 4}
    assert chi_square(values, probabilities) > SMALLEST_P


@pytest.mark.parametrize("count", [1, 2, 3, 7, 100, 1000])
def test_integer(count: int) -> None:
    values = draw(many_integer, count)
    assert (values.min(), values.max()) == (0, count - 1)
    if count > 1:
        assert chi_square(values, np.full(count, 1 / count)) > SMALLEST_P


def test_the_largest_integer_is_below_the_count() -> None:
    for count in (1, 3, 10, 2**31 - 1, 2**53 - 1, 2**53):
        out = np.zeros(1, np.int64)
        many_integer(np.array([0, 5, 6, MASK], np.uint64), count, out)
        assert out[0] == count - 1


@pytest.mark.parametrize("probability", [0.0, 1e-3, 0.3, 0.5, 0.999, 1.0])
def test_bernoulli(probability: float) -> None:
    hits = int(draw(many_bernoulli, probability).sum())
    if probability in (0.0, 1.0):
        assert hits == probability * DRAWS
    else:
        assert stats.binomtest(hits, DRAWS, probability).pvalue > SMALLEST_P


def test_every_draw_of_fixed_cost_takes_one_number() -> None:
    reference = seeded(3)
    many_u64(reference, np.zeros(10, np.uint64))
    for function, *arguments in (
        (many_uniform,), (many_integer, 7), (many_bernoulli, 0.0), (many_bernoulli, 1.0),
        (many_discrete, np.array([0.2, 1.0])), (many_poisson, 0.5), (many_poisson, 400.0),
    ):  # fmt: skip
        stream = seeded(3)
        function(stream, *arguments, np.zeros(10))
        assert stream.tolist() == reference.tolist()


def test_world_and_measurement_are_uncorrelated() -> None:
    env = environments([11])
    first, second = np.zeros(DRAWS), np.zeros(DRAWS)
    many_normal(env["world"][0], first)
    many_normal(env["measurement"][0], second)
    for lag in range(4):
        assert abs(np.corrcoef(first[lag:], second[: DRAWS - lag])[0, 1]) < 4.5 / math.sqrt(DRAWS)


@pytest.mark.parametrize("stream", ["world", "measurement"])
def test_neighbouring_seeds_are_uncorrelated(stream: str) -> None:
    firsts = np.zeros((4000, 8))
    for row, state in zip(firsts, environments(list(range(4000)))[stream], strict=True):
        many_uniform(state.copy(), row)
    assert stats.kstest(firsts[:, 0], "uniform").pvalue > SMALLEST_P
    limit = 4.5 / math.sqrt(4000)
    for column in firsts.T:
        assert abs(np.corrcoef(column[:-1], column[1:])[0, 1]) < limit
    assert abs(np.corrcoef(firsts.T) - np.eye(8)).max() < limit


def test_streams_of_neighbouring_seeds_do_not_overlap() -> None:
    outputs = set()
    for seed in range(50):
        out = np.zeros(1000, np.uint64)
        many_u64(seeded(seed), out)
        outputs.update(out.tolist())
    assert len(outputs) == 50_000
