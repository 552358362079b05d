"""Arguments for the elementary functions; run as a program, prints digests of the results."""

import hashlib
import json
import sys
from typing import Any

import numpy as np

from isac_envs.engine import mathx
from isac_envs.engine.jit import INTERPRETED, jit

TINY, HUGE = np.finfo(float).tiny, np.finfo(float).max


def _edges(low: float, high: float, marks: list[float]) -> list[float]:
    """Return marks inside the open interval, with their neighbours."""
    found = [*marks, np.nextafter(low, high), np.nextafter(high, low)]
    found += [np.nextafter(mark, side) for mark in marks for side in (-np.inf, np.inf)]
    return [float(each) for each in found if low < each < high]


def samples(name: str, count: int) -> Any:
    """Return arguments over the stated domain of a function, its edges among them."""
    random = np.random.default_rng(5)
    marks = [0.0, *(s * k / 8.0 for k in range(1, 17) for s in (-1, 1))]
    if name == "sincos_turns":
        size = 2.0 ** random.uniform(-40, 49, count) * random.choice([-1, 1], count)
        edges = _edges(-(2.0**49), 2.0**49, [*marks, 2.0**48 + 0.125, 1e-300, 1e-9])
        return np.concatenate((edges, random.uniform(-2, 2, count), size))
    if name in ("log2", "ln", "log10", "linear_to_db"):
        spread = 2.0 ** random.uniform(-1021, 1023, count)
        near = 1.0 + 2.0 ** random.uniform(-52, -1, count) * random.choice([-1, 1], count)
        powers = [1.0, 2.0**0.5, 0.5**0.5, 10.0, 0.1, 2.0, 0.5]
        return np.concatenate((_edges(TINY, HUGE, powers), [TINY, HUGE], spread, near))
    if name == "atan2_turns":
        sizes = 2.0 ** random.uniform(-60, 60, (count, 2)) * random.choice([-1, 1], (count, 2))
        angles = 2.0 * np.pi * random.uniform(-0.5, 0.5, count)
        grid = [(y, x) for y in (-1.0, -0.0, 0.0, 1.0) for x in (-1.0, 0.0, 1.0)]
        return np.concatenate((grid, sizes, np.stack((np.sin(angles), np.cos(angles)), 1)))
    if name == "acos_turns":
        near = 1.0 - 2.0 ** random.uniform(-52, 0, count)
        return np.concatenate(([-1.0, -0.5, 0.0, 0.5, 1.0], near, -near))
    if name == "power":
        base = 2.0 ** np.append(random.uniform(-1021, 1022, count), random.uniform(-1, 1, count))
        exponent = random.uniform(-1020, 1020, 2 * count) / np.maximum(1.0, abs(np.log2(base)))
        return np.stack((base, exponent), 1)
    limit = {"exp2": 1022.0, "exp": 708.0, "db_to_linear": 3070.0}[name]
    edges = _edges(-limit, limit, [*marks, 0.5, 1.5, -1.5, 1e-300, 10.0, -3.0])
    small = 2.0 ** random.uniform(-60, 1, count) * random.choice([-1, 1], count)
    return np.concatenate((edges, random.uniform(-limit, limit, count), small))


@jit
def _call_sincos(values: Any, results: Any) -> None:
    for i in range(values.shape[0]):
        results[i, 0], results[i, 1] = mathx.sincos_turns(values[i])


def evaluate(name: str, values: Any) -> Any:
    """Return the results of a function."""
    results = np.zeros((len(values), 2))
    if name == "sincos_turns":
        _call_sincos(values, results)
        return results
    function = getattr(mathx, name)
    return np.array([function(*np.atleast_1d(value).tolist()) for value in values])


NAMES = (
    "sincos_turns", "atan2_turns", "acos_turns", "log2", "ln", "log10", "linear_to_db", "exp2",
    "exp", "db_to_linear", "power",
)  # fmt: skip


def digests(count: int) -> dict[str, str]:
    """Return the digest of the results of each function."""
    results = {name: evaluate(name, samples(name, count)) for name in NAMES}
    return {name: hashlib.sha256(each.tobytes()).hexdigest() for name, each in results.items()}


if __name__ == "__main__":
    print(json.dumps({"interpreted": INTERPRETED, "digests": digests(int(sys.argv[1]))}))
