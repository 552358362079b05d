"""What a user sees: its beliefs or its last slots, and what it believes of its target."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined
from isac_envs.envs.spectrum.cognitive_access.params import CognitiveAccessParams
from isac_envs.envs.spectrum.cognitive_access.records import NOTHING, OUTCOMES, State

BELIEF = CognitiveAccessParams.code("observation", "belief")


@inlined
def observe_user(p: Record, state: State, u: int, seen: Any) -> int:
    """Write what a user sees; return how many numbers that are.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        u: Number of the user.
        seen: Receives the observation, shape ``(D,)``.
    """
    at = _observe_channels(p, state, u, seen)
    if p.target:
        covariance = state.users[u].covariance
        place = math.sqrt(max(covariance[0, 0], 0.0))
        speed = math.sqrt(max(covariance[1, 1], 0.0))
        both = place * speed
        seen[at] = min(place / p.range_std_m, 1.0)
        seen[at + 1] = min(speed / p.speed_std_m_s, 1.0)
        shared = covariance[0, 1] / both if both > 0.0 else 0.0
        seen[at + 2] = min(max(shared, -1.0), 1.0)
        at += 3
    return at


@inlined
def _observe_channels(p: Record, state: State, u: int, seen: Any) -> int:
    """Write beliefs, or the last slots with the latest first; return how many numbers."""
    count = state.channels.shape[0]
    if p.observation == BELIEF:
        for k in range(count):
            seen[k] = state.beliefs[u, k].idle
        return count
    past, timed = state.past, p.choice_count > 1
    slots, at = past.shape[1], 0
    for h in range(slots):
        slot = past[u, (state.env.time - 1 - h) % slots]  # slots before the first hold nothing
        known = slot.outcome != NOTHING
        for k in range(count):
            seen[at + k] = 1.0 if known and slot.channel == k else 0.0
        at += count
        for k in range(OUTCOMES):
            seen[at + k] = 1.0 if slot.outcome == 1 + k else 0.0
        at += OUTCOMES
        if timed:
            seen[at] = p.shares[slot.choice] if known else 0.0
            at += 1
    return at
