"""Scene of ``isac/JrcAoiMulti-v0``: who holds the channel, what each vehicle knows and has done.

Road and table show at most the first eight vehicles.
"""

from typing import Any

import numpy as np

from isac_envs.envs.v2x import drawing
from isac_envs.envs.v2x.jrc_aoi_multi.kernel import IDLE
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.figures import draw_mast, draw_road, mast_top
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_strips
from isac_envs.rendering.view import View
from isac_envs.rendering.world import Position, World

_MOST = 8
_MAST, _HEIGHT = (70.0, 3.9), 34.0  # foot in m, height in pixels
_PLOT = (150.0, 92.0)  # pixels left and right of the plot, as in the strips below it
_SPAN = 120
_OLDEST = 80.0  # slots across the bars of the ages; older ones end at the edge


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    time, horizon = int(view.env.time), view.params.horizon
    heading = canvas.part(0, 0, canvas.width, 34)
    draw_heading(heading, view.model.id, f"{drawing.score(view)}   slot {time} of {horizon}")
    _road(canvas.part(10, 36, 780, 112), view)
    _table(canvas.part(10, 152, 780, 142), view)
    _channel(canvas.part(0, 298, canvas.width, 80), view)
    draw_strips(canvas.part(0, 380, canvas.width, 120), _strips(view))


def _shown(view: View) -> range:
    return range(min(_MOST, view.params.vehicles))


def _road(canvas: Canvas, view: View) -> None:
    world = World(canvas, (0.0, 140.0), (-9.0, 11.0))
    draw_road(world, (-10.0, 150.0), (-5.6, 3.4), 2, 3.4 * float(view.env.time))
    draw_mast(world, _MAST, _HEIGHT)
    count = len(_shown(view))
    places = [(140.0 * (v + 0.5) / count, -1.2 + (2.0 if v % 2 else -2.2)) for v in range(count)]
    for v, place in enumerate(places):
        if view.last is not None:
            _request(world, view, v, place)
    for v, place in enumerate(places):
        world.vehicle(place, 0.0, colours.INK, 7.0, 2.6)
        name = f"{v}" + (" (priority)" if view.env.priority == v else "")
        world.text((place[0], -7.6), f"vehicle {name}", 14, colours.INK)


def _request(world: World, view: View, v: int, place: Position) -> None:
    """Draw what a vehicle did in the last slot, and what it asked for in vain."""
    metrics, action = view.last["metrics"][v], int(view.last["actions"][v, 0])
    if not metrics.asked:
        return
    top = mast_top(world, _MAST, _HEIGHT)
    if not metrics.granted:
        world.dashes(place, top, 1.2, colours.VERMILION, 1)
        return
    if metrics.radar:
        nose = (place[0] + 3.5, place[1])
        world.lobe(nose, 0.0, 0.5, 26.0, drawing.RADAR_COLOUR, drawing.RADAR_COLOUR, opacity=0.45)
        return
    world.line((place, top), drawing.SEND_COLOUR, 4)
    middle = (0.5 * (place[0] + top[0]), 0.5 * (place[1] + top[1]))
    classes = len(view.params.class_weights)
    world.dot(middle, 10, drawing.class_colour(action, classes), colours.INK)
    ink = colours.PAPER if 2 * action > classes else colours.INK
    world.text(middle, f"{action}", 16, ink)


def _table(canvas: Canvas, view: View) -> None:
    canvas.rectangle(0, 0, canvas.width, canvas.height, colours.LAND, colours.GRID, 4)
    heads = (
        (66, "conditions now"),
        (300, "queue, oldest first"),
        (478, f"age by class, to {_OLDEST:g}"),
        (628, "last slot"),
    )
    for x, head in heads:
        canvas.text((x, 10), head, 14, colours.MUTED)
    height = min(34.0, (canvas.height - 22) / len(_shown(view)))
    for v in _shown(view):
        _row(canvas.part(0, 20 + round(v * height), canvas.width, int(height)), view, v)


def _row(canvas: Canvas, view: View, v: int) -> None:
    vehicles, packets, streams = view.entities
    middle, tall = canvas.height / 2, max(8, canvas.height - 6)
    size, top = min(15, tall), (canvas.height - tall) // 2
    vehicle, classes = vehicles[v], streams.shape[1]
    canvas.text((8, middle), f"vehicle {v}", size)
    drawing.draw_conditions(canvas.part(66, top, 226, tall), vehicle, short=True)
    queue = canvas.part(300, top, 166, tall)
    drawing.draw_packets(queue, packets[v], int(vehicle.backlog), int(view.env.time), classes)
    _ages(canvas.part(478, top, 140, tall), view, streams[v]["age"])
    if view.last is not None:
        text, colour = _outcome(view, v)
        canvas.text((628, middle), text, size, colours.mixed(colour, colours.INK, 0.25))


