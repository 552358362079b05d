"""Scene of the missions of one UAV and of several: the area from above, UAVs and estimates.

Drawn are the UAVs after the last slot, lines to the users as wide as their share of the band, the
estimates with their ellipses, and the circle of best places for a look around each estimate.
"""

import math
from typing import Any

import numpy as np

from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_panel, draw_strips
from isac_envs.rendering.view import View
from isac_envs.rendering.world import Position, World

_DEVIATIONS = 3.0  # semi-axes of the ellipses in standard deviations


_UAVS = (colours.INK, colours.PURPLE, colours.BLUE, colours.GREEN, colours.VERMILION)


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy of the mission of one UAV."""
    _draw(canvas, view, [view.env], [view.entities[0]])


def draw_team(canvas: Canvas, view: View) -> None:
    """Draw one copy of the mission of several UAVs."""
    _draw(canvas, view, list(view.entities[2]), list(view.entities[3]))


def _draw(canvas: Canvas, view: View, uavs: list[Any], links: list[Any]) -> None:
    time, horizon = int(view.env.time), view.params.horizon
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, f"slot {time} of {horizon}")
    _map(canvas.part(10, 36, 430, 300), view, uavs, links)
    top = 36.0
    for m, uav in enumerate(uavs[: len(_UAVS)]):
        _battery(canvas.part(450, top, 340, 26), view, uav, _UAVS[m] if len(uavs) > 1 else None)
        top += 24.0
    _data(canvas.part(450, top + 6, 340, 184 - top), view)
    _panel(canvas.part(450, 194, 340, 142), view)
    span = min(max(view.params.horizon, 30), 120)
    draw_strips(
        canvas.part(0, 340, canvas.width, canvas.height - 340), _strips(view, len(uavs)), span
    )


def _map(canvas: Canvas, view: View, uavs: list[Any], links: list[Any]) -> None:
    side = view.params.area_m
    margin = 0.04 * side
    canvas.clear(colours.LAND)
    world = World(canvas, (-margin, side + margin), (-margin, side + margin))
    world.rectangle((0.0, side), (0.0, side), None, colours.GRID)
    home = (view.params.home_x_m, view.params.home_y_m)
    world.circle(home, view.params.home_radius_m, colours.SKY, colours.BLUE)
    for uav, row in zip(uavs, links, strict=True):
        _links(world, view, (float(uav.x), float(uav.y)), row)
    _users(world, view)
    _targets(world, view)
    for m, uav in enumerate(uavs):
        _uav(world, uav, _UAVS[m % len(_UAVS)])
    world.scale_bar(200.0)
    left = 8.0
    for name, colour in (("user", colours.BLUE), ("target", colours.VERMILION),
                         ("estimate", colours.GREEN), ("look", colours.ORANGE)):  # fmt: skip
        shown = colours.mixed(colour, colours.INK, 0.25)
        left += canvas.text((left, 10), name, 14, shown) + 10


def _uav(world: World, uav: Any, colour: Any) -> None:
    place, looked = (float(uav.x), float(uav.y)), bool(uav.looked)
    world.dot(place, 13 if looked else 9, colours.PAPER, colours.ORANGE if looked else colour)
    for turn in range(4):
        angle = 0.5 * math.pi * turn + 0.25 * math.pi
        arm = 9.0 / world.scale
        rotor = (place[0] + arm * math.cos(angle), place[1] + arm * math.sin(angle))
        world.line((place, rotor), colour, 2)
        world.dot(rotor, 4, colour)


def _links(world: World, view: View, place: Position, links: Any) -> None:
    for user, link in zip(view.entities[0], links, strict=True):
        if link.share > 0.02:
            end = (float(user.x), float(user.y))
            world.line((place, end), colours.SKY, 1.0 + 6.0 * float(link.share))


def _users(world: World, view: View) -> None:
    for k, user in enumerate(view.entities[0]):
        where = (float(user.x), float(user.y))
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


def _battery(canvas: Canvas, view: View, uav: Any, mark: Any) -> None:
    part = float(uav.energy) / view.params.battery_j
    colour = colours.GREEN if uav.shortfall == 0.0 else colours.VERMILION
    canvas.text((0, 13), "battery", 15)
    if mark is not None:
        canvas.rectangle(58, 7, 8, 12, mark)
    canvas.rectangle(70, 4, 200, 18, colours.PAPER)
    canvas.rectangle(70, 4, 200 * part, 18, colour)
    canvas.rectangle(70, 4, 200, 18, edge=colours.MUTED)
    canvas.text((278, 13), f"{1e-3 * float(uav.energy):.1f} kJ", 15)


def _data(canvas: Canvas, view: View) -> None:
    """Draw the data of the users, and of the targets how well they are known."""
    users = view.entities[0]
    full = float(view.params.record[0].peak_bits) * view.params.horizon
    height = min(22.0, (canvas.height - 4) / max(1, len(users)))
    size = min(14, int(height))
    for k, user in enumerate(users):
        top = k * height
        canvas.text((0, top + height / 2), f"user {k}", size)
        canvas.rectangle(70, top + 3, 200, height - 6, colours.PAPER)
        canvas.rectangle(
            70, top + 3, 200 * min(float(user.bits) / full, 1.0), height - 6, colours.BLUE
        )
        canvas.rectangle(70, top + 3, 200, height - 6, edge=colours.MUTED)
        canvas.text((278, top + height / 2), f"{1e-6 * float(user.bits):.0f} Mbit", size)


def _panel(canvas: Canvas, view: View) -> None:
    rows = []
    if view.last is not None:
        agents = range(len(view.model.agents))
        metrics = view.last["metrics"][0]
        missing = max(float(view.last["metrics"][m].missing_m) for m in agents)
        reward = float(np.mean([view.reward(m).sum() for m in agents]))
        rows = [
            ("speed", f"{metrics.speed_m_s:.1f} m/s", colours.INK),
            ("looks", f"{int(view.env.looks)}", colours.ORANGE),
            ("worst bound", f"{metrics.position_bound_m:.1f} m", colours.GREEN),
            ("worst error", f"{metrics.position_error_m:.1f} m", colours.VERMILION),
            ("missing to home", f"{missing:.0f} m", colours.INK),
            ("reward so far", f"{reward:.1f}", colours.INK),
        ]
    draw_panel(canvas, rows)


def _strips(view: View, count: int) -> list[Strip]:
    params = view.params
    fastest = params.max_speed_m_s
    bound = np.log10(np.maximum(view.metric("position_bound_m"), 0.1))
    error = np.log10(np.maximum(view.metric("position_error_m"), 0.1))
    rate = 1e-6 * view.metric("least_data_bit") / params.slot_s
    peak = float(math.ceil(1e-6 * params.peak_rate_bps * count))
    shown = range(min(count, len(_UAVS)))
    looks = np.max([view.metric("look", m) for m in range(count)], 0)
    return [
        Strip("speed", "m/s", 0.0, fastest, (
            *(Series("", view.metric("speed_m_s", m), _UAVS[m]) for m in shown),
            Series("look", fastest * looks, colours.ORANGE, "marks"),
        )),
        Strip("least data", "Mbit/s", 0.0, peak, (Series("", rate, colours.BLUE),)),
        Strip("log10 of m", "", -1.0, 3.0, (
            Series("bound", bound, colours.GREEN), Series("error", error, colours.VERMILION),
        )),
    ]  # fmt: skip
