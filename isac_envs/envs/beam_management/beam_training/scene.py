"""Scene of ``isac/BeamTraining-v0``: the road from above, what is believed of it, and the beams."""

import math
from typing import Any

import numpy as np

from isac_envs.envs.beam_management.beam_training import tables
from isac_envs.envs.beam_management.beam_training.kernel import HIGHEST_RATE
from isac_envs.envs.beam_management.beam_training.records import State
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_strips
from isac_envs.rendering.view import View
from isac_envs.rendering.world import World

_HALF_POWER_RAD = 1.772  # width of a beam at broadside times the number of antennas
_LEAST_WEIGHT = 0.02  # of a direction that is drawn, over the largest
_BEHIND_M = 4.0


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    p, e = view.params, view.env
    parts = dict(zip(State._fields[1:], view.entities, strict=False))
    detail = f"slot {int(e.slot)} of {p.episode_slots}, {int(e.used)} of {p.slot_probes} probes"
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, detail)
    _plan(canvas.part(10, 36, canvas.width - 20, 220), view, parts)
    _codebook(canvas.part(10, 262, canvas.width - 20, 110), view, parts["beams"])
    draw_strips(canvas.part(0, 378, canvas.width, 120), _strips(view))


def _plan(canvas: Canvas, view: View, parts: dict[str, Any]) -> None:
    """Draw the road, the vehicle, where it may be, and the beams that are probed or used."""
    p, e = view.params, view.env
    canvas.clear(colours.LAND)
    far = max(p.half_length_m, 1.05 * abs(float(e.x_m)))
    high = max(p.farthest_m, p.wall_m, float(e.y_m)) + _BEHIND_M
    world = World(canvas, (-far, far), (-_BEHIND_M, high))
    if not p.data:
        edges = p.road_m - 0.5 * p.lane_m, p.farthest_m + 0.5 * p.lane_m
        world.rectangle((-2.0 * far, 2.0 * far), edges, colours.ROAD)
    if p.wall_m > 0.0:
        world.rectangle((-2.0 * far, 2.0 * far), (p.wall_m, p.wall_m + 1.0), colours.MUTED)
    reach = 1.5 * float(np.hypot(e.x_m, e.y_m))
    beams = parts["beams"]
    _lobe(world, view, int(e.last), 0.5 * reach, colours.GREEN)
    levels = _levels(beams["measured"])
    for b in np.flatnonzero(beams["probed"]).tolist():
        colour = colours.BLUE if b == e.best else colours.SKY
        _lobe(world, view, b, reach * max(0.1, float(levels[b])), colour)
    reported = float(e.gps_x_m), float(e.gps_y_m)
    world.dot(reported, 6, None, colours.ORANGE)
    shade = colours.MUTED if e.blocked else colours.INK
    world.vehicle((float(e.x_m), float(e.y_m)), 0.0, shade)
    _belief(world, parts["cells"])
    world.dot((0.0, 0.0), 7, colours.INK, colours.PAPER)
    world.scale_bar(10.0 ** math.floor(math.log10(far)))
    text = "green: last data, blue: probes; dots: directions believed, ring: reported position"
    canvas.text((10, 12), text, 13, colours.MUTED)


def _lobe(world: World, view: View, b: int, length_m: float, colour: colours.Colour) -> None:
    """Draw the main lobe of a beam."""
    angle = 2.0 * math.pi * float(tables.angles_turns(view.params)[b])
    width = _HALF_POWER_RAD / view.params.antennas / math.cos(angle)
    direction = 0.5 * math.pi - angle
    world.lobe((0.0, 0.0), direction, min(width, 1.5), length_m, colour, opacity=0.5)


def _belief(world: World, cells: Any) -> None:
    """Draw the directions of the grid as dots, the more probable the larger."""
    weight = cells["free"] + cells["shut"]
    share = weight / max(1e-300, float(weight.max()))
    distance = 1.0 / np.sqrt(np.maximum(cells["path"], 1e-12))
    sine = np.sqrt(np.maximum(0.0, 1.0 - cells["cosine"] ** 2))
    places = np.stack((cells["cosine"] * distance, sine * distance), -1)
    for k in np.flatnonzero(share > _LEAST_WEIGHT).tolist():
        world.dot(places[k], 1.0 + 3.0 * float(share[k]), colours.PURPLE)


def _levels(powers: Any) -> Any:
    """Return powers as they are seen: their rates over the highest, shape of the powers."""
    return np.minimum(np.log2(1.0 + powers) / HIGHEST_RATE, 1.0)


def _codebook(canvas: Canvas, view: View, beams: Any) -> None:
    """Draw of each beam the true rate, the rate measured, and the probability to be the best."""
    canvas.rectangle(0, 0, canvas.width, canvas.height, colours.LAND, colours.GRID, 4)
    left, bottom = 10.0, canvas.height - 8.0
    width, height = (canvas.width - 20.0) / len(beams), canvas.height - 32.0
    true, measured = (_levels(beams[name]).tolist() for name in ("power", "measured"))
    chances = np.minimum(beams["probability"], 1.0).tolist()
    probed = beams["probed"].tolist()
    for b in range(len(beams)):
        x = left + b * width
        if probed[b]:
            top = height * measured[b]
            colour = colours.BLUE if b == view.env.best else colours.SKY
            canvas.rectangle(x, bottom - top, max(1.0, width - 1.0), top, colour)
        if chances[b] > 1e-3:
            top = height * chances[b]
            canvas.rectangle(x + 0.3 * width, bottom - top, 0.4 * width, top, colours.PURPLE)
    middles = left + (np.arange(len(beams)) + 0.5) * width
    canvas.line(np.stack((middles, bottom - height * np.array(true)), -1), colours.INK)
    best = float(middles[int(view.env.truly_best)])
    canvas.line(((best, bottom), (best, bottom + 6)), colours.VERMILION, 3)
    text = "by beam: true rate (line), rate measured (blue), probability to be the best (purple)"
    canvas.text((10, 12), text, 13, colours.MUTED)


def _strips(view: View) -> list[Strip]:
    ends, rate = view.metric("slot_ends"), view.metric("rate")
    probes, error = view.metric("probes"), view.metric("position_error_m")
    error = np.where(ends > 0.0, error, np.nan)
    most, probed = max(1.0, float(rate.max(initial=8.0))), float(probes.max(initial=4.0))
    worst = max(view.params.position_std_m, 0.1)
    return [
        Strip("rate of a slot", "bit/s/Hz", 0.0, math.ceil(most),
              (Series("", rate, colours.GREEN, "bars"),)),
        Strip("probes of a slot", "", 0.0, probed, (Series("", probes, colours.BLUE, "bars"),)),
        Strip("position error", "m", 0.0, worst, (Series("", error, colours.VERMILION, "bars"),)),
    ]  # fmt: skip
