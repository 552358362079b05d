"""Optimal settings of the two beams along the whole passage, by backward induction.

Train and channel follow a timetable, and the position noise is independent from slot to slot. So a
setting matters later through its switching cost alone, and the value after slot ``t`` is a function
of the setting that is left behind. Expectations over the noise use its quantiles.
"""

from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from isac_envs.engine.jit import record
from isac_envs.envs.beam_management.hsr_dual_beam.params import HsrDualBeamParams
from isac_envs.envs.beam_management.hsr_dual_beam.slot import POINT_FIELDS, reward_of_settings
from isac_envs.kernels.numerics import portable

Array: TypeAlias = npt.NDArray[np.float64]

QUANTILES = 96
"""Equally likely values that represent the position noise of a slot."""


def slot_rewards(params: HsrDualBeamParams, slots: Any, estimates_m: Any) -> Array:
    """Return the reward of every setting in given slots, without switching.

    Args:
        params: The problem.
        slots: Numbers of slots, shape ``(m,)``.
        estimates_m: Position estimates in these slots, shape ``(m,)``.

    Returns:
        Shape ``(m, separations, radar widths, communication widths)``.
    """
    rewards = np.empty((len(slots), *params.action_shape))
    points = np.zeros(params.look_ahead_points, record(*POINT_FIELDS))
    reward_of_settings(
        params.record,
        np.ascontiguousarray(slots, np.int64),
        np.ascontiguousarray(estimates_m, np.float64),
        points,
        np.array(params.weights[:2]),
        rewards,
    )
    return rewards


def planned_slots(params: HsrDualBeamParams) -> int:
    """Return the number of slots of an episode."""
    return int(min(params.horizon, params.record["slots"][0]))


def switching_penalty(params: HsrDualBeamParams) -> float:
    """Return the cost in reward of changing one of the three choices."""
    return params.weights[2] * params.switching_cost


def best_after(values: Array, penalty: float) -> Array:
    """Return the largest of ``values[b] - penalty * changes(a, b)`` over ``b``, for every ``a``.

    The penalty is a sum over the three choices, so that one choice after the other is maximised.

    Args:
        values: Worth of the new settings, the last three axes.
        penalty: Price of changing one choice, at least 0.
    """
    for axis in (-3, -2, -1):
        values = np.maximum(values, values.max(axis, keepdims=True) - penalty)
    return values


def noisy_rewards(params: HsrDualBeamParams, slot: int) -> Array:
    """Return the rewards of one slot for every quantile of the noise, shape ``(Q, ...)``."""
    noise = -portable.gaussian_q_inverse((np.arange(QUANTILES) + 0.5) / QUANTILES)
    position = params.record["position_table_m"][0, slot]
    estimates = position + params.position_std_m * noise
    return slot_rewards(params, np.full(QUANTILES, slot), estimates)


@lru_cache(maxsize=8)
def expected_rewards(params: HsrDualBeamParams) -> Array:
    """Return the mean reward of every setting in every slot, shape ``(slots, ...)``."""
    slots = range(planned_slots(params))
    return np.stack([noisy_rewards(params, slot).mean(0) for slot in slots])


@lru_cache(maxsize=8)
def values_to_go(params: HsrDualBeamParams) -> Array:
    """Return the value of the slots from ``t`` on after a setting, with the noise known.

    ``V_t(a) = E max_b [r_t(b) - penalty * changes(a, b) + V_(t+1)(b)]``, the expectation over the
    noise of slot ``t``, which is known when the setting is chosen, unlike that of later slots.

    Returns:
        Shape ``(slots + 1, separations, radar widths, communication widths)``, the last row 0.
    """
    penalty, slots = switching_penalty(params), planned_slots(params)
    values = np.zeros((slots + 1, *params.action_shape))
    if penalty > 0.0:
        for slot in reversed(range(slots)):
            following = noisy_rewards(params, slot) + values[slot + 1]
            values[slot] = best_after(following, penalty).mean(0)
    return values


@lru_cache(maxsize=8)
def scheduled_values(params: HsrDualBeamParams) -> Array:
    """Return the values to go for who knows the timetable and not the noise; shape as above."""
    penalty, rewards = switching_penalty(params), expected_rewards(params)
    values = np.zeros((len(rewards) + 1, *params.action_shape))
    if penalty > 0.0:
        for slot in reversed(range(len(rewards))):
            values[slot] = best_after(rewards[slot] + values[slot + 1], penalty)
    return values
