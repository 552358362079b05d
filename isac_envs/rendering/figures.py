"""Things that several scenes show, drawn in metres."""

import numpy as np

from isac_envs.rendering.colours import INK, LAND, MUTED, PAPER, ROAD, Colour
from isac_envs.rendering.world import Position, World


def draw_road(
    world: World,
    x_m: Position,
    y_m: Position,
    lanes: int,
    shift_m: float = 0.0,
    surface: Colour = ROAD,
) -> None:
    """Draw a straight road along the x axis.

    Args:
        world: What to draw on.
        x_m: Where it begins and ends.
        y_m: Its lower and its upper edge.
        lanes: Number of lanes.
        shift_m: How far the dashes between the lanes have moved backward: a moving viewer.
        surface: Its colour.
    """
    world.canvas.clear(LAND)
    world.rectangle(x_m, y_m, surface)
    for edge in y_m:
        world.line(((x_m[0], edge), (x_m[1], edge)), MUTED, 2)
    dash = 0.04 * (x_m[1] - x_m[0])
    starts = np.arange(x_m[0] - shift_m % (2 * dash), x_m[1], 2 * dash)
    for lane in range(1, lanes):
        y = y_m[0] + (y_m[1] - y_m[0]) * lane / lanes
        for start in starts:
            world.line(((start, y), (start + dash, y)), PAPER, 2)


def draw_mast(world: World, position_m: Position, height: float = 46.0, name: str = "") -> None:
    """Draw a base station's mast with its foot at a position; its height is in pixels.

    Args:
        world: What to draw in.
        position_m: Position in m, x and y.
        height: Height in pixels.
        name: What to write below it.
    """
    x, y = world.pixels(position_m)
    half, top = 0.16 * height, y - height
    world.canvas.line(((x - half, y), (x, top), (x + half, y)), INK, 2)
    for share in (0.3, 0.6):
        wide = half * (1.0 - share)
        world.canvas.line(((x - wide, y - share * height), (x + wide, y - share * height)), INK)
    world.canvas.circle((x, top), 4, INK)
    if name:
        world.canvas.text((x, y + 10), name, 14, MUTED, "centre")


def mast_top(world: World, position_m: Position, height: float = 46.0) -> Position:
    """Return the world position at which the top of a mast appears.

    Args:
        world: What to draw in.
        position_m: Position in m, x and y.
        height: Height in pixels.
    """
    return position_m[0], position_m[1] + height / world.scale
