"""Cramer-Rao bounds against tables, numerical information matrices and estimators."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.estimation import bounds
from isac_envs.kernels.estimation.position_bounds import (
    add_information,
    position_error_bound,
    predict_information,
)
from isac_envs.kernels.estimation.resolution_bounds import two_target_bounds

DATA = json.loads((Path(__file__).parent / "data" / "crb.json").read_text())
C = 299792458.0
GRID = {"subcarriers": 64, "symbols": 14}
OFDM = {"snr_per_re": 1.0, "subcarrier_spacing_hz": 120e3, **GRID}


def linear(value_db: float) -> float:
    return 10.0 ** (value_db / 10.0)


def exactly(value: float) -> Any:
    return pytest.approx(value, rel=1e-10)


@pytest.mark.parametrize("row", DATA["ofdm_delay_doppler_single_target"])
def test_delay_and_doppler_at_reference_points(row: dict[str, Any]) -> None:
    snr = linear(row["snr_re_dB"])
    delay = bounds.delay_variance(snr, row["df"], row["N"], row["M"])
    doppler = bounds.doppler_variance(snr, row["T_sym"], row["N"], row["M"])
    assert delay == exactly(row["crb_tau_num"])
    assert doppler == exactly(row["crb_nu_num"])
    assert math.sqrt(bounds.range_variance_monostatic(delay)) == exactly(row["sigma_R_m"])
    velocity = bounds.velocity_variance_monostatic(doppler, row["fc"])
    assert math.sqrt(velocity) == exactly(row["sigma_v_mps"])


def test_printed_range_and_velocity() -> None:
    delay = bounds.delay_variance(**OFDM)
    doppler = bounds.doppler_variance(1.0, 8.92e-6, **GRID)
    assert math.sqrt(bounds.range_variance_monostatic(delay)) == pytest.approx(0.254229, abs=5e-7)
    velocity = math.sqrt(bounds.velocity_variance_monostatic(doppler, 28e9))
    assert velocity == pytest.approx(0.559748, abs=5e-7)


@pytest.mark.parametrize("row", DATA["ula_angle"])
def test_angle_of_a_linear_array_at_reference_points(row: dict[str, Any]) -> None:
    found = bounds.angle_variance(
        linear(row["snr_el_dB"]),
        math.radians(row["theta_deg"]),
        row["d_over_lambda"],
        row["N"],
        row["K"],
    )
    assert found == exactly(row["crb_rad2_num"])
    assert math.degrees(math.sqrt(found)) == exactly(row["sigma_deg"])


@pytest.mark.parametrize("row", DATA["mimo_virtual_array_angle"])
def test_angle_of_a_virtual_array_at_reference_points(row: dict[str, Any]) -> None:
    receive = 0.5 * np.arange(row["Nr"])
    transmit = 0.5 * row["Nr"] * np.arange(row["Nt"])
    virtual = (transmit[:, None] + receive).ravel()
    spread = bounds.virtual_spread(transmit, receive)
    assert spread == exactly(((virtual - virtual.mean()) ** 2).sum())
    angle = math.radians(row["theta_deg"])
    found = bounds.angle_variance_of_spread(linear(row["snr"]), angle, spread, row["K"])
    assert found == exactly(row["crb_closed"])
    uniform = bounds.angle_variance(linear(row["snr"]), angle, 0.5, virtual.size, row["K"])
    assert found == exactly(uniform)


def information_inverse(mean: Any, at: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return the bound of a deterministic signal in CN(0, 1) noise by central differences."""
    rows = [(mean(at + step) - mean(at - step)) / 2.0 for step in np.diag(steps)]
    derivative = np.array(rows)
    return np.linalg.inv(2.0 * (derivative.conj() @ derivative.T).real) * np.outer(steps, steps)


def grid(amplitude: complex, delay: float, doppler: float, first: float = 0.0) -> np.ndarray:
    n, m = np.arange(12) - 5.5 * first, np.arange(9) - 4.0 * first
    phase = m * 9e-6 * doppler - (n * 120e3 * delay)[:, None]
    return (amplitude * np.exp(2j * np.pi * phase)).ravel()


