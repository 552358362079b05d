"""What the kernel reads beyond the parameters: the demanded gain, and tracks from a file."""

import math
from typing import Any

import numpy as np

from isac_envs.envs.v2x.vcps_view.tracks import read_tracks
from isac_envs.kernels.numerics.gamma import gaussian_q_inverse

Params = Any
"""The parameter model, which imports this module."""


def demanded_gain(params: Params) -> float:
    """Return the |h|^2 that the channel exceeds with the demanded probability.

    It is the quantile of the normal amplitude, or its least value over all laws with the same mean
    and variance, ``mean - deviation * sqrt(success / (1 - success))`` (Cantelli's inequality).
    """
    if params.reliability == "worst_case":
        spread = math.sqrt(params.success / (1.0 - params.success))
    else:
        spread = -gaussian_q_inverse(params.success)
    amplitude = params.fading_mean - spread * params.fading_deviation
    amplitude = max(amplitude, 1e-3)
    return amplitude * amplitude


def squaring(params: Params) -> float:
    """Return the factor that the published code multiplies a link's bandwidth with once more."""
    return 1e-6 * params.bandwidth_hz if params.bandwidth_law == "squared" else 1.0


def tracks(params: Params) -> dict[str, Any]:
    """Return the tracks of the file, shape ``(V, T, 2)`` in m, or a single zero without one.

    Raises:
        ValueError: If the file cannot be used.
    """
    path = params.tracks_csv
    if not path:
        return {"from_file": False, "tracks": np.zeros((1, 1, 2))}
    return {"from_file": True, "tracks": read_tracks(path, params.vehicles, params.slots)}
