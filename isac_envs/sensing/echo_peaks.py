r"""Peaks of a range-Doppler map, refined between the bins, and the angle at each of them.

The transform of the sum of the halves is evaluated at any delay and Doppler shift, from the grid
without its mean. The difference of the halves is needed only at the refined peaks. There its
echoes are geometric series. Its noise is drawn from the law that the transform of a grid of white
noise has at these places: jointly normal, with the covariance

.. math::

    G_N(x_a - x_b) [G_M(y_b - y_a) - G_M(-y_a) G_M(y_b) / M]

for delays x and Doppler shifts y in turns, with :math:`G_K(t) = \sum_{k < K} \exp(2 \pi j k t)`,
and independent of the noise of the sum. So a look costs one grid, not two, and its detections have
the same distribution.

Source: E. Aboutanios and B. Mulgrew, "Iterative frequency estimation by interpolation on Fourier
coefficients", IEEE Trans. Signal Processing 53(4), 2005 (refinement; recalled).
"""

import math
from typing import Any

import numpy as np

from isac_envs.engine import rng
from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.lanes import WIDTH, gather, load, padded, spread, store
from isac_envs.engine.mathx import atan2_turns, round_even, sincos_turns
from isac_envs.engine.noise import normal_pair
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.sensing.echo_work import CLEAN, EchoWork

ITERATIONS = 3
"""Of both axes in turns."""

_NONE = np.float32(0.0)
_ROOT_HALF = math.sqrt(0.5)


@jit
def _fill_phasor(turns: float, count: int, phasor: Any) -> None:
    """Write exp(2 pi j k turns) up to the count, rounded up to lanes: eight, turned on and on.

    The error grows by less than 1e-7 a turn, of which a thousand values take 125.
    """
    for k in range(WIDTH):
        sine, cosine = sincos_turns(k * turns)
        phasor[0, k], phasor[1, k] = cosine, sine
    sine, cosine = sincos_turns(WIDTH * turns)
    c, d = spread(np.float32(cosine)), spread(np.float32(sine))
    real, imaginary = phasor[0], phasor[1]
    x, y = load(real, 0), load(imaginary, 0)
    for k in range(WIDTH, count, WIDTH):
        x, y = x * c - y * d, x * d + y * c
        store(real, k, x)
        store(imaginary, k, y)


@jit
def _over_symbols(p: Record, symbols: int, turns: float, work: EchoWork) -> None:
    """Write the transform over the symbols at one Doppler shift, of each subcarrier."""
    pitch, subcarriers = padded(symbols), p.sensing_subcarriers
    _fill_phasor(-turns, pitch, work.phasor)
    real, imaginary = work.planes[CLEAN], work.planes[CLEAN + 1]
    cosines, sines = work.phasor[0], work.phasor[1]
    for n in range(0, subcarriers, 2):  # two at once: neither waits for its own sums
        x, y, u, v = spread(_NONE), spread(_NONE), spread(_NONE), spread(_NONE)
        first, second = n * pitch, min(n + 1, subcarriers - 1) * pitch
        for m in range(0, pitch, WIDTH):
            c, d = load(cosines, m), load(sines, m)
            a, b = load(real, first + m), load(imaginary, first + m)
            x, y = x + (a * c - b * d), y + (a * d + b * c)
            a, b = load(real, second + m), load(imaginary, second + m)
            u, v = u + (a * c - b * d), v + (a * d + b * c)
        work.line[0, n], work.line[1, n] = gather(x), gather(y)
        work.line[0, n + 1], work.line[1, n + 1] = gather(u), gather(v)
    for n in range(subcarriers, padded(subcarriers)):
        work.line[0, n] = work.line[1, n] = _NONE


@jit
def _over_subcarriers(p: Record, symbols: int, turns: float, work: EchoWork) -> None:
    """Write the transform over the subcarriers at one delay, of each symbol; 0 beyond them."""
    pitch, subcarriers = padded(symbols), p.sensing_subcarriers
    _fill_phasor(turns, subcarriers, work.phasor)
    real, imaginary = work.planes[CLEAN], work.planes[CLEAN + 1]
    for m in range(0, pitch, 2 * WIDTH):  # two sets of lanes at once, likewise
        x, y, u, v = spread(_NONE), spread(_NONE), spread(_NONE), spread(_NONE)
        further = min(m + WIDTH, pitch - WIDTH)
        for n in range(subcarriers):
            c, d = spread(work.phasor[0, n]), spread(work.phasor[1, n])
            a, b = load(real, n * pitch + m), load(imaginary, n * pitch + m)
            x, y = x + (a * c - b * d), y + (a * d + b * c)
            a, b = load(real, n * pitch + further), load(imaginary, n * pitch + further)
            u, v = u + (a * c - b * d), v + (a * d + b * c)
        store(work.line[0], m, x)
        store(work.line[1], m, y)
        store(work.line[0], further, u)
        store(work.line[1], further, v)


