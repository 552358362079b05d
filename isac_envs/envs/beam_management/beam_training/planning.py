"""What further probes promise: expected rewards of stopping now, and after some more probes."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import db_to_linear, log2
from isac_envs.envs.beam_management.beam_training.codebook import expected_powers
from isac_envs.envs.beam_management.beam_training.tables import CELLS, steering

CANDIDATES = 12
DEEPEST = 6
"""Probes that are looked ahead."""

_NEGLIGIBLE = 1e-5
_FAR = 1.7320508075688772  # node of the three-point rule of Gauss and Hermite, weight 1/6


class Plan(NamedTuple):
    """What is best for each copy.

    Attributes:
        probes: Further probes that promise most, 0 to stop, shape ``(n,)``.
        beams: The first of them, shape ``(n,)``.
        gains: Expected reward over that of stopping, shape ``(n,)``.
    """

    probes: npt.NDArray[np.int64]
    beams: npt.NDArray[np.int64]
    gains: npt.NDArray[np.float64]


class Room(NamedTuple):
    """Arrays that a plan works in.

    Attributes:
        steer: Sines of the beams' angles, shape ``(B,)``.
        candidates: Shape ``(CANDIDATES,)``.
        powers: Expected SNR, by candidate and direction, shape ``(CANDIDATES, 2, C)``.
        levels: Largest expected SNR so far, shape ``(2, C)``.
    """

    steer: Any
    candidates: Any
    powers: Any
    levels: Any


@inlined
def _with_ripple(level: float, power: float, up: float) -> float:
    """Return the expected larger one of a level and a power with ripple."""
    high, low = max(level, power * up), max(level, power / up)
    return (high + low + 4.0 * max(level, power)) / 6.0


@jit
def _choose_candidates(beams: Any, candidates: Any) -> int:
    """Write the most probable beams that are not probed; return their number."""
    count = 0
    for b in range(beams.shape[0]):
        probability = beams[b].probability
        if beams[b].probed or probability < _NEGLIGIBLE:
            continue
        at = count if count < candidates.shape[0] else candidates.shape[0] - 1
        if at < count and probability <= beams[candidates[at]].probability:
            continue
        while at > 0 and beams[candidates[at - 1]].probability < probability:
            candidates[at] = candidates[at - 1]
            at -= 1
        candidates[at] = b
        count = min(count + 1, candidates.shape[0])
    return count


@jit
def _expect(p: Record, cells: Any, antennas: float, b: int, room: Any, out: Any) -> None:
    """Write the expected SNR of a beam in every direction, shape ``(2, C)``."""
    for k in range(cells.shape[0]):
        pattern, scattered = expected_powers(p, cells[k], room.steer[b], antennas, False)
        out[0, k] = pattern + scattered
        out[1, k] = 0.0
        if cells[k].shut > 0.0:
            pattern, scattered = expected_powers(p, cells[k], room.steer[b], antennas, True)
            out[1, k] = pattern + scattered


@jit
def _expected_rate(cells: Any, levels: Any, share: float) -> float:
    """Return the expected rate of data at the levels of each direction."""
    total = 0.0
    for k in range(cells.shape[0]):
        if cells[k].free > _NEGLIGIBLE:
            total += cells[k].free * log2(1.0 + levels[0, k])
        if cells[k].shut > _NEGLIGIBLE:
            total += cells[k].shut * log2(1.0 + levels[1, k])
    return share * total


@jit
def _most_promising(cells: Any, room: Any, count: int, up: float) -> int:
    """Return the candidate that raises the expected rate most; its place is then -1."""
    found, most = -1, -1.0
    for j in range(count):
        if room.candidates[j] < 0:
            continue
        total = 0.0
        for k in range(cells.shape[0]):
            if cells[k].free > _NEGLIGIBLE:
                level = _with_ripple(room.levels[0, k], room.powers[j, 0, k], up)
                total += cells[k].free * log2(1.0 + level)
            if cells[k].shut > _NEGLIGIBLE:
                level = _with_ripple(room.levels[1, k], room.powers[j, 1, k], up)
                total += cells[k].shut * log2(1.0 + level)
        if total > most:
            found, most = j, total
    return found


@jit
def plan_one(p: Record, e: Record, beams: Any, cells: Any, antennas: float,
             room: Any) -> tuple[int, int, float]:  # fmt: skip
    """Return further probes that promise most, the first beam, and the gain over stopping.

    Args:
        p: Parameters of the environment, one record.
        e: Environment of one copy.
        beams: Its beams, shape ``(B,)``.
        cells: Its directions, shape ``(C,)``.
        antennas: Number of antennas.
        room: Arrays to work in.
    """
    share, mini = 1.0 - e.used / p.slot_probes, 1.0 / p.slot_probes
    up = db_to_linear(_FAR * p.ripple_db)
    levels = room.levels
    if e.used > 0:
        levels[:, :] = e.best_power
    else:
        _expect(p, cells, antennas, e.last, room, levels)
    stop = _expected_rate(cells, levels, share)
    if e.used == 0:
        levels[:, :] = 0.0
    count = _choose_candidates(beams, room.candidates)
    for j in range(count):
        _expect(p, cells, antennas, room.candidates[j], room, room.powers[j])
    probes, first, best = 0, 0, stop
    chosen = -1
    for depth in range(1, min(DEEPEST, count) + 1):
        left = share - depth * mini
        if left <= 0.0:
            break
        j = _most_promising(cells, room, count, up)
        if depth == 1:
            chosen = room.candidates[j]
        room.candidates[j] = -1
        for k in range(cells.shape[0]):
            for h in range(2):
                levels[h, k] = _with_ripple(levels[h, k], room.powers[j, h, k], up)
        value = _expected_rate(cells, levels, left)
        if value > best:
            probes, first, best = depth, chosen, value
    return probes, first, best - stop


@jit
def _plan_all(p: Any, state: Any, room: Any, out: Any) -> None:
    antennas = float(state.elements.shape[1])
    for i in range(state.env.shape[0]):
        out.probes[i], out.beams[i], out.gains[i] = plan_one(
            p[0], state.env[i], state.beams[i], state.cells[i], antennas, room
        )


class Planner:
    """Plans for all copies of a batch.

    Args:
        model: The environment.
    """

    def __init__(self, model: Any) -> None:
        self.params = model.params
        self.room = Room(
            steering(self.params), np.zeros(CANDIDATES, np.int64),
            np.zeros((CANDIDATES, 2, CELLS)), np.zeros((2, CELLS)),
        )  # fmt: skip

    def plan(self, state: Any) -> Plan:
        """Return what further probes promise."""
        n = len(state.env)
        out = Plan(np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n))
        _plan_all(self.params.record, state, self.room, out)
        return out
