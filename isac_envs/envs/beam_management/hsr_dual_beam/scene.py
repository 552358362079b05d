"""Scene of ``isac/HsrDualBeam-v0``: the cell from above, both beams by angle, and the outcome.

The beams are those of the last slot, drawn where the train was in it.
"""

import numpy as np

from isac_envs.envs.beam_management.hsr_dual_beam.geometry import Array, angle_deg
from isac_envs.kernels.arrays.beams import gaussian_lobe_gain
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.strips import (
    Series,
    Strip,
    draw_heading,
    draw_panel,
    draw_strips,
    strip_points,
)
from isac_envs.rendering.view import View
from isac_envs.rendering.world import World

_GAIN_DB = (-25.0, 50.0)
_TRAIN_M = 70.0
_SEEN_M = 330.0


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    passed, slots = int(view.env.time), int(view.params.record[0].slots)
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, f"slot {passed} of {slots}")
    _cell(canvas.part(10, 32, 780, 10), view)
    _track(canvas.part(10, 42, 780, 98), view)
    _beams_by_angle(canvas.part(10, 146, 560, 124), view)
    _panel(canvas.part(580, 146, 210, 124), view)
    draw_strips(canvas.part(0, 274, canvas.width, 224), _strips(view), span=200)


def _train_m(view: View) -> float:
    return float(view.env.position_m if view.last is None else view.env.served_m)


def _look_m(view: View) -> Array:
    """Return the watched positions along the track."""
    params = view.params
    ahead = np.linspace(params.look_ahead_near_m, params.look_ahead_far_m, params.look_ahead_points)
    return np.asarray(_train_m(view) + ahead)


def _beams(view: View) -> tuple[tuple[float, float, colours.Colour], ...]:
    """Return direction and width in degrees and colour of both beams; none before a slot."""
    if view.last is None:
        return ()
    metrics = view.last["metrics"][0]
    pointing = float(view.env.pointing_deg)
    return (
        (pointing + metrics.separation_deg, metrics.radar_width_deg, colours.ORANGE),
        (pointing, metrics.communication_width_deg, colours.BLUE),
    )


def _track(canvas: Canvas, view: View) -> None:
    """Draw the track around the train; the camera moves with it."""
    params, train = view.params, _train_m(view)
    mast, end = params.mast_distance_m, params.cell_m + params.look_ahead_far_m
    canvas.clear(colours.LAND)
    world = World(canvas, (train - 0.5 * _SEEN_M, train + 0.5 * _SEEN_M), (-10.0, 20.0))
    for rail in (-1.5, 1.5):
        world.line(((train - _SEEN_M, rail), (train + _SEEN_M, rail)), colours.MUTED)
    for direction, width, colour in _beams(view):
        reach = mast / max(float(np.cos(np.radians(direction))), mast / end)
        angle, opening = np.radians(direction - 90.0), np.radians(width)
        world.lobe((0.0, mast), float(angle), float(opening), reach, colour, colour, opacity=0.35)
    world.rectangle((train - _TRAIN_M, train), (-2.5, 2.5), colours.INK)
    for x, point in zip(_look_m(view), view.entities[0], strict=True):
        found = float(point.detection_probability)
        fill = colours.mixed(colours.PAPER, colours.GREEN, found)
        world.dot((float(x), 0.0), 5, fill, colours.mixed(fill, colours.INK, 0.5))
    world.dot((0.0, mast), 5, colours.INK)
    world.text((3.5, mast), "mast", 14, colours.INK, "left")
    legend = (
        (12, "radar beam", colours.ORANGE),
        (92, "communication beam", colours.BLUE),
        (230, "watched points: the greener, the surer an obstacle is detected", colours.GREEN),
    )
    for left, text, colour in legend:
        mixed = colours.mixed(colour, colours.INK, 0.25)
        canvas.text((left, canvas.height - 10), text, 14, mixed)
    world.scale_bar(20.0)


