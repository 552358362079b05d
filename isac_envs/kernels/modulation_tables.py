"""Lookups in the modulation and coding tables of 5G NR: efficiency, thresholds, link adaptation.

Tables are numbered 1..4 as in 3GPP TS 38.214: 1 up to 64-QAM, 2 up to 256-QAM, 3 low spectral
efficiency, 4 up to 1024-QAM. Values and their sources stand in :mod:`.modulation_data`.

Thresholds are the SNR at 10 % block errors on a Gaussian channel. A pair of MCS and code block size
that was not simulated (:data:`MCS_SIMULATED`) is interpolated in log2(size) between simulated sizes
of the same MCS; else the distance to the Shannon limit is that of the nearest MCS, interpolated.
At three further points of the same source this is off by at most 0.25 dB. Blocks of 24 bits that do
better than longer ones (their rate is rounded to whole symbols) are kept, but nothing is derived
from them. CQI table 3 is meant for an error rate of 1e-5: its thresholds are those of 10 %, too.
"""

import numpy as np
import numpy.typing as npt

from isac_envs.kernels import mathx
from isac_envs.kernels.batch import Range, Real, elementwise
from isac_envs.kernels.detection import check_whole
from isac_envs.kernels.jit import jit
from isac_envs.kernels.modulation_data import BLOCK_BITS, CQI_ROWS, MCS_ROWS, THRESHOLDS_DB

Array = npt.NDArray[np.float64]

_MOST = 29  # rows of the longest table


def _rows(groups: tuple[tuple[int, tuple[float, ...]], ...]) -> list[tuple[float, float]]:
    return [(order, rate / 1024.0) for order, rates in groups for rate in rates]


def _padded(tables: list[list[tuple[float, float]]]) -> Array:
    """Return an array ``(5, 29, 2)`` of modulation order and code rate, NaN where empty."""
    array = np.full((5, _MOST, 2), np.nan)
    for table, rows in enumerate(tables, 1):
        array[table, : len(rows)] = rows
    return array


def _limit_db(rows: Array) -> Array:
    """Return the Shannon limit in dB of rows of modulation order and code rate."""
    return np.asarray(10.0 * np.log10(2.0 ** (rows[..., 0] * rows[..., 1]) - 1.0))


def _simulated() -> Array:
    """Return an array ``(5, 29, 5)`` of dB by table, MCS and code block size, NaN if unknown."""
    grid = np.full((5, _MOST, len(BLOCK_BITS)), np.nan)
    for table, columns in enumerate(THRESHOLDS_DB, 1):
        for column, bits in enumerate(BLOCK_BITS):
            for index, snr_db in columns[bits].items():
                grid[table, index, column] = snr_db
    return grid


def _filled(simulated: Array, mcs: Array) -> Array:
    """Return the simulated thresholds with every other pair interpolated."""
    sizes, indices = np.log2(BLOCK_BITS), np.arange(_MOST)
    sound = simulated.copy()
    longer = np.nanmax(np.nan_to_num(simulated[..., 1:], nan=-np.inf), axis=-1)
    sound[..., 0][~(sound[..., 0] >= longer) | np.isinf(longer)] = np.nan
    for row in sound.reshape(-1, sizes.size):
        known = ~np.isnan(row)
        if known.any():
            row[:] = np.interp(sizes, sizes[known], row[known], left=np.nan, right=np.nan)
    gaps = sound - _limit_db(mcs)[..., None]
    for table in range(1, 5):
        for column in range(sizes.size):
            gap = gaps[table, :, column]
            known = ~np.isnan(gap)
            gap[:] = np.interp(indices, indices[known], gap[known])
    filled = gaps + _limit_db(mcs)[..., None]
    return np.asarray(np.where(np.isnan(simulated), filled, simulated))


def _cqi_thresholds(cqi: Array, mcs: Array, grid: Array) -> Array:
    """Return an array ``(5, 16)`` of dB: those of the MCS with the same modulation and rate.

    A CQI without one is as far above the Shannon limit as the nearest CQI that has one.
    """
    thresholds = np.full((5, 16), np.nan)
    limit_db = _limit_db(cqi[:, 1:16])
    for table in range(1, 5):
        same = (cqi[table, 1:16, None] == mcs[table]).all(-1)
        known = np.flatnonzero(same.any(-1))
        gap_db = grid[table, same.argmax(-1)[known], -1] - limit_db[table, known]
        nearest = np.abs(known - np.arange(15)[:, None]).argmin(-1)
        thresholds[table, 1:] = limit_db[table] + gap_db[nearest]
    return thresholds


MCS_TABLES = _padded([_rows(groups) for groups in MCS_ROWS])
"""Modulation order and code rate by table 1..4 and MCS; NaN where there is none."""

CQI_TABLES = _padded([[(0.0, 0.0), *_rows(groups)] for groups in CQI_ROWS])
"""The same by table 1..4 and CQI 0..15; CQI 0 is "out of range", rate 0."""

_MEASURED = _simulated()

MCS_SIMULATED = ~np.isnan(_MEASURED)
"""Which thresholds were simulated, by table 1..4, MCS and code block size (24 to 2000 bits)."""

MCS_THRESHOLDS_DB = _filled(_MEASURED, MCS_TABLES)
"""SNR in dB at 10 % block errors, by table 1..4, MCS and code block size (24 to 2000 bits)."""

CQI_THRESHOLDS_DB = _cqi_thresholds(CQI_TABLES, MCS_TABLES, MCS_THRESHOLDS_DB)
"""SNR in dB at 10 % block errors of 2000 bits, by table 1..4 and CQI 1..15."""

