"""Scene of ``isac/BeamTrack-v0``: array, vehicles, beams and belief from above, and the outcome.

Drawn is the last slot: where the vehicles were in it, the beams that served them, the estimate of
the filter at its end, and its prediction for the coming slot. Heights are not shown: a beam's
pattern is that at the height of its vehicle.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.envs.beam_management.beam_track.echoes import peak_gain
from isac_envs.kernels.arrays.beams import ula_beam_gain
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.figures import draw_road
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_panel, draw_strips
from isac_envs.rendering.view import View
from isac_envs.rendering.world import Position, World

_DEVIATIONS = 3.0  # semi-axes of the ellipses in standard deviations
_MARGIN_M = 4.0


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    time, horizon = int(view.env.time), view.params.horizon
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, f"slot {time} of {horizon}")
    _scene(canvas.part(10, 36, 560, 238), view)
    _close_up(canvas.part(580, 36, 210, 128), view)
    _panel(canvas.part(580, 170, 210, 104), view)
    span = min(max(view.params.horizon, 30), 120)
    draw_strips(canvas.part(0, 278, canvas.width, 220), _strips(view), span)


def _extent(params: Any) -> tuple[Position, Position]:
    """Return the x and the y in m between which everything happens."""
    if params.motion == "circle":
        x, y, reach = params.circle_centre_x_m, params.circle_centre_y_m, params.circle_radius_m
        reach += 20.0
        return (min(0.0, x - reach), x + reach), (min(0.0, y - reach), y + reach)
    if params.traces:
        x = params.record["passes"][..., 0]
        return (x.min() - _MARGIN_M, x.max() + _MARGIN_M), (
            -_MARGIN_M, _lane(params)[1] + _MARGIN_M
        )  # fmt: skip
    travel = params.speed_m_s * params.horizon * params.slot_s
    first = params.start_x_m - params.vehicle_spacing_m * (params.vehicles - 1)
    x_m = (min(0.0, first) - _MARGIN_M, max(0.0, params.start_x_m + 1.15 * travel) + _MARGIN_M)
    return x_m, (-_MARGIN_M, _lane(params)[1] + _MARGIN_M)


def _lane(params: Any) -> Position:
    half = min(params.lane_half_width_m, 0.5 * params.lane_y_m)
    return params.lane_y_m - half, params.lane_y_m + half


def _scene(canvas: Canvas, view: View) -> None:
    x_m, y_m = _extent(view.params)
    world = World(canvas, x_m, y_m)
    canvas.clear(colours.LAND)
    if view.params.motion == "road" and view.params.height_m == 0.0:
        wide = x_m[1] - x_m[0]
        draw_road(world, (x_m[0] - wide, x_m[1] + wide), _lane(view.params), 2)
    for vehicle in view.entities[0]:
        if view.last is not None:
            _beam(world, view, vehicle)
        _vehicle(world, view, vehicle)
        if view.last is not None:
            mark = colours.GREEN if vehicle.detected else colours.VERMILION
            world.dot((float(vehicle.x), float(vehicle.y)), 14, edge=mark, width=2.0)
    _array(world, view.params.transmitter == "surface")
    world.scale_bar(10.0 if x_m[1] - x_m[0] < 150.0 else 50.0)
    legend = ("truth", colours.INK), ("beam", colours.BLUE), ("estimate", colours.GREEN)
    left = 10.0
    for name, colour in (*legend, ("prediction", colours.ORANGE), ("missed", colours.VERMILION)):
        colour = colours.mixed(colour, colours.INK, 0.25)
        left += canvas.text((left, canvas.height - 12), name, 14, colour) + 12


def _array(world: World, surface: bool) -> None:
    """Draw the array or the surface, a line along the x axis; far larger than it is."""
    x, y = world.pixels((0.0, 0.0))
    world.canvas.line(((x - 22, y), (x + 22, y)), colours.INK, 3)
    if surface:
        world.canvas.text((x + 28, y), "surface", 14, colours.INK)
    for k in range(-2, 3):
        world.canvas.line(((x + 10 * k, y), (x + 10 * k, y - 6)), colours.INK, 2)


def _beam(world: World, view: View, vehicle: Any) -> None:
    """Draw the true pattern of the array, the root of its gain; or the beams of a sweep."""
    far = math.hypot(vehicle.x, vehicle.y)
    reach = 1.12 * far
    if vehicle.swept:
        edge = math.acos(view.params.record[0].sector_cosine)
        for angle in np.linspace(edge, math.pi - edge, 48):
            end = (reach * math.cos(angle), reach * math.sin(angle))
            world.line(((0.0, 0.0), end), colours.PURPLE)
    angles, gains = pattern(vehicle.beam_cosine, vehicle.antennas, min(far / vehicle.distance, 1.0))
    side = 1.0 if vehicle.y >= 0.0 else -1.0
    radii = reach * np.sqrt(gains)
    world.pattern((0.0, 0.0), side * angles, radii, colours.SKY, colours.BLUE, opacity=0.45)


def pattern(
    beam_cosine: float, antennas: float, flatness: float = 1.0
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the gain of a beam over its peak in a half plane.

    Args:
        beam_cosine: Direction of the beam.
        antennas: Active antennas.
        flatness: Horizontal over full distance of the places looked at: 1 on the ground.

    Returns:
        Azimuths from the array axis in rad, increasing from 0 to pi, and gains 0..1.
    """
    near = beam_cosine + np.linspace(-3.0, 3.0, 97) * 2.0 / antennas
    cosines = np.concatenate((np.linspace(-1.0, 1.0, 121), near / flatness))
    cosines = np.sort(np.clip(cosines, -1.0, 1.0))[::-1]
    gains = np.asarray(ula_beam_gain(cosines * flatness, beam_cosine, antennas)) / antennas
    return np.arccos(cosines), np.clip(gains, 0.0, 1.0)


