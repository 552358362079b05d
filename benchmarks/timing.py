"""What benchmarks share: one thread, timers, and what this machine can do.

Import it before NumPy: it sets the thread counts.
"""

import os
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402 - thread counts must be set before NumPy is loaded

from isac_envs.engine.jit import jit  # noqa: E402
from isac_envs.engine.mathx import fma  # noqa: E402


@jit
def multiply_adds(x, out):
    """256 operations an element in eight chains, nothing but fused multiply-adds."""
    for i in range(out.shape[0]):
        v = x[i]
        a, b, c, d = 0.1, 0.2, 0.3, 0.4
        e, f, g, h = 0.5, 0.6, 0.7, 0.8
        for _ in range(16):
            a, b, c, d = fma(a, v, 0.1), fma(b, v, 0.2), fma(c, v, 0.3), fma(d, v, 0.4)
            e, f, g, h = fma(e, v, 0.5), fma(f, v, 0.6), fma(g, v, 0.7), fma(h, v, 0.8)
        out[i] = ((a + b) + (c + d)) + ((e + f) + (g + h))


@jit
def triad(x, y, out):
    """One multiply-add and 24 bytes an element."""
    for i in range(out.shape[0]):
        out[i] = x[i] + 3.0 * y[i]


def nanoseconds(call: Callable[[], Any], n: int, runs: int) -> float:
    """Return CPU nanoseconds per element, the best of the runs of about 20 ms."""
    call()
    start = time.process_time()
    call()
    repeats = max(1, int(0.02 / max(time.process_time() - start, 1e-6)))
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        for _ in range(repeats):
            call()
        best = min(best, (time.process_time() - start) / repeats)
    return best / n * 1e9


def timed(function: Callable[..., Any], part: str, spent: Counter[str]) -> Callable[..., Any]:
    """Return a function that adds the CPU seconds of its calls to a part.

    Args:
        function: What is called.
        part: Name of the part.
        spent: CPU seconds by part.
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        started = time.process_time()
        result = function(*args, **kwargs)
        spent[part] += time.process_time() - started
        return result

    return call


class Machine(NamedTuple):
    """What the machine did in this run, in operations and bytes per nanosecond."""

    peak: float
    bandwidth: float

    @classmethod
    def measure(cls, runs: int, n: int = 4096) -> "Machine":
        """Time multiply-adds in registers and a triad over arrays of n elements."""
        x, y, out = np.linspace(0.1, 0.9, n), np.ones(n), np.empty(n)
        return cls(
            256.0 / nanoseconds(lambda: multiply_adds(x, out), n, runs),
            24.0 / nanoseconds(lambda: triad(x, y, out), n, runs),
        )

    def __str__(self) -> str:
        return f"{self.peak:.0f} Gflop/s and {self.bandwidth:.0f} GB/s"

    def near(self, operations: float, bytes_moved: float, kernel_ns: float) -> str:
        """Return which limit an evaluation is nearer to, and at which share of it."""
        flops = operations / kernel_ns / self.peak
        moved = bytes_moved / kernel_ns / self.bandwidth
        kind, share = ("flops", flops) if flops > moved else ("bytes", moved)
        return f"{kind}, {100.0 * share:.0f} %"
