"""Search for the powers of one slot, on the true channels: compiled parts of the baselines.

Powers have the shape ``(L, B)``, with a last row of the worth of what was found in ``(L + 1, B)``.
"""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import each_copy
from isac_envs.engine.mathx import db_to_linear
from isac_envs.engine.passes import copy_row
from isac_envs.envs.cells.multi_bs_power.records import State, station_of
from isac_envs.envs.cells.multi_bs_power.slot import POWER, echo_of, shortfall_db
from isac_envs.kernels.link.metrics import shannon_rate_one
from isac_envs.kernels.power_control.foschini_miljanic import Requirements, meet_all
from isac_envs.kernels.power_control.fractional import fractional_work, maximise_by_fractions
from isac_envs.kernels.power_control.interference import Links, Stop
from isac_envs.kernels.power_control.weighted_mmse import maximise_by_mmse, mmse_work

_GAIN = 1e-9  # a smaller gain of a move is rounding; without it a search could cycle
_EASE = 1.0 - 1e-9  # of a kink: just on the right side of it
_FACTORS = (0.5, 0.7, 0.85, 0.93, 0.97, 1.03, 1.07, 1.18, 1.4, 2.0)
_HALVINGS = 40


class Bench(NamedTuple):
    """What a search works with.

    Attributes:
        links: Gains from each transmitter to each user, and work for weights, of the sum rate.
        mmse: Scratch of WMMSE.
        fractions: Scratch of fractional programming.
        needs: Requirements at users and radars, gains of shape ``(2, L, L)``.
        flat: One power a link, shape ``(L,)``.
        which: Which requirement of each is the larger, shape ``(L,)``.
        system: Scratch of least powers, shape ``(L, L)``.
        heard: Interference plus noise at users, of tried powers, shape ``(L, B)``.
        noise: The same at radars, shape ``(L, B)``.
        echoes: Echoes of full power, shape ``(L,)``.
        row: Powers of a link before a move, shape ``(B,)``.
        best: Best powers of a link, shape ``(B,)``.
        tried: Powers of all links, shape ``(L + 1, B)``.
        grid: Powers to try, shape ``(G,)``.
        factors: Changes of a power to try, shape ``(F,)``.
    """

    links: Links
    mmse: Any
    fractions: Any
    needs: Requirements
    flat: Any
    which: Any
    system: Any
    heard: Any
    noise: Any
    echoes: Any
    row: Any
    best: Any
    tried: Any
    grid: Any
    factors: Any


def bench_of(params: Any) -> Bench:
    """Return the room of a search.

    Args:
        params: Parameters of the environment.
    """
    bands, count = params.sub_bands, params.cells * params.links_per_cell
    grid_db = np.arange(0.0, -31.0, -3.0)
    grid = [0.0, *(float(db_to_linear(each)) for each in grid_db)]
    return Bench(
        links=Links(np.zeros((bands, count, count)), 1.0, 1.0, np.ones(count)),
        mmse=mmse_work(bands, count),
        fractions=fractional_work(bands, count),
        needs=Requirements(np.zeros((2, count, count)), np.ones(2), np.zeros((2, count)), 1.0),
        flat=np.zeros(count),
        which=np.zeros(count, np.int64),
        system=np.zeros((count, count)),
        heard=np.zeros((count, bands)),
        noise=np.zeros((count, bands)),
        echoes=np.zeros(count),
        row=np.zeros(bands),
        best=np.zeros(bands),
        tried=np.zeros((count + 1, bands)),
        grid=np.array(grid),
        factors=np.array(_FACTORS),
    )


@jit
def fill_links(state: State, gains: Any, bench: Bench) -> None:
    """Write the gains from each transmitter to each user.

    Args:
        state: State of one copy.
        gains: Gains of the present or of the last slot, shape ``(B, L, K)``.
        bench: Receives them.
    """
    table = bench.links.gains
    for b in range(table.shape[0]):
        for k in range(table.shape[1]):
            for j in range(table.shape[1]):
                table[b, k, j] = gains[b, k, station_of(state, j)]


@jit
def _start(powers: Any) -> None:
    """Write all the power, evenly in the sub-bands."""
    for k in range(powers.shape[0]):
        for b in range(powers.shape[1]):
            powers[k, b] = 1.0 / powers.shape[1]


