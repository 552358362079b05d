"""What baselines see of queues of packets, for whole batches in NumPy."""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.envs.v2x.params import ConditionParams, QueueParams
from isac_envs.kernels.numerics.gamma import poisson_exceedance

Array = npt.NDArray[np.float64]
Records = npt.NDArray[Any]


def first_packets(
    now: npt.NDArray[np.int64], owners: Records, packets: Records, classes: int, most: Any
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the packets of each class that a slot would send.

    Args:
        now: Number of the slot, broadcasts to the shape ``(...)`` of the owners.
        owners: Records with the field ``backlog``, shape ``(...)``.
        packets: The queues, shape ``(..., capacity)``.
        classes: Number of classes K.
        most: Packets that the slot carries, broadcasts to ``(...)``.

    Returns:
        Two arrays ``(..., K)``: the number of packets, and the age of the last of them (0 where
        there is none).
    """
    capacity = packets.shape[-1]
    there = np.arange(capacity) < owners["backlog"][..., None]
    level = np.where(there, packets["level"], 0)[..., None, :]
    mine = level == np.arange(1, classes + 1)[:, None]  # (..., K, capacity)
    goes = mine & (mine.cumsum(-1) <= np.broadcast_to(most, owners.shape)[..., None, None])
    last = capacity - 1 - goes[..., ::-1].argmax(-1)
    born = np.take_along_axis(packets["born"], last, -1)
    sent = goes.sum(-1)
    age = np.broadcast_to(now, owners.shape)[..., None] - born
    return sent, np.where(sent > 0, age, 0)


def expected_overflow(params: QueueParams) -> Array:
    """Return the expected packets lost in a slot by the packets left in the queue, ``(Q + 1,)``."""
    return _overflow(params.queue_capacity, float(sum(params.arrival_means)))


@lru_cache(maxsize=16)
def _overflow(capacity: int, mean: float) -> Array:
    room = capacity - np.arange(capacity + 1)
    above = np.array([poisson_exceedance(float(k), mean) for k in range(capacity, -2, -1)])
    # E[(A - room)^+] of a Poisson variate A
    lost = np.maximum(mean * above[1:] - room * above[:-1], 0.0)
    lost.flags.writeable = False
    return lost


def spare_overflow(params: QueueParams) -> Array:
    """Return the expected overflow that counts; none where sending spares no penalty."""
    return expected_overflow(params) * (not params.overflow_counts_leaving)


def bad_conditions(vehicles: Records) -> npt.NDArray[np.int64]:
    """Return the number of bad conditions of each vehicle, 0..4."""
    return np.asarray(
        vehicles["road"] + vehicles["weather"] + vehicles["speed"] + vehicles["object"], np.int64
    )


def event_probability(params: ConditionParams, vehicles: Records) -> Array:
    """Return the probability that an event happens to each vehicle in the slot."""
    return np.asarray(params.record[0]["event_probability"][bad_conditions(vehicles)])


def expected_penalty(params: ConditionParams, vehicles: Records) -> Array:
    """Return the weighted penalty that each vehicle without radar expects in the slot."""
    event = event_probability(params, vehicles)
    return params.weights[1] * event * (params.penalty_clear + bad_conditions(vehicles))


def immediate_worth(
    params: QueueParams, vehicles: Records, streams: Records, sent: Any, last: Any
) -> Array:
    """Return the gain in age and overflow from sending in the slot if no event happens.

    Args:
        params: Parameters.
        vehicles: Records with the field ``backlog``, shape ``(...)``.
        streams: The classes at the receiver, shape ``(..., K)``.
        sent: Packets that would be sent of each class, from :func:`first_packets`.
        last: Age of the last of them.

    Returns:
        The worth of each class, shape ``(..., K)``.
    """
    age, _, overflow = params.weights
    younger = np.where(sent > 0, streams["age"] - last, 0)
    lost, waiting = spare_overflow(params), vehicles["backlog"][..., None]
    spared = lost[waiting] - lost[waiting - sent]
    return np.asarray(age * np.array(params.class_weights) * younger + overflow * spared)
