"""Scene of ``isac/ModeSelect-v0``: the vehicle, what surrounds it, and what its slots brought."""

import numpy as np

from isac_envs.envs.mode_selection.mode_select.kernel import RADAR
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.figures import draw_mast, draw_road, mast_top
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_panel, draw_strips
from isac_envs.rendering.view import View
from isac_envs.rendering.world import World

_X, _Y = (0.0, 62.0), (-10.0, 16.0)
_ROAD, _LANE = (-5.0, 5.0), -2.5
_CAR, _MAST = (16.0, _LANE), (42.0, 6.5)
_CONDITIONS = (
    ("channel", "good", "bad"),
    ("road", "good", "bad"),
    ("weather", "good", "bad"),
    ("speed", "low", "high"),
    ("object", "static", "moving"),
)
_GOLDEN = 0.6180339887498949


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    time, horizon = int(view.env.time), view.params.horizon
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, f"slot {time} of {horizon}")
    _road(canvas.part(10, 36, 556, 234), view)
    _panel(canvas.part(576, 36, 214, 234), view)
    draw_strips(canvas.part(0, 276, canvas.width, 220), _strips(view))


def _road(canvas: Canvas, view: View) -> None:
    env = view.env
    world = World(canvas, _X, _Y)
    wet = colours.mixed(colours.ROAD, colours.BLUE, 0.35)
    draw_road(
        world, (-5.0, 70.0), _ROAD, 2, 3.4 * float(env.time), wet if env.road else colours.ROAD
    )
    draw_mast(world, _MAST)
    radar = view.last is not None and view.last["actions"][0, 0] == RADAR
    if view.last is not None:
        _use(world, view, radar)
    _object(world, bool(env.object))
    if env.speed:
        for y in (-3.3, -2.5, -1.7):
            world.line(((5.5, y), (12.5, y)), colours.MUTED, 2)
    world.vehicle(_CAR, 0.0, colours.INK, 5.2, 2.2)
    _queue(world, view)
    if env.weather:
        _rain(world, int(env.time))
    _verdict(canvas, view, radar)


def _use(world: World, view: View, radar: bool) -> None:
    """Draw what the last slot was used for."""
    nose = (_CAR[0] + 2.6, _CAR[1])
    if radar:
        world.lobe(nose, 0.0, 0.5, 38.0, colours.ORANGE, colours.ORANGE, opacity=0.4)
        return
    top = mast_top(world, _MAST)
    colour = colours.VERMILION if view.env.channel else colours.BLUE
    way = np.subtract(top, _CAR)
    length, angle = float(np.hypot(*way)), float(np.arctan2(way[1], way[0]))
    world.lobe(_CAR, angle, 0.16, length, colours.SKY, colours.SKY, opacity=0.35)
    world.dashes(_CAR, top, 0.8, colour, 2)


def _object(world: World, moving: bool) -> None:
    """Draw the nearby object: it waits beside the road or steps onto it."""
    place = (49.0, -3.2) if moving else (49.0, -7.6)
    colour = colours.VERMILION if moving else colours.MUTED
    world.dot(place, 7, colour, colours.PAPER)
    if moving:
        world.line(((49.0, -6.8), (49.0, -4.4)), colour, 2)
    world.text((place[0] + 1.2, place[1]), "moving" if moving else "static", 14, colour, "left")


def _queue(world: World, view: View) -> None:
    """Draw the queue behind the vehicle, packet by packet."""
    capacity, queue = view.params.queue_capacity, int(view.env.queue)
    cell = 12.0 / capacity
    for k in range(capacity):
        fill = colours.BLUE if k < queue else colours.PAPER
        left = 10.0 + k * cell
        world.rectangle((left, left + cell), (-8.8, -7.2), fill, colours.MUTED)
    world.text((9.4, -8.0), "queue", 14, colours.INK, "right")
    world.text((22.6, -8.0), f"{queue}", 14, colours.INK, "left")


def _rain(world: World, time: int) -> None:
    width, height = world.canvas.width, world.canvas.height
    for k in range(70):
        x, y = (k * _GOLDEN + 0.37 * time) % 1.0 * width, (k / 70 + 0.13 * time) % 1.0 * height
        world.canvas.line(((x, y), (x - 3, y + 9)), colours.SKY)


def _verdict(canvas: Canvas, view: View, radar: bool) -> None:
    if view.last is None:
        return
    metrics = view.last["metrics"][0]
    use, colour = ("radar", colours.ORANGE) if radar else ("communication", colours.BLUE)
    if not radar:
        use += f", {metrics.packets_sent:.0f} sent"
    canvas.text((12, 16), f"last slot: {use}", 18, colours.mixed(colour, colours.INK, 0.35))
    if metrics.event:
        text = "event detected" if metrics.detected else "event missed"
        fill = colours.GREEN if metrics.detected else colours.VERMILION
        canvas.rectangle(canvas.width - 140, 4, 130, 25, fill, radius=5)
        canvas.text((canvas.width - 75, 16), text, 18, colours.PAPER, "centre")


def _panel(canvas: Canvas, view: View) -> None:
    rows = []
    for name, good, bad in _CONDITIONS:
        value = view.env[name]
        rows.append((name, bad if value else good, colours.VERMILION if value else colours.GREEN))
    events, missed = view.metric("event").sum(), view.metric("missed").sum()
    rows.append(("events missed", f"{missed:.0f} of {events:.0f}", colours.INK))
    mean = f"{view.reward().mean():.2f}" if len(view.steps) else "-"
    rows.append(("mean reward", mean, colours.INK))
    draw_panel(canvas, rows)


def _strips(view: View) -> list[Strip]:
    params = view.params
    best = max(params.reward_packet * params.packets_good, 5 * params.reward_detected)
    worst = params.penalty_missed + 2 * params.penalty_dropped
    capacity = float(params.queue_capacity)
    return [
        Strip("reward", "", -worst, best, (Series("", view.reward(), colours.INK, "bars"),)),
        Strip("queue", "packets", 0.0, capacity, (
            Series("waiting", view.metric("backlog"), colours.BLUE),
            Series("dropped", view.metric("packets_dropped"), colours.PURPLE, "marks"),
        )),
        Strip("chance of event", "", 0.0, 1.0, (
            Series("", view.metric("event_probability"), colours.ORANGE),
            Series("detected", view.metric("detected"), colours.GREEN, "marks"),
            Series("missed", view.metric("missed"), colours.VERMILION, "marks"),
        )),
        Strip("radar", "", 0.0, 1.0, (
            Series("in use", view.metric("radar"), colours.ORANGE, "bars"),
        )),
    ]  # fmt: skip
