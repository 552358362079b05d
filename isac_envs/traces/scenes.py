"""What environments read of a trace: scenes of a fixed length, seats taken in turn, or passes.

An environment has a fixed number of vehicles, and real ones come and go. A scene holds the same
vehicles from its beginning to its end: they stand where they appear until they do, and where they
have vanished. A seat is taken by a vehicle when it enters a road, and free again when it leaves. A
pass shows the vehicles that are nearest to a place.
"""

from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from isac_envs.errors import TraceError
from isac_envs.traces.reading import Drive, Traffic

Array: TypeAlias = npt.NDArray[Any]

MOST_SCENES, MOST_PASSES = 32, 128
_MOST_VALUES = 1 << 22  # of a table
_STANDING_M_S = 0.1  # below, a vehicle keeps its heading

X, Y, ALONG, ACROSS, PRESENT, BACKWARD = range(6)
SEAT_VALUES = 6
"""Of a seat in a slot: position in m, velocity in m/s, 1 if taken, 1 if heading towards -x."""


class Road(NamedTuple):
    """A rectangle along x, with y = 0 in its middle.

    Attributes:
        length_m: It reaches from x = 0 to here.
        width_m: Its width.
    """

    length_m: float
    width_m: float


@lru_cache(maxsize=4)
def scenes_of(traffic: Traffic, vehicles: int, slots: int) -> Array:
    """Return places in m, shape ``(scenes, vehicles, slots, 2)``; scenes begin at equal distances.

    A trace that is not longer than a scene is one, and its vehicles stand at its end. Of more
    vehicles than wanted, a scene holds those that get furthest in it, the furthest first.

    Args:
        traffic: The trace.
        vehicles: How many vehicles a scene must have.
        slots: Its length.

    Raises:
        TraceError: If no scene has so many vehicles.
    """
    spare = max(0, traffic.slots - slots)
    most = _MOST_VALUES // (2 * vehicles * slots)
    count = max(1, min(MOST_SCENES, spare + 1, most))
    scenes, largest = [], 0
    for k in range(count):
        begin = k * spare // max(1, count - 1)
        there = [each for each in traffic.drives if each.first < begin + slots and each.end > begin]
        parts = {each.label: _part(each, begin, slots) for each in _longest(there)}
        largest = max(largest, len(parts))
        if len(parts) >= vehicles:
            furthest = sorted(parts.values(), key=lambda part: -_extent(part))
            scenes.append(furthest[:vehicles])
    if not scenes:
        raise TraceError(
            f"{traffic.path}: {largest} vehicles within {slots * traffic.slot_s:g} s, valid: >= "
            f"vehicles = {vehicles}"
        )
    return _fixed(np.array(scenes))


def _longest(drives: list[Drive]) -> list[Drive]:
    """Return drives with the longest of each vehicle last, which then is the one that counts."""
    return sorted(drives, key=lambda each: len(each.places))


def _part(drive: Drive, begin: int, slots: int) -> Array:
    """Return the places of a vehicle in some slots; it stands before it comes and after.

    Args:
        drive: Where the vehicle is.
        begin: Number of the first slot.
        slots: How many.
    """
    wanted = np.arange(begin, begin + slots) - drive.first
    return drive.places[np.clip(wanted, 0, len(drive.places) - 1)]


def _extent(part: Array) -> float:
    """Return the square of the diagonal of what a vehicle drives through, in m^2."""
    wide, high = np.ptp(part, axis=0)
    return float(wide * wide + high * high)


