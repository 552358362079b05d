"""Detection probabilities against tables, closed forms, Monte Carlo and their own properties."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.radar.detection import (
    detection_probability,
    detection_threshold,
    swerling_1_single_pulse,
)
from isac_envs.kernels.radar.required_snr import albersheim_snr_db, required_snr, shnidman_snr_db

DATA = json.loads((Path(__file__).parent / "data" / "detection.json").read_text())
CASES = range(5)


def linear(value_db: float) -> float:
    return 10.0 ** (value_db / 10.0)


@pytest.mark.parametrize(
    "row", DATA["swerling"], ids=lambda r: f"{r['pfa']}-{r['N']}-{r['snr_dB']}"
)
def test_every_reference_point(row: dict[str, Any]) -> None:
    assert detection_threshold(row["pfa"], row["N"]) == pytest.approx(row["T"], rel=1e-14)
    for case in CASES:
        found = detection_probability(linear(row["snr_dB"]), row["pfa"], row["N"], case)
        assert found == pytest.approx(row["pd"][case], abs=1e-13)


@pytest.mark.parametrize(
    ("pulses", "snr_db", "printed"),
    [
        (1, 13, (0.874441, 0.517178, 0.517178, 0.608965, 0.608965)),
        (4, 10, (0.997929, 0.639758, 0.867618, 0.764518, 0.936866)),
        (16, 6, (0.999824, 0.653746, 0.985395, 0.782588, 0.995740)),
    ],
)
def test_printed_values(pulses: int, snr_db: float, printed: tuple[float, ...]) -> None:
    found = [detection_probability(linear(snr_db), 1e-6, pulses, case) for case in CASES]
    assert found == pytest.approx(printed, abs=5e-7)


@pytest.mark.parametrize(
    "row", DATA["required_snr"], ids=lambda r: f"{r['pd']}-{r['pfa']}-{r['N']}"
)
def test_required_snr_and_approximations_at_reference_points(row: dict[str, Any]) -> None:
    pd, pfa, pulses = row["pd"], row["pfa"], row["N"]
    assert albersheim_snr_db(pd, pfa, pulses) == pytest.approx(row["albersheim"], abs=1e-12)
    for case in CASES:
        exact_db = 10.0 * math.log10(required_snr(pd, pfa, pulses, case))
        # the table was found by a root search that stopped at 2e-5 dB: see the test of closed forms
        assert exact_db == pytest.approx(row["exact_snr_dB"][case], abs=3e-5)
        found_db = shnidman_snr_db(pd, pfa, pulses, case)
        assert found_db == pytest.approx(row["shnidman"][case], abs=1e-12)
        assert abs(found_db - exact_db) < (0.21, 0.69, 0.69, 0.43, 0.43)[case]
    assert abs(row["albersheim"] - row["exact_snr_dB"][0]) < 0.32


@pytest.mark.parametrize("pfa", [1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("snr", [0.1, 1.0, 20.0, 300.0])
def test_closed_forms_of_one_pulse(pfa: float, snr: float) -> None:
    threshold = -math.log(pfa)
    exponential = pfa ** (1.0 / (1.0 + snr))
    y, c = threshold / (1.0 + snr / 2.0), 1.0 + snr / 2.0
    assert detection_threshold(pfa) == pytest.approx(threshold, rel=1e-15)
    assert swerling_1_single_pulse(snr, threshold) == pytest.approx(exponential, rel=1e-13)
    for case in (1, 2):
        assert detection_probability(snr, pfa, 1, case) == pytest.approx(exponential, rel=1e-13)
        assert required_snr(exponential, pfa, 1, case) == pytest.approx(snr, rel=1e-11)
    for case in (3, 4):
        expected = math.exp(-y) * (1.0 + y * (1.0 - 1.0 / c))
        assert detection_probability(snr, pfa, 1, case) == pytest.approx(expected, rel=1e-13)


def draw_statistic(case: int, snr: float, pulses: int, trials: int, seed: int) -> np.ndarray:
    """Draw sums of squared magnitudes of signal plus CN(0, 1) noise."""
    generator = np.random.default_rng(seed)
    columns = 1 if case in (1, 3) else pulses
    if case == 0:
        power = np.full((trials, 1), snr)
    else:
        shape = 1 if case in (1, 2) else 2
        power = generator.gamma(shape, snr / shape, (trials, columns))
    noise = generator.normal(scale=math.sqrt(0.5), size=(2, trials, pulses))
    return ((np.sqrt(power) + noise[0]) ** 2 + noise[1] ** 2).sum(-1)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("pulses", "snr"), [(1, 8.0), (5, 2.5)])
def test_monte_carlo(case: int, pulses: int, snr: float) -> None:
    trials, pfa = 200_000, 1e-2
    statistic = draw_statistic(case, snr, pulses, trials, 10 * case + pulses)
    found = (statistic > detection_threshold(pfa, pulses)).mean()
    expected = detection_probability(snr, pfa, pulses, case)
    assert abs(found - expected) < 4.0 * math.sqrt(expected * (1.0 - expected) / trials)


def test_trap_05_noise_power_of_a_complex_sample_is_one_not_two() -> None:
    trials, pfa, snr = 200_000, 1e-3, linear(9.0)
    noise = draw_statistic(0, 0.0, 1, trials, 1)
    assert noise.mean() == pytest.approx(1.0, abs=0.01)
    assert abs((noise > detection_threshold(pfa)).mean() - pfa) < 4.0 * math.sqrt(pfa / trials)
    found = (draw_statistic(0, snr, 1, trials, 2) > detection_threshold(pfa)).mean()
    assert found == pytest.approx(detection_probability(snr, pfa, 1, 0), abs=0.005)
    # 2E/N0 in place of the magnitude-squared ratio would be 3 dB away
    assert abs(found - detection_probability(2.0 * snr, pfa, 1, 0)) > 0.3


def test_trap_19_false_alarms_in_a_map_and_one_draw_for_all_pulses() -> None:
    cells, pfa = 1000, 1e-4
    generator = np.random.default_rng(3)
    maps = generator.exponential(size=(2000, cells)).max(-1) > detection_threshold(pfa)
    assert maps.mean() == pytest.approx(1.0 - (1.0 - pfa) ** cells, abs=0.02)
    slow, fast = (detection_probability(linear(6.0), 1e-6, 16, case) for case in (1, 2))
    assert fast - slow > 0.3  # pulses that share a draw are no independent looks


@settings(deadline=None)
@given(
    st.integers(0, 4),
    st.integers(1, 300),
    st.floats(-12, -0.5),
    st.floats(-30, 40),
    st.floats(0.01, 5),
)
def test_properties(case: int, pulses: int, log_pfa: float, snr_db: float, more_db: float) -> None:
    pfa, snr = 10.0**log_pfa, linear(snr_db)
    pd = detection_probability(snr, pfa, pulses, case)
    assert pfa * (1.0 - 1e-11) <= pd <= 1.0
    assert detection_probability(linear(snr_db + more_db), pfa, pulses, case) >= pd - 1e-13
    assert detection_probability(snr, min(2.0 * pfa, 0.9), pulses, case) >= pd - 1e-13
    assert detection_probability(0.0, pfa, pulses, case) == pytest.approx(pfa, rel=1e-11)


@settings(deadline=None)
@given(st.integers(2, 64), st.floats(-9, -3))
def test_order_of_the_cases_at_high_snr(pulses: int, log_pfa: float) -> None:
    pfa = 10.0**log_pfa
    snr = 1.3 * required_snr(0.9, pfa, pulses, 1)
    pd = [detection_probability(snr, pfa, pulses, case) for case in CASES]
    assert pd[1] < pd[3] < 1.0
    assert pd[1] < pd[2] + 1e-15 and pd[3] < pd[4] + 1e-15
    assert pd[2] <= pd[4] + 1e-13 and pd[4] <= pd[0] + 1e-13


@pytest.mark.parametrize("case", [0, 1, 3])
def test_cases_meet_for_one_pulse(case: int) -> None:
    snr = np.logspace(-3, 4, 40)
    twin = {0: 0, 1: 2, 3: 4}[case]
    found = detection_probability(snr, 1e-5, 1, case)
    assert found == pytest.approx(detection_probability(snr, 1e-5, 1, twin), abs=1e-14)


@settings(deadline=None)
@given(st.integers(0, 4), st.integers(1, 100), st.floats(-9, -2), st.floats(0.05, 0.999))
def test_required_snr_is_the_inverse(case: int, pulses: int, log_pfa: float, pd: float) -> None:
    pfa = 10.0**log_pfa
    snr = required_snr(pd, pfa, pulses, case)
    assert detection_probability(snr, pfa, pulses, case) == pytest.approx(pd, abs=1e-12)


def test_many_pulses_approach_the_gaussian_limit() -> None:
    pulses, pfa, snr = 10_000, 1e-3, 0.03
    threshold = detection_threshold(pfa, pulses)
    assert threshold == pytest.approx(pulses + 3.0902 * math.sqrt(pulses), rel=1e-3)
    z = (threshold - pulses * (1 + snr)) / (math.sqrt(pulses) * (1 + snr))
    limit = 0.5 * math.erfc(z / math.sqrt(2))
    assert detection_probability(snr, pfa, pulses, 2) == pytest.approx(limit, abs=0.01)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"snr": -0.1}, "snr = -0.1 is outside"),
        ({"snr": math.nan}, "snr = nan is outside"),
        ({"false_alarm_probability": 0.0}, "false_alarm_probability = 0.0 is outside"),
        ({"false_alarm_probability": 1.0}, "false_alarm_probability = 1.0 is outside"),
        ({"pulses": 0}, "pulses = 0 is not a whole number in"),
        ({"pulses": 2.5}, "pulses = 2.5 is not a whole number in"),
        ({"swerling": 5}, "swerling = 5 is not a whole number in"),
        ({"swerling": 0.5}, "swerling = 0.5 is not a whole number in"),
    ],
)
def test_errors_name_argument_value_and_range(arguments: dict[str, float], message: str) -> None:
    valid = {"snr": 10.0, "false_alarm_probability": 1e-6, "pulses": 4, "swerling": 1}
    with pytest.raises(ValueError, match=message):
        detection_probability(**{**valid, **arguments})


def test_errors_of_the_inverse() -> None:
    with pytest.raises(ValueError, match="detection_probability = 1e-07 is outside"):
        required_snr(1e-7, 1e-6)
    with pytest.raises(ValueError, match=r"detection_probability = 0.95 is outside \[0.1, 0.9\]"):
        albersheim_snr_db(0.95, 1e-6)
    with pytest.raises(ValueError, match=r"false_alarm_probability = 0.01 is outside"):
        shnidman_snr_db(0.9, 1e-2)
