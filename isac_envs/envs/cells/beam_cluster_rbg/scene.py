"""Scene of ``isac/BeamClusterRbg-v0``: the cell from above, its beams, and the queues of users."""

import math
from typing import Any

import numpy as np

from isac_envs.envs.cells.beam_cluster_rbg.records import State
from isac_envs.kernels.arrays.beams import gaussian_lobe_gain
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_strips
from isac_envs.rendering.view import View
from isac_envs.rendering.world import World

_BEAMS = (colours.BLUE, colours.ORANGE, colours.GREEN, colours.PURPLE, colours.SKY,
          colours.VERMILION, colours.YELLOW)  # fmt: skip
_DRAWN_FROM_DB = -3.0  # a gain of this and less has no length
_OFFSETS = np.linspace(-1.3, 1.3, 61)  # the main lobe, over the width
_SAME = 4.0  # pixels


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    parts = dict(zip(State._fields[1:], view.entities, strict=False))
    detail = f"slot {int(view.env.time)} of {view.params.horizon}"
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, detail)
    _plan(canvas.part(10, 36, 500, 300), parts)
    _queues(canvas.part(520, 36, 270, 300), view, parts["users"])
    draw_strips(canvas.part(0, 340, canvas.width, 158), _strips(view))


def _colour(beam: int) -> colours.Colour:
    return _BEAMS[beam % len(_BEAMS)]


def _plan(canvas: Canvas, parts: dict[str, Any]) -> None:
    """Draw true and reported places, and the gain of each beam in dB by direction."""
    canvas.clear(colours.LAND)
    users, beams = parts["users"], parts["beams"]
    far = float(np.hypot(users["x_m"], users["y_m"]).max())
    low, high = (float(each(users["y_m"])) for each in (np.min, np.max))
    edge = 0.15 * far
    rightmost = max(0.0, float(users["x_m"].max()))
    world = World(
        canvas, (-0.08 * far, rightmost + edge), (min(0.0, low) - edge, max(0.0, high) + edge)
    )
    for k, beam in enumerate(beams):
        if beam.members > 0:
            _beam(world, beam, far, _colour(k))
    _draw_users(world, users)
    world.dot((0.0, 0.0), 7, colours.INK, colours.PAPER)
    world.scale_bar(10.0 ** math.floor(math.log10(0.4 * far)))
    text = "dots: users, rings: reports, crosses: lost; beams: gain in dB"
    canvas.text((10, 14), text, 13, colours.MUTED)


def _beam(world: World, beam: Any, length_m: float, colour: colours.Colour) -> None:
    width_deg = float(beam.width_deg)
    above = np.maximum(0.0, gaussian_lobe_gain(width_deg * _OFFSETS, width_deg) - _DRAWN_FROM_DB)
    above /= max(1e-9, float(above.max()))
    angles = np.radians(width_deg * _OFFSETS + float(beam.azimuth_deg))
    world.pattern((0.0, 0.0), angles, length_m * above, colour, opacity=0.25)


def _draw_users(world: World, users: Any) -> None:
    """Draw users, and where they are reported to be unless that is the same in the picture."""
    canvas = world.canvas
    places = world.pixels(np.stack((users["x_m"], users["y_m"]), -1))
    reports = world.pixels(np.stack((users["seen_x_m"], users["seen_y_m"]), -1))
    away = np.abs(places - reports).max(-1).tolist()
    beams, lost = users["beam"].tolist(), users["lost"].tolist()
    for u, (x, y) in enumerate(places.tolist()):
        if away[u] > _SAME:
            canvas.line(((x, y), reports[u]), colours.MUTED, 1)
            canvas.circle(reports[u], 4, None, _colour(beams[u]))
        if lost[u]:
            canvas.line(((x - 4, y - 4), (x + 4, y + 4)), colours.INK, 2)
            canvas.line(((x - 4, y + 4), (x + 4, y - 4)), colours.INK, 2)
        else:
            canvas.circle((x, y), 4, _colour(beams[u]), colours.INK)


def _queues(canvas: Canvas, view: View, users: Any) -> None:
    """Draw of each user the age of the oldest packet, and the groups of the last slot."""
    p = view.params
    canvas.rectangle(0, 0, canvas.width, canvas.height, colours.LAND, colours.GRID, 4)
    canvas.text((10, 14), "oldest packet by user", 13, colours.MUTED)
    canvas.text((canvas.width - 10, 14), "groups", 13, colours.MUTED, "right")
    left, length = 10.0, canvas.width - 60.0
    row = (canvas.height - 34) / len(users)
    height = min(max(1.0, 0.7 * row), 14.0)
    order = np.argsort(users["beam"], kind="stable").tolist()
    ages = np.minimum(1.0, users["age"] / p.lifetime_slots).tolist()
    beams, lost, groups = (users[name].tolist() for name in ("beam", "lost", "groups"))
    for n, u in enumerate(order):
        middle = 28 + (n + 0.5) * row
        colour = colours.MUTED if lost[u] else _colour(beams[u])
        canvas.rectangle(left, middle - height / 2, max(1.0, length * ages[u]), height, colour)
        if row >= 9.0 and groups[u] > 0:
            size = 13 if row >= 12.0 else 11
            canvas.text((canvas.width - 10, middle), str(groups[u]), size, colours.INK, "right")
    due = left + length * p.deadline_slots / p.lifetime_slots
    canvas.line(((due, 26), (due, canvas.height - 6)), colours.VERMILION, 1)


def _strips(view: View) -> list[Strip]:
    p = view.params
    carried, arrived = view.metric("carried_mbit_s"), view.metric("arrived_mbit_s")
    most = float(np.max(np.concatenate((carried, arrived)), initial=p.offered_mbit_s))
    high = 10.0 ** math.floor(math.log10(most))
    high *= math.ceil(most / high)
    deadline_ms = 1e3 * p.slot_s * p.deadline_slots
    delay = view.metric("delay_ms")
    slowest = 1.2 * max(deadline_ms, float(np.max(delay, initial=0.0)))
    return [
        Strip("traffic of a user", "Mbit/s", 0.0, high, (
            Series("arrived", arrived, colours.SKY), Series("carried", carried, colours.INK),
        )),
        Strip("oldest packet", "ms", 0.0, slowest, (
            Series("deadline", np.full(len(delay), deadline_ms), colours.MUTED),
            Series("mean", delay, colours.VERMILION),
        )),
        Strip("reward", "", -0.5, 1.5, (Series("", view.reward(), colours.GREEN),)),
    ]  # fmt: skip
