"""Discrete action spaces as lattices: points by levels, by coordinates, and as inputs of a critic.

A dimension with n ordered levels has coordinates from -1 to 1. A dimension of phases is a circle of
circumference 2, with level l at ``2 l / n``. Distances are Euclidean in these coordinates.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from gymnasium import spaces
from torch import nn

from isac_agents.algorithms.wolpertinger.lattice_kernel import nearest_points

Array = npt.NDArray[Any]


class Lattice(nn.Module):
    """The points of a Discrete, MultiDiscrete or MultiBinary space.

    A module without weights, so that its tables move between devices with its networks.

    Args:
        space: The space.
        circular: Whether every dimension is a circle, with the last level next to the first.

    Raises:
        ValueError: If the space has another type, or more than one axis.
    """

    starts: torch.Tensor
    steps: torch.Tensor

    def __init__(self, space: spaces.Space[Any], circular: bool = False) -> None:
        super().__init__()
        counts, starts = _levels(space)
        self.circular = circular
        self.counts = counts
        self.offset = starts  # the number of the first level
        self.dimensions = len(counts)
        self.size = math.prod(counts.tolist())
        self.scales = 2.0 / counts if circular else 2.0 / np.maximum(counts - 1, 1)
        first = np.where(circular | (counts == 1), 0.0, -1.0)
        self.first = first
        self.register_buffer("starts", torch.tensor(first, dtype=torch.float32), persistent=False)
        steps = torch.tensor(self.scales, dtype=torch.float32)
        self.register_buffer("steps", steps, persistent=False)

    @property
    def width(self) -> int:
        """Numbers per point in the input of a critic."""
        return 2 * self.dimensions if self.circular else self.dimensions

    def nearest(self, points: Array, k: int) -> npt.NDArray[np.int64]:
        """Find the levels of the k nearest points, nearest first, exactly.

        Of equally near levels in one dimension, the lower comes first. The order of points at equal
        distance depends only on the given point.

        Args:
            points: Coordinates, shape ``(B, D)``.
            k: Number of points, at least 1; at most the size of the lattice is returned.

        Returns:
            Levels, counted from 0, shape ``(B, min(k, size), D)``.

        Raises:
            ValueError: If ``k`` is not positive, the shape is wrong or a coordinate is not finite.
        """
        if k < 1:
            raise ValueError(f"k is {k}, must be at least 1")
        given = np.asarray(points, np.float64)
        if given.ndim != 2 or given.shape[1] != self.dimensions or not np.isfinite(given).all():
            raise ValueError(
                f"points of shape {given.shape} must be finite, (B, {self.dimensions})"
            )
        positions = (given - self.first) / self.scales
        found = np.empty((len(given), min(k, self.size), self.dimensions), np.int64)
        circles = np.full(self.dimensions, self.circular)
        nearest_points(positions, self.counts, circles, self.scales, found)
        return found

    def coordinates(self, levels: torch.Tensor) -> torch.Tensor:
        """Convert levels to coordinates, shape ``(..., D)``."""
        return self.starts + self.steps * levels

    def embed(self, points: torch.Tensor) -> torch.Tensor:
        """Convert coordinates to inputs of a critic: unchanged, or cosines and sines on circles."""
        if not self.circular:
            return points
        return torch.cat((torch.cos(math.pi * points), torch.sin(math.pi * points)), -1)

    def actions(self, levels: Array) -> Array:
        """Convert levels ``(B, D)`` to actions of the space, ``(B,)`` or ``(B, D)``."""
        return np.asarray(levels + self.offset)


def _levels(space: spaces.Space[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the number of levels in each dimension, and the first level."""
    if isinstance(space, spaces.Discrete):
        return np.array([space.n], np.int64), np.array([space.start], np.int64)
    if isinstance(space, spaces.MultiDiscrete) and space.nvec.ndim == 1:
        return space.nvec.astype(np.int64), space.start.astype(np.int64)
    if isinstance(space, spaces.MultiBinary) and isinstance(space.n, (int, np.integer)):
        return np.full(space.n, 2, np.int64), np.zeros(space.n, np.int64)
    raise ValueError(
        f"{space} is not a lattice, must be Discrete, or MultiDiscrete or MultiBinary of one axis"
    )
