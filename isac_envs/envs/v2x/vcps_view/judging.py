"""Quality and profit of the views of a slot, and the cache of the edge."""

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.v2x.vcps_view.params import VcpsViewParams
from isac_envs.envs.v2x.vcps_view.records import (
    CONSISTENCY,
    MOST_VIEWS,
    NOBODY,
    PARTS,
    REDUNDANCY,
    SENSING,
    TIMELINESS,
    TRANSMISSION,
    State,
)
from isac_envs.envs.v2x.vcps_view.world import view_of

CURRENT = VcpsViewParams.code("ages", "current")
FROZEN = VcpsViewParams.code("ages", "frozen")
RUNNING = VcpsViewParams.code("normaliser", "running")
PER_VEHICLE = VcpsViewParams.code("cost_of", "vehicle")
SUM = VcpsViewParams.code("view_age", "sum")

_MOST_MJ = 50.0  # bound of a vehicle's mean energy in the published code


@inlined
def add(vehicle: Record, age_s: float, cost: float, energy_mj: float) -> None:
    """Count a packet of a vehicle in the view at hand; of a useless one only the costs.

    Args:
        vehicle: Record of the vehicle.
        age_s: Age of the packet in s.
        cost: Cost of sensing it, 0..1.
        energy_mj: Energy of its transmission in mJ.
    """
    vehicle.packets += 1
    vehicle.oldest_s = max(vehicle.oldest_s, age_s)
    vehicle.sensing += cost
    vehicle.transmission += energy_mj


@inlined
def fresh_age(p: Record, item: Record, now: float) -> float:
    """Return the age of a packet of this slot.

    Args:
        p: Parameters of the environment, one record.
        item: What a vehicle can sense, one record.
        now: Time of the slot in s.
    """
    seen = max(now, item.received_s) if p.ages == CURRENT else item.received_s
    return seen - item.update_s


@inlined
def cached_age(p: Record, kind: Record, now: float) -> float:
    """Return the age of a packet from the cache.

    Args:
        p: Parameters of the environment, one record.
        kind: Record of the type of information.
        now: Time of the slot in s.
    """
    if p.ages == FROZEN:
        return kind.age_s
    seen = max(now, kind.received_s) if p.ages == CURRENT else now
    return max(0.0, seen - kind.update_s)


@jit
def collect(p: Record, state: State, view: Record, number: int, without: int) -> None:
    """Write the parts of a view, not normalised, as if vehicle ``without`` had sensed nothing.

    Args:
        p: Parameters.
        state: The copy.
        view: The view.
        number: Which of the slot's views it is.
        without: A vehicle, or NOBODY.
    """
    e, vehicles, items, kinds = state.env, state.vehicles, state.items, state.kinds
    now = float(e.time)
    for j in range(view.count):
        kinds[view.kinds[j]].wanted = True
        kinds[view.kinds[j]].copies = 0
    newest, earliest, unheld = -1e18, 1e18, 0.0
    young, fresh, different = 0.0, 0, 0
    for i in range(vehicles.shape[0]):
        vehicle = vehicles[i]
        vehicle.packets = 0
        vehicle.oldest_s = vehicle.sensing = vehicle.transmission = 0.0
        if i == without:
            continue
        for k in range(items.shape[1]):
            item = items[i, k]
            if not (item.sensed and kinds[item.kind].wanted):
                continue
            age = fresh_age(p, item, now)
            useful = not p.gate or age <= p.longest_s
            energy = 1e3 * vehicle.power_w * item.transmit_s
            add(vehicle, age if useful else 0.0, item.cost, energy)
            newest = max(newest, item.update_s) if useful else newest
            earliest = min(earliest, item.update_s) if useful else earliest
            fresh += 1
            different += kinds[item.kind].copies == 0
            best = kinds[item.kind].copies == 0 or age < kinds[item.kind].youngest_s
            kinds[item.kind].youngest_s = age if best else kinds[item.kind].youngest_s
            kinds[item.kind].copies += 1
    for j in range(view.count):
        kind = kinds[view.kinds[j]]
        kind.wanted = False
        if kind.copies == 0:
            age = cached_age(p, kind, now)
            kind.youngest_s = age
            useful = not p.gate or age <= p.longest_s
            newest = max(newest, kind.update_s) if useful else newest
            earliest = min(earliest, kind.update_s) if useful else earliest
            age = age if useful else 0.0
            if kind.holder >= 0:
                holder = vehicles[kind.holder]
                energy = 1e3 * holder.power_w * kind.transmit_s
                add(holder, age, kind.cost * p.reuse_costs, energy * p.reuse_costs)
            else:
                unheld = max(unheld, age)
        young += kind.youngest_s <= p.longest_s
    oldest = energy = sensing = 0.0
    for i in range(vehicles.shape[0]):
        vehicle = vehicles[i]
        oldest = oldest + vehicle.oldest_s if p.view_age == SUM else max(oldest, vehicle.oldest_s)
        share = 1.0
        spent = vehicle.transmission
        if p.cost_of == PER_VEHICLE:
            share = 1.0 / (max(1, vehicle.packets) * vehicles.shape[0])
            spent = min(spent, _MOST_MJ * max(1, vehicle.packets))
        sensing += share * vehicle.sensing
        energy += share * spent
    e.raw[number, TIMELINESS] = oldest + unheld if p.view_age == SUM else max(oldest, unheld)
    e.raw[number, CONSISTENCY] = max(0.0, newest - earliest)
    e.raw[number, REDUNDANCY] = fresh - different
    e.raw[number, SENSING] = sensing
    e.raw[number, TRANSMISSION] = energy
    e.complete[number] = young / view.count


