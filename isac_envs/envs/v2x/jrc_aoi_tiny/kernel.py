"""Dynamics of one vehicle that senses or sends a fresh packet of one of few classes.

Every step takes seven draws in the same order whatever the action: the event, the success of a
transmission, the channel and the four conditions.
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
)
from isac_envs.envs.v2x.jrc_aoi_tiny.params import JrcAoiTinyParams
from isac_envs.envs.v2x.packets import mean_age, oldest, saturated, weighted_age

STATE_FIELDS: tuple[tuple[Any, ...], ...] = (
    *CONDITION_FIELDS,
    ("channel", "i8"),  # 1 = bad
)
RADAR = 0  # action; k = 1.. sends a packet of class k
VECTOR = JrcAoiTinyParams.code("observation", "vector")


@jit
def reset_one(p: Record, e: Record, streams: Any) -> None:
    """Start an episode: conditions drawn uniformly, all ages one slot."""
    e.time = 0
    e.done = False
    e.channel = integer(e.world, 2)
    draw_conditions(e.world, e)
    for k in range(streams.shape[0]):
        streams[k].age = 1


@inlined
def transition_one(
    p: Record, e: Record, streams: Any, action: int, objectives: Any, costs: Any, metrics: Record
) -> tuple[bool, bool]:
    """Advance one copy by one slot and write its outcome; return (terminated, truncated)."""
    bad = bad_conditions(e)
    event = bernoulli(e.world, p.event_probability[bad])
    arrives = bernoulli(e.world, p.success_bad if e.channel else p.success_good)
    radar = action == RADAR
    missed = event and not radar
    delivered = arrives and not radar and not event
    peak = streams[action - 1].age if delivered else 0
    for k in range(streams.shape[0]):
        fresh = delivered and k == action - 1
        streams[k].age = 1 if fresh else min(streams[k].age + 1, p.age_cap)
    weighted = weighted_age(p, streams)

    objectives[0] = -weighted
    objectives[1] = -(p.penalty_clear + bad) if missed else 0.0
    costs[0] = 1.0 if missed else 0.0

    e.channel = next_bit(e.world, e.channel, p.channel_stays_good, p.channel_stays_bad)
    advance_conditions(p, e.world, e, radar)
    e.time += 1
    e.done = e.time >= p.horizon

    metrics.weighted_aoi = weighted
    metrics.class_age = mean_age(streams)
    metrics.oldest_age = oldest(streams)
    metrics.peak_aoi = peak
    metrics.delivered = delivered
    metrics.event = event
    metrics.missed = missed
    metrics.radar = radar
    metrics.bad_conditions = bad
    metrics.event_probability = p.event_probability[bad]
    return False, e.done


@inlined
def observe(p: Record, e: Record, streams: Any, observation: Any) -> None:
    """Write what the agent sees: class ages and conditions, or the index of the state."""
    classes = streams.shape[0]
    if p.observation == VECTOR:
        for k in range(classes):
            observation[k] = saturated(streams[k].age, p.age_scale)
        observation[classes] = e.channel
        observation[classes + 1] = e.road
        observation[classes + 2] = e.weather
        observation[classes + 3] = e.speed
        observation[classes + 4] = e.object
    else:
        index = 0
        for k in range(classes):
            index = index * p.age_cap + streams[k].age - 1
        bits = (((e.channel * 2 + e.road) * 2 + e.weather) * 2 + e.speed) * 2 + e.object
        observation[0] = index * 32 + bits


@jit
def reset_batch(p: Any, env: Any, streams: Any, mask: Any, observations: Any) -> None:
    """Reset the masked copies."""
    for i in range(env.shape[0]):
        if mask[i]:
            reset_one(p[0], env[i], streams[i])
            observe(p[0], env[i], streams[i], observations[i, 0])


@jit
def step_batch(
    p: Any, env: Any, streams: Any, actions: Any, restart: bool, observations: Any,
    objectives: Any, costs: Any, metrics: Any, ended: Any,
) -> None:  # fmt: skip
    """Step all copies; with ``restart``, reset those that are done instead."""
    for i in range(env.shape[0]):
        if restart and env[i].done:
            reset_one(p[0], env[i], streams[i])
        else:
            ended[i, 0], ended[i, 1] = transition_one(
                p[0], env[i], streams[i], actions[i, 0, 0], objectives[i, 0], costs[i, 0],
                metrics[i, 0],
            )  # fmt: skip
        observe(p[0], env[i], streams[i], observations[i, 0])
