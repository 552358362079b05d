"""Scene of ``isac/SmartRoad-v0``: the grid, its traffic, its servers, and all vehicles.

Lanes redden with their travel times. A box is a server, filled by its load, with its number of
twins. A dot is a vehicle on the road that it took last; lines lead to the twin and the target of
the first vehicle.
"""

from typing import Any

import numpy as np

from isac_envs.envs.edges.drawing import Plan
from isac_envs.envs.edges.grid import NOWHERE, neighbour
from isac_envs.kernels.platforms.road_traffic import link_time
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_panel, draw_strips
from isac_envs.rendering.view import View

_SPAN = 30  # steps that the strips show


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    time, horizon = int(view.env.time), view.params.horizon
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, f"road {time} of {horizon}")
    _plan(canvas.part(4, 36, 470, 326), view)
    _panel(canvas.part(486, 44, 304, 310), view)
    draw_strips(canvas.part(0, 366, canvas.width, 132), _strips(view), _SPAN)


def _plan(canvas: Canvas, view: View) -> None:
    vehicles, roads, nodes = view.entities
    p = view.params
    plan = Plan(canvas, p.side)
    flow = roads["background"] + np.maximum(roads["vehicles"], 1.0)
    plan.roads(1.0 - p.free_time_s / link_time(p.free_time_s, flow, p.road_capacity))
    plan.servers(nodes["twins"] * (p.task_rate_hz / p.service_rate_hz), nodes["twins"])
    ahead = np.zeros((*roads.shape, 1), int)  # vehicles that were drawn on a road so far
    first = vehicles[0]
    arrived = np.zeros(len(vehicles)) if view.last is None else view.last["metrics"]["arrived"]
    for own, now in zip(vehicles, arrived.tolist(), strict=True):
        if own["active"] or now:
            canvas.circle(_place(plan, own, ahead), 4.0, _colour(own), colours.PAPER)
    if first["active"]:
        x, y = plan.at(first["node"])
        canvas.line(((x, y), plan.at(first["host"])), colours.PURPLE, 2)
        canvas.circle(plan.at(first["target"]), 16.0, None, colours.GREEN, width=3.0)
        canvas.circle((x, y), 16.0, None, colours.BLUE, width=3.0)


def _place(plan: Plan, own: Any, ahead: Any) -> tuple[float, float]:
    """Return where a vehicle is drawn: behind those that came before it on its road."""
    road = int(own["road"])
    if road == NOWHERE:
        x, y = plan.at(own["node"])
        return x + 15.0, y - 15.0
    behind = neighbour(plan.side, int(own["node"]), (road + 2) % 4)
    rank = int(ahead[behind, road, 0])
    ahead[behind, road, 0] += 1
    return plan.lane(behind, road, 0.78 - 0.1 * (rank % 7))


def _colour(own: Any) -> colours.Colour:
    """Return the colour of a vehicle: arrived, with its twin at hand, or away from it."""
    if not own["active"]:
        return colours.GREEN
    return colours.BLUE if own["host"] == own["node"] else colours.PURPLE


def _panel(canvas: Canvas, view: View) -> None:
    under_way = int(view.entities[0]["active"].sum())
    count = view.params.vehicles
    rows = [
        ("under way (blue, purple: twin away)", f"{under_way}", colours.BLUE),
        ("arrived (green)", f"{count - under_way}", colours.GREEN),
    ]
    if len(view.steps):
        metrics = view.steps["metrics"]
        roads = max(1.0, float(metrics["under_way"].sum()))
        rows += [
            ("travel time of a road", f"{metrics['travel_s'].sum() / roads:.1f} s", colours.INK),
            ("delay of a task", f"{1e3 * metrics['delay_s'].sum() / roads:.0f} ms", colours.INK),
            ("late", f"{100.0 * metrics['late'].sum() / roads:.0f} %", colours.VERMILION),
            ("migrations of a twin", f"{metrics['migrated'].sum() / count:.1f}", colours.PURPLE),
            ("return of a vehicle", f"{_reward(view).sum():.2f}", colours.INK),
        ]
    draw_panel(canvas, rows)


def _reward(view: View) -> Any:
    """Return the mean reward of the vehicles in the past steps."""
    return (view.steps["objectives"] * np.array(view.params.weights)).sum(-1).mean(1)


def _strips(view: View) -> list[Strip]:
    p, metrics = view.params, view.steps["metrics"]
    roads = np.maximum(1.0, metrics["under_way"].sum(1))
    travel = metrics["travel_s"].sum(1) / roads
    delay = 1e3 * metrics["delay_s"].sum(1) / roads
    limit = 1e3 * p.delay_limit_s
    return [
        Strip("under way", "", 0.0, float(p.vehicles),
              (Series("", metrics["under_way"].sum(1), colours.BLUE, "bars"),)),
        Strip("travel", "s", 0.0, 3.0 * p.free_time_s,
              (Series("mean", travel, colours.INK, "bars", ".1f"),)),
        Strip("delay", "ms", 0.0, 2.5 * limit,
              (Series("mean", delay, colours.ORANGE, "bars", ".0f"),)),
    ]  # fmt: skip
