"""Parameters of the toy environments."""

from typing import Any, Literal

import numpy as np

from isac_envs.declaration.params import EnvParams, parameter


class RoverParams(EnvParams):
    """Parameters of the rovers."""

    horizon: int = parameter(40, "Steps until an episode is truncated.", "steps", ge=1)
    weights: tuple[float, ...] = parameter((1.0, 0.5), "Weights of distance and energy.")
    rovers: int = parameter(1, "Number of rovers, each of them an agent.", ge=1, le=16)
    sight: Literal["noisy", "true"] = parameter("noisy", "What a rover sees of its position.")
    start_m: float = parameter(0.8, "Largest start coordinate.", "m", ge=0, le=1)
    stride_m: float = parameter(0.2, "Way at a full action.", "m", gt=0, le=1)
    wind_m: float = parameter(0.05, "Standard deviation of the drift.", "m", ge=0, le=1)
    noise_m: float = parameter(0.1, "Standard deviation of a seen position.", "m", ge=0, le=1)
    charge_j: float = parameter(9.0, "Energy of a full battery.", "J", gt=0)
    idle_j: float = parameter(0.1, "Energy of a step without motion.", "J", ge=0)
    drag: bool = parameter(True, "Motion costs energy in proportion to its square.")

    def derived(self) -> dict[str, Any]:
        """Return the angles, in turns, at which the rovers feel the drift."""
        return {"bearings": np.arange(16) / 16.0}


class CorridorParams(EnvParams):
    """Parameters of the walkers in a corridor."""

    horizon: int = parameter(30, "Steps until an episode is truncated.", "steps", ge=1)
    walkers: int = parameter(1, "Number of walkers, each of them an agent.", ge=1, le=16)
    cells: int = parameter(7, "Length of the corridor.", "cells", ge=2, le=100)
    slip: float = parameter(0.2, "Probability that a move fails.", ge=0, le=1)
    collapse: float = parameter(0.03, "Probability that the corridor ends in a step.", ge=0, le=1)
