"""Dynamics of vehicles that contend for one channel with radar and packets.

Every step takes the same draws in the same order whatever the actions (the winner of the channel,
then for each vehicle the event, the arrivals of each class and the four conditions), so that two
policies meet the same world under the same seed.
"""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit, record
from isac_envs.engine.loops import Outcome
from isac_envs.engine.rng import integer
from isac_envs.envs.v2x.class_features import PACKETS, observe_classes, observe_risk
from isac_envs.envs.v2x.conditions import (
    CONDITION_FIELDS,
    advance_conditions,
    draw_conditions,
    observe_conditions,
)
from isac_envs.envs.v2x.packets import Vehicle, observe_ages, observe_packets, saturated
from isac_envs.envs.v2x.slot import Use, play_slot, start_queue

STATE_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("priority", "i8"),  # vehicle that wins a contention, -1 = none
    ("idle_slots", "i8"),  # slots since anybody used the channel
)
VEHICLE = record(
    *CONDITION_FIELDS,
    ("backlog", "i8"),  # packets in the queue
    ("waited", "i8"),  # slots since the vehicle last had the channel
    ("asked", "?"),  # it asked for the channel in the last slot
    ("granted", "?"),  # and got it
)
IDLE = 0  # action; k = 1..K sends packets of class k, K + 1 is radar


class State(NamedTuple):
    """The vehicles of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        vehicles: Shape ``(N,)``.
        packets: Their queues, shape ``(N, Q)``.
        streams: Their classes at the receiver, shape ``(N, K)``.
    """

    env: Any
    vehicles: Any
    packets: Any
    streams: Any


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode: conditions and priority drawn uniformly, the arrivals of one slot."""
    e, vehicles = state.env, state.vehicles
    e.idle_slots = 0
    e.priority = integer(e.world, vehicles.shape[0])
    for v in range(vehicles.shape[0]):
        start_queue(p, e.world, Vehicle(vehicles[v], state.packets[v], state.streams[v]))
        draw_conditions(e.world, vehicles[v])
        vehicles[v].waited = 0
        vehicles[v].asked = False
        vehicles[v].granted = False


@inlined
def arbitrate(p: Record, state: State, actions: Any) -> int:
    """Grant the channel: to the vehicle with priority if it asks, else to a uniform one.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        actions: Actions of all agents, shape ``(A, W)``.

    Returns:
        How many vehicles asked.
    """
    e, vehicles = state.env, state.vehicles
    asking = 0
    for v in range(vehicles.shape[0]):
        vehicles[v].asked = actions[v, 0] != IDLE
        asking += vehicles[v].asked
    rank = integer(e.world, max(1, asking))  # one draw, needed or not
    prior = e.priority >= 0 and vehicles[max(0, e.priority)].asked
    misread = p.winner_misread and asking > 1
    seen, used = 0, False
    for v in range(vehicles.shape[0]):
        chosen = (v if misread else seen) == rank
        if prior:
            chosen = v == e.priority
        vehicles[v].granted = vehicles[v].asked and chosen
        used = used or vehicles[v].granted
        seen += vehicles[v].asked
    e.idle_slots = 0 if used else e.idle_slots + 1
    return asking


@inlined
def advance_vehicle(p: Record, e: Record, vehicle: Vehicle, action: int, outcome: Outcome) -> int:
    """Advance a vehicle by the slot, of which ``e.time`` is the number; return packets sent.

    Args:
        p: Parameters.
        e: The environment.
        vehicle: The vehicle.
        action: What it asked for.
        outcome: Receives its objectives, costs and metrics.
    """
    own = vehicle.record
    radar = own.granted and action == p.radar_action
    use = Use(radar, action, int(own.granted and not radar))
    sent = play_slot(p, e, vehicle, use, outcome)
    advance_conditions(p, e.world, own, radar)
    own.waited = 0 if own.granted else own.waited + 1
    return sent


@inlined
def step(p: Record, state: State, actions: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by one slot and write its outcome; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        actions: Actions of all agents, shape ``(A, W)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e, vehicles, metrics = state.env, state.vehicles, outcome.metrics
    asking = arbitrate(p, state, actions)
    priority = -1
    for v in range(vehicles.shape[0]):
        vehicle = Vehicle(vehicles[v], state.packets[v], state.streams[v])
        own = Outcome(outcome.objectives[v], outcome.costs[v], metrics[v])
        if advance_vehicle(p, e, vehicle, actions[v, 0], own) > 0:
            priority = v
        metrics[v].asked = vehicles[v].asked
        metrics[v].granted = vehicles[v].granted
        metrics[v].contended = vehicles[v].asked and asking > 1
    e.priority = priority
    e.time += 1
    return False, e.time >= p.horizon


@jit
def observe(p: Record, state: State, observations: Any) -> None:
    """Write the observation of each vehicle.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observations: Receives an observation for each agent, shape ``(A, D)``.
    """
    e, count = state.env, state.vehicles.shape[0]
    for v in range(count):
        seen = observations[v]
        vehicle = Vehicle(state.vehicles[v], state.packets[v], state.streams[v])
        if p.observation == PACKETS:
            at = observe_packets(p, vehicle, e.time, seen)
            seen[at] = 1.0 if e.priority == v else 0.0
            at = observe_conditions(vehicle.record, seen, at + 1)
            at = observe_ages(p, vehicle.streams, seen, at)
            seen[at] = saturated(vehicle.record.waited, p.age_scale)
            seen[at + 1] = (v + 1) / count
            seen[at + 2] = (e.time % count + 1) / count
            at += 3
        else:
            at = observe_classes(p, vehicle, 1, e.time, seen)
            seen[at] = 1.0 if e.priority == v else 0.0
            at = observe_risk(vehicle.record, vehicle.packets.shape[0], seen, at + 1)
            seen[at] = saturated(vehicle.record.waited, p.age_scale)
            until = (v - e.time % count + count) % count
            for slots in range(count):
                seen[at + 1 + slots] = 1.0 if until == slots else 0.0
            at += 1 + count
        seen[at] = saturated(e.idle_slots, p.age_scale)
