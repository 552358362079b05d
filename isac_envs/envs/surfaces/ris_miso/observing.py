"""What is seen: for each element its phase and where the best one is, or the channels."""

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
from isac_envs.envs.surfaces.ris_miso.params import RisMisoParams
from isac_envs.envs.surfaces.ris_miso.slot import plan
from isac_envs.kernels.ris.cascade import fill_cascade
from isac_envs.kernels.ris.slopes import fill_slopes

DIRECTIONS = RisMisoParams.code("observation", "directions")


@jit
def fill_directions(p: Record, state: State) -> None:
    """Write the slope of each element, turned by its present phase, into ``scratch.slopes``.

    The slopes are those of the precoder for the present phases and estimates, or of the learned one
    of the last slot; ``scratch.work.wmmse.gains`` holds what it is expected to give.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    scratch = state.scratch
    precoder = state.precoder if p.precoder == LEARNED else scratch.precoder
    plan(p, state, precoder)
    fill_slopes(
        estimated_links(state), precoder, scratch.downlink, scratch.work, scratch.reflection,
        scratch.slopes,
    )  # fmt: skip
    turn_slopes(scratch.reflection, scratch.slopes)


@jit
def _observe_directions(p: Record, state: State, seen: Any) -> int:
    """Write the phase of each element and its slope; then the channels of a learned precoder.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        seen: Receives the observation, shape ``(D,)``.
    """
    scratch, elements, at = state.scratch, state.elements, 0
    fill_directions(p, state)
    scale = scale_of(scratch.slopes)
    for n in range(elements.shape[0]):
        seen[at + 1], seen[at] = sincos_turns(elements[n].turns)
        at = put(scratch.slopes[n], scale, seen, at + 2)
    if p.precoder == LEARNED:
        fill_cascade(estimated_links(state), scratch.reflection, scratch.work.channels)
        at = put_channels(scratch.work.channels, seen, at)
    return put_expected_rates(scratch.work.wmmse.gains, state.users.shape[0], seen, at)


@jit
def _observe_channels(p: Record, state: State, seen: Any) -> int:
    """Write the phase of each element and its legs, then the direct paths.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        seen: Receives the observation, shape ``(D,)``.
    """
    elements, at = state.elements, 0
    for n in range(elements.shape[0]):
        seen[at + 1], seen[at] = sincos_turns(elements[n].turns)
        at = put_legs(p, state, n, seen, at + 2)
    return put_direct(state, seen, at)


@jit
def observe(p: Record, state: State, observation: Any) -> None:
    """Write what is seen before a slot.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    if p.observation == DIRECTIONS:
        at = _observe_directions(p, state, observation)
    else:
        at = _observe_channels(p, state, observation)
    for k in range(state.users.shape[0]):
        observation[at + k] = clipped_one(state.users[k].rate / RATE_BIT)
