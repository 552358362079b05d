"""What an agent sees: its own link, its strongest interferers, the links it disturbs most."""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.cells.multi_bs_power.records import State, station_of
from isac_envs.envs.cells.multi_bs_power.slot import decibels, fill_disturbance, rank

MOST = 2.0
"""Largest magnitude of a scaled ratio."""
SCALE_DB = 50.0
"""What a scaled ratio of 1 means, in dB."""
OWN_BANDS, OWN, EACH = 5, 2, 3
"""Numbers of the own link in each sub-band and besides, and of an interferer or interfered."""


@inlined
def scaled(ratio: float) -> float:
    """Return a ratio in dB over :data:`SCALE_DB`, in +-:data:`MOST`."""
    return min(max(decibels(ratio) / SCALE_DB, -MOST), MOST)


@jit
def _observe_own(p: Record, state: State, i: int, seen: Any) -> int:
    """Write the own link; return where the next number goes."""
    bands, own, link = state.powers.shape[1], station_of(state, i), state.links[i]
    for b in range(bands):
        at = OWN_BANDS * b
        seen[at] = scaled(state.gains[b, i, own])
        seen[at + 1] = scaled(state.before[b, i, own])
        seen[at + 2] = scaled(state.scratch.disturbance[i, b])
        seen[at + 3] = scaled(state.heard[i, b])
        seen[at + 4] = state.powers[i, b]
    at = OWN_BANDS * bands
    seen[at] = link.rate / p.rate_cap
    lacking = p.required_sinr_db - decibels(link.radar_reach)
    seen[at + 1] = min(max(-lacking / SCALE_DB, -MOST), MOST)
    return at + OWN


@inlined
def _total(powers: Any, k: int) -> float:
    """Return the power of a link in all sub-bands."""
    total = 0.0
    for b in range(powers.shape[1]):
        total += powers[k, b]
    return total


@jit
def _observe_interferers(p: Record, state: State, i: int, seen: Any, at: int) -> int:
    """Write who disturbs the user of link ``i`` most; return where the next number goes."""
    powers, scratch = state.powers, state.scratch
    for j in range(powers.shape[0]):
        value, station = 0.0, station_of(state, j)
        for b in range(powers.shape[1]):
            value += powers[j, b] * state.gains[b, i, station]
        scratch.values[j] = value
    found = rank(scratch.values, i, scratch.ranks, scratch.ranked)
    for n in range(scratch.ranks.shape[0]):
        known, j = n < found, scratch.ranks[n] if n < found else 0
        seen[at] = scaled(scratch.ranked[n]) if known else -MOST
        seen[at + 1] = _total(powers, j) if known else 0.0
        seen[at + 2] = state.links[j].rate / p.rate_cap if known else 0.0
        at += EACH
    return at


@jit
def _observe_interfered(p: Record, state: State, i: int, seen: Any, at: int) -> None:
    """Write whom the transmitter of link ``i`` would disturb most, with the gains of last slot."""
    powers, scratch, own = state.powers, state.scratch, station_of(state, i)
    bands = powers.shape[1]
    for k in range(powers.shape[0]):
        value = 0.0
        for b in range(bands):
            value += state.before[b, k, own] / state.heard[k, b]
        scratch.values[k] = value / bands
    found = rank(scratch.values, i, scratch.ranks, scratch.ranked)
    for n in range(scratch.ranks.shape[0]):
        known, k = n < found, scratch.ranks[n] if n < found else 0
        signal, station = 0.0, station_of(state, k)
        for b in range(bands):
            signal += state.before[b, k, station] / bands
        seen[at] = scaled(scratch.ranked[n]) if known else -MOST
        seen[at + 1] = scaled(signal) if known else -MOST
        seen[at + 2] = state.links[k].rate / p.rate_cap if known else 0.0
        at += EACH


@jit
def observe(p: Record, state: State, observations: Any) -> None:
    """Write the observation of each agent.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observations: Receives an observation for each agent, shape ``(A, D)``.
    """
    fill_disturbance(state, state.gains, state.scratch.disturbance)
    for i in range(state.links.shape[0]):
        at = _observe_own(p, state, i, observations[i])
        at = _observe_interferers(p, state, i, observations[i], at)
        _observe_interfered(p, state, i, observations[i], at)
