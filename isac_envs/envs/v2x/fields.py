"""Named coordinates and signals that the environments of this family with packets share."""

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.envs.v2x.params import QueueParams

CONDITIONS = (
    Coordinate("road", "1 if the road is bad."),
    Coordinate("weather", "1 if the weather is bad."),
    Coordinate("speed", "1 if the vehicle's speed is high."),
    Coordinate("object", "1 if a moving object is near."),
)
AGE = Signal("age", "Minus the weighted sum of the ages of all classes after the slot.", "slots")
RADAR = Signal("radar", "Minus the penalty of a missed event, which grows with bad conditions.")
OBJECTIVES = (AGE, RADAR, Signal("overflow", "Minus the packets lost to overflow.", "packets"))
MISS = Signal("miss", "1 if an event happened without the radar.")
COSTS = (MISS, Signal("overflow", "Packets lost to a full queue.", "packets"))

AGE_METRICS = (
    Signal("weighted_aoi", "Weighted sum of the ages of all classes after the slot.", "slots"),
    Signal("class_age", "Mean age of the classes after the slot.", "slots"),
    Signal("oldest_age", "Largest age of a class after the slot.", "slots"),
    Signal("peak_aoi", "Age of the class just before its delivery, 0 without one.", "slots"),
    Signal("delivered", "1 if the slot delivered packets."),
)
EVENT_METRICS = (
    Signal("event", "1 if an unexpected event happened."),
    Signal("missed", "1 if it happened without the radar."),
    Signal("radar", "1 if the slot was used by the radar."),
    Signal(
        "bad_conditions", "Number of bad conditions before the slot: road, weather, speed, object."
    ),
    Signal("event_probability", "Probability of an event in the slot."),
)
METRICS = (
    *AGE_METRICS,
    Signal("sent", "Packets delivered.", "packets"),
    Signal("overflow", "Packets lost to a full queue.", "packets"),
    Signal("expired", "Packets removed because of their age.", "packets"),
    Signal("backlog", "Packets in the queue after the slot.", "packets"),
    *EVENT_METRICS,
)
AGE_SUMMARIES = (
    Summary("miss_probability", "Share of the events that were missed.", "missed", "event"),
    Summary("weighted_aoi", "Mean weighted age of information.", "weighted_aoi"),
    Summary("peak_aoi", "Mean age of a class just before a delivery.", "peak_aoi", "delivered"),
)
SUMMARIES = (
    *AGE_SUMMARIES,
    Summary("throughput", "Packets delivered per slot.", "sent"),
    Summary("overflow", "Packets per slot that found the queue full.", "overflow"),
)


def queue(params: QueueParams) -> tuple[Coordinate, Coordinate]:
    """Return the coordinates of the queue's packets, oldest first."""
    size = params.queue_capacity
    return (
        Coordinate(
            "packet_age", "Age of a packet as age / (age + scale), oldest first.", size=size
        ),
        Coordinate(
            "packet_class", "Its class over the number of classes; 0: no packet.", size=size
        ),
    )


def class_ages(classes: int) -> Coordinate:
    """Return the coordinates of the ages of the classes."""
    meaning = "Age of a class as age / (age + scale)."
    return Coordinate("class_age", meaning, size=classes)


def class_labels(classes: int) -> tuple[str, ...]:
    """Return the names of the actions that send a class."""
    return tuple(f"send class {k}" for k in range(1, classes + 1))


def uses(*labels: str) -> Spec:
    """Return the choice of what a slot is used for."""
    use = Coordinate("use", "Use of the slot.", high=len(labels) - 1.0, labels=labels)
    return Spec("discrete", (use,))
