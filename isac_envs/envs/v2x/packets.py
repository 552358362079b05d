"""A first-in first-out queue of packets of several classes, and the age of information.

``owner`` is the record of the vehicle (or of an environment with one vehicle): its field
``backlog`` counts the packets, which stand without gaps at the front of ``packets`` in the order
of their arrival. The age of a packet is the number of slots since it could first be sent. The age
of a class is that of its last delivered packet (Lee et al., IEEE IV 2021).
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, record
from isac_envs.engine.rng import discrete

PACKET = record(
    ("level", "i8"),  # class of the packet, 1.. in the order of class_weights
    ("born", "i8"),  # slot from which on it could be sent
)
STREAM = record(
    ("age", "i8"),  # age of the class at the receiver, slots
)


@inlined
def serve(
    owner: Record, packets: Any, level: int, most: int, now: int, max_age: int
) -> tuple[int, int, int]:
    """Take the oldest packets of a class, and all that are older than allowed, from the queue.

    Args:
        owner: Record with the field ``backlog``.
        packets: The queue, shape ``(capacity,)``.
        level: Class to send, 1..K.
        most: Packets that the slot can carry; 0 sends none.
        now: Number of the slot.
        max_age: Largest age at which a packet stays.

    Returns:
        Packets sent, the age of the last one of them, and packets that expired unsent.
    """
    kept, sent, age, expired = 0, 0, 0, 0
    for k in range(owner.backlog):
        each, born = packets[k].level, packets[k].born
        if sent < most and each == level:
            age = now - born
            sent += 1
        elif now - born > max_age:
            expired += 1
        else:
            packets[kept].level = each
            packets[kept].born = born
            kept += 1
    owner.backlog = kept
    return sent, age, expired


@inlined
def arrive(p: Record, stream: Any, owner: Record, packets: Any, born: int) -> int:
    """Add Poisson arrivals of every class, one draw a class, in the order of the classes.

    Returns:
        How many packets arrived; those that found the queue full are lost.
    """
    arrived, waiting = 0, owner.backlog
    for k in range(p.class_weights.shape[0]):
        count = discrete(stream, p.arrivals[k])
        arrived += count
        for _ in range(min(count, packets.shape[0] - waiting)):
            packets[waiting].level = k + 1
            packets[waiting].born = born
            waiting += 1
    owner.backlog = waiting
    return arrived


@inlined
def weighted_age(p: Record, streams: Any) -> float:
    """Return the sum over the classes of weight times age, in slots."""
    total = 0.0
    for k in range(streams.shape[0]):
        total += p.class_weights[k] * streams[k].age
    return total


@inlined
def oldest(streams: Any) -> int:
    """Return the largest age of a class, in slots."""
    age = 0
    for k in range(streams.shape[0]):
        age = max(age, streams[k].age)
    return age


@inlined
def mean_age(streams: Any) -> float:
    """Return the mean age of the classes, in slots."""
    total = 0
    for k in range(streams.shape[0]):
        total += streams[k].age
    return total / streams.shape[0]


@inlined
def saturated(age: Any, scale: float) -> float:
    """Return a number of slots as ``age / (age + scale)``, in [0, 1)."""
    return age / (age + scale)


@inlined
def observe_packets(p: Record, owner: Record, packets: Any, now: int, observation: Any) -> int:
    """Write the packets' ages, then their classes over K; zeros where no packet is.

    Returns:
        The index after them.
    """
    capacity, classes = packets.shape[0], p.class_weights.shape[0]
    for k in range(capacity):
        there = k < owner.backlog
        observation[k] = saturated(now - packets[k].born, p.age_scale) if there else 0.0
        observation[capacity + k] = packets[k].level / classes if there else 0.0
    return 2 * capacity


@inlined
def observe_ages(p: Record, streams: Any, observation: Any, first: int) -> int:
    """Write the ages of the classes from an index on; return the index after them."""
    for k in range(streams.shape[0]):
        observation[first + k] = saturated(streams[k].age, p.age_scale)
    return first + streams.shape[0]