@inlined
def normalised(p: Record, e: Record, number: int, part: int, count: int) -> float:
    """Return a part of a view in 0..1: over its scale, or over the range seen so far.

    Args:
        p: Parameters of the environment, one record.
        e: Record of the environment.
        number: Which of the views of the slot it is.
        part: Part of the view, 0..4.
        count: Required types of the view.
    """
    value = e.raw[number, part]
    if p.normaliser == RUNNING:
        width = e.high[part] - e.low[part]
        return min(1.0, max(0.0, (value - e.low[part]) / width)) if width > 0.0 else 0.0
    if part in (TIMELINESS, CONSISTENCY):
        return min(1.0, value / p.longest_s)
    if part == REDUNDANCY:
        return min(1.0, value / count)
    if part == SENSING:
        return min(1.0, value / (2.0 * count))
    return min(1.0, value / (p.energy_mj * count))


@jit
def judge(p: Record, state: State, without: int) -> None:
    """Write quality, profit and their parts, means over the views of the slot.

    They are as if vehicle ``without`` had sensed nothing. The range of the running normaliser
    widens only with what happens, where that is NOBODY.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        without: Vehicle that is taken to have sensed nothing; NOBODY for none.
    """
    e, views, requests = state.env, state.views, state.requests
    found = 0
    for number in range(MOST_VIEWS):
        m = view_of(requests, e.time, number)
        if m < 0:
            continue
        collect(p, state, views[m], number, without)
        found += 1
        if p.normaliser == RUNNING and without == NOBODY:
            for part in range(PARTS):
                e.low[part] = min(e.low[part], e.raw[number, part])
                e.high[part] = max(e.high[part], e.raw[number, part])
    e.quality = e.profit = e.cost = e.completeness = 0.0
    for part in range(PARTS):
        e.parts[part] = 0.0
    each = 1.0 / max(1, found)
    for number in range(MOST_VIEWS):
        m = view_of(requests, e.time, number)
        if m < 0:
            continue
        count = views[m].count
        for part in range(PARTS):
            e.parts[part] += each * normalised(p, e, number, part, count)
        late = normalised(p, e, number, TIMELINESS, count)
        apart = normalised(p, e, number, CONSISTENCY, count)
        cost = p.redundancy_weight * normalised(p, e, number, REDUNDANCY, count)
        cost += p.sensing_weight * normalised(p, e, number, SENSING, count)
        rest = 1.0 - p.redundancy_weight - p.sensing_weight
        cost += rest * normalised(p, e, number, TRANSMISSION, count)
        quality = 1.0 - p.timeliness_weight * late - (1.0 - p.timeliness_weight) * apart
        known = e.complete[number] if p.gate else 1.0
        e.quality += each * known * quality
        e.profit += each * known * (1.0 - cost)
        e.cost += each * cost
        e.completeness += each * e.complete[number]


@jit
def keep(p: Record, state: State) -> None:
    """Put the packets of the views into the cache: the newest of each type.

    As published it is the one that was received last.
    """
    e, items, kinds = state.env, state.items, state.kinds
    views, requests = state.views, state.requests
    for number in range(MOST_VIEWS):
        m = view_of(requests, e.time, number)
        if m < 0:
            continue
        for j in range(views[m].count):
            kinds[views[m].kinds[j]].wanted = True
    for i in range(items.shape[0]):
        for k in range(items.shape[1]):
            item = items[i, k]
            kind = kinds[item.kind]
            if not (item.sensed and kind.wanted):
                continue
            newer = item.update_s > kind.update_s or (
                item.update_s == kind.update_s and item.received_s < kind.received_s
            )
            if p.ages == FROZEN:
                newer = item.received_s > kind.received_s
            if newer:
                kind.holder = i
                kind.cost = item.cost
                kind.update_s = item.update_s
                kind.received_s = item.received_s
                kind.age_s = item.received_s - item.update_s
                kind.transmit_s = item.transmit_s
    for number in range(MOST_VIEWS):
        m = view_of(requests, e.time, number)
        if m < 0:
            continue
        for j in range(views[m].count):
            kinds[views[m].kinds[j]].wanted = False
