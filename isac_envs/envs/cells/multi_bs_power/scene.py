"""Scene of ``isac/MultiBsPower-v0``: cells, links, radars, and what the slots gave."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.envs.cells.multi_bs_power.records import State
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_strips
from isac_envs.rendering.view import View
from isac_envs.rendering.world import World

Array = npt.NDArray[Any]

_CORNERS = np.stack(
    [(math.sin(turn * math.pi / 3.0), math.cos(turn * math.pi / 3.0)) for turn in range(6)]
)
_MOST_ROWS = 24


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    time, horizon = int(view.env.time), view.params.horizon
    parts = dict(zip(State._fields[1:], view.entities, strict=False))
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, f"slot {time} of {horizon}")
    _plan(canvas.part(10, 36, 470, 290), view, parts)
    _links(canvas.part(490, 36, 300, 290), view, parts)
    draw_strips(canvas.part(0, 330, canvas.width, 168), _strips(view), min(max(horizon, 30), 120))


def _quality(rate: float, most: float) -> colours.Colour:
    """Return a colour that says how good a rate is."""
    return colours.mixed(colours.GRID, colours.BLUE, rate / most)


def _plan(canvas: Canvas, view: View, parts: dict[str, Any]) -> None:
    """Draw the cells, every link as wide as its power, and the echoes of targets."""
    canvas.clear(colours.LAND)
    p, stations, links = view.params, parts["stations"], parts["links"]
    sensing = p.weights[1] != 0.0
    shown = "; targets of radars, red below the requirement" if sensing else ""
    canvas.text((8, 11), f"links as wide as their power in dB{shown}", 13, colours.MUTED)
    reach = p.cell_radius_m * 2.0 / math.sqrt(3.0)
    places = np.stack((stations["x_m"], stations["y_m"]), -1)
    low, high = places.min(0) - 1.05 * reach, places.max(0) + 1.05 * reach
    canvas = canvas.part(0, 20, canvas.width, canvas.height - 20)
    world = World(canvas, (low[0], high[0]), (low[1], high[1]))
    for place in places:
        world.line(place + reach * _CORNERS, colours.MUTED, 1, closed=True)
    power, most = parts["powers"].sum(-1), float(p.record[0]["rate_cap"])
    size = 3 if len(links) > 8 else 5
    for k, link in enumerate(links):
        station, user = places[link["station"]], (float(link["x_m"]), float(link["y_m"]))
        if power[k] > 1e-6:
            wide = 1.0 + 5.0 * max(0.0, 1.0 + math.log10(power[k]) / 3.0)
            world.line((station, user), colours.mixed(colours.ORANGE, colours.LAND, 0.35), wide)
        world.dot(user, size, _quality(link["rate"], most), colours.INK)
        if sensing:
            _target(world, view, station, link)
    for k, (x, y) in enumerate(world.pixels(places)):
        corners = ((x - 6, y + 5), (x + 6, y + 5), (x, y - 8))
        canvas.polygon(corners, colours.INK)
        if len(places) <= 10:
            canvas.text((x + 8, y + 10), f"{k}", 13, colours.MUTED)
    world.scale_bar(200.0 if reach < 1000.0 else 2000.0)


def _target(world: World, view: View, station: Array, link: Any) -> None:
    """Draw the target of a link's radar, on a dashed line that is red where it is not seen."""
    turn = 2.0 * math.pi * float(link["bearing_turns"])
    way = float(link["range_m"]) * np.array((math.cos(turn), math.sin(turn)))
    required = 10.0 ** (view.params.required_sinr_db / 10.0)
    good = float(link["radar_sinr"]) >= required * 0.9997
    colour = colours.GREEN if good else colours.VERMILION
    x, y = world.pixels(station + way)
    world.canvas.line((world.pixels(station), (x, y)), colour, 1)
    world.canvas.polygon(((x, y - 6), (x + 6, y), (x, y + 6), (x - 6, y)), colour, colours.INK)


def _links(canvas: Canvas, view: View, parts: dict[str, Any]) -> None:
    """Draw power and rate of each link as bars, and the ratio of its radar."""
    canvas.rectangle(0, 0, canvas.width, canvas.height, colours.LAND, colours.GRID, 4)
    p, links, power = view.params, parts["links"], parts["powers"]
    shown = min(len(links), _MOST_ROWS)
    sensing = p.weights[1] != 0.0
    for x, head in ((10, "link"), (52, "power"), (140, "rate, bit/s/Hz")):
        canvas.text((x, 12), head, 13, colours.MUTED)
    if sensing:
        canvas.text((290, 12), "radar, dB", 13, colours.MUTED, "right")
    row = min((canvas.height - 28) / shown, 34.0)
    tall, most = max(2.0, min(0.6 * row, 16.0)), float(p.record[0]["rate_cap"]) / p.sub_bands
    most *= p.sub_bands if p.sub_bands == 1 else 1.0
    font = int(min(14, max(9, row + 1)))
    for k in range(shown):
        y = 26 + (k + 0.5) * row
        canvas.text((10, y), view.model.agents[k], font, colours.INK)
        _shares(canvas.part(52, round(y - tall / 2), 80, round(tall)), power[k])
        rate = float(links[k]["rate"])
        length = 84.0 * min(rate / most, 1.0)
        canvas.rectangle(140, y - tall / 2, max(length, 1.0), tall, colours.BLUE)
        canvas.text((230, y), f"{rate:.2f}", font, colours.INK)
        if sensing:
            ratio = 10.0 * math.log10(max(float(links[k]["radar_sinr"]), 1e-6))
            low = ratio < p.required_sinr_db - 1e-3
            ink = colours.VERMILION if low else colours.GREEN
            words = "silent" if ratio < -50.0 else f"{ratio:.1f}"
            canvas.text((290, y), words, font, ink, "right")


def _shares(canvas: Canvas, powers: Array) -> None:
    """Draw the power in each sub-band as a bar of its own."""
    canvas.rectangle(0, 0, canvas.width, canvas.height, colours.PAPER, colours.GRID)
    wide = canvas.width / len(powers)
    for b, power in enumerate(powers):
        if power > 0.0:
            length = max(2.0, (wide - 1) * float(power))
            canvas.rectangle(b * wide, 1, length, canvas.height - 2, colours.ORANGE)


def _strips(view: View) -> list[Strip]:
    p, count = view.params, len(view.model.agents)
    rate = view.metric("sum_rate") / count
    high = float(math.ceil(max(1.0, float(np.max(rate, initial=0.0)))))
    lacking = view.steps["costs"][:, :, 0].mean(1)
    worst = max(1.0, math.ceil(float(np.max(lacking, initial=0.0))))
    power = view.steps["metrics"]["power"].mean(1)
    strips = [
        Strip("mean rate", "bit/s/Hz", 0.0, high, (Series("", rate, colours.BLUE),)),
        Strip("mean power", "share", 0.0, 1.0, (Series("", power, colours.ORANGE),)),
    ]
    if p.weights[1] != 0.0:
        series = Series("mean", lacking, colours.VERMILION, "bars", ".2f")
        strips.append(Strip("shortfall", "dB", 0.0, worst, (series,)))
    return strips
