r"""Echoes of point targets on an OFDM grid, without cyclic prefix and transmitted symbols.

.. math::

    Y[n, m] = \sum_p a_p \exp(-j 2 \pi n\, \Delta f\, \tau_p) \exp(+j 2 \pi m T f_p) + W[n, m]

for n < N subcarriers and m < M symbols, with :math:`a_p = \sqrt{P_p} \exp(-j 2 \pi f_c \tau_p)` and
:math:`P_p` the power received on one resource element; :math:`f_p > 0` for an approaching target.
The noise is circular; its variance :math:`E \lvert W \rvert^2` is that of one resource element
(bandwidth :math:`\Delta f`), half of it in each component.

Phases are computed in float64 and in turns, targets four at a time for each subcarrier: N + M
phasors per target, not N M. The model holds while the echo falls inside the cyclic prefix, the
Doppler shift is small against the subcarrier spacing and the target stays in its range cell:
:func:`check_echo_domain` tests that once, when a scenario is built.

Source: C. Sturm and W. Wiesbeck, "Waveform design and signal processing aspects for fusion of
wireless communications and radar sensing", Proc. IEEE 99(7), 2011 (recalled, not read again);
3GPP TR 38.901 V19.4.0, eq. 7.9.4-4 (amplitude and phase of a path).
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.engine import mathx, rng
from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import inlined, jit
from isac_envs.engine.lanes import WIDTH, load, padded, spread, store
from isac_envs.engine.noise import add_complex_normal, add_single_normal
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.kernels.numerics import portable

GROUP = 4
"""Targets are processed in groups of this many; scratch arrays are rounded up to it."""

_NONE = np.float32(0.0)


class OfdmGrid(NamedTuple):
    """The grid of one coherent processing interval."""

    carrier_hz: float
    subcarrier_spacing_hz: float
    symbol_duration_s: float
    """Duration including the cyclic prefix."""
    cyclic_prefix_s: float
    subcarriers: int
    symbols: int


@jit
def _fill_phasors(step_turns: float, real: float, imaginary: float, table: Any) -> None:
    """Write a exp(2 pi j k step) for all k: real parts into row 0, imaginary ones into row 1."""
    for k in range(table.shape[1]):
        sine, cosine = mathx.sincos_turns(k * step_turns)
        table[0, k] = real * cosine - imaginary * sine
        table[1, k] = real * sine + imaginary * cosine


@inlined
def _add_group(rows: Any, columns: Any, p: int, n: int, real: Any, imaginary: Any) -> None:
    """Add targets p to p + 3 to subcarrier n."""
    a, b, c, d = rows[p, 0, n], rows[p + 1, 0, n], rows[p + 2, 0, n], rows[p + 3, 0, n]
    e, f, g, h = rows[p, 1, n], rows[p + 1, 1, n], rows[p + 2, 1, n], rows[p + 3, 1, n]
    for m in range(real.shape[0]):
        x0, x1 = columns[p, 0, m], columns[p + 1, 0, m]
        x2, x3 = columns[p + 2, 0, m], columns[p + 3, 0, m]
        y0, y1 = columns[p, 1, m], columns[p + 1, 1, m]
        y2, y3 = columns[p + 2, 1, m], columns[p + 3, 1, m]
        low, high = (a * x0 - e * y0) + (b * x1 - f * y1), (c * x2 - g * y2) + (d * x3 - h * y3)
        real[m] += low + high
        low, high = (a * y0 + e * x0) + (b * y1 + f * x1), (c * y2 + g * x2) + (d * y3 + h * x3)
        imaginary[m] += low + high


@jit
def write_echoes(
    delay_turns: Any,
    doppler_turns: Any,
    amplitude: Any,
    rows: Any,
    columns: Any,
    sums: Any,
    out: Any,
) -> None:
    r"""Write the noise-free grid of one coherent processing interval.

    Args:
        delay_turns: :math:`\Delta f\, \tau` of each target, float64, shape ``(P,)``.
        doppler_turns: :math:`T f` of each target, float64, shape ``(P,)``.
        amplitude: Real and imaginary parts, float64, shape ``(2, P)``.
        rows: Scratch, shape ``(Q, 2, N)`` with Q = P rounded up to a multiple of four; float64, or
            float32 for sums in single precision over phases of double precision.
        columns: Scratch of the same type, shape ``(Q, 2, M)``.
        sums: Scratch of the same type, shape ``(2, M)``.
        out: Receives the grid, complex of the same precision, shape ``(N, M)``.
    """
    targets = delay_turns.shape[0]
    rows[targets:] = 0.0
    columns[targets:] = 0.0
    for p in range(targets):
        _fill_phasors(-delay_turns[p], amplitude[0, p], amplitude[1, p], rows[p])
        _fill_phasors(doppler_turns[p], 1.0, 0.0, columns[p])
    for n in range(out.shape[0]):
        sums[:] = 0.0
        for p in range(0, rows.shape[0], GROUP):
            _add_group(rows, columns, p, n, sums[0], sums[1])
        for m in range(out.shape[1]):
            out[n, m] = complex(sums[0, m], sums[1, m])


@jit
def write_echo_planes(
    delay_turns: Any, doppler_turns: Any, amplitude: Any, rows: Any, columns: Any, out: Any
) -> None:
    r"""Write the noise-free grid of one interval in single precision, with separate parts.

    The grid of :func:`write_echoes`, for transforms by :mod:`..numerics.fourier`: twice as fast for
    few targets, because the sums stay in registers.

    Args:
        delay_turns: :math:`\Delta f\, \tau` of each target, float64, shape ``(P,)``.
        doppler_turns: :math:`T f` of each target, float64, shape ``(P,)``.
        amplitude: Real and imaginary parts, float64, shape ``(2, P)``.
        rows: Scratch, float32, shape ``(Q, 2, N)`` with Q at least P.
        columns: Scratch, float32, shape ``(Q, 2, W)`` with W the number of symbols rounded up to a
            multiple of eight.
        out: Receives real and imaginary parts, float32, shape ``(2, size)``: symbol m of subcarrier
            n is at n W + m. Symbols beyond the last one are written as well.
    """
    targets, pitch = delay_turns.shape[0], columns.shape[2]
    for p in range(targets):
        _fill_phasors(-delay_turns[p], amplitude[0, p], amplitude[1, p], rows[p])
        _fill_phasors(doppler_turns[p], 1.0, 0.0, columns[p])
    flat, real, imaginary, none = columns.reshape(-1), out[0], out[1], spread(_NONE)
    for n in range(rows.shape[2]):
        for m in range(0, pitch, WIDTH):
            x, y = none, none
            for p in range(targets):
                a, b = spread(rows[p, 0, n]), spread(rows[p, 1, n])
                c, d = load(flat, 2 * p * pitch + m), load(flat, (2 * p + 1) * pitch + m)
                x, y = x + (a * c - b * d), y + (a * d + b * c)
            store(real, n * pitch + m, x)
            store(imaginary, n * pitch + m, y)


@jit
def add_noise_planes(
    stream: rng.Stream, variance: float, subcarriers: int, symbols: int, grid: Any
) -> None:
    r"""Add circular complex Gaussian noise to a grid with separate parts.

    Takes one draw of the stream, whatever the size of the grid.

    Args:
        stream: Random stream of the measurement.
        variance: :math:`E \lvert W \rvert^2` of one resource element, W (or any unit the grid has).
        subcarriers: N.
        symbols: M.
        grid: Changed in place, as :func:`write_echo_planes` writes it.
    """
    key, deviation = rng.next_u64(stream), np.float32(math.sqrt(0.5 * variance))
    real, imaginary = grid[0], grid[1]
    for n in range(subcarriers):
        start = n * padded(symbols)
        end = start + symbols
        add_single_normal(key, n * symbols, deviation, real[start:end], imaginary[start:end])


@jit
def _write_all(
    delay: Any, doppler: Any, amplitude: Any, rows: Any, columns: Any, sums: Any, out: Any
) -> None:
    for b in range(out.shape[0]):
        write_echoes(delay[b], doppler[b], amplitude[b], rows, columns, sums, out[b])


@jit
def add_noise(stream: rng.Stream, variance: float, grid: Any) -> None:
    r"""Add circular complex Gaussian noise to a grid: half the variance in each component.

    Takes one draw of the stream, whatever the size of the grid.

    Args:
        stream: Random stream of the measurement.
        variance: :math:`E \lvert W \rvert^2` of one resource element, W (or any unit the grid has).
        grid: Complex, contiguous, shape ``(N, M)``, changed in place.
    """
    add_complex_normal(rng.next_u64(stream), math.sqrt(0.5 * variance), grid.reshape(-1))


def echo_amplitudes(
    power_w: npt.ArrayLike, delay_s: npt.ArrayLike, carrier_hz: float
) -> npt.NDArray[np.complex128]:
    r"""Return the complex amplitudes of echoes.

    :math:`\sqrt{P} \exp(-j 2 \pi f_c \tau)`.

    Args:
        power_w: Received power on one resource element, in [0, 1e15] W; broadcasts with the delay.
        delay_s: Delay in [0, 1e3] s.
        carrier_hz: Frequency of the first subcarrier, in [1e6, 1e13] Hz.

    Raises:
        ValueError: An argument is NaN or outside its range.
    """
    power = np.asarray(power_w, dtype=np.float64)
    delay = np.asarray(delay_s, dtype=np.float64)
    check_range("power_w", power, Range(0.0, 1e15, "W"))
    check_range("delay_s", delay, Range(0.0, 1e3, "s"))
    check_range("carrier_hz", float(carrier_hz), Range(1e6, 1e13, "Hz"))
    sine, cosine = portable.sincos_turns(-np.remainder(carrier_hz * delay, 1.0))
    return np.asarray(np.sqrt(power) * (cosine + 1j * sine))


def echo_grid(
    delay_s: npt.ArrayLike,
    doppler_hz: npt.ArrayLike,
    amplitude: npt.ArrayLike,
    grid: OfdmGrid,
    dtype: npt.DTypeLike = np.complex128,
) -> npt.NDArray[Any]:
    """Return the noise-free echoes of P targets on one grid or on a batch of grids.

    Args:
        delay_s: Shape ``(..., P)``, in [0, 1e3] s.
        doppler_hz: Shape ``(..., P)``, in [-1e10, 1e10] Hz, positive for a target coming closer.
        amplitude: Complex, shape ``(..., P)``, magnitudes up to 1e15; the carrier phase included
            (:func:`echo_amplitudes`).
        grid: Numbers of subcarriers and symbols, spacing, duration.
        dtype: complex128, or complex64: sums in float32 over phases of float64.

    Returns:
        Shape ``(..., N, M)``.

    Raises:
        ValueError: An argument is outside its range, or ``dtype`` is not complex.
    """
    kind = np.dtype(dtype)
    if kind not in (np.complex128, np.complex64):
        raise ValueError(f"dtype = {kind} is neither complex128 nor complex64")
    delay, doppler, factor = np.broadcast_arrays(
        np.asarray(delay_s, dtype=np.float64),
        np.asarray(doppler_hz, dtype=np.float64),
        np.asarray(amplitude, dtype=np.complex128),
    )
    if delay.ndim == 0:
        raise ValueError("delay_s = a number is not an array of targets, shape (..., P)")
    check_range("delay_s", delay, Range(0.0, 1e3, "s"))
    check_range("doppler_hz", doppler, Range(-1e10, 1e10, "Hz"))
    check_range("abs(amplitude)", np.abs(factor), Range(0.0, 1e15))
    _check_grid(grid)
    targets = delay.shape[-1]
    rounded = -(-targets // GROUP) * GROUP
    real = np.float64 if kind == np.complex128 else np.float32
    parts = np.stack([factor.real, factor.imag], axis=-2).reshape(-1, 2, targets)
    out = np.empty((parts.shape[0], grid.subcarriers, grid.symbols), kind)
    _write_all(
        (delay * grid.subcarrier_spacing_hz).reshape(-1, targets),
        (doppler * grid.symbol_duration_s).reshape(-1, targets),
        parts,
        np.empty((rounded, 2, grid.subcarriers), real),
        np.empty((rounded, 2, grid.symbols), real),
        np.empty((2, grid.symbols), real),
        out,
    )
    return out.reshape((*delay.shape[:-1], grid.subcarriers, grid.symbols))


def _check_grid(grid: OfdmGrid) -> None:
    check_range("carrier_hz", float(grid.carrier_hz), Range(1e6, 1e13, "Hz"))
    check_range("subcarrier_spacing_hz", float(grid.subcarrier_spacing_hz), Range(1.0, 1e10, "Hz"))
    shortest = 1.0 / grid.subcarrier_spacing_hz
    check_range("symbol_duration_s", float(grid.symbol_duration_s), Range(shortest, 1e3, "s"))
    prefix = Range(0.0, grid.symbol_duration_s, "s")
    check_range("cyclic_prefix_s", float(grid.cyclic_prefix_s), prefix)
    check_range("subcarriers", float(grid.subcarriers), Range(1.0, 65536.0, whole=True))
    check_range("symbols", float(grid.symbols), Range(1.0, 65536.0, whole=True))


def check_echo_domain(
    grid: OfdmGrid,
    largest_delay_s: float,
    largest_speed_m_s: float,
    doppler_limit_subcarriers: float = 0.1,
) -> None:
    r"""Raise ValueError if echoes of a scenario would leave the domain of the model.

    Args:
        grid: The coherent processing interval.
        largest_delay_s: Largest delay of a relevant echo; at most the cyclic prefix.
        largest_speed_m_s: Half the fastest rate of a path's length (monostatic: radial speed).
        doppler_limit_subcarriers: Largest :math:`\lvert f \rvert / \Delta f`. At 0.1 a subcarrier
            keeps :math:`\operatorname{sinc}^2(0.1)` of its power (-0.14 dB) and the other carriers'
            leakage is 15 dB below it.

    Raises:
        ValueError: If a limit is exceeded; the message names it: cyclic prefix, Doppler shift
            (intercarrier interference), or range migration (:math:`2 v M T` must stay below the
            path resolution :math:`c / (N\, \Delta f)`).
    """
    _check_grid(grid)
    check_range("largest_delay_s", float(largest_delay_s), Range(0.0, grid.cyclic_prefix_s, "s"))
    per_speed = 2.0 * grid.carrier_hz / SPEED_OF_LIGHT_M_S
    slow = doppler_limit_subcarriers * grid.subcarrier_spacing_hz / per_speed
    check_range(
        "largest_speed_m_s (Doppler shift)", float(largest_speed_m_s), Range(0, slow, "m/s")
    )
    cell_m = SPEED_OF_LIGHT_M_S / (2.0 * grid.subcarriers * grid.subcarrier_spacing_hz)
    still = cell_m / (grid.symbols * grid.symbol_duration_s)
    check_range("largest_speed_m_s (migration)", float(largest_speed_m_s), Range(0, still, "m/s"))
