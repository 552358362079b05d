"""Scene of secondary users: the channels over the last slots, who used them, what is believed.

A row is a channel, the wider the higher. Dark is where it was busy. A slot of a user is a block in
it; its left part is sensing. Shown are at most the first four users.
"""

from typing import Any

import numpy as np

from isac_envs.envs.spectrum.cognitive_access.records import RECENT
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_panel, draw_strips
from isac_envs.rendering.view import View

_MOST_USERS = 4
_BUSY = colours.mixed(colours.MUTED, colours.PAPER, 0.35)
_LEGEND = (
    ("primary", _BUSY),
    ("sensing", colours.SKY),
    ("delivered", colours.GREEN),
    ("collision", colours.VERMILION),
    ("contention", colours.PURPLE),
    ("found busy", colours.INK),
    ("false alarm", colours.ORANGE),
)


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    time, horizon = int(view.env.time), view.params.horizon
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, f"slot {time} of {horizon}")
    _channels(canvas.part(0, 36, 600, 262), view)
    _panel(canvas.part(612, 40, 178, 250), view)
    draw_strips(canvas.part(0, 304, canvas.width, 194), _strips(view), RECENT)


def _rows(view: View, height: float) -> list[tuple[float, float]]:
    """Return top and height of each channel's row, the higher the wider the channel is."""
    share = np.sqrt(view.params.of_channels("bandwidths_hz"))
    share = 0.4 / len(share) + 0.6 * share / share.sum()
    tops = height * (np.cumsum(share) - share)
    return list(zip(tops.tolist(), (height * share).tolist(), strict=True))


def _channels(canvas: Canvas, view: View) -> None:
    channels, _, beliefs, _ = view.entities
    left, right, bottom = 74, 108, 22
    plot = canvas.part(left, 2, canvas.width - left - right, canvas.height - bottom)
    plot.clear(colours.LAND)
    slot, played = plot.width / RECENT, min(int(view.env.time), RECENT)
    rows = _rows(view, plot.height)
    for k, (top, height) in enumerate(rows):
        for first, last in _busy(int(channels[k].recent), played):
            plot.rectangle(first * slot, top + 1, (last - first) * slot, height - 2, _BUSY)
        if k:
            plot.line(((0, top), (plot.width, top)), colours.GRID)
        middle = 2 + top + 0.5 * height
        size = 14 if height > 16 else max(8, int(height))
        wide = view.params.of_channels("bandwidths_hz")[k] / 1e6
        canvas.text((left - 6, middle), f"{wide:g} MHz", size, colours.INK, "right")
        _belief(canvas.part(left + plot.width + 8, 2 + top, 92, height), beliefs[:, k]["idle"])
    for number, step in enumerate(view.steps[-played:] if played else ()):
        _slot(plot, view, step, (number * slot, slot), rows)
    plot.rectangle(0, 0, plot.width, plot.height, edge=colours.GRID)
    y, x = canvas.height - 9, 10.0
    for name, colour in _LEGEND:
        canvas.rectangle(x, y - 5, 9, 9, colour)
        x += 13 + canvas.text((x + 13, y), name, 13, colours.INK) + 9
    canvas.text((canvas.width - 4, y), "believed idle", 13, colours.MUTED, "right")


