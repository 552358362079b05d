"""From the action of a slot to packets: what is sensed, the queues, powers, transmissions."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import db_to_linear, log2
from isac_envs.engine.rng import uniform
from isac_envs.envs.v2x.vcps_view.params import VcpsViewParams
from isac_envs.envs.v2x.vcps_view.records import State
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
def decide(p: Record, items: Any, coordinates: Any, first: int) -> None:
    """Read what a vehicle senses, its shares of the load and priorities.

    Args:
        p: Parameters.
        items: What the vehicle can sense, shape ``(K,)``.
        coordinates: The action, shape ``(W,)``.
        first: Where the vehicle's coordinates begin.
    """
    count = items.shape[0]
    rates = first if p.action == RATE else first + count
    every = chosen = 0.0
    for k in range(count):
        level = p.unit * coordinates[rates + k]
        if p.action == RATE:
            items[k].sensed = level > p.rate_floor
            level = max(0.0, (level - p.rate_floor) / (1.0 - p.rate_floor))
        else:
            items[k].sensed = coordinates[first + k] > 0.5
        items[k].priority = p.unit * coordinates[rates + count + k]
        items[k].share = level
        every += level
        chosen += level if items[k].sensed else 0.0
    scale = 1.0 / (every + _SMALL) if p.load == SHARES else p.max_load / max(1.0, chosen)
    for k in range(count):
        items[k].share *= scale


@jit
def queue(p: Record, vehicle: Record, items: Any, line: Any, order: Any) -> None:
    """Write rates and waits of a vehicle: a queue in the order of priorities, larger first.

    Args:
        p: Parameters.
        vehicle: The vehicle.
        items: What it can sense, shape ``(K,)``.
        line: Scratch, shape ``(4, K)``.
        order: Scratch, shape ``(K,)`` at least.
    """
    waiting = 0
    load = 0.0
    for k in range(items.shape[0]):
        if not items[k].sensed:
            continue
        items[k].rate_hz = items[k].share / items[k].mean_s
        load += items[k].share
        place = waiting
        while place > 0 and items[order[place - 1]].priority < items[k].priority:
            order[place] = order[place - 1]
            place -= 1
        order[place] = k
        waiting += 1
    for place in range(waiting):
        k = order[place]
        line[_RATES, place] = items[k].rate_hz
        line[_MEANS, place] = items[k].mean_s
        line[_MOMENTS, place] = items[k].second_s2
    rates, means = line[_RATES, :waiting], line[_MEANS, :waiting]
    moments, waits = line[_MOMENTS, :waiting], line[_WAITS, :waiting]
    if p.discipline == PREEMPTIVE:
        preemptive_waits(rates, means, moments, waits)
    else:
        nonpreemptive_waits(rates, means, moments, waits)
    for place in range(waiting):
        items[order[place]].wait_s = min(p.longest_s, line[_WAITS, place])
    vehicle.load = load
    vehicle.sending = waiting > 0


@inlined
def sample(p: Record, kinds: Any, item: Record, second: int) -> None:
    """Write when a type was sensed last, and when its source had changed before.

    Args:
        p: Parameters of the environment, one record.
        kinds: Types of information, shape ``(I,)``.
        item: What a vehicle can sense, one record.
        second: Time in s.
    """
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
def set_power(p: Record, e: Record, vehicle: Record, track: Any, level: float) -> None:
    """Draw the SNR target of a vehicle and set its power.

    Args:
        p: Parameters of the environment, one record.
        e: Record of the environment.
        vehicle: Record of the vehicle.
        track: Places of the vehicle at whole seconds, shape ``(T,)``.
        level: Power between the least reliable (0) and the largest (1).
    """
    before = vehicle.distance_m
    vehicle.distance_m = distance_at(p, track, e.time)
    target = p.target_low_db + uniform(e.world) * (p.target_high_db - p.target_low_db)
    if p.targets != KEPT or e.time == 0 or before != vehicle.distance_m:
        vehicle.target_db = target
    loss = db_to_linear(p.path_loss_exponent * 3.010299956639812 * log2(vehicle.distance_m))
    least = db_to_linear(vehicle.target_db) * p.noise_w * loss / e.gain
    vehicle.least_w = least
    least = min(least, p.max_power_w)
    vehicle.power_w = least + level * (p.max_power_w - least)


@inlined
def transmit(p: Record, state: State, i: int, link_hz: float) -> None:
    """Write the times of the packets of vehicle ``i``.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        i: Number of the vehicle.
        link_hz: Bandwidth of the link in Hz.
    """
    vehicle, items, kinds = state.vehicles[i], state.items[i], state.kinds
    mean_gain = p.fading_mean * p.fading_mean
    load = 0.0
    for k in range(items.shape[0]):
        if not items[k].sensed:
            continue
        item = items[k]
        sample(p, kinds, item, state.env.time)
        start = int(item.arrival_s + item.wait_s)
        distance = distance_at(p, state.tracks[i], start)
        rate = link_hz * spectral_efficiency(p, mean_gain, distance, vehicle.power_w)
        size = kinds[item.kind].amount
        item.transmit_s = size / rate if rate * p.longest_s > size else p.longest_s
        item.received_s = item.arrival_s + item.wait_s + item.transmit_s
        load += item.rate_hz * item.transmit_s
    vehicle.link_load = load


@jit
def upload(p: Record, state: State) -> None:
    """Play a slot up to the packets that the edge receives; one draw a vehicle."""
    e, vehicles, items, coordinates = state.env, state.vehicles, state.items, state.coordinates
    count = vehicles.shape[0]
    edge = count * p.vehicle_width
    asked = 0.0
    for i in range(count):
        asked += p.unit * coordinates[edge + i]
    e.asked = asked
    total = max(1.0, asked) if p.allocation == FRACTIONS else asked + _SMALL
    for i in range(count):
        first = i * p.vehicle_width
        decide(p, items[i], coordinates, first)
        queue(p, vehicles[i], items[i], state.line, state.order)
        power = p.unit * coordinates[first + p.vehicle_width - 1]
        set_power(p, e, vehicles[i], state.tracks[i], power)
        share = p.unit * coordinates[edge + i] / total
        vehicles[i].bandwidth_hz = share * p.bandwidth_hz
        transmit(p, state, i, share * p.link_hz)
