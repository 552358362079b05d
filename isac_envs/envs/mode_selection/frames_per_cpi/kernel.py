"""Dynamics of the frames-per-CPI problem: a queue and a birth-death chain of channel classes.

Every step takes the same two draws in the same order whatever the action, so that two policies
meet the same arrivals and channels under the same seed. What a CPI senses and carries depends on
parameters only and is read from tables.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.rng import discrete, integer, uniform
from isac_envs.envs.mode_selection.frames_per_cpi.params import FramesPerCpiParams

STATE_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("queue", "i8"),  # packets that wait
    ("channel", "i8"),  # class of the link, 0 = worst
)

VECTOR = FramesPerCpiParams.code("observation", "vector")
MULTI_DISCRETE = FramesPerCpiParams.code("observation", "multi_discrete")


@inlined
def next_class(p: Record, channel: int, u: float) -> int:
    """Advance the channel by one CPI with a uniform variate in [0, 1)."""
    return channel + int(u >= p.rise_from[channel]) - int(u < p.fall[channel])


@jit
def reset_one(p: Record, e: Record) -> None:
    """Start an episode in a state drawn uniformly over queue lengths and channel classes."""
    e.time = 0
    e.done = False
    e.queue = integer(e.world, p.queue_capacity + 1)
    e.channel = integer(e.world, p.snr_db.shape[0])


@inlined
def transition_one(
    p: Record, e: Record, action: int, objectives: Any, costs: Any, metrics: Record
) -> tuple[bool, bool]:
    """Advance one copy by one CPI and write its outcome; return (terminated, truncated)."""
    channel = e.channel
    sent = min(e.queue, p.capacity[channel, action])
    backlog = e.queue - sent + discrete(e.world, p.arrivals)
    dropped = max(0, backlog - p.queue_capacity)
    utility = p.utility[action]

    objectives[0] = p.reward_sent * sent / p.arrival_mean
    objectives[1] = p.reward_sensing * utility
    objectives[2] = -p.penalty_dropped * dropped / p.arrival_mean
    costs[0] = 1.0 - utility
    costs[1] = dropped

    e.queue = backlog - dropped
    e.channel = next_class(p, channel, uniform(e.world))
    e.time += 1
    e.done = e.time >= p.horizon

    metrics.packets_sent = sent
    metrics.packets_dropped = dropped
    metrics.backlog = e.queue
    metrics.frames = p.frame_counts[action]
    metrics.sensing_utility = utility
    metrics.max_speed_m_s = p.max_speed_m_s[action]
    metrics.velocity_crb_m_s = p.velocity_crb_m_s[action]
    metrics.detection_probability = p.detection_probability[action]
    metrics.unambiguous_probability = p.unambiguous_probability[action]
    metrics.frame_error_rate = p.frame_error_rate[channel, action]
    metrics.overhead_fraction = p.overhead_fraction[action]
    metrics.rate_bps = p.goodput_bps[channel, action]
    return False, e.done


@inlined
def observe(p: Record, e: Record, observation: Any) -> None:
    """Write what the agent sees, in one of three forms."""
    classes = p.snr_db.shape[0]
    if p.observation == VECTOR:
        observation[0] = 2.0 * e.queue / p.queue_capacity - 1.0
        observation[1] = 2.0 * e.channel / max(1, classes - 1) - 1.0
    elif p.observation == MULTI_DISCRETE:
        observation[0] = e.queue
        observation[1] = e.channel
    else:
        observation[0] = e.queue * classes + e.channel


@jit
def reset_batch(p: Any, env: Any, mask: Any, observations: Any) -> None:
    """Reset the masked copies."""
    for i in range(env.shape[0]):
        if mask[i]:
            reset_one(p[0], env[i])
            observe(p[0], env[i], observations[i, 0])


@jit
def step_batch(
    p: Any, env: Any, actions: Any, restart: bool, observations: Any, objectives: Any,
    costs: Any, metrics: Any, ended: Any,
) -> None:  # fmt: skip
    """Step all copies; with ``restart``, reset those that are done instead."""
    for i in range(env.shape[0]):
        if restart and env[i].done:
            reset_one(p[0], env[i])
        else:
            ended[i, 0], ended[i, 1] = transition_one(
                p[0], env[i], actions[i, 0, 0], objectives[i, 0], costs[i, 0], metrics[i, 0]
            )
        observe(p[0], env[i], observations[i, 0])
