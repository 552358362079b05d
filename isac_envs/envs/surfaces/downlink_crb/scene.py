"""Scene of ``isac/DownlinkCrb-v0``: beams by angle, the target and where it is believed, outcomes.

The picture shows the last slot: users have no direction, the target has, and the belief is the one
that the slot began with. Boresight points upward.
"""

import math
from typing import Any

import numpy as np

from isac_envs.envs.surfaces import drawing
from isac_envs.envs.surfaces.downlink_crb.records import State
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_strips
from isac_envs.rendering.view import View
from isac_envs.rendering.world import World

_TARGET, _BEAM = 1.0, 0.86  # distances from the base station in the picture
_DEVIATIONS = 2.0  # of the belief on either side


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    time, horizon = int(view.env.time), view.params.horizon
    parts = dict(zip(State._fields[1:], view.entities, strict=False))
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, f"slot {time} of {horizon}")
    _plan(canvas.part(10, 36, 560, 264), view, parts)
    rates = parts["users"]["rate"]
    drawing.draw_rates(canvas.part(580, 36, 210, 264), rates, max(4.0, float(rates.max())))
    draw_strips(canvas.part(0, 306, canvas.width, 192), _strips(view), min(max(horizon, 30), 120))


def _place(angle_rad: float, distance: float = _TARGET) -> tuple[float, float]:
    return distance * math.sin(angle_rad), distance * math.cos(angle_rad)


def _plan(canvas: Canvas, view: View, parts: dict[str, Any]) -> None:
    """Draw the beams, the target, and the sector in which it was believed."""
    canvas.clear(colours.LAND)
    world, e = World(canvas, (-1.16, 1.16), (-0.1, 1.14)), view.env
    world.pattern((0.0, 0.0), np.linspace(0.0, math.pi, 91), np.full(91, _TARGET), None,
                  colours.GRID)  # fmt: skip
    if view.last is None:
        angle, thought, std = float(e.angle_rad), *_belief(parts)
    else:
        angle, thought, std = float(e.served_rad), float(e.thought_rad), float(e.thought_std_rad)
    half = max(_DEVIATIONS * std, 0.004)
    turns = 0.5 * math.pi - thought + np.linspace(-half, half, 17)
    world.pattern((0.0, 0.0), turns, np.full(17, 1.06), colours.YELLOW, opacity=0.5)
    if view.last is not None:
        drawing.draw_patterns(world, (0.0, 0.0), 0.0, drawing.patterns(parts["precoder"]), _BEAM)
    x, y = world.pixels(_place(angle))
    corners = ((x, y - 8), (x + 8, y), (x, y + 8), (x - 8, y))
    found = view.last is not None and float(view.last["metrics"][0].detected) > 0.0
    canvas.polygon(corners, colours.VERMILION if found else colours.PAPER, colours.INK)
    left, right = world.pixels((0.0, 0.0))
    canvas.line(((left - 26, right + 3), (left + 26, right + 3)), colours.INK, 4)
    canvas.text((10, 14), "beams, root of the gain", 13, colours.MUTED)
    canvas.text((10, 30), "sensing", 13, drawing.user_colour(view.params.users))
    canvas.text((canvas.width - 10, 14), "target, filled if detected", 13, colours.MUTED, "right")
    canvas.text((canvas.width - 10, 30), "believed angle", 13, colours.ORANGE, "right")
    canvas.text((10, canvas.height - 12), "base station", 13, colours.INK)


def _belief(parts: dict[str, Any]) -> tuple[float, float]:
    """Return the believed angle and its standard deviation."""
    return float(parts["believed"][0]), math.sqrt(max(float(parts["covariance"][0, 0]), 0.0))


def _strips(view: View) -> list[Strip]:
    rate, bound = view.objective("rate"), view.metric("root_crb_deg")
    error, share = view.metric("angle_error_deg"), view.metric("sensing_share")
    snr_db = view.metric("radar_snr_db")
    high = float(math.ceil(max(2.0, float(np.max(rate, initial=0.0))) / 2.0) * 2)
    wide = min(2.0, max(float(np.max(bound, initial=1e-9)), float(np.max(error, initial=0.0))))
    most = _round_up(wide)
    low_db = 10.0 * math.floor(float(np.min(snr_db, initial=0.0)) / 10.0)
    high_db = 10.0 * math.ceil(float(np.max(snr_db, initial=20.0)) / 10.0)
    return [
        Strip("sum rate", "bit/s/Hz", 0.0, high, (Series("", rate),)),
        Strip("angle", "deg", 0.0, most, (
            Series("bound", bound, colours.VERMILION),
            Series("error", error, colours.INK),
        )),
        Strip("radar SNR", "dB", max(low_db, -20.0), high_db, (Series("", snr_db, colours.SKY),)),
        Strip("sensing", "share", 0.0, 1.0, (Series("", share, colours.GREEN),)),
    ]  # fmt: skip


def _round_up(value: float) -> float:
    """Return the next of 1, 2 and 5 times a power of ten."""
    ten = 10.0 ** math.floor(math.log10(max(value, 1e-9)))
    return next(each * ten for each in (1.0, 2.0, 5.0, 10.0) if each * ten >= value * 0.999)
