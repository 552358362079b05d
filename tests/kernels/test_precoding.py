"""Rates of a downlink, budgets of power and linear precoders, from their definitions."""

import math

import numpy as np
import pytest
from downlink_setups import complex_normal, plain_rate
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.precoding import linear, rates

SIZES = st.integers(1, 7)
SEEDS = st.integers(0, 10**6)


def drawn(seed: int, users: int, antennas: int) -> tuple[np.ndarray, np.random.Generator]:
    generator = np.random.default_rng(seed)
    return complex_normal(generator, users, antennas), generator


@settings(deadline=None)
@given(SEEDS, SIZES, SIZES)
def test_gains_ratios_and_rate(seed: int, users: int, antennas: int) -> None:
    channels, generator = drawn(seed, users, antennas)
    precoder = complex_normal(generator, antennas, users)
    weights, noise = generator.uniform(0.0, 3.0, users), generator.uniform(0.01, 2.0)
    assert np.allclose(rates.effective_gains(channels, precoder), channels @ precoder, atol=1e-13)
    ratios = rates.downlink_sinr(channels, precoder, noise)
    powers = np.abs(channels @ precoder) ** 2
    expected = np.diag(powers) / (powers.sum(1) - np.diag(powers) + noise)
    assert ratios == pytest.approx(expected, rel=1e-11)
    rate = rates.weighted_sum_rate(channels, precoder, noise, weights)
    assert rate == pytest.approx(plain_rate(channels, precoder, noise, weights), rel=1e-11)
    assert rate == pytest.approx(weights @ np.log2(1.0 + ratios), rel=1e-11)


@pytest.mark.parametrize("users", [1, 2, 5])
def test_every_user_hears_the_noise_once(users: int) -> None:
    """Not once for each other user: public code counts it so."""
    ratios = rates.downlink_sinr(np.eye(users), np.eye(users), 0.25)
    assert ratios.tolist() == [4.0] * users
    assert rates.weighted_sum_rate(np.eye(users), np.eye(users), 0.25) == pytest.approx(
        users * math.log2(5.0), rel=1e-15
    )


@settings(deadline=None)
@given(SEEDS, SIZES, SIZES, st.floats(-250.0, 250.0), st.floats(0.0, 1e6))
def test_a_budget_is_never_exceeded(
    seed: int, users: int, antennas: int, size_db: float, budget: float
) -> None:
    _, generator = drawn(seed, users, antennas)
    raw = complex_normal(generator, antennas, users) * 10.0 ** (size_db / 20.0)
    for use_all in (False, True):
        kept = rates.within_power(raw, budget, use_all)
        power = rates.power_of(kept)
        assert power <= budget
        if rates.power_of(raw) <= budget and not use_all:
            assert (kept == raw).all()
        else:
            assert power == pytest.approx(budget, rel=1e-12)
            assert np.allclose(kept * np.linalg.norm(raw), raw * np.linalg.norm(kept), rtol=1e-9)


def test_a_precoder_of_zeros_stays_one() -> None:
    for use_all in (False, True):
        assert not rates.within_power(np.zeros((3, 2)), 5.0, use_all).any()
    assert not rates.within_power(np.ones((3, 2)), 0.0).any()


@settings(deadline=None)
@given(SEEDS, SIZES, SIZES)
def test_linear_precoders_against_numpy(seed: int, users: int, antennas: int) -> None:
    channels, generator = drawn(seed, users, antennas)
    channels *= 10.0 ** generator.uniform(-4.0, 0.0, (users, 1))
    power, ridge = generator.uniform(0.1, 9.0), 10.0 ** generator.uniform(-3.0, 1.0)
    wide = channels.conj().T
    gram = channels @ wide
    cases = {
        "ratio": (linear.maximum_ratio(channels, power), wide),
        "regularised": (
            linear.regularised_zero_forcing(channels, power, regularisation=ridge),
            wide @ np.linalg.inv(gram + ridge * np.eye(users)),
        ),
    }
    if users <= antennas:
        cases["zero forcing"] = linear.zero_forcing(channels, power), np.linalg.pinv(channels)
    for name, (found, directions) in cases.items():
        expected = directions / np.linalg.norm(directions, axis=0) * math.sqrt(power / users)
        assert np.abs(found - expected).max() < 1e-9 * math.sqrt(power), name
        assert power * (1.0 - 1e-12) < rates.power_of(found) <= power


