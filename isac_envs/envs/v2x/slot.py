"""A slot of one vehicle that senses or sends, whoever else there is."""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined
from isac_envs.engine.loops import Outcome
from isac_envs.envs.v2x.conditions import meet_event
from isac_envs.envs.v2x.packets import Vehicle, arrive, report_ages, serve


class Use(NamedTuple):
    """What a vehicle uses a slot for.

    Attributes:
        radar: Whether for its radar.
        level: Class to send, 1..K; of any value if ``most`` is 0.
        most: Packets that the slot carries unless an event happens.
    """

    radar: Any
    level: Any
    most: Any


@inlined
def start_queue(p: Record, stream: Any, vehicle: Vehicle) -> None:
    """Start an episode with the arrivals of one slot and all ages zero.

    Args:
        p: Parameters of the environment, one record.
        stream: Random stream that is drawn from.
        vehicle: The vehicle.
    """
    vehicle.record.backlog = 0
    arrive(p, stream, vehicle, 0)
    for k in range(vehicle.streams.shape[0]):
        vehicle.streams[k].age = 0


@inlined
def play_slot(p: Record, env: Record, vehicle: Vehicle, use: Use, outcome: Outcome) -> int:
    """Advance queue and ages by a slot, with the event and then the arrivals drawn.

    Args:
        p: Parameters.
        env: The environment, with the number of the slot as its time.
        vehicle: Its conditions are read, the rest changes.
        use: What the vehicle does.
        outcome: Receives all objectives and costs, and the metrics of one vehicle.

    Returns:
        Packets sent.
    """
    owner, streams, capacity = vehicle.record, vehicle.streams, vehicle.packets.shape[0]
    before = owner.backlog
    event = meet_event(p, env.world, owner, use.radar, outcome)
    most = 0 if event else use.most
    sent, age, expired = serve(p, vehicle, use.level, most, env.time)
    peak = 0
    if sent > 0:
        peak = streams[use.level - 1].age
        streams[use.level - 1].age = age
    for k in range(streams.shape[0]):
        streams[k].age += 1
    left = owner.backlog
    arrived = arrive(p, env.world, vehicle, env.time + 1)
    overflow = max(0, left + arrived - capacity)
    counted = before if p.overflow_counts_leaving else left
    report_ages(p, streams, peak, sent > 0, outcome)
    outcome.objectives[2] = -max(0, counted + arrived - capacity)
    outcome.costs[1] = overflow
    metrics = outcome.metrics
    metrics.sent = sent
    metrics.overflow = overflow
    metrics.expired = expired
    metrics.backlog = owner.backlog
    return sent
