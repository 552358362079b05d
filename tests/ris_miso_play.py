"""Copies of isac/RisMiso-v0 for its tests, and what they read of the state."""

from typing import Any

import numpy as np
from harness import bind

from isac_envs.declaration.trial import Trial

ID = "isac/RisMiso-v0"
SMALL: dict[str, Any] = {"elements": 12, "antennas": 3, "users": 2, "horizon": 400}


def trial(copies: int, scenario: str | None = None, seed: int = 0, **overrides: Any) -> Trial:
    """Return copies that have begun an episode."""
    found = Trial(bind(ID, scenario, **overrides), copies)
    found.start(np.arange(copies) + seed)
    return found


def still(copies: Trial) -> np.ndarray:
    """Return actions that change nothing."""
    return np.zeros((copies.n, copies.model.action.width))


def now(state: Any) -> tuple[np.ndarray, np.ndarray]:
    rows = np.arange(len(state.env))
    return state.direct[rows, state.env["now"]], state.reflected[rows, state.env["now"]]


def random_actions(copies: Trial, random: np.random.Generator) -> np.ndarray:
    spec = copies.model.action
    if spec.kind == "box":
        return random.uniform(spec.low, spec.high, (copies.n, spec.width))
    drawn = random.integers(0, spec.high.astype(int) + 1, (copies.n, spec.width))
    return drawn[:, 0] if spec.kind == "discrete" else drawn
