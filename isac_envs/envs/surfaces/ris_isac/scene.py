"""Scene of ``isac/RisIsac-v0``: places, beams of the last slot, phases, rates and radar SNR."""

import math
from typing import Any

import numpy as np

from isac_envs.envs.surfaces import drawing
from isac_envs.envs.surfaces.records import State
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_strips
from isac_envs.rendering.view import View
from isac_envs.rendering.world import World


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    time, horizon = int(view.env.time), view.params.horizon
    parts = dict(zip(State._fields[1:], view.entities, strict=False))
    turns = drawing.set_turns(view.params, parts["elements"]["turns"])
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, f"slot {time} of {horizon}")
    _plan(canvas.part(10, 36, 560, 236), view, parts, turns)
    drawing.draw_phases(canvas.part(10, 276, 780, 26), turns - np.floor(turns))
    rates = parts["users"]["rate"][:-1]
    drawing.draw_rates(canvas.part(580, 36, 210, 236), rates, _most(view))
    draw_strips(canvas.part(0, 306, canvas.width, 192), _strips(view), min(max(horizon, 30), 120))


def _most(view: View) -> float:
    """Return a rate that few users exceed."""
    return max(2.0, float(np.max(view.metric("expected_rate"), initial=0.0)) / 2.0)


def _plan(canvas: Canvas, view: View, parts: dict[str, Any], turns: Any) -> None:
    """Draw the plan: the beams of all streams, and what the surface makes of them."""
    canvas.clear(colours.LAND)
    p = view.params
    world = World(canvas, *drawing.extent(p))
    if view.last is not None:
        drawing.draw_station_beams(world, p, parts["precoder"])
        drawing.draw_surface_beams(world, p, parts, turns)
    receivers = parts["users"]
    drawing.draw_places(world, p, receivers[:-1])
    target = (float(receivers[-1]["x_m"]), float(receivers[-1]["y_m"]))
    world.circle(p.target_centre_m, p.target_radius_m, None, colours.MUTED)
    x, y = world.pixels(target)
    corners = ((x, y - 8), (x + 8, y), (x, y + 8), (x - 8, y))
    canvas.polygon(corners, drawing.user_colour(p.users), colours.INK)
    world.text(p.target_centre_m, "target", 14, colours.INK, lift=_below(world, p))
    world.scale_bar(10.0 if math.hypot(*p.surface_m) < 100.0 else 50.0)
    canvas.text((10, 14), "beams of users and sensing, root of the gain", 13, colours.MUTED)


def _below(world: World, p: Any) -> float:
    """Return the way in pixels from the middle of the target's disc to below its rim."""
    x, y = p.target_centre_m
    return float(world.pixels((x, y))[1] - world.pixels((x, y - p.target_radius_m))[1]) - 12.0


def _strips(view: View) -> list[Strip]:
    promised, radar = view.metric("expected_rate"), view.metric("radar_snr_db")
    share = view.metric("sensing_share")
    most = max(0.2, math.ceil(5.0 * float(np.max(share, initial=0.0))) / 5.0)
    required = view.params.required_snr_db
    high = float(math.ceil(max(2.0, float(np.max(promised, initial=0.0))) / 2.0) * 2)
    low_db = 5.0 * math.floor(min(required - 5.0, float(np.min(radar, initial=required))) / 5.0)
    high_db = 5.0 * math.ceil(max(required + 5.0, float(np.max(radar, initial=required))) / 5.0)
    return [
        Strip("sum rate", "bit/s/Hz", 0.0, high, (
            Series("expected", promised, colours.SKY),
            Series("reached", view.objective("rate"), colours.INK),
        )),
        Strip("radar SNR", "dB", low_db, high_db, (
            Series("required", np.full(len(radar), required), colours.MUTED),
            Series("reached", radar, colours.VERMILION),
        )),
        Strip("sensing", "share", 0.0, most, (Series("", share, colours.GREEN),)),
    ]  # fmt: skip
