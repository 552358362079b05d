"""Tapped delay lines: the tables, their sums, delay spreads and K factors."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.channel import fading
from isac_envs.kernels.channel.tapped_delay import (
    TABLES,
    rms_delay_spread,
    tap_coefficients,
    tapped_delay_line,
)

REFERENCE = json.loads((Path(__file__).parent / "data" / "fading.json").read_text())
ROWS = REFERENCE["tdl_v19_2"]


@pytest.mark.parametrize("model", list("ABCDE"))
def test_tables_of_the_standard(model: str) -> None:
    expected = REFERENCE["tdl_tables"][model]
    assert list(TABLES[model].delays) == expected["delays"]
    assert list(TABLES[model].powers_db) == expected["powers"]
    assert TABLES[model].line_of_sight == bool(expected["los"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["model"])
def test_sums_and_delay_spreads(row: dict[str, Any]) -> None:
    table = TABLES[row["model"][-1]]
    linear = 10.0 ** (np.array(table.powers_db) / 10.0)
    assert len(table.delays) == row["taps"]
    assert linear.sum() == pytest.approx(row["total_power_lin"], rel=1e-14)
    assert 10.0 * math.log10(linear.sum()) == pytest.approx(row["total_dB"], abs=1e-12)
    line = tapped_delay_line(row["model"][-1], 300e-9)
    spread = rms_delay_spread(line.delays_s, line.powers_lin)
    assert spread / 300e-9 == pytest.approx(row["rms_ds_normalised"], rel=1e-12)
    assert line.delays_s.max() == pytest.approx(300e-9 * row["max_delay"], rel=1e-15)
    assert 10.0 * math.log10(line.powers_lin[0]) == pytest.approx(
        row["first"][1] - row["total_dB"], abs=1e-12
    )


@pytest.mark.parametrize("model", list("ABCDE"))
def test_trap_15_powers_are_normalised(model: str) -> None:
    line = tapped_delay_line(model, 100e-9)
    assert line.powers_lin.sum() == pytest.approx(1.0, abs=1e-15)
    assert np.ptp(line.powers_lin - 10.0 ** (np.array(TABLES[model].powers_db) / 10.0)) > 1e-3


def test_trap_15_k_factor_in_db_and_none() -> None:
    table = tapped_delay_line("D", 1e-6)
    k_first_tap = 10.0 * math.log10(table.powers_lin[0] / table.powers_lin[1])
    assert k_first_tap == pytest.approx(13.3, abs=1e-12)
    e = tapped_delay_line("E", 1e-6)
    assert 10.0 * math.log10(e.powers_lin[0] / e.powers_lin[1]) == pytest.approx(22.0, abs=1e-12)
    rayleigh = tapped_delay_line("D", 1e-6, k_db=-math.inf)
    assert rayleigh.powers_lin[0] == 0.0
    assert rayleigh.powers_lin.sum() == pytest.approx(1.0, abs=1e-15)
    with pytest.raises(ValueError, match=r"k_db = 3\.0 for model 'A', which has no direct path"):
        tapped_delay_line("A", 1e-6, k_db=3.0)


@given(st.sampled_from("DE"), st.floats(-30.0, 40.0), st.floats(1e-9, 1e-6))
@settings(max_examples=60, deadline=None)
def test_k_factor_and_delay_spread_are_met(model: str, k_db: float, spread_s: float) -> None:
    line = tapped_delay_line(model, spread_s, k_db)
    k = line.powers_lin[0] / line.powers_lin[1:].sum()
    assert 10.0 * math.log10(k) == pytest.approx(k_db, abs=1e-9)
    assert line.powers_lin.sum() == pytest.approx(1.0, abs=1e-14)
    assert rms_delay_spread(line.delays_s, line.powers_lin) == pytest.approx(spread_s, rel=1e-9)
    nlos = tapped_delay_line(model, spread_s).powers_lin[1:]
    np.testing.assert_allclose(line.powers_lin[1:] / line.powers_lin[1], nlos / nlos[0], rtol=1e-12)


def test_taps_have_the_powers_of_the_line() -> None:
    line, links = tapped_delay_line("D", 100e-9), 3000
    power, channel = np.zeros(14), np.empty(links, complex)
    for link in range(links):
        tones = fading.jakes_tones(1, 32 * link + np.arange(14))
        taps = tap_coefficients(line, 0.0, *tones)
        power += np.abs(taps) ** 2 / links
        channel[link] = taps.sum()
    np.testing.assert_allclose(power, line.powers_lin, rtol=0.1)
    assert np.mean(np.abs(channel) ** 2) == pytest.approx(1.0, abs=0.02)


def test_direct_path_turns_at_seven_tenths() -> None:
    line = tapped_delay_line("E", 100e-9)
    tones = fading.jakes_tones(2, np.arange(15))
    start, later = (tap_coefficients(line, turns, *tones) for turns in (0.0, 0.5))
    assert abs(later[0]) == pytest.approx(abs(start[0]), rel=1e-14)
    assert np.angle(later[0] / start[0]) == pytest.approx(2.0 * math.pi * 0.35, abs=1e-12)
    assert (np.abs(later[1:]) != np.abs(start[1:])).all()


def test_arguments_outside_their_ranges() -> None:
    with pytest.raises(ValueError, match="model = 'F' is not one of A, B, C, D, E"):
        tapped_delay_line("F", 1e-7)
    with pytest.raises(ValueError, match=r"delay_spread_s = -1e-07 is outside \[0, 0.001\] s"):
        tapped_delay_line("A", -1e-7)
    with pytest.raises(ValueError, match=r"k_db = 50.0 is outside \[-inf, 40\] dB"):
        tapped_delay_line("D", 1e-7, k_db=50.0)
    with pytest.raises(ValueError, match="for 23 entries"):
        tap_coefficients(tapped_delay_line("A", 1e-7), 0.0, *fading.jakes_tones(1, [0, 1]))
