"""Nanoseconds per sensing or communication metric, compiled beside NumPy and SciPy in the same run.

    python benchmarks/kernels_metrics.py [--size 4096] [--runs 7]

One thread, CPU time, best of the runs. "Kernel" is the compiled loop alone, "public" the function
with its checks and its allocation, "NumPy / SciPy" the textbook expression. The last column
compares the kernel with what this machine did in the same run: fused multiply-adds in registers,
and a triad over arrays of the same size. Operations are counted from the source (24 for a
logarithm, 26 for an exponential, one for everything else); sums whose length depends on the
arguments have no count: they are chains of dependent operations and bound by latency.
"""

import argparse
import math
from collections.abc import Callable
from typing import Any, NamedTuple

from timing import Machine, nanoseconds  # sets the thread counts

import numpy as np  # isort: skip
from scipy import special, stats

from isac_envs.engine.jit import jit
from isac_envs.kernels.estimation import bounds as estimation_bounds
from isac_envs.kernels.estimation import kalman
from isac_envs.kernels.estimation.bounds import angle_variance_one, delay_variance_one
from isac_envs.kernels.estimation.kalman_batch import update_states
from isac_envs.kernels.link import metrics as link_metrics
from isac_envs.kernels.link.metrics import (
    finite_block_rate_one,
    rayleigh_ergodic_rate_one,
    rician_outage_one,
    shannon_rate_one,
)
from isac_envs.kernels.radar import detection
from isac_envs.kernels.radar.detection import (
    swerling_0_one,
    swerling_1_one,
    swerling_1_single_pulse_one,
    swerling_4_one,
)

LOG, EXP, SIN_COS = 24, 26, 24
PFA = 1e-6
SPREAD_HZ = 120e3


class Case(NamedTuple):
    """One row: three ways to compute the same from the same columns."""

    name: str
    kernel: Callable[..., Any]
    public: Callable[..., Any] | None
    plain: Callable[..., Any]
    columns: tuple[Any, ...]
    operations: int


@jit
def single_pulse_loop(snr, threshold, out):
    for i in range(out.shape[0]):
        out[i] = swerling_1_single_pulse_one(snr[i], threshold)


@jit
def swerling_0_loop(snr, threshold, pulses, out):
    for i in range(out.shape[0]):
        out[i] = swerling_0_one(snr[i], threshold, pulses)


@jit
def swerling_1_loop(snr, threshold, pulses, out):
    for i in range(out.shape[0]):
        out[i] = swerling_1_one(snr[i], threshold, pulses)


@jit
def swerling_4_loop(snr, threshold, pulses, out):
    for i in range(out.shape[0]):
        out[i] = swerling_4_one(snr[i], threshold, pulses)


@jit
def delay_loop(snr, spacing, n, m, out):
    for i in range(out.shape[0]):
        out[i] = delay_variance_one(snr[i], spacing, n[i], m)


@jit
def angle_loop(snr, angle, out):
    for i in range(out.shape[0]):
        out[i] = angle_variance_one(snr[i], angle[i], 0.5, 16.0, 1.0)


@jit
def shannon_loop(snr, out):
    for i in range(out.shape[0]):
        out[i] = shannon_rate_one(snr[i])


@jit
def finite_block_loop(snr, length, q_inverse, out):
    for i in range(out.shape[0]):
        out[i] = finite_block_rate_one(snr[i], length, q_inverse)


@jit
def ergodic_loop(snr, out):
    for i in range(out.shape[0]):
        out[i] = rayleigh_ergodic_rate_one(snr[i])


@jit
def rician_loop(snr, rate, k, out):
    for i in range(out.shape[0]):
        out[i] = rician_outage_one(snr[i], rate, k)


@jit
def kalman_loop(state, covariance, innovation, jacobian, variances, work, out):
    for i in range(out.shape[0]):
        out[i] = kalman.update(state[i], covariance[i], innovation[i], jacobian, variances, work)


def plain_swerling_1(snr, threshold, pulses):
    total = pulses * snr
    scale = (1.0 + 1.0 / total) ** (pulses - 1) * np.exp(-threshold / (1.0 + total))
    head = special.gammainc(pulses - 1, threshold / (1.0 + 1.0 / total))
    return special.gammaincc(pulses - 1, threshold) + scale * head


def plain_swerling_4(snr, threshold, pulses):
    k = np.arange(pulses + 1)[:, None]
    weight = stats.binom.pmf(k, pulses, 0.5 * snr / (1.0 + 0.5 * snr))
    return (weight * special.gammaincc(pulses + k, threshold / (1.0 + 0.5 * snr))).sum(0)


def plain_finite_block(snr, length, q_inverse):
    dispersion = (1.0 - (1.0 + snr) ** -2.0) * math.log2(math.e) ** 2
    rate = np.log2(1.0 + snr) - np.sqrt(dispersion / length) * q_inverse
    return np.maximum(rate + np.log2(length) / (2.0 * length), 0.0)


def plain_kalman(state, covariance, innovation, jacobian, variances, _):
    s = jacobian @ covariance @ jacobian.T + np.diag(variances)
    gain = np.linalg.solve(s, jacobian @ covariance).swapaxes(-1, -2)
    state = state + (gain @ innovation[..., None])[..., 0]
    a = np.eye(4) - gain @ jacobian
    covariance = a @ covariance @ a.swapaxes(-1, -2) + (gain * variances) @ gain.swapaxes(-1, -2)
    return state, covariance


