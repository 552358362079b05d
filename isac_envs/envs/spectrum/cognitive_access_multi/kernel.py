"""Dynamics of several users: all sense, then all learn what became of their transmissions."""

from typing import Any

from isac_envs.engine.jit import Record, inlined
from isac_envs.engine.loops import Outcome
from isac_envs.envs.spectrum.cognitive_access.kernel import reset
from isac_envs.envs.spectrum.cognitive_access.observing import observe_user
from isac_envs.envs.spectrum.cognitive_access.records import State
from isac_envs.envs.spectrum.cognitive_access.slot import advance, finish, sense

__all__ = ["observe", "reset", "step"]


@inlined
def step(p: Record, state: State, actions: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by a slot; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        actions: Actions of all users, shape ``(U, 1)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    count = state.users.shape[0]
    for u in range(count):
        sense(p, state, u, actions[u, 0])
    for u in range(count):
        own = Outcome(outcome.objectives[u], outcome.costs[u], outcome.metrics[u])
        finish(p, state, u, own)
    advance(p, state)
    return False, state.env.time >= p.horizon


@inlined
def observe(p: Record, state: State, observations: Any) -> None:
    """Write what each user sees; with others, also its number.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observations: Receives an observation for each user, shape ``(U, D)``.
    """
    count = state.users.shape[0]
    for u in range(count):
        at = observe_user(p, state, u, observations[u])
        if count > 1:
            observations[u, at] = u / (count - 1)
