"""Microseconds of each stage of a look at echoes, beside NumPy and SciPy, as Markdown.

    python benchmarks/sensing.py [--runs 7] [--write]

One thread, CPU time, best of the runs, in which both take turns. Six echoes: three targets, which
most looks find, and three of clutter. Stages run in a compiled loop, as within an
environment's step. NumPy's stages use single precision where NumPy has it, and its look is the sum
of its stages. ``--write`` puts the table into benchmarks/README.md.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import tables
from timing import Machine  # sets the thread counts

import numpy as np  # isort: skip
import scipy.fft
import scipy.ndimage

from isac_envs.engine.jit import jit
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.kernels.radar.echo import add_noise_planes, write_echo_planes
from isac_envs.sensing import echo_maxima, echo_peaks
from isac_envs.sensing import echoes as chain
from isac_envs.sensing.detections import DETECTION
from isac_envs.sensing.echo_work import Beam, echo_work

SIZES = ((64, 32), (128, 64), (256, 64))
TARGETS = 3
SPAN_S = 0.02


@jit
def echo_stage(p, echoes, beam, stream, work, found, times):
    pitch, most = work.columns.shape[0] // (2 * work.rows.shape[0]), work.rows.shape[0]
    columns = work.columns.reshape((most, 2, pitch))
    for _ in range(times):
        chain.write_paths(p, echoes, beam.symbols, stream, work)
        delay, shift = work.turns[0], work.turns[1]
        write_echo_planes(delay, shift, work.amplitude, work.rows, columns, work.planes[:2])


@jit
def noise_stage(p, echoes, beam, stream, work, found, times):
    for _ in range(times):
        add_noise_planes(stream, 1.0, p.sensing_subcarriers, beam.symbols, work.planes[:2])


@jit
def mean_stage(p, echoes, beam, stream, work, found, times):
    for _ in range(times):
        chain.remove_mean(p, beam.symbols, work)


@jit
def map_stage(p, echoes, beam, stream, work, found, times):
    for _ in range(times):
        chain.write_map(p, beam.symbols, work)


@jit
def level_stage(p, echoes, beam, stream, work, found, times):
    for _ in range(times):
        chain.write_level(p, beam.symbols, work)


@jit
def peak_stage(p, echoes, beam, stream, work, found, times):
    for _ in range(times):
        echo_maxima.find_peaks(p, beam.symbols, work)


@jit
def refine_stage(p, echoes, beam, stream, work, found, times):
    for _ in range(times):
        echo_peaks.fill_halves(p, beam.symbols, work)
        for k in range(TARGETS):
            echo_peaks.refine_peak(p, beam.symbols, k, work)


@jit
def angle_stage(p, echoes, beam, stream, work, found, times):
    for _ in range(times):
        paths = echoes.shape[0]
        echo_peaks.write_differences(p, paths, beam.symbols, TARGETS, stream, work)
        for k in range(TARGETS):
            echo_peaks.write_detection(p, beam.sine, k, work, found[k])


@jit
def look_stage(p, echoes, beam, stream, work, found, times):
    for _ in range(times):
        chain.find_echoes(p, echoes, beam, stream, work, found)


class Plain:
    """The same stages in NumPy and SciPy, with a whole grid for the difference of the halves."""

    def __init__(self, p: Any, echoes: Any, symbols: int) -> None:
        self.p, self.echoes, self.symbols = p, echoes, symbols
        self.count = int(p["sensing_subcarriers"])
        self.draw = np.random.default_rng(0)
        self.delay = 2.0 * p["subcarrier_step_hz"] / SPEED_OF_LIGHT_M_S * echoes["range_m"]
        self.shift = -2.0 * p["symbol_step_s"] / p["wavelength_m"] * echoes["range_rate_m_s"]
        self.peaks = [
            (round(float(f * symbols)) % symbols, round(float(d * self.count)))
            for d, f in zip(self.delay[:TARGETS], self.shift[:TARGETS], strict=True)
        ]
        for stage in ("echo", "noise", "mean", "map", "level", "peak", "refine", "angle"):
            getattr(self, stage)()

    def echoes_of(self, factor: Any) -> Any:
        """Return a grid of the echoes, times a factor each."""
        size = np.sqrt(self.echoes["snr"] / (self.count * self.symbols)) * factor
        phase = np.exp(2j * np.pi * self.draw.uniform(size=len(size)))
        rows = np.exp(-2j * np.pi * np.outer(np.arange(self.count), self.delay)) * (size * phase)
        columns = np.exp(2j * np.pi * np.outer(self.shift, np.arange(self.symbols)))
        return rows.astype(np.complex64) @ columns.astype(np.complex64)

    def noise_of(self) -> Any:
        """Return a grid of unit noise."""
        size = (self.count, 2 * self.symbols)
        return (self.draw.standard_normal(size, np.float32) * np.float32(0.5**0.5)).view("c8")

    def echo(self) -> None:
        """Write the echoes."""
        self.grid = self.echoes_of(1.0)

    def noise(self) -> None:
        """Add noise."""
        self.noisy = self.grid + self.noise_of()

    def mean(self) -> None:
        """Remove the mean over the symbols."""
        self.clean = self.noisy - self.noisy.mean(axis=1, keepdims=True)

    def map(self) -> None:
        """Write the power of all cells but those at 0 Hz."""
        values = scipy.fft.ifft(self.clean, axis=0, norm="forward")
        values = scipy.fft.fft(values, axis=1, overwrite_x=True)[:, 1:]
        self.power = (values.real**2 + values.imag**2) / np.float32(self.grid.size)

    def level(self) -> None:
        """Write the threshold."""
        outer = 169.0 * scipy.ndimage.uniform_filter(self.power, 13, mode="wrap")
        inner = 25.0 * scipy.ndimage.uniform_filter(self.power, 5, mode="wrap")
        self.threshold = self.p["cfar_factor"] / 144.0 * (outer - inner)

    def peak(self) -> None:
        """Find the peaks."""
        greatest = scipy.ndimage.maximum_filter(self.power, 3, mode="wrap")
        self.found = np.argwhere((self.power > self.threshold) & (self.power == greatest))

    def at(self, grid: Any, delay: Any, shift: Any) -> Any:
        """Return the transform at some delays and Doppler shifts."""
        along = np.exp(2j * np.pi * np.outer(delay, np.arange(self.count)))
        across = np.exp(-2j * np.pi * np.outer(shift, np.arange(self.symbols)))
        values = along.astype(np.complex64) @ grid
        return (values * across.astype(np.complex64)).sum(axis=1)

    def refine(self) -> None:
        """Refine the peaks."""
        self.places = []
        for bin_, cell in self.peaks:
            place = np.array([cell / self.count, bin_ / self.symbols])
            for _ in range(3):
                for axis, half in enumerate((0.5 / self.count, 0.5 / self.symbols)):
                    ends = np.repeat(place[:, None], 2, axis=1)
                    ends[axis] += half, -half
                    above, below = self.at(self.clean, *ends)
                    place[axis] += half * ((above + below) / (above - below)).real
            self.places.append(place)

    def angle(self) -> None:
        """Make the difference of the halves, and the angles."""
        slope = np.tan(0.25 * np.pi * self.p["columns"] * self.echoes["offset"])
        grid = self.echoes_of(1j * slope) + self.noise_of()
        grid -= grid.mean(axis=1, keepdims=True)
        places = np.array(self.places).T
        ratio = self.at(grid, *places) / self.at(self.clean, *places)
        self.sines = 4.0 * np.arctan(ratio.imag) / (np.pi * self.p["columns"])


class Stage(NamedTuple):
    """A row of the table."""

    name: str
    compiled: Callable[..., Any]
    plain: str


STAGES = (
    Stage("echoes", echo_stage, "echo"),
    Stage("noise", noise_stage, "noise"),
    Stage("removal of the mean", mean_stage, "mean"),
    Stage("transform and power", map_stage, "map"),
    Stage("level of the CFAR", level_stage, "level"),
    Stage("peaks", peak_stage, "peak"),
    Stage(f"refinement of {TARGETS} peaks", refine_stage, "refine"),
    Stage(f"angles of {TARGETS} peaks", angle_stage, "angle"),
)


def microseconds(call: Callable[[int], Any]) -> float:
    """Return CPU microseconds of one of about 20 ms of repetitions."""
    call(1)
    start = time.process_time()
    call(3)
    times = max(3, int(SPAN_S * 3 / max(time.process_time() - start, 1e-6)))
    start = time.process_time()
    call(times)
    return (time.process_time() - start) / times * 1e6


def turns(compiled: Callable[[int], Any], plain: Callable[[int], Any], runs: int) -> list[float]:
    """Return the best of the runs of both, which take turns."""
    pairs = [(microseconds(compiled), microseconds(plain)) for _ in range(runs)]
    return [min(each) for each in zip(*pairs, strict=True)]


def measure(subcarriers: int, symbols: int, runs: int) -> list[list[float]]:
    """Return microseconds of every stage and of the look, compiled and plain."""
    p = chain.echo_parameters(subcarriers)[0]
    echoes = chain.echo_paths(
        [80.0, 35.0, 140.0, 25.0, 60.0, 110.0],
        [-5.0, 4.0, 9.0, 0.0, 0.0, 0.0],
        [0.03, 0.01, -0.02, 0.0, 0.02, -0.03],
        [300.0, 200.0, 250.0, 3162.0, 3162.0, 3162.0],
    )
    work, found = echo_work(subcarriers, symbols, len(echoes)), np.zeros(16, DETECTION)
    given = (p, echoes, Beam(0.2, symbols), np.arange(1, 5, dtype=np.uint64), work, found)
    reference, rows = Plain(p, echoes, symbols), []
    for stage in STAGES:
        look_stage(*given, 1)  # every stage finds what the one before has left
        repeated = getattr(reference, stage.plain)
        rows.append(
            turns(
                lambda n, call=stage.compiled: call(*given, n),
                lambda n, call=repeated: [call() for _ in range(n)],
                runs,
            )
        )
    whole = min(microseconds(lambda n: look_stage(*given, n)) for _ in range(runs))
    return [*rows, [whole, sum(row[1] for row in rows)]]


def main() -> None:
    """Measure and print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    measured = [measure(*size, options.runs) for size in SIZES]
    head = " | ".join(f"{n} x {m} | NumPy" for n, m in SIZES)
    lines = [
        f"One thread; here {Machine.measure(options.runs)} (float64). Microseconds.",
        "",
        f"| stage | {head} |",
        "| --- |" + " ---: |" * (2 * len(SIZES)),
    ]
    for k, name in enumerate([*(stage.name for stage in STAGES), "**whole look**"]):
        numbers = [f"{value:.0f}" for size in measured for value in size[k]]
        lines.append(f"| {name} | {' | '.join(numbers)} |")
    text = "\n".join(lines)
    print(text)
    if options.write:
        tables.write("sensing", text)


if __name__ == "__main__":
    main()
