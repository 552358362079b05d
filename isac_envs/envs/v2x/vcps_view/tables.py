"""What the kernel reads beyond the parameters: the demanded gain, and scenes of a trace."""

import math
from typing import Any

import numpy as np

from isac_envs.errors import TraceError
from isac_envs.kernels.numerics.gamma import gaussian_q_inverse
from isac_envs.traces.reading import read_traffic
from isac_envs.traces.scenes import scenes_of

Params = Any
"""The parameter model, which imports this module."""

SLOT_S, VEHICLE_M = 1.0, 5.0
"""Duration of a slot, and length of a vehicle in a trace."""


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


def scenes(params: Params) -> dict[str, Any]:
    """Return scenes of the trace, shape ``(scenes, V, T, 2)`` in m; a single zero without one.

    Raises:
        ValueError: If the file cannot be used.
    """
    if not params.traces:
        return {"from_file": False, "scenes": np.zeros((1, 1, 1, 2))}
    try:
        traffic = read_traffic(params.traces, SLOT_S, VEHICLE_M)
        return {"from_file": True, "scenes": scenes_of(traffic, params.vehicles, params.slots)}
    except TraceError as error:
        raise ValueError(f"parameter traces (with slots): {error}") from None
