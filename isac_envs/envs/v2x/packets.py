"""A first-in first-out queue of packets of several classes, and the age of information.

The packets stand without gaps at the front of the queue, in the order of their arrival. The age of
a packet is the number of slots since it could first be sent. The age of a class is that of its last
delivered packet (Lee et al., IEEE IV 2021).
"""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, record
from isac_envs.engine.loops import Outcome
from isac_envs.engine.rng import discrete

PACKET = record(
    ("level", "i8"),  # class of the packet, 1.. in the order of class_weights
    ("born", "i8"),  # slot from which on it could be sent
)
STREAM = record(
    ("age", "i8"),  # age of the class at the receiver, slots
)


class Vehicle(NamedTuple):
    """A vehicle with packets to send.

    Attributes:
        record: Has the conditions and ``backlog``, the number of packets in the queue; that of the
            environment, with only one vehicle.
        packets: The queue, shape ``(Q,)``.
        streams: The classes at the receiver, shape ``(K,)``.
    """

    record: Any
    packets: Any
    streams: Any


@inlined
def serve(p: Record, vehicle: Vehicle, level: int, most: int, now: int) -> tuple[int, int, int]:
    """Take the oldest packets of a class, and all that are older than allowed, from the queue.

    Args:
        p: Parameters.
        vehicle: The vehicle.
        level: Class to send, 1..K.
        most: Packets that the slot can carry; 0 sends none.
        now: Number of the slot.

    Returns:
        Packets sent, the age of the last one of them, and packets that expired unsent.
    """
    packets = vehicle.packets
    kept, sent, age, expired = 0, 0, 0, 0
    for k in range(vehicle.record.backlog):
        each, born = packets[k].level, packets[k].born
        if sent < most and each == level:
            age = now - born
            sent += 1
        elif now - born > p.max_age:
            expired += 1
        else:
            packets[kept].level = each
            packets[kept].born = born
            kept += 1
    vehicle.record.backlog = kept
    return sent, age, expired


@inlined
def arrive(p: Record, stream: Any, vehicle: Vehicle, born: int) -> int:
    """Add Poisson arrivals of every class, one draw a class, in the order of the classes.

    Args:
        p: Parameters of the environment, one record.
        stream: Random stream that is drawn from.
        vehicle: The vehicle.
        born: Number of the slot in which they arrive.

    Returns:
        How many packets arrived; those that found the queue full are lost.
    """
    packets = vehicle.packets
    arrived, waiting = 0, vehicle.record.backlog
    for k in range(p.class_weights.shape[0]):
        count = discrete(stream, p.arrivals[k])
        arrived += count
        for _ in range(min(count, packets.shape[0] - waiting)):
            packets[waiting].level = k + 1
            packets[waiting].born = born
            waiting += 1
    vehicle.record.backlog = waiting
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
def report_ages(p: Record, streams: Any, peak: int, delivered: bool, outcome: Outcome) -> None:
    """Write the first objective and the metrics of the ages.

    Args:
        p: Parameters.
        streams: The classes after the slot, shape ``(K,)``.
        peak: Age of the class that was delivered just before, 0 without a delivery.
        delivered: Whether there was one.
        outcome: Written.
    """
    weighted = weighted_age(p, streams)
    outcome.objectives[0] = -weighted
    metrics = outcome.metrics
    metrics.weighted_aoi = weighted
    metrics.class_age = mean_age(streams)
    metrics.oldest_age = oldest(streams)
    metrics.peak_aoi = peak
    metrics.delivered = delivered


@inlined
def saturated(age: Any, scale: float) -> float:
    """Return a number of slots as ``age / (age + scale)``, in [0, 1)."""
    return age / (age + scale)


@inlined
def observe_packets(p: Record, vehicle: Vehicle, now: int, observation: Any) -> int:
    """Write the packets' ages, then their classes over K; zeros where no packet is.

    Args:
        p: Parameters of the environment, one record.
        vehicle: The vehicle.
        now: Number of the slot.
        observation: Receives the observation, shape ``(D,)``.

    Returns:
        The index after them.
    """
    packets, classes = vehicle.packets, p.class_weights.shape[0]
    capacity = packets.shape[0]
    for k in range(capacity):
        there = k < vehicle.record.backlog
        observation[k] = saturated(now - packets[k].born, p.age_scale) if there else 0.0
        observation[capacity + k] = packets[k].level / classes if there else 0.0
    return 2 * capacity


@inlined
def observe_ages(p: Record, streams: Any, observation: Any, first: int) -> int:
    """Write the ages of the classes from an index on; return the index after them.

    Args:
        p: Parameters of the environment, one record.
        streams: Classes with their ages, shape ``(K,)``.
        observation: Receives the observation, shape ``(D,)``.
        first: Index to begin at.
    """
    for k in range(streams.shape[0]):
        observation[first + k] = saturated(streams[k].age, p.age_scale)
    return first + streams.shape[0]
