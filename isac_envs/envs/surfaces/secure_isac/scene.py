"""Scene of ``isac/SecureIsac-v0``: places and belief, beams of the last slot, phases, rates."""

import math
from typing import Any

import numpy as np

from isac_envs.envs.surfaces import drawing
from isac_envs.envs.surfaces.secure_isac.records import State
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_strips
from isac_envs.rendering.view import View
from isac_envs.rendering.world import World

_USER, _EAVESDROPPER = drawing.user_colour(0), drawing.user_colour(1)
_BEAMS = (("message", _USER), ("noise", _EAVESDROPPER), ("sensing", drawing.user_colour(2)))

_LIKELY = 2.45  # standard deviations of the ellipse in which she is with 95 %


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    time, horizon = int(view.env.time), view.params.horizon
    parts = dict(zip(State._fields[1:], view.entities, strict=False))
    turns = drawing.set_turns(view.params, parts["elements"]["turns"])
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, f"slot {time} of {horizon}")
    _plan(canvas.part(10, 36, 400, 236), view, parts, turns)
    _near(canvas.part(420, 36, 370, 236), view, parts, turns)
    drawing.draw_phases(canvas.part(10, 276, 780, 26), turns - np.floor(turns))
    draw_strips(canvas.part(0, 306, canvas.width, 192), _strips(view), min(max(horizon, 30), 120))


def _plan(canvas: Canvas, view: View, parts: dict[str, Any], turns: Any) -> None:
    """Draw all of it with the beams of the base station."""
    canvas.clear(colours.LAND)
    p = view.params
    x_m, (low, high) = drawing.extent(p)
    room = 0.1 * (high - low)  # for the name of the surface
    world = World(canvas, x_m, (low, high + room))
    apart = math.hypot(*p.surface_m)
    if view.last is not None:
        drawing.draw_station_beams(world, p, parts["precoder"], 0.4)
    drawing.draw_places(world, p, parts["users"])
    world.scale_bar(10.0 if apart < 100.0 else 50.0)
    canvas.text((10, 14), "beams of the base station", 13, colours.MUTED)
    for k, (name, colour) in enumerate(_BEAMS):
        canvas.rectangle(canvas.width - 76, 10 + 16 * k, 8, 8, colour)
        canvas.text((canvas.width - 62, 14 + 16 * k), name, 13, colours.MUTED)


def _near(canvas: Canvas, view: View, parts: dict[str, Any], turns: Any) -> None:
    """Draw what is around the surface: its beams, both receivers, and the belief."""
    canvas.clear(colours.LAND)
    p = view.params
    world = World(canvas, *drawing.around(p, (), 0.12))
    if view.last is not None:
        drawing.draw_surface_beams(world, p, parts, turns)
    mean = float(parts["believed"][0]), float(parts["believed"][1])
    world.ellipse(mean, parts["covariance"][:2, :2], _LIKELY, None, _EAVESDROPPER, 2)
    world.circle(p.target_centre_m, p.target_radius_m, None, colours.MUTED)
    world.circle(p.centre_m, p.radius_m, None, colours.MUTED)
    drawing.draw_surface(world, p)
    for k, (name, user) in enumerate(zip(("user", "eavesdropper"), parts["users"], strict=True)):
        place = (float(user["x_m"]), float(user["y_m"]))
        world.dot(place, 5, drawing.user_colour(k), colours.INK)
        world.text(place, name, 13, colours.INK, lift=13.0)
    canvas.text((10, 14), "beams of the surface; what is believed", 13, colours.MUTED)


def _strips(view: View) -> list[Strip]:
    user, other = view.metric("user_rate"), view.metric("eavesdropper_rate")
    most = max(4.0, float(np.max(user, initial=0.0)), float(np.max(other, initial=0.0)))
    high = float(math.ceil(most / 2.0) * 2)
    error = view.metric("place_error_m")
    far = max(1.0, math.ceil(float(np.max(error, initial=0.0))))
    return [
        Strip("rates", "bit/s/Hz", 0.0, high, (
            Series("user", user, _USER),
            Series("leaked", other, _EAVESDROPPER),
            Series("secrecy", view.objective("secrecy_rate"), colours.INK),
        )),
        Strip("place error", "m", 0.0, far, (Series("", error, colours.VERMILION),)),
        Strip("radar SNR", "dB", -20.0, 40.0, (
            Series("direct", np.clip(view.metric("direct_snr_db"), -20, 40), colours.GREEN),
            Series("surface", np.clip(view.metric("surface_snr_db"), -20, 40), colours.PURPLE),
        )),
        Strip("noise share", "", 0.0, 1.0, (
            Series("", view.metric("noise_share"), _EAVESDROPPER),
        )),
    ]  # fmt: skip
