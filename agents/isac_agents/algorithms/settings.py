"""Settings shared by several learners: scaled rewards, decreasing step sizes, fused Adam."""

from typing import Any

import torch
from stable_baselines3.common.type_aliases import Schedule
from stable_baselines3.common.utils import LinearSchedule


def check_reward_scale(reward_scale: float) -> None:
    """Check that a factor on the rewards is above 0.

    Raises:
        ValueError: If it is not.
    """
    if not reward_scale > 0.0:
        raise ValueError(f"reward_scale is {reward_scale}, must be above 0")


def falling_rate(learning_rate: float | Schedule, final: float | None) -> float | Schedule:
    """Return a step size that decreases linearly to a final one; None keeps it constant.

    Raises:
        ValueError: If both a schedule and a final step size are given.
    """
    if final is None:
        return learning_rate
    if callable(learning_rate):
        raise ValueError("final_learning_rate cannot go with a schedule as learning_rate")
    return LinearSchedule(learning_rate, final, 1.0)


def with_fused_adam(
    optimizer_class: type[torch.optim.Optimizer], optimizer_kwargs: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Return an optimiser's arguments, with fused Adam by default."""
    if optimizer_class is not torch.optim.Adam:
        return optimizer_kwargs
    return {"fused": True, **(optimizer_kwargs or {})}
