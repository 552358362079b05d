"""Dynamics of ``isac/CognitiveAccess-v0``: one user."""

from typing import Any

from isac_envs.engine.jit import Record, inlined
from isac_envs.engine.loops import Outcome
from isac_envs.envs.spectrum.cognitive_access.observing import observe_user
from isac_envs.envs.spectrum.cognitive_access.records import State
from isac_envs.envs.spectrum.cognitive_access.slot import advance, begin, finish, sense


@inlined
def reset(p: Record, state: State) -> None:
    """Start an episode: channels and target in their steady states, nothing observed."""
    begin(p, state)


@inlined
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by one slot and write its outcome; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(1,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    sense(p, state, 0, action[0])
    finish(p, state, 0, outcome)
    advance(p, state)
    return False, state.env.time >= p.horizon


@inlined
def observe(p: Record, state: State, observation: Any) -> None:
    """Write what the user sees.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    observe_user(p, state, 0, observation)
