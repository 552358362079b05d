"""Copies of isac/SecureIsac-v0 for its tests, and its formulas in plain NumPy."""

from typing import Any

import numpy as np
from harness import bind

from isac_envs.declaration.trial import Trial

ID = "isac/SecureIsac-v0"
SMALL: dict[str, Any] = {"elements": 12, "antennas": 3, "horizon": 400}


def trial(copies: int, scenario: str | None = None, seed: int = 0, **overrides: Any) -> Trial:
    """Return copies that have begun an episode."""
    found = Trial(bind(ID, scenario, **overrides), copies)
    found.start(np.arange(copies) + seed)
    return found


def shares(noise: float, sensing: float, copies: Trial, phases: Any = 0.0) -> np.ndarray:
    """Return box actions with shares of power."""
    action = np.zeros((copies.n, copies.model.action.width))
    action[:, :-2] = phases
    action[:, -2:] = 2.0 * np.sqrt((noise, sensing)) - 1.0
    return action


def random_actions(copies: Trial, random: np.random.Generator) -> np.ndarray:
    spec = copies.model.action
    if spec.kind == "box":
        return random.uniform(spec.low, spec.high, (copies.n, spec.width))
    return random.integers(0, spec.high.astype(int) + 1, (copies.n, spec.width))


def mean_reward(name: str, model: Any, copies: int, steps: int, seed: int = 0) -> np.ndarray:
    """Return the mean reward of a step of a baseline in each copy, shape ``(n,)``."""
    found = Trial(model, copies)
    found.start(np.arange(copies) + seed)
    policy = model.baselines[name](found, 0)
    return np.asarray(sum(found.step(policy.act()) for _ in range(steps)) / steps)


def now(state: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return direct paths and legs to the surface of the slot, a row for each receiver."""
    rows = np.arange(len(state.env))
    return state.direct[rows, state.env["now"]], state.reflected[rows, state.env["now"]]


def asked_turns(copies: Trial, action: np.ndarray) -> np.ndarray:
    """Return the phases that actions set, in turns, shape ``(n, N)``."""
    state, p = copies.state, copies.model.params
    turns, count = state.elements["turns"].copy(), p.elements
    if p.action == "increments":
        turns += action[:, :count] * p.largest_increment_deg / 360.0
    elif p.action == "phases":
        turns = 0.5 * action[:, :count]
    elif p.action == "levels":
        turns = action[:, :count] / 2.0**p.phase_bits
    else:
        x, y = p.surface_m
        cosines = -1 + (2 * action[:, :1] + 1) / p.codebook_size
        turns = -0.5 * (cosines - x / np.hypot(x, y)) * np.arange(count)
    if p.phase_bits:
        turns = np.rint(turns * 2**p.phase_bits) / 2**p.phase_bits
    return np.asarray(turns)


def sight(place: np.ndarray, p: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the lines of sight to the eavesdropper at a place: direct, and from the surface."""
    wave, rows = 299792458.0 / p.carrier_hz, []
    for origin, axis, count, loss, slope in (
        ((0.0, 0.0), 1, p.antennas, p.target_direct_loss_1m_db, p.target_direct_slope_db),
        (p.surface_m, 0, p.elements, p.target_reflected_loss_1m_db, p.target_reflected_slope_db),
    ):
        away = place - origin
        far = np.hypot(*away)
        budget = p.power_dbm - p.noise_dbm - loss - slope * np.log10(far)
        places = np.arange(count) - (count - 1) / 2
        phase = -2 * np.pi * far / wave + np.pi * places * away[axis] / far
        rows.append(10 ** (budget / 20) * np.exp(1j * phase))
    return rows[0], rows[1]


def leakage(state: Any, i: int, p: Any, surface: np.ndarray) -> np.ndarray:
    """Return the covariance R of copy i, equation (8); ``surface`` is Gamma G."""
    if p.eavesdropper_knowledge == "estimated":
        row = state.estimated_direct[i, 1] + state.estimated_reflected[i, 1] @ surface
        return np.outer(row.conj(), row)
    mean, covariance = state.believed[i, :2], state.covariance[i, :2, :2]
    away = mean - p.surface_m
    across = np.array((-away[1], away[0])) / np.hypot(*away)
    step = covariance @ across / np.sqrt(across @ covariance @ across)
    density = np.exp(-0.5 * np.arange(-2.0, 3.0) ** 2)
    total = np.zeros((p.antennas, p.antennas), complex)
    for k, weight in zip(range(-2, 3), density / density.sum(), strict=True):
        direct, reflected = sight(mean + k * step, p)
        for row in (direct, reflected @ surface):
            total += weight * np.outer(row.conj(), row)
    return total


def beams_of(user: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return message, noise and sensing beams of power 1, equation (9), shape ``(M, 3)``."""
    count = len(user)
    message = np.linalg.solve(np.eye(count) + covariance, user.conj())
    null = np.eye(count)
    if count > 1:
        null = null - np.outer(user.conj(), user) / np.linalg.norm(user) ** 2
    noise = np.linalg.eigh(null @ covariance @ null)[1][:, -1]
    sensing = np.linalg.eigh(covariance)[1][:, -1]
    return np.stack((message / np.linalg.norm(message), noise, sensing), 1)
