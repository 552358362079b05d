"""Echo grids and range-Doppler maps against a held-out grid, closed forms and their limits.

Run as a script, it prints results of every echo kernel as JSON: compiled, or interpreted with
``NUMBA_DISABLE_JIT=1``.
"""

import json
import math
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.engine import rng
from isac_envs.kernels.radar import bins, cfar, clutter, doppler, echo, measurement, rcs, swerling
from isac_envs.kernels.radar import range_doppler as rd
from isac_envs.kernels.radar.echo import OfdmGrid

DATA = json.loads((Path(__file__).parent / "data" / "echo.json").read_text())
C = 299792458.0
GRID = OfdmGrid(28e9, 120e3, 8.92e-6, 0.586e-6, 256, 64)
SMALL = GRID._replace(subcarriers=32, symbols=14)


def streams(count: int, seed: int = 0) -> np.ndarray:
    both = np.zeros((2, count, 4), np.uint64)
    seeds = np.arange(count, dtype=np.uint64) + np.uint64(seed)
    rng.seed_batch(both[0], both[1], seeds, np.ones(count, bool))
    return both[0]


def brute(delay: Any, shift: Any, amplitude: Any, grid: OfdmGrid) -> np.ndarray:
    n, m = np.arange(grid.subcarriers)[:, None], np.arange(grid.symbols)
    total = np.zeros((grid.subcarriers, grid.symbols), complex)
    for tau, f, a in zip(delay, shift, amplitude, strict=True):
        turns = m * grid.symbol_duration_s * f - n * grid.subcarrier_spacing_hz * tau
        total += a * np.exp(2j * np.pi * turns)
    return total


def drawn(targets: int, seed: int = 0, rows: int = 1) -> tuple[np.ndarray, ...]:
    draw = np.random.default_rng(seed)
    delay, shift = draw.uniform(0, 5e-7, (rows, targets)), draw.uniform(-5e3, 5e3, (rows, targets))
    return delay, shift, draw.normal(size=(rows, targets)) + 1j * draw.normal(size=(rows, targets))


def test_held_out_grid() -> None:
    row = DATA["ofdm_echo_grid"]
    grid = OfdmGrid(row["fc"], row["df"], row["T"], 5e-7, row["N"], row["M"])
    delay = [2.0 * t["R"] / C for t in row["targets"]]
    shift = [-2.0 * t["v_r"] * row["fc"] / C for t in row["targets"]]
    amplitude = [complex(t["re"], t["im"]) for t in row["targets"]]
    expected = np.array(row["Y_re"]) + 1j * np.array(row["Y_im"])
    np.testing.assert_allclose(echo.echo_grid(delay, shift, amplitude, grid), expected, atol=1e-13)
    single = echo.echo_grid(delay, shift, amplitude, grid, np.complex64)
    assert single.dtype == np.complex64
    np.testing.assert_allclose(single, expected, atol=2e-6)


@pytest.mark.parametrize("targets", [1, 2, 3, 4, 5, 8, 11])
def test_any_number_of_targets_against_the_definition(targets: int) -> None:
    delay, shift, amplitude = (x[0] for x in drawn(targets, targets))
    expected = brute(delay, shift, amplitude, SMALL)
    found = echo.echo_grid(delay, shift, amplitude, SMALL)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    found = echo.echo_grid(delay, shift, amplitude, SMALL, np.complex64)
    np.testing.assert_allclose(found, expected, atol=5e-6)


