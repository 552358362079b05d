"""Modulation and coding tables against the reference tables and their own properties."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isac_envs.kernels.link import modulation_tables as tables
from isac_envs.kernels.link.modulation_data import GAPS_DB
from isac_envs.kernels.link.modulation_rates import RATE_AND_DISPERSION

DATA = json.loads((Path(__file__).parent / "data" / "comm.json").read_text())
TABLES = (1, 2, 3, 4)
SIMULATED = [
    (2, 193, 1153, -3.98),
    (2, 379, 5652, -0.69),
    (2, 193, 80, -3.19),
    (8, 754, 965, 20.38),
    (8, 841, 78, 23.65),
    (10, 948, 60, 30.21),
    (10, 853, 300, 27.69),
    (8, 797, 215, 21.83),
    (10, 900.5, 1500, 29.07),
    (2, 78, 40, -6.86),
    (6, 873, 4500, 17.49),
]
"""Order, rate times 1024, bits, dB: ``benchmarks/block_errors.py``, about 0.1 dB exact."""


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("link", ["PDSCH", "PUSCH"])
def test_every_row_of_the_mcs_tables(table: int, link: str) -> None:
    rows = DATA["mcs"][f"{link}_table{table}"]
    for index, order, rate_1024, efficiency in rows:
        assert tuple(tables.MCS_TABLES[table, index]) == (order, rate_1024 / 1024.0)
        assert tables.mcs_efficiency(table, index) == pytest.approx(efficiency, abs=6e-5)
    assert np.isnan(tables.MCS_TABLES[table, len(rows) :]).all()


@pytest.mark.parametrize("table", TABLES)
def test_every_row_of_the_cqi_tables(table: int) -> None:
    for index, order, rate_1024, efficiency in DATA["cqi"][str(table)]:
        assert tuple(tables.CQI_TABLES[table, index]) == (order, rate_1024 / 1024.0)
        assert tables.cqi_efficiency(table, index) == pytest.approx(efficiency, abs=6e-5)
    assert tables.cqi_efficiency(table, 0) == 0.0


def errors(found: Any, known: Any) -> tuple[float, float, float]:
    """Return mean, 95 % quantile and largest of the absolute errors."""
    sizes = np.abs(np.asarray(found) - np.asarray(known))
    return float(sizes.mean()), float(np.quantile(sizes, 0.95)), float(sizes.max())


@pytest.fixture(scope="module")
def gaps() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
        yield importlib.import_module("threshold_gaps")


def test_held_out_thresholds_have_the_stated_errors(gaps: Any) -> None:
    held_out = gaps.resolved(fitted=False)
    assert len(held_out) > 230
    found = errors(gaps.thresholds_db(held_out), [each.threshold_db for each in held_out])
    assert (np.array(found) < [0.075, 0.17, 0.33]).all()


def test_thresholds_lie_between_the_error_rates_above_and_below_ten_percent(gaps: Any) -> None:
    every = gaps.curves()
    assert len(every) == 485
    low, high = np.array([each.bracket_db for each in every]).T
    found = gaps.thresholds_db(every)
    assert ((found > low - 0.32) & (found < high + 0.32)).all()
    assert ((found > low) & (found < high)).mean() > 0.9


def test_gaps_are_those_of_the_fit(gaps: Any) -> None:
    assert gaps.fit() == pytest.approx(np.array(GAPS_DB), abs=2e-3)


@pytest.mark.parametrize(("order", "rate_1024", "bits", "snr_db"), SIMULATED)
def test_thresholds_of_a_simulation_of_our_own(
    order: int, rate_1024: float, bits: int, snr_db: float
) -> None:
    rows = ((order, rate_1024 / 1024.0) == tables.MCS_TABLES).all(axis=-1)
    for table, mcs in np.argwhere(rows):
        assert tables.mcs_threshold_db(table, mcs, bits) == pytest.approx(snr_db, abs=0.35)


@pytest.mark.parametrize("order", [2, 4, 6, 8, 10])
def test_rates_and_dispersions_by_another_rule(order: int) -> None:
    half, grid = order // 2, np.linspace(-9.0, 9.0, 1801)
    amplitudes = np.zeros(2**half)
    for value in range(2**half):
        for i in range(half):
            amplitudes[value] = (1 - 2 * (value >> i & 1)) * (2**i - amplitudes[value])
    amplitudes /= np.sqrt(2.0 * np.mean(amplitudes**2))
    weight = np.exp(-0.5 * grid**2)
    weight /= weight.sum()
    for snr_db in (-18, -3, 0, 7, 16, 24, 35):
        noise = grid * np.sqrt(0.5 * 10.0 ** (-0.1 * snr_db))
        received = amplitudes[:, None, None] + noise[:, None] - amplitudes
        exponent = -(received**2) * 10.0 ** (0.1 * snr_db)
        likelihood = np.exp(exponent - exponent.max(axis=-1, keepdims=True))
        bits = np.zeros((2**half, grid.size))
        for i in range(half):
            same = (np.arange(2**half) >> i & 1) == (np.arange(2**half) >> i & 1)[:, None]
            share = (likelihood * same[:, None]).sum(axis=-1) / likelihood.sum(axis=-1)
            bits += 1.0 + np.log2(np.maximum(share, 1e-300))
        mean = (bits * weight).sum(axis=-1).mean()
        variance = (bits**2 * weight).sum(axis=-1).mean() - mean**2
        rate, dispersion = (row[snr_db + 18] for row in RATE_AND_DISPERSION[half - 1])
        assert (rate, dispersion) == pytest.approx((2.0 * mean, 2.0 * variance), abs=2e-5, rel=2e-5)


@pytest.mark.parametrize("table", TABLES)
def test_thresholds_are_above_the_shannon_limit_and_rise(table: int) -> None:
    rows = np.flatnonzero(~np.isnan(tables.MCS_TABLES[table, :, 0]))
    efficiency = tables.mcs_efficiency(table, rows)
    for bits in (100, 300, 1000, 2000, 8448):
        threshold_db = tables.mcs_threshold_db(table, rows, bits)
        assert (threshold_db > 10.0 * np.log10(2.0**efficiency - 1.0)).all()
        assert (np.diff(threshold_db) > -0.6).all()  # the base graph changes
    cqi = np.arange(1, 16)
    threshold_db = tables.cqi_threshold_db(table, cqi)
    assert (np.diff(threshold_db) > 0.0).all()
    assert (threshold_db > 10.0 * np.log10(2.0 ** tables.cqi_efficiency(table, cqi) - 1.0)).all()


@pytest.mark.parametrize("table", TABLES)
def test_link_adaptation(table: int) -> None:
    snr_db = np.linspace(-20.0, 40.0, 601)
    mcs, cqi = tables.select_mcs(snr_db, table), tables.select_cqi(snr_db, table)
    last = {1: 28, 2: 27, 3: 28, 4: 26}[table]
    assert mcs[0] == -1 and mcs[-1] == last and (np.diff(mcs) >= 0).all()
    assert cqi[0] == 0 and cqi[-1] == 15 and (np.diff(cqi) >= 0).all()
    chosen = mcs[mcs >= 0].astype(int)
    assert (tables.mcs_threshold_db(table, chosen, 1000) <= snr_db[mcs >= 0]).all()
    efficiency = tables.cqi_efficiency(table, cqi)
    assert (efficiency <= np.log2(1.0 + 10.0 ** (snr_db / 10.0))).all()


def test_threshold_is_met_at_equality() -> None:
    threshold_db = tables.mcs_threshold_db(1, 20)
    assert tables.select_mcs(threshold_db) == 20
    assert tables.select_mcs(np.nextafter(threshold_db, -1.0)) < 20


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tables.mcs_efficiency(5, 0), "table = 5 is not a whole number in"),
        (lambda: tables.mcs_efficiency(4, 27), "mcs = 27 is outside the rows of table 4"),
        (lambda: tables.mcs_efficiency(1, 2.5), "mcs = 2.5 is not a whole number in"),
        (lambda: tables.cqi_efficiency(1, 16), "cqi = 16 is not a whole number in"),
        (lambda: tables.mcs_threshold_db(1, 5, 8), r"code_block_bits = 8 is not a whole .* bit"),
        (lambda: tables.select_mcs(np.nan), "snr_db = nan is outside"),
        (lambda: tables.select_cqi(0.0, 1.5), "table = 1.5 is not a whole number in"),
    ],
)
def test_errors_name_argument_value_and_range(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
