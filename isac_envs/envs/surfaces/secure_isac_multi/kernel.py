"""Dynamics with an agent for the base station and one for the eavesdropper.

The slot is that of the single agent; only her turn comes from elsewhere. Row 0 is the base station.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.rng import normal
from isac_envs.envs.surfaces.observing import RATE_BIT, clipped_one
from isac_envs.envs.surfaces.secure_isac import observing
from isac_envs.envs.surfaces.secure_isac.kernel import advance, play, reset
from isac_envs.envs.surfaces.secure_isac.records import State

__all__ = ["observe", "reset", "step"]

SEEN = 8
"""Numbers that the eavesdropper sees."""


@inlined
def step(p: Record, state: State, actions: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by a slot; return (terminated, truncated).

    The turn that the single agent's eavesdropper would draw is drawn and not used, so that the rest
    of the world is the same.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        actions: Actions of both agents, shape ``(2, W)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    objectives, costs, metrics = outcome
    play(p, state, actions[0], Outcome(objectives[0], costs[0], metrics[0]))
    metrics[0].secrecy_rate = objectives[0, 0]
    metrics[1] = metrics[0]
    objectives[1, 0] = -objectives[0, 0]
    normal(state.env.world)
    advance(p, state, p.largest_turn_turns * actions[1, 0])
    return False, state.env.time >= p.horizon


@jit
def observe(p: Record, state: State, observations: Any) -> None:
    """Write what both agents see; what is behind the eavesdropper's numbers is 0.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observations: Receives an observation for each agent, shape ``(2, D)``.
    """
    observing.observe(p, state, observations[0])
    her, user, seen = state.users[1], state.users[0], observations[1]
    for k in range(seen.shape[0]):
        seen[k] = 0.0
    x, y, radius = p.target_centre_m[0], p.target_centre_m[1], p.target_radius_m
    seen[0], seen[1] = (her.x_m - x) / radius, (her.y_m - y) / radius
    seen[2], seen[3] = her.heading_x, her.heading_y
    seen[4] = clipped_one((user.x_m - x) / radius)
    seen[5] = clipped_one((user.y_m - y) / radius)
    seen[6], seen[7] = clipped_one(her.rate / RATE_BIT), clipped_one(user.rate / RATE_BIT)