def _ages(canvas: Canvas, view: View, ages: Any) -> None:
    """Draw a bar for each class, as long as its age, as thick as its weight."""
    weights = np.array(view.params.class_weights)
    thick = (canvas.height - 1) * weights / max(float(weights.sum()), 1e-12)
    y = 0.0
    for k, age in enumerate(ages):
        shown = min(float(age), _OLDEST) / _OLDEST * canvas.width
        colour = drawing.class_colour(k + 1, len(ages))
        canvas.rectangle(0, y, max(2.0, shown), max(2.0, thick[k]), colour, colours.PAPER)
        y += thick[k]


def _outcome(view: View, v: int) -> tuple[str, colours.Colour]:
    """Return in words what became of a vehicle's last slot."""
    metrics, action = view.last["metrics"][v], int(view.last["actions"][v, 0])
    if metrics.missed:
        return "event missed", colours.VERMILION
    if action == IDLE:
        return "idle", colours.MUTED
    radar = action == view.params.record[0]["radar_action"]
    if not metrics.granted:
        return f"{'radar' if radar else f'class {action}'} denied", colours.VERMILION
    if radar:
        return "event detected" if metrics.event else "radar", drawing.RADAR_COLOUR
    if metrics.delivered:
        return f"class {action} delivered", drawing.SEND_COLOUR
    return f"class {action}, none waited", colours.MUTED


def _channel(canvas: Canvas, view: View) -> None:
    """Draw a line of slots for each vehicle: who held the channel, who was denied it."""
    left, right = _PLOT
    width, count = canvas.width - left - right, view.params.vehicles
    canvas.text((10, 14), "channel, by vehicle", 16)
    legend = (
        ("radar", drawing.RADAR_COLOUR),
        ("delivery", drawing.SEND_COLOUR),
        ("in vain", colours.MUTED),
        ("denied", colours.YELLOW),
        ("missed event", colours.VERMILION),
    )
    for k, (name, colour) in enumerate(legend):
        y = 9 + 15 * k
        canvas.rectangle(left + width + 8, y - 4, 8, 8, colour)
        canvas.text((left + width + 20, y), name, 13)
    plot = canvas.part(left, 2, width, canvas.height - 4)
    plot.clear(colours.LAND)
    row, slot = plot.height / count, (width - 1) / (_SPAN - 1)
    metrics = view.steps["metrics"][-_SPAN:]
    used = np.where(metrics["radar"] > 0, 1, np.where(metrics["delivered"] > 0, 2, 3))
    use = np.where(metrics["granted"] > 0, used, np.where(metrics["asked"] > 0, 4, 0))
    for t, v in np.argwhere(use).tolist():
        colour, denied = legend[use[t, v] - 1][1], use[t, v] == 4
        tall = row * (0.3 if denied else 0.7)
        plot.rectangle(t * slot, (v + 0.55) * row - tall / 2, max(2.0, slot - 1), tall, colour)
    for t, v in np.argwhere(metrics["missed"] > 0).tolist():
        plot.rectangle(t * slot, v * row, max(2.0, slot - 1), max(2.0, 0.2 * row), legend[4][1])
    if row >= 12:
        for v in range(1, count):
            plot.line(((0, v * row), (width, v * row)), colours.GRID)
        for v in range(count):
            canvas.text((left - 6, 2 + (v + 0.5) * row), f"{v}", 14, colours.MUTED, "right")


def _strips(view: View) -> list[Strip]:
    """Return strips of means over the vehicles."""
    params, metrics = view.params, view.steps["metrics"]
    weighted = metrics["weighted_aoi"].mean(1)
    reward = (view.steps["objectives"] @ np.array(params.weights)).mean(1)
    most_age = _OLDEST * sum(params.class_weights) or 1.0
    worst = params.weights[1] * (params.penalty_clear + 4) / 2 or 1.0
    return [
        Strip("mean reward", "", -float(f"{worst:.2g}"), 0.0, (
            Series("last", reward, colours.INK, "bars", ".2f"),
        )),
        Strip("weighted age", "slots", 0.0, most_age, (Series("now", weighted),)),
        Strip("queue", "packets", 0.0, float(params.queue_capacity), (
            Series("mean", metrics["backlog"].mean(1), colours.BLUE),
            Series("overflow", metrics["overflow"].sum(1), colours.PURPLE, "marks"),
        )),
    ]  # fmt: skip
