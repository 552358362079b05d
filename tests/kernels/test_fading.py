"""Fast fading: moments, correlation in time, keyed tones, Bessel functions.

Run as a script, it prints results of the kernels of fading, arrays and surfaces as JSON.
"""

import json
import math
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.arrays import beams, steering
from isac_envs.kernels.channel import fading, shadowing
from isac_envs.kernels.ris import phase as ris_phase
from isac_envs.kernels.ris import response as ris
from isac_envs.kernels.ris.cascade import cascade

REFERENCE = json.loads((Path(__file__).parent / "data" / "fading.json").read_text())
normal = st.floats(-6.0, 6.0)


def same_bits(left: Any, right: Any) -> bool:
    return np.asarray(left).tobytes() == np.asarray(right).tobytes()


@pytest.mark.parametrize("order", [0, 1])
def test_bessel_functions_against_50_digits(order: int) -> None:
    x = np.concatenate([np.linspace(-30.0, 60.0, 700), np.logspace(0.0, 6.0, 150), [25.0, 1e6]])
    function = fading.bessel_j1 if order else fading.bessel_j0
    with mpmath.workdps(50):
        expected = np.array([float(mpmath.besselj(order, mpmath.mpf(float(v)))) for v in x])
    assert np.abs(function(x) - expected).max() < 4e-15


@given(st.floats(0.0, 1e6))
@settings(max_examples=80, deadline=None)
def test_bessel_functions_are_even_and_odd_and_bounded(x: float) -> None:
    assert fading.bessel_j0(-x) == fading.bessel_j0(x)
    assert fading.bessel_j1(-x) == -fading.bessel_j1(x)
    assert fading.bessel_j0(x) ** 2 + 2.0 * fading.bessel_j1(x) ** 2 <= 1.0 + 1e-14


@pytest.mark.parametrize("row", REFERENCE["jakes_autocorr"])
def test_clarke_autocorrelation(row: dict[str, float]) -> None:
    assert abs(fading.bessel_j0(2.0 * math.pi * row["fDtau"]) - row["J0"]) < 1e-14
    if row["fDtau"] <= 0.38:
        assert abs(fading.doppler_correlation(row["fDtau"]) - row["J0"]) < 1e-14


@pytest.mark.parametrize("row", REFERENCE["rician_moments"])
def test_rician_moments(row: dict[str, float]) -> None:
    k = fading.rician_k(row["K_dB"])
    assert abs(fading.rician_coefficient(0.0, 0.0, k, 0.3)) ** 2 == pytest.approx(
        row["los_power"], abs=1e-14
    )
    scattered = fading.rician_coefficient(1.0, 1.0, k) - fading.rician_coefficient(0.0, 0.0, k)
    assert abs(scattered) ** 2 == pytest.approx(row["nlos_power"], abs=1e-14)
    assert fading.rician_power_variance(k) == pytest.approx(row["var_of_power"], abs=1e-14)
    draws = np.random.default_rng(7).normal(size=(2, 400_000))
    h = fading.rician_coefficient(draws[0], draws[1], k, 0.21)
    power = np.abs(h) ** 2
    assert np.mean(power) == pytest.approx(1.0, abs=6e-3)
    assert np.var(power) == pytest.approx(row["var_of_power"], rel=0.02)
    assert np.mean(np.abs(h)) == pytest.approx(row["E_abs"], abs=3e-3)


@pytest.mark.parametrize("row", REFERENCE["lcr_afd_rayleigh_normalised_by_fD"])
def test_level_crossing_rate_and_fade_duration(row: dict[str, float]) -> None:
    rho = row["rho"]
    rate, duration = fading.level_crossing_rate(rho, 5.0), fading.average_fade_duration(rho, 5.0)
    assert rate / 5.0 == pytest.approx(row["LCR"], rel=1e-14)
    assert duration * 5.0 == pytest.approx(row["AFD"], rel=1e-13)
    assert rate * duration == pytest.approx(-math.expm1(-(rho**2)), rel=1e-14)


def test_level_crossing_rate_of_simulated_fading() -> None:
    cosines, phases = fading.jakes_tones(3, np.arange(4000), 32)
    step, levels, steps = 0.02, np.array([0.3, 0.7, 1.0]), 50
    amplitude = np.array([np.abs(fading.jakes(k * step, cosines, phases)) for k in range(steps)])
    falls = (amplitude[:-1] >= levels[:, None, None]) & (amplitude[1:] < levels[:, None, None])
    rates = falls.sum(axis=(1, 2)) / (4000 * (steps - 1) * step)
    np.testing.assert_allclose(rates, fading.level_crossing_rate(levels, 1.0), rtol=0.05)


