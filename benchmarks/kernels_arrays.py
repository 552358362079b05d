"""Nanoseconds per evaluation of array, RIS and fading kernels beside plain NumPy, as a table.

    python benchmarks/kernels_arrays.py [--runs 7]

One thread, CPU time, best of the runs; an evaluation is the unit named in the row. The last column
compares the kernel with this machine in the same run: fused multiply-adds in registers, and a
triad over arrays. Operations are counted from the source: 29 for a sine with its cosine, 24 for a
logarithm, 26 for an exponential, one for everything else. Bytes are those of the inner loop.

Normal draws come from streams in records, as in environments: a stream in a plain array costs
about 10 ns more, for the reference counts of its views.
"""

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

from timing import Machine, nanoseconds  # sets the thread counts

import numpy as np  # isort: skip

from isac_envs.engine import rng
from isac_envs.engine.jit import jit, record
from isac_envs.engine.noise import fill_normal
from isac_envs.kernels.arrays import beams, steering
from isac_envs.kernels.channel import fading
from isac_envs.kernels.ris import response as ris

SINCOS, LOG, EXP = 29, 24, 26
ELEMENTS, BEAMS, USERS, CELLS, RECEIVERS, LINKS, TONES = 64, 64, 256, 1024, 128, 1024, 16
WAVELENGTH = 0.0107


class Case(NamedTuple):
    """One row: the same numbers from a kernel and from NumPy."""

    name: str
    kernel: Callable[[], Any]
    plain: Callable[[], Any]
    same: Callable[[], bool]
    evaluations: int
    operations: float
    bytes_: float


@jit
def seed_loop(states):
    for i in range(states.shape[0]):
        rng.seed_stream(states[i].world, np.uint64(i), np.uint64(1))


@jit
def normal_loop(states, out):
    for i in range(out.shape[0]):
        out[i] = rng.normal(states[i].world)


@jit
def ar1_loop(part, rho, normal, out):
    for i in range(out.shape[0]):
        out[i] = fading.ar1_step_one(part[i], rho, normal[i])


@jit
def lobe_loop(offset, width, out):
    for i in range(out.shape[0]):
        out[i] = beams.gaussian_lobe_gain_one(offset[i], width[i])


@jit
def element_loop(zenith, azimuth, out):
    for i in range(out.shape[0]):
        out[i] = beams.element_gain_38901_one(zenith[i], azimuth[i])


def plain_lobe(offset, width):
    main = (
        20.0 * np.log10(1.6162 / np.sin(np.radians(width) / 2.0))
        - 3.01 * (2.0 * offset / width) ** 2
    )
    return np.where(np.abs(offset) <= 1.3 * width, main, -0.4111 * np.log(width) - 10.579)


def plain_element(zenith, azimuth):
    loss = np.minimum(12.0 * ((zenith - 90.0) / 65.0) ** 2, 30.0)
    return 8.0 - np.minimum(loss + np.minimum(12.0 * (azimuth / 65.0) ** 2, 30.0), 30.0)


def close(left: Any, right: Any) -> bool:
    return bool(np.allclose(left, right, rtol=1e-9, atol=1e-9))


def beam_case(draw: np.random.Generator) -> Case:
    looks, steers = draw.uniform(-1, 1, USERS), 2.0 * beams.dft_turns(BEAMS)
    out = np.empty((BEAMS, USERS))

    def plain() -> np.ndarray:
        index = np.arange(ELEMENTS)
        look = np.exp(1j * np.pi * np.outer(index, looks))
        weights = np.exp(1j * np.pi * np.outer(steers, index)) / np.sqrt(ELEMENTS)
        return np.abs(weights.conj() @ look) ** 2

    def kernel() -> None:
        beams.fill_beam_gains(looks, steers, float(ELEMENTS), 0.5, out)

    count = BEAMS * USERS
    return Case("DFT beam gain, N = 64 (user x beam)", kernel, plain,
                lambda: close(out, plain()), count, 2 * SINCOS + 10, 8.0)  # fmt: skip


def ris_case(draw: np.random.Generator) -> Case:
    points = draw.uniform(1.0, 30.0, (3, RECEIVERS))
    side = np.arange(32) * WAVELENGTH / 2.0
    cells = np.array(np.meshgrid(side, side)).reshape(2, -1)
    weights, out = draw.normal(size=(2, CELLS)), np.empty((2, RECEIVERS))

    def plain() -> np.ndarray:
        across = points[:2, None] - cells[:, :, None]
        r = np.sqrt(across[0] ** 2 + across[1] ** 2 + points[2] ** 2)
        legs = np.sqrt(points[2] / r) / r * np.exp(-2j * np.pi / WAVELENGTH * r)
        return (weights[0] + 1j * weights[1]) @ legs

    def kernel() -> None:
        ris.fill_ris_sum(points, cells, weights, 1.0 / WAVELENGTH, 1.0, out)

    return Case("RIS near field, 1024 cells (user x cell)", kernel, plain,
                lambda: close(out[0] + 1j * out[1], plain()), CELLS * RECEIVERS,
                SINCOS + LOG + EXP + 22, 56.0)  # fmt: skip


