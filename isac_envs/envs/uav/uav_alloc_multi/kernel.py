"""Dynamics with one agent for each UAV; the physics is that of the central environment."""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.passes import copy_row
from isac_envs.envs.uav.uav_alloc.kernel import decode_scores, play, reset
from isac_envs.envs.uav.uav_alloc.observing import allow_options, observe_from
from isac_envs.envs.uav.uav_alloc.options import choose
from isac_envs.envs.uav.uav_alloc.records import EMPTY_J, State
from isac_envs.envs.uav.uav_alloc_multi.params import UavAllocMultiParams

__all__ = ["allow", "observe", "reset", "step"]

DISCRETE = UavAllocMultiParams.code("action", "discrete")


@inlined
def decode(p: Record, state: State, actions: Any) -> None:
    """Decode the allocation from the actions of all agents.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        actions: Actions of all agents, shape ``(A, W)``.
    """
    for m in range(state.uavs.shape[0]):
        if p.action == DISCRETE:
            choose(p, state.allocation[m], int(actions[m, 0]))
        else:
            decode_scores(p, state.allocation[m], state.targets.shape[0], actions[m], 0)


@inlined
def step(p: Record, state: State, actions: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance the group by a slot, whose outcome all share; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        actions: Actions of all agents, shape ``(A, W)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    objectives, costs, metrics = outcome
    decode(p, state, actions)
    play(p, state, Outcome(objectives[0], costs[0], metrics[0]))
    for m in range(1, objectives.shape[0]):
        copy_row(objectives[0], objectives[m])
        copy_row(costs[0], costs[m])
        metrics[m] = metrics[0]
    return False, state.env.time >= p.horizon


@jit
def observe(p: Record, state: State, observations: Any) -> None:
    """Write the observation of each UAV, itself first, and its number.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observations: Receives an observation for each agent, shape ``(A, D)``.
    """
    count = state.uavs.shape[0]
    for m in range(count):
        at = observe_from(p, state, m, observations[m])
        observations[m, at] = (m + 1) / count


@inlined
def allow(p: Record, state: State, valid: Any) -> None:
    """Write the valid options of each UAV, or whether it may transmit.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        valid: Receives 1 for each valid action, 0 for the others, in the order of the action.
    """
    for m in range(state.uavs.shape[0]):
        if p.action == DISCRETE:
            allow_options(p, state.uavs[m], 0, valid[m])
        else:
            valid[m, 0] = state.uavs[m].energy_j > EMPTY_J
