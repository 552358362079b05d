"""Scene of the dual carriageway: the road from above, beams, radar, who heard whom, one data map.

Drawn is the last step: where the vehicles were when they sent, and what became of it. The map is
that of vehicle 0 at the end of the step. Long roads show the surroundings of vehicle 0.
"""

import math
from typing import Any

import numpy as np

from isac_envs.envs.v2x.directional_jrc.records import BEAMS, COLUMNS, ROWS
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.figures import draw_road
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_panel, draw_strips
from isac_envs.rendering.view import View
from isac_envs.rendering.world import Position, World

_WIDEST_M = 160.0
_SECTORS = (colours.LAND, colours.BLUE, colours.ORANGE, colours.PURPLE, colours.GREEN)
_NAMES = ("front", "left", "back", "right")


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    step, horizon = int(view.env.time), view.params.horizon
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, f"step {step} of {horizon}")
    _road(canvas.part(10, 36, 780, 180), view)
    _map(canvas.part(10, 222, 300, 116), view)
    _panel(canvas.part(320, 222, 470, 116), view)
    draw_strips(canvas.part(0, 344, canvas.width, 154), _strips(view))


def _extent(view: View, ego: Any) -> Position:
    """Return the x in m between which the road is shown."""
    road_m = view.params.road_m
    if road_m <= _WIDEST_M:
        return -5.0, road_m + 5.0
    middle = min(max(float(ego.sent_x_m), _WIDEST_M / 2), road_m - _WIDEST_M / 2)
    return middle - _WIDEST_M / 2, middle + _WIDEST_M / 2


def _road(canvas: Canvas, view: View) -> None:
    vehicles, _, faces = view.entities[:3]
    half = view.params.lanes_per_direction * view.params.lane_width_m
    x_m = _extent(view, vehicles[0])
    world = World(canvas, x_m, (-half - 3.0, half + 3.0))
    canvas.clear(colours.LAND)
    draw_road(world, x_m, (-half, half), 2 * view.params.lanes_per_direction)
    world.line(((x_m[0], 0.0), (x_m[1], 0.0)), colours.PAPER, 3.0)  # the median
    if view.last is None:
        for each in vehicles:
            _vehicle(world, view, each, (float(each.x_m), float(each.y_m)))
        return
    taking_part = [each for each in vehicles if each.took_part]
    for each in taking_part:
        _emission(world, view, each)
    for each in taking_part:
        _vehicle(world, view, each, _place(each))
    for receiver, heard in zip(vehicles, faces, strict=True):
        for direction in range(BEAMS):
            _reception(world, vehicles, receiver, heard[direction], direction)
    world.scale_bar(20.0)


def _place(vehicle: Any) -> Position:
    return float(vehicle.sent_x_m), float(vehicle.sent_y_m)


def _vehicle(world: World, view: View, vehicle: Any, place: Position) -> None:
    size = (view.params.length_m, view.params.width_m)
    body = colours.INK if vehicle.rank != view.entities[0][0].rank else colours.VERMILION
    world.vehicle(place, math.pi * int(vehicle.heading), body, *size)


def _emission(world: World, view: View, vehicle: Any) -> None:
    """Draw a radar's circle, or the sector of a beam in the colour of the data it sends."""
    place = _place(vehicle)
    if vehicle.radar:
        world.circle(place, 7.0, colours.YELLOW, colours.MUTED, opacity=0.35)
    if vehicle.beam < 0:
        return
    half = math.radians(view.params.half_width_deg)
    angles = 0.5 * math.pi * int(vehicle.beam) + np.linspace(-half, half, 25)
    reach = np.full(25, min(view.params.range_m, 18.0))
    colour = _SECTORS[int(vehicle.sector)]
    world.pattern(place, angles, reach, colour, colour, opacity=0.22)


def _reception(world: World, vehicles: Any, receiver: Any, face: Any, direction: int) -> None:
    """Draw a line for what was heard, a dot on the face where signals collided."""
    if face.arrivals == 0:
        return
    x, y = _place(receiver)
    turn = 0.5 * math.pi * direction
    if face.arrivals > 1:
        world.dot((x - 3.0 * math.cos(turn), y - 2.0 * math.sin(turn)), 5, colours.VERMILION)
        return
    colour = colours.GREEN if face.arrived else colours.ORANGE
    world.line((_place(vehicles[int(face.sender)]), (x, y)), colour, 2.0)
    world.dot((x, y), 4, colour, colours.PAPER)


def _map(canvas: Canvas, view: View) -> None:
    """Draw the cells that vehicle 0 knows: colours are labels, pale is old."""
    labels, ages = (view.entities[k][0].reshape(ROWS, COLUMNS) for k in (3, 4))
    wide, high = (canvas.width - 2) / COLUMNS, (canvas.height - 24) / ROWS
    canvas.text((0, 9), "data map of vehicle 0 (pale: old)", 14, colours.MUTED)
    for row in range(ROWS):
        for column in range(COLUMNS):
            old = (ages[row, column] - 1.0) / view.params.age_max
            colour = _SECTORS[int(labels[row, column])]
            shade = (
                colours.mixed(colour, colours.PAPER, 0.85 * old) if labels[row, column] else None
            )
            left, top = column * wide, 20 + (ROWS - 1 - row) * high
            canvas.rectangle(left, top, wide, high, shade or colours.LAND, colours.GRID)


def _panel(canvas: Canvas, view: View) -> None:
    if view.last is None:
        draw_panel(canvas, [])
        return
    metrics, ego = view.last["metrics"][0], view.entities[0][0]
    use, colour = "null", colours.MUTED
    if ego.radar:
        use, colour = "radar", colours.INK
    elif ego.beam >= 0:
        beam = _NAMES[int(ego.action) // 4]
        use, colour = f"{_NAMES[int(ego.sector) - 1]} data, {beam} beam", _SECTORS[int(ego.sector)]
    heard = f"{metrics.receivers:.0f} heard, {metrics.collisions:.0f} collided"
    quiet = f"{view.last['costs'][0, 0]:.1f} s"
    draw_panel(canvas, [
        ("vehicle 0", use, colour),
        ("its receivers", heard, colours.GREEN),
        ("delivered usefulness", f"{metrics.r_comm:.1f}", colours.INK),
        ("time since radar", quiet, colours.INK),
    ])  # fmt: skip


def _strips(view: View) -> list[Strip]:
    return [
        Strip("reward", "", -25.0, 75.0, (Series("", view.reward(), colours.BLUE),)),
        Strip("receivers", "", 0.0, 4.0, (
            Series("", view.metric("receivers"), colours.GREEN, "bars"),
        )),
        Strip("radar", "", 0.0, 1.0, (
            Series("", view.metric("radar_used"), colours.INK, "bars"),
        )),
    ]  # fmt: skip