def test_numerical_information_matrix_with_and_without_known_amplitude() -> None:
    amplitude, delay, doppler = 0.8 - 0.9j, 3e-7, 700.0
    snr = abs(amplitude) ** 2
    counts = (12, 9)
    steps = np.array([1e-11, 1e-1, 1e-5, 1e-5])
    at = np.array([delay, doppler, amplitude.real, amplitude.imag])
    unknown = information_inverse(lambda p: grid(p[2] + 1j * p[3], p[0], p[1]), at, steps)
    assert unknown[0, 0] == pytest.approx(bounds.delay_variance(snr, 120e3, *counts), rel=1e-6)
    assert unknown[1, 1] == pytest.approx(bounds.doppler_variance(snr, 9e-6, *counts), rel=1e-6)
    known = information_inverse(lambda p: grid(amplitude, p[0], doppler), at[:1], steps[:1])
    found = bounds.delay_variance_known_amplitude(snr, 120e3, *counts)
    assert known[0, 0] == pytest.approx(found, rel=1e-6)
    known = information_inverse(lambda p: grid(amplitude, delay, p[0]), at[1:2], steps[1:2])
    found = bounds.doppler_variance_known_amplitude(snr, 9e-6, *counts)
    assert known[0, 0] == pytest.approx(found, rel=1e-6)


def test_trap_18_unknown_amplitude_costs_a_factor_of_four() -> None:
    delay = bounds.delay_variance(1.0, 1e3, 10_000, 2)
    known = bounds.delay_variance_known_amplitude(1.0, 1e3, 10_000, 2)
    assert delay / known == pytest.approx(4.0, rel=1e-3)
    angle = bounds.angle_variance(1.0, 0.3, 0.5, 10_000, 2)
    known = bounds.angle_variance_known_amplitude(1.0, 0.3, 0.5, 10_000, 2)
    assert angle / known == pytest.approx(4.0, rel=1e-3)
    doppler = bounds.doppler_variance(1.0, 1e-3, 2, 10_000)
    known = bounds.doppler_variance_known_amplitude(1.0, 1e-3, 2, 10_000)
    assert doppler / known == pytest.approx(4.0, rel=1e-3)


def test_trap_18_snr_is_that_of_one_element_and_not_integrated_twice() -> None:
    elements = GRID["subcarriers"] * GRID["symbols"]
    bandwidth = OFDM["subcarrier_spacing_hz"] * math.sqrt(GRID["subcarriers"] ** 2 - 1)
    integrated = bounds.delay_variance_flat_spectrum(elements * OFDM["snr_per_re"], bandwidth)
    assert bounds.delay_variance(**OFDM) == pytest.approx(integrated, rel=1e-12)
    duration = 8.92e-6 * math.sqrt(GRID["symbols"] ** 2 - 1)
    integrated = bounds.doppler_variance_flat_time(elements, duration)
    assert bounds.doppler_variance(1.0, 8.92e-6, **GRID) == pytest.approx(integrated, rel=1e-12)


def test_trap_18_variance_not_deviation_and_radians_not_degrees() -> None:
    once = bounds.angle_variance(1.0, 0.2, 0.5, 16, 1)
    assert bounds.angle_variance(4.0, 0.2, 0.5, 16, 1) == pytest.approx(once / 4.0, rel=1e-14)
    broadside = bounds.angle_variance(1.0, 0.0, 0.5, 16, 1)
    sixty = bounds.angle_variance(1.0, math.radians(60.0), 0.5, 16, 1)
    assert sixty / broadside == pytest.approx(4.0, rel=1e-13)


def delay_errors(snr: float, trials: int) -> np.ndarray:
    """Return the errors in bins of the delay that maximises the likelihood on a fine grid."""
    generator, n, fine = np.random.default_rng(5), np.arange(32), 64
    noise = generator.normal(scale=math.sqrt(0.5), size=(2, trials, 32))
    data = math.sqrt(snr) * np.exp(-2j * np.pi * n * 7.3 / 32) + noise[0] + 1j * noise[1]
    peak = np.abs(np.fft.ifft(data, 32 * fine, axis=-1)).argmax(-1) / fine
    return (peak - 7.3 + 16) % 32 - 16


