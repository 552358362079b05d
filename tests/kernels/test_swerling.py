"""Draws of fluctuating targets: moments, correlation, and detection against the exact formulas."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.engine import rng
from isac_envs.kernels.radar import swerling
from isac_envs.kernels.radar.detection import detection_probability, detection_threshold

COUNT = 100_000
MOMENTS = {0: (0.0, 1.0), 1: (1.0, 6.0), 2: (1.0, 6.0), 3: (0.5, 3.0), 4: (0.5, 3.0)}
"""Variance and third moment of the power over its mean."""


def streams(count: int, seed: int = 0) -> np.ndarray:
    both = np.zeros((2, count, 4), np.uint64)
    seeds = np.arange(count, dtype=np.uint64) + np.uint64(seed)
    rng.seed_batch(both[0], both[1], seeds, np.ones(count, bool))
    return both[0]


@pytest.mark.parametrize("case", range(5))
def test_moments(case: int) -> None:
    power = swerling.draw_powers(streams(COUNT), case, 2.5, 2)
    variance, third = MOMENTS[case]
    assert power.mean() / 2.5 == pytest.approx(1.0, abs=0.015)
    assert (power / 2.5).var() == pytest.approx(variance, abs=0.04)
    assert np.mean((power / 2.5) ** 3) == pytest.approx(third, rel=0.08)
    assert (power > 0.0).all()


@pytest.mark.parametrize("case", range(5))
def test_trap_19_pulses_of_an_interval_share_a_draw_in_odd_cases(case: int) -> None:
    power = swerling.draw_powers(streams(20_000), case, 1.0, 4)
    if case in (0, 1, 3):
        assert (power == power[:, :1]).all()
    else:
        assert abs(np.corrcoef(power[:, 0], power[:, 3])[0, 1]) < 0.03


@pytest.mark.parametrize("case", range(5))
def test_amplitudes_match_powers_and_have_uniform_phase(case: int) -> None:
    amplitude = swerling.draw_amplitudes(streams(50_000), case, 3.0, 2)
    assert np.mean(np.abs(amplitude) ** 2) == pytest.approx(3.0, rel=0.02)
    assert abs(np.mean(amplitude)) < 0.03
    assert abs(np.mean((amplitude / np.abs(amplitude)) ** 2)) < 0.02
    assert (case in (2, 4)) == bool((amplitude[:, 0] != amplitude[:, 1]).any())


@pytest.mark.parametrize("case", range(5))
@pytest.mark.parametrize(("pulses", "snr_db"), [(1, 13.0), (4, 10.0), (16, 3.0)])
def test_trap_05_detection_by_monte_carlo(case: int, pulses: int, snr_db: float) -> None:
    """Noise of power 1 (1/2 in each component): SNR is a ratio of powers, not 2E/N0."""
    snr, pfa = 10.0 ** (snr_db / 10.0), 1e-4
    amplitude = swerling.draw_amplitudes(streams(40_000, 9), case, snr, pulses)
    draw = np.random.default_rng(1)
    noise = draw.normal(size=(2, *amplitude.shape)) * np.sqrt(0.5)
    statistic = np.sum(np.abs(amplitude + noise[0] + 1j * noise[1]) ** 2, axis=1)
    found = np.mean(statistic > detection_threshold(pfa, pulses))
    exact = detection_probability(snr, pfa, pulses, case)
    assert found == pytest.approx(exact, abs=5.0 * np.sqrt(exact * (1.0 - exact) / 40_000) + 1e-4)


@given(st.integers(0, 4), st.integers(0, 2**32), st.floats(0.0, 1e6))
@settings(max_examples=60, deadline=None)
def test_draws_are_finite_and_scale_with_the_mean(case: int, seed: int, mean: float) -> None:
    unit = swerling.draw_powers(streams(3, seed), case, 1.0, 3)
    scaled = swerling.draw_powers(streams(3, seed), case, mean, 3)
    assert np.isfinite(scaled).all()
    np.testing.assert_allclose(scaled, mean * unit, rtol=1e-15)


@pytest.mark.parametrize("case", range(5))
def test_one_call_a_batch_and_two_threads_give_the_same_bits(case: int) -> None:
    batch = swerling.draw_powers(streams(40), case, 2.0, 3)
    single = [swerling.draw_powers(streams(40)[i : i + 1], case, 2.0, 3)[0] for i in range(40)]
    assert np.stack(single).tobytes() == batch.tobytes()
    fresh = streams(40)
    with ThreadPoolExecutor(2) as pool:
        parts = (fresh[:20], fresh[20:])
        halves = pool.map(lambda s: swerling.draw_powers(s, case, 2.0, 3), parts)
        assert np.concatenate(list(halves)).tobytes() == batch.tobytes()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: swerling.draw_powers(streams(2), 5, 1.0), "swerling = 5 is not a whole number in"),
        (lambda: swerling.draw_powers(streams(2), 1.5, 1.0), "swerling = 1.5"),  # type: ignore
        (lambda: swerling.draw_powers(streams(2), 1, -1.0), "mean = -1.0"),
        (
            lambda: swerling.draw_powers(streams(2), 1, 1.0, 0),
            "pulses = 0 is not a whole number in",
        ),
        (lambda: swerling.draw_amplitudes(streams(2)[0], 1, 1.0), r"expected uint64 \(n, 4\)"),
    ],
)
def test_outside_the_domain(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
