"""Rules as kernels: a plan of who senses what, and its translation into an action.

A plan holds for each type the vehicle that senses it, -1 for none, and for each vehicle the load
of its queue and the level of its power between the least reliable and the largest.
"""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.v2x.vcps_view.records import MOST_VIEWS
from isac_envs.envs.v2x.vcps_view.uploading import HYBRID, RATE, SHARES
from isac_envs.envs.v2x.vcps_view.world import distance_at, spectral_efficiency, view_of

NOBODY, EVERYBODY = -1, -2


@inlined
def senses(items: Any, i: int, k: int, sensor: Any) -> bool:
    """Tell whether vehicle ``i`` senses its item ``k`` in a plan."""
    chosen = sensor[items[i, k].kind]
    return chosen in (i, EVERYBODY)


@jit
def cheapest(e: Record, items: Any, views: Any, requests: Any, sensor: Any) -> None:
    """Plan the cheapest sensor for every type that the coming views require."""
    for d in range(sensor.shape[0]):
        sensor[d] = NOBODY
    for number in range(MOST_VIEWS):
        m = view_of(requests, e.time, number)
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
def write_vehicle(
    p: Record, items: Any, i: int, sensor: Any, load: float, power: float, out: Any
) -> None:
    """Write the coordinates of vehicle ``i``: equal loads, short services first."""
    count = items.shape[1]
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
            out[rates + k] = p.rate_floor + (1.0 - p.rate_floor) * level + 1e-6 if on else 0.0
        else:
            out[first + k] = 1.0 if on else 0.0
            out[rates + k] = level
        out[rates + count + k] = 1.0 - items[i, k].mean_s / longest
    out[first + p.vehicle_width - 1] = power


@jit
def write_action(
    p: Record, e: Record, items: Any, kinds: Any, tracks: Any, sensor: Any, load: Any, power: Any,
    out: Any,
) -> None:  # fmt: skip
    """Write the action of a plan; bandwidth goes with the root of bits over efficiency.

    That minimises the sum of the transmission times.
    """
    count = items.shape[0]
    edge = count * p.vehicle_width
    total = 0.0
    for i in range(count):
        write_vehicle(p, items, i, sensor, load[i], power[i], out)
        bits = 0.0
        for k in range(items.shape[1]):
            if senses(items, i, k, sensor):
                bits += kinds[items[i, k].kind].amount
        gain = p.fading_mean * p.fading_mean
        efficiency = spectral_efficiency(p, gain, distance_at(p, tracks[i], e.time), p.max_power_w)
        out[edge + i] = math.sqrt(bits / efficiency)
        total += out[edge + i]
    for i in range(count):
        out[edge + i] = out[edge + i] / total if total > 0.0 else 1.0 / count
    if p.action == HYBRID:
        for w in range(out.shape[0]):
            decision = w < edge and w % p.vehicle_width < items.shape[1]
            out[w] = out[w] if decision else math.floor(out[w] / p.unit + 0.5)


@jit
def greedy_batch(
    p: Any, env: Any, items: Any, kinds: Any, views: Any, tracks: Any, requests: Any, sensor: Any,
    load: Any, power: Any, actions: Any,
) -> None:  # fmt: skip
    """Write the greedy actions of all copies."""
    for i in range(env.shape[0]):
        cheapest(env[i], items[i], views[i], requests[i], sensor)
        write_action(p[0], env[i], items[i], kinds[i], tracks[i], sensor, load, power, actions[i])


@jit
def uniform_batch(
    p: Any, env: Any, items: Any, kinds: Any, tracks: Any, whom: int, sensor: Any, load: Any,
    power: Any, actions: Any,
) -> None:  # fmt: skip
    """Write the actions of all copies that have everybody or nobody sense all it can."""
    for d in range(sensor.shape[0]):
        sensor[d] = whom
    for i in range(env.shape[0]):
        write_action(p[0], env[i], items[i], kinds[i], tracks[i], sensor, load, power, actions[i])
