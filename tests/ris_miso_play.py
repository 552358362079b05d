"""Copies of environments with a surface for their tests, and formulas of plain NumPy for them."""

import math
from typing import Any

import numpy as np
from harness import bind

from isac_envs.declaration.trial import Trial

ID = "isac/RisMiso-v0"
SMALL: dict[str, Any] = {"elements": 12, "antennas": 3, "users": 2, "horizon": 400}


def trial(
    copies: int, scenario: str | None = None, seed: int = 0, name: str = ID, **overrides: Any
) -> Trial:
    """Return copies that have begun an episode."""
    found = Trial(bind(name, scenario, **overrides), copies)
    found.start(np.arange(copies) + seed)
    return found


def still(copies: Trial) -> np.ndarray:
    """Return actions that change nothing."""
    return np.zeros((copies.n, copies.model.action.width))


def now(state: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the direct paths and the legs of the slot."""
    rows = np.arange(len(state.env))
    return state.direct[rows, state.env["now"]], state.reflected[rows, state.env["now"]]


def phasors(state: Any, p: Any, with_errors: bool = True) -> np.ndarray:
    """Return the coefficients of all elements, equation (5), shape ``(n, N)``."""
    turns = state.elements["turns"]
    if p.phase_bits:
        turns = np.rint(turns * 2**p.phase_bits) / 2**p.phase_bits
    low, offset = p.least_amplitude, p.amplitude_offset_turns
    wave = (np.sin(2 * np.pi * (turns - offset)) + 1) / 2
    sizes = (1 - low) * wave**p.amplitude_steepness + low
    errors = state.elements["error_turns"] if with_errors else 0.0
    return sizes * np.exp(2j * np.pi * (turns + errors))


def composed(direct: np.ndarray, legs: np.ndarray, reflection: Any, incident: np.ndarray) -> Any:
    """Return the channels over the surface, equation (6), shape ``(n, K, M)``."""
    return direct + (legs * reflection[:, None]) @ incident


def equal_powers(beams: np.ndarray) -> np.ndarray:
    """Return beams of the same power, together 1."""
    return beams / np.linalg.norm(beams, axis=0) / math.sqrt(beams.shape[1])


def asked(copies: Trial, action: np.ndarray) -> Any:
    """Return the state with the phases that actions ask for; actions begin with these."""
    state, p = copies.state, copies.model.params
    count, turns = p.elements, state.elements["turns"].copy()
    if p.action == "increments":
        turns += action[:, :count] * p.largest_increment_deg / 360.0
    elif p.action == "phases":
        turns = 0.5 * action[:, :count]
    elif p.action == "levels":
        turns = action[:, :count] / 2**p.phase_bits
    else:
        x, y = p.surface_m
        beam = action.reshape(len(action), -1)[:, 0]
        cosines = -1 + (2 * beam + 1) / p.codebook_size
        turns = -0.5 * (cosines[:, None] - x / math.hypot(x, y)) * np.arange(count)
    moved = state._replace(elements=state.elements.copy())
    moved.elements["turns"] = turns
    return moved


def random_actions(copies: Trial, random: np.random.Generator) -> np.ndarray:
    spec = copies.model.action
    if spec.kind == "box":
        return random.uniform(spec.low, spec.high, (copies.n, spec.width))
    drawn = random.integers(0, spec.high.astype(int) + 1, (copies.n, spec.width))
    return drawn[:, 0] if spec.kind == "discrete" else drawn
