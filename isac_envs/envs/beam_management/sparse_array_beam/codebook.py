"""The oversampled DFT codebook of a sparse array, its phases rounded to the levels."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.kernels.arrays.beams import dft_turns

OVERSAMPLING = 4
"""Beams for each place of the full array."""


def dft_levels(params: Any) -> npt.NDArray[np.int64]:
    """Return the levels of every beam, shape ``(beams, N)``; the sines of the beams ascend.

    The codebook is that of a full array of the same aperture; missing elements are left out.
    """
    places = np.array(params.positions)
    turns = np.outer(dft_turns(int(places[-1]) + 1, OVERSAMPLING), places)
    return np.asarray(np.rint(turns * params.levels), np.int64) % params.levels
