"""From the action of a slot to packets: what is sensed, the queues, powers, transmissions."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import db_to_linear, log2
from isac_envs.engine.rng import uniform
from isac_envs.envs.v2x.vcps_view.params import VcpsViewParams
from isac_envs.envs.v2x.vcps_view.world import distance_at, spectral_efficiency
from isac_envs.kernels.link.queueing import nonpreemptive_waits, preemptive_waits

RATE = VcpsViewParams.code("action", "rate")
HYBRID = VcpsViewParams.code("action", "hybrid")
PREEMPTIVE = VcpsViewParams.code("discipline", "preemptive")
SHARES = VcpsViewParams.code("load", "shares")
KEPT = VcpsViewParams.code("targets", "kept")
AFTER_INTERVAL = VcpsViewParams.code("first_sample", "after_interval")
FRACTIONS = VcpsViewParams.code("allocation", "fractions")

_RATES, _MEANS, _MOMENTS, _WAITS = range(4)
_SMALL = 1e-5  # what the published code adds to sums that it divides by


@inlined
def decide(p: Record, items: Any, i: int, coordinates: Any, first: int) -> None:
    """Read what vehicle ``i`` senses, its shares of the load and priorities."""
    count = items.shape[1]
    rates = first if p.action == RATE else first + count
    every = chosen = 0.0
    for k in range(count):
        level = p.unit * coordinates[rates + k]
        if p.action == RATE:
            items[i, k].sensed = level > p.rate_floor
            level = max(0.0, (level - p.rate_floor) / (1.0 - p.rate_floor))
        else:
            items[i, k].sensed = coordinates[first + k] > 0.5
        items[i, k].priority = p.unit * coordinates[rates + count + k]
        items[i, k].share = level
        every += level
        chosen += level if items[i, k].sensed else 0.0
    scale = 1.0 / (every + _SMALL) if p.load == SHARES else p.max_load / max(1.0, chosen)
    for k in range(count):
        items[i, k].share *= scale


@jit
def queue(p: Record, vehicles: Any, items: Any, i: int, line: Any, order: Any) -> None:
    """Write rates and waits of vehicle ``i``: a queue in the order of priorities, larger first."""
    waiting = 0
    load = 0.0
    for k in range(items.shape[1]):
        if not items[i, k].sensed:
            continue
        items[i, k].rate_hz = items[i, k].share / items[i, k].mean_s
        load += items[i, k].share
        place = waiting
        while place > 0 and items[i, order[place - 1]].priority < items[i, k].priority:
            order[place] = order[place - 1]
            place -= 1
        order[place] = k
        waiting += 1
    for place in range(waiting):
        k = order[place]
        line[_RATES, place] = items[i, k].rate_hz
        line[_MEANS, place] = items[i, k].mean_s
        line[_MOMENTS, place] = items[i, k].second_s2
    rates, means = line[_RATES, :waiting], line[_MEANS, :waiting]
    moments, waits = line[_MOMENTS, :waiting], line[_WAITS, :waiting]
    if p.discipline == PREEMPTIVE:
        preemptive_waits(rates, means, moments, waits)
    else:
        nonpreemptive_waits(rates, means, moments, waits)
    for place in range(waiting):
        items[i, order[place]].wait_s = min(p.longest_s, line[_WAITS, place])
    vehicles[i].load = load
    vehicles[i].sending = waiting > 0


@inlined
def sample(p: Record, kinds: Any, item: Record, second: int) -> None:
    """Write when a type was sensed last, and when its source had changed before."""
    interval = p.longest_s
    if item.rate_hz * p.longest_s > 1.0:
        interval = 1.0 / item.rate_hz
    times = math.floor(second / interval)
    if p.first_sample == AFTER_INTERVAL and times < 1.0 and interval < p.longest_s:
        times = 1.0
    item.arrival_s = times * interval
    update = kinds[item.kind].interval_s
    item.update_s = math.floor(item.arrival_s / update) * update


@inlined
def set_power(p: Record, e: Record, vehicles: Any, track: Any, i: int, level: float) -> None:
    """Draw the SNR target of vehicle ``i`` and set its power."""
    before = vehicles[i].distance_m
    vehicles[i].distance_m = distance_at(p, track, e.time)
    target = p.target_low_db + uniform(e.world) * (p.target_high_db - p.target_low_db)
    if p.targets != KEPT or e.time == 0 or before != vehicles[i].distance_m:
        vehicles[i].target_db = target
    loss = db_to_linear(p.path_loss_exponent * 3.010299956639812 * log2(vehicles[i].distance_m))
    least = db_to_linear(vehicles[i].target_db) * p.noise_w * loss / e.gain
    vehicles[i].least_w = least
    least = min(least, p.max_power_w)
    vehicles[i].power_w = least + level * (p.max_power_w - least)


@jit
def upload(
    p: Record, e: Record, vehicles: Any, items: Any, kinds: Any, tracks: Any, line: Any,
    order: Any, coordinates: Any,
) -> None:  # fmt: skip
    """Play a slot up to the packets that the edge receives; one draw a vehicle."""
    count = vehicles.shape[0]
    edge = count * p.vehicle_width
    asked = 0.0
    for i in range(count):
        asked += p.unit * coordinates[edge + i]
    e.asked = asked
    total = max(1.0, asked) if p.allocation == FRACTIONS else asked + _SMALL
    for i in range(count):
        first = i * p.vehicle_width
        decide(p, items, i, coordinates, first)
        queue(p, vehicles, items, i, line, order)
        power = p.unit * coordinates[first + p.vehicle_width - 1]
        set_power(p, e, vehicles, tracks[i], i, power)
        share = p.unit * coordinates[edge + i] / total
        vehicles[i].bandwidth_hz = share * p.bandwidth_hz
        transmit(p, e, vehicles, items, kinds, tracks[i], i, share * p.link_hz)


@jit
def transmit(
    p: Record, e: Record, vehicles: Any, items: Any, kinds: Any, track: Any, i: int, link_hz: float
) -> None:
    """Write the times of the packets of vehicle ``i``."""
    mean_gain = p.fading_mean * p.fading_mean
    load = 0.0
    for k in range(items.shape[1]):
        if not items[i, k].sensed:
            continue
        item = items[i, k]
        sample(p, kinds, item, e.time)
        start = int(item.arrival_s + item.wait_s)
        efficiency = spectral_efficiency(
            p, mean_gain, distance_at(p, track, start), vehicles[i].power_w
        )
        rate = link_hz * efficiency
        size = kinds[item.kind].amount
        item.transmit_s = size / rate if rate * p.longest_s > size else p.longest_s
        item.received_s = item.arrival_s + item.wait_s + item.transmit_s
        load += item.rate_hz * item.transmit_s
    vehicles[i].link_load = load
