"""Memory of the last echoes that carried a measurement, as a recurrent policy's state.

A slot without a detection adds nothing but age: the memory of a few echoes reaches back over any
number of missed ones, and forecasts can be made from them however old they are.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

COSINE, DISTANCE, SPEED, SNR, AGE, VALID = range(6)
FIELDS = 6
"""Numbers of a remembered echo: the three measured ones and the SNR in the units of the
observation, the slots from the echo to the coming slot (1 for the last slot), and 1 if there is
an echo."""

SLOT_FIELDS = 5
"""Numbers of a slot in the observation: three measured ones, the detection flag, the SNR."""

_MEASURED = 3  # place of the detection flag in a tuple of the observation


def windows(observations: Array, vehicles: int, length: int) -> Array:
    """Return the histories of all vehicles, newest first, shape ``(rows, length, 5)``."""
    return observations.reshape(-1, length, observations.shape[-1] // (vehicles * length))


def recall(windows: Array) -> Array:
    """Return the memory that windows of the last slots give by themselves.

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
    """Return the memory after one more slot.

    Args:
        memory: Shape ``(rows, length, FIELDS)``.
        newest: Tuple of the last slot in the observation, shape ``(rows, 5)``.
    """
    aged = memory.copy()
    aged[..., AGE] += aged[..., VALID]
    detected = newest[:, _MEASURED] > 0.5
    pushed = np.concatenate((np.zeros_like(aged[:, :1]), aged[:, :-1]), 1)
    pushed[:, 0, COSINE : SPEED + 1] = newest[:, :_MEASURED]
    pushed[:, 0, SNR] = newest[:, _MEASURED + 1]
    pushed[:, 0, AGE] = pushed[:, 0, VALID] = 1.0
    return np.where(detected[:, None, None], pushed, aged)
