"""The mode selection problem as a finite MDP, written apart from the kernel.

State ``(queue, channel, road, weather, speed, object)`` in row-major order.
"""

import math

import numpy as np

from isac_envs.envs.mode_selection.arrivals import queue_after_arrivals
from isac_envs.envs.mode_selection.mode_select.kernel import COMMUNICATE, RADAR
from isac_envs.envs.mode_selection.mode_select.params import ModeSelectParams
from isac_envs.planning import Array, FiniteMdp, refuse_large


def transition_model(params: ModeSelectParams) -> FiniteMdp:
    """Return transition probabilities, expected rewards and expected signals.

    The signals are ``event``, ``missed``, ``detected``, ``packets_sent``, ``packets_dropped`` and
    ``radar``.

    Raises:
        IsacError: If the queue is too long for an exact solution.
    """
    capacity = params.queue_capacity
    shape = (capacity + 1, 2, 2, 2, 2, 2)
    refuse_large(2, math.prod(shape))
    queue, channel, road, weather, speed, nearby = np.indices(shape).reshape(6, -1)
    states = len(queue)
    event = _event_probability(params, road, weather, speed, nearby)
    bad = road + weather + speed + nearby

    could_send = np.where(channel == 1, params.packets_bad, params.packets_good)
    sent = np.stack([np.minimum(could_send, queue), np.zeros(states, int)])
    credited = could_send if params.credit_empty_slots else sent[COMMUNICATE]
    credited = np.stack([credited, np.zeros(states, int)])
    after, dropped = queue_after_arrivals(capacity, params.arrival_mean)

    transition = np.empty((2, states, states))
    for action in (COMMUNICATE, RADAR):
        conditions = _conditions(params, action)
        queues = after[queue - sent[action]]  # (S, Q + 1)
        rows = conditions[np.arange(states) % 32]  # (S, 32)
        transition[action] = (queues[:, :, None] * rows[:, None, :]).reshape(states, states)

    mode = np.array([[0.0], [1.0]])
    drops = dropped[queue - sent]
    communication = (1.0 - event) * params.reward_packet * credited
    sensing = event * np.where(
        mode == 1.0, params.reward_detected * (bad + 1.0), -params.penalty_missed
    )
    weights = params.weights
    reward = (
        weights[0] * communication
        + weights[1] * sensing
        - weights[2] * params.penalty_dropped * drops
    )
    signals = {
        "event": np.tile(event, (2, 1)),
        "missed": event * (1.0 - mode),
        "detected": event * mode,
        "packets_sent": credited.astype(float),
        "packets_dropped": drops,
        "radar": np.tile(mode, (1, states)),
    }
    initial = np.full(states, 1.0 / states)
    return FiniteMdp(transition, reward, initial, signals, params.horizon)


def _event_probability(params: ModeSelectParams, *bits: np.ndarray) -> Array:
    bad = (params.event_bad, params.event_bad, params.event_fast, params.event_bad)
    quiet = np.ones(bits[0].shape)
    for bit, probability in zip(bits, bad, strict=True):
        quiet *= 1.0 - np.where(bit == 1, probability, params.event_clear)
    return 1.0 - quiet


def _conditions(params: ModeSelectParams, action: int) -> Array:
    """Return the transition matrix ``(32, 32)`` of the five bits under an action."""

    def bit(stays_good: float, stays_bad: float) -> Array:
        return np.array([[stays_good, 1.0 - stays_good], [1.0 - stays_bad, stays_bad]])

    channel = bit(params.channel_stays_good, params.channel_stays_bad)
    road = bit(params.road_stays_good, params.road_stays_bad)
    weather = bit(params.weather_stays_good, params.weather_stays_bad)
    speed = bit(params.speed_stays_low, params.speed_stays_high)
    nearby = bit(params.object_stays_static, params.object_stays_moving)
    pair = np.einsum("ab,cd->acbd", speed, nearby)
    if action == RADAR:  # next to a moving object
        pair[:, 1] = 0.0
        pair[:, 1, 0] = [params.clearing, 1.0 - params.clearing]
    return np.kron(np.kron(np.kron(channel, road), weather), pair.reshape(4, 4))
