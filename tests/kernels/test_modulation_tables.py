"""Modulation and coding tables against the reference tables and their own properties."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isac_envs.kernels import modulation_tables as tables

DATA = json.loads((Path(__file__).parent / "data" / "comm.json").read_text())
TABLES = (1, 2, 3, 4)


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


def test_every_simulated_threshold() -> None:
    for key, snr_db in DATA["threshold_snr_db"].items():
        name, mcs, bits = key.split("|")
        table, index, size = int(name[-1]), int(mcs[3:]), int(bits[3:])
        assert tables.mcs_threshold_db(table, index, size) == pytest.approx(snr_db, abs=1e-12)
    assert tables.MCS_SIMULATED.sum() == len(DATA["threshold_snr_db"])


@pytest.mark.parametrize(
    ("mcs", "snr_db"), [(5, -1.23), (10, 3.08), (15, 7.68), (20, 11.55), (25, 16.50), (28, 19.25)]
)
def test_printed_thresholds_of_1000_bits_that_are_not_all_in_the_table(
    mcs: int, snr_db: float
) -> None:
    assert tables.mcs_threshold_db(1, mcs, 1000) == pytest.approx(snr_db, abs=0.25)


@pytest.mark.parametrize("table", TABLES)
def test_thresholds_are_above_the_shannon_limit_and_rise(table: int) -> None:
    rows = np.flatnonzero(~np.isnan(tables.MCS_TABLES[table, :, 0]))
    efficiency = tables.mcs_efficiency(table, rows)
    for bits in (100, 300, 1000, 2000, 8448):
        threshold_db = tables.mcs_threshold_db(table, rows, bits)
        assert (threshold_db > 10.0 * np.log10(2.0**efficiency - 1.0)).all()
        assert (np.diff(threshold_db) > -0.6).all()  # the source itself dips by 0.02 dB
    cqi = np.arange(1, 16)
    threshold_db = tables.CQI_THRESHOLDS_DB[table, 1:]
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
    assert (tables.MCS_THRESHOLDS_DB[table, chosen, 3] <= snr_db[mcs >= 0]).all()
    efficiency = tables.cqi_efficiency(table, cqi)
    assert (efficiency <= np.log2(1.0 + 10.0 ** (snr_db / 10.0))).all()


def test_threshold_is_met_at_equality() -> None:
    threshold_db = tables.mcs_threshold_db(1, 20)
    assert tables.select_mcs(threshold_db) == 20
    assert tables.select_mcs(np.nextafter(threshold_db, -1.0)) < 20


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tables.mcs_efficiency(5, 0), "table = 5.0 is outside"),
        (lambda: tables.mcs_efficiency(4, 27), "mcs = 27 is outside the rows of table 4"),
        (lambda: tables.mcs_efficiency(1, 2.5), "mcs = 2.5 is not an integer"),
        (lambda: tables.cqi_efficiency(1, 16), "cqi = 16.0 is outside"),
        (lambda: tables.mcs_threshold_db(1, 5, 8), r"code_block_bits = 8.0 is outside .* bit"),
        (lambda: tables.select_mcs(np.nan), "snr_db = nan is outside"),
        (lambda: tables.select_cqi(0.0, 1.5), "table = 1.5 is not an integer"),
    ],
)
def test_errors_name_argument_value_and_range(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
