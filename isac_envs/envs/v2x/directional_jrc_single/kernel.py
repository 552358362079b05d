"""Dynamics with one learning vehicle: the others of the road take turns as a round robin.

The physics is that of :mod:`isac_envs.envs.v2x.directional_jrc.kernel`.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined
from isac_envs.engine.loops import Outcome
from isac_envs.envs.v2x.directional_jrc.kernel import play, report, reset
from isac_envs.envs.v2x.directional_jrc.observing import allow_vehicle, observe_vehicle
from isac_envs.envs.v2x.directional_jrc.policies import round_robin
from isac_envs.envs.v2x.directional_jrc.records import State

__all__ = ["allow", "observe", "reset", "step"]


@inlined
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one road by a step and write its outcome; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e, vehicles = state.env, state.vehicles
    vehicles[0].action = action[0]
    for k in range(1, vehicles.shape[0]):
        vehicles[k].action = round_robin(e.time, k, p.radar_interval)
    play(p, state)
    report(p, vehicles[0], state.ages[0], outcome)
    return False, e.time >= p.horizon


@inlined
def observe(p: Record, state: State, observation: Any) -> None:
    """Write the observation of the learning vehicle.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    observe_vehicle(p, state, 0, observation)


@inlined
def allow(p: Record, state: State, valid: Any) -> None:
    """Write the valid actions of the learning vehicle.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        valid: Receives 1 for each valid action, 0 for the others, in the order of the action.
    """
    allow_vehicle(state.vehicles[0], valid)
