"""Queues of the users: bits that wait, by the slot of their arrival, the oldest sent first."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined
from isac_envs.engine.rng import discrete
from isac_envs.envs.cells.beam_cluster_rbg.params import BeamClusterRbgParams

FULL_BUFFER = BeamClusterRbgParams.code("traffic", "full_buffer")
FULL_BITS = 1e15  # what waits in a full buffer


@inlined
def packets_of(p: Record, bits: float) -> int:
    """Return how many packets are in these bits, parts of packets counted whole."""
    return math.floor((bits + p.packet_bits - 1.0) / p.packet_bits)


@inlined
def bucket_of(slot: int, length: int) -> int:
    """Return where what arrived at the end of a slot waits; slots before the first count too."""
    return (slot + length) % length


@inlined
def send(user: Record, waiting: Any, time: int) -> float:
    """Take what the granted groups carry from a queue; return the bits.

    Args:
        user: Record of the user.
        waiting: Her queue, shape ``(lifetime + 1,)``.
        time: Number of the slot.
    """
    length = waiting.shape[0]
    left, sent = user.granted_bits, 0.0
    while left > 0.0 and user.waiting_bits > 0.0:
        at = bucket_of(time - user.age, length)
        taken = min(left, waiting[at])
        waiting[at] -= taken
        user.waiting_bits -= taken
        left -= taken
        sent += taken
        if waiting[at] <= 0.0 and user.age > 0:
            user.age -= 1
    return sent


@inlined
def find_head(user: Record, waiting: Any, time: int) -> None:
    """Write the age of the oldest packet that waits, from an age that is not too small.

    Args:
        user: Record of the user.
        waiting: Her queue, shape ``(lifetime + 1,)``.
        time: Number of the slot.
    """
    length = waiting.shape[0]
    if user.waiting_bits <= 0.0:
        user.age = 0
    while user.age > 0 and waiting[bucket_of(time - user.age, length)] <= 0.0:
        user.age -= 1


@inlined
def arrive(p: Record, user: Record, waiting: Any, slot: Any) -> tuple[int, int, int]:
    """Age a queue by a slot, drop what is too old, and add Poisson arrivals; one draw.

    Args:
        p: Parameters of the environment, one record.
        user: Record of the user.
        waiting: Her queue, shape ``(lifetime + 1,)``.
        slot: Record of the environment, with the number of the slot that begins.

    Returns:
        Packets that arrived, that became late, and that were dropped.
    """
    arrived = discrete(slot.world, p.arrivals)
    if p.traffic == FULL_BUFFER:
        user.waiting_bits, user.age = FULL_BITS, 0
        waiting[bucket_of(slot.time, waiting.shape[0])] = FULL_BITS
        return 0, 0, 0
    length = waiting.shape[0]
    at = bucket_of(slot.time, length)
    dropped = waiting[at]  # what is older than the lifetime has had this place
    user.waiting_bits += arrived * p.packet_bits - dropped
    waiting[at] = arrived * p.packet_bits
    late = waiting[bucket_of(slot.time - p.deadline_slots, length)]
    user.age = min(user.age + 1, length - 1) if user.waiting_bits > 0.0 else 0
    find_head(user, waiting, slot.time)
    return arrived, packets_of(p, late), packets_of(p, dropped)
