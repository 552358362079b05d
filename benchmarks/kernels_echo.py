"""Nanoseconds of the echo, Doppler, cross-section and CFAR kernels beside plain NumPy, as Markdown.

    python benchmarks/kernels_echo.py [--runs 5]

One thread, CPU time, best of the runs. "Kernel" is the compiled loop alone, "public" the function
with its checks and its allocation, "NumPy" the textbook expression. The last column compares the
kernel with what this machine did in the same run: fused multiply-adds in registers (float64) and a
triad over arrays. Operations are counted from the source; an echo is 8 of them for each target and
resource element.
"""

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

from timing import Machine, nanoseconds  # sets the thread counts

import numpy as np  # isort: skip
import scipy.ndimage

from isac_envs.kernels.radar import cfar, cfar_levels, doppler, echo, range_doppler, rcs, swerling
from isac_envs.kernels.radar.rcs_data import lobe_table

C = 299792458.0
GRID = echo.OfdmGrid(28e9, 120e3, 8.92e-6, 0.58e-6, 256, 64)
TARGETS = 8


class Case(NamedTuple):
    """One row: three ways to do the same, what one evaluation is, and what it costs."""

    name: str
    kernel: Callable[[], Any]
    public: Callable[[], Any]
    plain: Callable[[], Any]
    evaluations: int
    operations: float
    bytes_moved: float


def echo_case(dtype: Any) -> Case:
    draw, real = np.random.default_rng(0), np.zeros(1, dtype).real.dtype
    delay, shift = draw.uniform(0, 5e-7, TARGETS), draw.uniform(-5e3, 5e3, TARGETS)
    amplitude = draw.normal(size=TARGETS) + 1j * draw.normal(size=TARGETS)
    size, symbols = (GRID.subcarriers, GRID.symbols), GRID.symbols
    work = (
        np.empty((TARGETS, 2, GRID.subcarriers), real),
        np.empty((TARGETS, 2, symbols), real),
        np.empty((2, symbols), real),
        np.empty(size, dtype),
    )
    turns = (delay * GRID.subcarrier_spacing_hz, shift * GRID.symbol_duration_s)
    parts = np.stack([amplitude.real, amplitude.imag])

    def plain():
        n = np.arange(GRID.subcarriers)[:, None, None]
        m = np.arange(symbols)[None, :, None]
        phase = m * GRID.symbol_duration_s * shift - n * GRID.subcarrier_spacing_hz * delay
        return (amplitude * np.exp(2j * np.pi * phase)).sum(axis=-1)

    np.testing.assert_allclose(
        echo.echo_grid(delay, shift, amplitude, GRID, dtype), plain(), atol=1e-5
    )
    return Case(
        f"OFDM echo 256 x 64, 8 targets, {np.dtype(dtype)} (element)",
        lambda: echo.write_echoes(*turns, parts, *work),
        lambda: echo.echo_grid(delay, shift, amplitude, GRID, dtype),
        plain,
        GRID.subcarriers * symbols,
        8.0 * TARGETS,
        16.0 * TARGETS * (0.5 if dtype == np.complex64 else 1.0),
    )


def path_case() -> Case:
    draw = np.random.default_rng(1)
    tx, target, rx = draw.normal(size=(3, 6, 4096)) * 100.0
    out = np.empty((3, 4096))

    def plain():
        lengths, rates = [], []
        for node in (tx, rx):
            x, v = target[:3] - node[:3], target[3:] - node[3:]
            lengths.append(np.sqrt((x * x).sum(axis=0)))
            rates.append((x * v).sum(axis=0) / lengths[-1])
        return (lengths[0] + lengths[1]) / C, -(rates[0] + rates[1]) * 28e9 / C

    doppler.bistatic_loop(tx, target, rx, 28e9, out)
    np.testing.assert_allclose(out[::2], plain(), rtol=1e-9)
    rows = [np.ascontiguousarray(each.T) for each in (tx, target, rx)]
    return Case(
        "delay and Doppler shift (path)",
        lambda: doppler.bistatic_loop(tx, target, rx, 28e9, out),
        lambda: doppler.bistatic_paths(*rows, 28e9),
        plain,
        4096,
        45.0,
        168.0,
    )


