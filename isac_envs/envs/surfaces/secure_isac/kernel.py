"""Dynamics of ``isac/SecureIsac-v0``: transmit, hear the echoes, move both, estimate the channels.

All draws of a slot are one number for each walker, the keys of scattering and of estimates, and
five numbers for the echoes; they do not depend on actions.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.mathx import linear_to_db
from isac_envs.engine.rng import normal
from isac_envs.envs.surfaces.knowledge import estimate
from isac_envs.envs.surfaces.secure_isac.believing import (
    begin_belief,
    detect,
    place_error,
    predict_belief,
)
from isac_envs.envs.surfaces.secure_isac.observing import LEAST_SNR
from isac_envs.envs.surfaces.secure_isac.observing import observe as observe
from isac_envs.envs.surfaces.secure_isac.records import State
from isac_envs.envs.surfaces.secure_isac.slot import LEARNED, ask, plan, rate_of, transmit
from isac_envs.envs.surfaces.target import advance_scene, begin_scene


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode: both anywhere in their discs, uniform phases, all power for the message."""
    e = state.env
    begin_scene(p, state)
    begin_belief(p, state)
    estimate(p, state, 2)
    e.noise_share, e.sensing_share = 0.0, 0.0
    e.direct_snr, e.surface_snr, e.direct_heard, e.surface_heard = 0.0, 0.0, 0.0, 0.0
    for k in range(2):
        state.users[k].rate = 0.0
    plan(p, state, state.precoder)
    if p.precoder == LEARNED:  # as the others begin
        for m in range(state.precoder.shape[0]):
            state.precoder[m, 0] = state.scratch.beams[m, 0]
            state.precoder[m, 1] = state.precoder[m, 2] = complex(0.0, 0.0)


@jit
def report(state: State, outcome: Outcome) -> None:
    """Write the rates of what both receive, and what is believed of the eavesdropper.

    Args:
        state: State of one copy; its scratch holds the powers.
        outcome: What the step writes: objectives, costs and metrics.
    """
    objectives, _, metrics = outcome
    e, users, powers = state.env, state.users, state.scratch.powers
    for k in range(2):
        users[k].rate = rate_of(powers[k])
    objectives[0] = max(users[0].rate - users[1].rate, 0.0)
    metrics.user_rate, metrics.eavesdropper_rate = users[0].rate, users[1].rate
    metrics.direct_snr_db = linear_to_db(max(e.direct_snr, LEAST_SNR))
    metrics.surface_snr_db = linear_to_db(max(e.surface_snr, LEAST_SNR))
    metrics.place_error_m, metrics.normalised_error = place_error(state)
    metrics.noise_share, metrics.sensing_share = e.noise_share, e.sensing_share


@jit
def play(p: Record, state: State, action: Any, outcome: Outcome) -> None:
    """Transmit and hear the echoes.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the base station, shape ``(W,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    ask(p, state, action)
    plan(p, state, state.precoder)
    powers = state.scratch.powers
    outcome.metrics.expected_rate = max(rate_of(powers[0]) - rate_of(powers[1]), 0.0)
    transmit(p, state)
    report(state, outcome)
    detect(p, state)


@jit
def advance(p: Record, state: State, turn_turns: float) -> None:
    """Move both by a slot; what is known follows.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        turn_turns: Change of the eavesdropper's heading, in turns.
    """
    advance_scene(p, state, turn_turns)
    predict_belief(state)
    estimate(p, state, 2)
    state.env.time += 1


@inlined
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by one slot and write its outcome; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    play(p, state, action, outcome)
    turn_turns = p.target_turn_turns * normal(state.env.world)
    advance(p, state, turn_turns)
    return False, state.env.time >= p.horizon
