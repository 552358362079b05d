"""Dynamics of one vehicle that senses or sends packets of several classes.

Every step takes the same draws in the same order whatever the action (the event, the arrivals of
each class, the channel, the four conditions), so that two policies meet the same world under the
same seed.
"""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.rng import integer
from isac_envs.envs.v2x.class_features import PACKETS, observe_classes, observe_risk
from isac_envs.envs.v2x.conditions import (
    CONDITION_FIELDS,
    advance_conditions,
    draw_conditions,
    next_bit,
    observe_conditions,
)
from isac_envs.envs.v2x.packets import Vehicle, observe_ages, observe_packets
from isac_envs.envs.v2x.slot import Use, play_slot, start_queue

STATE_FIELDS: tuple[tuple[Any, ...], ...] = (
    *CONDITION_FIELDS,
    ("channel", "i8"),  # 1 = bad
    ("backlog", "i8"),  # packets in the queue
)
RADAR = 0  # action; k = 1.. sends packets of class k


class State(NamedTuple):
    """The vehicle of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment, which is the record of its vehicle.
        packets: The queue, shape ``(Q,)``.
        streams: The classes at the receiver, shape ``(K,)``.
    """

    env: Any
    packets: Any
    streams: Any


@inlined
def slot_capacity(p: Record, e: Record) -> int:
    """Return the number of packets that a slot carries over the present channel."""
    return p.packets_bad if e.channel else p.packets_good


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode: conditions drawn uniformly, the arrivals of one slot, all ages zero."""
    e = state.env
    start_queue(p, e.world, Vehicle(e, state.packets, state.streams))
    e.channel = integer(e.world, 2)
    draw_conditions(e.world, e)


@inlined
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by one slot and write its outcome; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e, radar = state.env, action[0] == RADAR
    use = Use(radar, action[0], 0 if radar else slot_capacity(p, e))
    play_slot(p, e, Vehicle(e, state.packets, state.streams), use, outcome)
    e.channel = next_bit(e.world, e.channel, p.channel_stays_good, p.channel_stays_bad)
    advance_conditions(p, e.world, e, radar)
    e.time += 1
    return False, e.time >= p.horizon


@inlined
def observe(p: Record, state: State, observation: Any) -> None:
    """Write the observation.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    e = state.env
    vehicle = Vehicle(e, state.packets, state.streams)
    if p.observation == PACKETS:
        at = observe_packets(p, vehicle, e.time, observation)
        observation[at] = e.channel
        at = observe_conditions(e, observation, at + 1)
        observe_ages(p, state.streams, observation, at)
    else:
        at = observe_classes(p, vehicle, slot_capacity(p, e), e.time, observation)
        observation[at] = e.channel
        observe_risk(e, state.packets.shape[0], observation, at + 1)
