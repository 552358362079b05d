"""Tracks of vehicles on a grid of streets with traffic lights.

Vehicles follow the intelligent driver model towards the next light and turn at crossings with the
probabilities of the Manhattan mobility model: 1/2 straight on, 1/4 to either side. They do not see
each other: ten on a square kilometre hardly ever meet.
"""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.rng import integer, uniform

ACCELERATION_M_S2, BRAKING_M_S2 = 1.0, 1.5
HEADWAY_S, STANDSTILL_M = 1.5, 2.0
_COMFORT = 2.0 * math.sqrt(ACCELERATION_M_S2 * BRAKING_M_S2)


@inlined
def acceleration(speed: float, desired: float, gap_m: float) -> float:
    """Return the model's acceleration in m/s^2 behind a standing obstacle ``gap_m`` ahead.

    Args:
        speed: Speed in m/s.
        desired: Desired speed in m/s.
        gap_m: Distance to the obstacle in m.
    """
    ratio = speed / desired
    ratio *= ratio
    wanted = STANDSTILL_M + max(0.0, speed * HEADWAY_S + speed * speed / _COMFORT)
    closing = wanted / max(gap_m, 0.1)
    return ACCELERATION_M_S2 * (1.0 - ratio * ratio - closing * closing)


@inlined
def is_red(p: Record, along_x: bool, i: int, j: int, second: int) -> bool:
    """Tell whether the light at crossing (i, j) stops a direction: neighbours alternate.

    Args:
        p: Parameters of the environment, one record.
        along_x: Whether the direction is along x.
        i: Number of the crossing along x.
        j: Its number along y.
        second: Time in s.
    """
    if p.light_s <= 0.0:
        return False
    phase = int(second / p.light_s) + i + j
    return (phase % 2 == 0) == along_x


@jit
def draw_track(p: Record, stream: Any, track: Any) -> None:
    """Draw the places of a vehicle at whole seconds.

    Args:
        p: Parameters of the environment, one record.
        stream: Random stream that is drawn from.
        track: Receives the places, shape ``(T,)``.
    """
    last = p.streets - 1
    desired = p.speed_m_s * (0.7 + 0.6 * uniform(stream))
    along_x = uniform(stream) < 0.5
    street = integer(stream, p.streets)
    ahead = integer(stream, last)  # the block that it starts in
    offset_m = uniform(stream) * p.block_m  # within the block
    way = 1 if uniform(stream) < 0.5 else -1
    corner = ahead + (way > 0)  # the crossing that it drives to
    left_m = p.block_m - offset_m if way > 0 else offset_m
    speed = desired
    for second in range(track.shape[0]):
        position = p.street_offset_m + p.block_m * corner - way * left_m
        other = p.street_offset_m + p.block_m * street
        track[second].x_m = position if along_x else other
        track[second].y_m = other if along_x else position
        i, j = (corner, street) if along_x else (street, corner)
        gap = left_m if is_red(p, along_x, i, j, second) else 1e9
        speed = max(0.0, speed + acceleration(speed, desired, gap))
        left_m -= min(speed, max(gap - 0.5 * STANDSTILL_M, 0.0))
        while left_m <= 0.0:
            u = uniform(stream)
            straight = 0 <= corner + way <= last
            if not (straight and u < 0.5):
                along_x = not along_x
                corner, street = street, corner
                way = 1 if u < 0.75 else -1
                if not 0 <= corner + way <= last:
                    way = -way
            corner += way
            left_m += p.block_m
