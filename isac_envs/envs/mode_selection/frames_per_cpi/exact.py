"""The frames-per-CPI problem as a finite MDP, written apart from the kernel.

State ``(queue, channel)`` in row-major order; the action is the position in ``frame_counts``.
"""

import numpy as np

from isac_envs.envs.mode_selection.arrivals import queue_after_arrivals
from isac_envs.envs.mode_selection.frames_per_cpi.params import FramesPerCpiParams
from isac_envs.planning import Array, FiniteMdp, refuse_large


def transition_model(params: FramesPerCpiParams) -> FiniteMdp:
    """Return transition probabilities, expected rewards and expected signals.

    The signals are ``packets_sent``, ``packets_dropped``, ``sensing_utility`` and ``miss``.

    Raises:
        IsacError: If there are too many states for an exact solution.
    """
    classes, actions = len(params.snr_db), len(params.frame_counts)
    refuse_large(actions, (params.queue_capacity + 1) * classes)
    tables = params.derived()
    queue, channel = np.indices((params.queue_capacity + 1, classes)).reshape(2, -1)
    states = len(queue)
    sent = np.minimum(queue, tables["capacity"].T[:, channel])  # (A, S)
    queues, dropped = queue_after_arrivals(params.queue_capacity, params.arrival_mean)
    channels = channel_matrix(classes, params.channel_stays)[channel]  # (S, H)

    transition = np.empty((actions, states, states))
    for action in range(actions):
        rows = queues[queue - sent[action]]  # (S, Q + 1)
        transition[action] = (rows[:, :, None] * channels[:, None, :]).reshape(states, states)

    drops = dropped[queue - sent]
    utility = np.tile(tables["utility"][:, None], (1, states))
    communication, sensing, buffer = params.weights
    reward = (
        communication * params.reward_sent * sent / params.arrival_mean
        + sensing * params.reward_sensing * utility
        - buffer * params.penalty_dropped * drops / params.arrival_mean
    )
    signals = {
        "packets_sent": sent.astype(float),
        "packets_dropped": drops,
        "sensing_utility": utility,
        "miss": 1.0 - utility,
    }
    initial = np.full(states, 1.0 / states)
    return FiniteMdp(transition, reward, initial, signals, params.horizon)


def channel_matrix(classes: int, stays: float) -> Array:
    """Return the birth-death chain ``(H, H)``: what does not stay is split among neighbours."""
    matrix = np.zeros((classes, classes))
    for each in range(classes):
        neighbours = [k for k in (each - 1, each + 1) if 0 <= k < classes]
        matrix[each, neighbours] = (1.0 - stays) / max(1, len(neighbours))
        matrix[each, each] = stays if neighbours else 1.0
    return matrix
