"""Nanoseconds per path loss, compiled beside plain NumPy in the same run, as a Markdown table.

    python benchmarks/kernels_pathloss.py [--size 4096] [--runs 7]

One thread, CPU time, best of the runs. "Kernel" is the compiled loop alone, "public" the function
with its checks and its allocation, "NumPy" the textbook expression. The last column compares the
kernel with what this machine did in the same run: fused multiply-adds in registers, and a triad
over arrays of the same size. Operations are counted from the source: 24 for a logarithm, 26 for an
exponential, one for everything else.
"""

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

from timing import Machine, nanoseconds  # sets the thread counts

import numpy as np  # isort: skip

from isac_envs.engine.jit import jit
from isac_envs.kernels import pathloss
from isac_envs.kernels.pathloss.free_space import fspl_one
from isac_envs.kernels.pathloss.tr_36777 import uma_av_los_probability_one
from isac_envs.kernels.pathloss.tr_37885 import v2x_nlosv_loss_one
from isac_envs.kernels.pathloss.tr_38901 import uma_one
from isac_envs.kernels.pathloss.tr_38901_los import uma_los_probability_one
from isac_envs.kernels.pathloss.tr_38901_rural import rma_nlos_one

C = 299792458.0
LOG, EXP = 24, 26


class Case(NamedTuple):
    """One row: three ways to compute the same from the same columns."""

    name: str
    kernel: Callable[..., None]
    public: Callable[..., Any]
    plain: Callable[..., Any]
    columns: tuple[np.ndarray, ...]
    outputs: int
    operations: int


@jit
def fspl_loop(d, f, out):
    for i in range(out.shape[0]):
        out[i] = fspl_one(d[i], f[i])


@jit
def uma_pair_loop(d, f, h_ut, h_bs, los, nlos):
    for i in range(los.shape[0]):
        los[i], nlos[i] = uma_one(d[i], f[i], h_ut[i], h_bs[i], 1.0)


@jit
def uma_one_carrier_loop(d, f, h_ut, h_bs, los, nlos):
    for i in range(los.shape[0]):
        los[i], nlos[i] = uma_one(d[i], f, h_ut, h_bs, 1.0)


@jit
def rma_nlos_loop(d, f, out):
    for i in range(out.shape[0]):
        out[i] = rma_nlos_one(d[i], f, 1.5, 35.0, 5.0, 20.0)


@jit
def uma_los_probability_loop(d, h_ut, out):
    for i in range(out.shape[0]):
        out[i] = uma_los_probability_one(d[i], h_ut[i])


@jit
def uma_av_los_probability_loop(d, h_ut, out):
    for i in range(out.shape[0]):
        out[i] = uma_av_los_probability_one(d[i], h_ut[i])


@jit
def v2x_nlosv_loop(normal, d, case, out):
    for i in range(out.shape[0]):
        out[i] = v2x_nlosv_loss_one(normal[i], d[i], case[i])


def plain_uma_pair(d, f, h_ut, h_bs):
    rise, f_ghz = h_bs - h_ut, f / 1e9
    d_3d = np.sqrt(d**2 + rise**2)
    d_bp = 4.0 * (h_bs - 1.0) * (h_ut - 1.0) * f / C
    near = 28.0 + 22.0 * np.log10(d_3d) + 20.0 * np.log10(f_ghz)
    far = 28.0 + 40.0 * np.log10(d_3d) + 20.0 * np.log10(f_ghz)
    far -= 9.0 * np.log10(d_bp**2 + rise**2)
    los = np.where(d <= d_bp, near, far)
    term = 13.54 + 39.08 * np.log10(d_3d) + 20.0 * np.log10(f_ghz) - 0.6 * (h_ut - 1.5)
    return los, np.maximum(los, term)


def plain_rma_nlos(d, f):
    h, h_bs, h_ut, width, f_ghz = 5.0, 35.0, 1.5, 20.0, f / 1e9

    def near(d_3d):
        loss = 20.0 * np.log10(40.0 * np.pi * d_3d * f_ghz / 3.0) + 0.002 * np.log10(h) * d_3d
        return loss + min(0.03 * h**1.72, 10.0) * np.log10(d_3d) - min(0.044 * h**1.72, 14.77)

    d_3d = np.sqrt(d**2 + (h_bs - h_ut) ** 2)
    d_bp = 2.0 * np.pi * h_bs * h_ut * f / C
    los = np.where(d <= d_bp, near(d_3d), near(d_bp) + 40.0 * np.log10(d_3d / d_bp))
    term = 161.04 - 7.1 * np.log10(width) + 7.5 * np.log10(h)
    term -= (24.37 - 3.7 * (h / h_bs) ** 2) * np.log10(h_bs)
    term = term + (43.42 - 3.1 * np.log10(h_bs)) * (np.log10(d_3d) - 3.0) + 20.0 * np.log10(f_ghz)
    return np.maximum(los, term - (3.2 * np.log10(11.75 * h_ut) ** 2 - 4.97))


