"""Scene of ``isac/UavTrajectory-v0``: the area from above, the UAV and what it believes.

Drawn is the UAV after the last slot, lines to the users as wide as their share of the band, the
estimates with their ellipses, and the circle of best places for a look around each estimate.
"""

import math

import numpy as np

from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_panel, draw_strips
from isac_envs.rendering.view import View
from isac_envs.rendering.world import Position, World

_DEVIATIONS = 3.0  # semi-axes of the ellipses in standard deviations


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    time, horizon = int(view.env.time), view.params.horizon
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, f"slot {time} of {horizon}")
    _map(canvas.part(10, 36, 430, 300), view)
    _battery(canvas.part(450, 36, 340, 26), view)
    _data(canvas.part(450, 68, 340, 120), view)
    _panel(canvas.part(450, 194, 340, 142), view)
    span = min(max(view.params.horizon, 30), 120)
    draw_strips(canvas.part(0, 340, canvas.width, canvas.height - 340), _strips(view), span)


def _map(canvas: Canvas, view: View) -> None:
    side = view.params.area_m
    margin = 0.04 * side
    canvas.clear(colours.LAND)
    world = World(canvas, (-margin, side + margin), (-margin, side + margin))
    world.rectangle((0.0, side), (0.0, side), None, colours.GRID)
    home = (view.params.home_x_m, view.params.home_y_m)
    world.circle(home, view.params.home_radius_m, colours.SKY, colours.BLUE)
    place = (float(view.env.x), float(view.env.y))
    _users(world, view, place)
    _targets(world, view)
    looked = bool(view.env.looked)
    world.dot(place, 13 if looked else 9, colours.PAPER, colours.ORANGE if looked else colours.INK)
    for turn in range(4):
        angle = 0.5 * math.pi * turn + 0.25 * math.pi
        arm = 9.0 / world.scale
        rotor = (place[0] + arm * math.cos(angle), place[1] + arm * math.sin(angle))
        world.line((place, rotor), colours.INK, 2)
        world.dot(rotor, 4, colours.INK)
    world.scale_bar(200.0)
    left = 8.0
    for name, colour in (("user", colours.BLUE), ("target", colours.VERMILION),
                         ("estimate", colours.GREEN), ("look", colours.ORANGE)):  # fmt: skip
        shown = colours.mixed(colour, colours.INK, 0.25)
        left += canvas.text((left, 10), name, 14, shown) + 10


def _users(world: World, view: View, place: Position) -> None:
    for k, user in enumerate(view.entities[0]):
        where = (float(user.x), float(user.y))
        if user.share > 0.02:
            world.line((place, where), colours.SKY, 1.0 + 6.0 * float(user.share))
        world.dot(where, 7, colours.BLUE, colours.INK)
        world.text(where, f"{k}", 14, colours.INK, lift=15)


def _targets(world: World, view: View) -> None:
    for target in view.entities[1]:
        information = np.array(((target.info_xx, target.info_xy), (target.info_xy, target.info_yy)))
        mean = (float(target.mean_x), float(target.mean_y))
        covariance = np.linalg.inv(information)
        world.ellipse(mean, covariance, _DEVIATIONS, colours.GREEN, colours.GREEN, opacity=0.3)
        radius = view.params.height_m / math.sqrt(2.0)
        world.circle(mean, radius, None, colours.mixed(colours.ORANGE, colours.PAPER, 0.5))
        world.dot(mean, 3, colours.GREEN)
        world.dot((float(target.x), float(target.y)), 5, colours.VERMILION, colours.INK)


def _battery(canvas: Canvas, view: View) -> None:
    part = float(view.env.energy) / view.params.battery_j
    colour = colours.GREEN if view.env.shortfall == 0.0 else colours.VERMILION
    canvas.text((0, 13), "battery", 15)
    canvas.rectangle(70, 4, 200, 18, colours.PAPER)
    canvas.rectangle(70, 4, 200 * part, 18, colour)
    canvas.rectangle(70, 4, 200, 18, edge=colours.MUTED)
    canvas.text((278, 13), f"{1e-3 * float(view.env.energy):.1f} kJ", 15)


def _data(canvas: Canvas, view: View) -> None:
    """Draw the data of the users, and of the targets how well they are known."""
    users = view.entities[0]
    full = float(view.params.record[0].peak_bits) * view.params.horizon
    height = min(22.0, (canvas.height - 4) / max(1, len(users)))
    for k, user in enumerate(users):
        top = k * height
        canvas.text((0, top + height / 2), f"user {k}", 14)
        canvas.rectangle(70, top + 3, 200, height - 6, colours.PAPER)
        canvas.rectangle(
            70, top + 3, 200 * min(float(user.bits) / full, 1.0), height - 6, colours.BLUE
        )
        canvas.rectangle(70, top + 3, 200, height - 6, edge=colours.MUTED)
        canvas.text((278, top + height / 2), f"{1e-6 * float(user.bits):.0f} Mbit", 14)


def _panel(canvas: Canvas, view: View) -> None:
    rows = []
    if view.last is not None:
        metrics = view.last["metrics"][0]
        rows = [
            ("speed", f"{metrics.speed_m_s:.1f} m/s", colours.INK),
            ("looks", f"{int(view.env.looks)}", colours.ORANGE),
            ("worst bound", f"{metrics.position_bound_m:.1f} m", colours.GREEN),
            ("worst error", f"{metrics.position_error_m:.1f} m", colours.VERMILION),
            ("missing to home", f"{metrics.missing_m:.0f} m", colours.INK),
            ("reward so far", f"{view.reward().sum():.1f}", colours.INK),
        ]
    draw_panel(canvas, rows)


def _strips(view: View) -> list[Strip]:
    params = view.params
    fastest = params.max_speed_m_s
    bound = np.log10(np.maximum(view.metric("position_bound_m"), 0.1))
    error = np.log10(np.maximum(view.metric("position_error_m"), 0.1))
    rate = 1e-6 * view.metric("least_data_bit") / params.slot_s
    peak = 1e-6 * params.peak_rate_bps
    return [
        Strip("speed", "m/s", 0.0, fastest, (
            Series("speed", view.metric("speed_m_s"), colours.INK),
            Series("look", fastest * view.metric("look"), colours.ORANGE, "marks"),
        )),
        Strip("least data", "Mbit/s", 0.0, peak, (Series("", rate, colours.BLUE),)),
        Strip("log10 of m", "", -1.0, 3.0, (
            Series("bound", bound, colours.GREEN), Series("error", error, colours.VERMILION),
        )),
    ]  # fmt: skip
