"""Where base stations stand, and how users and targets move."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import sincos_turns
from isac_envs.engine.rng import integer, uniform
from isac_envs.envs.cells.multi_bs_power.params import MultiBsPowerParams
from isac_envs.envs.cells.multi_bs_power.records import State, station_of

RANDOM = MultiBsPowerParams.code("association", "random")
_ROOT_3 = math.sqrt(3.0)
_TRIES = 16  # headings of a move, until one stays in the cell


@jit
def place_stations(p: Record, stations: Any) -> None:
    """Write the places of the base stations: the first, then those around each one in turn.

    Args:
        p: Parameters of the environment, one record.
        stations: Receives them, shape ``(K,)``.
    """
    apart = 2.0 * p.cell_radius_m
    stations[0].x_m, stations[0].y_m = 0.0, 0.0
    count, centre = 1, 0
    while count < stations.shape[0]:
        for side in range(6):
            sine, cosine = sincos_turns(side / 6.0)
            x, y = stations[centre].x_m + apart * cosine, stations[centre].y_m + apart * sine
            free = count < stations.shape[0]
            for k in range(count):
                dx, dy = stations[k].x_m - x, stations[k].y_m - y
                free = free and dx * dx + dy * dy > 0.01 * apart * apart
            if free:
                stations[count].x_m, stations[count].y_m = x, y
                count += 1
        centre += 1


@inlined
def in_cell(p: Record, x: float, y: float) -> bool:
    """Return whether a place is allowed for a user.

    Args:
        p: Parameters of the environment, one record.
        x: From the base station in m, across a side of the hexagon.
        y: From it, along this side.
    """
    aside = 0.5 * (abs(x) + _ROOT_3 * abs(y))
    far = x * x + y * y >= p.least_distance_m * p.least_distance_m
    return far and abs(x) <= p.cell_radius_m and aside <= p.cell_radius_m


@jit
def place_users(p: Record, state: State) -> None:
    """Draw cells, places uniform in them, speeds and headings; and ranges of targets.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    world, cells = state.env.world, state.stations.shape[0]
    for k in range(state.links.shape[0]):
        drawn = integer(world, cells)
        state.links[k].station = drawn if p.association == RANDOM else k % cells
        link, station = state.links[k], state.stations[station_of(state, k)]
        x, y = 0.0, 0.0
        while not in_cell(p, x, y):
            x = (2.0 * uniform(world) - 1.0) * p.cell_radius_m
            y = (2.0 * uniform(world) - 1.0) * p.cell_radius_m * (2.0 / _ROOT_3)
        link.x_m, link.y_m = station.x_m + x, station.y_m + y
        link.speed_m_s = p.max_speed_m_s * uniform(world)
        link.heading_turns = uniform(world)
        span = p.target_farthest_m - p.target_nearest_m
        link.range_m = p.target_nearest_m + span * uniform(world)
        link.bearing_turns = uniform(world)


@jit
def move_user(p: Record, world: Any, station: Record, link: Record) -> float:
    """Change speed and heading at random and move a user; return the way in m.

    One who would leave the cell, or come too near, turns to a random heading.

    Args:
        p: Parameters of the environment, one record.
        world: Random stream of the world.
        station: The base station of the cell.
        link: The user.
    """
    change = p.acceleration_m_s2 * p.period_s * (2.0 * uniform(world) - 1.0)
    link.speed_m_s = min(max(link.speed_m_s + change, 0.0), p.max_speed_m_s)
    link.heading_turns += p.turn_turns * (2.0 * uniform(world) - 1.0)
    link.heading_turns -= math.floor(link.heading_turns)
    way = link.speed_m_s * p.period_s
    for _ in range(_TRIES):
        sine, cosine = sincos_turns(link.heading_turns)
        x, y = link.x_m + way * cosine, link.y_m + way * sine
        if in_cell(p, x - station.x_m, y - station.y_m):
            link.x_m, link.y_m = x, y
            return way
        link.heading_turns = uniform(world)
    return 0.0


@jit
def move_target(p: Record, world: Any, link: Record) -> None:
    """Change the range of a target at random, and reflect it at both ends.

    Args:
        p: Parameters of the environment, one record.
        world: Random stream of the world.
        link: The link of its radar.
    """
    change = p.target_speed_m_s * p.period_s * (2.0 * uniform(world) - 1.0)
    range_m = link.range_m + change
    if range_m > p.target_farthest_m:
        range_m = 2.0 * p.target_farthest_m - range_m
    if range_m < p.target_nearest_m:
        range_m = 2.0 * p.target_nearest_m - range_m
    link.range_m = min(max(range_m, p.target_nearest_m), p.target_farthest_m)
