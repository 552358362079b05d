"""Scene of ``isac/EdgeRoute-v0``: the grid with one vehicle and its twin, or the line.

Lanes redden with their travel times. A box is a server, filled by its load, with its number of
other twins. The blue ring is the vehicle, the purple one its twin, the green one the target.
"""

import numpy as np

from isac_envs.envs.edges.drawing import Plan
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_panel, draw_strips
from isac_envs.rendering.view import View


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    time, horizon = int(view.env.time), view.params.horizon
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, f"step {time} of {horizon}")
    if view.params.roads == "line":
        _line(canvas.part(4, 36, 470, 326), view)
    else:
        _grid(canvas.part(4, 36, 470, 326), view)
    _panel(canvas.part(486, 44, 304, 310), view)
    span = min(horizon, 120)
    draw_strips(canvas.part(0, 366, canvas.width, 132), _strips(view), span)


def _grid(canvas: Canvas, view: View) -> None:
    p, e = view.params, view.env
    plan, field = Plan(canvas, p.side), p.field
    plan.roads(1.0 - p.free_time_s / field.travel_s[int(e.rush)])
    busy = p.record[0]["server"][: p.side * p.side]
    loads = 1.0 - 1.0 / (p.service_rate_hz * busy)  # of an M/M/1 queue
    plan.servers(np.clip(loads, 0.0, 1.0), field.twins)
    for node, radius, colour in (
        (e.target, 20.0, colours.GREEN),
        (e.host, 17.0, colours.PURPLE),
        (e.node, 23.0, colours.BLUE),
    ):
        canvas.circle(plan.at(node), radius, None, colour, width=3.0)


def _line(canvas: Canvas, view: View) -> None:
    reach, place = view.params.reach, int(view.env.displacement)
    middle, pitch = canvas.width / 2, (canvas.width - 60) / (2 * reach)
    y = canvas.height / 2
    canvas.line(((30, y), (canvas.width - 30, y)), colours.ROAD, 6)
    for k in range(-reach, reach + 1):
        edge = colours.VERMILION if abs(k) == reach else colours.INK
        canvas.circle((middle + k * pitch, y), 3.0, colours.PAPER, edge)
    canvas.rectangle(middle - 8, y - 8, 16, 16, colours.PURPLE, colours.INK)
    canvas.text((middle, y + 24), "service", 15, colours.INK, "centre")
    canvas.circle((middle + place * pitch, y), 7.0, colours.BLUE, colours.PAPER)
    canvas.text((middle + place * pitch, y - 24), "user", 15, colours.BLUE, "centre")


def _panel(canvas: Canvas, view: View) -> None:
    p, e = view.params, view.env
    if p.roads == "line":
        rows = [("places from service to user", f"{int(e.displacement):+d}", colours.BLUE)]
    else:
        rows = [
            ("traffic", "rush" if e.rush else "calm", colours.VERMILION if e.rush else colours.INK),
            ("vehicle (blue)", _name(e.node, p.side), colours.BLUE),
            ("twin (purple)", _name(e.host, p.side), colours.PURPLE),
            ("target (green)", _name(e.target, p.side), colours.GREEN),
        ]
    if len(view.steps):
        rows += [
            ("delay of a task", f"{1e3 * view.metric('delay_s').mean():.0f} ms", colours.INK),
            ("migrations", f"{view.metric('migrated').sum():.0f}", colours.PURPLE),
            ("return", f"{view.reward().sum():.2f}", colours.INK),
        ]
    draw_panel(canvas, rows)


def _name(node: int, side: int) -> str:
    """Return a node's row and column."""
    row, column = divmod(int(node), side)
    return f"row {row + 1}, column {column + 1}"


def _strips(view: View) -> list[Strip]:
    p, delay = view.params, 1e3 * view.metric("delay_s")
    limit = 2.5e3 * p.delay_limit_s
    if p.roads == "line":
        limit = max(1e-6, float(f"{1e3 * p.line_costs('transmission').max():.2g}"))
    strips = [Strip("delay", "ms", 0.0, limit, (Series("", delay, colours.ORANGE, "bars"),))]
    if p.roads == "grid":
        travel = Series("", view.metric("travel_s"), colours.INK, "bars")
        strips.insert(0, Strip("travel", "s", 0.0, 4.0 * p.free_time_s, (travel,)))
    moved = Series("", -view.objective("migration"), colours.PURPLE, "bars")
    highest = 1.0 if p.roads == "grid" else max(1e-6, float(p.line_costs("migration").max()))
    return [*strips, Strip("migration", "", 0.0, float(f"{highest:.3g}"), (moved,))]
