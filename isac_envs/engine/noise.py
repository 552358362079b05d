"""Normal variates by number instead of in sequence: for grids and long records of noise.

Variate ``i`` of a key is a function of both alone. A loop over variates therefore fills whole
vector registers, and any part of a record can be made separately. Environments draw from their
streams, see :mod:`isac_envs.engine.rng`; where one step needs many variates, one draw of the stream
is the key.

Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011
(numbering instead of sequence); Steele, Lea and Flood, OOPSLA 2014 (SplitMix64, the mixer); Box and
Muller, Ann. Math. Stat. 29(2), 1958 (two normal from two uniform variates).
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine.jit import inlined, jit
from isac_envs.engine.machine import bits_single, single_bits
from isac_envs.engine.mathx import bits_float, ln, sincos_turns
from isac_envs.engine.rng import GOLDEN, mix

_S12 = np.uint64(12)
_ONE_BITS = np.uint64(0x3FF0000000000000)  # of 1.0: 52 random bits below it make [1, 2)
_S33, _LOW_31 = np.uint64(33), np.uint64(0x7FFFFFFF)
_I, _F = np.int32, np.float32
_HALF, _ONE, _TWO, _BITS = _F(0.5), _F(1.0), _F(2.0), _F(31.0)
_EXPONENT = _F(-2.0 * 0.6931471805599453)  # -2 ln(2)
_LOG_1, _LOG_3, _LOG_5, _LOG_7 = _F(-4.0), _F(-4.0 / 3.0), _F(-4.0 / 5.0), _F(-4.0 / 7.0)
_STEP = _F(math.pi / 1073741824.0)  # of an angle of 31 bits, rad
_SIN_3, _SIN_5, _SIN_7, _SIN_9 = _F(-1 / 6), _F(1 / 120), _F(-1 / 5040), _F(1 / 362880)
_COS_2, _COS_4, _COS_6, _COS_8 = _F(-0.5), _F(1 / 24), _F(-1 / 720), _F(1 / 40320)


@inlined
def _unit(bits: Any) -> float:
    """Return a multiple of 2**-52 in [0, 1); a conversion of integers would not vectorise."""
    return bits_float(np.int64((bits >> _S12) | _ONE_BITS)) - 1.0


@inlined
def normal_pair(key: Any, number: Any) -> tuple[float, float]:
    """Return two independent standard normal variates, magnitudes below 8.5.

    Args:
        key: Key of the record, uint64.
        number: Number of the pair in the record, uint64 below 2**63.
    """
    z = key + number * (GOLDEN + GOLDEN)
    radius = math.sqrt(-2.0 * ln(1.0 - _unit(mix(z))))
    sine, cosine = sincos_turns(_unit(mix(z + GOLDEN)))
    return radius * cosine, radius * sine


@inlined
def single_pair(key: Any, number: Any) -> tuple[Any, Any]:
    """Return two independent standard normal variates in single precision, magnitudes below 6.7.

    Radius and angle take 31 bits each of one mixed number; series of single precision, whose error
    is below 1e-6. The conversions keep whole numbers in 32 bits, as wide as the results: otherwise
    half of each vector register would be empty.

    Args:
        key: Key of the record, uint64.
        number: Number of the pair in the record, uint64 below 2**63.
    """
    z = mix(key + number * GOLDEN)
    high, low = _I(np.int64(z >> _S33)), _I(np.int64(z & _LOW_31))
    bits = single_bits(_F(high) + _HALF)
    exponent = _I(_I(bits - 0x3F3504F3) >> 23)
    m = bits_single(_I(bits - _I(exponent << 23))) - _ONE
    s = m / (_TWO + m)
    t = s * s
    series = s * (_LOG_1 + t * (_LOG_3 + t * (_LOG_5 + t * _LOG_7)))
    radius = _F(math.sqrt((_F(exponent) - _BITS) * _EXPONENT + series))
    quadrant = _I(np.int64(low + 0x10000000) >> 29)
    x = _F(_I(low - _I(quadrant << 29))) * _STEP
    t = x * x
    sine = x * (_ONE + t * (_SIN_3 + t * (_SIN_5 + t * (_SIN_7 + t * _SIN_9))))
    cosine = _ONE + t * (_COS_2 + t * (_COS_4 + t * (_COS_6 + t * _COS_8)))
    odd = _I(quadrant & 1) != 0
    y, x = (cosine, sine) if odd else (sine, cosine)
    y = bits_single(_I(single_bits(y) ^ _I(_I(quadrant & 2) << 30)))
    x = bits_single(_I(single_bits(x) ^ _I(_I(_I(quadrant + 1) & 2) << 30)))
    return radius * x, radius * y


@jit
def add_single_normal(key: Any, first: int, deviation: Any, real: Any, imaginary: Any) -> None:
    """Add circular complex Gaussian noise to two rows of single precision, in place.

    Args:
        key: Key of the record, uint64.
        first: Number of the first pair.
        deviation: Standard deviation of each component, float32.
        real: Real parts, float32, shape ``(n,)``.
        imaginary: Imaginary parts, float32, shape ``(n,)``.
    """
    for i in range(real.shape[0]):
        x, y = single_pair(key, np.uint64(first + i))
        real[i] += deviation * x
        imaginary[i] += deviation * y


@jit
def fill_normal(key: Any, out: Any) -> None:
    """Fill an array of shape ``(n,)`` with the first variates of a key (uint64)."""
    pairs = out.shape[0] // 2
    for i in range(pairs):
        first, second = normal_pair(key, np.uint64(i))
        out[2 * i] = first
        out[2 * i + 1] = second
    if out.shape[0] > 2 * pairs:
        out[2 * pairs] = normal_pair(key, np.uint64(pairs))[0]


@jit
def add_complex_normal(key: Any, deviation: float, out: Any) -> None:
    """Add circular complex Gaussian noise to an array of shape ``(n,)``, in place.

    Args:
        key: Key of the record, uint64.
        deviation: Standard deviation of each component, in the unit of ``out``.
        out: Complex, contiguous.
    """
    for i in range(out.shape[0]):
        real, imaginary = normal_pair(key, np.uint64(i))
        out[i] += complex(deviation * real, deviation * imaginary)


def standard_normal(seed: int, size: int | tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Return standard normal variates; a shorter record is the start of a longer one.

    Args:
        seed: Key of the record, in 0..2**64-1.
        size: Shape of the result.

    Raises:
        ValueError: If the seed is out of range.
    """
    if seed != int(seed) or not 0 <= seed < 2**64:
        raise ValueError(f"seed = {seed} is not a whole number in [0, 2**64 - 1]")
    out = np.empty(size)
    fill_normal(np.uint64(mix(np.uint64(seed))), out.reshape(-1))
    return out
