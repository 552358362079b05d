"""Clutter laws by their moments, and the background channel of clause 7.9.4.2 by calibration."""

import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.engine import rng
from isac_envs.kernels.pathloss.tr_38901 import uma_nlos
from isac_envs.kernels.radar import clutter

DATA = json.loads((Path(__file__).parent / "data" / "rcs.json").read_text())
LEVELS = (5, 25, 50, 75, 95)


def streams(count: int, seed: int = 0) -> np.ndarray:
    both = np.zeros((2, count, 4), np.uint64)
    seeds = np.arange(count, dtype=np.uint64) + np.uint64(seed)
    rng.seed_batch(both[0], both[1], seeds, np.ones(count, bool))
    return both[0]


@pytest.mark.parametrize("shape", [0.1, 0.5, 1.0, 3.7, 40.0])
def test_gamma_variates(shape: float) -> None:
    stream = streams(1)[0]
    drawn = np.array([clutter.gamma_variate(stream, shape) for _ in range(100_000)])
    assert drawn.mean() == pytest.approx(shape, rel=0.05)
    assert drawn.var() == pytest.approx(shape, rel=0.09)
    assert (drawn >= 0.0).all()


@pytest.mark.parametrize("shape", [0.5, 1.0, 5.0, 1e5])
def test_k_amplitudes(shape: float) -> None:
    power = clutter.draw_clutter_powers(streams(20), "k", shape, 20_000)
    assert power.mean() == pytest.approx(1.0, rel=0.02)
    assert np.mean(power**2) == pytest.approx(2.0 * (1.0 + 1.0 / shape), rel=0.08)


@pytest.mark.parametrize("shape", [1.0, 2.0, 3.0])
def test_weibull_amplitudes(shape: float) -> None:
    power = clutter.draw_clutter_powers(streams(20), "weibull", shape, 20_000)
    assert power.mean() == pytest.approx(1.0, rel=0.03)
    ratio = math.gamma(1.0 + 4.0 / shape) / math.gamma(1.0 + 2.0 / shape) ** 2
    assert np.mean(power**2) == pytest.approx(ratio, rel=0.15)


@pytest.mark.parametrize("name", ["umi", "uma"])
def test_trap_12_second_parameter_is_a_rate(name: str) -> None:
    law = clutter.STATION_BACKGROUND[name]
    points = clutter.draw_reference_points(streams(20_000), law)
    mean_m = law.distance_shape / law.distance_rate + law.distance_offset_m
    assert points[..., 0].mean() == pytest.approx(mean_m, rel=0.01)
    mean_m = law.height_shape / law.height_rate + law.height_offset_m
    assert points[..., 1].mean() == pytest.approx(mean_m, rel=0.01)
    assert points[..., 0].var() == pytest.approx(
        law.distance_shape / law.distance_rate**2, rel=0.05
    )


def test_azimuths_are_a_third_of_a_turn_apart() -> None:
    azimuth = clutter.draw_reference_points(streams(2000), clutter.STATION_BACKGROUND["uma"])[
        ..., 2
    ]
    assert ((azimuth >= 0.0) & (azimuth < math.tau)).all()
    step = np.diff(azimuth, axis=1) % math.tau
    np.testing.assert_allclose(step, math.tau / 3.0, atol=1e-12)
    assert np.histogram(azimuth, 8, (0.0, math.tau))[0].min() > 600


@pytest.mark.parametrize("table", [clutter.STATION_BACKGROUND, clutter.TERMINAL_BACKGROUND])
def test_every_background_is_finite(table: Any) -> None:
    for law in table.values():
        assert np.isfinite(clutter.draw_reference_points(streams(2000), law)).all()


@pytest.mark.parametrize("f_ghz", [6, 30])
def test_calibration_of_the_uma_background(f_ghz: int) -> None:
    points = clutter.draw_reference_points(streams(8000), clutter.STATION_BACKGROUND["uma"])
    height = points[..., 1].clip(1.5, 22.5)
    loss = uma_nlos(points[..., 0], f_ghz * 1e9, height)
    loss = loss + 6.0 * np.random.default_rng(0).normal(size=loss.shape)
    published = DATA["calibration"][str(f_ghz)]["background"]
    main = published["UMa-AV UAV/UMa-AV UAV  without_ZOA_filter"]
    np.testing.assert_allclose(np.percentile(-loss, LEVELS), main, atol=0.7)


def test_surface_of_constant_gamma() -> None:
    found = clutter.surface_rcs(-15.0, math.pi / 6.0, 200.0)
    assert found == pytest.approx(10.0**-1.5 * 0.5 * 200.0, rel=1e-14)
    assert clutter.surface_rcs(-15.0, 0.0, 200.0) == 0.0


def test_moving_scatterers() -> None:
    stream = streams(1)[0]
    drawn = np.array([clutter.scatterer_doppler(stream, 5.0, 6e9, 0.2) for _ in range(50_000)])
    limit = 2.0 * 5.0 * 6e9 / 299792458.0
    assert np.mean(drawn != 0.0) == pytest.approx(0.2, abs=0.01)
    assert np.abs(drawn).max() <= limit
    assert drawn.var() == pytest.approx(0.2 * limit**2 / 3.0, rel=0.05)


@given(st.sampled_from(["k", "weibull"]), st.floats(0.3, 50.0), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_powers_are_finite_and_not_negative(kind: str, shape: float, seed: int) -> None:
    power = clutter.draw_clutter_powers(streams(2, seed), kind, shape, 20)
    assert np.isfinite(power).all()
    assert (power >= 0.0).all()


def test_one_call_a_batch_and_two_threads_give_the_same_bits() -> None:
    law = clutter.STATION_BACKGROUND["umi"]
    batch = clutter.draw_reference_points(streams(30), law)
    fresh = streams(30)
    single = [clutter.draw_reference_points(fresh[i : i + 1], law)[0] for i in range(30)]
    assert np.stack(single).tobytes() == batch.tobytes()
    fresh = streams(30)
    with ThreadPoolExecutor(2) as pool:
        parts = (fresh[:15], fresh[15:])
        halves = pool.map(lambda s: clutter.draw_reference_points(s, law), parts)
        assert np.concatenate(list(halves)).tobytes() == batch.tobytes()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: clutter.draw_clutter_powers(streams(1), "log", 1.0, 4), "kind = 'log'"),
        (lambda: clutter.draw_clutter_powers(streams(1), "k", 0.0, 4), "shape = 0.0"),
        (lambda: clutter.draw_clutter_powers(streams(1), "k", 1.0, 0), "cells = 0 is not a whole"),
        (
            lambda: clutter.draw_reference_points(
                streams(1), clutter.STATION_BACKGROUND["uma"]._replace(height_rate=0.0)
            ),
            "height_rate = 0.0",
        ),
        (lambda: clutter.surface_rcs(-15.0, 2.0, 1.0), "grazing_rad = 2.0"),
    ],
)
def test_outside_the_domain(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
