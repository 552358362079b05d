"""Rules as kernels: a plan of who senses what, and its translation into an action."""

import math
from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import each_copy
from isac_envs.envs.v2x.vcps_view.records import MOST_VIEWS, NOBODY, State
from isac_envs.envs.v2x.vcps_view.required import SENSORS, write_sensors
from isac_envs.envs.v2x.vcps_view.uploading import HYBRID, RATE, SHARES
from isac_envs.envs.v2x.vcps_view.world import distance_at, spectral_efficiency, view_of

EVERYBODY = -2


class Plan(NamedTuple):
    """What vehicles are to do in a slot.

    Attributes:
        sensor: Vehicle that senses each type, NOBODY or EVERYBODY, shape ``(I,)``.
        load: Load of the queue of each vehicle, shape ``(V,)``.
        power: Level of its power, between the least reliable and the largest, shape ``(V,)``.
    """

    sensor: Any
    load: Any
    power: Any


@inlined
def senses(items: Any, i: int, k: int, sensor: Any) -> bool:
    """Tell whether vehicle ``i`` senses its item ``k`` in a plan.

    Args:
        items: What each vehicle can sense, shape ``(V, K)``.
        i: Number of the vehicle.
        k: Number of its item.
        sensor: Vehicle that senses each type, shape ``(I,)``.
    """
    chosen = sensor[items[i, k].kind]
    return chosen in (i, EVERYBODY)


@jit
def choose_cheapest(state: State, sensor: Any) -> None:
    """Plan the cheapest sensor for every type that the coming views require."""
    items, views = state.items, state.views
    sensor[:] = NOBODY
    for number in range(MOST_VIEWS):
        m = view_of(state.requests, state.env.time, number)
        if m < 0:
            continue
        for j in range(views[m].count):
            d = views[m].kinds[j]
            least = 1e18
            for i in range(items.shape[0]):
                for k in range(items.shape[1]):
                    if items[i, k].kind == d and items[i, k].cost < least:
                        least = items[i, k].cost
                        sensor[d] = i


@jit
def write_vehicle(p: Record, items: Any, i: int, plan: Plan, action: Any) -> None:
    """Write the coordinates of vehicle ``i``: equal loads, short services first.

    Args:
        p: Parameters of the environment, one record.
        items: What each vehicle can sense, shape ``(V, K)``.
        i: Number of the vehicle.
        plan: What vehicles are to do in the slot.
        action: Receives the coordinates, shape ``(W,)``.
    """
    count, sensor, load = items.shape[1], plan.sensor, plan.load[i]
    first = i * p.vehicle_width
    rates = first if p.action == RATE else first + count
    chosen = 0
    longest = 0.0
    for k in range(count):
        chosen += senses(items, i, k, sensor)
        longest = max(longest, items[i, k].mean_s)
    each = load / max(1, chosen)
    for k in range(count):
        on = senses(items, i, k, sensor)
        if p.load == SHARES:
            level = each if on else (1.0 - load) / max(1, count - chosen)
        else:
            level = each / p.max_load if on else 0.0
        if p.action == RATE:
            action[rates + k] = p.rate_floor + (1.0 - p.rate_floor) * level + 1e-6 if on else 0.0
        else:
            action[first + k] = 1.0 if on else 0.0
            action[rates + k] = level
        action[rates + count + k] = 1.0 - items[i, k].mean_s / longest
    action[first + p.vehicle_width - 1] = plan.power[i]


@jit
def write_action(p: Record, state: State, plan: Plan, action: Any) -> None:
    """Write the action of a plan; bandwidth goes with the root of bits over efficiency.

    That minimises the sum of the transmission times.

    Args:
        p: Parameters.
        state: Vehicles and edge.
        plan: The plan.
        action: Receives the coordinates, shape ``(W,)``.
    """
    items = state.items
    count = items.shape[0]
    edge = count * p.vehicle_width
    gain = p.fading_mean * p.fading_mean
    total = 0.0
    for i in range(count):
        write_vehicle(p, items, i, plan, action)
        bits = 0.0
        for k in range(items.shape[1]):
            if senses(items, i, k, plan.sensor):
                bits += state.kinds[items[i, k].kind].amount
        distance = distance_at(p, state.tracks[i], state.env.time)
        efficiency = spectral_efficiency(p, gain, distance, p.max_power_w)
        action[edge + i] = math.sqrt(bits / efficiency)
        total += action[edge + i]
    for i in range(count):
        action[edge + i] = action[edge + i] / total if total > 0.0 else 1.0 / count
    if p.action == HYBRID:
        for w in range(action.shape[0]):
            decision = w < edge and w % p.vehicle_width < items.shape[1]
            action[w] = action[w] if decision else math.floor(action[w] / p.unit + 0.5)


@jit
def write_plan(p: Record, state: State, plan: Plan, action: Any) -> None:
    """Write a plan in the form of the action, of sensors alone without its loads and powers.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        plan: What vehicles are to do in the slot.
        action: Receives the action, shape ``(W,)`` at least.
    """
    if p.action == SENSORS:
        write_sensors(p, state, plan.sensor, action)
    else:
        write_action(p, state, plan, action)


@jit
def greedy(p: Record, state: State, plan: Plan, action: Any) -> None:
    """Write the greedy action; the plan gets its sensors.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        plan: Load and power; receives the sensors.
        action: Receives the coordinates, shape ``(W,)``.
    """
    choose_cheapest(state, plan.sensor)
    write_plan(p, state, plan, action)


greedy_batch = each_copy(greedy, "plan")
write_plan_batch = each_copy(write_plan, "plan")