_SIZES = np.array(BLOCK_BITS, dtype=np.float64)
_LOG2_SIZES = np.log2(_SIZES)


@jit
def mcs_efficiency_one(table: Real, mcs: Real) -> Real:
    """Return the spectral efficiency of an MCS in bit per complex symbol, NaN if there is none."""
    return MCS_TABLES[int(table), int(mcs), 0] * MCS_TABLES[int(table), int(mcs), 1]


@jit
def cqi_efficiency_one(table: Real, cqi: Real) -> Real:
    """Return the spectral efficiency of a CQI in bit per complex symbol, 0 for CQI 0."""
    return CQI_TABLES[int(table), int(cqi), 0] * CQI_TABLES[int(table), int(cqi), 1]


@jit
def mcs_threshold_db_one(table: Real, mcs: Real, code_block_bits: Real) -> Real:
    """Return the SNR in dB at which an MCS has 10 % block errors, NaN if there is none."""
    row = MCS_THRESHOLDS_DB[int(table), int(mcs)]
    last = _SIZES.shape[0] - 1
    if code_block_bits >= _SIZES[last]:
        return row[last]
    k = 0
    while code_block_bits >= _SIZES[k + 1]:
        k += 1
    position = mathx.log2(code_block_bits / _SIZES[k]) / (_LOG2_SIZES[k + 1] - _LOG2_SIZES[k])
    return row[k] + max(position, 0.0) * (row[k + 1] - row[k])


@jit
def select_mcs_one(snr_db: Real, table: Real, code_block_bits: Real) -> Real:
    """Return the highest MCS whose threshold is met, -1 if there is none."""
    for mcs in range(_MOST - 1, -1, -1):
        if snr_db >= mcs_threshold_db_one(table, mcs, code_block_bits):
            return float(mcs)
    return -1.0


@jit
def select_cqi_one(snr_db: Real, table: Real) -> Real:
    """Return the highest CQI whose threshold is met, 0 if there is none."""
    for cqi in range(15, 0, -1):
        if snr_db >= CQI_THRESHOLDS_DB[int(table), cqi]:
            return float(cqi)
    return 0.0


_TABLE = Range(1.0, 4.0)
_MCS = Range(0.0, _MOST - 1.0)
_BITS = Range(24.0, 8448.0, "bit")
_SNR_DB = Range(-300.0, 300.0, "dB")

_mcs_efficiency = elementwise(mcs_efficiency_one, table=_TABLE, mcs=_MCS)
_cqi_efficiency = elementwise(cqi_efficiency_one, table=_TABLE, cqi=Range(0.0, 15.0))
_threshold_db = elementwise(mcs_threshold_db_one, table=_TABLE, mcs=_MCS, code_block_bits=_BITS)
_select_mcs = elementwise(select_mcs_one, snr_db=_SNR_DB, table=_TABLE, code_block_bits=_BITS)
_select_cqi = elementwise(select_cqi_one, snr_db=_SNR_DB, table=_TABLE)


def mcs_efficiency(table: Real, mcs: Real) -> Real:
    """Return the spectral efficiency of an MCS in bit per complex symbol.

    Args:
        table: 1..4, TS 38.214 tables 5.1.3.1-1 to -4.
        mcs: 0..28 (27 in table 2, 26 in table 4).

    Raises:
        ValueError: An argument is outside its range or not an integer.
    """
    check_whole("table", table)
    check_whole("mcs", mcs)
    efficiency = _mcs_efficiency(table, mcs)
    if np.isnan(efficiency).any():
        raise ValueError(f"mcs = {mcs!r} is outside the rows of table {table!r}")
    return efficiency


def cqi_efficiency(table: Real, cqi: Real) -> Real:
    """Return the spectral efficiency of a CQI in bit per complex symbol, 0 for CQI 0.

    Args:
        table: 1..4, TS 38.214 tables 5.2.2.1-2 to -5.
        cqi: 0..15.

    Raises:
        ValueError: An argument is outside its range or not an integer.
    """
    check_whole("table", table)
    check_whole("cqi", cqi)
    return _cqi_efficiency(table, cqi)


def mcs_threshold_db(table: Real, mcs: Real, code_block_bits: Real = 1000) -> Real:
    """Return the SNR in dB at which an MCS has 10 % block errors, NaN if there is none.

    Args:
        table: 1..4.
        mcs: 0..28.
        code_block_bits: Information bits of a code block, in [24, 8448].

    Raises:
        ValueError: An argument is outside its range, or an integer one is not an integer.
    """
    check_whole("table", table)
    check_whole("mcs", mcs)
    return _threshold_db(table, mcs, code_block_bits)


def select_mcs(snr_db: Real, table: Real = 1, code_block_bits: Real = 1000) -> Real:
    """Return the highest MCS with at most 10 % block errors, -1 if there is none.

    Args:
        snr_db: For each complex symbol, in [-300, 300] dB.
        table: 1..4.
        code_block_bits: Information bits of a code block, in [24, 8448].

    Returns:
        Indices as floats, of the broadcast shape.

    Raises:
        ValueError: An argument is outside its range, or an integer one is not an integer.
    """
    check_whole("table", table)
    return _select_mcs(snr_db, table, code_block_bits)


def select_cqi(snr_db: Real, table: Real = 1) -> Real:
    """Return the highest CQI with at most 10 % block errors of 2000 bits, 0 if there is none.

    Args:
        snr_db: For each complex symbol, in [-300, 300] dB.
        table: 1..4.

    Returns:
        Indices as floats, of the broadcast shape.

    Raises:
        ValueError: An argument is outside its range, or ``table`` is not an integer.
    """
    check_whole("table", table)
    return _select_cqi(snr_db, table)
