"""Dynamics of one vehicle that senses or sends packets of several classes.

Every step takes the same draws in the same order whatever the action (the event, the arrivals of
each class, the channel, the four conditions), so that two policies meet the same world under the
same seed.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.rng import bernoulli, integer
from isac_envs.envs.v2x.conditions import (
    CONDITION_FIELDS,
    advance_conditions,
    bad_conditions,
    draw_conditions,
    next_bit,
    observe_conditions,
)
from isac_envs.envs.v2x.packets import (
    arrive,
    mean_age,
    observe_ages,
    observe_packets,
    oldest,
    serve,
    weighted_age,
)

STATE_FIELDS: tuple[tuple[Any, ...], ...] = (
    *CONDITION_FIELDS,
    ("channel", "i8"),  # 1 = bad
    ("backlog", "i8"),  # packets in the queue
)
RADAR = 0  # action; k = 1.. sends packets of class k


@jit
def reset_one(p: Record, e: Record, packets: Any, streams: Any) -> None:
    """Start an episode: conditions drawn uniformly, the arrivals of one slot, all ages zero."""
    e.time = 0
    e.done = False
    e.backlog = 0
    arrive(p, e.world, e, packets, 0)
    e.channel = integer(e.world, 2)
    draw_conditions(e.world, e)
    for k in range(streams.shape[0]):
        streams[k].age = 0


@inlined
def transition_one(
    p: Record, e: Record, packets: Any, streams: Any, action: int, objectives: Any, costs: Any,
    metrics: Record,
) -> tuple[bool, bool]:  # fmt: skip
    """Advance one copy by one slot and write its outcome; return (terminated, truncated)."""
    bad, before = bad_conditions(e), e.backlog
    event = bernoulli(e.world, p.event_probability[bad])
    radar = action == RADAR
    missed = event and not radar
    could_send = p.packets_bad if e.channel else p.packets_good
    most = 0 if radar or event else could_send
    sent, age, expired = serve(e, packets, action, most, e.time, p.max_age)
    peak = 0
    if sent > 0:
        peak = streams[action - 1].age
        streams[action - 1].age = age
    for k in range(streams.shape[0]):
        streams[k].age += 1
    left = e.backlog
    e.time += 1
    arrived = arrive(p, e.world, e, packets, e.time)
    overflow = max(0, left + arrived - packets.shape[0])
    counted = before if p.overflow_counts_leaving else left
    weighted = weighted_age(p, streams)

    objectives[0] = -weighted
    objectives[1] = -(p.penalty_clear + bad) if missed else 0.0
    objectives[2] = -max(0, counted + arrived - packets.shape[0])
    costs[0] = 1.0 if missed else 0.0
    costs[1] = overflow

    e.channel = next_bit(e.world, e.channel, p.channel_stays_good, p.channel_stays_bad)
    advance_conditions(p, e.world, e, radar)
    e.done = e.time >= p.horizon

    metrics.weighted_aoi = weighted
    metrics.class_age = mean_age(streams)
    metrics.oldest_age = oldest(streams)
    metrics.peak_aoi = peak
    metrics.delivered = sent > 0
    metrics.sent = sent
    metrics.overflow = overflow
    metrics.expired = expired
    metrics.backlog = e.backlog
    metrics.event = event
    metrics.missed = missed
    metrics.radar = radar
    metrics.bad_conditions = bad
    metrics.event_probability = p.event_probability[bad]
    return False, e.done


@inlined
def observe(p: Record, e: Record, packets: Any, streams: Any, observation: Any) -> None:
    """Write what the agent sees."""
    at = observe_packets(p, e, packets, e.time, observation)
    observation[at] = e.channel
    at = observe_conditions(e, observation, at + 1)
    observe_ages(p, streams, observation, at)


@jit
def reset_batch(p: Any, env: Any, packets: Any, streams: Any, mask: Any, observations: Any) -> None:
    """Reset the masked copies."""
    for i in range(env.shape[0]):
        if mask[i]:
            reset_one(p[0], env[i], packets[i], streams[i])
            observe(p[0], env[i], packets[i], streams[i], observations[i, 0])


@jit
def step_batch(
    p: Any, env: Any, packets: Any, streams: Any, actions: Any, restart: bool, observations: Any,
    objectives: Any, costs: Any, metrics: Any, ended: Any,
) -> None:  # fmt: skip
    """Step all copies; with ``restart``, reset those that are done instead."""
    for i in range(env.shape[0]):
        if restart and env[i].done:
            reset_one(p[0], env[i], packets[i], streams[i])
        else:
            ended[i, 0], ended[i, 1] = transition_one(
                p[0], env[i], packets[i], streams[i], actions[i, 0, 0], objectives[i, 0],
                costs[i, 0], metrics[i, 0],
            )  # fmt: skip
        observe(p[0], env[i], packets[i], streams[i], observations[i, 0])
