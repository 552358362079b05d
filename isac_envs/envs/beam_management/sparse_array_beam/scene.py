"""Scene of ``isac/SparseArrayBeam-v0``: the pattern over the angle, the phases, and the outcome."""

import numpy as np
import numpy.typing as npt

from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_panel, draw_strips
from isac_envs.rendering.view import View
from isac_envs.rendering.world import World

Array = npt.NDArray[np.float64]

_FLOOR_DB = -30.0
_LEVEL_COLOURS = (colours.BLUE, colours.SKY, colours.GREEN, colours.YELLOW, colours.ORANGE,
                  colours.VERMILION, colours.PURPLE, colours.BLUE)  # fmt: skip


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    time, horizon = int(view.env.time), view.params.horizon
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, f"beam {time} of {horizon}")
    _beam(canvas.part(10, 36, 560, 170), view)
    _elements(canvas.part(10, 212, 560, 58), view)
    _panel(canvas.part(580, 36, 210, 234), view)
    draw_strips(canvas.part(0, 276, canvas.width, 220), _strips(view), span=200)


def _in_radar(view: View) -> bool:
    """Return whether the last beam, or the first, is for the radar."""
    if view.last is None:
        return bool(view.env.mode == 0)
    return bool(view.last["metrics"][0].radar)


def _gain_db(view: View, sines: Array) -> Array:
    """Return the pattern of the present phases with their errors, over the full gain N."""
    elements = view.entities[0]
    turns = elements["level"] / view.params.levels + elements["error_turns"]
    places = np.array(view.params.positions)
    field = np.exp(2j * np.pi * (0.5 * np.outer(sines, places) - turns)).mean(1)
    return np.asarray(20.0 * np.log10(np.maximum(np.abs(field), 1e-6)))


def _beam(canvas: Canvas, view: View) -> None:
    """Draw the pattern as a polar curve over the half plane before the array."""
    canvas.clear(colours.LAND)
    world = World(canvas, (-1.85, 1.85), (-0.06, 1.1))
    for ring_db in (-20.0, -10.0, 0.0):
        radius = 1.0 - ring_db / _FLOOR_DB
        arc = np.linspace(0.0, np.pi, 91)
        world.line(np.stack((radius * np.cos(arc), radius * np.sin(arc)), -1), colours.GRID)
        world.text((radius, 0.0), f"{ring_db:g}", 13, colours.MUTED, lift=-6.0)
    angles = np.radians(np.linspace(-90.0, 90.0, 541))
    radii = 1.0 - np.clip(_gain_db(view, np.sin(angles)), _FLOOR_DB, 0.0) / _FLOOR_DB
    colour = colours.ORANGE if _in_radar(view) else colours.BLUE
    world.pattern((0.0, 0.0), np.pi / 2 - angles, radii, colour, colour, opacity=0.35)
    sine = float(view.env.steer_sine)
    way = np.array((sine, np.sqrt(1.0 - sine * sine)))
    if _in_radar(view):
        half = 2.0 / (view.params.positions[-1] + 1)
        for edge in (sine - half, sine + half):
            if abs(edge) < 1.0:
                end = (edge, float(np.sqrt(1.0 - edge * edge)))
                world.dashes((0.0, 0.0), (1.05 * end[0], 1.05 * end[1]), 0.03, colours.MUTED)
        world.line(np.stack((np.zeros(2), 1.05 * way)), colours.INK)
    dark = colours.mixed(colour, colours.INK, 0.25)
    title = "radar: main lobe between the dashes" if _in_radar(view) else "beam for the user"
    canvas.text((10, 14), title, 15, dark)
    canvas.text((canvas.width - 10, 14), "gain over N, dB", 13, colours.MUTED, "right")


def _elements(canvas: Canvas, view: View) -> None:
    """Draw every element where it stands, with its phase as a hand."""
    places, levels = view.params.positions, view.params.levels
    span, radius = places[-1], min(13.0, 0.42 * (canvas.width - 60) / places[-1])
    middle = canvas.height / 2 - 4
    canvas.line(((22, middle), (canvas.width - 22, middle)), colours.GRID, 2)
    for place, level in zip(places, view.entities[0]["level"].tolist(), strict=True):
        x, angle = 30 + (canvas.width - 60) * place / span, 2.0 * np.pi * level / levels
        tone = _LEVEL_COLOURS[int(level * len(_LEVEL_COLOURS) / levels)]
        fill = colours.mixed(tone, colours.PAPER, 0.55)
        canvas.circle((x, middle), radius, fill, colours.MUTED)
        tip = (x + radius * np.cos(angle), middle - radius * np.sin(angle))
        canvas.line(((x, middle), tip), colours.INK, 2)
    canvas.text((10, canvas.height - 6), "phases", 13, colours.MUTED)


def _panel(canvas: Canvas, view: View) -> None:
    rows = [("mode", "radar" if _in_radar(view) else "user", colours.INK)]
    if view.last is not None:
        metrics = view.last["metrics"][0]
        if _in_radar(view):
            rows += [
                ("main lobe", f"{metrics.main_lobe_db:.1f} dB", colours.INK),
                ("side lobe", f"{metrics.side_lobe_db:.1f} dB", colours.INK),
                ("ratio", f"{metrics.side_lobe_ratio_db:.1f} dB", colours.VERMILION),
                ("pointing loss", f"{metrics.pointing_loss_db:.1f} dB", colours.INK),
            ]
        else:
            rows += [
                ("gain", f"{metrics.gain:.2f}", colours.INK),
                ("of free phases", f"{metrics.gain_over_bound:.3f}", colours.BLUE),
                ("of the optimum", f"{metrics.gain_over_optimum:.3f}", colours.BLUE),
            ]
        rows.append(("measured", f"{metrics.measured:.3f}", colours.INK))
        rows.append(("mean reward", f"{view.reward().mean():.3f}", colours.INK))
    draw_panel(canvas, rows)


def _strips(view: View) -> list[Strip]:
    in_radar = view.metric("radar") > 0.0
    ratio = np.where(in_radar, view.metric("side_lobe_ratio_db"), np.nan)
    gain = np.where(in_radar, np.nan, view.metric("gain_over_optimum"))
    return [
        Strip("reward", "", -1.0, 1.5, (Series("", view.reward(), colours.INK),)),
        Strip("gain / optimum", "", 0.0, 1.0, (Series("user", gain, colours.BLUE),)),
        Strip("lobe ratio", "dB", -10.0, 10.0, (Series("radar", ratio, colours.ORANGE),)),
    ]
