"""Powers of one slot on the true channels, by the rules of the literature: compiled baselines.

Powers have the shape ``(L, B)``, with a last row of the worth of what was found in ``(L + 1, B)``.
"""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import Record, jit
from isac_envs.engine.loops import each_copy
from isac_envs.engine.mathx import db_to_linear
from isac_envs.envs.cells.multi_bs_power.records import State, station_of
from isac_envs.envs.cells.multi_bs_power.slot import echo_of
from isac_envs.kernels.power_control.foschini_miljanic import Requirements, meet_all
from isac_envs.kernels.power_control.fractional import fractional_work, maximise_by_fractions
from isac_envs.kernels.power_control.interference import Links, Stop
from isac_envs.kernels.power_control.weighted_mmse import maximise_by_mmse, mmse_work

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
        best: Best powers of a link, and their worth, shape ``(B + 1,)``.
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
        best=np.zeros(bands + 1),
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
def fill_all_power(powers: Any) -> None:
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
    fill_all_power(found)
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
    fill_all_power(found)
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


by_mmse_batch = each_copy(by_mmse, "bench", "tolerance")
by_fractions_batch = each_copy(by_fractions, "bench", "late")
by_least_batch = each_copy(by_least, "bench")
by_max_min_batch = each_copy(by_max_min, "bench")
