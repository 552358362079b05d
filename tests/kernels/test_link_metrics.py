"""Rates, outages and secrecy against tables, quadrature, Monte Carlo and their own properties."""

import json
import math
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.estimation import bounds as estimation_bounds
from isac_envs.kernels.link import metrics as link

DATA = json.loads((Path(__file__).parent / "data" / "comm.json").read_text())


def linear(value_db: float) -> float:
    return 10.0 ** (value_db / 10.0)


@pytest.mark.parametrize("row", DATA["finite_blocklength"], ids=lambda r: f"{r['n']}-{r['snr_dB']}")
def test_finite_block_length_at_reference_points(row: dict[str, Any]) -> None:
    snr = linear(row["snr_dB"])
    assert link.shannon_rate(snr) == pytest.approx(row["C"], rel=1e-14)
    assert link.dispersion_one(snr) == pytest.approx(row["V"], rel=1e-14)
    found = link.finite_block_rate(snr, row["n"], row["eps"])
    assert found == pytest.approx(row["R_normal_approx"], rel=1e-12)
    assert link.finite_block_error(snr, row["n"], found) == pytest.approx(row["eps"], rel=1e-9)


@pytest.mark.parametrize("row", DATA["rayleigh_ergodic_bits"])
def test_ergodic_rate_at_reference_points(row: dict[str, Any]) -> None:
    found = link.rayleigh_ergodic_rate(linear(row["snr_dB"]))
    assert found == pytest.approx(row["exact_e1"], rel=1e-13)


@pytest.mark.parametrize("row", DATA["rician_outage"])
def test_rician_outage_at_reference_points(row: dict[str, Any]) -> None:
    found = link.rician_outage(linear(row["snr_dB"]), row["rate"], linear(row["K_dB"]))
    assert found == pytest.approx(row["pout"], rel=1e-12)


@pytest.mark.parametrize("row", DATA["nakagami_outage"])
def test_nakagami_outage_at_reference_points(row: dict[str, Any]) -> None:
    found = link.nakagami_outage(linear(row["snr_dB"]), row["rate"], row["m"])
    assert found == pytest.approx(row["pout"], rel=1e-12)


@pytest.mark.parametrize("row", DATA["secrecy_outage_rayleigh"])
def test_secrecy_outage_at_reference_points(row: dict[str, Any]) -> None:
    found = link.secrecy_outage(row["gb"], row["ge"], row["R"])
    assert found == pytest.approx(row["sop"], rel=1e-12)


def test_printed_values() -> None:
    printed = {0: 0.8603474, 10: 2.9065148, 20: 5.8840482, 30: 9.1436195}
    for snr_db, rate in printed.items():
        assert link.rayleigh_ergodic_rate(linear(snr_db)) == pytest.approx(rate, abs=5e-8)
    assert link.finite_block_rate(10.0, 200, 1e-3) == pytest.approx(3.1645998, abs=5e-8)
    assert link.secrecy_outage(10.0, 2.0, 1.0) == pytest.approx(0.3536876, abs=5e-8)


@pytest.mark.parametrize("sinr", [0.0, 1e-300, 1e-17, 1e-9, 0.3, 1.0, 1e6, 1e15])
def test_shannon_rate_is_accurate_for_small_ratios(sinr: float) -> None:
    with mpmath.workdps(40):
        expected = float(mpmath.log1p(mpmath.mpf(sinr)) / mpmath.log(2))
    rate = link.shannon_rate(sinr)
    assert rate == pytest.approx(expected, rel=1e-15, abs=0.0)
    assert link.required_sinr(rate) == pytest.approx(sinr, rel=1e-13)


def draw_gains(kind: str, shape: float, trials: int, seed: int) -> np.ndarray:
    """Draw power gains of unit mean."""
    generator = np.random.default_rng(seed)
    if kind == "nakagami":
        return generator.gamma(shape, 1.0 / shape, trials)
    scale = math.sqrt(0.5 / (1.0 + shape))
    parts = generator.normal(scale=scale, size=(2, trials))
    return (parts[0] + math.sqrt(shape / (1.0 + shape))) ** 2 + parts[1] ** 2


@pytest.mark.parametrize("snr_db", [0.0, 10.0])
@pytest.mark.parametrize(("kind", "shape"), [("rician", 0.0), ("rician", 4.0), ("nakagami", 2.5)])
def test_outage_by_monte_carlo(kind: str, shape: float, snr_db: float) -> None:
    trials, rate, snr = 400_000, 1.5, linear(snr_db)
    gains = draw_gains(kind, shape, trials, 1)
    found = (np.log2(1.0 + snr * gains) < rate).mean()
    expected = getattr(link, f"{kind}_outage")(snr, rate, shape)
    assert abs(found - expected) < 4.0 * math.sqrt(expected * (1.0 - expected) / trials)


def test_secrecy_outage_by_monte_carlo() -> None:
    trials = 400_000
    main, eavesdropper = (draw_gains("rician", 0.0, trials, seed) for seed in (2, 3))
    secret = np.log2((1.0 + 10.0 * main) / (1.0 + 2.0 * eavesdropper))
    assert (secret < 1.0).mean() == pytest.approx(link.secrecy_outage(10.0, 2.0, 1.0), abs=0.003)