def test_peak_bins_and_gain() -> None:
    row = DATA["rd_map"]
    grid = OfdmGrid(row["fc"], row["df"], row["T"], 5e-7, row["N"], row["M"])
    delay, shift = 2.0 * row["R"] / C, -2.0 * row["v_r"] * row["fc"] / C
    map_ = np.abs(rd.range_doppler_map(echo.echo_grid([delay], [shift], [1.0], grid)))
    assert list(np.unravel_index(map_.argmax(), map_.shape)) == row["peak_bin"]
    assert map_.max() == pytest.approx(row["peak_abs"], rel=1e-12)
    expected = [delay * 256 * grid.subcarrier_spacing_hz, shift * 64 * grid.symbol_duration_s + 32]
    assert expected == pytest.approx(row["expected_bin"], rel=1e-12)
    on_bin = echo.echo_grid([rd.delay_of_bin(12, grid)], [rd.doppler_of_bin(33, grid)], [1.0], grid)
    peak = np.abs(rd.range_doppler_map(on_bin))
    assert peak[12, 33] == pytest.approx(row["gain_NM"], rel=1e-12)


@pytest.mark.parametrize("velocity", [-20.0, 20.0])
def test_trap_02_peaks_have_the_right_signs(velocity: float) -> None:
    radar = [0.0] * 6
    paths = doppler.bistatic_paths(radar, [[60.0, 0, 0, velocity, 0, 0]], radar, 28e9)
    assert (paths.doppler_hz[0] > 0.0) == (velocity < 0.0)
    map_ = np.abs(rd.range_doppler_map(echo.echo_grid(*paths[::2], [1.0], GRID)))
    k, m = np.unravel_index(map_.argmax(), map_.shape)
    limits = rd.resolution_limits(GRID)
    range_m = bins.monostatic_range(rd.delay_of_bin(k, GRID))
    speed = bins.monostatic_velocity(rd.doppler_of_bin(m, GRID), 28e9)
    assert range_m == pytest.approx(60.0, abs=0.51 * limits.range_resolution_m)
    assert speed == pytest.approx(velocity, abs=0.51 * limits.velocity_resolution_m_s)


def test_trap_01_range_of_a_bin_is_half_the_path() -> None:
    assert bins.monostatic_range(200.0 / C) == pytest.approx(100.0, rel=1e-15)
    assert bins.monostatic_velocity(2.0 * 5.0 * 28e9 / C, 28e9) == pytest.approx(-5.0, rel=1e-14)


@pytest.mark.parametrize("row", DATA["ofdm_resolution"])
def test_resolution_table(row: dict[str, Any]) -> None:
    prefix = 144.0 / 2048.0 / row["df"]
    grid = OfdmGrid(28e9, row["df"], row["T_sym_avg"], prefix, row["N"], row["M"])
    limits = rd.resolution_limits(grid)
    expected = (row["dR"], row["Rmax_unamb"], row["Rmax_CP"], row["dv"], row["vmax_pm"])
    assert limits == pytest.approx(expected, rel=1e-12)


def test_trap_19_the_cyclic_prefix_ends_before_the_unambiguous_range() -> None:
    prefix = 144.0 / 2048.0 / 120e3
    grid = GRID._replace(cyclic_prefix_s=prefix, symbol_duration_s=8.9193e-6)
    limits = rd.resolution_limits(grid)
    assert limits.cyclic_prefix_range_m == pytest.approx(87.8, abs=0.05)
    assert limits.unambiguous_range_m == pytest.approx(1249.1, abs=0.05)
    echo.check_echo_domain(grid, 2.0 * 87.0 / C, 30.0)
    with pytest.raises(ValueError, match="largest_delay_s"):
        echo.check_echo_domain(grid, 2.0 * 90.0 / C, 30.0)
    with pytest.raises(ValueError, match="migration"):
        echo.check_echo_domain(grid._replace(subcarriers=3168, symbols=2048), 1e-7, 50.0)
    with pytest.raises(ValueError, match="Doppler shift"):
        echo.check_echo_domain(grid._replace(subcarriers=16, symbols=2), 1e-7, 100.0)


