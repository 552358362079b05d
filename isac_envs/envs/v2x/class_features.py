"""What is seen of a queue, class by class, and of the conditions by their number.

A list of packets in the order of their arrival says the same, but a network would first have to
count and to sort.
"""

from typing import Any

from isac_envs.declaration.fields import Coordinate
from isac_envs.engine.jit import Record, inlined
from isac_envs.envs.v2x.conditions import bad_conditions, observe_conditions
from isac_envs.envs.v2x.fields import CONDITIONS
from isac_envs.envs.v2x.packets import Vehicle, saturated
from isac_envs.envs.v2x.params import QueueParams

PACKETS = QueueParams.code("observation", "packets")
WAITING, FIRST, LAST, AGE, PRESSURE = range(5)
FEATURES = 5  # of a class


@inlined
def observe_classes(p: Record, vehicle: Vehicle, most: int, now: int, observation: Any) -> int:
    """Write the features of each class, one class after the other; return the index after them.

    Args:
        p: Parameters of the environment, one record.
        vehicle: The vehicle.
        most: Packets that the slot can carry.
        now: Number of the slot.
        observation: Receives the observation, shape ``(D,)``.
    """
    packets, streams, capacity = vehicle.packets, vehicle.streams, vehicle.packets.shape[0]
    for k in range(FEATURES * streams.shape[0]):
        observation[k] = 0.0
    for k in range(vehicle.record.backlog):
        at = FEATURES * (packets[k].level - 1)
        age = now - packets[k].born
        if observation[at + WAITING] == 0.0:
            observation[at + FIRST] = saturated(age, p.age_scale)
        if observation[at + WAITING] < most:
            younger = max(0, streams[packets[k].level - 1].age - age)
            weighted = p.relative_weights[packets[k].level - 1] * younger
            observation[at + LAST] = saturated(age, p.age_scale)
            observation[at + PRESSURE] = saturated(weighted, p.age_scale)
        observation[at + WAITING] += 1.0
    for k in range(streams.shape[0]):
        observation[FEATURES * k + WAITING] /= capacity
        observation[FEATURES * k + AGE] = saturated(streams[k].age, p.age_scale)
    return FEATURES * streams.shape[0]


@inlined
def observe_risk(vehicle: Record, capacity: int, observation: Any, first: int) -> int:
    """Write conditions, how many are bad, and how full the queue is; return the index after them.

    Args:
        vehicle: The vehicle.
        capacity: Capacity of its queue.
        observation: Receives the observation, shape ``(D,)``.
        first: Index to begin at.
    """
    at = observe_conditions(vehicle, observation, first)
    bad = bad_conditions(vehicle)
    for count in range(5):
        observation[at + count] = 1.0 if bad == count else 0.0
    observation[at + 5] = vehicle.backlog / capacity
    return at + 6


def class_fields(classes: int) -> tuple[Coordinate, ...]:
    """Return the coordinates of :func:`observe_classes`."""
    return tuple(each for k in range(1, classes + 1) for each in _class(k))


def _class(k: int) -> tuple[Coordinate, ...]:
    return (
        Coordinate(f"waiting_{k}", f"Packets of class {k} that wait, over the capacity."),
        Coordinate(f"first_age_{k}", "Age of the oldest of them as age / (age + scale)."),
        Coordinate(
            f"last_age_{k}", "Age of the last that a slot would send as age / (age + scale)."
        ),
        Coordinate(f"class_age_{k}", "Age of the class as age / (age + scale)."),
        Coordinate(
            f"pressure_{k}",
            "Weight, over the largest, times the age that a delivery takes from the class; as "
            "value / (value + scale).",
        ),
    )


RISK = (
    *CONDITIONS,
    Coordinate("bad_conditions", "1 at the number of bad conditions, 0 to 4.", size=5),
    Coordinate("backlog", "Packets in the queue over its capacity."),
)
