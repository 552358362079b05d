"""Normal variates by number instead of in sequence: for grids and long records of noise.

Variate ``i`` of a key is a function of both alone, so that a loop over them fills whole vector
registers and any part of a record can be made by itself. Environments draw from their streams, see
:mod:`isac_envs.engine.rng`; where one step needs many variates, one draw of the stream is the key.

Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011
(numbering instead of sequence); Steele, Lea and Flood, OOPSLA 2014 (SplitMix64, the mixer); Box and
Muller, Ann. Math. Stat. 29(2), 1958 (two normal from two uniform variates).
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine.jit import inlined, jit
from isac_envs.engine.mathx import bits_float, ln, sincos_turns
from isac_envs.engine.rng import GOLDEN, mix

_S12 = np.uint64(12)
_ONE_BITS = np.uint64(0x3FF0000000000000)  # of 1.0: 52 random bits below it make [1, 2)


@inlined
def _unit(bits: Any) -> float:
    """Return a multiple of 2**-52 in [0, 1); a conversion of integers would not vectorise."""
    return bits_float(np.int64((bits >> _S12) | _ONE_BITS)) - 1.0


@inlined
def normal_pair(key: Any, number: Any) -> tuple[float, float]:
    """Return two independent standard normal variates, magnitudes below 8.5.

    Args:
        key: Names the record, uint64.
        number: Number of the pair in the record, uint64 below 2**63.
    """
    z = key + number * (GOLDEN + GOLDEN)
    radius = math.sqrt(-2.0 * ln(1.0 - _unit(mix(z))))
    sine, cosine = sincos_turns(_unit(mix(z + GOLDEN)))
    return radius * cosine, radius * sine


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
        key: Names the record, uint64.
        deviation: Standard deviation of each component, in the unit of ``out``.
        out: Complex, contiguous.
    """
    for i in range(out.shape[0]):
        real, imaginary = normal_pair(key, np.uint64(i))
        out[i] += complex(deviation * real, deviation * imaginary)


def standard_normal(seed: int, size: int | tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Return standard normal variates; a shorter record is the beginning of a longer one.

    Args:
        seed: Names the record, in 0..2**64-1.
        size: Shape of the result.

    Raises:
        ValueError: If the seed is out of its range.
    """
    if seed != int(seed) or not 0 <= seed < 2**64:
        raise ValueError(f"seed = {seed} is not a whole number in [0, 2**64 - 1]")
    out = np.empty(size)
    fill_normal(np.uint64(mix(np.uint64(seed))), out.reshape(-1))
    return out
