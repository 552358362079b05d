"""Scene of ``isac/RisMiso-v0``: places, beams of the last slot, phases, and rates."""

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
    rates = parts["users"]["rate"]
    drawing.draw_rates(canvas.part(580, 36, 210, 236), rates, _most(view))
    draw_strips(canvas.part(0, 306, canvas.width, 192), _strips(view), min(max(horizon, 30), 120))


def _most(view: View) -> float:
    """Return a rate that few users exceed: what one would have alone."""
    snr_db = view.metric("channel_snr_db")
    return 2.0 + max(0.34 * float(np.max(snr_db, initial=0.0)), 0.0)


def _plan(canvas: Canvas, view: View, parts: dict[str, Any], turns: Any) -> None:
    """Draw the plan: the precoder's beams, and what the surface makes of them."""
    canvas.clear(colours.LAND)
    p = view.params
    world = World(canvas, *drawing.extent(p))
    apart = math.hypot(*p.surface_m)
    if view.last is not None:
        drawing.draw_station_beams(world, p, parts["precoder"])
        drawing.draw_surface_beams(world, p, parts, turns)
    drawing.draw_places(world, p, parts["users"])
    world.scale_bar(10.0 if apart < 100.0 else 50.0)
    canvas.text((10, 14), "beams of the users, root of the gain", 13, colours.MUTED)


def _strips(view: View) -> list[Strip]:
    total = view.objective("rate")
    promised = view.metric("expected_rate")
    most = max(2.0, float(np.max(promised, initial=0.0)))
    high = float(math.ceil(most / 2.0) * 2)
    snr = view.metric("channel_snr_db")
    low_db = 10.0 * math.floor(float(np.min(snr, initial=0.0)) / 10.0)
    high_db = 10.0 * math.ceil((float(np.max(snr, initial=low_db + 10.0)) + 1.0) / 10.0)
    return [
        Strip("weighted rate", "", 0.0, high, (
            Series("expected", promised, colours.SKY),
            Series("reached", total, colours.INK),
        )),
        Strip("least rate", "", 0.0, max(1.0, math.ceil(high / 4.0)), (
            Series("", view.metric("least_rate"), colours.VERMILION),
        )),
        Strip("channel", "dB", low_db, high_db, (Series("SNR", snr, colours.GREEN),)),
    ]  # fmt: skip