def jakes_case(draw: np.random.Generator) -> Case:
    cosines, phases = fading.jakes_tones(1, np.arange(LINKS), TONES)
    turns, out = draw.uniform(0.0, 100.0, LINKS), np.empty((2, LINKS))

    def plain() -> np.ndarray:
        waves = np.exp(2j * np.pi * (turns * cosines + phases))
        return waves.sum(axis=0) / np.sqrt(TONES)

    def kernel() -> None:
        fading.fill_jakes(turns, cosines, phases, out[0], out[1])

    return Case("Clarke fading, 16 tones (tap)", kernel, plain,
                lambda: close(out[0] + 1j * out[1], plain()), LINKS, TONES * (SINCOS + 4),
                TONES * 56.0)  # fmt: skip


def steering_cases(draw: np.random.Generator) -> list[Case]:
    positions = steering.planar_positions(8, 8)
    direction = draw.normal(size=(3, USERS))
    direction /= np.linalg.norm(direction, axis=0)
    distance, out = draw.uniform(20.0, 2000.0, USERS), np.empty((2, USERS, ELEMENTS))

    def plain_far() -> np.ndarray:
        return np.exp(2j * np.pi * (direction.T @ positions))

    def plain_near() -> np.ndarray:
        points = (distance * direction).T[:, :, None]
        r = np.sqrt(((points - positions) ** 2).sum(axis=1))
        return np.exp(-2j * np.pi * (r - distance[:, None]))

    def far() -> None:
        steering.fill_steering(positions, direction, 1.0, out[0], out[1])

    def near() -> None:
        steering.fill_near_steering(positions, direction, distance, False, out[0], out[1])

    def same(call: Callable[[], None], plain: Callable[[], np.ndarray]) -> bool:
        call()
        return close(out[0] + 1j * out[1], plain())

    count = USERS * ELEMENTS
    return [
        Case("Steering, plane wave (user x element)", far, plain_far,
             lambda: same(far, plain_far), count, SINCOS + 7, 40.0),
        Case("Steering, spherical wave (user x element)", near, plain_near,
             lambda: same(near, plain_near), count, SINCOS + 20, 40.0),
    ]  # fmt: skip


def simple_cases(draw: np.random.Generator, n: int = 4096) -> list[Case]:
    part, normal, out = draw.normal(size=n), draw.normal(size=n), np.empty(n)
    offset, width = draw.uniform(-60, 60, n), draw.uniform(3, 40, n)
    zenith, azimuth = draw.uniform(0, 180, n), draw.uniform(-180, 180, n)
    states, numpy_stream = np.zeros(n, record(*rng.ENV_FIELDS)), np.random.default_rng(0)
    seed_loop(states)

    def plain_step() -> np.ndarray:
        return 0.9 * part + np.sqrt(0.5 * (1.0 - 0.9**2)) * normal

    return [
        Case("AR(1) step (component)", lambda: ar1_loop(part, 0.9, normal, out), plain_step,
             lambda: close(out, plain_step()), n, 3, 24.0),
        Case("Gaussian lobe of 802.15.3c (angle)", lambda: lobe_loop(offset, width, out),
             lambda: plain_lobe(offset, width), lambda: close(out, plain_lobe(offset, width)), n,
             SINCOS + 2 * LOG + 16, 24.0),
        Case("TR 38.901 element (direction)", lambda: element_loop(zenith, azimuth, out),
             lambda: plain_element(zenith, azimuth),
             lambda: close(out, plain_element(zenith, azimuth)), n, 12, 24.0),
        Case("normal draw, numbered (draw)", lambda: fill_normal(np.uint64(1), out),
             lambda: numpy_stream.standard_normal(n), lambda: abs(out.mean()) < 0.1, n,
             (LOG + SINCOS + 26) // 2, 8.0),
        Case("normal draw, a stream each (draw)", lambda: normal_loop(states, out),
             lambda: numpy_stream.standard_normal(n), lambda: abs(out.mean()) < 0.1, n, 30, 72.0),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    runs, draw = parser.parse_args().runs, np.random.default_rng(0)
    machine = Machine.measure(runs)
    print(f"One thread; here {machine}.\n")
    print("| kernel (evaluation) | kernel ns | NumPy ns | NumPy / kernel | near |")
    print("|---|---:|---:|---:|---|")
    cases = [beam_case(draw), ris_case(draw), jakes_case(draw)]
    for case in cases + steering_cases(draw) + simple_cases(draw):
        kernel, plain = (
            nanoseconds(call, case.evaluations, runs) for call in (case.kernel, case.plain)
        )
        if not case.same():
            raise SystemExit(f"{case.name}: the kernel and NumPy disagree")
        limit = machine.near(case.operations, case.bytes_, kernel)
        print(f"| {case.name} | {kernel:.2f} | {plain:.1f} | {plain / kernel:.1f} | {limit} |")


if __name__ == "__main__":
    main()
