"""Tables that parameters fix: codebook, grid of directions, which beam ripple makes best."""

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from isac_envs.engine.mathx import ln
from isac_envs.kernels.arrays.beams import dirichlet_gain_one
from isac_envs.kernels.numerics import portable

Array: TypeAlias = npt.NDArray[np.float64]

CELLS = 81
"""Directions of the grid in a slot."""
REACH = 3.2
"""Standard deviations that it covers to either side."""
BLUR = 6
"""Beams to either side of the nearest that ripple may make best."""

_NODES = 41  # of an integral over the normal law, to either side of it 5 deviations
_PLACES = (-0.4, -0.2, 0.0, 0.2, 0.4)  # of a direction between beams
_LEAST_DB = 0.02


def angles_turns(p: Any) -> Array:
    """Return the angles of the beams from broadside, shape ``(B,)``, in turns."""
    places = (np.arange(p.beams) + 0.5) / p.beams - 0.5
    return np.asarray(places * (p.field_deg / 360.0))


def steering(p: Any) -> Array:
    """Return sines of the beams' angles, which are cosines with the array, shape ``(B,)``."""
    return np.asarray(portable.sincos_turns(angles_turns(p))[0])


def weights(p: Any) -> tuple[Array, Array]:
    """Return the codebook, real and imaginary parts of unit magnitude, shape ``(M, B)``."""
    turns = -0.5 * np.arange(p.antennas)[:, None] * steering(p)
    imaginary, real = portable.sincos_turns(turns)
    return np.ascontiguousarray(real), np.ascontiguousarray(imaginary)


def grid() -> tuple[Array, Array]:
    """Return offsets in standard deviations and their normal probabilities, shapes ``(C,)``."""
    offsets = np.linspace(-REACH, REACH, CELLS)
    weight = portable.exp(-0.5 * offsets * offsets)
    return offsets, np.asarray(weight / weight.sum())


def grid_variance() -> float:
    """Return the variance of the grid's prior, a little below 1."""
    offsets, weight = grid()
    return float((weight * offsets * offsets).sum())


def blur(p: Any) -> Array:
    """Return with what probability a beam this far from the nearest is the best one.

    Gains near broadside lose what the pattern loses, and vary independently by ripple and by what
    phase errors scatter into the main lobe. Beam k is best where it exceeds all others: an integral
    over its own variate of the product of normal distributions.

    Args:
        p: Parameters of the environment.

    Returns:
        Probabilities, shape ``(2 BLUR + 1,)``; entry BLUR is the nearest beam.
    """
    scattered = (1.0 - p.coherence) / (2.0 * max(p.coherence, 1e-3) * p.antennas)
    phase_db = 20.0 / ln(10.0) * math.sqrt(scattered)
    deviation = max(math.sqrt(p.ripple_db * p.ripple_db + phase_db * phase_db), _LEAST_DB)
    offsets = np.arange(-BLUR, BLUR + 1)
    z = np.linspace(-5.0, 5.0, _NODES)
    density = portable.exp(-0.5 * z * z)
    total = np.zeros(len(offsets))
    spacing = p.field_deg / 360.0 / p.beams
    for place in _PLACES:
        cosines = portable.sincos_turns((offsets - place) * spacing)[0]
        gains = np.array([dirichlet_gain_one(0.5 * c, p.antennas) for c in cosines])
        level_db = portable.linear_to_db(np.maximum(gains, 1e-6 * p.antennas))
        for k in range(len(offsets)):
            margins = z[:, None] + (level_db[k] - np.delete(level_db, k)) / deviation
            below = 1.0 - portable.gaussian_q(margins)
            total[k] += float((density * below.prod(1)).sum())
    return np.asarray(total / total.sum())
