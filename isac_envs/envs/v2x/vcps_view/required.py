"""The required types of a slot one by one: what is seen of them, and who is to sense each.

Every type that a view of the slot needs is a place in a list, in the order of the views. Its
candidates are the vehicles that can sense it, the cheapest first.
"""

import math
from typing import Any

from isac_envs.declaration.fields import Coordinate
from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.v2x.vcps_view.params import VcpsViewParams
from isac_envs.envs.v2x.vcps_view.records import MOST_CANDIDATES, MOST_VIEWS, NOBODY, State
from isac_envs.envs.v2x.vcps_view.world import distance_at, view_of

SENSORS = VcpsViewParams.code("action", "sensors")
REQUIRED = VcpsViewParams.code("observation", "required")
_OF_TYPE, _OF_CANDIDATE = 4, 6


@inlined
def needs(view: Record, d: int) -> bool:
    """Tell whether a view needs type ``d``."""
    found = False
    for j in range(view.count):
        found = found or view.kinds[j] == d
    return found


@jit
def list_candidates(items: Any, kinds: Any) -> None:
    """Write the cheapest vehicles that can sense each type; of equal costs the first vehicle.

    Args:
        items: What each vehicle can sense, shape ``(V, K)``.
        kinds: Types of information, shape ``(I,)``.
    """
    for d in range(kinds.shape[0]):
        for rank in range(MOST_CANDIDATES):
            kinds[d].candidates[rank] = NOBODY
            kinds[d].candidate_items[rank] = 0
    for i in range(items.shape[0]):
        for k in range(items.shape[1]):
            kind, cost = kinds[items[i, k].kind], items[i, k].cost
            found, place, before = i, k, False
            for rank in range(MOST_CANDIDATES):
                other, there = kind.candidates[rank], kind.candidate_items[rank]
                before = before or other == NOBODY or cost < items[other, there].cost
                if before:  # the others move down the list
                    kind.candidates[rank], kind.candidate_items[rank] = found, place
                    found, place = other, there


@inlined
def ranked(p: Record, kind: Record, rank: int) -> int:
    """Return the candidate of a rank, from 1, for a type: the last where there are fewer.

    Args:
        p: Parameters of the environment, one record.
        kind: The type of information.
        rank: The rank; 0 for NOBODY.
    """
    found = NOBODY
    for k in range(rank):
        found = kind.candidates[k] if kind.candidates[k] != NOBODY else found
    return found


@inlined
def rank_of(p: Record, kind: Record, vehicle: int) -> int:
    """Return the rank of a vehicle among the candidates for a type, at most that of the last.

    Args:
        p: Parameters of the environment, one record.
        kind: The type of information.
        vehicle: A vehicle; NOBODY has rank 0, and a code of all vehicles rank 1.
    """
    rank = 0 if vehicle == NOBODY else 1
    if vehicle >= 0:
        rank = p.most_candidates
        for k in range(p.most_candidates):
            rank = k + 1 if kind.candidates[k] == vehicle else rank
    return rank


@jit
def read_sensors(p: Record, state: State, action: Any, sensor: Any) -> None:
    """Write who senses each type, for an action that tells the rank of a candidate.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Ranks by place in the list, 0 for nobody, shape ``(W,)``.
        sensor: Receives a vehicle or NOBODY for each type, shape ``(I,)`` at least.
    """
    views, place = state.views, 0
    for d in range(state.kinds.shape[0]):
        sensor[d] = NOBODY
    first = view_of(state.requests, state.env.time, 0)
    for number in range(MOST_VIEWS):
        m = view_of(state.requests, state.env.time, number)
        if m < 0:
            continue
        for j in range(views[m].count):
            d = views[m].kinds[j]
            if number == 0 or not needs(views[first], d):
                sensor[d] = ranked(p, state.kinds[d], int(action[place]))
                place += 1


@jit
def write_sensors(p: Record, state: State, sensor: Any, action: Any) -> None:
    """Write the action for given sensors, the inverse of :func:`read_sensors`.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        sensor: A vehicle, NOBODY or a code of several for each type, shape ``(I,)`` at least.
        action: Receives the ranks, shape ``(W,)`` at least.
    """
    views, place = state.views, 0
    for w in range(p.places):
        action[w] = 0
    first = view_of(state.requests, state.env.time, 0)
    for number in range(MOST_VIEWS):
        m = view_of(state.requests, state.env.time, number)
        if m < 0:
            continue
        for j in range(views[m].count):
            d = views[m].kinds[j]
            if number == 0 or not needs(views[first], d):
                action[place] = rank_of(p, state.kinds[d], sensor[d])
                place += 1