def test_ar1_is_stationary_with_the_stated_correlation() -> None:
    generator, rho = np.random.default_rng(11), fading.doppler_correlation(0.05)
    parts = generator.normal(scale=math.sqrt(0.5), size=(2, 200_000))
    first = parts
    for lag in range(1, 6):
        parts = fading.ar1_step(parts, rho, generator.normal(size=parts.shape))
        assert np.mean(np.sum(parts**2, axis=0)) == pytest.approx(1.0, abs=8e-3)
        assert np.mean(np.sum(first * parts, axis=0)) == pytest.approx(rho**lag, abs=8e-3)
        assert np.mean(first[0] * parts[1]) == pytest.approx(0.0, abs=5e-3)


def test_ar1_only_where_it_makes_sense() -> None:
    assert 0.0 < fading.doppler_correlation(0.38) < 0.01
    with pytest.raises(ValueError, match=r"doppler_turns = 0.39 is outside \[0, 0.38\]"):
        fading.doppler_correlation([0.1, 0.39])
    with pytest.raises(ValueError, match=r"rho = -0.1 is outside \[0, 1\]"):
        fading.ar1_step(0.0, -0.1, 0.0)
    h = 0.7
    assert fading.ar1_step(h, 1.0, 3.0) == h
    assert fading.ar1_step(h, 0.0, 1.0) == pytest.approx(math.sqrt(0.5), rel=1e-15)


def test_sum_of_sinusoids_has_the_moments_of_clarke() -> None:
    n = 40_000
    cosines, phases = fading.jakes_tones(5, np.arange(n))
    h = fading.jakes(0.0, cosines, phases)
    assert np.mean(np.abs(h) ** 2) == pytest.approx(1.0, abs=0.02)
    assert abs(np.mean(h)) < 0.02
    assert abs(np.mean(h**2)) < 0.02  # circular
    assert np.mean(np.abs(h) ** 4) == pytest.approx(2.0 - 1.0 / 16.0, rel=0.04)
    for lag in (0.05, 0.2, 0.5, 1.0, 2.0):
        correlation = np.mean(h.conj() * fading.jakes(lag, cosines, phases))
        assert abs(correlation - fading.bessel_j0(2.0 * math.pi * lag)) < 0.02


def test_tones_belong_to_seed_and_link_alone() -> None:
    every = fading.jakes_tones(9, np.arange(50))
    for order in ([3], [49, 3, 17], np.arange(50)[::-1]):
        some = fading.jakes_tones(9, order)
        for left, right in zip(some, every, strict=True):
            assert same_bits(left, right[:, order])
    other_seed = fading.jakes_tones(10, np.arange(50))
    assert not (every[1] == other_seed[1]).any()
    assert np.unique(every[1]).size == every[1].size
    assert (fading.jakes_tones(9, [3], 64)[1][:16] == every[1][:, [3]]).all()


def test_jakes_one_link_a_batch_and_two_threads_give_the_same_bits() -> None:
    cosines, phases = fading.jakes_tones(1, np.arange(203))
    turns = np.random.default_rng(0).uniform(0.0, 1e4, 203)
    batch = fading.jakes(turns, cosines, phases)
    assert np.abs(batch).max() <= 4.0
    single = [fading.jakes(turns[i], cosines[:, [i]], phases[:, [i]])[0] for i in range(203)]
    assert same_bits(single, batch)
    halves = [np.arange(101), np.arange(101, 203)]
    with ThreadPoolExecutor(2) as pool:
        parts = pool.map(lambda s: fading.jakes(turns[s], cosines[:, s], phases[:, s]), halves)
    assert same_bits(np.concatenate(list(parts)), batch)


def test_rician_one_call_and_a_batch_give_the_same_bits() -> None:
    draws = np.random.default_rng(2).normal(size=(3, 101))
    batch = fading.rician_coefficient(draws[0], draws[1], 2.5, draws[2])
    single = [fading.rician_coefficient(*row[:2], 2.5, row[2]) for row in draws.T.tolist()]
    assert all(type(each) is complex for each in single)
    assert same_bits(single, batch)
    with ThreadPoolExecutor(2) as pool:
        parts = pool.map(
            lambda part: fading.rician_coefficient(part[0], part[1], 2.5, part[2]),
            (draws[:, :50], draws[:, 50:]),
        )
    assert same_bits(np.concatenate(list(parts)), batch)


@given(normal, normal, st.floats(0.0, 1e12), st.floats(-1e6, 1e6))
@settings(max_examples=80, deadline=None)
def test_rician_is_bounded_by_its_parts(a: float, b: float, k: float, turns: float) -> None:
    h = fading.rician_coefficient(a, b, k, turns)
    assert math.isfinite(abs(h))
    most = math.sqrt(k / (k + 1.0)) + math.hypot(a, b) / math.sqrt(2.0 * (k + 1.0))
    assert abs(h) <= most * (1.0 + 1e-14)
    assert fading.rician_coefficient(a, -b, k, -turns) == pytest.approx(h.conjugate(), abs=1e-12)