def cases(n: int) -> list[Case]:
    draw = np.random.default_rng(0)
    snr, size = 10.0 ** draw.uniform(-0.5, 2.0, n), draw.integers(16, 3000, n).astype(float)
    angle = draw.uniform(-1.0, 1.0, n)
    one, many = (detection.detection_threshold(PFA, pulses) for pulses in (1, 16))
    q_inverse = float(special.ndtri(1.0 - 1e-3))
    state, innovation = draw.normal(size=(n, 4)), draw.normal(size=(n, 2))
    covariance = np.broadcast_to(np.eye(4), (n, 4, 4)).copy()
    measured = (np.eye(4)[:2].copy(), np.array([0.25, 0.1]), np.empty((kalman.WORK_ROWS, 4)))

    def pd(pulses: int, swerling: int) -> Callable[..., Any]:
        return lambda snr, *_: detection.detection_probability(snr, PFA, pulses, swerling)

    return [
        Case("Pd Swerling 1, N = 1", single_pulse_loop, detection.swerling_1_single_pulse,
             lambda snr, t: np.exp(-t / (1.0 + snr)), (snr, one), EXP + 3),
        Case("Pd Swerling 0, N = 1", swerling_0_loop, pd(1, 0),
             lambda snr, t, m: stats.ncx2.sf(2 * t, 2 * m, 2 * m * snr), (snr, one, 1.0), 0),
        Case("Pd Swerling 0, N = 16", swerling_0_loop, pd(16, 0),
             lambda snr, t, m: stats.ncx2.sf(2 * t, 2 * m, 2 * m * snr), (snr, many, 16.0), 0),
        Case("Pd Swerling 1, N = 16", swerling_1_loop, pd(16, 1), plain_swerling_1,
             (snr, many, 16), 0),
        Case("Pd Swerling 4, N = 16", swerling_4_loop, pd(16, 4), plain_swerling_4,
             (snr, many, 16), 0),
        Case("CRB of the delay", delay_loop,
             lambda snr, f, size, m: estimation_bounds.delay_variance(snr, f, size, m),
             lambda s, f, k, m: 6.0 / (s * (2 * np.pi * f) ** 2 * k * m * (k**2 - 1.0)),
             (snr, SPREAD_HZ, size, 14.0), 10),
        Case("CRB of the angle", angle_loop,
             lambda s, a: estimation_bounds.angle_variance(s, a, 0.5, 16.0, 1.0),
             lambda s, a: 6.0 / (s * (np.pi * np.cos(a)) ** 2 * 16.0 * 255.0),
             (snr, angle), SIN_COS + 8),
        Case("Shannon rate", shannon_loop, link_metrics.shannon_rate,
             lambda snr: np.log2(1.0 + snr), (snr,), LOG + 6),
        Case("Finite block length rate", finite_block_loop,
             lambda snr, length, _: link_metrics.finite_block_rate(snr, length, 1e-3),
             plain_finite_block, (snr, 200.0, q_inverse), LOG + 20),
        Case("Ergodic Rayleigh rate", ergodic_loop, link_metrics.rayleigh_ergodic_rate,
             lambda snr: np.exp(1.0 / snr) * special.exp1(1.0 / snr) / np.log(2.0), (snr,), 0),
        Case("Rician outage, K = 4", rician_loop, link_metrics.rician_outage,
             lambda s, r, k: stats.ncx2.cdf(2 * (1 + k) * (2.0**r - 1.0) / s, 2, 2 * k),
             (snr, 2.0, 4.0), 0),
        Case("EKF update, 4 states, 2 measured", kalman_loop,
             lambda *x: update_states(*x[:-1]), plain_kalman,
             (state, covariance, innovation, *measured), 2 * 150),
    ]  # fmt: skip


def near(case: Case, kernel_ns: float, machine: Machine) -> str:
    """Return which limit the kernel is nearer to, and at which share of it."""
    if not case.operations:
        return "latency of a sum"
    moved = sum(each[0].nbytes for each in case.columns if getattr(each, "ndim", 0)) + 8.0
    return machine.near(case.operations, moved, kernel_ns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=4096, help="elements of a batch")
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    n, runs = options.size, options.runs
    machine, out = Machine.measure(runs, n), np.empty(n)
    print(f"{n} elements, one thread; here {machine}.\n")
    print("| metric | kernel ns | public ns | NumPy / SciPy ns | ratio | near |")
    print("|---|---:|---:|---:|---:|---|")
    for case in cases(n):
        kernel, public, plain = (
            nanoseconds(call, n, runs)
            for call in (
                lambda c=case: c.kernel(*c.columns, out),
                lambda c=case: c.public(*c.columns),
                lambda c=case: c.plain(*c.columns),
            )
        )
        limit = near(case, kernel, machine)
        ratio = f"{plain / kernel:.1f}"
        print(f"| {case.name} | {kernel:.2f} | {public:.2f} | {plain:.1f} | {ratio} | {limit} |")


if __name__ == "__main__":
    main()
