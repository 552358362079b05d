"""Vehicles on the road: where they start, how they move, leave and come back."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.rng import discrete, integer, uniform
from isac_envs.envs.v2x.directional_jrc import maps
from isac_envs.envs.v2x.directional_jrc.records import State
from isac_envs.traces.scenes import ACROSS, ALONG, BACKWARD, PRESENT, X, Y


@inlined
def put_on_lane(p: Record, vehicles: Any, k: int, lane: int, x_m: float) -> None:
    """Put vehicle ``k`` on a lane, with the lane's speed.

    Args:
        p: Parameters of the environment, one record.
        vehicles: Vehicles, shape ``(N,)``.
        k: Number of the vehicle.
        lane: Number of the lane, from the smallest y.
        x_m: Position along the road in m.
    """
    vehicles[k].lane = lane
    vehicles[k].x_m = x_m
    vehicles[k].y_m = p.lane_y_m[lane]
    vehicles[k].velocity_m_s = p.lane_velocity_m_s[lane]
    vehicles[k].across_m_s = 0.0
    vehicles[k].heading = 0 if p.lane_velocity_m_s[lane] > 0.0 else 1
    vehicles[k].present = True
    vehicles[k].radar_age_s = 0.0


@jit
def place_all(p: Record, state: State) -> None:
    """Draw different places on the grid of lanes and start positions for all vehicles."""
    e, vehicles, slots = state.env, state.vehicles, p.start_slots
    for k in range(vehicles.shape[0]):
        taken = True
        while taken:
            place = integer(e.world, slots * p.lane_y_m.shape[0])
            lane = place // slots
            x = p.start_spacing_m * (place - lane * slots)
            taken = False
            for other in range(k):
                taken = taken or (vehicles[other].lane == lane and vehicles[other].x_m == x)
        put_on_lane(p, vehicles, k, lane, x)
        maps.begin(p.first_labels[lane], state, k)


@jit
def drive(p: Record, state: State, k: int) -> None:
    """Move vehicle ``k`` and its map by one step; at the end of the road it leaves.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        k: Number of the vehicle.
    """
    vehicles = state.vehicles
    if not vehicles[k].present:
        return
    before = vehicles[k].x_m
    after = before + vehicles[k].velocity_m_s * p.step_s
    vehicles[k].x_m = after
    if after < 0.0 or after > p.road_m:
        vehicles[k].present = False
        vehicles[k].radar_age_s = 0.0
        maps.erase(state, k)
        return
    maps.merge(p, state, k)
    shift = maps.cells_moved(p, before, after)
    if shift != 0:
        maps.move(state, k, shift)
    maps.grow_old(p, state, k)


@jit
def let_in(p: Record, state: State) -> None:
    """Let at most one vehicle back on the road; the same three draws whatever happens."""
    e, vehicles = state.env, state.vehicles
    e.waiting += discrete(e.world, p.arrivals)
    pick = uniform(e.world)
    lane = integer(e.world, p.lane_y_m.shape[0])
    absent = 0
    for k in range(vehicles.shape[0]):
        absent += not vehicles[k].present
    if absent == 0 or e.waiting == 0:
        return
    left = int(pick * absent)
    for k in range(vehicles.shape[0]):
        if not vehicles[k].present:
            if left == 0:
                e.waiting -= 1
                x = 0.0 if p.lane_velocity_m_s[lane] > 0.0 else p.road_m
                put_on_lane(p, vehicles, k, lane, x)
                maps.begin(p.fresh_labels[vehicles[k].heading], state, k)
                return
            left -= 1


@inlined
def lane_at(p: Record, y_m: float) -> int:
    """Return the number of the lane at a position across the road, from the smallest y."""
    lanes = p.lane_y_m.shape[0]
    return min(lanes - 1, max(0, lanes // 2 + math.floor(y_m / p.lane_width_m)))


@inlined
def sit_down(p: Record, vehicle: Record, seat: Any) -> None:
    """Put a vehicle where a seat of the trace is, shape ``(6,)``; nowhere if it is free.

    Args:
        p: Parameters of the environment, one record.
        vehicle: Record of the vehicle.
        seat: Values of the seat.
    """
    vehicle.x_m = seat[X]
    vehicle.y_m = seat[Y]
    vehicle.velocity_m_s = seat[ALONG]
    vehicle.across_m_s = seat[ACROSS]
    vehicle.heading = int(seat[BACKWARD])
    vehicle.lane = lane_at(p, seat[Y])
    vehicle.present = seat[PRESENT] > 0.0


@jit
def take_seats(p: Record, state: State) -> None:
    """Draw a slot of the trace, and place the vehicles that are on the road then."""
    e, vehicles = state.env, state.vehicles
    e.trace_slot = integer(e.world, p.starts)
    for k in range(vehicles.shape[0]):
        sit_down(p, vehicles[k], p.seats[e.trace_slot, k])
        vehicles[k].radar_age_s = 0.0
        if vehicles[k].present:
            maps.begin(p.fresh_labels[vehicles[k].heading], state, k)
        else:
            maps.erase(state, k)


@jit
def follow(p: Record, state: State, k: int) -> None:
    """Move vehicle ``k`` and its map to the next slot of the trace.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        k: Number of the vehicle.
    """
    e, vehicles = state.env, state.vehicles
    was, x, lane = vehicles[k].present, vehicles[k].x_m, vehicles[k].lane
    seat = p.seats[e.trace_slot + e.time + 1, k]
    if not (was or seat[PRESENT] > 0.0):
        return
    if was and seat[PRESENT] == 0.0:
        vehicles[k].present = False
        vehicles[k].radar_age_s = 0.0
        maps.erase(state, k)
        return
    sit_down(p, vehicles[k], seat)
    if not was:
        vehicles[k].radar_age_s = 0.0
        maps.begin(p.fresh_labels[vehicles[k].heading], state, k)
        return
    maps.merge(p, state, k)
    shift = maps.cells_moved(p, x, vehicles[k].x_m)
    if shift != 0:
        maps.move(state, k, shift)
    sideways = vehicles[k].lane - lane
    if sideways != 0:
        maps.move_across(state, k, sideways)
    maps.grow_old(p, state, k)
