"""Dynamics of ``isac/MultiBsPower-v0``: transmit, pay, fade, and now and then move.

Channels do not depend on actions, and so do none of the draws.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.envs.cells.multi_bs_power.channels import begin_channels, fade, keep_gains, move
from isac_envs.envs.cells.multi_bs_power.motion import place_stations, place_users
from isac_envs.envs.cells.multi_bs_power.observing import observe as observe
from isac_envs.envs.cells.multi_bs_power.params import MultiBsPowerParams
from isac_envs.envs.cells.multi_bs_power.records import State
from isac_envs.envs.cells.multi_bs_power.slot import (
    LEAST_SHOWN_DB,
    decibels,
    decode,
    interference_price,
    shortfall_db,
    transmit,
)

_ENOUGH_DB = 1e-3  # shortfall of a radar that counts as none
LOCAL = MultiBsPowerParams.code("reward", "local")


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode as if all had sent with all their power, evenly in the sub-bands."""
    place_stations(p, state.stations)
    place_users(p, state)
    begin_channels(p, state)
    links, bands = state.powers.shape
    for k in range(links):
        for b in range(bands):
            state.powers[k, b] = 1.0 / bands
    transmit(p, state)


@jit
def report(p: Record, state: State, outcome: Outcome) -> None:
    """Write objectives, costs and metrics of the slot.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy, after the slot.
        outcome: What the step writes.
    """
    objectives, costs, metrics = outcome
    count, bands = state.powers.shape
    rates, lacking = 0.0, 0.0
    for k in range(count):
        link, price = state.links[k], 0.0
        if p.reward == LOCAL:
            price = interference_price(p, state, k)
        costs[k, 0] = shortfall_db(p, link.radar_sinr)
        objectives[k, 0], objectives[k, 1] = link.rate - price, costs[k, 0]
        rates += link.rate
        lacking += costs[k, 0]
        total, heard = 0.0, 0.0
        for b in range(bands):
            total += state.powers[k, b]
            heard += state.heard[k, b]
        metrics[k].rate = link.rate
        metrics[k].power = total
        metrics[k].interference_db = decibels(heard / bands)
        metrics[k].radar_sinr_db = max(decibels(link.radar_sinr), LEAST_SHOWN_DB)
        metrics[k].radar_met = costs[k, 0] <= _ENOUGH_DB
        metrics[k].price = price
    for k in range(count):
        metrics[k].sum_rate = rates
        if p.reward != LOCAL:
            objectives[k, 0], objectives[k, 1] = rates / count, lacking / count


@inlined
def step(p: Record, state: State, actions: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by one slot and write its outcome; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        actions: Actions of all agents, shape ``(A, W)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e = state.env
    for k in range(state.links.shape[0]):
        decode(p, actions[k], state.powers[k])
    transmit(p, state)
    report(p, state, outcome)
    e.time += 1
    keep_gains(state)
    if e.time % p.mobility_period == 0:
        move(p, state)
    fade(p, state)
    return False, e.time >= p.horizon