def plain_uma_los_probability(d, h_ut):
    low = 18.0 / d + np.exp(-d / 63.0) * (1.0 - 18.0 / d)
    c = np.where(h_ut <= 13.0, 0.0, (np.maximum(h_ut - 13.0, 0.0) / 10.0) ** 1.5)
    high = low * (1.0 + c * 1.25 * (d / 100.0) ** 3 * np.exp(-d / 150.0))
    return np.where(d <= 18.0, 1.0, high)


def plain_uma_av_los_probability(d, h_ut):
    p1, d1 = 4300.0 * np.log10(h_ut) - 3800.0, np.maximum(460.0 * np.log10(h_ut) - 700.0, 18.0)
    falling = d1 / d + np.exp(-d / p1) * (1.0 - d1 / d)
    return np.where((d <= d1) | (h_ut > 100.0), 1.0, falling)


def plain_v2x_nlosv(normal, d, case):
    mean = np.where(case == 2.0, 9.0, 5.0) + np.maximum(0.0, 15.0 * np.log10(d) - 41.0)
    std = np.where(case == 2.0, 4.5, 4.0)
    mu = np.log(mean**2 / np.sqrt(mean**2 + std**2))
    sigma = np.sqrt(np.log(1.0 + (std / mean) ** 2))
    return np.where(case == 1.0, 0.0, np.exp(mu + sigma * normal))


def cases(n: int) -> list[Case]:
    draw = np.random.default_rng(0)
    d, f = draw.uniform(10.0, 4000.0, n), draw.uniform(1e9, 30e9, n)
    low, station = draw.uniform(1.5, 20.0, n), draw.uniform(20.0, 30.0, n)
    high, normal = draw.uniform(25.0, 300.0, n), draw.normal(size=n)
    kind = draw.integers(1, 4, n).astype(float)
    return [
        Case("FSPL", fspl_loop, pathloss.fspl,
             lambda d, f: 20.0 * np.log10(4.0 * np.pi * d * f / C), (d, f), 1, 2 * LOG + 4),
        Case("UMa LOS + NLOS, every link its own", uma_pair_loop,
             pathloss.uma, plain_uma_pair,
             (d, f, low, station), 2, 3 * LOG + 32),
        Case("UMa LOS + NLOS, one carrier and height", uma_one_carrier_loop,
             pathloss.uma, plain_uma_pair,
             (d, 28e9, 1.5, 25.0), 2, LOG + 14),
        Case("RMa NLOS, one carrier", rma_nlos_loop, pathloss.rma_nlos, plain_rma_nlos,
             (d, 3.5e9), 1, LOG + 18),
        Case("UMa LOS probability", uma_los_probability_loop, pathloss.uma_los_probability,
             plain_uma_los_probability, (d, low), 1, 2 * EXP + 22),
        Case("UMa-AV LOS probability", uma_av_los_probability_loop,
             pathloss.uma_av_los_probability, plain_uma_av_los_probability, (d, high), 1,
             LOG + EXP + 14),
        Case("V2X blockage loss", v2x_nlosv_loop, pathloss.v2x_nlosv_loss, plain_v2x_nlosv,
             (normal, d, kind), 1, 2 * LOG + EXP + 18),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=4096, help="elements of a batch")
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    n, runs = options.size, options.runs
    machine = Machine.measure(runs, n)
    print(f"{n} elements, one thread; here {machine}.\n")
    print("| path loss | kernel ns | public ns | NumPy ns | NumPy / kernel | near |")
    print("|---|---:|---:|---:|---:|---|")
    for case in cases(n):
        outputs = [np.empty(n) for _ in range(case.outputs)]
        kernel, public, plain = (
            nanoseconds(call, n, runs)
            for call in (
                lambda c=case, o=outputs: c.kernel(*c.columns, *o),
                lambda c=case: c.public(*c.columns),
                lambda c=case: c.plain(*c.columns),
            )
        )
        expected_rows = np.reshape(case.plain(*case.columns), (-1, n))
        for compiled, expected in zip(outputs, expected_rows, strict=True):
            np.testing.assert_allclose(compiled, expected, rtol=1e-11, atol=1e-12)
        arrays = sum(isinstance(each, np.ndarray) for each in case.columns) + case.outputs
        limit = machine.near(case.operations, 8.0 * arrays, kernel)
        print(
            f"| {case.name} | {kernel:.2f} | {public:.2f} | {plain:.1f} "
            f"| {plain / kernel:.1f} | {limit} |"
        )


if __name__ == "__main__":
    main()
