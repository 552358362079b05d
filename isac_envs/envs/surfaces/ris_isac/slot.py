"""What a slot transmits: phases and share from actions, beams from estimates, echo from the truth.

Column K of a precoder is the sensing stream, row K of channels the target.
"""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import linear_to_db
from isac_envs.envs.surfaces.phases import INCREMENTS, PHASES, fill_reflection
from isac_envs.envs.surfaces.precoding import LEARNED, precode, take_beams
from isac_envs.envs.surfaces.records import State, estimated_links, true_links
from isac_envs.envs.surfaces.ris_isac.params import RisIsacParams
from isac_envs.envs.surfaces.ris_isac.records import Scratch
from isac_envs.kernels.numerics.hermitian import scaled_one
from isac_envs.kernels.precoding.linear import fill_zero_forcing
from isac_envs.kernels.precoding.rates import fill_gains, power_of
from isac_envs.kernels.precoding.wmmse import Downlink, maximise_weighted_rate
from isac_envs.kernels.ris.cascade import fill_cascade
from isac_envs.kernels.ris.echoes import echo_snr

NULLED = RisIsacParams.code("sensing_beam", "nulled")

MOST_SHORTFALL_DB = 40.0
"""Shortfall of the radar SNR that counts at most, in dB."""
_LEAST_SNR = 1e-30  # so that its dB stay finite
_LEAST_POWER = 1e-9  # of the users' streams: below it, they get none


@jit
def ask_power(p: Record, state: State, action: Any, first: int) -> None:
    """Take the share or the beams of an action.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, or of its base station, shape ``(W,)``.
        first: Where the share or the beams begin.
    """
    if p.precoder == LEARNED:
        take_beams(action, first, state.precoder)
        state.env.share = sensing_power(state.precoder)
    elif p.action == INCREMENTS or p.action == PHASES:
        state.env.share = 0.5 * (action[first] + 1.0)
    else:
        state.env.share = min(action[first] / (p.share_levels - 1.0), 1.0)


@inlined
def sensing_power(precoder: Any) -> float:
    """Return the power of the sensing stream of beams, shape ``(M, S)``."""
    return power_of(precoder[:, precoder.shape[1] - 1 :])


@jit
def _add_sensing(p: Record, channels: Any, share: float, scratch: Scratch, precoder: Any) -> None:
    """Write the beam of the sensing stream, of power ``share``."""
    last, nulled = precoder.shape[1] - 1, scratch.nulled
    if p.sensing_beam == NULLED:
        # zero forcing to all receivers holds the target's channel without what users hear of it
        fill_zero_forcing(channels, 1.0, scratch.work.wmmse.gram, nulled)
    else:
        for m in range(precoder.shape[0]):
            nulled[m, last] = channels[last, m].conjugate()
    power = sensing_power(nulled)
    factor = math.sqrt(share / power) if power > 0.0 else 0.0
    for m in range(precoder.shape[0]):
        precoder[m, last] = scaled_one(nulled[m, last], factor)


@jit
def form_beams(p: Record, channels: Any, share: float, scratch: Scratch, precoder: Any) -> None:
    """Write the beams that the base station or a policy makes for channels, of power 1 together.

    Args:
        p: Parameters of the environment, one record.
        channels: Estimated channels over the surface, shape ``(S, M)``.
        share: Share of the power on the sensing stream, in [0, 1].
        scratch: What all copies share.
        precoder: Receives the beams, shape ``(M, S)``.
    """
    beams, power, room = scratch.user_beams, 1.0 - share, scratch.user_work.wmmse
    users = beams.shape[1]
    downlink = Downlink(power, 1.0, scratch.users)
    if power <= _LEAST_POWER:
        power = 0.0
    elif p.precoder == LEARNED:  # what a policy would learn at best
        beams[:, :] = 0.0
        maximise_weighted_rate(channels[:users], downlink, 1e-6, 300, room, beams)
    else:
        precode(p, channels[:users], downlink, room, beams)
    for m in range(beams.shape[0]):
        for k in range(users):
            precoder[m, k] = beams[m, k] if power > 0.0 else complex(0.0, 0.0)
    _add_sensing(p, channels, 1.0 - power, scratch, precoder)


@jit
def plan(p: Record, state: State, precoder: Any) -> None:
    """Write the beams for the present phases, share and estimates, and what they should give.

    ``scratch.reflection``, ``scratch.work.channels`` and ``scratch.work.wmmse.gains`` hold what is
    known afterwards.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        precoder: Receives the beams, shape ``(M, S)``; learned ones stay.
    """
    scratch = state.scratch
    fill_reflection(p, state.elements, 0.0, scratch.reflection)
    fill_cascade(estimated_links(state), scratch.reflection, scratch.work.channels)
    if p.precoder != LEARNED:
        form_beams(p, scratch.work.channels, state.env.share, scratch, precoder)
    fill_gains(scratch.work.channels, precoder, scratch.work.wmmse.gains)


@jit
def transmit(p: Record, state: State, precoder: Any) -> None:
    """Write what the receivers get, with the true channels and phases, into the scratch.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        precoder: Beams of all streams, shape ``(M, S)``.
    """
    scratch = state.scratch
    fill_reflection(p, state.elements, 1.0, scratch.reflection)
    fill_cascade(true_links(state), scratch.reflection, scratch.work.channels)
    fill_gains(scratch.work.channels, precoder, scratch.work.wmmse.gains)


@inlined
def decibels(ratio: float) -> float:
    """Return a ratio in dB, finite for 0."""
    return linear_to_db(max(ratio, _LEAST_SNR))


@inlined
def radar_snr(p: Record, channels: Any, precoder: Any) -> float:
    """Return the radar SNR, linear.

    Args:
        p: Parameters of the environment, one record.
        channels: Channels over the surface, shape ``(S, M)``, the target's last.
        precoder: Beams of all streams, shape ``(M, S)``.
    """
    return echo_snr(channels[channels.shape[0] - 1], precoder, p.echo_gain)


@inlined
def shortfall_db(p: Record, radar_db: float) -> float:
    """Return what a radar SNR lacks of the required one, in dB."""
    return min(max(p.required_snr_db - radar_db, 0.0), MOST_SHORTFALL_DB)
