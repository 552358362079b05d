"""Memory of the last echoes with a measurement, the state of a recurrent policy.

A slot without a detection only adds age. The memory of a few echoes therefore spans any number of
misses, and forecasts work from echoes of any age.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

COSINE, DISTANCE, SPEED, SNR, AGE, VALID = range(6)
FIELDS = 6
"""Numbers of a remembered echo: the three measurements and the SNR in the units of the
observation, the slots from the echo to the next slot (1 for the last slot), and 1 if there is
an echo."""

SLOT_FIELDS = 5
"""Numbers of a slot in the observation: three measurements, the detection flag, the SNR."""

_MEASURED = 3  # index of the detection flag in a slot of the observation


def windows(observations: Array, vehicles: int, length: int) -> Array:
    """Return the histories of all vehicles, newest first, shape ``(rows, length, 5)``.

    Args:
        observations: Shape ``(n, vehicles * length * 5)``.
        vehicles: Vehicles K of a copy; ``rows`` is ``n * K``.
        length: Slots of a history.
    """
    return observations.reshape(-1, length, observations.shape[-1] // (vehicles * length))


def recall(windows: Array) -> Array:
    """Build the memory from windows of the last slots alone.

    Args:
        windows: Shape ``(rows, length, 5)``, newest first.

    Returns:
        Shape ``(rows, length, FIELDS)``, newest first.
    """
    rows, length, _ = windows.shape
    memory = np.zeros((rows, length, FIELDS), np.float32)
    for lag in range(length - 1, -1, -1):
        memory = remember(memory, windows[:, lag])
    return memory


def remember(memory: Array, newest: Array) -> Array:
    """Add a slot to the memory.

    Args:
        memory: Shape ``(rows, length, FIELDS)``.
        newest: Numbers of the last slot in the observation, shape ``(rows, 5)``.
    """
    aged = memory.copy()
    aged[..., AGE] += aged[..., VALID]
    detected = newest[:, _MEASURED] > 0.5
    pushed = np.concatenate((np.zeros_like(aged[:, :1]), aged[:, :-1]), 1)
    pushed[:, 0, COSINE : SPEED + 1] = newest[:, :_MEASURED]
    pushed[:, 0, SNR] = newest[:, _MEASURED + 1]
    pushed[:, 0, AGE] = pushed[:, 0, VALID] = 1.0
    return np.where(detected[:, None, None], pushed, aged)
