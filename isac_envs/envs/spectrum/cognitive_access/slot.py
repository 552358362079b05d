"""What happens in a slot: sense, transmit, learn, range, and go on.

Random numbers of a slot: one for each user's detector, then, where there are targets, one for each
echo and two for each target; then one for each channel. They do not depend on actions.
"""

import math

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.rng import bernoulli, normal, uniform
from isac_envs.envs.spectrum.cognitive_access.records import (
    ACKNOWLEDGED,
    COLLIDED,
    CONTENDED,
    DECLARED_BUSY,
    NOTHING,
    RECENT,
    State,
)
from isac_envs.kernels.estimation.bounds import (
    delay_variance_flat_spectrum_one,
    range_variance_monostatic_one,
)
from isac_envs.kernels.estimation.kalman import predict, update
from isac_envs.kernels.spectrum.occupancy import (
    idle_if_declared_busy_one,
    idle_next_one,
    steady_idle_one,
)

_REMEMBERED = (1 << RECENT) - 1

LEAST_ECHO_SNR = 20.0
"""SNR (13 dB) below which an echo is not taken for a measurement: the bound holds above alone."""


@jit
def begin(p: Record, state: State) -> None:
    """Start an episode: channels and targets in their steady states, nothing observed.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    e, channels = state.env, state.channels
    for k in range(channels.shape[0]):
        steady = steady_idle_one(p.stays[k], p.becomes[k])
        channels[k].idle = bernoulli(e.world, steady)
        channels[k].users, channels[k].recent = 0, 0
        for u in range(state.users.shape[0]):
            state.beliefs[u, k].idle = steady
    for u in range(state.users.shape[0]):
        _begin_user(p, state, u)


@inlined
def _begin_user(p: Record, state: State, u: int) -> None:
    """Start a user and its target, which is believed to be anywhere."""
    user, past = state.users[u], state.past
    user.channel, user.choice, user.outcome = 0, 0, NOTHING
    user.transmits, user.informed = False, False
    user.range_m, user.speed_m_s = 0.0, 0.0
    if p.target:
        user.range_m = p.range_std_m * normal(state.env.world)
        user.speed_m_s = p.speed_std_m_s * normal(state.env.world)
    user.estimate[0], user.estimate[1] = 0.0, 0.0
    user.covariance[0, 0] = p.range_std_m * p.range_std_m
    user.covariance[0, 1], user.covariance[1, 0] = 0.0, 0.0
    user.covariance[1, 1] = p.speed_std_m_s * p.speed_std_m_s
    user.predicted_m, user.posterior_m = p.range_std_m, p.range_std_m
    for h in range(past.shape[1]):
        past[u, h].channel, past[u, h].choice, past[u, h].outcome = 0, 0, NOTHING


@inlined
def sense(p: Record, state: State, u: int, action: int) -> None:
    """Look at a channel; what the detector takes for idle will be used.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        u: Number of the user.
        action: Number of the channel times that of sensing times, plus that of the choice.
    """
    user = state.users[u]
    k = action // p.choice_count
    j = action - k * p.choice_count
    channel = state.channels[k]
    drawn = uniform(state.env.measurement)
    declared_busy = drawn < (p.false_alarm[k, j] if channel.idle else p.detected)
    if user.informed:
        declared_busy = not channel.idle
    user.channel, user.choice, user.transmits = k, j, not declared_busy
    channel.users += user.transmits


@inlined
def echo_variance(p: Record, k: int, used: float) -> float:
    """Return the variance in m^2 of a range from the echo of a transmission.

    The power in each hertz is limited, so what is integrated grows with bandwidth and time.

    Args:
        p: Parameters of the environment, one record.
        k: Number of the channel.
        used: Share of the slot in which the user transmits, above 0.

    Returns:
        The bound; 0 where the echo is too weak to be told from noise.
    """
    snr = p.echo_snr * p.bandwidth_of[k] * used * p.slot_s
    if snr < LEAST_ECHO_SNR:
        return 0.0
    return range_variance_monostatic_one(delay_variance_flat_spectrum_one(snr, p.bandwidth_of[k]))


@inlined
def _used_share(p: Record, state: State, u: int) -> float:
    """Return the share of the slot that is left after sensing."""
    user = state.users[u]
    return 1.0 if user.informed else 1.0 - p.shares[user.choice]


@inlined
def learn(p: Record, state: State, u: int) -> None:
    """Find out what became of the slot, and what is believed of the channels in the next one.

    The receiver tells a primary transmission from that of another user.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        u: Number of the user.
    """
    user, k = state.users[u], state.users[u].channel
    channel, beliefs = state.channels[k], state.beliefs
    if not user.transmits:
        user.outcome = DECLARED_BUSY
        alarm = p.false_alarm[k, user.choice]
        if user.informed:
            alarm = 0.0
        beliefs[u, k].idle = idle_if_declared_busy_one(beliefs[u, k].idle, alarm, p.detected)
    else:
        alone = ACKNOWLEDGED if channel.users == 1 else CONTENDED
        user.outcome = alone if channel.idle else COLLIDED
        beliefs[u, k].idle = 1.0 if channel.idle else 0.0
    for n in range(beliefs.shape[1]):
        beliefs[u, n].idle = idle_next_one(beliefs[u, n].idle, p.stays[n], p.becomes[n])
    slot = state.past[u, state.env.time % state.past.shape[1]]
    slot.channel, slot.choice, slot.outcome = k, user.choice, user.outcome


@inlined
def range_target(p: Record, state: State, u: int) -> float:
    """Measure the target by an echo that is not disturbed; return the error of the range in m.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        u: Number of the user.
    """
    user, scratch = state.users[u], state.scratch
    error = normal(state.env.measurement)
    user.predicted_m = math.sqrt(max(user.covariance[0, 0], 0.0))
    variance = echo_variance(p, user.channel, _used_share(p, state, u))
    if user.outcome == ACKNOWLEDGED and variance > 0.0:
        scratch.variance[0] = variance
        measured = user.range_m + math.sqrt(variance) * error
        scratch.innovation[0] = measured - user.estimate[0]
        update(
            user.estimate, user.covariance, scratch.innovation, scratch.jacobian,
            scratch.variance, scratch.work,
        )  # fmt: skip
    user.posterior_m = min(math.sqrt(max(user.covariance[0, 0], 0.0)), p.range_std_m)
    return abs(user.range_m - user.estimate[0])


@inlined
def _move_target(p: Record, state: State, u: int) -> None:
    """Move a target by a slot; what is believed of it follows."""
    user, f = state.users[u], p.transition
    one, other = normal(state.env.world), normal(state.env.world)
    place, speed = user.range_m, user.speed_m_s
    user.range_m = f[0, 0] * place + f[0, 1] * speed + p.noise_place * one
    user.speed_m_s = f[1, 0] * place + f[1, 1] * speed + p.noise_cross * one + p.noise_speed * other
    place, speed = user.estimate[0], user.estimate[1]
    user.estimate[0] = f[0, 0] * place + f[0, 1] * speed
    user.estimate[1] = f[1, 0] * place + f[1, 1] * speed
    predict(user.covariance, f, p.process_noise, state.scratch.work[:2])


@inlined
def finish(p: Record, state: State, u: int, outcome: Outcome) -> None:
    """Learn what the slot brought, range the target, and write all of it.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy, in which all users have sensed.
        u: Number of the user.
        outcome: What the step writes for this user.
    """
    objectives, costs, metrics = outcome
    user = state.users[u]
    idle = state.channels[user.channel].idle
    used = _used_share(p, state, u)
    learn(p, state, u)
    error = 0.0
    if p.target:
        error = range_target(p, state, u)
    arrived, collided = user.outcome == ACKNOWLEDGED, user.outcome == COLLIDED
    objectives[0] = used * p.capacity_mbps[user.channel] if arrived else 0.0
    objectives[1] = -user.posterior_m if p.target else 0.0
    objectives[2] = -1.0 if collided else 0.0
    costs[0] = 1.0 if collided else 0.0
    metrics.idle, metrics.transmitted = idle, user.transmits
    metrics.acknowledged, metrics.collided = arrived, collided
    metrics.contended = user.outcome == CONTENDED
    metrics.false_alarm = idle and not user.transmits
    metrics.sensing_share = 1.0 - used
    metrics.range_std_m = user.posterior_m if p.target else 0.0
    metrics.range_error_m = error


@inlined
def advance(p: Record, state: State) -> None:
    """Move targets and channels to the next slot.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    e, channels, users = state.env, state.channels, state.users
    for u in range(users.shape[0]):
        users[u].informed = False
        if p.target:
            _move_target(p, state, u)
    for k in range(channels.shape[0]):
        idle = 1.0 if channels[k].idle else 0.0
        channels[k].recent = (channels[k].recent * 2 + channels[k].idle) & _REMEMBERED
        channels[k].idle = bernoulli(e.world, idle_next_one(idle, p.stays[k], p.becomes[k]))
        channels[k].users = 0
    e.time += 1
