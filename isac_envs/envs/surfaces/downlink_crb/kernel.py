"""Dynamics of ``isac/DownlinkCrb-v0``: transmit, measure the angle, move on, estimate the channels.

All draws of a slot are those of two keys, one of each stream, one number for the target and two for
its echo; they do not depend on actions.
"""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.envs.surfaces.downlink_crb.beams import (
    FULL,
    LARGEST_STD_DEG,
    accuracy_of,
    bound_of,
    decibels,
    fill_ratios,
    form_beams,
    shortfall_db,
)
from isac_envs.envs.surfaces.downlink_crb.channels import advance_channels, begin_channels
from isac_envs.envs.surfaces.downlink_crb.observing import observe as observe
from isac_envs.envs.surfaces.downlink_crb.records import State
from isac_envs.envs.surfaces.downlink_crb.target import (
    advance_target,
    begin_target,
    detect,
    sine_of,
)
from isac_envs.envs.surfaces.precoding import take_beams
from isac_envs.kernels.link.metrics import shannon_rate_one
from isac_envs.kernels.numerics.hermitian import square_one

_DEG = 180.0 / math.pi


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode: users anywhere in their ring, the target anywhere in its distribution."""
    begin_channels(p, state)
    begin_target(p, state)
    for m in range(state.precoder.shape[0]):
        for k in range(state.precoder.shape[1]):
            state.precoder[m, k] = complex(0.0, 0.0)


@jit
def ask(p: Record, state: State, action: Any) -> None:
    """Write the beams that an action asks for.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
    """
    asked = state.scratch.asked
    if p.precoder == FULL:
        take_beams(action, 0, state.precoder)
        return
    for k in range(asked.shape[0]):
        asked[k] = 1.0 * action[k]
    sine = sine_of(state.believed[0])
    form_beams(p, state.estimated, sine, asked, state.scratch, state.precoder)


@jit
def report(p: Record, state: State, outcome: Outcome) -> tuple[float, float]:
    """Write what users and radar get; return the bound on the angle in rad^2 and the radar SNR.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        outcome: What the step writes: objectives, costs and metrics.
    """
    objectives, costs, metrics = outcome
    e, users, ratios, last = state.env, state.users, state.scratch.sinrs, state.users.shape[0]
    fill_ratios(p, state.channels, state.precoder, state.scratch)
    rate, missing_db, least_db = 0.0, 0.0, 1e300
    for k in range(last):
        users[k].sinr_db, users[k].rate = decibels(ratios[k]), shannon_rate_one(ratios[k])
        rate += users[k].rate
        missing_db += shortfall_db(p, users[k].sinr_db)
        least_db = min(least_db, users[k].sinr_db)
    sine = sine_of(e.angle_rad)
    variance, lit = bound_of(p, sine, state.precoder, state.scratch.response)
    radar_snr = p.echo_snr * p.receive_antennas * p.transmit_antennas * lit
    objectives[0] = rate
    objectives[1] = accuracy_of(variance)
    objectives[2] = missing_db
    costs[0] = missing_db
    sensing = 0.0
    for m in range(state.precoder.shape[0]):
        sensing += square_one(state.precoder[m, last])
    metrics.root_crb_deg = min(_DEG * math.sqrt(variance), LARGEST_STD_DEG)
    metrics.radar_snr_db = decibels(radar_snr)
    metrics.illumination = lit
    metrics.least_sinr_db = least_db
    metrics.sensing_share = sensing
    return variance, radar_snr


@jit
def judge_belief(state: State, outcome: Outcome) -> None:
    """Write how far the belief is off that the slot began with.

    Args:
        state: State of one copy.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e, metrics, spread = state.env, outcome.metrics, max(state.covariance[0, 0], 0.0)
    error = state.believed[0] - e.angle_rad
    e.served_rad, e.thought_rad = e.angle_rad, state.believed[0]
    e.thought_std_rad = math.sqrt(spread)
    metrics.angle_error_deg = _DEG * abs(error)
    metrics.normalised_error = error * error / spread if spread > 0.0 else 0.0


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
    variance, radar_snr = report(p, state, outcome)
    judge_belief(state, outcome)
    detect(p, state, variance, radar_snr)
    outcome.metrics.detected = 1.0 if state.env.heard_snr > 0.0 else 0.0
    advance_target(p, state)
    advance_channels(p, state)
    state.env.time += 1
    return False, state.env.time >= p.horizon
