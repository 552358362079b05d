"""The measurement model against estimates from echoes, and its gate against exact probabilities."""

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.engine import rng
from isac_envs.kernels.radar import echo, measurement, swerling
from isac_envs.kernels.radar.detection import detection_probability
from isac_envs.kernels.radar.echo import OfdmGrid

GRID = OfdmGrid(28e9, 120e3, 8.92e-6, 0.586e-6, 32, 14)
TRIALS = 2000


def streams(count: int, seed: int = 0) -> np.ndarray:
    both = np.zeros((2, count, 4), np.uint64)
    seeds = np.arange(count, dtype=np.uint64) + np.uint64(seed)
    rng.seed_batch(both[0], both[1], seeds, np.ones(count, bool))
    return both[1]


def climb(likelihood: Any, start: np.ndarray, step: float) -> np.ndarray:
    """Newton steps to the nearest maximum, derivatives by differences."""
    x = start.copy()
    for _ in range(4):
        low, here, high = likelihood(x - step), likelihood(x), likelihood(x + step)
        x += 0.5 * step * (low - high) / (low + high - 2.0 * here)
    return x


def test_variances_equal_those_of_estimates_from_the_echo() -> None:
    snr, delay, shift = 1.0, 2.345e-7, 1234.5
    clean = echo.echo_grid([delay], [shift], [np.sqrt(snr)], GRID)
    grids = np.tile(clean, (TRIALS, 1, 1))
    for stream, grid in zip(streams(TRIALS), grids, strict=True):
        echo.add_noise(stream, 1.0, grid)
    n, m = np.arange(GRID.subcarriers), np.arange(GRID.symbols)

    def columns(f: np.ndarray) -> np.ndarray:
        return np.exp(-2j * np.pi * np.outer(f, m) * GRID.symbol_duration_s)

    def rows(tau: np.ndarray) -> np.ndarray:
        return np.exp(2j * np.pi * np.outer(tau, n) * GRID.subcarrier_spacing_hz)

    tau, f = np.full(TRIALS, delay), np.full(TRIALS, shift)
    for _ in range(2):
        profile = np.einsum("bnm,bm->bn", grids, columns(f))
        tau = climb(lambda t, p=profile: np.abs((p * rows(t)).sum(-1)) ** 2, tau, 2e-9)
        profile = np.einsum("bnm,bn->bm", grids, rows(tau))
        f = climb(lambda x, p=profile: np.abs((p * columns(x)).sum(-1)) ** 2, f, 50.0)
    expected = measurement.expected_measurement(
        measurement.measurement_parameters(GRID, 1e-6), snr
    ).variances
    assert np.var(tau) == pytest.approx(expected[0], rel=0.1)
    assert np.var(f) == pytest.approx(expected[1], rel=0.1)
    assert np.mean(tau) == pytest.approx(delay, abs=5.0 * math.sqrt(expected[0] / TRIALS))
    assert np.mean(f) == pytest.approx(shift, abs=5.0 * math.sqrt(expected[1] / TRIALS))


def test_angle_variance_equals_that_of_estimates_from_an_array() -> None:
    snr, angle, elements = 0.1, 0.4, 8
    cells = GRID.subcarriers * GRID.symbols  # integrated coherently in each element
    draw, k = np.random.default_rng(0), np.arange(elements)
    noise = draw.normal(size=(2, TRIALS, elements)) * math.sqrt(0.5 / cells)
    received = math.sqrt(snr) * np.exp(1j * np.pi * k * math.sin(angle)) + noise[0] + 1j * noise[1]

    def likelihood(theta: np.ndarray) -> np.ndarray:
        beams = np.exp(-1j * np.pi * np.outer(np.sin(theta), k))
        return np.abs((received * beams).sum(-1)) ** 2

    found = climb(likelihood, np.full(TRIALS, angle), 0.01)
    receiver = measurement.measurement_parameters(GRID, 1e-6, elements)
    expected = measurement.expected_measurement(receiver, snr, angle).variances[2]
    assert np.var(found) == pytest.approx(expected, rel=0.1)


def test_draws_have_the_stated_variances_and_no_bias() -> None:
    receiver = measurement.measurement_parameters(GRID, 1e-6, 8)
    truth = np.tile([3e-7, -800.0, 0.3], (40_000, 1))
    drawn = measurement.draw_measurements(streams(40_000), receiver, 0.1, truth)
    expected = measurement.expected_measurement(receiver, 0.1, 0.3)
    assert drawn.detected.all()
    assert drawn.values.var(axis=0) == pytest.approx(expected.variances, rel=0.03)
    error = np.abs(drawn.values.mean(axis=0) - truth[0])
    assert (error < 5.0 * np.sqrt(expected.variances / 40_000)).all()
    assert (drawn.variances == expected.variances).all()