@jit
def by_mmse(p: Record, state: State, bench: Bench, tolerance: float, powers: Any) -> None:
    """Write the powers of WMMSE from all the power, with at most 100 iterations.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Room.
        tolerance: Gain of an iteration at which it stops.
        powers: Receives the powers, shape ``(L + 1, B)``.
    """
    fill_links(state, state.gains, bench)
    found = powers[: state.links.shape[0]]
    _start(found)
    maximise_by_mmse(bench.links, Stop(tolerance, 100), bench.mmse, found)


@jit
def by_fractions(p: Record, state: State, bench: Bench, late: Any, powers: Any) -> None:
    """Write the powers of fractional programming from all the power.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Room.
        late: Whether the gains are those of the last slot.
        powers: Receives the powers, shape ``(L + 1, B)``.
    """
    if late:
        fill_links(state, state.before, bench)
    else:
        fill_links(state, state.gains, bench)
    found = powers[: state.links.shape[0]]
    _start(found)
    maximise_by_fractions(bench.links, Stop(1e-3, 100), bench.fractions, found)


@jit
def _fill_needs(p: Record, state: State, bench: Bench) -> None:
    """Write the gains of users and radars for powers that are even in the sub-bands."""
    gains, count, bands = bench.needs.gains, state.links.shape[0], state.powers.shape[1]
    for k in range(count):
        own = station_of(state, k)
        for j in range(count):
            other = station_of(state, j)
            total = 0.0
            for b in range(bands):
                total += state.gains[b, k, other]
            gains[0, k, j] = total / (bands * bands)
            gains[1, k, j] = state.leakage[own, other] / bands
        gains[1, k, k] = echo_of(p, state, k)


@jit
def _meet(bench: Bench, rate_target: float, radar_target: float) -> bool:
    """Write the least flat powers for a ratio at all users and one at all radars."""
    targets = bench.needs.targets
    for k in range(targets.shape[1]):
        targets[0, k], targets[1, k] = rate_target, radar_target
    return meet_all(bench.needs, bench.which, bench.system, bench.flat)


@jit
def _reachable(p: Record, bench: Bench) -> float:
    """Return the required ratio of the radars, or the largest that all can reach, linear."""
    if _meet(bench, 0.0, db_to_linear(p.required_sinr_db)):
        return db_to_linear(p.required_sinr_db)
    low, high = -200.0, p.required_sinr_db
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        met = _meet(bench, 0.0, db_to_linear(middle))
        low, high = (middle, high) if met else (low, middle)
    return db_to_linear(low)


@jit
def _spread(bench: Bench, powers: Any) -> None:
    """Write flat powers, evenly in the sub-bands."""
    for k in range(bench.flat.shape[0]):
        for b in range(powers.shape[1]):
            powers[k, b] = bench.flat[k] / powers.shape[1]


@jit
def by_least(p: Record, state: State, bench: Bench, powers: Any) -> None:
    """Write the least powers that the radars need; where they cannot, those of the most they can.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Room.
        powers: Receives the powers, shape ``(L + 1, B)``.
    """
    _fill_needs(p, state, bench)
    _meet(bench, 0.0, _reachable(p, bench))
    _spread(bench, powers)


@jit
def by_max_min(p: Record, state: State, bench: Bench, powers: Any) -> None:
    """Write powers of the largest smallest ratio of a user that the radars allow, by bisection.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Room.
        powers: Receives the powers, shape ``(L + 1, B)``.
    """
    _fill_needs(p, state, bench)
    radar = _reachable(p, bench)
    low, high = -100.0, p.sinr_cap_db
    if _meet(bench, db_to_linear(high), radar):
        low = high
    for _ in range(_HALVINGS if low < high else 0):
        middle = 0.5 * (low + high)
        met = _meet(bench, db_to_linear(middle), radar)
        low, high = (middle, high) if met else (low, middle)
    _meet(bench, db_to_linear(low), radar)
    _spread(bench, powers)


