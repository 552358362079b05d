"""Data maps of 5 x 7 cells around each vehicle: labels and ages of what it knows.

Cell ``7 r + c`` lies ``c - 3`` cells along x and ``r - 2`` lanes along y from the vehicle. A label
tells where the data came from as the vehicle drives (1 front, 2 left, 3 back, 4 right; 0 nothing),
the age counts steps.
"""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import round_even
from isac_envs.envs.v2x.directional_jrc.params import DirectionalJrcParams
from isac_envs.envs.v2x.directional_jrc.records import CELLS, COLUMNS, ROWS, State

YOUNGEST = DirectionalJrcParams.code("merging", "youngest")
SUMMED = DirectionalJrcParams.code("merging", "summed")
WORLD = DirectionalJrcParams.code("grid", "world")
AWAY = DirectionalJrcParams.code("displacement", "away")


@inlined
def cells_between(p: Record, from_m: float, to_m: float) -> int:
    """Return by how many cells two positions along the road differ.

    Args:
        p: Parameters of the environment, one record.
        from_m: One position along the road in m.
        to_m: The other in m.
    """
    if p.grid == WORLD:
        return int(math.floor(to_m / p.cell_m) - math.floor(from_m / p.cell_m))
    return int(round_even((to_m - from_m) / p.cell_m))


@inlined
def cells_moved(p: Record, from_m: float, to_m: float) -> int:
    """Return by how many cells a map moves along with its vehicle.

    Args:
        p: Parameters of the environment, one record.
        from_m: Position before the step in m.
        to_m: Position after it in m.
    """
    if p.grid == WORLD:
        return int(math.floor(to_m / p.cell_m) - math.floor(from_m / p.cell_m))
    return int((to_m - from_m) / p.cell_m)


@jit
def erase(state: State, k: int) -> None:
    """Empty the map of vehicle ``k``."""
    labels, ages, incoming = state.labels, state.ages, state.incoming
    for cell in range(CELLS):
        labels[k, cell] = 0
        ages[k, cell] = 0
        incoming[k, cell] = 0


@jit
def begin(source: Any, state: State, k: int) -> None:
    """Start the map of vehicle ``k`` with the labels of ``source``, all of age 1.

    Args:
        source: Labels to begin with, shape ``(35,)``.
        state: State of one copy.
        k: Number of the vehicle.
    """
    labels, ages, incoming = state.labels, state.ages, state.incoming
    for cell in range(CELLS):
        labels[k, cell] = source[cell]
        ages[k, cell] = 1 if source[cell] > 0 else 0
        incoming[k, cell] = 0


@inlined
def merge(p: Record, state: State, k: int) -> None:
    """Take over what arrived where it is younger than what vehicle ``k`` knows.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        k: Number of the vehicle.
    """
    labels, ages, incoming = state.labels, state.ages, state.incoming
    heading = state.vehicles[k].heading
    for cell in range(CELLS):
        usefulness = incoming[k, cell]
        if usefulness > 0:
            age = p.age_max - usefulness if p.merging == YOUNGEST else usefulness
            if ages[k, cell] == 0 or ages[k, cell] > age:
                ages[k, cell] = min(age, p.age_max)  # erased below: it grows by 1 first
                labels[k, cell] = p.received_labels[heading, cell]
            incoming[k, cell] = 0


@jit
def move(state: State, k: int, shift: int) -> None:
    """Shift the map of vehicle ``k`` against its motion by ``shift`` cells along x.

    Args:
        state: State of one copy.
        k: Number of the vehicle.
        shift: Cells to shift along x, signed.
    """
    labels, ages = state.labels, state.ages
    for row in range(ROWS):
        start = row * COLUMNS
        for step in range(COLUMNS):
            column = step if shift > 0 else COLUMNS - 1 - step  # never reads what it wrote
            source = column + shift
            inside = 0 <= source < COLUMNS
            labels[k, start + column] = labels[k, start + source] if inside else 0
            ages[k, start + column] = ages[k, start + source] if inside else 0


@jit
def move_across(state: State, k: int, shift: int) -> None:
    """Shift the map of vehicle ``k`` by ``shift`` lanes along y, against its change of lane.

    Args:
        state: State of one copy.
        k: Number of the vehicle.
        shift: Lanes to shift along y, signed.
    """
    labels, ages = state.labels, state.ages
    for step in range(ROWS):
        row = step if shift > 0 else ROWS - 1 - step  # never reads what it wrote
        inside = 0 <= row + shift < ROWS
        for column in range(COLUMNS):
            cell = row * COLUMNS + column
            source = cell + shift * COLUMNS
            labels[k, cell] = labels[k, source] if inside else 0
            ages[k, cell] = ages[k, source] if inside else 0


@inlined
def grow_old(p: Record, state: State, k: int) -> None:
    """Age the map of vehicle ``k`` by one step, forget the oldest, and add what sensors see.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        k: Number of the vehicle.
    """
    labels, ages, heading = state.labels, state.ages, state.vehicles[k].heading
    for cell in range(CELLS):
        age = ages[k, cell]
        kept = 0 < age < p.age_max
        fresh = p.fresh_labels[heading, cell]
        ages[k, cell] = 1 if fresh > 0 else (age + 1 if kept else 0)
        labels[k, cell] = fresh if fresh > 0 else (labels[k, cell] if kept else 0)


@inlined
def offset(p: Record, sender: Record, receiver: Record) -> tuple[int, int]:
    """Return by how many rows and columns two vehicles' maps are apart.

    Args:
        p: Parameters of the environment, one record.
        sender: Record of the sender.
        receiver: Record of the receiver.
    """
    columns = cells_between(p, sender.x_m, receiver.x_m)
    rows = int(round_even((receiver.y_m - sender.y_m) / p.lane_width_m))
    if p.displacement == AWAY:
        return -rows, -columns
    return rows, columns


@inlined
def share(p: Record, state: State, i: int, j: int, arrives: bool) -> tuple[float, int]:
    """Lay the sector that ``i`` sends over the map of ``j``.

    Args:
        p: Parameters.
        state: The road.
        i: The sender.
        j: The receiver.
        arrives: Whether the packet arrives.

    Returns:
        Usefulness of the cells that matter to ``j``, and how many cells are news to it. Where the
        packet arrives, it waits in ``incoming`` for the end of the step.
    """
    sender, receiver = state.vehicles[i], state.vehicles[j]
    labels, ages, incoming = state.labels, state.ages, state.incoming
    rows, columns = offset(p, sender, receiver)
    heading, sector = receiver.heading, sender.sector
    value = 0.0
    news = 0
    for row in range(max(0, rows), min(ROWS, ROWS + rows)):
        for column in range(max(0, columns), min(COLUMNS, COLUMNS + columns)):
            cell = row * COLUMNS + column
            usefulness = p.age_max - ages[i, cell]
            if labels[i, cell] == sector and usefulness > 0:
                there = (row - rows) * COLUMNS + column - columns
                value += usefulness * p.importance[heading, there]
                news += ages[j, there] == 0 or ages[i, cell] < ages[j, there]
                if arrives:
                    already = incoming[j, there]
                    total = max(already, usefulness)
                    if p.merging == SUMMED:
                        total = already + usefulness
                    incoming[j, there] = total
    return value, news