def test_trap_15_rician_factor_in_db_and_without_direct_path() -> None:
    assert fading.rician_k(3.0) == pytest.approx(1.9952623149688795, rel=1e-15)
    assert fading.rician_k(-math.inf) == 0.0
    rayleigh = fading.rician_coefficient(0.6, -0.8, fading.rician_k(-math.inf), 0.4)
    assert rayleigh == pytest.approx((0.6 - 0.8j) / math.sqrt(2.0), rel=1e-15)
    assert fading.rician_power_variance(0.0) == 1.0
    for wrong in (math.nan, math.inf):
        with pytest.raises(ValueError, match="k_db"):
            fading.rician_k(wrong)
    with pytest.raises(ValueError, match=r"k_lin = -3.0 is outside \[0, 1e\+12\]"):
        fading.rician_coefficient(0.0, 0.0, -3.0)


def test_arguments_outside_their_ranges() -> None:
    cosines, phases = fading.jakes_tones(1, [0])
    for call in (
        lambda: fading.jakes_tones(-1, [0]),
        lambda: fading.jakes_tones(1, [-1]),
        lambda: fading.jakes_tones(1, [0], 15),
        lambda: fading.jakes(math.nan, cosines, phases),
        lambda: fading.jakes(0.0, cosines, phases[:8]),
        lambda: fading.bessel_j0(math.inf),
        lambda: fading.level_crossing_rate(0.0, 1.0),
    ):
        with pytest.raises(ValueError, match=r"outside|differ|not a whole number"):
            call()


def results() -> dict[str, Any]:
    """Return samples of every kernel of fading, arrays and surfaces."""
    cells = np.array([[0.0, 0.005, 0.01], [0.0, 0.002, -0.003]])
    points, unit = np.array([[0.1, 2.0], [0.2, -1.0], [1.0, 3.0]]), np.exp(1j * np.arange(3.0))
    tones = fading.jakes_tones(4, [1, 7])
    legs = ris.ris_legs(points, cells, 0.0107, 3e-5, 2.3)
    complex_ones = {
        "rician": fading.rician_coefficient([0.3, -1.0], 0.2, 3.0, [0.1, 1e5]),
        "jakes": fading.jakes([0.3, 1e4], *tones),
        "plane": steering.steering(steering.planar_positions(2, 2), [0.4, 2.0], 1.0),
        "spherical": steering.steering(cells.T @ cells * 1e4, 1.0, [0.2, 0.3], 90.0),
        "legs": legs,
        "channel": ris.ris_channel(points[:, 0], points, cells, unit, 0.0107, 3e-5),
        "optimal": ris_phase.optimal_reflection(0.2 - 0.1j, legs[:, 0], legs[:, 1]),
        "cascade": cascade(0.1j, legs[:, 0], unit, legs),
        "circuit": ris_phase.circuit_reflection([2.3e9, 2.5e9], 1e-12),
    }
    real_ones = {
        "j0": fading.bessel_j0([0.1, 24.0, 26.0, -1e5]),
        "j1": fading.bessel_j1([0.1, 24.0, 26.0, -1e5]),
        "k": fading.rician_k([-math.inf, 3.0]),
        "crossings": fading.level_crossing_rate([0.1, 2.0], 3.0),
        "fades": fading.average_fade_duration([0.1, 2.0], 3.0),
        "ar1": fading.ar1_step([0.3, -0.2], 0.9, 0.4),
        "shadow": shadowing.shadowing_step([3.0, 1.0], 4.0, 2.0, 37.0, [1.0, -1.0]),
        "state": shadowing.los_state([-0.3, 0.3], 0.5),
        "gain": beams.ula_beam_gain([-0.3, 0.5, 0.2], 0.2, 16),
        "squint": beams.squinted_gain([-0.3, 0.5], 0.2, 16, 1.1),
        "half": beams.half_power_cosine([2, 16]),
        "lobe": beams.gaussian_lobe_gain([0.0, 30.0], 12.0),
        "element": beams.element_gain_38901([80.0, 10.0], [3.0, 170.0]),
        "directivity": steering.ula_directivity(6, [0.3, 0.5], 0.2),
        "pattern": ris.ris_pattern([-0.2, 0.4], 2.3),
        "loss": ris.ris_path_loss([10.0, 20.0], 30.0, 0.5, 0.9, 100, 3e-5),
        "factor": ris.ris_beam_factor([0.01, 0.02], 0.03, 8, 4),
        "quantised": ris_phase.quantised_phase([-0.2, 0.9], 2),
        "coupled": ris_phase.coupled_amplitude([0.0, 0.4]),
    }
    parts = {name: [each.real, each.imag] for name, each in complex_ones.items()}
    return {name: np.ravel(each).tolist() for name, each in (parts | real_ones).items()}


def test_interpreted_and_compiled_agree() -> None:
    run = subprocess.run(
        [sys.executable, __file__],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    interpreted = json.loads(run.stdout)
    for name, values in results().items():
        np.testing.assert_allclose(interpreted[name], values, rtol=1e-12, atol=1e-12)


if __name__ == "__main__":
    print(json.dumps(results()))