@settings(deadline=None)
@given(SEEDS, st.integers(1, 6), st.integers(0, 3))
def test_zero_forcing_leaves_no_interference(seed: int, users: int, more: int) -> None:
    channels, _ = drawn(seed, users, users + more)
    gains = np.abs(rates.effective_gains(channels, linear.zero_forcing(channels)))
    assert np.abs(gains - np.diag(np.diag(gains))).max() < 1e-11 * np.abs(channels).max()


def test_regularisation_goes_from_zero_forcing_to_maximum_ratio() -> None:
    channels, _ = drawn(4, 3, 5)
    quiet = linear.regularised_zero_forcing(channels, 2.0, 1e-13)
    loud = linear.regularised_zero_forcing(channels, 2.0, 1e13)
    assert np.allclose(quiet, linear.zero_forcing(channels, 2.0), atol=1e-11)
    assert np.allclose(loud, linear.maximum_ratio(channels, 2.0), atol=1e-11)
    given_ridge = linear.regularised_zero_forcing(channels, 2.0, regularisation=3 * 0.7 / 2.0)
    assert (linear.regularised_zero_forcing(channels, 2.0, 0.7) == given_ridge).all()


@pytest.mark.parametrize("kind", ["more users", "the same twice", "a sum", "no channel", "nothing"])
def test_dependent_channels(kind: str) -> None:
    """All power is used, nothing is infinite, and users with the same channel share it."""
    channels, generator = drawn(9, 4, 4)
    if kind == "more users":
        channels = complex_normal(generator, 6, 3)
    elif kind == "the same twice":
        channels[3] = channels[1]
    elif kind == "a sum":
        channels[3] = channels[0] - 1j * channels[1]
    elif kind == "no channel":
        channels[2] = 0.0
    else:
        channels[:] = 0.0
    served = np.abs(channels).sum(1) > 0.0
    for found in (
        linear.zero_forcing(channels, 3.0),
        linear.regularised_zero_forcing(channels, 3.0, 1e-30),
        linear.regularised_zero_forcing(channels, 3.0, 0.1),
        linear.maximum_ratio(channels, 3.0),
    ):
        assert np.isfinite(found).all()
        each = (np.abs(found) ** 2).sum(0)
        assert each[served] == pytest.approx(3.0 / max(served.sum(), 1), rel=1e-12)
        assert not each[~served].any()


def test_the_same_channel_twice_leaves_the_others_alone() -> None:
    channels, _ = drawn(9, 3, 4)
    channels[2] = channels[1]
    gains = np.abs(rates.effective_gains(channels, linear.zero_forcing(channels)))
    assert max(gains[0, 1:].max(), gains[1:, 0].max()) < 1e-6 * gains[0, 0]


def test_messages() -> None:
    ones = np.ones((2, 3))
    for call, message in (
        (lambda: rates.effective_gains(ones, ones), r"precoder has shape \(2, 3\), must have"),
        (lambda: rates.effective_gains(ones[0], ones), r"channels has shape \(3,\)"),
        (lambda: rates.effective_gains(ones * np.nan, ones.T), "channels has values that are not"),
        (lambda: rates.effective_gains(ones[:0], ones.T), r"channels has shape \(0, 3\)"),
        (lambda: rates.downlink_sinr(ones, ones.T, 0.0), r"noise_w = 0.0 is outside"),
        (lambda: rates.weighted_sum_rate(ones, ones.T, 1.0, [1.0]), r"weights has shape \(1,\)"),
        (lambda: rates.weighted_sum_rate(ones, ones.T, 1.0, -1.0), "weights = -1.0 is outside"),
        (lambda: rates.within_power(ones, -1.0), "budget_w = -1.0 is outside"),
        (lambda: linear.maximum_ratio(ones, math.inf), "power_w = inf is outside"),
        (lambda: linear.zero_forcing(3.0), r"channels has shape \(\), must have shape \(any, any"),
        (lambda: linear.regularised_zero_forcing(ones, 0.0), "power_w = 0.0 is outside"),
        (
            lambda: linear.regularised_zero_forcing(ones, regularisation=0.0),
            "regularisation = 0.0 is outside",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            call()
