"""What a slot gives: powers from actions, ratios, rates, radars and prices of interference."""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import db_to_linear, linear_to_db
from isac_envs.envs.cells.multi_bs_power.params import MultiBsPowerParams
from isac_envs.envs.cells.multi_bs_power.records import State, station_of
from isac_envs.kernels.link.metrics import shannon_rate_one

POWER = MultiBsPowerParams.code("action", "power")

MOST_SHORTFALL_DB = 40.0
"""Shortfall of a radar that counts at most, in dB."""
LEAST_SHOWN_DB = -60.0
"""Ratio of a radar, in dB, below which a metric does not go."""
_LEAST = 1e-18  # so that dB stay finite; 10 dB above the smallest requirement, which all meet


@inlined
def decibels(ratio: float) -> float:
    """Return a ratio in dB, finite for 0."""
    return linear_to_db(max(ratio, _LEAST))


@inlined
def level_share(p: Record, level: int) -> float:
    """Return the share of the largest power at a level, 0..``power_levels`` - 1.

    Args:
        p: Parameters of the environment, one record.
        level: Number of the level.
    """
    below = p.power_levels - 1 - level
    return db_to_linear(p.lowest_level_db * below / max(p.power_levels - 1, 1))


@jit
def decode(p: Record, action: Any, powers: Any) -> None:
    """Write the powers of an action.

    Args:
        p: Parameters of the environment, one record.
        action: Action of an agent, shape ``(W,)``.
        powers: Receives the powers, shape ``(B,)``.
    """
    bands = powers.shape[0]
    if p.action == POWER:
        total = 0.0
        for b in range(bands):
            powers[b] = 0.5 * (action[b] + 1.0)
            total += powers[b]
        scale = 1.0 / max(total, 1.0)
        for b in range(bands):
            powers[b] *= scale
    else:
        chosen = int(action[0]) - 1
        for b in range(bands):
            powers[b] = 0.0
        if chosen >= 0:
            powers[chosen // p.power_levels] = level_share(p, chosen % p.power_levels)


@jit
def fill_disturbance(state: State, gains: Any, out: Any) -> None:
    """Write interference plus noise at all users, with the present powers.

    Args:
        state: State of one copy; its scratch receives the powers of the base stations.
        gains: Gains of the present or of the last slot, shape ``(B, L, K)``.
        out: Receives them, shape ``(L, B)``.
    """
    powers, sums = state.powers, state.scratch.station_powers
    (cells, bands), links = sums.shape, powers.shape[0]
    for s in range(cells):
        for b in range(bands):
            sums[s, b] = 0.0
    for k in range(links):
        for b in range(bands):
            sums[station_of(state, k), b] += powers[k, b]
    for b in range(bands):
        for k in range(links):
            own, total = station_of(state, k), 1.0
            for s in range(cells):
                total += sums[s, b] * gains[b, k, s] if s != own else 0.0
            out[k, b] = total + max(sums[own, b] - powers[k, b], 0.0) * gains[b, k, own]


@jit
def rate_of(p: Record, state: State, k: int, powers: Any, heard: Any) -> float:
    """Return the rate of a link in bit/s/Hz.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        k: Number of the link.
        powers: Its powers, shape ``(B,)``.
        heard: Interference plus noise at its user, shape ``(B,)``.
    """
    bands, own, rate = powers.shape[0], station_of(state, k), 0.0
    for b in range(bands):
        ratio = powers[b] * state.gains[b, k, own] / heard[b]
        rate += shannon_rate_one(min(ratio, p.sinr_cap))
    return rate / bands


@inlined
def radar_noise(state: State, station: int, band: int) -> float:
    """Return what a radar hears besides its echo: the other base stations, and noise.

    Args:
        state: State of one copy; its scratch holds the powers of the base stations.
        station: Number of the base station.
        band: Number of the sub-band.
    """
    total = 1.0
    for s in range(state.stations.shape[0]):
        total += state.scratch.station_powers[s, band] * state.leakage[station, s]
    return total


@inlined
def echo_of(p: Record, state: State, k: int) -> float:
    """Return the echo of full power in one sub-band after the gain of the radar, over the noise.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        k: Number of the link.
    """
    link = state.links[k]
    return link.echo * link.fluctuation * p.radar_gain / state.powers.shape[1]


@inlined
def shortfall_db(p: Record, ratio: float) -> float:
    """Return what a radar lacks of the required ratio, in dB.

    Args:
        p: Parameters of the environment, one record.
        ratio: What it has, linear.
    """
    return min(max(p.required_sinr_db - decibels(ratio), 0.0), MOST_SHORTFALL_DB)


@jit
def transmit(p: Record, state: State) -> None:
    """Write what all links get with the present powers and gains.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    fill_disturbance(state, state.gains, state.heard)
    bands = state.powers.shape[1]
    for k in range(state.links.shape[0]):
        link, echo, own = state.links[k], echo_of(p, state, k), station_of(state, k)
        link.rate = rate_of(p, state, k, state.powers[k], state.heard[k])
        link.radar_sinr, link.radar_reach = 0.0, 0.0
        for b in range(bands):
            clean = echo / radar_noise(state, own, b)
            link.radar_sinr += state.powers[k, b] * clean
            link.radar_reach += clean / bands


@jit
def rank(values: Any, without: int, ranks: Any, ranked: Any) -> int:
    """Write which values are largest, the largest first; return how many there are.

    Args:
        values: At least 0, shape ``(L,)``.
        without: Number of one that does not count.
        ranks: Receives their numbers, shape ``(C,)``.
        ranked: Receives the values, shape ``(C,)``.
    """
    found, most = 0, ranks.shape[0]
    for k in range(values.shape[0]):
        value = values[k]
        if k == without or (found == most and not value > ranked[most - 1]):
            continue
        at = found if found < most else most - 1
        found = min(found + 1, most)
        while at > 0 and value > ranked[at - 1]:
            ranked[at], ranks[at] = ranked[at - 1], ranks[at - 1]
            at -= 1
        ranked[at], ranks[at] = value, k
    return found


@jit
def interference_price(p: Record, state: State, i: int) -> float:
    """Return the rate that a link costs the strongest interfered neighbours, in bit/s/Hz.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy, after the slot; its scratch is written.
        i: Number of the link.
    """
    powers, own, scratch = state.powers, station_of(state, i), state.scratch
    bands = powers.shape[1]
    for k in range(powers.shape[0]):
        share = 0.0
        for b in range(bands):
            share += powers[i, b] * state.gains[b, k, own] / state.heard[k, b]
        scratch.values[k] = share
    found, price = rank(scratch.values, i, scratch.ranks, scratch.ranked), 0.0
    for at in range(found):
        k = scratch.ranks[at]
        heard = scratch.disturbance[k]
        for b in range(bands):
            heard[b] = max(state.heard[k, b] - powers[i, b] * state.gains[b, k, own], 1.0)
        price += rate_of(p, state, k, powers[k], heard) - state.links[k].rate
    return price
