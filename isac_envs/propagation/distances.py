"""Least distances of the laws, below which a link counts as that long."""

import math

from isac_envs.engine.jit import inlined

LEAST_GROUND_M = 10.0
"""On the ground outdoors, TR 38.901 table 7.4.1-1."""
LEAST_M = 1.0
"""Between the antennas elsewhere, the same table."""


@inlined
def between_antennas(ground_m: float, rise_m: float) -> float:
    """Return the distance between two antennas in m, at least :data:`LEAST_M`.

    Args:
        ground_m: Distance on the ground in m.
        rise_m: Difference of the heights in m.
    """
    return math.sqrt(max(ground_m * ground_m + rise_m * rise_m, LEAST_M * LEAST_M))
