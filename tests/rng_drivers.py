"""Compiled loops over the random streams, and the same generators in whole numbers of Python."""

from typing import Any

import numpy as np
from harness import bind

from isac_envs.core.batch import Batch
from isac_envs.engine import rng
from isac_envs.engine.jit import jit

MASK = 2**64 - 1
GOLDEN_RATIO = 0x9E3779B97F4A7C15
DRAWS = 200_000


def splitmix(seed: int, count: int) -> list[int]:
    """SplitMix64 with whole numbers of Python."""
    outputs = []
    for k in range(1, count + 1):
        z = (seed + k * GOLDEN_RATIO) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        outputs.append(z ^ (z >> 31))
    return outputs


def xoshiro(state: list[int], count: int) -> list[int]:
    """xoshiro256++ with whole numbers of Python."""

    def rotate(x: int, k: int) -> int:
        return ((x << k) | (x >> (64 - k))) & MASK

    s, outputs = list(state), []
    for _ in range(count):
        outputs.append((rotate((s[0] + s[3]) & MASK, 23) + s[0]) & MASK)
        shifted = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = rotate(s[3], 45)
    return outputs


@jit
def many_u64(stream: Any, out: Any) -> None:
    for i in range(out.shape[0]):
        out[i] = rng.next_u64(stream)


@jit
def many_uniform(stream: Any, out: Any) -> None:
    for i in range(out.shape[0]):
        out[i] = rng.uniform(stream)


@jit
def many_normal(stream: Any, out: Any) -> None:
    for i in range(out.shape[0]):
        out[i] = rng.normal(stream)


@jit
def many_poisson(stream: Any, mean: float, out: Any) -> None:
    for i in range(out.shape[0]):
        out[i] = rng.poisson(stream, mean)


@jit
def many_discrete(stream: Any, cumulative: Any, out: Any) -> None:
    for i in range(out.shape[0]):
        out[i] = rng.discrete(stream, cumulative)


@jit
def many_integer(stream: Any, count: int, out: Any) -> None:
    for i in range(out.shape[0]):
        out[i] = rng.integer(stream, count)


@jit
def many_bernoulli(stream: Any, probability: float, out: Any) -> None:
    for i in range(out.shape[0]):
        out[i] = rng.bernoulli(stream, probability)


def seeded(seed: int, number: int = 1) -> Any:
    stream = np.zeros(4, np.uint64)
    rng.seed_stream(stream, np.uint64(seed), np.uint64(number))
    return stream


def draw(
    function: Any, *arguments: Any, seed: int = 1, count: int = DRAWS, kind: Any = float
) -> Any:
    out = np.zeros(count, kind)
    function(seeded(seed), *arguments, out)
    return out


def environments(seeds: list[int | None]) -> Any:
    """Return the state records of a seeded batch."""
    batch = Batch(bind("corridor"), len(seeds))
    batch.seed(seeds)
    return batch.env
