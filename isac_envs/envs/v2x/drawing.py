"""What the scenes with ages of information share: ages, queue, conditions, road, charts."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.envs.v2x.queue_view import bad_conditions
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.colours import Colour
from isac_envs.rendering.figures import draw_mast, draw_road, mast_top
from isac_envs.rendering.strips import Series, Strip
from isac_envs.rendering.view import View
from isac_envs.rendering.world import World

RADAR_COLOUR, SEND_COLOUR = colours.ORANGE, colours.BLUE

_CONDITIONS = (
    ("channel", "good", "bad"),
    ("road", "good", "bad"),
    ("weather", "good", "bad"),
    ("speed", "low", "high"),
    ("object", "static", "moving"),
)
_CAR, _MAST = (12.0, -2.2), (42.0, 5.6)
_GOLDEN = 0.6180339887498949


def class_colour(level: int, classes: int) -> Colour:
    """Return the colour of class 1..K: the later the class, the darker."""
    share = level / classes
    pale = colours.mixed(colours.PAPER, colours.SKY, 0.25 + share)
    return colours.mixed(pale, colours.BLUE, 2.0 * share - 1.0)


def draw_ages(
    canvas: Canvas, view: View, ages: npt.NDArray[Any], after: npt.NDArray[Any] | None, sent: int,
    oldest: float = 40.0,
) -> None:  # fmt: skip
    """Draw a bar for each class: as long as its age, as thick as its weight.

    Args:
        canvas: What to draw on.
        view: The copy.
        ages: Age of each class, shape ``(K,)``.
        after: Age that it would have after a delivery, NaN where nothing waits; None for no marks.
        sent: Class that the last slot delivered, 0 for none.
        oldest: Age in slots at the right edge, where older ones end.
    """
    weights = np.array(view.params.class_weights)
    left, right, top = 92.0, 40.0, 42.0
    width, row = canvas.width - left - right, (canvas.height - top - 6) / len(ages)
    canvas.rectangle(0, 0, canvas.width, canvas.height, colours.LAND, colours.GRID, 4)
    canvas.text((10, 13), "age of each class (thick: urgent)", 16)
    key = "tick: age after a delivery" if after is not None else "slots since its last delivery"
    canvas.text((10, 31), key, 14, colours.MUTED)
    for k, age in enumerate(ages):
        y, colour = top + (k + 0.5) * row, class_colour(k + 1, len(ages))
        thick = max(2.0, min(0.8 * row, 36.0) * weights[k] / max(weights.max(), 1e-12))
        shown = min(float(age), oldest) / oldest * width
        if row >= 11:
            canvas.text((10, y), f"class {k + 1}", 15)
            canvas.text((left - 8, y), f"x {weights[k]:g}", 14, colours.MUTED, "right")
        canvas.rectangle(left, y - thick / 2, max(1.0, shown), thick, colour, colours.MUTED)
        if after is not None and not np.isnan(after[k]):
            tick = left + min(float(after[k]), oldest) / oldest * width
            canvas.line(((tick, y - row / 2 + 3), (tick, y + row / 2 - 3)), colours.INK, 2)
        if row >= 11:
            new = k + 1 == sent
            ink = colours.mixed(colours.GREEN, colours.INK, 0.25) if new else colours.INK
            canvas.text((left + shown + 6, y), f"{age} new" if new else f"{age}", 15, ink)


def draw_packets(
    canvas: Canvas, packets: npt.NDArray[Any], backlog: int, now: int, classes: int
) -> None:
    """Draw the places of a queue, oldest first, with class and, where there is room, age.

    Args:
        canvas: What to draw on.
        packets: Packets of the queue, shape ``(Q,)``.
        backlog: How many packets wait.
        now: Number of the slot.
        classes: Number of classes K.
    """
    cell = canvas.width / len(packets)
    tall = canvas.height - 13 if canvas.height >= 32 and cell >= 18 else canvas.height
    for k, packet in enumerate(packets):
        level = int(packet["level"])
        fill = class_colour(level, classes) if k < backlog else colours.PAPER
        edge = colours.GRID if cell >= 5 else None
        canvas.rectangle(k * cell, 0, max(2.0, cell - 2), tall, fill, edge, 2)
        if k >= backlog or cell < 9:
            continue
        ink = colours.PAPER if 2 * level > classes else colours.INK
        canvas.text(((k + 0.5) * cell - 1, tall / 2), f"{level}", min(17, round(cell)), ink,
                    "centre")  # fmt: skip
        if tall < canvas.height:
            middle = ((k + 0.5) * cell - 1, tall + 8)
            canvas.text(middle, f"{now - packet['born']}", 13, colours.MUTED, "centre")


def draw_conditions(canvas: Canvas, conditions: Any, short: bool = False) -> None:
    """Draw a chip for each condition that the record has: pale green is good, vermilion bad.

    Args:
        canvas: What to draw on.
        conditions: Record with the conditions, 0 is good.
        short: Whether to write short names.
    """
    found = [each for each in _CONDITIONS if each[0] in conditions.dtype.names]
    width = canvas.width / len(found)
    for k, (name, good, bad) in enumerate(found):
        value = int(conditions[name])
        colour = colours.VERMILION if value else colours.GREEN
        fill = colour if value else colours.mixed(colour, colours.PAPER, 0.82)
        canvas.rectangle(k * width, 0, width - 4, canvas.height, fill, colour, 4)
        text = name if short else f"{name} {bad if value else good}"
        middle = ((k + 0.5) * width - 2, canvas.height / 2 + 1)
        ink = colours.PAPER if value else colours.INK
        canvas.text(middle, text, 14 if short else 15, ink, "centre")


def draw_surroundings(canvas: Canvas, view: View, action: int | None, note: str) -> None:
    """Draw one vehicle on its road, what surrounds it now, and its last use of the slot.

    Args:
        canvas: What to draw on.
        view: The copy.
        action: Of the last slot, 0 for radar; None before the first.
        note: What became of it.
    """
    env = view.env
    world = World(canvas, (0.0, 62.0), (-9.0, 14.0))
    wet = colours.mixed(colours.ROAD, colours.BLUE, 0.35 * int(env.road))
    draw_road(world, (-25.0, 90.0), (-4.6, 4.6), 2, 3.4 * float(env.time), wet)
    draw_mast(world, _MAST)
    if action is not None:
        _use(world, action, bool(env.channel), len(view.params.class_weights))
    if env.speed:
        for y in (-3.0, -2.2, -1.4):
            world.line(((2.0, y), (8.6, y)), colours.MUTED, 2)
    _object(world, bool(env.object))
    world.vehicle(_CAR, 0.0, colours.INK, 5.2, 2.2)
    if env.weather:
        _rain(canvas, int(env.time))
    chance = float(view.params.record[0]["event_probability"][bad_conditions(env)])
    canvas.text((12, canvas.height - 14), f"chance of an event now: {100 * chance:.0f} %", 16)
    if view.last is not None:
        hue = SEND_COLOUR if action else RADAR_COLOUR
        canvas.text((12, 16), f"last slot: {note}", 18, colours.mixed(hue, colours.INK, 0.35))
        draw_event(canvas, view.last["metrics"][0])


def draw_event(canvas: Canvas, metrics: Any) -> None:
    """Draw a sign in the upper right corner when an event happened in the last slot."""
    if metrics.event:
        text = "event missed" if metrics.missed else "event detected"
        fill = colours.VERMILION if metrics.missed else colours.GREEN
        canvas.rectangle(canvas.width - 134, 4, 128, 25, fill, radius=5)
        canvas.text((canvas.width - 70, 17), text, 18, colours.PAPER, "centre")


def what_became(metrics: Any, action: int, sent: str, nothing: str) -> str:
    """Return the outcome of a slot in words: ``sent`` if it delivered, ``nothing`` if in vain.

    Args:
        metrics: Metrics of the slot.
        action: The action, 0 is radar.
        sent: Words for a delivery.
        nothing: Words for a slot in vain.
    """
    if action == 0:
        return "radar"
    if metrics.delivered:
        return f"class {action}, {sent}"
    return f"class {action}, " + ("blocked by the event" if metrics.event else nothing)


def outcome_strips(view: View, older: float) -> list[Strip]:
    """Return strips of reward, weighted age and events of the first vehicle.

    Args:
        view: The copy.
        older: Age in slots at which, for all classes, the strips end.
    """
    params = view.params
    most_age = older * sum(params.class_weights) or 1.0
    worst = params.weights[0] * most_age + params.weights[1] * (params.penalty_clear + 2) or 1.0
    bars = Series("last", view.reward(), colours.INK, "bars", ".2f")
    return [
        Strip("reward", "", -float(f"{worst:.2g}"), 0.0, (bars,)),
        Strip("weighted age", "slots", 0.0, most_age, (
            Series("now", view.metric("weighted_aoi"), colours.BLUE),
            Series("delivery", view.metric("delivered"), colours.SKY, "marks"),
        )),
        event_strip(view),
    ]  # fmt: skip


def event_strip(view: View) -> Strip:
    """Return the strip of the chance of an event and of what became of events."""
    missed = view.metric("missed")
    return Strip("chance of event", "", 0.0, 1.0, (
        Series("last", view.metric("event_probability"), colours.ORANGE, form=".2f"),
        Series("detected", view.metric("event") - missed, colours.GREEN, "marks"),
        Series("missed", missed, colours.VERMILION, "marks"),
    ))  # fmt: skip


def score(view: View) -> str:
    """Return the counts of events and the mean reward so far, of all vehicles."""
    if view.last is None:
        return ""
    metrics = view.steps["metrics"]
    reward = float(np.mean([view.reward(k).mean() for k in range(metrics.shape[1])]))
    missed, events = metrics["missed"].sum(), metrics["event"].sum()
    return f"{missed:.0f} of {events:.0f} events missed, mean reward {reward:.2f}"


def _use(world: World, action: int, bad_channel: bool, classes: int) -> None:
    """Draw what the last slot was used for."""
    if action == 0:
        nose = (_CAR[0] + 2.6, _CAR[1])
        world.lobe(nose, 0.0, 0.5, 36.0, RADAR_COLOUR, RADAR_COLOUR, opacity=0.4)
        return
    top = mast_top(world, _MAST)
    way = np.subtract(top, _CAR)
    length, angle = float(np.hypot(*way)), float(np.arctan2(way[1], way[0]))
    world.lobe(_CAR, angle, 0.16, length, colours.SKY, colours.SKY, opacity=0.35)
    world.dashes(_CAR, top, 0.8, colours.VERMILION if bad_channel else SEND_COLOUR, 2)
    x, y = np.add(_CAR, 0.5 * way)
    world.dot((x, y), 11, class_colour(action, classes), colours.INK)
    ink = colours.PAPER if 2 * action > classes else colours.INK
    world.text((x, y), f"{action}", 17, ink)


def _object(world: World, moving: bool) -> None:
    """Draw the nearby object: it waits beside the road or steps onto it."""
    place = (50.0, -2.8) if moving else (50.0, -6.8)
    colour = colours.VERMILION if moving else colours.MUTED
    world.dot(place, 7, colour, colours.PAPER)
    if moving:
        world.line(((50.0, -6.2), (50.0, -4.0)), colour, 2)
    world.text((place[0] + 1.3, place[1]), "object", 14, colour, "left")


def _rain(canvas: Canvas, time: int) -> None:
    for k in range(60):
        x, y = (k * _GOLDEN + 0.37 * time) % 1.0, (k / 60 + 0.13 * time) % 1.0
        start = (x * canvas.width, y * canvas.height)
        canvas.line((start, (start[0] - 3, start[1] + 9)), colours.SKY)


def queue_strip(view: View) -> Strip:
    """Return the strip of the first vehicle's queue."""
    return Strip("queue", "packets", 0.0, float(view.params.queue_capacity), (
        Series("waiting", view.metric("backlog"), colours.BLUE),
        Series("overflow", view.metric("overflow"), colours.PURPLE, "marks"),
    ))  # fmt: skip
