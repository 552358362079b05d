"""Maximising the weighted sum rate: monotone, stationary, and what cannot be beaten."""

import math

import numpy as np
import pytest
from downlink_setups import complex_normal, plain_rate, plain_wmmse
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.precoding import linear, rates
from isac_envs.kernels.precoding.wmmse import wmmse, wmmse_work

SEEDS = st.integers(0, 10**6)


@settings(deadline=None)
@given(SEEDS, st.integers(1, 6), st.integers(1, 6), st.floats(-20.0, 40.0))
def test_no_iteration_lowers_the_rate(seed: int, users: int, antennas: int, snr_db: float) -> None:
    generator = np.random.default_rng(seed)
    channels = complex_normal(generator, users, antennas)
    weights, power = generator.uniform(0.1, 2.0, users), 10.0 ** (snr_db / 10.0)
    start = complex_normal(generator, antennas, users)
    whole = rates.within_power(start, power, use_all=True)
    before = rates.weighted_sum_rate(channels, whole, 1.0, weights)
    for most in range(8):
        precoder, rate, count = wmmse(channels, power, 1.0, weights, start, 0.0, most)
        assert count <= most
        assert rate >= before * (1.0 - 1e-12)
        assert rate == pytest.approx(plain_rate(channels, precoder, 1.0, weights), rel=1e-10)
        assert power * (1.0 - 1e-12) < rates.power_of(precoder) <= power
        before = rate


@pytest.mark.parametrize("snr", [1e-6, 1.0, 1e6, 1e12])
@pytest.mark.parametrize("antennas", [1, 4, 16])
def test_one_user_has_the_matched_beam(snr: float, antennas: int) -> None:
    channel = complex_normal(np.random.default_rng(antennas), 1, antennas)
    start = complex_normal(np.random.default_rng(7), antennas, 1)
    precoder, rate, count = wmmse(channel, snr, start=start)
    assert np.allclose(precoder, linear.maximum_ratio(channel, snr), rtol=2e-15, atol=0.0)
    gain = np.sum(np.abs(channel) ** 2)
    assert rate == pytest.approx(math.log1p(snr * gain) / math.log(2.0), rel=1e-14)
    assert count <= 2


def water_filling(gains: np.ndarray, weights: np.ndarray, power: float) -> float:
    """Return the optimum of parallel channels: powers (alpha / level - 1 / gain)^+."""
    low, high = 1e-12, 1e12
    for _ in range(300):
        level = math.sqrt(low * high)
        used = np.maximum(weights / level - 1.0 / gains, 0.0)
        low, high = (level, high) if used.sum() > power else (low, level)
    return float(weights @ np.log2(1.0 + used * gains))


@pytest.mark.parametrize("power", [0.1, 1.0, 30.0])
def test_orthogonal_users_are_water_filled(power: float) -> None:
    """With the smallest power some get nothing."""
    generator = np.random.default_rng(11)
    basis = np.linalg.qr(complex_normal(generator, 5, 5))[0][:4]
    sizes, weights = np.array([2.0, 1.0, 0.7, 0.2]), np.array([1.0, 2.0, 0.5, 1.5])
    best = water_filling(sizes**2, weights, power)
    found = wmmse(basis * sizes[:, None], power, 1.0, weights, None, 0.0, 20_000)[1]
    assert found <= best * (1.0 + 1e-12)
    assert found == pytest.approx(best, rel=1e-6)


@settings(deadline=None, max_examples=15)
@given(SEEDS, st.integers(2, 5), st.integers(2, 5))
def test_published_iterations_cannot_go_on(seed: int, users: int, antennas: int) -> None:
    """Where ours ends, the published ones with their multiplier find nothing."""
    generator = np.random.default_rng(seed)
    channels, weights = complex_normal(generator, users, antennas), generator.uniform(0.5, 2, users)
    precoder, rate, count = wmmse(channels, 10.0, 0.5, weights, None, 1e-12, 20_000)
    assert count < 20_000
    theirs = plain_wmmse(channels, 10.0, 0.5, weights, precoder, 5)
    assert plain_rate(channels, theirs, 0.5, weights) == pytest.approx(rate, abs=1e-8)


def test_the_best_of_both_from_many_starts_is_the_same() -> None:
    generator = np.random.default_rng(21)
    channels, weights = complex_normal(generator, 4, 4), np.ones(4)
    ours, theirs = [], []
    for _ in range(5):
        start = rates.within_power(complex_normal(generator, 4, 4), 10.0, use_all=True)
        ours.append(wmmse(channels, 10.0, 1.0, weights, start, 1e-10, 5000)[1])
        final = plain_wmmse(channels, 10.0, 1.0, weights, start, 150)
        theirs.append(plain_rate(channels, final, 1.0, weights))
    assert max(ours) == pytest.approx(max(theirs), rel=1e-4)


