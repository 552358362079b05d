"""Dynamics of ``isac/RisMiso-v0``: transmit, move everybody, estimate the channels.

All draws of a slot are those of two keys, one of each stream, and one number for each user; they do
not depend on actions.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.mathx import linear_to_db
from isac_envs.envs.surfaces.crowd import advance_crowd, begin_crowd
from isac_envs.envs.surfaces.knowledge import estimate
from isac_envs.envs.surfaces.precoding import LEARNED
from isac_envs.envs.surfaces.records import State
from isac_envs.envs.surfaces.ris_miso.observing import observe as observe
from isac_envs.envs.surfaces.ris_miso.slot import ask, plan, transmit
from isac_envs.kernels.link.metrics import shannon_rate_one
from isac_envs.kernels.numerics.hermitian import squared_length
from isac_envs.kernels.precoding.linear import fill_maximum_ratio
from isac_envs.kernels.precoding.rates import received_powers, weighted_rate

_LEAST = 1e-30  # of a power ratio, so that its dB stay finite


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode: users anywhere in the disc, uniform phases."""
    begin_crowd(p, state)
    estimate(p, state, state.users.shape[0])
    for k in range(state.users.shape[0]):
        state.users[k].rate = 0.0
    plan(p, state, state.precoder)
    if p.precoder == LEARNED:
        fill_maximum_ratio(state.scratch.work.channels, 1.0, state.precoder)


@inlined
def _decibels(ratio: float) -> float:
    return linear_to_db(max(ratio, _LEAST))


@jit
def report(state: State, outcome: Outcome) -> None:
    """Write the rates of what the users receive.

    Args:
        state: State of one copy; its scratch holds channels and gains.
        outcome: What the step writes: objectives, costs and metrics.
    """
    objectives, _, metrics = outcome
    users, channels = state.users, state.scratch.work.channels
    weights = state.scratch.downlink.weights
    total, rates, least, ratios_db, gains_db = 0.0, 0.0, 1e300, 0.0, 0.0
    for k in range(users.shape[0]):
        signal, others = received_powers(state.scratch.work.wmmse.gains, k, 1.0)
        users[k].rate = shannon_rate_one(signal / others)
        total += weights[k] * users[k].rate
        rates += users[k].rate
        least = min(least, users[k].rate)
        ratios_db += _decibels(signal / others)
        gains_db += _decibels(squared_length(channels[k]))
    objectives[0] = total
    metrics.sum_rate = rates
    metrics.least_rate = least
    metrics.sinr_db = ratios_db / users.shape[0]
    metrics.channel_snr_db = gains_db / users.shape[0]


@inlined
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by a slot; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    ask(p, state, action)
    plan(p, state, state.precoder)
    scratch = state.scratch
    outcome.metrics.expected_rate = weighted_rate(
        scratch.work.wmmse.gains, 1.0, scratch.downlink.weights
    )
    transmit(p, state, state.precoder)
    report(state, outcome)
    advance_crowd(p, state)
    estimate(p, state, state.users.shape[0])
    state.env.time += 1
    return False, state.env.time >= p.horizon
