"""The vehicle with fresh packets as a finite MDP, written apart from the kernel.

State ``(age of each class less one, channel, road, weather, speed, object)`` in row-major order.
"""

import numpy as np
from scipy.sparse import csr_array, diags_array, kron

from isac_envs.envs.v2x.jrc_aoi_tiny.params import JrcAoiTinyParams
from isac_envs.errors import IsacError
from isac_envs.kernels.numerics import portable
from isac_envs.planning import Array, FiniteMdp
from isac_envs.planning.chains import SparseTransition

_MOST_STATES = 1_000_000


def state_shape(params: JrcAoiTinyParams) -> tuple[int, ...]:
    """Return the number of values of each coordinate of the state."""
    return (*(params.age_cap,) * len(params.class_weights), 2, 2, 2, 2, 2)


def transition_model(params: JrcAoiTinyParams) -> FiniteMdp:
    """Return sparse transition probabilities, expected rewards and expected signals.

    The signals are ``event``, ``missed``, ``delivered``, ``radar`` and ``weighted_aoi``.

    Raises:
        IsacError: If there are more than a million states.
    """
    shape, classes = state_shape(params), len(params.class_weights)
    count = 32 * params.age_cap**classes
    if count > _MOST_STATES:
        raise IsacError(f"{count} states are too many for an exact solution; at most a million")
    states = np.indices(shape).reshape(len(shape), -1)
    ages, channel, bad = states[:classes] + 1, states[classes], states[classes + 1 :].sum(0)
    event = portable.exp(-params.event_exponent * (4 - bad))
    success = (1.0 - event) * np.where(channel == 1, params.success_bad, params.success_good)

    older = np.minimum(ages + 1, params.age_cap)
    after_failure = np.tensordot(params.class_weights, older, 1)
    transitions, weighted, delivered = [], [], []
    for action in range(classes + 1):
        arrives = success if action else np.zeros(count)
        younger = older.copy()
        younger[max(0, action - 1)] = 1
        after_success = np.tensordot(params.class_weights, younger, 1)
        moves = diags_array(1.0 - arrives) @ _to(older, shape)
        moves += diags_array(arrives) @ _to(younger, shape)
        transitions.append(_conditions_after(params, action == 0, moves, shape))
        weighted.append((1.0 - arrives) * after_failure + arrives * after_success)
        delivered.append(arrives)

    radar = np.zeros((classes + 1, count))
    radar[0] = 1.0
    missed = event * (1.0 - radar)
    age_weight, radar_weight = params.weights
    aoi = np.stack(weighted)
    reward = -age_weight * aoi - radar_weight * (params.penalty_clear + bad) * missed
    signals = {
        "event": np.tile(event, (classes + 1, 1)),
        "missed": missed,
        "delivered": np.stack(delivered),
        "radar": radar,
        "weighted_aoi": aoi,
    }
    initial = np.zeros(count)
    initial[:32] = 1.0 / 32.0  # all ages one slot
    return FiniteMdp(SparseTransition(transitions), reward, initial, signals, params.horizon)


def _to(ages: np.ndarray, shape: tuple[int, ...]) -> csr_array:
    """Return the sparse map ``(S, S / 32)`` from states to the combination of their next ages."""
    combination = np.ravel_multi_index(tuple(ages - 1), shape[:-5])
    ones, rows = np.ones(len(combination)), np.arange(len(combination))
    size = int(np.prod(shape[:-5]))
    return csr_array((ones, (rows, combination)), shape=(len(combination), size))


def _conditions_after(
    params: JrcAoiTinyParams, radar: bool, moves: csr_array, shape: tuple[int, ...]
) -> csr_array:
    """Return the transition ``(S, S)`` of ages and conditions together."""
    conditions = csr_array(condition_matrix(params, radar))
    combinations = int(np.prod(shape[:-5]))
    every = kron(np.ones((combinations, 1)), conditions, format="csr")  # (S, 32)
    entries = moves.tocoo()
    rows = every[entries.row].multiply(entries.data[:, None]).tocoo()
    columns = entries.col[rows.row] * 32 + rows.col
    states = moves.shape[0]
    return csr_array((rows.data, (entries.row[rows.row], columns)), shape=(states, states))


def condition_matrix(params: JrcAoiTinyParams, radar: bool) -> Array:
    """Return the transition matrix ``(32, 32)`` of channel and conditions under an action."""

    def bit(stays_good: float, stays_bad: float) -> Array:
        return np.array([[stays_good, 1.0 - stays_good], [1.0 - stays_bad, stays_bad]])

    channel = bit(params.channel_stays_good, params.channel_stays_bad)
    road = bit(params.road_stays_good, params.road_stays_bad)
    weather = bit(params.weather_stays_good, params.weather_stays_bad)
    speed = bit(params.speed_stays_low, params.speed_stays_high)
    nearby = bit(params.object_stays_static, params.object_stays_moving)
    pair = np.einsum("ab,cd->acbd", speed, nearby)
    if radar:  # next to a moving object
        pair[:, 1] = 0.0
        pair[:, 1, 0] = [params.clearing, 1.0 - params.clearing]
    return np.kron(np.kron(np.kron(channel, road), weather), pair.reshape(4, 4))