@jit
def _measure(p: Record, state: State, bench: Bench, powers: Any) -> float:
    """Return the reward of the team for powers; writes what users and radars hear."""
    gains, count, bands = bench.links.gains, state.links.shape[0], powers.shape[1]
    for k in range(count):
        own = station_of(state, k)
        for b in range(bands):
            heard, noise = 1.0, 1.0
            for j in range(count):
                heard += powers[j, b] * gains[b, k, j] if j != k else 0.0
                noise += powers[j, b] * state.leakage[own, station_of(state, j)]
            bench.heard[k, b], bench.noise[k, b] = heard, noise
    for b in range(bands):
        bench.row[b] = powers[0, b]
    return _worth(p, state, bench, powers, 0)


@jit
def _worth(p: Record, state: State, bench: Bench, powers: Any, changed: int) -> float:
    """Return the reward of the team when one link's powers differ from those in ``bench.row``."""
    gains, count, bands = bench.links.gains, state.links.shape[0], powers.shape[1]
    rates, lacking, mover = 0.0, 0.0, station_of(state, changed)
    priced = p.weights[1] != 0.0
    for k in range(count):
        own, radar = station_of(state, k), 0.0
        for b in range(bands):
            more = powers[changed, b] - bench.row[b]
            heard = bench.heard[k, b] + (more * gains[b, k, changed] if k != changed else 0.0)
            ratio = powers[k, b] * gains[b, k, k] / max(heard, 1.0)
            rates += shannon_rate_one(min(ratio, p.sinr_cap))
            if priced:
                noise = max(bench.noise[k, b] + more * state.leakage[own, mover], 1.0)
                radar += powers[k, b] * bench.echoes[k] / noise
        if priced:
            lacking += shortfall_db(p, radar)
    return (p.weights[0] * rates / bands + p.weights[1] * lacking) / count


@inlined
def _try(p: Record, state: State, bench: Bench, powers: Any, j: int, most: float) -> float:
    """Keep the powers of a link as its best if they are worth more; return the most."""
    worth = _worth(p, state, bench, powers, j)
    if worth > most + _GAIN:
        copy_row(powers[j], bench.best)
        return worth
    return most


@jit
def _try_levels(p: Record, state: State, bench: Bench, powers: Any, j: int, most: float) -> float:
    """Try every level in every sub-band, and silence."""
    bands = powers.shape[1]
    for b in range(bands):
        for at in range(bench.grid.shape[0]):
            for other in range(bands):
                powers[j, other] = 0.0
            powers[j, b] = bench.grid[at]
            most = _try(p, state, bench, powers, j, most)
    return most


@jit
def _try_band(
    p: Record, state: State, bench: Bench, powers: Any, j: int, b: int, most: float
) -> float:
    """Try powers in one sub-band: a grid, small changes, and where radars just get enough."""
    bands, own, old = powers.shape[1], station_of(state, j), bench.row[b]
    elsewhere, others = 0.0, 0.0
    for other in range(bands):
        elsewhere += bench.row[other] if other != b else 0.0
        others += bench.row[other] / bench.noise[j, other] if other != b else 0.0
    grid, factors = bench.grid.shape[0], bench.factors.shape[0]
    required, count = db_to_linear(p.required_sinr_db), powers.shape[0] - 1
    kinks = 1 + count if p.weights[1] != 0.0 else 0
    for at in range(grid + factors + kinks):
        if at < grid:
            power = bench.grid[at]
        elif at < grid + factors:
            power = old * bench.factors[at - grid]
            if not old > 0.0:
                continue
        elif at == grid + factors:
            power = (required / bench.echoes[j] - others) * bench.noise[j, b] / _EASE
        else:
            k = at - grid - factors - 1
            leak = state.leakage[station_of(state, k), own]
            if not leak > 0.0 or bands > 1:
                continue
            allowed = powers[k, 0] * bench.echoes[k] / required
            power = old + (allowed * _EASE - bench.noise[k, 0]) / leak
        power = min(max(power, 0.0), 1.0)
        scale = min(1.0, (1.0 - power) / elsewhere) if elsewhere > 0.0 else 1.0
        for other in range(bands):
            powers[j, other] = power if other == b else scale * bench.row[other]
        most = _try(p, state, bench, powers, j, most)
    return most


