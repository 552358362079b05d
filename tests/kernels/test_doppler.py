"""Delays and Doppler shifts against 50-digit anchors, derivatives and sign rules."""

import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import jv

from isac_envs.kernels.radar import doppler

DATA = json.loads((Path(__file__).parent / "data" / "echo.json").read_text())
C = 299792458.0
STILL = [0.0, 0.0, 0.0]

coordinate = st.floats(-1e3, 1e3)
states = st.tuples(*[coordinate] * 6)


@pytest.mark.parametrize("row", DATA["doppler"])
def test_every_reference_point(row: dict[str, Any]) -> None:
    nodes = (row[f"p_{n}"] + row[f"v_{n}"] for n in ("tx", "tgt", "rx"))
    paths = doppler.bistatic_paths(*nodes, row["f"])
    assert paths.doppler_hz == pytest.approx(row["doppler_num_Hz"], rel=1e-14, abs=1e-12)
    legs = [math.dist(row["p_tgt"], row[f"p_{n}"]) for n in ("tx", "rx")]
    assert paths.delay_s == pytest.approx(sum(legs) / C, rel=1e-15)
    assert paths.delay_rate * row["f"] == pytest.approx(-paths.doppler_hz, rel=1e-14)


def test_printed_values() -> None:
    printed = (3722.4946, 5134.0356, 93.1280, -1404.4444, 0.0)
    for row, value in zip(DATA["doppler"], printed, strict=True):
        nodes = (row[f"p_{n}"] + row[f"v_{n}"] for n in ("tx", "tgt", "rx"))
        assert doppler.bistatic_paths(*nodes, row["f"]).doppler_hz == pytest.approx(value, abs=5e-5)


def test_trap_01_monostatic_has_one_factor_of_two_and_bistatic_none() -> None:
    radar, target = [0.0, 0, 0, 0, 0, 0], [100.0, 0, 0, -20.0, 0, 0]
    mono = doppler.bistatic_paths(radar, target, radar, 28e9)
    assert mono.doppler_hz == pytest.approx(2.0 * 20.0 * 28e9 / C, rel=1e-15)
    assert mono.delay_s == pytest.approx(200.0 / C, rel=1e-15)
    across = doppler.bistatic_paths(radar, target, [100.0, 50.0, 0, 0, 0, 0], 28e9)
    assert across.doppler_hz == pytest.approx(20.0 * 28e9 / C, rel=1e-15)  # one leg only
    assert across.delay_s == pytest.approx(150.0 / C, rel=1e-15)
    assert doppler.bistatic_doppler(-20.0, -20.0, 28e9) == mono.doppler_hz
    assert doppler.bistatic_delay(100.0, 100.0) == mono.delay_s


def test_trap_02_closing_is_positive() -> None:
    radar = [0.0] * 6
    closing, leaving = (
        float(doppler.bistatic_paths(radar, [0, 100.0, 0, 0, v, 0], radar, 77e9).doppler_hz)
        for v in (-10.0, 10.0)
    )
    assert closing > 0.0 > leaving
    assert closing == -leaving


@given(states, states, states)
@settings(max_examples=60, deadline=None)
def test_reciprocal_and_galilean(tx: Any, target: Any, rx: Any) -> None:
    there = doppler.bistatic_paths(tx, target, rx, 10e9)
    back = doppler.bistatic_paths(rx, target, tx, 10e9)
    assert [float(x) for x in there] == [float(x) for x in back]
    assert np.isfinite(there).all()
    moved = [np.add(x, [0, 0, 0, 5.0, -3.0, 2.0]) for x in (tx, target, rx)]
    shifted = doppler.bistatic_paths(*moved, 10e9)
    assert shifted.doppler_hz == pytest.approx(float(there.doppler_hz), abs=1e-8)
    assert abs(there.doppler_hz) <= 10e9 / C * 4.0 * math.sqrt(3.0) * 2e3


@given(states, states)
@settings(max_examples=40, deadline=None)
def test_doppler_is_the_derivative_of_the_delay(radar: Any, target: Any) -> None:
    if math.dist(radar[:3], target[:3]) < 50.0:
        return
    f_hz, step = 1e9, 1e-4

    def delay(t: float) -> float:
        nodes = [np.array(s[:3]) + t * np.array(s[3:]) for s in (radar, target)]
        return 2.0 * float(np.linalg.norm(nodes[1] - nodes[0])) / C

    slope = (delay(step) - delay(-step)) / (2.0 * step)
    found = doppler.bistatic_paths(radar, target, radar, f_hz).doppler_hz
    assert found == pytest.approx(-f_hz * slope, rel=1e-4, abs=0.5)