def _busy(recent: int, played: int) -> list[tuple[int, int]]:
    """Return first and next slot of each run in which a channel was busy, the oldest slot 0."""
    busy = [not recent >> (played - 1 - number) & 1 for number in range(played)]
    edges = np.flatnonzero(np.diff(np.array([False, *busy, False]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _belief(canvas: Canvas, beliefs: Any) -> None:
    """Draw a bar for what each user believes, full where it is sure that the channel is idle."""
    shown = beliefs[:_MOST_USERS]
    lane = (canvas.height - 4) / len(shown)
    for u, belief in enumerate(shown.tolist()):
        top = 2 + u * lane
        canvas.rectangle(0, top, canvas.width, max(2.0, lane - 2), colours.LAND, colours.GRID)
        canvas.rectangle(0, top, belief * canvas.width, max(2.0, lane - 2), colours.GREEN)


def _slot(
    plot: Canvas,
    view: View,
    step: Any,
    across: tuple[float, float],
    rows: list[tuple[float, float]],
) -> None:
    """Draw what the users did in a slot.

    Args:
        plot: The plot of the channels.
        view: What is drawn.
        step: Record of the step.
        across: Left edge and width of the slot in pixels.
        rows: Top and height of each channel.
    """
    users = min(_MOST_USERS, len(step["actions"]))
    left, width = across
    for u in range(users):
        metrics = step["metrics"][u]
        top, height = rows[int(step["actions"][u, 0]) // view.params.choices]
        lane = (height - 4) / users
        sensing = float(metrics.sensing_share) * width
        at, tall = top + 2 + u * lane, max(2.0, lane - 1)
        plot.rectangle(left, at, width, tall, _colour(metrics))
        if sensing > 0.0:
            plot.rectangle(left, at, max(1.0, sensing), tall, colours.SKY)


def _colour(metrics: Any) -> colours.Colour:
    """Return the colour of what became of a slot."""
    if metrics.acknowledged:
        return colours.GREEN
    if metrics.collided:
        return colours.VERMILION
    if metrics.contended:
        return colours.PURPLE
    return colours.ORANGE if metrics.false_alarm else colours.INK


def _panel(canvas: Canvas, view: View) -> None:
    metrics = view.steps["metrics"]
    rows = [("users", f"{len(view.entities[1])}", colours.INK)]
    if len(metrics):
        sent = max(float(metrics["transmitted"].sum()), 1.0)
        idle = max(float(metrics["idle"].sum()), 1.0)
        rows += [
            ("delivered", f"{100.0 * metrics['acknowledged'].mean():.0f} %", colours.GREEN),
            ("collisions", f"{100.0 * metrics['collided'].sum() / sent:.1f} %", colours.VERMILION),
            ("false alarms", f"{100.0 * metrics['false_alarm'].sum() / idle:.0f} %",
             colours.ORANGE),
            ("sensing", f"{100.0 * metrics['sensing_share'].mean():.0f} %", colours.BLUE),
        ]  # fmt: skip
        if view.params.target:
            error = f"{metrics['range_error_m'].mean():.2f} m"
            rows.append(("range error", error, colours.INK))
        rows.append(("mean reward", f"{_reward(view).mean():.2f}", colours.INK))
    draw_panel(canvas, rows)


def _reward(view: View) -> Any:
    """Return the mean reward of the users in the past steps."""
    return (view.steps["objectives"] * np.array(view.params.weights)).sum(-1).mean(1)


def _strips(view: View) -> list[Strip]:
    """Return strips of means over the users; the errors are those of the first."""
    params = view.params
    most = float(f"{params.capacities_mbps().max():.2g}") or 1.0
    throughput = view.steps["objectives"][..., 0].mean(1)
    strips = [
        Strip("throughput", "Mbit/s", 0.0, most, (
            Series("last", throughput, colours.GREEN, "bars", ".1f"),
            Series("collision", view.steps["metrics"]["collided"].sum(1), colours.VERMILION,
                   "marks"),
        )),
    ]  # fmt: skip
    if params.target:
        far = float(f"{0.25 * params.range_std_m:.2g}")
        strips.append(
            Strip("range", "m", 0.0, far, (
                Series("error", view.metric("range_error_m"), colours.INK, form=".2f"),
                Series("sigma", view.metric("range_std_m"), colours.ORANGE, form=".2f"),
            ))
        )  # fmt: skip
    reward = _reward(view)
    low, high = -params.weights[2], params.weights[0] * most
    if params.target:
        low -= params.weights[1] * 0.1 * params.range_std_m
    low = float(f"{min(low, -1e-3 * most):.2g}") if low < 0.0 else 0.0
    series = (Series("last", reward, colours.INK, "bars", ".1f"),)
    strips.append(Strip("reward", "", low, max(high, low + 1e-6), series))
    return strips