def test_random_search_never_beats_many_starts() -> None:
    generator = np.random.default_rng(31)
    channels, power = complex_normal(generator, 3, 2), 5.0
    best = max(wmmse(channels, power, start=complex_normal(generator, 2, 3))[1] for _ in range(10))
    tried = complex_normal(generator, 20_000, 2, 3) * 10.0 ** generator.normal(size=(20_000, 1, 3))
    tried *= np.sqrt(power / np.sum(np.abs(tried) ** 2, axis=(1, 2), keepdims=True))
    powers = np.abs(channels @ tried) ** 2
    wanted = np.diagonal(powers, axis1=1, axis2=2)
    found = np.log2(1.0 + wanted / (powers.sum(2) - wanted + 1.0)).sum(1)
    assert 0.9 * best < found.max() < best


def test_hard_channels() -> None:
    """Physical units, more users than antennas, the same channel twice, none, no weight."""
    generator = np.random.default_rng(41)
    channels = complex_normal(generator, 6, 4) * 1e-6 * np.logspace(-3, 0, 6)[:, None]
    channels[4], channels[5] = channels[3], 0.0
    for weights in (np.ones(6), np.arange(6.0), np.zeros(6)):
        for power in (1e-9, 1.0, 1e9):
            precoder, rate, _ = wmmse(channels, power, 1e-13, weights)
            assert np.isfinite(precoder).all()
            assert rate == pytest.approx(plain_rate(channels, precoder, 1e-13, weights), rel=1e-9)
            regular = linear.regularised_zero_forcing(channels, power, 1e-13)
            assert rate >= rates.weighted_sum_rate(channels, regular, 1e-13, weights) - 1e-9
            assert rates.power_of(precoder) <= power
    assert wmmse(np.zeros((2, 3)))[1:] == (0.0, 0)


@pytest.mark.parametrize("snr_db", [60.0, 90.0, 120.0])
@pytest.mark.parametrize(("users", "antennas"), [(3, 8), (4, 3), (6, 1)])
def test_dependent_channels_without_much_noise(users: int, antennas: int, snr_db: float) -> None:
    """The inverse is as large as the ratio of signal and noise; nothing of it may be left."""
    generator = np.random.default_rng(42)
    channels, power = complex_normal(generator, users, antennas), 10.0 ** (snr_db / 10.0)
    channels[0] = 2j * channels[1]
    rate = 0.0
    for most in (1, 2, 5, 50):
        precoder, found, _ = wmmse(channels, power, iterations=most, tolerance=0.0)
        assert found == pytest.approx(plain_rate(channels, precoder, 1.0, np.ones(users)), rel=1e-6)
        assert found > rate * (1.0 - 1e-6)
        rate = found
    if antennas > 1:  # as many streams as there are dimensions
        assert rate > 0.8 * min(users - 1, antennas) * math.log2(power)


def test_users_can_be_left_out_by_the_start() -> None:
    """One antenna serves one user at best; a start that serves all leaves its plateau slowly."""
    channels = complex_normal(np.random.default_rng(44), 4, 1)
    strongest = int(np.argmax(np.abs(channels)))
    alone = np.zeros((1, 4))
    alone[0, strongest] = 1.0
    precoder, rate, _ = wmmse(channels, 1e6, start=alone)
    assert rate == pytest.approx(math.log2(1.0 + 1e6 * np.abs(channels).max() ** 2), rel=1e-12)
    assert np.count_nonzero(precoder) == 1
    assert rate > wmmse(channels, 1e6)[1]


def test_beams_without_user_are_interference() -> None:
    """Those of sensing, or artificial noise: more beams than users in the compiled functions."""
    generator = np.random.default_rng(43)
    channels, precoder = complex_normal(generator, 2, 4), complex_normal(generator, 4, 5)
    gains, ratios = np.empty((2, 5), np.complex128), np.empty(2)
    rates.fill_gains(channels, precoder, gains)
    rates.fill_sinrs(gains, 0.3, ratios)
    powers = np.abs(channels @ precoder) ** 2
    wanted = np.array([powers[0, 0], powers[1, 1]])
    assert ratios == pytest.approx(wanted / (powers.sum(1) - wanted + 0.3), rel=1e-12)


def test_a_start_of_zeros_is_replaced() -> None:
    channels = complex_normal(np.random.default_rng(51), 3, 4)
    assert wmmse(channels, start=np.zeros((4, 3)))[1] == wmmse(channels)[1] > 0.0


def test_units_do_not_matter() -> None:
    channels = complex_normal(np.random.default_rng(61), 3, 4)
    precoder, rate, count = wmmse(channels, 2.0, 1.0)
    small = wmmse(channels * 2.0**-20, 2.0, 2.0**-40)
    assert (small[0] == precoder).all()
    assert small[1:] == (rate, count)


def test_messages() -> None:
    ones = np.ones((2, 3))
    for call, message in (
        (lambda: wmmse(ones, start=ones), r"start has shape \(2, 3\), must have shape \(3, 2\)"),
        (lambda: wmmse(ones, 0.0), "power_w = 0.0 is outside"),
        (lambda: wmmse(ones, noise_w=-1.0), "noise_w = -1.0 is outside"),
        (lambda: wmmse(ones, tolerance=math.nan), "tolerance = nan is outside"),
        (lambda: wmmse(ones, iterations=-1), "iterations = -1 is not a whole number"),
        (lambda: wmmse_work(0), "users = 0 is not a whole number"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
