"""Assignments of tasks to UAVs that maximise the value without interference (Kuhn, Munkres).

Source: H. W. Kuhn, Naval Res. Logist. Q. 2, 1955; J. Munkres, J. SIAM 5(1), 1957.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.envs.uav.uav_alloc.records import EMPTY_J, IDLE, State
from isac_envs.kernels.numerics import portable

Array = npt.NDArray[Any]
_NEVER = -1e9


def _best_columns(values: Array) -> Array:
    """Return the column of each row in the assignment of the largest total value."""
    from scipy.optimize import linear_sum_assignment  # slow to import, and only rules need it

    return np.asarray(linear_sum_assignment(values, maximize=True)[1])


class TaskValues:
    """Values of all tasks of one slot for each UAV, as if it were alone on its channel.

    Args:
        params: Parameters of the environment.
        prices: Prices of energy, shape ``(n, M)``, in 1/J.
        state: The groups; UAVs and gains are read.

    Attributes:
        values: Value of mode k at its best power, shape ``(n, M, K + 1)``; sending first.
        options: Option that reaches it on channel 0, same shape.
        idle: Value of idling, shape ``(n, M)``.
    """

    def __init__(self, params: Any, prices: Array, state: State) -> None:
        uavs = state.uavs
        sense, send, power, _ = params.weights
        self.levels, self.channels = len(params.powers_w), params.channels
        powers = np.array(params.powers_w)
        gains = np.concatenate((state.uplinks[..., None], state.echoes), -1)[..., None]
        factors = np.array([send, *(2.0 * sense / params.targets,) * params.targets])
        worth = factors[:, None] * portable.log2(1.0 + gains * powers) / params.reference_bit
        price = power / uavs.shape[1] + prices * params.step_s
        worth = worth - powers * price[..., None, None]
        energy_j = uavs["energy_j"][..., None]
        forced = (params.idling != "free") & (powers == powers.min()) & (energy_j > EMPTY_J)
        reach = (powers * params.step_s <= energy_j + EMPTY_J) | forced
        worth = np.where(reach[:, :, None, :], worth, _NEVER)
        best = worth.argmax(-1)
        self.values = worth.max(-1)
        free = (uavs["energy_j"] <= EMPTY_J) | (params.idling == "free")
        self.idle = np.where(free, 0.0, 0.5 * _NEVER)
        modes = np.arange(params.targets + 1)
        self.options = 1 + modes * self.channels * self.levels + best

    def on_channel(self, options: Array, channel: Any) -> Array:
        """Return options on a channel instead of channel 0."""
        return options + np.asarray(channel) * self.levels


def blind(tasks: TaskValues) -> Array:
    """Assign targets and sending; UAV m has channel m mod C. Return options, shape (n, M)."""
    n, count, _ = tasks.values.shape
    sending = np.repeat(tasks.values[..., :1], count, -1)
    idle = np.repeat(tasks.idle[..., None], count, -1)
    values = np.concatenate((tasks.values[..., 1:], sending, idle), -1)
    targets = tasks.values.shape[-1] - 1
    modes = np.append(np.arange(1, targets + 1), np.zeros(count, np.int64))
    rows = np.arange(count)
    chosen = np.full((n, count), IDLE)
    for i in range(n):
        column = _best_columns(values[i])
        busy = column < len(modes)
        mode = modes[np.where(busy, column, 0)]
        options = tasks.on_channel(tasks.options[i, rows, mode], rows % tasks.channels)
        chosen[i] = np.where(busy, options, IDLE)
    return chosen


def channel_aware(tasks: TaskValues) -> Array:
    """Assign pairs of task and channel, each at most once. Return options, shape (n, M)."""
    n, count, modes = tasks.values.shape
    pairs = modes * tasks.channels
    idle = np.repeat(tasks.idle[..., None], count, -1)
    values = np.concatenate((np.repeat(tasks.values, tasks.channels, -1), idle), -1)
    rows = np.arange(count)
    chosen = np.full((n, count), IDLE)
    for i in range(n):
        column = _best_columns(values[i])
        busy = column < pairs
        pair = np.where(busy, column, 0)
        mode, channel = pair // tasks.channels, pair % tasks.channels
        options = tasks.on_channel(tasks.options[i, rows, mode], channel)
        chosen[i] = np.where(busy, options, IDLE)
    return chosen
