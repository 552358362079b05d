"""Dynamics of one vehicle that senses or sends a fresh packet of one of few classes.

Every step takes seven draws in the same order whatever the action: the event, the success of a
transmission, the channel and the four conditions.
"""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.rng import bernoulli, integer
from isac_envs.envs.v2x.conditions import (
    CONDITION_FIELDS,
    advance_conditions,
    draw_conditions,
    meet_event,
    next_bit,
    observe_conditions,
)
from isac_envs.envs.v2x.jrc_aoi_tiny.params import JrcAoiTinyParams
from isac_envs.envs.v2x.packets import observe_ages, report_ages

STATE_FIELDS: tuple[tuple[Any, ...], ...] = (
    *CONDITION_FIELDS,
    ("channel", "i8"),  # 1 = bad
)
RADAR = 0  # action; k = 1.. sends a packet of class k
VECTOR = JrcAoiTinyParams.code("observation", "vector")


class State(NamedTuple):
    """The vehicle of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment, with the conditions of its vehicle.
        streams: The classes at the receiver, shape ``(K,)``.
    """

    env: Any
    streams: Any


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode: conditions drawn uniformly, all ages one slot."""
    e, streams = state.env, state.streams
    e.channel = integer(e.world, 2)
    draw_conditions(e.world, e)
    for k in range(streams.shape[0]):
        streams[k].age = 1


@inlined
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by one slot and write its outcome; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e, streams = state.env, state.streams
    radar, sent = action[0] == RADAR, action[0] - 1
    event = meet_event(p, e.world, e, radar, outcome)
    arrives = bernoulli(e.world, p.success_bad if e.channel else p.success_good)
    delivered = arrives and not radar and not event
    peak = streams[sent].age if delivered else 0
    for k in range(streams.shape[0]):
        fresh = delivered and k == sent
        streams[k].age = 1 if fresh else min(streams[k].age + 1, p.age_cap)
    report_ages(p, streams, peak, delivered, outcome)
    e.channel = next_bit(e.world, e.channel, p.channel_stays_good, p.channel_stays_bad)
    advance_conditions(p, e.world, e, radar)
    e.time += 1
    return False, e.time >= p.horizon


@inlined
def observe(p: Record, state: State, observation: Any) -> None:
    """Write the observation: class ages and conditions, or the index of the state.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    e, streams = state.env, state.streams
    if p.observation == VECTOR:
        at = observe_ages(p, streams, observation, 0)
        observation[at] = e.channel
        observe_conditions(e, observation, at + 1)
    else:
        index = 0
        for k in range(streams.shape[0]):
            index = index * p.age_cap + streams[k].age - 1
        bits = (((e.channel * 2 + e.road) * 2 + e.weather) * 2 + e.speed) * 2 + e.object
        observation[0] = index * 32 + bits
