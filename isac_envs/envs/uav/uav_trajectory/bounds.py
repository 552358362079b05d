"""Upper bounds on what a mission can earn: a relaxed dynamic program, and the best looks.

Data: the least data of a user is at most the sum of all with weights l of sum 1, and a battery
that may be overdrawn at a price mu only adds to what can be earned: for any l and mu >= 0,
``max [sum_t max_m l_m R_m(q_t) - mu E_t] + mu battery`` bounds the least data (weak duality). The
maximum over paths is bounded by a dynamic program over square cells in stages of a few slots. A
stage that ends in a cell earns, in each of its slots, what is earned at the point nearest to a user
that is within reach of the cell in the slots to go; a move takes the least energy of all moves
between points of its cells, and it is possible if any is. The bound is made tight by descent in l
and mu; it holds whether that has converged or not. The least energy relies on a power that is
convex above the speed of the least power.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.engine.jit import Record, jit
from isac_envs.engine.mathx import ln
from isac_envs.engine.passes import copy_row
from isac_envs.envs.uav.uav_trajectory.flight import efficiency
from isac_envs.kernels.numerics import portable
from isac_envs.kernels.platforms.propulsion import minimum_power_speed, rotary_wing_power

Floats = npt.NDArray[np.float64]

CELL_M = 30.0
_ITERATIONS = 16
_STAGE_SLOTS = 4
_MOST_STAGES = 50


class Cells(NamedTuple):
    """Square cells, row-major, and how a path goes over them.

    Attributes:
        side: Cells in a row.
        start: Where paths begin.
        moves: Steps in either axis, shape ``(M, 2)``.
        terminal: What ending in a cell for good earns, at most 0, shape ``(cells,)``.
    """

    side: int
    start: int
    moves: Any
    terminal: Any


class Scratch(NamedTuple):
    """What the search for a path works with.

    Attributes:
        values: Value of each cell before each stage and at the end, shape ``(stages + 1, cells)``.
        gain: Shape ``(cells,)``.
    """

    values: Any
    gain: Any


@jit
def _add_stage(cells: Cells, gain: Any, prices: Any, value: Any) -> None:
    """Write the value of every cell before a stage, from that of having moved to a cell."""
    side, moves = cells.side, cells.moves
    copy_row(cells.terminal, value)
    for m in range(moves.shape[0]):
        di, dj, price = moves[m, 0], moves[m, 1], prices[m]
        first, last = max(0, -dj), min(side, side - dj)
        for i in range(max(0, -di), min(side, side - di)):
            here, there = i * side, (i + di) * side + dj
            for j in range(first, last):
                value[here + j] = max(value[here + j], gain[there + j] - price)


@jit
def best_path(cells: Cells, rewards: Any, prices: Any, scratch: Scratch, path: Any) -> float:
    """Return the largest sum of rewards of a path over cells, less its prices; it may stop early.

    Args:
        cells: The cells.
        rewards: Of a stage that ends in a cell, shape ``(cells,)``.
        prices: Of the moves, shape ``(M,)``.
        scratch: Is overwritten.
        path: Receives cell and move of each stage, -1 after the end, shape ``(stages, 2)``.
    """
    side, start, moves, terminal = cells
    values, gain = scratch
    stages = path.shape[0]
    copy_row(terminal, values[stages])
    for t in range(stages - 1, -1, -1):
        for c in range(side * side):
            gain[c] = rewards[c] + values[t + 1, c]
        _add_stage(cells, gain, prices, values[t])
    here, going = start, True
    for t in range(stages):
        best, chosen, cell = terminal[here], -1, -1
        for m in range(moves.shape[0]):
            i, j = here // side + moves[m, 0], here % side + moves[m, 1]
            if 0 <= i < side and 0 <= j < side:
                to = i * side + j
                value = rewards[to] + values[t + 1, to] - prices[m]
                if value > best:
                    best, chosen, cell = value, m, to
        going = going and chosen >= 0
        path[t, 0], path[t, 1] = (cell, chosen) if going else (-1, -1)
        here = cell if going else here
    return values[0, start]


@jit
def _stage_rates(p: Record, law: Any, users: Any, side: int, slots: int, out: Any) -> None:
    """Write the sum of spectral efficiencies over a stage that ends in a cell, ``(M, cells)``."""
    cell, reach = p.area_m / side, p.max_speed_m_s * p.slot_s
    for m in range(users.shape[0]):
        for c in range(side * side):
            x0, y0 = cell * (c % side), cell * (c // side)
            dx = max(x0 - users[m, 0], users[m, 0] - x0 - cell, 0.0)
            dy = max(y0 - users[m, 1], users[m, 1] - y0 - cell, 0.0)
            away = math.sqrt(dx * dx + dy * dy)
            out[m, c] = 0.0
            for k in range(slots):
                near = max(away - k * reach, 0.0)
                out[m, c] += efficiency(p, law, near, 0.0)


class DataBound:
    """The relaxed dynamic program of a set of parameters."""

    def __init__(self, params: Any) -> None:
        self.params = p = params
        side = math.ceil(p.area_m / CELL_M)
        cell = p.area_m / side
        self.slots = max(_STAGE_SLOTS, math.ceil(p.most_slots / _MOST_STAGES))
        self.stages = math.ceil(p.most_slots / self.slots)
        far = self.slots * (p.max_speed_m_s * p.slot_s)
        span = math.floor(far / cell) + 1
        steps = np.arange(-span, span + 1)
        moves = np.stack(np.meshgrid(steps, steps, indexing="ij"), -1).reshape(-1, 2)
        shortest = cell * np.sqrt(np.square(np.maximum(np.abs(moves) - 1, 0)).sum(1))
        moves, shortest = moves[shortest <= far], shortest[shortest <= far]
        duration = self.slots * p.slot_s
        thrifty = min(minimum_power_speed(p.aircraft), p.max_speed_m_s)
        flown = np.maximum(shortest / duration, thrifty)
        self.energies = duration * np.asarray(rotary_wing_power(flown, *p.aircraft))
        fastest = float(rotary_wing_power(p.max_speed_m_s, *p.aircraft))
        hover = float(rotary_wing_power(0.0, *p.aircraft))
        # the last stage may be cut short, and its last slot overdraw the battery
        self.budget = p.battery_j + duration * max(fastest, hover)
        x0 = cell * np.arange(side)
        dx = np.maximum(np.maximum(x0 - p.home_x_m, p.home_x_m - x0 - cell), 0.0)
        dy = np.maximum(np.maximum(x0 - p.home_y_m, p.home_y_m - x0 - cell), 0.0)
        away = np.sqrt(np.square(dx) + np.square(dy)[:, None])
        away = np.maximum(away - p.home_radius_m, 0.0)
        late = p.horizon * p.slot_s >= p.mission_s  # else some of the way home is still in reach
        terminal = -p.weights[2] * away.ravel() / p.home_scale_m * float(late)
        places = (np.array([p.start_y_m, p.start_x_m]) / cell).astype(int)
        row, column = np.minimum(places, side - 1)
        self.cells = Cells(side, int(row * side + column), moves, terminal)
        size = side * side
        self._scratch = Scratch(np.empty((self.stages + 1, size)), np.empty(size))
        self._path = np.empty((self.stages, 2), np.int64)

    def of(self, users_m: Floats) -> float:
        """Return a bound on weighted data and homecoming of an episode with users ``(M, 2)``."""
        count = len(users_m)
        if count == 0:
            return 0.0
        p, cells, path = self.params, self.cells, self._path
        rates = np.empty((count, len(cells.terminal)))
        places = np.ascontiguousarray(users_m)
        _stage_rates(p.record[0], p.law, places, cells.side, self.slots, rates)
        rates *= p.weights[0] * count * p.bandwidth_hz / p.peak_rate_bps  # reward of a stage
        weights, price, best = np.full(count, 1.0 / count), 0.0, np.inf
        scale = float(rates.max()) * self.stages
        for k in range(_ITERATIONS):
            weighted = weights[:, None] * rates
            prices = price * self.energies
            value = best_path(cells, weighted.max(0), prices, self._scratch, path)
            best = min(best, value + price * self.budget)
            taken, moves = path[path[:, 1] >= 0].T
            served = weighted[:, taken].argmax(0)
            data = np.bincount(served, rates[served, taken], count)
            used = float(self.energies[moves].sum())
            step = 1.0 / math.sqrt(1.0 + k)
            weights = weights * portable.exp(-2.0 * step * data / scale)
            weights /= weights.sum()
            excess = used / self.budget - 1.0
            price = max(0.0, price + 0.5 * step * excess * scale / (count * self.budget))
        return best


def sensing_bound(params: Any) -> float:
    """Return a bound on the weighted decrease of the logarithm of the worst bound.

    A look adds at most the largest information j* in one direction, and trace J^-1 >= 4 / trace J:
    ``ln(2 prior^2 (2 / prior^2 + N j*) / 4)`` after N looks, of however many UAVs.
    """
    if params.targets == 0:
        return 0.0
    p = params.record[0]
    gained = params.most_looks * float(p.best_look) / (2.0 * float(p.prior_information))
    return float(params.weights[1]) * ln(1.0 + gained)
