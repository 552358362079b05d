r"""Channels taken one by one: values of beliefs, and a bound on every policy.

If one channel is sensed per slot on average, instead of in every slot, the channels fall apart:
each is a problem of its own, in which sensing costs a price :math:`\lambda`. With the gains
:math:`g_n(\lambda)` of these problems, :math:`\lambda + \sum_n g_n(\lambda)` bounds the reward of
every policy that senses one channel per slot, for each :math:`\lambda \ge 0`. The smallest such
bound is the Lagrangian one. Values are tabulated over the belief and interpolated; they are convex,
so that interpolation errs upwards and the bound stays one.

Source: P. Whittle, "Restless bandits: activity allocation in a changing world", J. Appl. Probab.
25A, 1988; K. Liu and Q. Zhao, IEEE Trans. Inf. Theory 56(11), 2010, arXiv 0810.4658, section V.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.envs.spectrum.cognitive_access.params import CognitiveAccessParams
from isac_envs.kernels.spectrum.occupancy import idle_if_declared_busy, idle_next, steady_idle
from isac_envs.planning import Array

_POINTS = 49
_MOST_SWEEPS = 4000


@dataclass(frozen=True)
class Relaxation:
    """Values of the beliefs of each channel at the best price.

    Attributes:
        beliefs: Grids, shape ``(N, G)``, increasing.
        values: Relative values, shape ``(N, G)``.
        price: Price of sensing a channel.
        bound: Bound on the reward per slot in the long run.
    """

    beliefs: Array
    values: Array
    price: float
    bound: float

    def value(self, k: int, belief: Any) -> npt.NDArray[np.float64]:
        """Return the value of beliefs of a channel, of any shape."""
        return np.asarray(np.interp(belief, self.beliefs[k], self.values[k]))


@dataclass(frozen=True)
class Channels:
    """The problems of single channels on grids of beliefs.

    Attributes:
        beliefs: Shape ``(N, G)``.
        steps: Probabilities of the next belief, shape ``(N, 1 + J, G, G)``: not sensed, then sensed
            for each time.
        rewards: Expected rewards, shape ``(N, 1 + J, G)``.
    """

    beliefs: Array
    steps: Array
    rewards: Array

    def values(self, price: float, start: Array, tolerance: float) -> tuple[Array, Array]:
        """Return relative values and upper bounds of the gains at a price.

        Args:
            price: Price of sensing.
            start: Values to start from, shape ``(N, G)``.
            tolerance: Largest error of a gain.
        """
        charged = self.rewards.copy()
        charged[:, 1:] -= price
        values, change = start, start
        for _ in range(_MOST_SWEEPS):
            updated = (charged + (self.steps @ values[:, None, :, None])[..., 0]).max(1)
            change = updated - values
            values = updated - updated[:, :1]
            if np.ptp(change, axis=1).max() <= tolerance:
                break
        return values, change.max(1)


def expected_reward(params: CognitiveAccessParams, worth: Array, belief: Any, k: int) -> Array:
    """Return the expected reward of sensing a channel for each time, shape ``(J, ...)``.

    Args:
        params: Parameters of the environment.
        worth: Reward of an acknowledged transmission for each time, shape ``(J, ...)``.
        belief: Probabilities that the channel is idle, shape ``(...)``.
        k: Number of the channel.
    """
    belief = np.asarray(belief)
    alarm = params.false_alarms()[k].reshape(-1, *(1,) * belief.ndim)
    missed = 1.0 - float(params.record[0].detected)
    loss = params.weights[2] * missed
    return np.asarray((1.0 - alarm) * belief * worth - loss * (1.0 - belief))


def separate(params: CognitiveAccessParams, bonus: Array) -> Channels:
    """Return the problems of single channels.

    Args:
        params: Parameters of the environment.
        bonus: What an acknowledged transmission is worth besides its throughput, by channel and
            sensing time, shape ``(N, J)``.
    """
    stays, becomes = params.of_channels("stay_idle"), params.of_channels("become_idle")
    alarms, detected = params.false_alarms(), float(params.record[0].detected)
    grids, steps, rewards = [], [], []
    shares = 1.0 - params.sensing_shares
    for k in range(params.channels):
        move = {"stay_idle": stays[k], "become_idle": becomes[k]}
        extra = (stays[k], becomes[k], float(steady_idle(**move)))
        grid = np.sort(np.concatenate((np.linspace(0.0, 1.0, _POINTS), extra)))
        worth = params.weights[0] * shares * params.capacities_mbps()[k] + bonus[k]
        each = [_weights(grid, idle_next(grid, **move))]
        after = [_weights(grid, np.full(grid.size, x)) for x in (stays[k], becomes[k])]
        for alarm in alarms[k]:
            busy = idle_next(idle_if_declared_busy(grid, alarm, detected), **move)
            arrives, collides = grid * (1.0 - alarm), (1.0 - grid) * (1.0 - detected)
            rest = 1.0 - arrives - collides
            each.append(
                arrives[:, None] * after[0] + collides[:, None] * after[1]
                + rest[:, None] * _weights(grid, busy)
            )  # fmt: skip
        sensed = expected_reward(params, worth[:, None], grid, k)
        grids.append(grid)
        steps.append(np.stack(each))
        rewards.append(np.concatenate((np.zeros((1, grid.size)), sensed)))
    return Channels(np.stack(grids), np.stack(steps), np.stack(rewards))


def _weights(grid: Array, points: Array) -> Array:
    """Return the matrix that interpolates values on a grid at points, shape ``(P, G)``."""
    right = np.clip(np.searchsorted(grid, points), 1, grid.size - 1)
    width = grid[right] - grid[right - 1]
    share = np.where(
        width > 0.0, (points - grid[right - 1]) / np.where(width > 0.0, width, 1.0), 1.0
    )
    result = np.zeros((points.size, grid.size))
    rows = np.arange(points.size)
    result[rows, right - 1] = 1.0 - share
    result[rows, right] += share
    return result


@lru_cache(maxsize=64)
def _relaxed(params: CognitiveAccessParams, bonus: tuple[tuple[float, ...], ...]) -> Relaxation:
    from scipy.optimize import minimize_scalar  # slow to import, and only rules need it

    problems = separate(params, np.array(bonus))
    most = max(float(problems.rewards.max()), 1e-9)
    tolerance = 1e-5 * most
    values = np.zeros(problems.beliefs.shape)

    def bound(price: float) -> float:
        nonlocal values
        values, gains = problems.values(price, values, tolerance)
        return price + float(gains.sum())

    # the bound is convex in the price
    found = minimize_scalar(
        bound, bounds=(0.0, most), method="bounded", options={"xatol": 1e-4 * most}
    )
    return Relaxation(problems.beliefs, values, float(found.x), bound(float(found.x)))


def relaxed(params: CognitiveAccessParams, bonus: Array) -> Relaxation:
    """Return the values of single channels at the price of the smallest bound.

    Args:
        params: Parameters of the environment.
        bonus: As in :func:`separate`.
    """
    return _relaxed(params, tuple(map(tuple, bonus.tolist())))


def throughput_bound(params: CognitiveAccessParams) -> float:
    """Return the Lagrangian bound on the reward per slot, in the long run, without a target."""
    return relaxed(params, np.zeros((params.channels, params.choices))).bound