def rcs_case() -> Case:
    draw = np.random.default_rng(2)
    angles = draw.uniform(0.1, 3.0, (4, 4096))
    vectors = [np.empty((4096, 3)) for _ in range(2)]
    for k in range(2):
        rcs._unit_vectors(angles[2 * k], angles[2 * k + 1], vectors[k])
    target, out = rcs.TARGETS["vehicle"], np.empty((4096, 1))
    table = lobe_table(target)

    def plain():
        bisector = vectors[0] + vectors[1]
        half = np.arccos(np.clip(np.linalg.norm(bisector, axis=1) / 2.0, 0.0, 1.0))
        zenith = np.degrees(np.arctan2(np.hypot(bisector[:, 0], bisector[:, 1]), bisector[:, 2]))
        azimuth = np.degrees(np.arctan2(bisector[:, 1], bisector[:, 0]))
        result = np.empty(4096)
        for row in table:
            inside = (zenith >= row[6]) & (zenith < row[7])
            inside &= (azimuth - row[8]) % 360.0 < row[9] - row[8]
            aside = (azimuth - row[0] + 180.0) % 360.0 - 180.0
            up = np.minimum(12.0 * ((zenith - row[2]) / row[3]) ** 2, row[5])
            across = np.minimum(12.0 * (aside / row[1]) ** 2, row[5])
            value = row[4] - np.minimum(up + across, row[5])
            value = value - target.k_1 * np.sin(target.k_2 * half) + 5.0 * np.log10(np.cos(half))
            result = np.where(inside, np.maximum(value, row[4] - row[5]), result)
        return result

    rcs._pattern_loop(*vectors, table, target.k_1, target.k_2, False, out)
    np.testing.assert_allclose(out[:, 0], plain(), atol=1e-6)
    return Case(
        "cross section of a vehicle, model 2",
        lambda: rcs._pattern_loop(*vectors, table, target.k_1, target.k_2, False, out),
        lambda: rcs.rcs_dbsm("vehicle", *angles),
        plain,
        4096,
        250.0,
        56.0,
    )


def cfar_case() -> Case:
    power = np.random.default_rng(3).exponential(size=(256, 64))
    train, guard = np.array([2, 4]), np.array([1, 2])
    periodic, level = np.empty((256 + 6, 64 + 12)), np.empty(power.shape)
    work = np.empty((5, periodic.size))

    def kernel():
        cfar_levels.fill_periodic(power, 3, 6, periodic)
        cfar_levels.mean_levels(periodic, train, guard, 0, work, level)

    def plain():
        outer = 91.0 * scipy.ndimage.uniform_filter(power, (7, 13), mode="wrap")
        inner = 15.0 * scipy.ndimage.uniform_filter(power, (3, 5), mode="wrap")
        return (outer - inner) / 76.0

    kernel()
    np.testing.assert_allclose(level, plain(), rtol=1e-9)
    return Case(
        "CA-CFAR 256 x 64 (cell; beside scipy.ndimage)",
        kernel,
        lambda: cfar.cfar_detect(power, 1e-4, (2, 4), (1, 2)),
        plain,
        power.size,
        20.0,
        88.0,
    )


def map_case() -> Case:
    grid = echo.echo_grid([1e-7], [1e3], [1.0], GRID, np.complex64)

    def plain():
        return np.fft.fftshift(np.fft.fft(np.fft.ifft(grid, axis=0) * 256.0, axis=1), axes=1)

    def call():
        return range_doppler.range_doppler_map(grid)

    return Case(
        "range-Doppler map 256 x 64, complex64 (element)", call, call, plain, grid.size, 70.0, 48.0
    )


def swerling_case() -> Case:
    draw, count = np.random.default_rng(4), 4096
    streams = draw.integers(1, 2**63, (count, 4)).astype(np.uint64)
    mean, out = np.ones(count), np.empty((count, 1))
    return Case(
        "Swerling 1 draw",
        lambda: swerling._powers_all(streams, 1, mean, out),
        lambda: swerling.draw_powers(streams, 1, 1.0),
        lambda: draw.exponential(size=count),
        count,
        40.0,
        80.0,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    machine = Machine.measure(runs)
    print(f"One thread; here {machine} (float64).\n")
    print("| evaluation | kernel ns | public ns | NumPy ns | NumPy / kernel | near |")
    print("|---|---:|---:|---:|---:|---|")
    for case in (
        echo_case(np.complex128),
        echo_case(np.complex64),
        path_case(),
        rcs_case(),
        map_case(),
        cfar_case(),
        swerling_case(),
    ):
        kernel, public, plain = (
            nanoseconds(call, case.evaluations, runs)
            for call in (case.kernel, case.public, case.plain)
        )
        limit = machine.near(case.operations, case.bytes_moved, kernel)
        print(
            f"| {case.name} | {kernel:.2f} | {public:.2f} | {plain:.1f} "
            f"| {plain / kernel:.1f} | {limit} |"
        )


if __name__ == "__main__":
    main()
