"""Dynamics with an agent for the base station and one for the surface; the slot is the single one.

The row of the base station comes first. What is behind an agent's own coordinates is 0.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.passes import copy_row
from isac_envs.envs.surfaces.phases import set_phases
from isac_envs.envs.surfaces.records import State
from isac_envs.envs.surfaces.ris_isac.kernel import play, reset
from isac_envs.envs.surfaces.ris_isac.observing import (
    DIRECTIONS,
    fill_directions,
    put_elements,
    put_receivers,
)
from isac_envs.envs.surfaces.ris_isac.slot import ask_power

__all__ = ["observe", "reset", "step"]


@inlined
def step(p: Record, state: State, actions: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by a slot, whose outcome both share; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        actions: Actions of both agents, shape ``(2, W)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    objectives, costs, metrics = outcome
    set_phases(p, state.elements, actions[1])
    ask_power(p, state, actions[0], 0)
    ended = play(p, state, Outcome(objectives[0], costs[0], metrics[0]))
    copy_row(objectives[0], objectives[1])
    copy_row(costs[0], costs[1])
    metrics[1] = metrics[0]
    return ended


@jit
def observe(p: Record, state: State, observations: Any) -> None:
    """Write what the base station and the surface see.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observations: Receives an observation for each agent, shape ``(2, D)``.
    """
    observations[:] = 0.0
    radar_db = fill_directions(p, state) if p.observation == DIRECTIONS else 0.0
    put_elements(p, state, observations[1])
    put_receivers(p, state, radar_db, observations[0], 0)