@lru_cache(maxsize=4)
def passes_of(traffic: Traffic, vehicles: int, slots: int, place: tuple[float, float]) -> Array:
    """Return x, y and velocities in m and m/s, shape ``(passes, vehicles, slots, 4)``.

    Passes begin at equal distances. Of the vehicles that are there from a pass's beginning to its
    end it shows those that are nearest to a place in its middle, the nearest first. Velocities are
    those of the slot that ends; when a vehicle appears, of the one that begins.

    Args:
        traffic: The trace.
        vehicles: How many vehicles a pass must have.
        slots: Its length, at least 2.
        place: x and y in m.

    Raises:
        TraceError: If no part of the trace has so many vehicles.
    """
    spare = traffic.slots - slots
    count = max(0, min(MOST_PASSES, spare + 1, _MOST_VALUES // (4 * vehicles * slots)))
    passes = []
    for k in range(count):
        begin = k * spare // max(1, count - 1)
        end, middle = begin + slots, begin + slots // 2
        there = [each for each in traffic.drives if each.first <= begin and each.end >= end]
        if len(there) >= vehicles:
            away = [np.square(each.places[middle - each.first] - place).sum() for each in there]
            nearest = [there[i] for i in np.argsort(away, kind="stable")[:vehicles]]
            passes.append([_moving(each, begin, end, traffic.slot_s) for each in nearest])
    if not passes:
        raise TraceError(
            f"{traffic.path}: never has vehicles = {vehicles} for {slots} slots of "
            f"{traffic.slot_s:g} s"
        )
    return _fixed(np.array(passes))


def _moving(drive: Drive, begin: int, end: int, slot_s: float) -> Array:
    """Return positions and velocities of a vehicle from one slot to before another.

    Args:
        drive: Where the vehicle is.
        begin: Number of the first slot.
        end: Number of the slot after the last.
        slot_s: Time between two slots in s.
    """
    before = max(drive.first, begin - 1)
    places = drive.places[before - drive.first : end - drive.first]
    velocity = np.diff(places, axis=0) / slot_s
    if before == begin:
        velocity = np.concatenate((velocity[:1], velocity))
    return np.column_stack((places[before < begin :], velocity))


@lru_cache(maxsize=4)
def seats_of(traffic: Traffic, count: int, road: Road) -> Array:
    """Return who is on a road, shape ``(slots, count, 6)``: values as :data:`SEAT_VALUES` states.

    A vehicle that enters takes the first seat that was free in the slot before; without one it is
    left out. Velocities are those of the slot that ends; at first, of the one that begins.

    Args:
        traffic: The trace.
        count: Number of seats.
        road: The road.

    Raises:
        TraceError: If no vehicle is on the road, or the table is too large.
    """
    if traffic.slots * count * SEAT_VALUES > _MOST_VALUES:
        raise TraceError(
            f"{traffic.path}: {traffic.slots} slots of vehicles = {count} are more than "
            f"{_MOST_VALUES // SEAT_VALUES} values"
        )
    seats = np.zeros((traffic.slots, count, SEAT_VALUES))
    free_from = np.zeros(count, np.int64)
    taken = False
    for begin, rows in sorted(_stays(traffic, road), key=lambda stay: stay[0]):
        free = np.flatnonzero(free_from <= begin)
        if len(free):
            end = begin + len(rows)
            seats[begin:end, free[0]] = rows
            free_from[free[0]] = end + 1
            taken = True
    if not taken:
        raise TraceError(
            f"{traffic.path}: no vehicle is where 0 <= x <= road_m = {road.length_m:g} and |y| <= "
            f"{0.5 * road.width_m:g} m (lanes_per_direction * lane_width_m)"
        )
    return _fixed(seats)


def _fixed(values: Array) -> Array:
    """Return an array that nobody can change, because it is kept for the next caller."""
    values.flags.writeable = False
    return values


def _stays(traffic: Traffic, road: Road) -> list[tuple[int, Array]]:
    """Return first slot and values of each time that a vehicle spends on a road."""
    stays = []
    for drive in traffic.drives:
        x, y = drive.places.T
        on_road = (x >= 0.0) & (x <= road.length_m) & (np.abs(y) <= 0.5 * road.width_m)
        if not on_road.any():
            continue
        values = _values(drive, traffic.slot_s)
        edges = np.flatnonzero(np.diff(np.concatenate(([False], on_road, [False]))))
        for begin, end in edges.reshape(-1, 2):
            stays.append((drive.first + int(begin), values[begin:end]))
    return stays


def _values(drive: Drive, slot_s: float) -> Array:
    """Return the values of a vehicle in all its slots."""
    places = drive.places
    values = np.zeros((len(places), SEAT_VALUES))
    values[:, X : Y + 1] = places
    if len(places) > 1:
        velocity = np.diff(places, axis=0) / slot_s
        values[:, ALONG : ACROSS + 1] = np.concatenate((velocity[:1], velocity))
    values[:, PRESENT] = 1.0
    moves = np.flatnonzero(np.abs(values[:, ALONG]) > _STANDING_M_S)
    if len(moves):
        latest = np.searchsorted(moves, np.arange(len(places)), "right") - 1
        values[:, BACKWARD] = values[moves[np.maximum(latest, 0)], ALONG] < 0.0
    return values
