"""Dynamics of vehicles that contend for one channel with radar and packets.

Every step takes the same draws in the same order whatever the actions (the winner of the channel,
then for each vehicle the event, the arrivals of each class and the four conditions), so that two
policies meet the same world under the same seed.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit, record
from isac_envs.engine.rng import bernoulli, integer
from isac_envs.envs.v2x.conditions import (
    CONDITION_FIELDS,
    advance_conditions,
    bad_conditions,
    draw_conditions,
    observe_conditions,
)
from isac_envs.envs.v2x.packets import (
    arrive,
    mean_age,
    observe_ages,
    observe_packets,
    oldest,
    saturated,
    serve,
    weighted_age,
)

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


@jit
def reset_one(p: Record, e: Record, vehicles: Any, packets: Any, streams: Any) -> None:
    """Start an episode: conditions and priority drawn uniformly, the arrivals of one slot."""
    e.time = 0
    e.done = False
    e.idle_slots = 0
    e.priority = integer(e.world, vehicles.shape[0])
    for v in range(vehicles.shape[0]):
        vehicles[v].backlog = 0
        arrive(p, e.world, vehicles[v], packets[v], 0)
        draw_conditions(e.world, vehicles[v])
        vehicles[v].waited = 0
        vehicles[v].asked = False
        vehicles[v].granted = False
        for k in range(streams.shape[1]):
            streams[v, k].age = 0


@inlined
def arbitrate(p: Record, e: Record, vehicles: Any, actions: Any) -> int:
    """Grant the channel: to the vehicle with priority if it asks, else to a uniform one.

    Returns:
        How many vehicles asked.
    """
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
def advance_vehicle(
    p: Record, e: Record, vehicle: Record, packets: Any, streams: Any, action: int,
    objectives: Any, costs: Any, metrics: Record,
) -> int:  # fmt: skip
    """Advance one vehicle by one slot, of which ``e.time`` is the number; return packets sent."""
    bad, before = bad_conditions(vehicle), vehicle.backlog
    event = bernoulli(e.world, p.event_probability[bad])
    radar = vehicle.granted and action == p.radar_action
    sends = vehicle.granted and not radar and not event
    missed = event and not radar
    sent, age, expired = serve(vehicle, packets, action, int(sends), e.time, p.max_age)
    peak = 0
    if sent > 0:
        peak = streams[action - 1].age
        streams[action - 1].age = age
    for k in range(streams.shape[0]):
        streams[k].age += 1
    left = vehicle.backlog
    arrived = arrive(p, e.world, vehicle, packets, e.time + 1)
    overflow = max(0, left + arrived - packets.shape[0])
    counted = before if p.overflow_counts_leaving else left
    weighted = weighted_age(p, streams)

    objectives[0] = -weighted
    objectives[1] = -(p.penalty_clear + bad) if missed else 0.0
    objectives[2] = -max(0, counted + arrived - packets.shape[0])
    costs[0] = 1.0 if missed else 0.0
    costs[1] = overflow

    advance_conditions(p, e.world, vehicle, radar)
    vehicle.waited = 0 if vehicle.granted else vehicle.waited + 1

    metrics.weighted_aoi = weighted
    metrics.class_age = mean_age(streams)
    metrics.oldest_age = oldest(streams)
    metrics.peak_aoi = peak
    metrics.delivered = sent > 0
    metrics.sent = sent
    metrics.overflow = overflow
    metrics.expired = expired
    metrics.backlog = vehicle.backlog
    metrics.event = event
    metrics.missed = missed
    metrics.radar = radar
    metrics.bad_conditions = bad
    metrics.event_probability = p.event_probability[bad]
    return sent


@jit
def transition_one(
    p: Record, e: Record, vehicles: Any, packets: Any, streams: Any, actions: Any,
    objectives: Any, costs: Any, metrics: Any,
) -> tuple[bool, bool]:  # fmt: skip
    """Advance one copy by one slot and write its outcome; return (terminated, truncated)."""
    asking = arbitrate(p, e, vehicles, actions)
    priority = -1
    for v in range(vehicles.shape[0]):
        sent = advance_vehicle(
            p, e, vehicles[v], packets[v], streams[v], actions[v, 0], objectives[v], costs[v],
            metrics[v],
        )  # fmt: skip
        if sent > 0:
            priority = v
        metrics[v].asked = vehicles[v].asked
        metrics[v].granted = vehicles[v].granted
        metrics[v].contended = vehicles[v].asked and asking > 1
    e.priority = priority
    e.time += 1
    e.done = e.time >= p.horizon
    return False, e.done


@jit
def observe(
    p: Record, e: Record, vehicles: Any, packets: Any, streams: Any, observations: Any
) -> None:
    """Write what each vehicle sees."""
    count = vehicles.shape[0]
    for v in range(count):
        seen = observations[v]
        at = observe_packets(p, vehicles[v], packets[v], e.time, seen)
        seen[at] = 1.0 if e.priority == v else 0.0
        at = observe_conditions(vehicles[v], seen, at + 1)
        at = observe_ages(p, streams[v], seen, at)
        seen[at] = saturated(vehicles[v].waited, p.age_scale)
        seen[at + 1] = (v + 1) / count
        seen[at + 2] = (e.time % count + 1) / count
        seen[at + 3] = saturated(e.idle_slots, p.age_scale)


@jit
def reset_batch(
    p: Any, env: Any, vehicles: Any, packets: Any, streams: Any, mask: Any, observations: Any
) -> None:
    """Reset the masked copies."""
    for i in range(env.shape[0]):
        if mask[i]:
            reset_one(p[0], env[i], vehicles[i], packets[i], streams[i])
            observe(p[0], env[i], vehicles[i], packets[i], streams[i], observations[i])


@jit
def step_batch(
    p: Any, env: Any, vehicles: Any, packets: Any, streams: Any, actions: Any, restart: bool,
    observations: Any, objectives: Any, costs: Any, metrics: Any, ended: Any,
) -> None:  # fmt: skip
    """Step all copies; with ``restart``, reset those that are done instead."""
    for i in range(env.shape[0]):
        if restart and env[i].done:
            reset_one(p[0], env[i], vehicles[i], packets[i], streams[i])
        else:
            ended[i, 0], ended[i, 1] = transition_one(
                p[0], env[i], vehicles[i], packets[i], streams[i], actions[i], objectives[i],
                costs[i], metrics[i],
            )  # fmt: skip
        observe(p[0], env[i], vehicles[i], packets[i], streams[i], observations[i])