@jit
def _at(turns: float, count: int, work: EchoWork) -> tuple[float, float]:
    """Return the transform of the line at one frequency."""
    _fill_phasor(turns, padded(count), work.phasor)
    real, imaginary, cosines, sines = work.line[0], work.line[1], work.phasor[0], work.phasor[1]
    x, y = spread(_NONE), spread(_NONE)
    for k in range(0, padded(count), WIDTH):
        a, b, c, d = load(real, k), load(imaginary, k), load(cosines, k), load(sines, k)
        x, y = x + (a * c - b * d), y + (a * d + b * c)
    return np.float64(gather(x)), np.float64(gather(y))


@jit
def _step(turns: float, sign: float, count: int, half: Any, work: EchoWork) -> float:
    """Return the distance of the line's peak from a frequency, at most a bin, in turns.

    With the values X and Y half a bin to either side, the step is half a bin times the real part
    of (X + Y) / (X - Y). They are A + jB and A - jB, sums over cosines and sines of half a bin.
    """
    _fill_phasor(sign * turns, padded(count), work.phasor)
    real, imaginary, cosines, sines = work.line[0], work.line[1], work.phasor[0], work.phasor[1]
    a, b, c, d = spread(_NONE), spread(_NONE), spread(_NONE), spread(_NONE)
    for k in range(0, padded(count), WIDTH):
        p, q, u, v = load(real, k), load(imaginary, k), load(cosines, k), load(sines, k)
        x, y = p * u - q * v, p * v + q * u
        u, v = load(half[0], k), load(half[1], k)
        a, b, c, d = a + x * u, b + y * u, c + x * v, d + y * v
    e, f = np.float64(gather(a)), np.float64(gather(b))
    g, h = np.float64(gather(c)), np.float64(gather(d))
    ratio = sign * (f * g - e * h) / max(g * g + h * h, 1e-30)
    return 0.5 / count * min(max(ratio, -2.0), 2.0)


@jit
def fill_halves(p: Record, symbols: int, work: EchoWork) -> None:
    """Write the phasors of half a bin of both axes, once for all peaks of a look.

    Args:
        p: Parameters, as :data:`.echo_work.PARAMETERS`.
        symbols: Number of symbols M.
        work: Scratch space; phasors are written.
    """
    axis = padded(p.sensing_subcarriers)
    _fill_phasor(0.5 / p.sensing_subcarriers, axis, work.range_half)
    _fill_phasor(0.5 / symbols, padded(symbols), work.doppler_half)


@jit
def power_between(p: Record, symbols: int, bins: tuple[float, float], work: EchoWork) -> float:
    """Return the power over noise at Doppler and range bins, of which one need not be whole.

    Args:
        p: Parameters, as :data:`.echo_work.PARAMETERS`.
        symbols: Number of symbols M.
        bins: Doppler and range bin, which need not be whole.
        work: Scratch space with the grid.
    """
    subcarriers = p.sensing_subcarriers
    _over_subcarriers(p, symbols, bins[1] / subcarriers, work)
    real, imaginary = _at(-bins[0] / symbols, symbols, work)
    return (real * real + imaginary * imaginary) / (float(subcarriers) * symbols)


@jit
def refine_peak(p: Record, symbols: int, k: int, work: EchoWork) -> None:
    """Write delay and Doppler shift of peak k in turns, and the sum of the halves there.

    :func:`fill_halves` must have been called.

    Args:
        p: Parameters, as :data:`.echo_work.PARAMETERS`.
        symbols: Number of symbols M.
        k: Number of the peak.
        work: Scratch space with grid and peaks.
    """
    subcarriers = p.sensing_subcarriers
    delay = work.peaks[1, k] / float(subcarriers)
    shift = work.peaks[0, k] / float(symbols)
    for _ in range(ITERATIONS):
        _over_symbols(p, symbols, shift, work)
        delay += _step(delay, 1.0, subcarriers, work.range_half, work)
        _over_subcarriers(p, symbols, delay, work)
        shift += _step(shift, -1.0, symbols, work.doppler_half, work)
    work.refined[0, k], work.refined[1, k] = delay, shift
    work.refined[2, k], work.refined[3, k] = _at(-shift, symbols, work)


