"""What a slot transmits: phases from actions, precoders from estimates, gains from the truth."""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.surfaces.phases import fill_reflection, set_phases
from isac_envs.envs.surfaces.ris_miso.params import RisMisoParams
from isac_envs.envs.surfaces.ris_miso.records import Scratch, State
from isac_envs.kernels.precoding.linear import fill_maximum_ratio, fill_regularised
from isac_envs.kernels.precoding.rates import fill_gains, scale_to_power
from isac_envs.kernels.precoding.wmmse import maximise_weighted_rate
from isac_envs.kernels.ris.cascade import Links, fill_cascade

WMMSE = RisMisoParams.code("precoder", "wmmse")
MAXIMUM_RATIO = RisMisoParams.code("precoder", "maximum_ratio")
LEARNED = RisMisoParams.code("precoder", "learned")

WMMSE_GAIN = 1e-3
"""Gain of an iteration of WMMSE, in bit/s/Hz, at which it stops."""
MOST_ITERATIONS = 30


@jit
def ask(p: Record, state: State, action: Any) -> None:
    """Ask for the phases of an action, and take its precoder where it has one.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
    """
    set_phases(p, state.elements, action)
    if p.precoder == LEARNED:
        at, precoder = state.elements.shape[0], state.precoder
        for m in range(precoder.shape[0]):
            for k in range(precoder.shape[1]):
                precoder[m, k] = complex(1.0 * action[at], 1.0 * action[at + 1])
                at += 2
        scale_to_power(precoder, 1.0)


@jit
def precode(p: Record, channels: Any, scratch: Scratch, precoder: Any) -> None:
    """Write the precoder of power 1 that the base station makes for channels.

    Args:
        p: Parameters of the environment, one record.
        channels: Estimated channels over the surface, shape ``(K, M)``.
        scratch: What all copies share.
        precoder: Receives the precoder, shape ``(M, K)``; a learned one stays.
    """
    room = scratch.work.wmmse
    if p.precoder == LEARNED:
        return
    if p.precoder == MAXIMUM_RATIO:
        fill_maximum_ratio(channels, 1.0, precoder)
        return
    fill_regularised(channels, 1.0, 1.0 * channels.shape[0], room.gram, precoder)
    if p.precoder == WMMSE:
        maximise_weighted_rate(
            channels, scratch.downlink, WMMSE_GAIN, MOST_ITERATIONS, room, precoder
        )


@inlined
def true_links(state: State) -> Links:
    """Return the channels of the present slot."""
    now = state.env.now
    return Links(state.direct[now], state.reflected[now], state.incident)


@inlined
def estimated_links(state: State) -> Links:
    """Return what is known of the channels."""
    return Links(state.estimated_direct, state.estimated_reflected, state.incident)


@jit
def plan(p: Record, state: State, precoder: Any) -> None:
    """Write the precoder for the present phases and estimates, and what it is expected to give.

    ``scratch.reflection``, ``scratch.work.channels`` and ``scratch.work.wmmse.gains`` hold what is
    known afterwards.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        precoder: Receives the precoder, shape ``(M, K)``; a learned one stays.
    """
    scratch = state.scratch
    fill_reflection(p, state.elements, 0.0, scratch.reflection)
    fill_cascade(estimated_links(state), scratch.reflection, scratch.work.channels)
    precode(p, scratch.work.channels, scratch, precoder)
    fill_gains(scratch.work.channels, precoder, scratch.work.wmmse.gains)


@jit
def transmit(p: Record, state: State, precoder: Any) -> None:
    """Write what the users receive, with the true channels and phases, into the scratch.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        precoder: Precoder, shape ``(M, K)``.
    """
    scratch = state.scratch
    fill_reflection(p, state.elements, 1.0, scratch.reflection)
    fill_cascade(true_links(state), scratch.reflection, scratch.work.channels)
    fill_gains(scratch.work.channels, precoder, scratch.work.wmmse.gains)
