"""Distributions of returns over equally spaced atoms, as C51 and D4PG learn them."""

import torch
from torch.nn import functional


def make_atoms(v_min: float, v_max: float, count: int) -> torch.Tensor:
    """Return equally spaced atoms from ``v_min`` to ``v_max``, float32, shape ``(count,)``.

    Args:
        v_min: Smallest atom.
        v_max: Largest atom, above ``v_min``.
        count: Number of atoms, at least 2.

    Raises:
        ValueError: If ``v_min`` is not below ``v_max`` or there are fewer than two atoms.
    """
    if not v_min < v_max:
        raise ValueError(f"v_min is {v_min} and v_max {v_max}: v_min must be below v_max")
    if count < 2:
        raise ValueError(f"the number of atoms is {count}, must be at least 2")
    return torch.linspace(v_min, v_max, count)


def return_bounds(
    low: float, high: float, gamma: float, horizon: int | None = None
) -> tuple[float, float]:
    """Return bounds of discounted returns if each reward lies in ``low..high``.

    Episodes last from one step to ``horizon`` steps: the upper bound is ``high`` times
    ``1 + gamma + ... = (1 - gamma**T) / (1 - gamma)`` if ``high`` is positive, else ``high``.

    Args:
        low: Smallest reward of a step.
        high: Largest reward of a step.
        gamma: Discount factor, 0 to 1.
        horizon: Maximum steps T of an episode; None for no limit, also if the value of truncated
            episodes is bootstrapped. Required if ``gamma`` is 1.

    Raises:
        ValueError: If ``gamma`` is 1 and there is no horizon.
    """
    if gamma < 1.0:
        length = (1.0 - (0.0 if horizon is None else gamma**horizon)) / (1.0 - gamma)
    elif horizon is None:
        raise ValueError("returns are unbounded if gamma is 1 and episodes have no horizon")
    else:
        length = float(horizon)
    return min(low, low * length), max(high, high * length)


def project(
    positions: torch.Tensor, probabilities: torch.Tensor, atoms: torch.Tensor
) -> torch.Tensor:
    """Move probability to the two nearest atoms, linearly in the distance.

    Positions beyond the first or last atom are clipped to it. With ``b`` the position in units of
    the spacing, atom ``i`` receives ``p * max(0, 1 - |b - i|)`` from each position. The projection
    preserves the total probability, and the mean where no position is clipped.

    Source: M. G. Bellemare, W. Dabney, R. Munos, "A distributional perspective on reinforcement
    learning", ICML 2017 (arXiv 1707.06887), equation (7) and algorithm 1. Difference from
    algorithm 1: the lower atom is at most the last but one, and the upper atom always the next, so
    that no mass is lost where ``b`` is an integer (there, algorithm 1 has ``l == u``).

    Args:
        positions: Positions of the probability, such as ``r + gamma * atoms``, shape ``(B, M)``.
        probabilities: Probability at each position, shape ``(B, M)``.
        atoms: Equally spaced, increasing, at least two, shape ``(N,)``.

    Returns:
        Probabilities of the atoms, shape ``(B, N)``.
    """
    last = len(atoms) - 1
    spacing = (atoms[-1] - atoms[0]) / last
    index = ((positions - atoms[0]) / spacing).clamp(0.0, last)
    lower = index.floor().clamp(max=last - 1)
    above = probabilities * (index - lower)
    result = probabilities.new_zeros(len(positions), last + 1)
    below = lower.long()
    result.scatter_add_(1, below, probabilities - above)
    return result.scatter_add_(1, below + 1, above)


def cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the cross entropy of each row, shape ``(B,)``, with the gradient of the KL divergence.

    Args:
        logits: Log probabilities of the prediction, unnormalised, shape ``(B, N)``.
        targets: Target probabilities, shape ``(B, N)``.
    """
    return -(targets * functional.log_softmax(logits, 1)).sum(1)