def test_trap_14_mean_rate_is_not_the_rate_of_the_mean_nor_of_the_mean_in_db() -> None:
    snr = linear(10.0)
    gains = draw_gains("rician", 0.0, 100_000, 4)
    ergodic = link.rayleigh_ergodic_rate(snr)
    assert link.shannon_rate(snr * gains).mean() == pytest.approx(ergodic, abs=0.02)
    mean_db = linear(10.0 * np.log10(snr * gains).mean())
    assert link.shannon_rate(snr) - ergodic > 0.5
    assert ergodic - link.shannon_rate(mean_db) > 0.1


def test_trap_14_effective_sinr_of_unequal_blocks() -> None:
    sinrs, beta = np.array([0.1, 100.0]), 2.0
    expected = -beta * math.log(np.exp(-sinrs / beta).mean())
    found = link.effective_sinr(sinrs, beta)
    assert found == pytest.approx(expected, rel=1e-14)
    assert found < math.sqrt(sinrs.prod()) < sinrs.mean()  # below the mean in dB, too
    assert link.effective_sinr(np.full(5, 3.0), 1.7) == pytest.approx(3.0, rel=1e-15)
    assert link.effective_sinr(np.array([2e4, 3e4]), 1.0) == pytest.approx(2e4 + math.log(2.0))


def test_trap_15_rician_factor_is_linear_and_zero_means_rayleigh() -> None:
    rayleigh = link.rayleigh_outage(10.0, 2.0)
    assert link.rician_outage(10.0, 2.0, 0.0) == pytest.approx(rayleigh, rel=1e-14)
    assert link.rician_outage(10.0, 2.0, 1e-12) == pytest.approx(rayleigh, rel=1e-10)
    assert link.nakagami_outage(10.0, 2.0, 1.0) == pytest.approx(rayleigh, rel=1e-14)
    assert link.rician_outage(10.0, 2.0, 10.0) < 0.5 * link.rician_outage(10.0, 2.0, 1.0)


def test_outage_of_reliable_links_keeps_relative_accuracy() -> None:
    assert link.rayleigh_outage(1e15, 1e-3) == pytest.approx(math.expm1(1e-3 * math.log(2)) / 1e15)
    assert link.nakagami_outage(1e6, 1.0, 2.0) == pytest.approx(2e-12, rel=1e-5)


def test_sinr_of_links_that_share_a_channel() -> None:
    gains = np.array([[4.0, 0.5], [0.25, 2.0]])
    powers, out = np.array([1.0, 3.0]), np.empty(2)
    link.link_sinrs(gains, powers, 0.5, out)
    assert out == pytest.approx([4.0 / (0.75 + 0.5), 6.0 / (0.5 + 0.5)], rel=1e-15)
    assert link.sinr(4.0, 0.75, 0.5) == out[0]


def test_sensing_information_and_estimation_rate() -> None:
    power = np.array([0.0, 1.0, 3.0])
    expected = np.log2(1.0 + power * 0.2 / 0.1)
    assert link.sensing_information(power, 0.2, 0.1) == pytest.approx(expected, rel=1e-14)
    variance = estimation_bounds.delay_variance_flat_spectrum(50.0, 1e7)
    rate = 0.5 / 1e-3 * math.log2(1.0 + (1e-8) ** 2 / variance)
    assert link.estimation_rate(1e7, 50.0, 1e-8, 1e-3) == pytest.approx(rate, rel=1e-12)


@settings(deadline=None)
@given(st.floats(-20, 40), st.floats(0.01, 6), st.floats(0.01, 3), st.floats(0.5, 20))
def test_properties(snr_db: float, rate: float, more: float, shape: float) -> None:
    snr, better = linear(snr_db), linear(snr_db + more)
    for outage in (link.rician_outage, link.nakagami_outage):
        assert 0.0 <= outage(better, rate, shape) <= outage(snr, rate, shape) <= 1.0
        assert outage(snr, rate + more, shape) >= outage(snr, rate, shape)
    assert link.rayleigh_ergodic_rate(snr) < link.rayleigh_ergodic_rate(better)
    assert link.rayleigh_ergodic_rate(snr) < link.shannon_rate(snr)
    assert link.secrecy_rate(snr, better) == 0.0 < link.secrecy_rate(better, snr)
    assert link.secrecy_outage(snr, 0.0, rate) == link.rayleigh_outage(snr, rate)
    assert link.finite_block_rate(snr, 200, 1e-3) <= link.finite_block_rate(snr, 200, 1e-2)
    long = link.finite_block_rate(snr, 1e12, 1e-3)
    assert long == pytest.approx(link.shannon_rate(snr), abs=1e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: link.shannon_rate(-1e-9), "sinr = -1e-09 is outside"),
        (lambda: link.finite_block_rate(1.0, 0, 1e-3), "block_length = 0 is not a whole number in"),
        (lambda: link.finite_block_rate(1.0, 9, 0.0), "error_probability = 0.0 is outside"),
        (lambda: link.rayleigh_outage(0.0, 1.0), "mean_snr = 0.0 is outside"),
        (lambda: link.rician_outage(1.0, 1.0, -3.0), "rician_k = -3.0 is outside"),
        (lambda: link.nakagami_outage(1.0, 1.0, 0.4), "shape = 0.4 is outside"),
        (lambda: link.secrecy_outage(1.0, 1.0, math.nan), "rate = nan is outside"),
        (lambda: link.sinr(1.0, 1.0, 0.0), r"noise_w = 0.0 is outside .* W"),
        (lambda: link.estimation_rate(0.0, 1.0, 1.0, 1.0), "bandwidth_hz = 0.0 is outside"),
    ],
)
def test_errors_name_argument_value_and_range(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