def test_trap_18_estimators_meet_the_bound_only_above_the_threshold() -> None:
    for snr_db, low, high in ((10.0, 0.95, 1.1), (-14.0, 50.0, 1e9)):
        snr = linear(snr_db)
        bins = 32.0 * 1e3  # one bin is 1 / (N df)
        bound = bounds.delay_variance(snr, 1e3, 32, 1) * bins * bins
        ratio = (delay_errors(snr, 4000) ** 2).mean() / bound
        assert low < ratio < high


def test_trap_01_one_way_path_has_no_factor_of_a_half() -> None:
    delay = 1e-18
    assert bounds.path_length_variance(delay) == pytest.approx(C * C * delay, rel=1e-14)
    assert bounds.range_variance_monostatic(delay) == pytest.approx(C * C * delay / 4, rel=1e-14)


@pytest.mark.parametrize("row", DATA["ofdm_two_targets_equal_doppler_quadrature"])
def test_two_targets_at_reference_points(row: dict[str, Any]) -> None:
    apart = row["sep_in_res"] / (32 * 120e3)
    # the table has amplitudes 1 and j at the first subcarrier, the function wants the middle
    second = 1j * np.exp(-2j * np.pi * 15.5 * 120e3 * apart)
    delay, _ = two_target_bounds([1, second], [0, apart], [0, 0], 120e3, 8.92e-6, 32, 16)
    assert delay == exactly([row["crb_tau1"], row["crb_tau2"]])
    assert delay[0] / bounds.delay_variance(1, 120e3, 32, 16) == exactly(row["inflation"])


def test_two_targets_against_a_numerical_information_matrix() -> None:
    at = np.array([0.7, 0.2, 3e-7, 900.0, -0.3, 1.1, 9e-7, -4000.0])
    steps = np.array([1.0, 1.0, 1e-7, 1e3] * 2) * 1e-5

    def mean(p: np.ndarray) -> np.ndarray:
        return sum(grid(p[k] + 1j * p[k + 1], p[k + 2], p[k + 3], 1.0) for k in (0, 4))

    bound = np.diag(information_inverse(mean, at, steps))
    delay, doppler = two_target_bounds(
        [0.7 + 0.2j, -0.3 + 1.1j], at[[2, 6]], at[[3, 7]], 120e3, 9e-6, 12, 9
    )
    assert delay == pytest.approx(bound[[2, 6]], rel=1e-6)
    assert doppler == pytest.approx(bound[[3, 7]], rel=1e-6)


def test_trap_18_coincident_targets_have_an_infinite_bound() -> None:
    delay, doppler = two_target_bounds([1, 1j], [0, 0], [0, 0], 120e3, 8.92e-6, 32, 16)
    assert np.isinf(delay).all() and np.isinf(doppler).all()
    far, _ = two_target_bounds([1, 1j], [0, 2e-6], [0, 9e3], 120e3, 8.92e-6, 32, 16)
    assert far[0] == pytest.approx(bounds.delay_variance(1, 120e3, 32, 16), rel=0.05)


@pytest.mark.parametrize("row", DATA["peb"])
def test_position_error_bound_at_reference_points(row: dict[str, Any]) -> None:
    bearing = np.inf if row["sigma_theta"] is None else row["sigma_theta"]
    found = position_error_bound(row["bs"], row["target"], row["sigma_r"], bearing)
    assert found == exactly(row["PEB_m"])


def test_position_error_bound_of_many_targets_and_of_hopeless_ones() -> None:
    anchors, targets = [[0, 0], [10, 0]], [[[3, 4], [5, 9]], [[7, 1], [20, 0]]]
    found = position_error_bound(anchors, targets, 0.1)
    assert found.shape == (2, 2)
    assert found[0, 1] == position_error_bound(anchors, [5, 9], 0.1)
    assert np.isinf(found[1, 1])  # on the line through both anchors
    assert position_error_bound([[0, 0]], [3, 4], 0.1) == math.inf


