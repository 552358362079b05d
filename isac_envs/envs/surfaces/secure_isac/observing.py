"""What is seen: each element's phase and what it does to both rates, then what is known."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import linear_to_db, sincos_turns
from isac_envs.envs.surfaces.observing import (
    RATE_BIT,
    clipped_one,
    put,
    scale_of,
    turn_slopes,
)
from isac_envs.envs.surfaces.secure_isac.records import State
from isac_envs.envs.surfaces.secure_isac.slot import LEARNED, links_of, plan, rate_of
from isac_envs.kernels.ris.cascade import Links
from isac_envs.kernels.ris.slopes import fill_receiver_slopes

SNR_DB = 20.0
"""Radar SNR that is observed as 1, in dB."""
LEAST_SNR = 1e-12
"""Least of an SNR, so that its dB stay finite."""


@jit
def fill_directions(p: Record, state: State) -> None:
    """Write the slopes of both rates by each element, turned by its phase, to ``scratch.slopes``.

    The beams are those for the present phases and the shares of the last slot, or the learned ones
    of the last slot; ``scratch.powers`` holds what they are expected to give.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    scratch = state.scratch
    precoder = state.precoder if p.precoder == LEARNED else scratch.precoder
    plan(p, state, precoder)
    known, powers, slopes = scratch.known, scratch.powers, scratch.slopes
    whole = links_of(state, known)
    for k in range(2):
        first, last = (0, 1) if k == 0 else (1, scratch.gains.shape[0])
        links = Links(whole.direct[first:last], whole.reflected[first:last], whole.incident)
        shares = scratch.one if k == 0 else known.shares
        others = 1.0 + powers[k, 1] + powers[k, 2]
        fill_receiver_slopes(
            links, shares, precoder, scratch.gains[first:last], (powers[k, 0], others),
            scratch.reflection, slopes[k],
        )  # fmt: skip
        turn_slopes(scratch.reflection, slopes[k])


@jit
def _observe_channels(state: State, seen: Any, at: int) -> int:
    """Write what learned beams are made for; return the index after it.

    Args:
        state: State of one copy.
        seen: Receives the numbers.
        at: Index of the first.
    """
    channels, covariance = state.scratch.channels[:1], state.scratch.covariance
    scale = scale_of(channels[0])
    for m in range(channels.shape[1]):
        at = put(channels[0, m], scale, seen, at)
    scale = scale_of(covariance.reshape(covariance.size))
    for i in range(covariance.shape[0]):
        for j in range(covariance.shape[1]):
            at = put(covariance[i, j], scale, seen, at)
    return at


@inlined
def seen_snr(snr: float) -> float:
    """Return a radar SNR as it is observed."""
    return clipped_one(linear_to_db(max(snr, LEAST_SNR)) / SNR_DB)


@jit
def observe(p: Record, state: State, observation: Any) -> None:
    """Write what is seen before a slot.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    e, scratch, elements, seen, at = state.env, state.scratch, state.elements, observation, 0
    fill_directions(p, state)
    scale = scale_of(scratch.slopes.reshape(scratch.slopes.size))
    for n in range(elements.shape[0]):
        seen[at + 1], seen[at] = sincos_turns(elements[n].turns)
        at = put(scratch.slopes[0, n], scale, seen, at + 2)
        at = put(scratch.slopes[1, n], scale, seen, at)
    if p.precoder == LEARNED:
        at = _observe_channels(state, seen, at)
    for k in range(2):
        seen[at + k] = clipped_one(rate_of(scratch.powers[k]) / RATE_BIT)
    seen[at + 2] = clipped_one(state.users[0].rate / RATE_BIT)
    for k in range(2):
        away = (state.believed[k] - p.target_centre_m[k]) / p.target_radius_m
        seen[at + 3 + k] = clipped_one(away)
        spread = math.sqrt(max(state.covariance[k, k], 0.0)) / p.target_radius_m
        seen[at + 5 + k] = clipped_one(spread)
    seen[at + 7], seen[at + 8] = seen_snr(e.direct_heard), seen_snr(e.surface_heard)
    seen[at + 9], seen[at + 10] = e.noise_share, e.sensing_share
