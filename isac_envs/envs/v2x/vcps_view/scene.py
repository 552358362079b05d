"""Scene of vehicular views: the map with links, the views of the last slot, quality and profit."""

from typing import Any

from isac_envs.envs.v2x.vcps_view.records import MOST_VIEWS
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_panel, draw_strips
from isac_envs.rendering.view import View
from isac_envs.rendering.world import Position, World

_NAMED = 20  # vehicles that carry a number
_SHOWN = 9  # types of a view


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    time, horizon = int(view.env.time), view.params.horizon
    heading = canvas.part(0, 0, canvas.width, 34)
    draw_heading(heading, view.model.id, f"slot {time} of {horizon}")
    _map(canvas.part(10, 38, 330, 318), view)
    _views(canvas.part(352, 38, 438, 196), view)
    _panel(canvas.part(352, 242, 438, 114), view)
    draw_strips(canvas.part(0, 360, canvas.width, 138), _strips(view))


def _slot(view: View) -> int:
    """Return the slot that is shown: the last one played."""
    return max(0, int(view.env.time) - 1)


def _place(view: View, i: int) -> Position:
    track = view.entities[4][i]
    where = track[min(_slot(view), len(track) - 1)]
    return float(where.x_m), float(where.y_m)


def _map(canvas: Canvas, view: View) -> None:
    p = view.params
    side = p.map_m
    world = World(canvas, (-0.03 * side, 1.03 * side), (-0.03 * side, 1.03 * side))
    canvas.clear(colours.LAND)
    if not p.traces:
        tables = p.record[0]
        first = float(tables.street_offset_m)
        for street in range(int(tables.streets)):
            at = first + street * p.block_m
            world.line(((at, 0.0), (at, side)), colours.ROAD, 6)
            world.line(((0.0, at), (side, at)), colours.ROAD, 6)
    edge = (0.5 * side, 0.5 * side)
    vehicles = view.entities[0]
    if view.last is not None:
        for i, vehicle in enumerate(vehicles):
            if vehicle.sending:
                share = float(vehicle.bandwidth_hz) / p.bandwidth_hz
                overloaded = vehicle.link_load >= 1.0
                colour = colours.VERMILION if overloaded else colours.BLUE
                world.line((_place(view, i), edge), colour, 1 + round(10 * share))
    for i in range(len(vehicles)):
        world.dot(_place(view, i), 8, colours.INK, colours.PAPER)
        if i < _NAMED:
            world.text(_place(view, i), f"{i}", 14, colours.PAPER)
    world.dot(edge, 9, colours.ORANGE, colours.INK)
    world.scale_bar(0.2 * side)


def _views(canvas: Canvas, view: View) -> None:
    """Draw a box for each type that the views of the slot required: its age, its copies."""
    views, requests, kinds = view.entities[3], view.entities[5], view.entities[2]
    canvas.text((0, 9), "views of the slot: age of each type (s), new packets below", 15)
    if view.last is None:
        return
    for number in range(MOST_VIEWS):
        m = int(requests[_slot(view)][number])
        top = 26 + 86 * number
        if m < 0:
            continue
        canvas.text((0, top + 8), f"view {m}", 15, colours.MUTED)
        for j in range(min(_SHOWN, int(views[m].count))):
            _type(canvas, 48 * j, top + 20, int(views[m].kinds[j]), kinds, view)


def _type(canvas: Canvas, left: float, top: float, d: int, kinds: Any, view: View) -> None:
    age, copies = float(kinds[d].youngest_s), int(kinds[d].copies)
    share = age / view.params.longest_s
    colour = colours.mixed(colours.GREEN, colours.ORANGE, share)
    if age > view.params.longest_s:
        colour = colours.mixed(colours.VERMILION, colours.PAPER, 0.2)
    canvas.rectangle(left, top, 44, 26, colour, colours.GRID, 4)
    canvas.text((left + 6, top + 13), f"{age:.0f}", 16, colours.PAPER)
    canvas.text((left + 6, top + 36), f"{copies} new" if copies else "cache", 13, colours.MUTED)
    canvas.text((left + 6, top + 50), f"#{d}", 13, colours.MUTED)


def _panel(canvas: Canvas, view: View) -> None:
    if view.last is None:
        draw_panel(canvas, [])
        return
    metrics, vehicles = view.last["metrics"][-1], view.entities[0]
    sensing = sum(int(each.sending) for each in vehicles)
    draw_panel(canvas, [
        ("sensed", f"{int(sum(view.entities[1]['sensed'].ravel()))} types", colours.INK),
        ("vehicles that send", f"{sensing} of {len(vehicles)}", colours.BLUE),
        ("known types", f"{100 * metrics.completeness:.0f} %", colours.GREEN),
        ("mean power", f"{1e3 * vehicles['power_w'].mean():.0f} mW", colours.INK),
    ])  # fmt: skip


def _strips(view: View) -> list[Strip]:
    agent = len(view.model.agents) - 1
    quality = Series("quality", view.metric("quality", agent), colours.BLUE)
    profit = Series("profit", view.metric("profit", agent), colours.GREEN)
    known = Series("known", view.metric("completeness", agent), colours.ORANGE)
    return [
        Strip("views", "", 0.0, 1.0, (quality, profit)),
        Strip("known", "", 0.0, 1.0, (known,)),
    ]
