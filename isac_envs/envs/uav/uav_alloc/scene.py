"""Scene of the group of UAVs: the area from above, who senses what, who sends, and what it gave."""

from typing import Any

from isac_envs.envs.uav.uav_alloc.records import COMMUNICATE
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_panel, draw_strips
from isac_envs.rendering.view import View
from isac_envs.rendering.world import Position, World

_CHANNELS = (colours.BLUE, colours.ORANGE, colours.GREEN, colours.PURPLE, colours.VERMILION,
             colours.SKY)  # fmt: skip


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy of the moving group."""
    uavs, targets, allocation = view.entities[:3]
    p = view.params
    half = 0.5 * p.area_m
    shares = [float(each.energy_j) / p.energy_j for each in uavs]
    places = [(float(each.x_m), float(each.y_m)) for each in uavs]
    seen = [(float(each.x_m), float(each.y_m)) for each in targets]
    _frame(canvas, view, half, (places, seen, allocation), shares)


def draw_tiny(canvas: Canvas, view: View) -> None:
    """Draw one copy of the hovering UAVs."""
    batteries, allocation = view.entities[:2]
    p = view.params
    places = list(zip(p.uav_x_m, p.uav_y_m, strict=True))
    seen = list(zip(p.target_x_m, p.target_y_m, strict=True))
    half = 1.15 * max(100.0, *(abs(x) for place in (*places, *seen) for x in place))
    shares = [int(each.level) / p.levels_full for each in batteries]
    _frame(canvas, view, half, (places, seen, allocation), shares)


def _frame(canvas: Canvas, view: View, half: float, group: Any, shares: Any) -> None:
    places, seen, allocation = group
    step, horizon = int(view.env.time), view.params.horizon
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, f"slot {step} of {horizon}")
    world = World(canvas.part(10, 36, 470, 316), (-half, half), (-half, half))
    _map(world, (half, half), places, seen, allocation, shares)
    _panel(canvas.part(490, 36, 300, 316), view, allocation, shares)
    draw_strips(canvas.part(0, 356, canvas.width, 142), _strips(view))


def _map(
    world: World, half: Position, places: Any, seen: Any, allocation: Any, shares: Any
) -> None:
    world.rectangle((-half[0], half[0]), (-half[1], half[1]), colours.LAND, colours.GRID)
    world.dot((0.0, 0.0), 7, colours.INK, colours.PAPER)
    world.text((0.0, 0.0), "base station", 13, colours.MUTED, lift=14)
    for each, place in zip(allocation, places, strict=True):
        if each.power_w > 0.0:
            sends = each.mode == COMMUNICATE
            end = (0.0, 0.0) if sends else seen[int(each.mode) - 1]
            colour = _CHANNELS[int(each.channel) % len(_CHANNELS)]
            width = 1.5 + 2.5 * float(each.power_w)
            if sends:
                world.line((place, end), colour, width)
            else:
                world.dashes(place, end, 0.025 * half[0], colour, width)
    for k, place in enumerate(seen):
        world.dot(place, 5, colours.VERMILION, colours.PAPER)
        world.text(place, f"target {k + 1}", 12, colours.MUTED, lift=12)
    for m, place in enumerate(places):
        fill = colours.mixed(colours.PAPER, colours.INK, shares[m])
        world.dot(place, 8, fill, colours.INK)
        world.text(place, f"UAV {m + 1}", 13, colours.INK, lift=14)
    world.scale_bar(0.25 * half[0])


def _panel(canvas: Canvas, view: View, allocation: Any, shares: Any) -> None:
    rows = []
    for m, each in enumerate(allocation[:8]):
        use, colour = "idle", colours.MUTED
        if each.power_w > 0.0:
            what = "sends" if each.mode == COMMUNICATE else f"senses {int(each.mode)}"
            use = f"{what}, channel {int(each.channel) + 1}, {each.power_w:.2g} W"
            colour = _CHANNELS[int(each.channel) % len(_CHANNELS)]
        rows.append((f"UAV {m + 1} ({100 * shares[m]:.0f} %)", use, colour))
    if view.last is not None:
        metrics = view.last["metrics"][0]
        rows.append(("information", f"{metrics.information_bit:.2f} bit", colours.INK))
        rows.append(("rate", f"{metrics.rate_bit:.2f} bit/s/Hz", colours.INK))
    draw_panel(canvas, rows)


def _strips(view: View) -> list[Strip]:
    watts = float(max(view.params.powers_w) * len(view.entities[1]))
    return [
        Strip("reward", "", -1.0, 3.0, (Series("", view.reward(), colours.INK),)),
        Strip("information", "bit", 0.0, 10.0, (
            Series("", view.metric("information_bit"), colours.BLUE),
        )),
        Strip("power", "W", 0.0, watts, (Series("", view.metric("power_w"), colours.GREEN),)),
    ]  # fmt: skip
