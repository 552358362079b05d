"""What a vehicle sees of itself, of its neighbours and of its data map, and what it may do."""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.v2x.directional_jrc.params import DirectionalJrcParams
from isac_envs.envs.v2x.directional_jrc.records import ACTIONS, CELLS, NULL, State

PUBLISHED = DirectionalJrcParams.code("observation", "published")
OWN, EACH = 3, 4  # coordinates of the vehicle itself before, and of each neighbour in the middle


@inlined
def allow_vehicle(vehicle: Record, valid: Any) -> None:
    """Write the valid actions of a vehicle: all of them, or only null off the road."""
    present = vehicle.present
    for action in range(ACTIONS):
        valid[action] = present or action == NULL


@inlined
def clip(value: float) -> float:
    """Return the value moved into -1..1."""
    return min(1.0, max(-1.0, value))


@jit
def find_nearest(state: State, k: int) -> int:
    """Write the nearest vehicles on the road, by distance; return how many there are.

    The search runs outwards along the road and stops at what cannot be nearer any more.
    """
    vehicles, order, nearest = state.vehicles, state.order, state.nearest
    found, size, count = 0, nearest.shape[0], state.env.on_road
    x, y, rank = vehicles[k].x_m, vehicles[k].y_m, vehicles[k].rank
    for way in range(2):
        stride = 1 - 2 * way
        r = rank + stride
        while 0 <= r < count:
            j = order[r]
            r += stride
            dx, dy = vehicles[j].x_m - x, vehicles[j].y_m - y
            if found == size and dx * dx > nearest[size - 1].distance2_m2:
                break
            squared = dx * dx + dy * dy
            place = found
            if found == size:
                if squared >= nearest[size - 1].distance2_m2:
                    continue
                place = size - 1
            else:
                found += 1
            while place > 0 and nearest[place - 1].distance2_m2 > squared:
                nearest[place].distance2_m2 = nearest[place - 1].distance2_m2
                nearest[place].vehicle = nearest[place - 1].vehicle
                place -= 1
            nearest[place].distance2_m2 = squared
            nearest[place].vehicle = j
    return found


@jit
def observe_neighbour(p: Record, vehicles: Any, k: int, j: int, slot: int, out: Any) -> None:
    """Write relative position and velocity of vehicle ``j`` into a slot.

    Args:
        p: Parameters of the environment, one record.
        vehicles: Vehicles, shape ``(N,)``.
        k: Number of the vehicle that observes.
        j: Number of its neighbour.
        slot: Place of the neighbour in the observation.
        out: Receives the observation, shape ``(D,)``.
    """
    neighbours = p.neighbours
    place, motion = OWN + 2 * slot, OWN + 2 * neighbours + 2 * slot
    seen = p.observation == PUBLISHED or (vehicles[j].present and vehicles[k].present)
    dx = p.scale_x * (vehicles[j].x_m - vehicles[k].x_m) if seen else 0.0
    dy = p.scale_y * (vehicles[j].y_m - vehicles[k].y_m) if seen else 0.0
    dv = p.scale_dv * (vehicles[j].velocity_m_s - vehicles[k].velocity_m_s) if seen else 0.0
    across = p.scale_dv * (vehicles[j].across_m_s - vehicles[k].across_m_s) if seen else 0.0
    out[place] = clip(dx)
    out[place + 1] = clip(dy)
    out[motion] = clip(dv)
    out[motion + 1] = clip(across)


@jit
def observe_vehicle(p: Record, state: State, k: int, out: Any) -> None:
    """Write the observation of vehicle ``k``.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        k: Number of the vehicle.
        out: Receives the observation, shape ``(D,)``.
    """
    vehicles = state.vehicles
    vehicle_count = vehicles.shape[0]
    cycle = p.radar_interval * vehicle_count
    seen = p.observation == PUBLISHED or vehicles[k].present
    out[0] = (state.env.time % cycle) / cycle
    out[1] = 1.0 if vehicles[k].present else p.off_road
    out[2] = p.scale_v * vehicles[k].velocity_m_s if seen else 0.0
    filled = 0
    if vehicle_count - 1 <= p.neighbours:
        for j in range(vehicle_count):
            if j != k:
                observe_neighbour(p, vehicles, k, j, filled, out)
                filled += 1
    elif vehicles[k].present:
        filled = find_nearest(state, k)
        for slot in range(filled):
            observe_neighbour(p, vehicles, k, state.nearest[slot].vehicle, slot, out)
    first = OWN + EACH * p.neighbours
    for slot in range(filled, p.neighbours):
        out[OWN + 2 * slot] = out[OWN + 2 * slot + 1] = 0.0
        motion = OWN + 2 * (p.neighbours + slot)
        out[motion] = out[motion + 1] = 0.0
    for cell in range(CELLS):
        out[first + cell] = p.scale_label * state.labels[k, cell]
        out[first + CELLS + cell] = p.scale_age * state.ages[k, cell]
