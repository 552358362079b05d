"""What a channel and a sensing time are worth to one user, by what it believes.

Functions over copies, which the baselines of one user and of several share. An action's number is
that of the channel times that of sensing times, plus that of the time.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from isac_envs.envs.spectrum.cognitive_access.params import CognitiveAccessParams
from isac_envs.envs.spectrum.cognitive_access.relaxation import Relaxation, expected_reward
from isac_envs.envs.spectrum.cognitive_access.slot import echo_variance
from isac_envs.kernels.spectrum.occupancy import idle_if_declared_busy, idle_next, whittle_index

Array: TypeAlias = npt.NDArray[np.float64]

_TIE = 1e-6


class Views:
    """What one user needs to judge its actions: tables of channels and sensing times.

    Args:
        params: Parameters of the environment.

    Attributes:
        carried: Reward of the throughput of an acknowledged transmission, shape ``(N, J)``.
        range_variances: Variance of a range by it in m^2, 0 without one, shape ``(N, J)``.
        alarms: Probabilities of a false alarm, shape ``(N, J)``.
    """

    def __init__(self, params: CognitiveAccessParams) -> None:
        self.params = params
        shares = 1.0 - params.sensing_shares
        self.carried = params.weights[0] * np.multiply.outer(params.capacities_mbps(), shares)
        record = params.record[0]
        self.range_variances = np.array([
            [echo_variance(record, k, share) for share in shares.tolist()]
            for k in range(params.channels)
        ])  # fmt: skip
        self.alarms = params.false_alarms()
        self.stays = params.of_channels("stay_idle")
        self.becomes = params.of_channels("become_idle")

    def relief(self, deviation_m: Any) -> Array:
        """Return by how much an echo makes the deviation of the range smaller, in m.

        Args:
            deviation_m: Before the echo, shape ``(n,)``.

        Returns:
            Shape ``(n, N, J)``; 0 without a target.
        """
        deviation = np.asarray(deviation_m)[:, None, None]
        if not self.params.target:
            return np.zeros((deviation.size, *self.range_variances.shape))
        variance, square = self.range_variances, deviation * deviation
        after = np.sqrt(square * variance / np.maximum(square + variance, 1e-300))
        return np.where(variance > 0.0, np.maximum(deviation - after, 0.0), 0.0)

    def worth(self, deviation_m: Any, slots: Any = 1.0) -> Array:
        """Return the reward of an acknowledged transmission, shape ``(n, N, J)``.

        Args:
            deviation_m: Deviation of the range before the echo, shape ``(n,)``.
            slots: For how many slots its relief counts, a number or shape ``(n,)``.
        """
        counted = np.asarray(self.params.weights[1] * np.asarray(slots))
        return self.carried + counted.reshape(-1, 1, 1) * self.relief(deviation_m)

    def immediate(self, beliefs: Array, worth: Array) -> Array:
        """Return the expected reward of each action in the coming slot, shape ``(n, N, J)``.

        Args:
            beliefs: Shape ``(n, N)``.
            worth: Of an acknowledged transmission, shape ``(n, N, J)``.
        """
        columns = [
            expected_reward(self.params, worth[:, k].T, beliefs[:, k], k).T
            for k in range(self.params.channels)
        ]
        return np.stack(columns, 1)

    def later(self, beliefs: Array, relaxation: Relaxation) -> Array:
        """Return what sensing changes in the value of a channel's next belief, ``(n, N, J)``.

        Args:
            beliefs: Shape ``(n, N)``.
            relaxation: Values of beliefs.
        """
        detected = float(self.params.record[0].detected)
        result = np.empty((*beliefs.shape, self.alarms.shape[1]))
        for k in range(self.params.channels):
            belief, move = beliefs[:, k], (self.stays[k], self.becomes[k])
            busy, idle = relaxation.value(k, move[1]), relaxation.value(k, move[0])
            unseen = relaxation.value(k, idle_next(belief, *move))
            for j, alarm in enumerate(self.alarms[k].tolist()):
                arrives, collides = belief * (1.0 - alarm), (1.0 - belief) * (1.0 - detected)
                doubtful = idle_next(idle_if_declared_busy(belief, alarm, detected), *move)
                rest = 1.0 - arrives - collides
                value = arrives * idle + collides * busy + rest * relaxation.value(k, doubtful)
                result[:, k, j] = value - unseen
        return result

    def indices(self, beliefs: Array, worth: Array) -> Array:
        """Return Whittle's index of each channel times what it pays, less collisions, ``(n, N)``.

        The index is that of a perfect detector. False alarms make the pay smaller.

        Args:
            beliefs: Shape ``(n, N)``.
            worth: Of an acknowledged transmission, shape ``(n, N, J)``.
        """
        pay = ((1.0 - self.alarms) * worth).max(2)
        index = whittle_index(beliefs, self.stays, self.becomes)
        index = index + _TIE * beliefs  # where it is flat, alike channels differ in the belief
        missed = 1.0 - float(self.params.record[0].detected)
        return np.asarray(index * pay - self.params.weights[2] * missed * (1.0 - beliefs))


def with_best_time(channels: npt.NDArray[np.int64], values: Array) -> npt.NDArray[np.int64]:
    """Return the actions that sense given channels for the time of the largest value.

    Args:
        channels: Shape ``(n,)``.
        values: Shape ``(n, N, J)``.
    """
    chosen = values[np.arange(len(channels)), channels]
    return np.asarray(channels * values.shape[2] + chosen.argmax(1))
