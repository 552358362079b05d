"""Valid arguments of every elementwise path loss function, the same in every process.

Run as a script, it prints the results on them as JSON: compiled, or interpreted with
``NUMBA_DISABLE_JIT=1``.
"""

import json
import sys
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from isac_envs.kernels import pathloss

PAIRS = ("uma",)
"""Functions that return two losses, each also a function of its own."""

FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: getattr(pathloss, name)
    for name in pathloss.__all__
    if hasattr(getattr(pathloss, name), "ranges") and name not in PAIRS
}


def samples(name: str, count: int) -> dict[str, np.ndarray]:
    """Return arrays of arguments inside the ranges and in the order of the function."""
    function: Any = FUNCTIONS[name]
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    drawn = {
        argument: _draw(generator, argument, valid, 40 * count)
        for argument, valid in function.ranges.items()
    }
    keep = np.ones(40 * count, dtype=bool)
    for lower, upper in function.ordered:
        keep &= drawn[lower] < drawn[upper]
    return {argument: values[keep][:count] for argument, values in drawn.items()}


def _draw(generator: np.random.Generator, argument: str, valid: Any, count: int) -> np.ndarray:
    if argument == "case":
        return generator.integers(1, 4, count).astype(float)
    if argument == "normal":
        return generator.normal(size=count)
    if valid.low > 0.0 and valid.high / valid.low > 100.0:
        return np.exp(generator.uniform(np.log(valid.low), np.log(valid.high), count)).clip(
            np.nextafter(valid.low, np.inf), valid.high
        )
    return np.nextafter(generator.uniform(valid.low, valid.high, count), valid.high)


def results(count: int) -> dict[str, list[float]]:
    """Return the results of every function on its samples."""
    return {name: function(**samples(name, count)).tolist() for name, function in FUNCTIONS.items()}


if __name__ == "__main__":
    print(json.dumps(results(int(sys.argv[1]))))