def _cell(canvas: Canvas, view: View) -> None:
    """Draw the whole cell as a line with the mast and the train."""
    params, middle = view.params, canvas.height / 2

    def across(x_m: float) -> float:
        return (x_m / params.cell_m + 0.5) * (canvas.width - 1)

    train = across(_train_m(view))
    canvas.line(((0, middle), (canvas.width, middle)), colours.MUTED)
    canvas.line(((canvas.width / 2, 1), (canvas.width / 2, canvas.height - 1)), colours.INK, 2)
    canvas.rectangle(train - 8, middle - 2, 9, 5, colours.INK)
    look = across(float(_look_m(view)[-1])) - train
    canvas.rectangle(train + 2, middle - 1, look, 3, colours.GREEN)


def _beams_by_angle(canvas: Canvas, view: View) -> None:
    """Draw the gain of both beams over the angle at the mast."""
    angles = np.linspace(-90.0, 90.0, 361)

    def across(angle: float) -> float:
        return (angle + 90.0) / 180.0 * (canvas.width - 1)

    canvas.clear(colours.LAND)
    look = angle_deg(_look_m(view), view.params.mast_distance_m)
    left, right = across(float(look[0])), across(float(look[-1]))
    shade = colours.mixed(colours.LAND, colours.GREEN, 0.25)
    canvas.rectangle(left, 0, max(2.0, right - left), canvas.height, shade)
    for mark in range(-60, 90, 30):
        canvas.line(((across(mark), 0), (across(mark), canvas.height)), colours.GRID)
        canvas.text((across(mark), canvas.height - 8), f"{mark} deg", 13, colours.MUTED, "centre")
    for direction, width, colour in _beams(view):
        offsets = np.clip(angles - direction, -180.0, 180.0)  # beyond it, side lobes anyway
        gain = np.asarray(gaussian_lobe_gain(offsets, width))
        points = strip_points(gain, *_GAIN_DB, len(angles), canvas.width, canvas.height)
        canvas.curve(points, colour)
    true = across(float(angle_deg(_train_m(view), view.params.mast_distance_m)))
    canvas.line(((true, 0), (true, canvas.height)), colours.INK, 2)
    title = f"gain over angle, {_GAIN_DB[0]:g} to {_GAIN_DB[1]:g} dBi; line: train; shade: watched"
    canvas.text((canvas.width / 2, 10), title, 13, colours.MUTED, "centre")


def _panel(canvas: Canvas, view: View) -> None:
    rows = []
    if view.last is not None:
        metrics = view.last["metrics"][0]
        orange = colours.mixed(colours.ORANGE, colours.INK, 0.25)
        rows = [
            ("separation", f"{metrics.separation_deg:g} deg", colours.INK),
            ("radar beam", f"{metrics.radar_width_deg:g} deg", orange),
            ("communication beam", f"{metrics.communication_width_deg:g} deg", colours.BLUE),
            ("pointing error", f"{metrics.pointing_error_deg:.1f} deg", colours.INK),
            ("SINR", f"{metrics.sinr_db:.1f} dB", colours.BLUE),
            ("mean reward", f"{view.reward().mean():.3f}", colours.INK),
        ]
    draw_panel(canvas, rows)


def _strips(view: View) -> list[Strip]:
    params = view.params
    outage = view.steps["costs"][:, 0, 0]
    fastest = 1.5e-9 * params.reference_rate_bps
    return [
        Strip("reward", "", 0.0, 1.2, (Series("", view.reward(), colours.INK),)),
        Strip("rate", "Gb/s", 0.0, round(fastest, 1), (
            Series("rate", 1e-9 * view.metric("rate_bps"), colours.BLUE),
            Series("outage", outage, colours.VERMILION, "marks"),
        )),
        Strip("detection", "", 0.0, 1.0, (
            Series("", view.metric("detection_probability"), colours.GREEN),
        )),
        Strip("separation", "deg", 0.0, params.separations_deg[-1], (
            Series("", view.metric("separation_deg"), colours.PURPLE),
        )),
        Strip("widths", "deg", 0.0, params.radar_widths_deg[-1], (
            Series("radar", view.metric("radar_width_deg"), colours.ORANGE),
            Series("comm.", view.metric("communication_width_deg"), colours.BLUE),
        )),
    ]  # fmt: skip
