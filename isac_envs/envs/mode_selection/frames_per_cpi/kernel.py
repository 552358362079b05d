"""Dynamics of the frames-per-CPI problem: a queue and a birth-death chain of channel classes.

Every step takes the same two draws in the same order whatever the action, so that two policies
meet the same arrivals and channels under the same seed. What a CPI senses and carries depends on
parameters only and is read from tables.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
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
    """Advance the channel by one CPI with a uniform variate in [0, 1).

    Args:
        p: Parameters of the environment, one record.
        channel: Present channel class.
        u: Uniform variate in [0, 1).
    """
    return channel + int(u >= p.rise_from[channel]) - int(u < p.fall[channel])


@jit
def reset(p: Record, state: Record) -> None:
    """Start an episode in a state drawn uniformly over queue lengths and channel classes."""
    state.queue = integer(state.world, p.queue_capacity + 1)
    state.channel = integer(state.world, p.snr_db.shape[0])


@inlined
def step(p: Record, state: Record, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by one CPI and write its outcome; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    objectives, costs, metrics = outcome
    channel, choice = state.channel, action[0]
    sent = min(state.queue, p.capacity[channel, choice])
    backlog = state.queue - sent + discrete(state.world, p.arrivals)
    dropped = max(0, backlog - p.queue_capacity)
    utility = p.utility[choice]

    objectives[0] = p.reward_sent * sent / p.arrival_mean
    objectives[1] = p.reward_sensing * utility
    objectives[2] = -p.penalty_dropped * dropped / p.arrival_mean
    costs[0] = 1.0 - utility
    costs[1] = dropped

    state.queue = backlog - dropped
    state.channel = next_class(p, channel, uniform(state.world))
    state.time += 1

    metrics.packets_sent = sent
    metrics.packets_dropped = dropped
    metrics.backlog = state.queue
    metrics.frames = p.frame_counts[choice]
    metrics.sensing_utility = utility
    metrics.max_speed_m_s = p.max_speed_m_s[choice]
    metrics.velocity_crb_m_s = p.velocity_crb_m_s[choice]
    metrics.detection_probability = p.detection_probability[choice]
    metrics.unambiguous_probability = p.unambiguous_probability[choice]
    metrics.frame_error_rate = p.frame_error_rate[channel, choice]
    metrics.overhead_fraction = p.overhead_fraction[choice]
    metrics.rate_bps = p.goodput_bps[channel, choice]
    return False, state.time >= p.horizon


@inlined
def observe(p: Record, state: Record, observation: Any) -> None:
    """Write the observation, in one of three forms.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    classes = p.snr_db.shape[0]
    if p.observation == VECTOR:
        observation[0] = 2.0 * state.queue / p.queue_capacity - 1.0
        observation[1] = 2.0 * state.channel / max(1, classes - 1) - 1.0
    elif p.observation == MULTI_DISCRETE:
        observation[0] = state.queue
        observation[1] = state.channel
    else:
        observation[0] = state.queue * classes + state.channel