@jit
def climb(p: Record, state: State, bench: Bench, powers: Any, rounds: int) -> float:
    """Improve powers link by link, until none can gain by itself; return what they are worth.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Room; holds the gains and the echoes.
        powers: Start, shape ``(L + 1, B)``; receives the result.
        rounds: Most rounds.
    """
    count, bands = powers.shape[0] - 1, powers.shape[1]
    most = _measure(p, state, bench, powers)
    for _ in range(rounds):
        before = most
        for j in range(count):
            copy_row(powers[j], bench.row)
            copy_row(powers[j], bench.best)
            here = most
            if p.action == POWER:
                for b in range(bands):
                    here = _try_band(p, state, bench, powers, j, b, here)
            else:
                here = _try_levels(p, state, bench, powers, j, here)
            copy_row(bench.best, powers[j])
            if here > most:
                most = _measure(p, state, bench, powers)
        if not most > before + 1e-6:
            break
    return most


@jit
def _prepare(p: Record, state: State, bench: Bench) -> None:
    """Write the gains and the echoes of the slot."""
    fill_links(state, state.gains, bench)
    for k in range(state.links.shape[0]):
        bench.echoes[k] = echo_of(p, state, k)


@jit
def improve(p: Record, state: State, bench: Bench, rounds: int, powers: Any) -> None:
    """Climb from powers, and keep them if they are worth more than those of before.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Room; its ``tried`` holds the start.
        rounds: Most rounds.
        powers: Best powers so far, the worth in the last row, shape ``(L + 1, B)``.
    """
    worth, last = climb(p, state, bench, bench.tried, rounds), powers.shape[0] - 1
    if worth > powers[last, 0]:
        for k in range(last):
            copy_row(bench.tried[k], powers[k])
        powers[last, 0] = worth


@jit
def best_known(p: Record, state: State, bench: Bench, rounds: int, powers: Any) -> None:
    """Climb from several starts: WMMSE, least powers, all the power, and few links at full power.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Room.
        rounds: Most rounds of a climb.
        powers: Receives the powers, shape ``(L + 1, B)``.
    """
    count, bands = state.links.shape[0], powers.shape[1]
    _prepare(p, state, bench)
    powers[count, 0] = -1e300
    by_mmse(p, state, bench, 1e-3, bench.tried)
    improve(p, state, bench, rounds, powers)
    by_fractions(p, state, bench, False, bench.tried)
    improve(p, state, bench, rounds, powers)
    _start(bench.tried)
    improve(p, state, bench, rounds, powers)
    if p.weights[1] != 0.0:
        by_least(p, state, bench, bench.tried)
        improve(p, state, bench, rounds, powers)
        by_max_min(p, state, bench, bench.tried)
        improve(p, state, bench, rounds, powers)
    if count <= 4:
        for vertex in range(1, 1 << count):
            for k in range(count):
                for b in range(bands):
                    bench.tried[k, b] = ((vertex >> k) & 1) / bands
            improve(p, state, bench, rounds, powers)


@jit
def exhaustive(p: Record, state: State, bench: Bench, grid: Any, powers: Any) -> None:
    """Write the best powers of a grid, evenly in the sub-bands.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Room.
        grid: Powers of a link to choose from, shape ``(G,)``.
        powers: Receives the powers, shape ``(L + 1, B)``.
    """
    count, bands, size = state.links.shape[0], powers.shape[1], grid.shape[0]
    _prepare(p, state, bench)
    powers[count, 0] = -1e300
    joint = 1
    for _ in range(count):
        joint *= size
    for number in range(joint):
        rest = number
        for k in range(count):
            for b in range(bands):
                bench.tried[k, b] = grid[rest % size] / bands
            rest //= size
        worth = _measure(p, state, bench, bench.tried)
        if worth > powers[count, 0]:
            for k in range(count):
                copy_row(bench.tried[k], powers[k])
            powers[count, 0] = worth


by_mmse_batch = each_copy(by_mmse, "bench", "tolerance")
by_fractions_batch = each_copy(by_fractions, "bench", "late")
by_least_batch = each_copy(by_least, "bench")
by_max_min_batch = each_copy(by_max_min, "bench")
best_known_batch = each_copy(best_known, "bench", "rounds")
exhaustive_batch = each_copy(exhaustive, "bench", "grid")
