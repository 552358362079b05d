"""The textbook case as a finite Markov decision process, written apart from the kernel.

With a perfect detector and without a target, what is believed of a channel follows from what was
seen there last, and how many slots ago. Ages are capped: an older observation counts as one of the
largest age, when the belief has come near the steady state.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from isac_envs.envs.spectrum.cognitive_access.params import CognitiveAccessParams
from isac_envs.errors import IsacError
from isac_envs.planning import Array, FiniteMdp
from isac_envs.planning.chains import SparseTransition

MOST_STATES = 70_000
_OLDEST = 60  # slots; larger caps of the age change nothing


def is_exact(params: CognitiveAccessParams) -> bool:
    """Return whether the finite model is the environment, but for the cap of the ages."""
    return params.detector == "perfect" and not params.target and params.channels <= 3


def age_cap(params: CognitiveAccessParams) -> int:
    """Return the largest age in slots with which there are not too many states."""
    cap = 2
    while cap < _OLDEST and (2 * (cap + 1)) ** params.channels <= MOST_STATES:
        cap += 1
    return cap


def atoms(params: CognitiveAccessParams, cap: int) -> Array:
    """Return the beliefs by channel, last observation (busy, idle) and age, ``(N, 2, cap)``."""
    stays, becomes = params.of_channels("stay_idle"), params.of_channels("become_idle")
    beliefs = np.empty((params.channels, 2, cap))
    beliefs[:, 0, 0], beliefs[:, 1, 0] = becomes, stays
    for age in range(1, cap):
        slope = (stays - becomes)[:, None]
        beliefs[..., age] = becomes[:, None] + slope * beliefs[..., age - 1]
    return beliefs


def belief_model(params: CognitiveAccessParams, cap: int | None = None) -> FiniteMdp:
    """Return sparse transition probabilities and expected rewards.

    A state is the combination, in row-major order, of each channel's number ``last * cap + age -
    1``, with ``last`` 1 for idle. The signal ``idle`` is the probability that the sensed channel is
    idle.

    Args:
        params: Parameters of the environment.
        cap: Largest age in slots; as many as there is room for by default.

    Raises:
        IsacError: If this is not the textbook case, or there are too many states.
    """
    if not is_exact(params):
        raise IsacError(
            "the finite model needs detector = 'perfect', target = false and channels <= 3"
        )
    cap = age_cap(params) if cap is None else cap
    shape = (2 * cap,) * params.channels
    states = int(np.prod(shape))
    if states > 100 * MOST_STATES:
        raise IsacError(f"{states} states are too many for an exact solution")
    place = np.indices(shape).reshape(params.channels, -1)
    beliefs = np.stack([
        each.reshape(-1)[where]
        for each, where in zip(atoms(params, cap), place, strict=True)
    ])  # fmt: skip
    older = np.where(place % cap < cap - 1, place + 1, place)
    rows = np.arange(states)
    transitions = []
    for k in range(params.channels):
        idle, busy = older.copy(), older.copy()
        idle[k], busy[k] = cap, 0
        columns = np.stack([np.ravel_multi_index(tuple(each), shape) for each in (idle, busy)])
        values = np.stack([beliefs[k], 1.0 - beliefs[k]])
        entries = (values.ravel(), (np.tile(rows, 2), columns.ravel()))
        transitions.append(csr_array(entries, shape=(states, states)))
    reward = params.weights[0] * params.capacities_mbps()[:, None] * beliefs
    initial = np.zeros(states)
    initial[state_index(params, cap, first_beliefs(params))] = 1.0
    return FiniteMdp(
        SparseTransition(transitions), reward, initial, {"idle": beliefs}, params.horizon
    )


def first_beliefs(params: CognitiveAccessParams) -> Array:
    """Return what is believed before anything was seen, the steady state, shape ``(1, N)``."""
    stays, becomes = params.of_channels("stay_idle"), params.of_channels("become_idle")
    return (becomes / (1.0 - stays + becomes))[None]


def state_index(params: CognitiveAccessParams, cap: int, beliefs: Any) -> npt.NDArray[np.int64]:
    """Return the states of the finite model that are nearest to beliefs.

    Args:
        params: Parameters of the environment.
        cap: Largest age in slots.
        beliefs: Shape ``(n, N)``.
    """
    index = np.zeros(len(beliefs), np.int64)
    for k, each in enumerate(atoms(params, cap).reshape(params.channels, -1)):
        order = np.argsort(each, kind="stable")
        middles = 0.5 * (each[order][1:] + each[order][:-1])
        index = index * each.size + order[np.searchsorted(middles, beliefs[:, k])]
    return index
