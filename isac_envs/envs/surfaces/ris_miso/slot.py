"""What a slot transmits: phases from actions, precoders from estimates, gains from the truth."""

from typing import Any

from isac_envs.engine.jit import Record, jit
from isac_envs.envs.surfaces.phases import fill_reflection, set_phases
from isac_envs.envs.surfaces.precoding import LEARNED, precode, take_beams
from isac_envs.envs.surfaces.records import State, estimated_links, true_links
from isac_envs.kernels.precoding.rates import fill_gains
from isac_envs.kernels.ris.cascade import fill_cascade


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
        take_beams(action, state.elements.shape[0], state.precoder)


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
    precode(p, scratch.work.channels, scratch.downlink, scratch.work.wmmse, precoder)
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