@inlined
def _series(turns: float, count: int) -> tuple[float, float]:
    """Return the sum of exp(2 pi j k turns) over k < count."""
    off = turns - round_even(turns)
    low = sincos_turns(0.5 * off)[0]
    high = sincos_turns(0.5 * count * off)[0]
    sine, cosine = sincos_turns(0.5 * (count - 1) * off)
    size = high / low if abs(off) > 1e-12 else float(count)
    return size * cosine, size * sine


@jit
def _without_mean(first: float, second: float, count: int) -> tuple[float, float]:
    """Return G(first - second) - G(first) G(-second) / M, of a phasor and a frequency."""
    a, b = _series(first - second, count)
    c, d = _series(first, count)
    e, f = _series(-second, count)
    share = 1.0 / count
    return a - share * (c * e - d * f), b - share * (c * f + d * e)


@jit
def _draw_noise(p: Record, symbols: int, count: int, key: Any, work: EchoWork) -> None:
    """Write the noise of the difference at all peaks: a root of the covariance times white noise.

    Peaks that became one have the same noise: a pivot of nothing leaves nothing to add.
    """
    law, found = work.law, work.difference
    for i in range(count):
        found[0, i] = found[1, i] = 0.0
        for j in range(i + 1):
            a, b = _series(work.refined[0, i] - work.refined[0, j], p.sensing_subcarriers)
            c, d = _without_mean(work.refined[1, j], work.refined[1, i], symbols)
            x, y = a * c - b * d, a * d + b * c
            for k in range(j):
                x -= law[0, i, k] * law[0, j, k] + law[1, i, k] * law[1, j, k]
                y -= law[1, i, k] * law[0, j, k] - law[0, i, k] * law[1, j, k]
            if j < i:
                pivot = law[0, j, j]
                share = 1.0 / pivot if pivot > 0.0 else 0.0
                law[0, i, j], law[1, i, j] = share * x, share * y
            else:
                least = 1e-9 * p.sensing_subcarriers * symbols
                law[0, i, i], law[1, i, i] = math.sqrt(x) if x > least else 0.0, 0.0
            u, v = normal_pair(key, np.uint64(j))
            found[0, i] += _ROOT_HALF * (law[0, i, j] * u - law[1, i, j] * v)
            found[1, i] += _ROOT_HALF * (law[0, i, j] * v + law[1, i, j] * u)


@jit
def write_differences(
    p: Record, paths: int, symbols: int, count: int, stream: rng.Stream, work: EchoWork
) -> None:
    """Write the difference of the halves at all refined peaks: echoes and noise; draws its key.

    Args:
        p: Parameters, as :data:`PARAMETERS`.
        paths: Number of paths in the work space.
        symbols: Number of symbols M.
        count: Number of peaks in the work space.
        stream: Random stream of the measurement.
        work: Scratch space.
    """
    _draw_noise(p, symbols, count, rng.next_u64(stream), work)
    for i in range(count):
        for j in range(paths):
            a, b = _series(work.refined[0, i] - work.turns[0, j], p.sensing_subcarriers)
            c, d = _without_mean(work.turns[1, j], work.refined[1, i], symbols)
            real, imaginary = a * c - b * d, a * d + b * c
            x, y = -work.slope[j] * work.amplitude[1, j], work.slope[j] * work.amplitude[0, j]
            work.difference[0, i] += x * real - y * imaginary
            work.difference[1, i] += x * imaginary + y * real


@jit
def write_detection(p: Record, sine: float, k: int, work: EchoWork, found: Any) -> None:
    r"""Write a refined peak as a detection.

    With the sum S and the difference D of the halves, the phase between these is the angle of
    :math:`\lvert S \rvert^2 - \lvert D \rvert^2 + 2 j \operatorname{Im}(D S^*)`; it is
    :math:`\pi (\mathrm{columns} / 2)` times the sine relative to the beam.

    Args:
        p: Parameters, as :data:`PARAMETERS`.
        sine: Sine of the beam's azimuth.
        k: Number of the peak.
        work: Scratch space.
        found: One record; overwritten.
    """
    delay = work.refined[0, k] - math.floor(work.refined[0, k])
    shift = work.refined[1, k] - round_even(work.refined[1, k])
    a, b = work.refined[2, k], work.refined[3, k]
    c, d = work.difference[0, k], work.difference[1, k]
    phase = atan2_turns(2.0 * (a * d - b * c), a * a + b * b - c * c - d * d)
    found.range_m = 0.5 * SPEED_OF_LIGHT_M_S * delay / p.subcarrier_step_hz
    found.range_rate_m_s = -0.5 * p.wavelength_m * shift / p.symbol_step_s
    found.sine = min(max(sine + 4.0 * phase / p.columns, -1.0), 1.0)
    found.statistic = work.statistic[k]
