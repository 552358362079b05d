"""Binary driving conditions of a vehicle and the unexpected events that they cause.

Road, weather, own speed and a nearby object are two-state chains (1 = bad: slippery road, bad
weather, high speed, moving object). The record that carries them may be that of an environment or
of a vehicle. Model: Hieu et al., arXiv 2004.02122; Lee et al., IEEE IV 2021.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined
from isac_envs.engine.loops import Outcome
from isac_envs.engine.rng import bernoulli, integer

CONDITION_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("road", "i8"),  # 1 = bad
    ("weather", "i8"),  # 1 = bad
    ("speed", "i8"),  # 1 = high
    ("object", "i8"),  # 1 = a moving object is near
)


@inlined
def next_bit(stream: Any, bit: int, stays_good: float, stays_bad: float) -> int:
    """Advance a two-state chain (1 = bad) by one slot; always draws exactly once.

    Args:
        stream: Random stream that is drawn from.
        bit: Present state, 0 (good) or 1 (bad).
        stays_good: Probability that a good state stays.
        stays_bad: Probability that a bad state stays.
    """
    return int(bernoulli(stream, stays_bad if bit else 1.0 - stays_good))


@inlined
def draw_conditions(stream: Any, vehicle: Record) -> None:
    """Draw all four conditions uniformly."""
    vehicle.road = integer(stream, 2)
    vehicle.weather = integer(stream, 2)
    vehicle.speed = integer(stream, 2)
    vehicle.object = integer(stream, 2)


@inlined
def bad_conditions(vehicle: Record) -> int:
    """Return the number of bad conditions, 0..4."""
    return vehicle.road + vehicle.weather + vehicle.speed + vehicle.object


@inlined
def meet_event(p: Record, stream: Any, vehicle: Record, radar: bool, outcome: Outcome) -> bool:
    """Draw whether an event happens in a slot, and write what it costs without radar.

    Args:
        p: Parameters.
        stream: Random stream.
        vehicle: Record with the conditions.
        radar: Whether the vehicle uses its radar.
        outcome: Receives the second objective, the first cost, and the metrics of the event.

    Returns:
        Whether an event happens.
    """
    bad = bad_conditions(vehicle)
    event = bernoulli(stream, p.event_probability[bad])
    missed = event and not radar
    outcome.objectives[1] = -(p.penalty_clear + bad) if missed else 0.0
    outcome.costs[0] = 1.0 if missed else 0.0
    metrics = outcome.metrics
    metrics.event = event
    metrics.missed = missed
    metrics.radar = radar
    metrics.bad_conditions = bad
    metrics.event_probability = p.event_probability[bad]
    return event


@inlined
def advance_conditions(p: Record, stream: Any, vehicle: Record, radar: bool) -> None:
    """Advance the conditions by one slot, with four draws whatever the action.

    Radar next to a moving object lets the vehicle slow down surely and clears the object with
    probability ``p.clearing``.

    Args:
        p: Parameters of the environment, one record.
        stream: Random stream that is drawn from.
        vehicle: The vehicle.
        radar: Whether radar is used.
    """
    clears = radar and vehicle.object == 1
    vehicle.road = next_bit(stream, vehicle.road, p.road_stays_good, p.road_stays_bad)
    vehicle.weather = next_bit(stream, vehicle.weather, p.weather_stays_good, p.weather_stays_bad)
    speed = next_bit(stream, vehicle.speed, p.speed_stays_low, p.speed_stays_high)
    vehicle.speed = 0 if clears else speed
    stays = 1.0 - p.clearing if clears else p.object_stays_moving
    vehicle.object = next_bit(stream, vehicle.object, p.object_stays_static, stays)


@inlined
def observe_conditions(vehicle: Record, observation: Any, first: int) -> int:
    """Write the four conditions from an index on; return the index after them.

    Args:
        vehicle: The vehicle.
        observation: Receives the observation, shape ``(D,)``.
        first: Index to begin at.
    """
    observation[first] = vehicle.road
    observation[first + 1] = vehicle.weather
    observation[first + 2] = vehicle.speed
    observation[first + 3] = vehicle.object
    return first + 4