def constant_velocity(dt: float, q: float) -> tuple[np.ndarray, np.ndarray]:
    transition = np.kron([[1.0, dt], [0.0, 1.0]], np.eye(2))
    noise = q * np.kron([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]], np.eye(2))
    return transition, noise


def test_posterior_bound_of_a_linear_model_is_the_kalman_covariance() -> None:
    table = DATA["pcrb_linear_cv_position"]
    transition, noise = constant_velocity(table["dt"], table["q"])
    information, work = np.linalg.inv(np.diag(table["P0"]).astype(float)), np.empty((4, 4))
    for row in table["rows"]:
        assert predict_information(information, transition, noise, work)
        for axis in np.eye(4)[:2]:
            add_information(information, axis, table["sigma"] ** 2)
        covariance = np.linalg.inv(information)
        assert covariance[[0, 0, 2], [0, 2, 2]] == exactly(row)


def test_posterior_bound_along_a_trajectory_seen_in_range_and_bearing() -> None:
    table = DATA["pcrb_cv_range_azimuth"]
    transition, noise = constant_velocity(table["dt"], table["q"])
    information, work = np.linalg.inv(np.diag(table["P0"]).astype(float)), np.empty((4, 4))
    state, expected = np.array(table["x0"]), {row["k"]: row for row in table["rows"]}
    for k in range(1, 30):
        state = transition @ state
        assert predict_information(information, transition, noise, work)
        x, y = state[:2]
        r = math.hypot(x, y)
        add_information(information, np.array([x / r, y / r, 0, 0]), table["sigma_r"] ** 2)
        across = np.array([-y / r**2, x / r**2, 0, 0])
        add_information(information, across, table["sigma_az"] ** 2)
        if k in expected:
            variance = np.diag(np.linalg.inv(information))
            assert math.sqrt(variance[:2].sum()) == exactly(expected[k]["pos_rmse"])
            assert math.sqrt(variance[2:].sum()) == exactly(expected[k]["vel_rmse"])


def test_singular_information_is_reported() -> None:
    assert not predict_information(np.zeros((2, 2)), np.eye(2), np.eye(2), np.empty((2, 2)))


@settings(deadline=None)
@given(st.floats(1e-6, 1e6), st.floats(1.01, 100), st.integers(2, 500), st.integers(1, 500))
def test_bounds_fall_with_snr_and_size(snr: float, more: float, n: int, m: int) -> None:
    base = bounds.delay_variance(snr, 1e5, n, m)
    assert bounds.delay_variance(snr * more, 1e5, n, m) < base
    assert bounds.delay_variance(snr, 1e5, n + 1, m) < base
    assert bounds.delay_variance(snr, 1e5, n, m + 1) < base
    assert bounds.delay_variance_known_amplitude(snr, 1e5, n, m) < base


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bounds.delay_variance(0.0, 1e5, 8, 8), r"snr_per_re = 0.0 is outside \(0, 1e\+12"),
        (lambda: bounds.delay_variance(1.0, 1e5, 1, 8), "subcarriers = 1 is not a whole number in"),
        (lambda: bounds.doppler_variance(1.0, 1e-5, 8, 1), "symbols = 1 is not a whole number in"),
        (lambda: bounds.angle_variance(1.0, 90.0, 0.5, 8, 1), "angle_rad = 90.0 is outside"),
        (lambda: bounds.virtual_spread([np.nan], [0.0]), "transmit_wavelengths = nan is outside"),
        (lambda: position_error_bound([[0, 0]], [0, 0], 1.0), "targets_m is outside"),
        (lambda: position_error_bound([[0, 0]], [1, 0], 0.0), "range_deviation_m = 0.0 is outside"),
        (lambda: position_error_bound([0, 0], [1, 0], 1.0), r"anchors_m has shape \(2,\)"),
        (
            lambda: two_target_bounds([0, 1], [0, 1], [0, 0], 1e5, 1e-5, 8, 8),
            r"abs\(amplitudes\) = 0.0 is outside",
        ),
    ],
)
def test_errors_name_argument_value_and_range(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
