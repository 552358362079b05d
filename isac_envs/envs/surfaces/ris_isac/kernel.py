"""Dynamics of ``isac/RisIsac-v0``: transmit, hear the echo, move everybody, estimate the channels.

All draws of a slot are those of two keys, one of each stream, and one number for each user and for
the target; they do not depend on actions.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.mathx import log2
from isac_envs.engine.rng import normal
from isac_envs.envs.surfaces.knowledge import estimate
from isac_envs.envs.surfaces.phases import set_phases
from isac_envs.envs.surfaces.precoding import LEARNED
from isac_envs.envs.surfaces.records import State
from isac_envs.envs.surfaces.ris_isac.observing import observe as observe
from isac_envs.envs.surfaces.ris_isac.params import RisIsacParams
from isac_envs.envs.surfaces.ris_isac.slot import (
    ask_power,
    decibels,
    plan,
    radar_snr,
    shortfall_db,
    transmit,
)
from isac_envs.envs.surfaces.target import advance_scene, begin_scene
from isac_envs.kernels.link.metrics import shannon_rate_one
from isac_envs.kernels.precoding.linear import fill_maximum_ratio
from isac_envs.kernels.precoding.rates import received_powers, weighted_rate

CODEBOOK = RisIsacParams.code("action", "codebook")


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode: users and target anywhere in their discs, uniform phases, equal powers."""
    receivers = state.users.shape[0]
    begin_scene(p, state)
    estimate(p, state, receivers)
    for k in range(receivers):
        state.users[k].rate = 0.0
    state.env.share = 1.0 / receivers
    state.env.radar_db = p.required_snr_db
    plan(p, state, state.precoder)
    if p.precoder == LEARNED:
        fill_maximum_ratio(state.scratch.work.channels, 1.0, state.precoder)


@jit
def report(p: Record, state: State, outcome: Outcome) -> None:
    """Write rates and radar SNR of what the receivers get.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy; its scratch holds channels and gains.
        outcome: What the step writes: objectives, costs and metrics.
    """
    objectives, costs, metrics = outcome
    e, users, work = state.env, state.users, state.scratch.work
    count = users.shape[0] - 1
    total, least, ratios_db = 0.0, 1e300, 0.0
    for k in range(count):
        signal, others = received_powers(work.wmmse.gains, k, 1.0)
        users[k].rate = shannon_rate_one(signal / others)
        total += users[k].rate
        least = min(least, users[k].rate)
        ratios_db += decibels(signal / others)
    snr = radar_snr(p, work.channels, state.precoder)
    e.radar_db = decibels(snr)
    missing_db = shortfall_db(p, e.radar_db)
    objectives[0] = total
    objectives[1] = log2(1.0 + snr)
    objectives[2] = missing_db
    costs[0] = missing_db
    metrics.radar_snr_db = e.radar_db
    metrics.least_rate = least
    metrics.sensing_share = e.share
    metrics.sinr_db = ratios_db / count


@inlined
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by a slot; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    set_phases(p, state.elements, action)
    ask_power(p, state, action, 1 if p.action == CODEBOOK else state.elements.shape[0])
    return play(p, state, outcome)


@inlined
def play(p: Record, state: State, outcome: Outcome) -> tuple[bool, bool]:
    """Play the slot of the phases and beams that were asked for.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        outcome: What the step writes: objectives, costs and metrics.
    """
    plan(p, state, state.precoder)
    scratch = state.scratch
    outcome.metrics.expected_rate = weighted_rate(
        scratch.work.wmmse.gains, 1.0, scratch.downlink.weights
    )
    transmit(p, state, state.precoder)
    report(p, state, outcome)
    turn_turns = p.target_turn_turns * normal(state.env.world)
    advance_scene(p, state, turn_turns)
    estimate(p, state, state.users.shape[0])
    state.env.time += 1
    return False, state.env.time >= p.horizon
