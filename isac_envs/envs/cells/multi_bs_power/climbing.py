"""Climbs of the team's reward over the powers of one slot, on the true channels."""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import each_copy
from isac_envs.engine.mathx import db_to_linear
from isac_envs.engine.passes import copy_row
from isac_envs.envs.cells.multi_bs_power.records import State, station_of
from isac_envs.envs.cells.multi_bs_power.search import (
    Bench,
    by_fractions,
    by_least,
    by_max_min,
    by_mmse,
    fill_all_power,
    fill_links,
)
from isac_envs.envs.cells.multi_bs_power.slot import POWER, decibels, echo_of, shortfall_db
from isac_envs.kernels.link.metrics import shannon_rate_one

_GAIN = 1e-9  # a smaller gain of a move is rounding; without it a search could cycle
_EASE = 1.0 - 1e-9  # of a kink: just on the right side of it


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
def _try(p: Record, state: State, bench: Bench, powers: Any, j: int) -> None:
    """Keep the powers of a link as its best if they are worth more."""
    worth = _worth(p, state, bench, powers, j)
    if worth > bench.best[-1] + _GAIN:
        copy_row(powers[j], bench.best)
        bench.best[-1] = worth


@jit
def _try_levels(p: Record, state: State, bench: Bench, powers: Any, j: int) -> None:
    """Try every level in every sub-band, and silence."""
    bands = powers.shape[1]
    for b in range(bands):
        for at in range(bench.grid.shape[0]):
            for other in range(bands):
                powers[j, other] = 0.0
            powers[j, b] = bench.grid[at]
            _try(p, state, bench, powers, j)


@jit
def _try_band(p: Record, state: State, bench: Bench, powers: Any, j: int, b: int) -> None:
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
        _try(p, state, bench, powers, j)


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
            bench.best[-1] = most
            if p.action == POWER:
                for b in range(bands):
                    _try_band(p, state, bench, powers, j, b)
            else:
                _try_levels(p, state, bench, powers, j)
            copy_row(bench.best[:-1], powers[j])
            if bench.best[-1] > most:
                most = _measure(p, state, bench, powers)
        if not most > before + 1e-6:
            break
    return most


@jit
def snap(p: Record, state: State, bench: Bench, powers: Any) -> None:
    """Replace powers by the nearest that can be asked for with levels.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Holds silence and the levels.
        powers: Of all links and a row behind them, shape ``(L + 1, B)``, changed in place.
    """
    bands, grid = powers.shape[1], bench.grid
    for k in range(powers.shape[0] - 1):
        band, total = 0, 0.0
        for b in range(bands):
            total += powers[k, b]
            band = b if powers[k, b] > powers[k, band] else band
        total_db, at = decibels(total), 0
        least = 1e300 if total_db > p.lowest_level_db - 10.0 else -1.0
        for n in range(1, grid.shape[0]):
            apart = abs(decibels(grid[n]) - total_db)
            if apart < least:
                at, least = n, apart
        for b in range(bands):
            powers[k, b] = grid[at] if b == band else 0.0


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
    if p.action != POWER:
        snap(p, state, bench, bench.tried)
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
    fill_all_power(bench.tried)
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


snap_batch = each_copy(snap, "bench")
best_known_batch = each_copy(best_known, "bench", "rounds")
exhaustive_batch = each_copy(exhaustive, "bench", "grid")
