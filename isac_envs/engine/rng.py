"""Random numbers of one environment copy: xoshiro256++ streams that live in its state record.

Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47(4),
2021 (xoshiro256++); Steele, Lea and Flood, OOPSLA 2014 (SplitMix64, for seeding); Marsaglia and
Tsang, "The ziggurat method", J. Stat. Softw. 5(8), 2000 (normal variates, 256 layers).

A stream is an array of four uint64. Every environment record has two streams: ``world`` drives the
events, ``measurement`` the noise of observations, so that two policies can be compared on the
same world.
"""

import decimal
import math
from typing import Any

import numpy as np

from isac_envs.engine import mathx
from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import inlined, jit

Stream = Any
"""A view of four uint64: the state of one xoshiro256++ generator."""

ENV_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("time", "i8"),  # steps since the last reset
    ("done", "?"),  # the episode has ended and the copy waits for its reset
    ("world", "u8", (4,)),  # stream of everything that happens
    ("measurement", "u8", (4,)),  # stream of the noise on what is measured
)
"""The fields that every environment's state record starts with."""

_U = np.uint64
GOLDEN = _U(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = _U(0xBF58476D1CE4E5B9), _U(0x94D049BB133111EB)
_S11, _S17, _S23, _S27, _S30, _S31, _S45 = (_U(k) for k in (11, 17, 23, 27, 30, 31, 45))
_S19, _S41 = _U(64 - 45), _U(64 - 23)
_LAYER_MASK, _SIGN_BIT = _U(0xFF), _U(0x100)
_TO_UNIT = 1.0 / 9007199254740992.0  # 2**-53


@inlined
def mix(z: Any) -> Any:
    """Return 64 bits in which each bit of a uint64 has spread over all (SplitMix64's mixer)."""
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@jit
def seed_stream(stream: Stream, seed: Any, number: Any) -> None:
    """Fill a stream from a seed and a stream number, both uint64, by SplitMix64.

    Args:
        stream: Receives the state, four uint64.
        seed: The seed, uint64.
        number: Number of the stream, uint64.
    """
    z = mix(seed + GOLDEN) ^ mix(number * GOLDEN)
    for k in range(4):
        z += GOLDEN
        stream[k] = mix(z)


@jit
def seed_batch(world: Any, measurement: Any, seeds: Any, selected: Any) -> None:
    """Seed both streams of the selected copies of a batch.

    Args:
        world: Streams of the events, shape ``(n, 4)``.
        measurement: Streams of the measurement noise, shape ``(n, 4)``.
        seeds: uint64, shape ``(n,)``.
        selected: Copies to seed, bool, shape ``(n,)``.
    """
    for i in range(seeds.shape[0]):
        if selected[i]:
            seed_stream(world[i], seeds[i], _U(1))
            seed_stream(measurement[i], seeds[i], _U(2))


@inlined
def next_u64(stream: Stream) -> Any:
    """Return the next 64 random bits of a stream."""
    s0, s1, s2, s3 = stream[0], stream[1], stream[2], stream[3]
    total = s0 + s3
    result = ((total << _S23) | (total >> _S41)) + s0
    shifted = s1 << _S17
    s2 ^= s0
    s3 ^= s1
    stream[1] = s1 ^ s2
    stream[0] = s0 ^ s3
    stream[2] = s2 ^ shifted
    stream[3] = (s3 << _S45) | (s3 >> _S19)
    return result


@inlined
def uniform(stream: Stream) -> float:
    """Return a uniform variate in [0, 1), a multiple of 2**-53."""
    return (next_u64(stream) >> _S11) * _TO_UNIT


@inlined
def integer(stream: Stream, count: int) -> int:
    """Return a uniform integer in 0..count-1 (bias below count * 2**-53)."""
    return int(uniform(stream) * count)


@inlined
def bernoulli(stream: Stream, probability: float) -> bool:
    """Return True with the given probability; always draws exactly once."""
    return uniform(stream) < probability


@inlined
def discrete(stream: Stream, cumulative: Any) -> int:
    """Return an index drawn from a tabulated distribution; always draws exactly once.

    Args:
        stream: Random stream.
        cumulative: Cumulative probabilities, ending in 1, such as those of
            :func:`poisson_table`.
    """
    u = uniform(stream)
    k = 0
    while u >= cumulative[k]:
        k += 1
    return k


def poisson_table(mean: float, size: int) -> np.ndarray:
    """Return the cumulative Poisson probabilities of 0..size-1, the rest added to the last.

    Args:
        mean: Expected value in [0, 500].
        size: Length; the tail beyond it must be negligible (``mean + 12 * sqrt(mean) + 12``).

    Raises:
        ValueError: An argument is outside its range.
    """
    check_range("mean", float(mean), Range(0.0, 500.0))
    check_range("size", float(size), Range(1.0, 1e6, whole=True))
    probability = mathx.exp(-mean)
    cumulative = np.empty(int(size))
    total = 0.0
    for k in range(cumulative.size):
        total += probability
        cumulative[k] = total
        probability *= mean / (k + 1)
    cumulative[-1] = 1.0
    return np.minimum(cumulative, 1.0)  # the sum may exceed 1 by rounding


@jit
def poisson(stream: Stream, mean: float) -> int:
    """Return a Poisson variate by inversion; always draws exactly once.

    Args:
        stream: Random stream.
        mean: Expected value in [0, 500]; the run time grows with it.
    """
    u = uniform(stream)
    probability = mathx.exp(-mean)
    cumulative = probability
    k = 0
    while u >= cumulative and probability > 0.0:  # the sum can stay below u by rounding
        k += 1
        probability *= mean / k
        cumulative += probability
    return k


def _ziggurat_tables() -> tuple[np.ndarray, np.ndarray]:
    """Return the right edges and densities of 256 layers of equal area under exp(-x^2/2)."""
    # decimal arithmetic rounds its exponentials and logarithms right, on every machine
    context = decimal.Context(prec=25)
    edge, area = 3.6541528853610088, 0.00492867323399
    x, density = np.zeros(257), np.ones(257)
    x[255] = edge
    for k in range(255, 0, -1):
        density[k] = context.exp(decimal.Decimal(-0.5 * x[k] * x[k]))
        following = float(context.ln(decimal.Decimal(area / x[k] + density[k])))
        x[k - 1] = math.sqrt(-2.0 * following) if k > 1 else 0.0
    x[256] = area / density[255]
    density[256] = context.exp(decimal.Decimal(-0.5 * x[256] * x[256]))
    return x, density


_EDGE, _DENSITY = _ziggurat_tables()
_TAIL = float(_EDGE[255])
_STEP = _EDGE[1:] * _TO_UNIT  # width of a layer in units of the 53 random bits


@jit
def _normal_tail(stream: Stream) -> float:
    """Return a normal variate beyond the last layer (Marsaglia 1964)."""
    while True:
        x = -mathx.ln(1.0 - uniform(stream)) / _TAIL
        y = -mathx.ln(1.0 - uniform(stream))
        if y + y > x * x:
            return _TAIL + x


@jit
def _normal_at_edge(stream: Stream, layer: int, x: float) -> float:
    """Return the magnitude of a normal variate whose first try fell on the edge of a layer."""
    while True:
        if layer == 255:
            return _normal_tail(stream)
        low, high = _DENSITY[layer + 1], _DENSITY[layer]
        if low + uniform(stream) * (high - low) < mathx.exp(-0.5 * x * x):
            return x
        bits = next_u64(stream)
        layer = int(bits & _LAYER_MASK)
        x = (bits >> _S11) * _STEP[layer]
        if x < _EDGE[layer]:
            return x


@inlined
def normal(stream: Stream) -> float:
    """Return a standard normal variate (ziggurat; 98.8 % of the calls take one draw)."""
    bits = next_u64(stream)
    layer = int(bits & _LAYER_MASK)
    x = (bits >> _S11) * _STEP[layer]
    if x >= _EDGE[layer]:
        x = _normal_at_edge(stream, layer, x)
    return -x if bits & _SIGN_BIT else x
