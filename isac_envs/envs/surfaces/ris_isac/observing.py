"""What is seen: for each element its phase and where the best ones are, or the channels."""

from typing import Any

from isac_envs.engine.jit import Record, jit
from isac_envs.engine.mathx import sincos_turns
from isac_envs.envs.surfaces.observing import (
    RATE_BIT,
    clipped_one,
    put,
    put_channels,
    put_direct,
    put_expected_rates,
    put_legs,
    scale_of,
    turn_slopes,
)
from isac_envs.envs.surfaces.precoding import LEARNED
from isac_envs.envs.surfaces.records import State, estimated_links
from isac_envs.envs.surfaces.ris_isac.params import RisIsacParams
from isac_envs.envs.surfaces.ris_isac.slot import decibels, plan, radar_snr
from isac_envs.kernels.ris.cascade import fill_cascade
from isac_envs.kernels.ris.echoes import fill_echo_slopes
from isac_envs.kernels.ris.slopes import fill_slopes

DIRECTIONS = RisIsacParams.code("observation", "directions")
RADAR_DB = 10.0
"""Radar SNR above the required one that is observed as 1, in dB."""


@jit
def fill_directions(p: Record, state: State) -> float:
    """Write the slopes of each element, turned by its present phase; return the radar SNR in dB.

    ``scratch.slopes`` are those of the rate, ``scratch.echo_slopes`` those of the echo, with the
    beams for the present phases, share and estimates, or the learned ones of the last slot.
    ``scratch.work.wmmse.gains`` holds what they are expected to give, as does the radar SNR.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    scratch = state.scratch
    work, reflection, links = scratch.work, scratch.reflection, estimated_links(state)
    precoder = state.precoder if p.precoder == LEARNED else scratch.precoder
    plan(p, state, precoder)
    snr = radar_snr(p, work.channels, precoder)
    target = work.channels[work.channels.shape[0] - 1]
    fill_echo_slopes(links, target, precoder, reflection, scratch.echo_slopes)
    fill_slopes(links, precoder, scratch.downlink, work, reflection, scratch.slopes)
    turn_slopes(reflection, scratch.slopes)
    turn_slopes(reflection, scratch.echo_slopes)
    return decibels(snr)


@jit
def put_elements(p: Record, state: State, seen: Any) -> int:
    """Write the phase of each element, and its slopes or its legs; return the index after them.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy; its scratch holds the slopes where they are seen.
        seen: Receives the observation, shape ``(D,)``.
    """
    scratch, elements, at = state.scratch, state.elements, 0
    scale, echo_scale = 0.0, 0.0
    if p.observation == DIRECTIONS:
        scale, echo_scale = scale_of(scratch.slopes), scale_of(scratch.echo_slopes)
    for n in range(elements.shape[0]):
        seen[at + 1], seen[at] = sincos_turns(elements[n].turns)
        at += 2
        if p.observation == DIRECTIONS:
            at = put(scratch.slopes[n], scale, seen, at)
            at = put(scratch.echo_slopes[n], echo_scale, seen, at)
        else:
            at = put_legs(p, state, n, seen, at)
    return at


@jit
def put_receivers(p: Record, state: State, radar_db: float, seen: Any, at: int) -> int:
    """Write what users and target have, and the share; return the index after them.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy; its scratch holds the gains where they are seen.
        radar_db: Radar SNR that is expected, in dB.
        seen: Receives the observation, shape ``(D,)``.
        at: Index of the first number.
    """
    e, users, scratch = state.env, state.users, state.scratch
    count = users.shape[0] - 1
    if p.observation == DIRECTIONS:
        if p.precoder == LEARNED:
            fill_cascade(estimated_links(state), scratch.reflection, scratch.work.channels)
            at = put_channels(scratch.work.channels, seen, at)
        at = put_expected_rates(scratch.work.wmmse.gains, count, seen, at)
        seen[at] = clipped_one((radar_db - p.required_snr_db) / RADAR_DB)
        at += 1
    else:
        at = put_direct(state, seen, at)
    for k in range(count):
        seen[at] = clipped_one(users[k].rate / RATE_BIT)
        at += 1
    seen[at] = clipped_one((e.radar_db - p.required_snr_db) / RADAR_DB)
    seen[at + 1] = e.share
    return at + 2


@jit
def observe(p: Record, state: State, observation: Any) -> None:
    """Write what is seen before a slot.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    radar_db = fill_directions(p, state) if p.observation == DIRECTIONS else 0.0
    at = put_elements(p, state, observation)
    put_receivers(p, state, radar_db, observation, at)