@inlined
def age_if_sensed(p: Record, item: Record, update_s: float, others: int, now: float) -> float:
    """Return the age of a packet if its vehicle senses ``others`` types, each at the same load.

    Args:
        p: Parameters of the environment, one record.
        item: What the vehicle can sense, one record.
        update_s: Time between two updates of the source.
        others: Number of types, with this one.
        now: Time of the slot in s.
    """
    interval = min(p.longest_s, others * item.mean_s / p.planned_load)
    sampled = math.floor(now / interval) * interval
    return max(now, sampled + item.mean_s) - math.floor(sampled / update_s) * update_s


@inlined
def count_cheapest(state: State, second: int) -> None:
    """Write for each vehicle how many required types it is the cheapest candidate of."""
    views, vehicles = state.views, state.vehicles
    for i in range(vehicles.shape[0]):
        vehicles[i].cheapest_of = 0
    first = view_of(state.requests, second, 0)
    for number in range(MOST_VIEWS):
        m = view_of(state.requests, second, number)
        if m < 0:
            continue
        for j in range(views[m].count):
            d = views[m].kinds[j]
            if number == 0 or not needs(views[first], d):
                i = state.kinds[d].candidates[0]
                vehicles[max(i, 0)].cheapest_of += i != NOBODY


@jit
def observe_candidate(p: Record, state: State, kind: Record, rank: int, seen: Any, at: int) -> None:
    """Write the features of a candidate, which are zero if there is none.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        kind: The type of information.
        rank: Its rank, from 0.
        seen: Receives the observation, shape ``(D,)``.
        at: Index to begin at.
    """
    i = kind.candidates[rank]
    if i == NOBODY:
        return
    item, now = state.items[i, kind.candidate_items[rank]], float(state.env.time)
    age = age_if_sensed(p, item, kind.interval_s, max(1, state.vehicles[i].cheapest_of), now)
    seen[at] = 1.0
    seen[at + 1] = item.cost / p.cost_high
    seen[at + 2] = min(1.0, age / p.longest_s)
    seen[at + 3] = min(1.0, item.mean_s / p.longest_s)
    seen[at + 4] = min(1.0, distance_at(p, state.tracks[i], state.env.time) / p.reach_m)
    seen[at + 5] = min(1.0, state.vehicles[i].cheapest_of / p.places)


@jit
def observe_required(p: Record, state: State, seen: Any) -> None:
    """Write the required types and their candidates, then how many types each view needs.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        seen: Receives the observation, shape ``(D,)``.
    """
    views, kinds, e = state.views, state.kinds, state.env
    count_cheapest(state, e.time)
    width = _OF_TYPE + p.most_candidates * _OF_CANDIDATE
    for w in range(p.places * width + MOST_VIEWS):
        seen[w] = 0.0
    second = view_of(state.requests, e.time, 1)
    at, now, first = 0, float(e.time), view_of(state.requests, e.time, 0)
    for number in range(MOST_VIEWS):
        m = view_of(state.requests, e.time, number)
        if m < 0:
            continue
        seen[p.places * width + number] = views[m].count / p.most_needed
        for j in range(views[m].count):
            d = views[m].kinds[j]
            if number > 0 and needs(views[first], d):
                continue
            cached = max(now, kinds[d].received_s) - kinds[d].update_s
            seen[at] = 1.0
            seen[at + 1] = 1.0 if number == 0 else 0.0
            seen[at + 2] = 1.0 if second >= 0 and needs(views[second], d) else 0.0
            seen[at + 3] = min(1.0, cached / p.longest_s)
            at += _OF_TYPE
            for rank in range(p.most_candidates):
                observe_candidate(p, state, kinds[d], rank, seen, at)
                at += _OF_CANDIDATE


def required_fields(params: VcpsViewParams) -> tuple[Coordinate, ...]:
    """Return the coordinates of :func:`observe_required`."""
    of_type = (
        Coordinate("required", "1 if there is such a type."),
        Coordinate("first_view", "1 if the first view needs it."),
        Coordinate("second_view", "1 if the second view needs it."),
        Coordinate("cached_age", "Age of its cached packet, over the longest."),
    )
    count = Coordinate("count", "Types that each view needs, over the most.", size=MOST_VIEWS)
    return (*(of_type + _candidate() * params.candidates) * params.places, count)


def _candidate() -> tuple[Coordinate, ...]:
    return (
        Coordinate("candidate", "1 if there is one more vehicle that can sense it."),
        Coordinate("cost", "Its cost of sensing it, over the largest."),
        Coordinate(
            "age",
            "Age of a packet of it without waits in the queue, over the longest, if all "
            "types are sensed by their cheapest vehicle.",
        ),
        Coordinate("service", "Its mean service time, over the longest."),
        Coordinate("distance", "Its distance to the edge, over half a diagonal."),
        Coordinate("cheapest_of", "Types that it is the cheapest for, over all places."),
    )