@pytest.mark.parametrize("row", DATA["micro_doppler_vibration"])
def test_vibration_at_reference_points(row: dict[str, Any]) -> None:
    lines = doppler.vibration_line(np.arange(-3, 4), row["amp_m"], row["f"])
    np.testing.assert_allclose(lines, row["J"], atol=1e-14)
    assert doppler.vibration_index(row["amp_m"], row["f"]) == pytest.approx(row["beta"], rel=1e-14)
    peak = doppler.vibration_peak_doppler(row["amp_m"], row["fv_Hz"], row["f"])
    assert peak == pytest.approx(row["peak_microdoppler_Hz"], rel=1e-14)


@given(st.integers(-300, 300), st.floats(0.0, 500.0))
@settings(max_examples=150, deadline=None)
def test_bessel_lines_against_scipy(order: int, index: float) -> None:
    amplitude = index * C / (4.0 * math.pi * 60e9)
    found = doppler.vibration_line(order, amplitude, 60e9)
    assert found == pytest.approx(float(jv(order, index)), abs=2e-14)


def test_lines_hold_all_power() -> None:
    lines = doppler.vibration_line(np.arange(-400, 401), 0.05, 60e9)
    assert np.sum(lines**2) == pytest.approx(1.0, rel=1e-13)


@pytest.mark.parametrize("row", DATA["micro_doppler_rotor"])
def test_rotor_at_reference_points(row: dict[str, Any]) -> None:
    rotation = row["rpm"] / 60.0
    tip = doppler.rotor_tip_doppler(row["blade_len_m"], rotation, 0.0, row["f"])
    assert tip == pytest.approx(row["fmax_Hz"], rel=1e-14)
    assert doppler.rotor_flash_rate(row["nblades"], rotation) == pytest.approx(
        row["flash_rate_Hz"], rel=1e-15
    )
    assert doppler.rotor_flash_rate(3, rotation) == pytest.approx(6.0 * rotation, rel=1e-15)


def test_one_call_a_batch_and_two_threads_give_the_same_bits() -> None:
    draw = np.random.default_rng(0)
    tx, target, rx = draw.normal(size=(3, 203, 6)) * 100.0
    batch = np.stack(doppler.bistatic_paths(tx, target, rx, 28e9))
    single = [doppler.bistatic_paths(tx[i], target[i], rx[i], 28e9) for i in range(203)]
    assert np.array(single).T.tobytes() == np.ascontiguousarray(batch).tobytes()
    parts = (slice(101), slice(101, 203))
    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(lambda p: doppler.bistatic_paths(tx[p], target[p], rx[p], 28e9), parts)
        assert np.concatenate([np.stack(h) for h in halves], axis=1).tobytes() == batch.tobytes()
    fixed = doppler.bistatic_paths(tx[0], target.reshape(7, 29, 6), tx[0], 28e9)
    assert fixed.delay_s.shape == (7, 29)


def test_a_target_at_the_radar_is_finite() -> None:
    paths = doppler.bistatic_paths([0.0] * 6, [0, 0, 0, 9.0, 0, 0], [0.0] * 6, 28e9)
    assert (float(paths.delay_s), abs(float(paths.doppler_hz))) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: doppler.bistatic_paths([0.0] * 5, [0.0] * 6, [0.0] * 6, 1e9), "transmitter has"),
        (lambda: doppler.bistatic_paths([0.0] * 6, [math.nan] * 6, [0.0] * 6, 1e9), "target pos"),
        (lambda: doppler.bistatic_paths([0.0] * 6, [0.0] * 6, [2e6] * 6, 1e9), "receiver velocity"),
        (lambda: doppler.bistatic_paths([0.0] * 6, [0.0] * 6, [0.0] * 6, 28.0), "carrier_hz = 28"),
        (lambda: doppler.vibration_line(0.5, 1e-3, 1e9), "order = 0.5 is not a whole number in"),
        (lambda: doppler.vibration_line(0, 100.0, 1e13), "index 4 pi D / lambda"),
        (lambda: doppler.rotor_flash_rate(2.5, 10.0), "blades = 2.5 is not a whole number in"),
        (lambda: doppler.bistatic_delay(-1.0, 1.0), "d_tx_m = -1.0 is outside"),
    ],
)
def test_outside_the_domain(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
