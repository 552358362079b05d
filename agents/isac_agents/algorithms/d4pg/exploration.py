"""Noise of many copies, and actions of a deterministic actor with noise, block by block.

The actions of a copy depend neither on the number of other copies nor on the process that steps it.
Each copy has its own random stream. An actor sees the copies in blocks of a fixed size, because the
rounding of a matrix product depends on its number of rows.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3.common.policies import BasePolicy

Array = npt.NDArray[Any]

COPIES_PER_BLOCK = 8
"""Copies that are evaluated together, and always in one process."""


def noise_scales(copies: int, scale: float | Sequence[float], spread: float = 1.0) -> Array:
    """Return the noise scale of each copy, shape ``(copies,)``.

    A single scale applies to the first copy; copy ``i`` of ``N`` gets
    ``scale * spread**(i / (N - 1))``.

    Source of the spread: D. Horgan et al., "Distributed prioritized experience replay", ICLR 2018
    (arXiv 1803.00933), section 4.1, where it applies to epsilon; D4PG has equal scales.

    Args:
        copies: Number of copies.
        scale: Standard deviation of the noise, or one for each copy.
        spread: Scale of the last copy relative to the first.

    Raises:
        ValueError: If a scale is negative, the spread not positive, or the number of scales wrong.
    """
    if not spread > 0.0:
        raise ValueError(f"noise_spread is {spread}, must be above 0")
    given = np.asarray(scale, np.float64)
    if given.shape not in ((), (copies,)):
        raise ValueError(f"noise_scale has {given.size} values for {copies} copies")
    if not (given >= 0.0).all():
        raise ValueError(f"noise_scale is {scale}, must be at least 0")
    return given * spread ** np.linspace(0.0, 1.0, copies)


def noise_streams(seed: int | None, copies: int) -> list[np.random.Generator]:
    """Create the random stream of each copy; None draws fresh entropy."""
    entropy = np.random.SeedSequence(seed).entropy
    assert isinstance(entropy, int)
    return [np.random.default_rng((entropy, copy)) for copy in range(copies)]


def draw_noise(
    streams: list[np.random.Generator], scales: Array, shape: tuple[int, int, int], warm_up: int
) -> Array:
    """Draw the noise on the actions of some steps.

    Args:
        streams: Random stream of each copy.
        scales: Standard deviation of each copy's noise.
        shape: Steps, agents of a copy, coordinates of an action.
        warm_up: Number of first steps whose noise is uniform in -1..1, as complete actions.

    Returns:
        float32, shape ``(steps, copies * agents, coordinates)``.
    """
    steps, agents, width = shape
    noise = np.empty((steps, len(streams), agents, width), np.float32)
    for copy, (stream, scale) in enumerate(zip(streams, scales, strict=True)):
        noise[:warm_up, copy] = stream.uniform(-1.0, 1.0, (warm_up, agents, width))
        noise[warm_up:, copy] = scale * stream.standard_normal((steps - warm_up, agents, width))
    return noise.reshape(steps, -1, width)


def act(actor: BasePolicy, observations: Array, noise: Array, block: int, random: bool) -> Array:
    """Choose scaled actions: the actor's with noise, clipped to -1..1, or the noise alone.

    Args:
        actor: Network on the CPU; its outputs are scaled actions.
        observations: Shape ``(rows, ...)``.
        noise: Shape ``(rows, W)``.
        block: Rows that are evaluated together.
        random: Use the noise alone.
    """
    if random:
        return noise
    with torch.no_grad():
        # torch.tensor copies to aligned memory; rounding could depend on the alignment, too.
        parts = [
            actor(torch.tensor(observations[first : first + block])).numpy()
            for first in range(0, len(observations), block)
        ]
    return np.clip(np.concatenate(parts) + noise, -1.0, 1.0)