def _vehicle(world: World, view: View, vehicle: Any) -> None:
    place = (float(vehicle.x), float(vehicle.y))
    if view.params.height_m == 0.0:
        body = colours.mixed(colours.MUTED, colours.PAPER, 0.35)  # what is believed shows on it
        world.vehicle(place, math.atan2(vehicle.v_y, vehicle.v_x), body, 4.6, 2.0)
    if vehicle.blocked:
        world.dot((0.6 * place[0], 0.6 * place[1]), 9, colours.VERMILION, colours.INK)
    _belief(world, view, vehicle)
    world.dot(place, 3, colours.INK)


def _belief(world: World, view: View, vehicle: Any) -> None:
    """Draw the estimate at the end of the slot and the prediction for the next one."""
    if view.last is not None:
        covariance = (
            (vehicle.filtered_xx, vehicle.filtered_xy),
            (vehicle.filtered_xy, vehicle.filtered_yy),
        )
        mean = (float(vehicle.filtered_x), float(vehicle.filtered_y))
        world.ellipse(mean, covariance, _DEVIATIONS, colours.GREEN, colours.GREEN, opacity=0.35)
    covariance = ((vehicle.p00, vehicle.p02), (vehicle.p02, vehicle.p22))
    mean = (float(vehicle.m0), float(vehicle.m2))
    world.ellipse(mean, covariance, _DEVIATIONS, None, colours.ORANGE, width=2.0)
    world.dot(mean, 2, colours.ORANGE)


def _close_up(canvas: Canvas, view: View) -> None:
    """Draw the surroundings of the first vehicle, so that the belief can be read."""
    vehicle = view.entities[0][0]
    canvas.clear(colours.LAND)
    half = 8.0 if view.params.motion == "road" else 30.0
    x, y = float(vehicle.x), float(vehicle.y)
    world = World(canvas, (x - half, x + half), (y - 0.5 * half, y + 0.5 * half))
    if view.last is not None:
        _beam(world, view, vehicle)
    _vehicle(world, view, vehicle)
    canvas.rectangle(0, 0, canvas.width, canvas.height, edge=colours.GRID)
    several = " of the first vehicle" if len(view.entities[0]) > 1 else ""
    canvas.text((8, 10), f"close-up{several}, {_DEVIATIONS:g} sigma", 13, colours.MUTED)
    world.scale_bar(0.25 * half)


def _panel(canvas: Canvas, view: View) -> None:
    rows = []
    if view.last is not None:
        metrics = view.last["metrics"][0]
        swept = bool(view.entities[0]["swept"].any())
        antennas = f"{metrics.active_antennas:.0f}"
        rows = [
            (_aperture(view.params), "sweep" if swept else antennas, colours.BLUE),
            ("sensing share", f"{metrics.sensing_share:.2f}", colours.INK),
            ("link SNR", f"{metrics.snr_db:.1f} dB", colours.INK),
            ("angle error", f"{metrics.angle_error_deg:.2f} deg", colours.INK),
            ("mean rate", f"{view.metric('rate').mean():.2f} bit/s/Hz", colours.INK),
        ]
    draw_panel(canvas, rows)


def _aperture(params: Any) -> str:
    """Return what a beam is made of."""
    return "columns" if params.transmitter == "surface" else "antennas"


def _strips(view: View) -> list[Strip]:
    params, tables = view.params, view.params.record[0]
    lane = params.lane_y_m if params.motion == "road" else 0.0
    nearest = lane**2 + params.height_m**2
    power_w = tables.power_w * peak_gain(tables, params.transmit_antennas)
    peak = power_w * tables.link_gain / nearest
    best = math.ceil(math.log2(1.0 + peak))
    widest = 4.0 * 102.0 / params.transmit_antennas  # four beamwidths of the full array
    return [
        Strip("rate", "bit/s/Hz", 0.0, best, (Series("", view.metric("rate"), colours.BLUE),)),
        Strip("beam gain", "", 0.0, 1.0, (
            Series("gain", view.metric("gain"), colours.SKY),
            Series("missed", 1.0 - view.metric("detection"), colours.VERMILION, "marks"),
        )),
        Strip("angle", "deg", 0.0, float(f"{widest:.2g}"), (
            Series("sigma", view.metric("angle_std_deg"), colours.ORANGE, form=".2f"),
            Series("error", view.metric("angle_error_deg"), colours.INK, form=".2f"),
        )),
        Strip(f"log2 of {_aperture(params)}", "", 0.0, math.log2(params.transmit_antennas), (
            Series("", np.log2(view.metric("active_antennas")), colours.PURPLE),
        )),
    ]  # fmt: skip