def test_window_losses() -> None:
    flat = np.ones(64)
    assert rd.window_loss_db(flat) == pytest.approx(0.0, abs=1e-12)
    assert rd.scalloping_loss_db(flat) == pytest.approx(3.92, abs=5e-3)
    hann = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(1024) / 1024)
    assert rd.window_loss_db(hann) == pytest.approx(10.0 * math.log10(1.5), abs=1e-9)
    assert rd.scalloping_loss_db(hann) == pytest.approx(1.42, abs=5e-3)
    grid = echo.echo_grid([1e-7], [500.0], [1.0], SMALL)
    found = rd.range_doppler_map(grid, np.hanning(32), np.hanning(14))
    expected = np.fft.fft(np.fft.ifft(grid * np.outer(np.hanning(32), np.hanning(14)), axis=0) * 32)
    np.testing.assert_allclose(found, np.fft.fftshift(expected, axes=1), atol=1e-10)


def test_amplitude_carries_power_and_carrier_phase() -> None:
    delay = 2.0 * 57.3 / C
    found = echo.echo_amplitudes(4e-12, delay, 28e9)
    assert abs(found) ** 2 == pytest.approx(4e-12, rel=1e-14)
    assert np.angle(found / np.exp(-2j * np.pi * ((28e9 * delay) % 1.0))) == pytest.approx(0.0)


def test_trap_05_noise_has_half_the_variance_in_each_component() -> None:
    grid = np.zeros((400, 500), complex)
    echo.add_noise(streams(1)[0], 3.0, grid)
    assert np.var(grid.real) == pytest.approx(1.5, rel=0.02)
    assert np.var(grid.imag) == pytest.approx(1.5, rel=0.02)
    assert np.mean(np.abs(grid) ** 2) == pytest.approx(3.0, rel=0.02)
    assert abs(np.mean(grid.real * grid.imag)) < 0.02
    map_ = np.abs(rd.range_doppler_map(grid)) ** 2  # the gain N M of the noise is in power
    assert map_.mean() == pytest.approx(3.0 * grid.size, rel=0.02)


@given(
    st.floats(0.0, 5e-7), st.floats(-1e4, 1e4), st.floats(0.1, 10.0), st.floats(-math.pi, math.pi)
)
@settings(max_examples=40, deadline=None)
def test_energy_and_linearity(delay: float, shift: float, size: float, phase: float) -> None:
    amplitude = size * complex(math.cos(phase), math.sin(phase))
    grid = echo.echo_grid([delay], [shift], [amplitude], SMALL)
    np.testing.assert_allclose(np.abs(grid), size, rtol=1e-13)
    mirrored = echo.echo_grid([delay], [-shift], [amplitude], SMALL)
    turned = echo.echo_grid([delay], [shift], [amplitude.conjugate()], SMALL)
    np.testing.assert_allclose(mirrored[0], turned[0].conj(), atol=1e-11)
    map_ = rd.range_doppler_map(grid)
    energy = np.sum(np.abs(map_) ** 2) / grid.size
    assert energy == pytest.approx(size**2 * grid.size, rel=1e-12)
    both = echo.echo_grid([delay, delay], [shift, shift], [amplitude, -amplitude], SMALL)
    assert np.abs(both).max() < 1e-12


