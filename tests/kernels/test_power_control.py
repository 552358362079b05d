"""Power control: WMMSE, fractional programming, least powers; against plain NumPy forms."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from isac_envs.kernels.power_control import (
    foschini_miljanic as least,
)
from isac_envs.kernels.power_control import (
    fractional,
    interference,
)
from isac_envs.kernels.power_control import (
    weighted_mmse as mmse,
)

Array = npt.NDArray[np.float64]
SEEDS = st.integers(0, 10**6)


def drop(seed: int, links: int, bands: int = 1) -> Array:
    """Return gains over noise with strong direct paths and interference of many strengths."""
    random = np.random.default_rng(seed)
    decibels = random.normal(5.0, 15.0, (bands, links, links)) + 20.0 * np.eye(links)
    return np.asarray(10.0 ** (decibels / 10.0))


def sinr(gains: Array, powers: Array) -> Array:
    """Return ratios of one band, shape ``(K,)``."""
    signal = np.diag(gains) * powers
    return np.asarray(signal / (gains @ powers - signal + 1.0))


def sum_rate(gains: Array, powers: Array) -> float:
    return float(sum(np.log2(1.0 + sinr(g, p)).sum() for g, p in zip(gains, powers.T, strict=True)))


def plain_mmse(gains: Array, rounds: int) -> Array:
    """Return powers after some rounds with amplitudes, receivers and weights, one band."""
    amplitude, roots = np.ones(len(gains)), np.sqrt(gains)
    for _ in range(rounds):
        receiver = np.diag(roots) * amplitude / (gains @ amplitude**2 + 1.0)
        weight = 1.0 / (1.0 - receiver * np.diag(roots) * amplitude)
        bottom = (weight * receiver**2) @ gains
        amplitude = np.clip(weight * receiver * np.diag(roots) / bottom, 0.0, 1.0)
    return np.asarray(amplitude**2)


def plain_fractions(gains: Array, rounds: int) -> Array:
    powers, own = np.ones(len(gains)), np.diag(gains)
    ratio = sinr(gains, powers)
    for _ in range(rounds):
        y = np.sqrt((1.0 + ratio) * own * powers) / (gains @ powers + 1.0)
        ratio = sinr(gains, powers)
        powers = np.minimum(1.0, (1.0 + ratio) * own * y**2 / ((y**2) @ gains) ** 2)
    return np.asarray(powers)


@settings(deadline=None, max_examples=30)
@given(SEEDS, st.integers(1, 7), st.integers(1, 6))
def test_wmmse_is_the_textbook_iteration(seed: int, links: int, rounds: int) -> None:
    gains = drop(seed, links)
    powers, rate, made = mmse.weighted_mmse(gains, tolerance=0.0, iterations=rounds)
    assert np.allclose(powers[:, 0], plain_mmse(gains[0], made), rtol=1e-8, atol=1e-14)
    assert rate == pytest.approx(sum_rate(gains, powers), rel=1e-9)


@settings(deadline=None, max_examples=30)
@given(SEEDS, st.integers(1, 6), st.integers(1, 4))
def test_no_iteration_of_wmmse_lowers_the_rate(seed: int, links: int, bands: int) -> None:
    gains, start, before = drop(seed, links, bands), None, -math.inf
    for _ in range(8):
        start, rate, _ = mmse.weighted_mmse(gains, start=start, tolerance=0.0, iterations=1)
        assert (start >= 0.0).all()
        assert (start.sum(1) <= 1.0 + 1e-12).all()
        assert rate >= before - 1e-9 * abs(before)
        before = rate


def test_one_link_fills_water() -> None:
    """Over bands of one link the optimum is known: all power but that of bad bands."""
    gains = np.array([20.0, 5.0, 0.1])
    powers, *_ = mmse.weighted_mmse(gains[:, None, None], tolerance=0.0, iterations=20_000)
    level = (1.0 + 1.0 / 20.0 + 1.0 / 5.0) / 2.0
    assert powers[0] == pytest.approx([level - 0.05, level - 0.2, 0.0], abs=1e-3)


@settings(deadline=None, max_examples=30)
@given(SEEDS, st.integers(1, 7), st.integers(1, 6))
def test_fractional_programming_is_the_published_order(seed: int, links: int, rounds: int) -> None:
    gains = drop(seed, links)
    powers, rate, made = fractional.fractional_programming(gains, iterations=rounds)
    assert np.allclose(powers[:, 0], plain_fractions(gains[0], made), rtol=1e-8, atol=1e-14)
    assert rate == pytest.approx(sum_rate(gains, powers), rel=1e-9)


def test_iterations_end_and_weights_count() -> None:
    gains = drop(3, 5)
    most = mmse.weighted_mmse(gains)
    assert most[2] < 1000
    weights = [5.0, 1.0, 1.0, 1.0, 1.0]
    weighted, *_ = mmse.weighted_mmse(gains, weights=weights)
    assert sinr(gains[0], weighted[:, 0])[0] >= sinr(gains[0], most[0][:, 0])[0]
    links = interference.links_of(gains, 1.0, 1.0, weights)
    rates = np.log2(1.0 + sinr(gains[0], weighted[:, 0]))
    assert interference.weighted_rate(links, weighted) == pytest.approx(rates @ weights)


def test_a_silent_link_stays_silent() -> None:
    start = [1.0, 0.0, 1.0]
    for solve in (mmse.weighted_mmse, fractional.fractional_programming):
        powers, *_ = solve(drop(1, 3), start=start)  # type: ignore[operator]
        assert powers[1, 0] == 0.0


@settings(deadline=None, max_examples=50)
@given(SEEDS, st.integers(1, 6), st.floats(-20.0, 10.0))
def test_least_powers_in_closed_form_and_by_iteration(
    seed: int, links: int, target_db: float
) -> None:
    gains, target = drop(seed, links)[0], 10.0 ** (target_db / 10.0)
    own = np.diag(gains)
    matrix = target * (gains / own[:, None] - np.eye(links))
    radius = np.abs(np.linalg.eigvals(matrix)).max()
    powers, exists = least.least_powers(gains, target)
    if abs(radius - 1.0) < 1e-6:
        return
    assert exists == (radius < 1.0)
    if not exists:
        assert np.isinf(powers).all()
        return
    assert powers == pytest.approx(np.linalg.solve(np.eye(links) - matrix, target / own), rel=1e-6)
    assert sinr(gains, powers) == pytest.approx(target, rel=1e-6)
    if radius < 0.99:
        iterated, met = least.foschini_miljanic(gains, target, 1.0, 1.01 * powers.max())
        assert met
        assert iterated == pytest.approx(powers, rel=1e-6)
        _, met = least.foschini_miljanic(gains, target, 1.0, 0.99 * powers.max())
        assert not met


@pytest.mark.parametrize("seed", range(10))
def test_two_requirements_are_those_of_a_linear_programme(seed: int) -> None:
    gains = np.concatenate((drop(seed, 4), drop(seed + 100, 4)))
    noise, targets = np.array([1.0, 0.3]), np.array([[0.5], [0.8]]) * np.ones(4)
    off = ~np.eye(4, dtype=bool)
    rows, bounds = [], []
    for m in range(2):
        rows.append(targets[m][:, None] * gains[m] * off - np.diag(np.diag(gains[m])))
        bounds.append(-targets[m] * noise[m])
    solved = linprog(np.ones(4), np.concatenate(rows), np.concatenate(bounds), bounds=(0.0, 1.0))
    for solve in (least.foschini_miljanic, least.least_powers):
        powers, met = solve(gains, targets, noise, 1.0)  # type: ignore[operator]
        assert met == (solved.status == 0)
        if met:
            assert powers == pytest.approx(solved.x, rel=1e-6, abs=1e-9)


def test_what_is_refused() -> None:
    gains = drop(0, 3)
    for wrong in (np.ones((2, 3)), np.ones((1, 2, 2, 2)), np.ones((0, 0))):
        with pytest.raises(ValueError, match="gains have shape"):
            mmse.weighted_mmse(wrong)
        with pytest.raises(ValueError, match="gains have shape"):
            least.foschini_miljanic(wrong, 1.0)
    with pytest.raises(ValueError, match="gains"):
        fractional.fractional_programming(-gains)
    with pytest.raises(ValueError, match="weights have shape"):
        mmse.weighted_mmse(gains, weights=[1.0, 2.0])
    with pytest.raises(ValueError, match="start has shape"):
        mmse.weighted_mmse(gains, start=[1.0, 2.0])
    with pytest.raises(ValueError, match="start"):
        mmse.weighted_mmse(gains, start=[2.0, 0.0, 0.0])
    with pytest.raises(ValueError, match="iterations"):
        mmse.weighted_mmse(gains, iterations=1.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="budget_w"):
        least.foschini_miljanic(gains, 1.0, 1.0, 0.0)
    with pytest.raises(ValueError, match="targets"):
        least.least_powers(gains, -1.0)
