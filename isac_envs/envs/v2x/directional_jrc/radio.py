"""Links between vehicles: free space, or a law of TR 37.885 with the vehicles in between.

Under a law, a pair of vehicles has one link, in the row of the smaller number. Its state follows
from the road: a vehicle in between makes it NLOSv, which weakens it; in free space it ends it.
"""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.v2x.directional_jrc.geometry import is_visible
from isac_envs.envs.v2x.directional_jrc.records import State
from isac_envs.propagation.links import begin_link, measure_link, move_link

_TOUCHING_M2 = 1e-6  # vehicles of a trace may lie on each other


@inlined
def arriving(p: Record, state: State, law: Any, one_metre_w: float, i: int, j: int) -> float:
    """Return the power that arrives at ``j`` from ``i`` in W.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        law: Law of the links; None in free space.
        one_metre_w: Power that would arrive at 1 m in free space in W, gains of antennas included.
        i: Number of the sender.
        j: Number of the receiver.
    """
    if law is None:
        vehicles = state.vehicles
        dx, dy = vehicles[i].x_m - vehicles[j].x_m, vehicles[i].y_m - vehicles[j].y_m
        return one_metre_w / max(_TOUCHING_M2, dx * dx + dy * dy)
    return one_metre_w * state.paths[min(i, j), max(i, j)].gain / p.one_metre_gain


@inlined
def is_reachable(p: Record, state: State, law: Any, i: int, j: int) -> bool:
    """Tell whether no vehicle ends the link between ``i`` and ``j``; under a law none does.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        law: Law of the links; None in free space.
        i: Number of the sender.
        j: Number of the receiver.
    """
    if law is None:
        return is_visible(p, state.vehicles, state.order, state.env.on_road, i, j)
    return True


@jit
def begin_links(p: Record, state: State, law: Any) -> None:
    """Draw all links and measure them; nothing in free space.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        law: Law of the links; None in free space, where the compiler leaves this away.
    """
    if law is not None:
        for j in range(state.paths.shape[0]):
            for i in range(j):
                begin_link(state.paths[i, j], state.env.world)
        measure_links(p, state, law)


@jit
def move_links(p: Record, state: State, law: Any) -> None:
    """Let all links vary as the vehicles have moved, and measure them; nothing in free space.

    The links of vehicles that have left, or have come back, are drawn anew.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        law: Law of the links; None in free space.
    """
    if law is not None:
        vehicles = state.vehicles
        for j in range(state.paths.shape[0]):
            for i in range(j):
                if stays(vehicles[i]) and stays(vehicles[j]):
                    moved_m = moved(vehicles[i]) + moved(vehicles[j])
                    move_link(law, state.paths[i, j], moved_m, state.env.world)
                else:
                    begin_link(state.paths[i, j], state.env.world)
        measure_links(p, state, law)


@inlined
def stays(vehicle: Record) -> bool:
    """Tell whether a vehicle was on the road before and after a step."""
    return vehicle.took_part and vehicle.present


@inlined
def moved(vehicle: Record) -> float:
    """Return how far a vehicle is from where it began the step in m."""
    return abs(vehicle.x_m - vehicle.sent_x_m) + abs(vehicle.y_m - vehicle.sent_y_m)


@jit
def measure_links(p: Record, state: State, law: Any) -> None:
    """Write the gains of the links between vehicles on the road that are in range of each other.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        law: Law of the links.
    """
    vehicles, order, count = state.vehicles, state.order, state.env.on_road
    for a in range(count):
        for b in range(a + 1, count):
            i, j = min(order[a], order[b]), max(order[a], order[b])
            dx, dy = vehicles[j].x_m - vehicles[i].x_m, vehicles[j].y_m - vehicles[i].y_m
            if abs(dx) > p.range_m:
                break
            clear = not law.table[0].drawn or is_visible(p, vehicles, order, count, i, j)
            distance = math.sqrt(max(_TOUCHING_M2, dx * dx + dy * dy))
            measure_link(law, state.paths[i, j], clear, distance, law.table[0].station_m)