@pytest.mark.parametrize("dtype", [np.complex128, np.complex64])
def test_one_call_a_batch_and_two_threads_give_the_same_bits(dtype: Any) -> None:
    delay, shift, amplitude = drawn(5, rows=8)
    batch = echo.echo_grid(delay, shift, amplitude, SMALL, dtype)
    single = [echo.echo_grid(delay[i], shift[i], amplitude[i], SMALL, dtype) for i in range(8)]
    assert np.stack(single).tobytes() == batch.tobytes()
    with ThreadPoolExecutor(2) as pool:
        parts = [slice(4), slice(4, 8)]
        halves = pool.map(
            lambda p: echo.echo_grid(delay[p], shift[p], amplitude[p], SMALL, dtype), parts
        )
        assert np.concatenate(list(halves)).tobytes() == batch.tobytes()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: echo.echo_grid([-1e-9], [0.0], [1.0], SMALL), "delay_s = -1e-09 is outside"),
        (lambda: echo.echo_grid([0.0], [math.nan], [1.0], SMALL), "doppler_hz = nan"),
        (lambda: echo.echo_grid([0.0], [0.0], [math.inf], SMALL), "amplitude"),
        (lambda: echo.echo_grid(0.0, 0.0, 1.0, SMALL), "shape"),
        (lambda: echo.echo_grid([0.0], [0.0], [1.0], SMALL, float), "dtype = float64"),
        (lambda: echo.echo_grid([0.0], [0.0], [1.0], SMALL._replace(symbols=0)), "symbols = 0"),
        (lambda: echo.echo_amplitudes(-1.0, 0.0, 1e9), "power_w = -1.0"),
        (lambda: rd.range_doppler_map(np.ones(4)), r"shape \(4,\)"),
        (lambda: rd.range_doppler_map(np.ones((4, 4)), np.ones(3)), "delay_window"),
        (lambda: rd.window_loss_db([-1.0, 0.0]), "positive sum"),
        (lambda: rd.scalloping_loss_db(np.ones(4), 0.7), "offset_bins = 0.7"),
        (lambda: bins.monostatic_range(-1.0), "delay_s = -1.0"),
    ],
)
def test_outside_the_domain(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def results() -> dict[str, Any]:
    """Return results of every echo kernel on a few arguments."""
    draw = np.random.default_rng(3)
    tx, target, rx = draw.normal(size=(3, 5, 6)) * 50.0
    grid = SMALL._replace(subcarriers=6, symbols=5)
    angles = draw.uniform(0.0, math.pi, (4, 6))
    power = draw.exponential(size=(7, 9))
    world = streams(3)
    receiver = measurement.measurement_parameters(SMALL, 1e-4, 4)
    noisy = np.zeros((3, 4), complex)
    echo.add_noise(world[0], 2.0, noisy)
    complex_grid = echo.echo_grid(*(x[0] for x in drawn(3)), grid)
    drawn_now = measurement.draw_measurements(world, receiver, 0.1, np.full((3, 3), 0.2))
    everything: dict[str, Any] = {
        "paths": np.stack(doppler.bistatic_paths(tx, target, rx, 5e9)),
        "lines": doppler.vibration_line(np.arange(-4, 5), 2e-3, 60e9),
        "tip": doppler.rotor_tip_doppler(0.1, 90.0, 0.3, 28e9),
        "grid": np.stack([complex_grid.real, complex_grid.imag]),
        "noise": np.stack([noisy.real, noisy.imag]),
        **{f"rcs_{name}": rcs.rcs_dbsm(name, *angles) for name in rcs.TARGETS},
        "fluctuation": rcs.fluctuation_db(draw.normal(size=5), 3.0),
        **{
            f"cfar_{kind}": cfar.cfar_detect(power, 1e-2, (2, 2), (1, 1), kind).threshold
            for kind in cfar.KINDS
        },
        **{f"swerling_{c}": swerling.draw_powers(world, c, 2.0, 3) for c in range(5)},
        "k": clutter.draw_clutter_powers(world, "k", 0.7, 4),
        "weibull": clutter.draw_clutter_powers(world, "weibull", 1.5, 4),
        "points": clutter.draw_reference_points(world, clutter.STATION_BACKGROUND["uma"]),
        "variances": measurement.expected_measurement(receiver, [0.01, 0.1], 0.3).variances,
        "gate": measurement.expected_measurement(receiver, [0.01, 0.1]).detection_probability,
        "measured": drawn_now.values,
    }
    return {name: np.asarray(value).tolist() for name, value in everything.items()}


def test_trap_20_interpreted_and_compiled_agree() -> None:
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    run = subprocess.run(
        [sys.executable, __file__], env=environment, check=True, capture_output=True, text=True
    )
    interpreted, compiled = json.loads(run.stdout), results()
    assert list(interpreted) == list(compiled)
    for name, value in compiled.items():
        np.testing.assert_allclose(interpreted[name], value, rtol=1e-12, atol=1e-12, err_msg=name)


if __name__ == "__main__":
    print(json.dumps(results()))
