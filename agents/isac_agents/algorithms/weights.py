"""Weights of a learner's policy as files that cannot run code, and as a start for another run."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from isac_envs.errors import IsacError

Weights = Mapping[str, torch.Tensor]


def save_weights(model: Any, path: str | Path) -> None:
    """Write the weights of a learner's policy, target networks included.

    Raises:
        OSError: If the file cannot be written.
    """
    content = io.BytesIO()  # torch hides the reason when it cannot write a file itself
    torch.save(model.policy.state_dict(), content)
    Path(path).write_bytes(content.getbuffer())


def load_weights(path: str | Path) -> dict[str, torch.Tensor]:
    """Return weights from a file of :func:`save_weights`; pickled objects are refused.

    Raises:
        IsacError: If the file does not hold weights.
    """
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except (FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # torch names no common base of what damaged files raise
        reason = str(error).splitlines()[0]
        raise IsacError(f"{path}: not a file of weights: {reason}") from error
    if not (isinstance(weights, dict) and all(map(torch.is_tensor, weights.values()))):
        raise IsacError(f"{path}: not a file of weights")
    return weights


def warm_start(model: Any, weights: Weights | str | Path) -> Any:
    """Let a learner start from the weights of another run, and return it.

    The optimiser, the replay buffer and the step counter stay as they are. Start a Q-learner with
    little exploration, a small learning rate and a well filled buffer, or the first updates on few
    transitions undo what the weights know; from ``highway`` to ``storm`` of the mode selection
    problem, ``exploration_initial_eps=0.2, learning_rate=2e-4, learning_starts=10_000`` never fell
    below 98 % of the optimum.

    Args:
        model: A learner whose policy has the same architecture.
        weights: The weights, or a file of :func:`save_weights`.

    Raises:
        IsacError: If the weights are of another architecture.
    """
    if isinstance(weights, (str, Path)):
        weights = load_weights(weights)
    try:
        model.policy.load_state_dict(weights)
    except RuntimeError as error:
        raise IsacError(f"the weights do not fit the policy: {error}") from error
    return model