@pytest.mark.parametrize("snr_after_db", [6.0, 10.0, 13.0])
def test_gate_against_the_exact_probability(snr_after_db: float) -> None:
    receiver = measurement.measurement_parameters(GRID, 1e-4)
    snr = 10.0 ** (snr_after_db / 10.0) / (GRID.subcarriers * GRID.symbols)
    exact = detection_probability(10.0 ** (snr_after_db / 10.0), 1e-4, 1, 0)
    expected = measurement.expected_measurement(receiver, snr).detection_probability
    assert expected == pytest.approx(exact, rel=1e-12)
    drawn = measurement.draw_measurements(streams(30_000), receiver, snr, np.zeros((30_000, 3)))
    assert drawn.detected.mean() == pytest.approx(exact, abs=0.015)
    missed = ~drawn.detected
    assert np.isnan(drawn.values[missed]).all()
    assert np.isinf(drawn.variances[missed]).all()


def test_a_fluctuating_target_is_gated_by_its_realised_snr() -> None:
    receiver = measurement.measurement_parameters(GRID, 1e-6)
    snr = 10.0**1.3 / (GRID.subcarriers * GRID.symbols)
    realised = snr * swerling.draw_powers(streams(60_000, 5), 1, 1.0)[:, 0]
    drawn = measurement.draw_measurements(
        streams(60_000), receiver, realised, np.zeros((60_000, 3))
    )
    assert drawn.detected.mean() == pytest.approx(0.517178, abs=0.011)


def test_a_missing_target_is_never_measured() -> None:
    receiver = measurement.measurement_parameters(GRID, 0.5)
    drawn = measurement.draw_measurements(streams(1000), receiver, 0.0, np.zeros((1000, 3)))
    assert not drawn.detected.any()


@given(st.floats(1e-4, 1e3), st.floats(-1.2, 1.2))
@settings(max_examples=60, deadline=None)
def test_accuracy_grows_with_snr_and_is_symmetric_in_angle(snr: float, angle: float) -> None:
    receiver = measurement.measurement_parameters(GRID, 1e-6, 4)
    low, high, mirrored = (
        measurement.expected_measurement(receiver, s, a)
        for s, a in ((snr, angle), (2.0 * snr, angle), (snr, -angle))
    )
    assert np.isfinite(low.variances).all()
    assert high.variances == pytest.approx(0.5 * low.variances, rel=1e-12)
    assert (low.variances == mirrored.variances).all()
    assert high.detection_probability >= low.detection_probability - 1e-15


def test_one_call_a_batch_and_two_threads_give_the_same_bits() -> None:
    receiver = measurement.measurement_parameters(GRID, 1e-2, 2)
    truth = np.random.default_rng(2).uniform(-1.0, 1.0, (60, 3))

    def run(part: slice, fresh: np.ndarray) -> bytes:
        drawn = measurement.draw_measurements(fresh[part], receiver, 0.005, truth[part])
        return b"".join(
            np.concatenate([d[:, None], v, w], axis=1).tobytes()
            for d, v, w in [(drawn.detected, drawn.values, drawn.variances)]
        )

    batch = run(slice(60), streams(60))
    fresh = streams(60)
    assert b"".join(run(slice(i, i + 1), fresh) for i in range(60)) == batch
    fresh = streams(60)
    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(lambda part: run(part, fresh), (slice(30), slice(30, 60)))
        assert b"".join(halves) == batch


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: measurement.measurement_parameters(GRID, 0.0), "false_alarm_probability = 0.0"),
        (lambda: measurement.measurement_parameters(GRID, 1e-6, 0), "elements = 0 is not a whole"),
        (
            lambda: measurement.measurement_parameters(GRID._replace(symbols=1), 1e-6),
            "symbols = 1 is not a whole",
        ),
        (
            lambda: measurement.expected_measurement(
                measurement.measurement_parameters(GRID, 1e-6), 0.0
            ),
            "snr_per_re = 0.0",
        ),
        (
            lambda: measurement.draw_measurements(
                streams(2), measurement.measurement_parameters(GRID, 1e-6), 1.0, np.zeros((3, 3))
            ),
            "expected",
        ),
        (
            lambda: measurement.draw_measurements(
                streams(1), measurement.measurement_parameters(GRID, 1e-6), 1.0, [[0.0, 0.0, 2.0]]
            ),
            "angle_rad = 2.0",
        ),
    ],
)
def test_outside_the_domain(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
