"""Guard of learners against NaN and infinities."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.fields import Spec
from isac_envs.errors import IsacError

Array = npt.NDArray[Any]

LARGEST = float(np.finfo(np.float32).max)
"""Learners receive rewards as float32."""


class NotFiniteError(IsacError):
    """A reward, an observation, a loss or a weight that is not a finite number."""


def check_step(rewards: Array, observations: Array, spec: Spec) -> None:
    """Refuse a step with a reward or an observation that is not finite.

    Args:
        rewards: Shape ``(n, A)``.
        observations: Shape ``(n, A, D)``.
        spec: Fields of an observation.

    Raises:
        NotFiniteError: If a value is not finite; the message names the first copy and agent.
    """
    # One comparison suffices: it is false for NaN, too.
    if not np.abs(rewards).max() <= LARGEST:
        copy, agent = np.argwhere(~(np.abs(rewards) <= LARGEST))[0].tolist()
        raise NotFiniteError(
            f"the reward of agent {agent} in copy {copy} is {rewards[copy, agent]}"
        )
    if observations.dtype.kind == "f" and not np.isfinite(observations).all():
        copy, agent, k = np.argwhere(~np.isfinite(observations))[0].tolist()
        names = [each.name for each in spec.coordinates for _ in range(each.size)]
        raise NotFiniteError(
            f"{names[k]!r} in the observation of agent {agent} in copy {copy} is "
            f"{observations[copy, agent, k]}"
        )
