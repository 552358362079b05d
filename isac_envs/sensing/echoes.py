r"""One look of an OFDM radar, from the echoes of all paths to a list of detections.

The array has two halves. The coherent sum of their grids, N subcarriers by M symbols, is computed
in full: echoes, noise, removal of the mean over the symbols (static clutter), transform over both
axes, power, CFAR, local maxima over 3 x 3 cells, refinement between the bins. Of their difference
only the values at the refined peaks are needed, for the angle, and only these are computed
(:mod:`.echo_peaks`). Grids are complex numbers of single precision with separate parts.

Noise has unit variance in each element of the sum and of the difference, which is the same as in
each half. Delays and Doppler shifts follow :mod:`isac_envs.kernels.radar.echo`: an approaching
target, with a negative range rate, has a positive shift. Speeds beyond
:math:`\pm \lambda / (4 T)` alias, and so do ranges beyond :math:`c / (2\, \Delta f)`. The map omits
the cells at 0 Hz, and the threshold continues it periodically: removal of the mean leaves no
noise there, and these cells would lower the level beside them.

Sources: C. Sturm and W. Wiesbeck, Proc. IEEE 99(7), 2011 (transform); M. A. Richards,
"Fundamentals of radar signal processing", 2014 (chain); recalled.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.engine import rng
from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import Record, jit
from isac_envs.engine.lanes import WIDTH, gather, load, padded, spread, store
from isac_envs.engine.mathx import sincos_turns
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.kernels.numerics.fourier import plan_fourier, transform
from isac_envs.kernels.radar.cfar import cfar_factor
from isac_envs.kernels.radar.cfar_levels import mean_levels_single, ordered_levels
from isac_envs.kernels.radar.echo import add_noise_planes, write_echo_planes
from isac_envs.sensing.detections import DETECTION
from isac_envs.sensing.echo_maxima import find_peaks
from isac_envs.sensing.echo_peaks import (
    fill_halves,
    refine_peak,
    write_detection,
    write_differences,
)
from isac_envs.sensing.echo_work import (
    CLEAN,
    ECHO,
    PARAMETERS,
    SPARE,
    Beam,
    EchoWork,
    echo_work,
    training_cells,
)

_NONE = np.float32(0.0)
_FLAT = 1e-9


@jit
def write_paths(p: Record, echoes: Any, symbols: int, stream: rng.Stream, work: EchoWork) -> None:
    r"""Write phase steps and amplitudes of all paths; draws one phase for each.

    The amplitude of the sum is :math:`\sqrt{\mathrm{snr} / (N M)}` over unit noise. A phase 2 x
    between the halves makes the difference :math:`j \tan x` times the sum.

    Args:
        p: Parameters, as :data:`PARAMETERS`.
        echoes: :data:`ECHO`, shape ``(P,)``.
        symbols: Number of symbols M.
        stream: Random stream of the measurement.
        work: Scratch space.
    """
    delay = 2.0 * p.subcarrier_step_hz / SPEED_OF_LIGHT_M_S
    shift = -2.0 * p.symbol_step_s / p.wavelength_m
    share = 1.0 / (float(p.sensing_subcarriers) * symbols)
    for k in range(echoes.shape[0]):
        work.turns[0, k] = delay * echoes[k].range_m
        work.turns[1, k] = shift * echoes[k].range_rate_m_s
        size = math.sqrt(share * echoes[k].snr)
        sine, cosine = sincos_turns(rng.uniform(stream))
        work.amplitude[0, k], work.amplitude[1, k] = size * cosine, size * sine
        sine, cosine = sincos_turns(0.125 * p.columns * echoes[k].offset)
        floor = _FLAT if cosine >= 0.0 else -_FLAT  # at the null both sum and SNR vanish
        work.slope[k] = sine / (cosine if abs(cosine) > _FLAT else floor)


@jit
def write_grid(p: Record, paths: int, symbols: int, stream: rng.Stream, work: EchoWork) -> None:
    """Write the sum of the halves, echoes of all paths and noise; draws its key.

    Args:
        p: Parameters, as :data:`.echo_work.PARAMETERS`.
        paths: Number of paths in the work space.
        symbols: Number of symbols M.
        stream: Random stream of the measurement.
        work: Scratch space; its first planes are written.
    """
    pitch, most = padded(symbols), work.rows.shape[0]
    grid = work.planes[CLEAN : CLEAN + 2]
    write_echo_planes(
        work.turns[0, :paths],
        work.turns[1, :paths],
        work.amplitude[:, :paths],
        work.rows,
        work.columns[: most * 2 * pitch].reshape((most, 2, pitch)),
        grid,
    )
    add_noise_planes(stream, 1.0, p.sensing_subcarriers, symbols, grid)


@jit
def remove_mean(p: Record, symbols: int, work: EchoWork) -> None:
    """Subtract from each subcarrier its mean over the symbols; the padding becomes 0.

    Args:
        p: Parameters, as :data:`.echo_work.PARAMETERS`.
        symbols: Number of symbols M.
        work: Scratch space with the grid.
    """
    pitch = padded(symbols)
    share = np.float32(1.0 / symbols)
    for part in range(CLEAN, CLEAN + 2):
        values = work.planes[part]
        for n in range(p.sensing_subcarriers):
            start = n * pitch
            values[start + symbols : start + pitch] = _NONE
            total = spread(_NONE)
            for m in range(start, start + pitch, WIDTH):
                total = total + load(values, m)
            mean = spread(share * gather(total))
            for m in range(start, start + pitch, WIDTH):
                store(values, m, load(values, m) - mean)
            values[start + symbols : start + pitch] = _NONE


@jit
def _transpose(source: Any, target: Any, rows: int, columns: int) -> None:
    """Transpose a matrix with padded rows into another one."""
    pitch, height = padded(columns), padded(rows)
    for k in range(columns):
        line = target[k * height : k * height + rows]
        column = source[k:]
        for i in range(rows):
            line[i] = column[i * pitch]


@jit
def _square(share: Any, real: Any, imaginary: Any, power: Any) -> None:
    for n in range(power.shape[0]):
        power[n] = share * (real[n] * real[n] + imaginary[n] * imaginary[n])


@jit
def write_map(p: Record, symbols: int, work: EchoWork) -> None:
    """Transform the grid over both axes and write the power of all cells but those at 0 Hz.

    The noise of a cell has unit mean. Row k holds Doppler bin k + 1 of 1..M - 1.

    Args:
        p: Parameters, as :data:`.echo_work.PARAMETERS`.
        symbols: Number of symbols M.
        work: Scratch space with the grid; the map is written.
    """
    subcarriers = p.sensing_subcarriers
    plan_fourier(subcarriers, 1, work.range_plan)
    plan_fourier(symbols, -1, work.doppler_plan)
    at = transform(work.range_plan, work.planes, CLEAN, SPARE, padded(symbols))
    other = SPARE[1] if at == SPARE[0] else SPARE[0]
    for part in range(2):
        _transpose(work.planes[at + part], work.planes[other + part], subcarriers, symbols)
    at = transform(work.doppler_plan, work.planes, other, (at, other), padded(subcarriers))
    share = np.float32(1.0 / (float(subcarriers) * symbols))
    real, imaginary = work.planes[at], work.planes[at + 1]
    for k in range(1, symbols):
        start = k * padded(subcarriers)
        _square(
            share,
            real[start : start + subcarriers],
            imaginary[start : start + subcarriers],
            work.power[(k - 1) * subcarriers : k * subcarriers],
        )


@jit
def write_level(p: Record, symbols: int, work: EchoWork) -> None:
    """Write the level around each cell, to be multiplied by the CFAR factor.

    Args:
        p: Parameters, as :data:`.echo_work.PARAMETERS`.
        symbols: Number of symbols M.
        work: Scratch space with the map; the level is written.
    """
    rows, columns = symbols - 1, p.sensing_subcarriers
    power = work.power[: rows * columns].reshape((rows, columns))
    if p.cfar_rank > 0:
        level = work.level[: rows * columns].reshape((rows, columns))
        train, guard = work.bands[0], work.bands[1]
        ordered_levels(power, train, guard, p.cfar_rank, work.window, level)
    else:
        mean_levels_single(power, work.bands, work.row, work.sums, work.level)


@jit
def find_echoes(
    p: Record, echoes: Any, beam: Beam, stream: rng.Stream, work: EchoWork, found: Any
) -> int:
    """Take one look and return the number of detections, the strongest first.

    Draws a phase for each path and the keys of two grids of noise, regardless of the detections.

    Args:
        p: Parameters, as :data:`PARAMETERS`.
        echoes: :data:`ECHO`, one for each path, shape ``(P,)``, at most those of the work space.
        beam: Direction and number of symbols.
        stream: Random stream of the measurement.
        work: Scratch space for the number of subcarriers.
        found: Receives the detections, shape ``(K,)``.
    """
    write_paths(p, echoes, beam.symbols, stream, work)
    write_grid(p, echoes.shape[0], beam.symbols, stream, work)
    remove_mean(p, beam.symbols, work)
    return _find(p, echoes.shape[0], beam, stream, work, found)


@jit
def _find(p: Record, paths: int, beam: Beam, stream: rng.Stream, work: EchoWork, found: Any) -> int:
    """Write the detections in a grid without its mean, and return their number."""
    write_map(p, beam.symbols, work)
    write_level(p, beam.symbols, work)
    count = min(find_peaks(p, beam.symbols, work), found.shape[0])
    if count:
        fill_halves(p, beam.symbols, work)
    for k in range(count):
        refine_peak(p, beam.symbols, k, work)
    write_differences(p, paths, beam.symbols, count, stream, work)
    for k in range(count):
        write_detection(p, beam.sine, k, work, found[k])
    return count


def echo_parameters(
    subcarriers: int = 128,
    columns: int = 16,
    false_alarm: float = 1e-4,
    kind: str = "ca",
    *,
    carrier_hz: float = 28e9,
    subcarrier_step_hz: float = 720e3,
    symbol_step_s: float = 178.4e-6,
) -> npt.NDArray[Any]:
    """Return the parameters of standalone looks, without an environment.

    Args:
        subcarriers: Number N of processed subcarriers, in 13..4096.
        columns: Elements of the array, half a wavelength apart; even, in 2..1024.
        false_alarm: Probability in one cell, in [1e-12, 0.5].
        kind: ``"ca"``, or ``"os"`` with the cell of rank three quarters.
        carrier_hz: In [1e6, 1e13] Hz.
        subcarrier_step_hz: Spacing of the processed subcarriers, in [1, 1e10] Hz.
        symbol_step_s: Time between the processed symbols, in [1e-9, 1] s.

    Returns:
        Shape ``(1,)``, of :data:`.echo_work.PARAMETERS`.

    Raises:
        ValueError: An argument is outside its range, or the kind is unknown.
    """
    if kind not in ("ca", "os"):
        raise ValueError(f"kind = {kind!r} is neither 'ca' nor 'os'")
    check_range("subcarriers", float(subcarriers), Range(13.0, 4096.0, whole=True))
    check_range("columns / 2", 0.5 * float(columns), Range(1.0, 512.0, whole=True))
    check_range("carrier_hz", float(carrier_hz), Range(1e6, 1e13, "Hz"))
    check_range("subcarrier_step_hz", float(subcarrier_step_hz), Range(1.0, 1e10, "Hz"))
    check_range("symbol_step_s", float(symbol_step_s), Range(1e-9, 1.0, "s"))
    cells = training_cells()
    found = np.zeros(1, PARAMETERS)
    found["wavelength_m"] = SPEED_OF_LIGHT_M_S / carrier_hz
    found["sensing_subcarriers"] = subcarriers
    found["subcarrier_step_hz"] = subcarrier_step_hz
    found["symbol_step_s"] = symbol_step_s
    found["columns"] = columns
    found["cfar_factor"] = cfar_factor(kind, false_alarm, cells)
    found["cfar_rank"] = 3 * cells // 4 if kind == "os" else 0
    return found


def echo_paths(
    range_m: npt.ArrayLike,
    range_rate_m_s: npt.ArrayLike,
    offset: npt.ArrayLike,
    snr: npt.ArrayLike,
) -> npt.NDArray[Any]:
    """Return the records of paths, from numbers or arrays that broadcast.

    Args:
        range_m: Distance, in [0, 1e9] m.
        range_rate_m_s: Positive when the distance grows, in [-1e5, 1e5] m/s; 0 for clutter.
        offset: Sine of the azimuth minus the beam's sine, in [-2, 2].
        snr: Realised SNR after the matched filter over all elements and the whole array, with the
            pattern of the beam; linear, in [0, 1e9].

    Returns:
        Shape ``(P,)``, of :data:`.echo_work.ECHO`.

    Raises:
        ValueError: An argument is outside its range.
    """
    ranges = {
        "range_m": (range_m, Range(0.0, 1e9, "m")),
        "range_rate_m_s": (range_rate_m_s, Range(-1e5, 1e5, "m/s")),
        "offset": (offset, Range(-2.0, 2.0)),
        "snr": (snr, Range(0.0, 1e9)),
    }
    values = np.broadcast_arrays(*(np.asarray(each, float) for each, _ in ranges.values()))
    found = np.zeros(values[0].size, ECHO)
    for (name, (_, valid)), value in zip(ranges.items(), values, strict=True):
        found[name] = value.reshape(-1)
        check_range(name, found[name], valid)
    return found


class ObservedLook(NamedTuple):
    """Data of one look; rows of the map are sorted by range rate, without 0 m/s."""

    detections: npt.NDArray[Any]
    """Records of :data:`.detections.DETECTION`, the strongest first."""
    grid: npt.NDArray[np.complex64]
    """Sum of the halves over its noise, shape ``(N, M)``: subcarriers, symbols."""
    power: npt.NDArray[np.float32]
    """Power of the cells over the noise, shape ``(M - 1, N)``: range rates, ranges."""
    threshold: npt.NDArray[np.float32]
    """Threshold of the power, of the same shape."""
    range_rate_m_s: npt.NDArray[np.float64]
    """Range rates of the rows, shape ``(M - 1,)``."""
    range_m: npt.NDArray[np.float64]
    """Ranges of the columns, shape ``(N,)``."""


def observe_echoes(
    echoes: npt.NDArray[Any], parameters: npt.NDArray[Any], beam: Beam, seed: int = 0
) -> ObservedLook:
    """Take one look and return its data.

    Args:
        echoes: Paths of :func:`echo_paths`.
        parameters: Of :func:`echo_parameters`.
        beam: Its sine, in [-1, 1], and the number of symbols, in 14..4096.
        seed: Seed of phases and noise, in 0..2**64 - 1.

    Raises:
        ValueError: An argument is outside its range.
    """
    check_range("beam.sine", float(beam.sine), Range(-1.0, 1.0))
    check_range("seed", float(seed), Range(0.0, 2.0**64 - 1.0, whole=True))
    p, symbols = parameters[0], int(beam.symbols)
    count = int(p["sensing_subcarriers"])
    work = echo_work(count, symbols, max(len(echoes), 1), 256)
    stream, found = np.zeros(4, np.uint64), np.zeros(256, DETECTION)
    rng.seed_stream(stream, np.uint64(seed), np.uint64(2))
    write_paths(p, echoes, symbols, stream, work)
    write_grid(p, len(echoes), symbols, stream, work)
    planes = work.planes[:2, : count * padded(symbols)].reshape(2, count, -1)[..., :symbols]
    grid = (planes[0] + np.complex64(1j) * planes[1]).astype(np.complex64)
    remove_mean(p, symbols, work)
    detected = _find(p, len(echoes), Beam(float(beam.sine), symbols), stream, work, found)
    return ObservedLook(found[:detected].copy(), grid, *last_map(p, symbols, work))


def last_map(
    p: Any, symbols: int, work: EchoWork
) -> tuple[
    npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float64],
    npt.NDArray[np.float64],
]:  # fmt: skip
    """Return what a look has left in its work space: the last four fields of the observed look.

    Args:
        p: Parameters, one record.
        symbols: Symbols M of the look.
        work: The work space.
    """
    count, bins = int(p["sensing_subcarriers"]), np.arange(1, symbols)
    shift = np.where(2 * bins < symbols, bins, bins - symbols) / symbols
    rate = -0.5 * p["wavelength_m"] * shift / p["symbol_step_s"]
    order, cells = np.argsort(rate), count * (symbols - 1)
    cell_m = 0.5 * SPEED_OF_LIGHT_M_S / (count * p["subcarrier_step_hz"])
    threshold = np.float32(p["cfar_factor"]) * work.level[:cells]
    return (
        work.power[:cells].reshape(symbols - 1, count)[order],
        threshold.reshape(symbols - 1, count)[order],
        rate[order],
        cell_m * np.arange(count),
    )
