"""Scene of ``isac/FramesPerCpi-v0``: the choice with its price, the queue, and what it brought."""

from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.figures import draw_road
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_panel, draw_strips
from isac_envs.rendering.view import View
from isac_envs.rendering.world import World

_EGO, _PEER = (12.0, -2.0), (44.0, 2.0)
_LINK = (colours.VERMILION, colours.ORANGE, colours.SKY, colours.BLUE)


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    time, horizon = int(view.env.time), view.params.horizon
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, f"CPI {time} of {horizon}")
    _road(canvas.part(10, 36, 380, 150), view)
    _interval(canvas.part(10, 190, 380, 80), view)
    _choices(canvas.part(400, 36, 232, 234), view)
    _panel(canvas.part(642, 36, 148, 234), view)
    draw_strips(canvas.part(0, 276, canvas.width, 220), _strips(view))


def _chosen(view: View) -> int | None:
    return None if view.last is None else int(view.last["actions"][0, 0])


def _road(canvas: Canvas, view: View) -> None:
    """Draw the vehicle with its radar, its peer and the link between them."""
    world = World(canvas, (0.0, 60.0), (-8.0, 15.0))
    draw_road(world, (-5.0, 65.0), (-4.0, 4.0), 2, 3.4 * float(view.env.time))
    chosen, tables = _chosen(view), view.params.record[0]
    if chosen is not None:
        reach = 12.0 + 26.0 * float(tables.utility[chosen])
        world.lobe((14.6, -2.0), 0.0, 0.42, reach, colours.ORANGE, colours.ORANGE, opacity=0.4)
    channel, classes = int(view.env.channel), len(view.params.snr_db)
    colour = _LINK[round(channel / max(1, classes - 1) * (len(_LINK) - 1))]
    world.dashes(_EGO, _PEER, 0.8, colour, 3)
    world.vehicle(_EGO, 0.0, colours.INK, 5.2, 2.2)
    world.vehicle(_PEER, 0.0, colours.MUTED, 5.2, 2.2)
    for k in range(classes):
        bar = colour if k <= channel else colours.GRID
        canvas.rectangle(14 + 9 * k, 36 - 5 * (k + 1), 7, 5 * (k + 1), bar)
    label = f"link {view.params.snr_db[channel]:g} dB"
    canvas.text((20 + 9 * classes, 28), label, 16, colours.mixed(colour, colours.INK, 0.35))
    _queue(canvas.part(200, 14, 170, 20), view)


def _queue(canvas: Canvas, view: View) -> None:
    capacity, queue = view.params.queue_capacity, int(view.env.queue)
    canvas.text((0, 10), "queue", 15)
    canvas.rectangle(42, 3, 96, 14, colours.PAPER)
    canvas.rectangle(42, 3, 96 * queue / capacity, 14, colours.BLUE)
    canvas.rectangle(42, 3, 96, 14, edge=colours.MUTED)
    canvas.text((144, 10), f"{queue}", 15)


def _interval(canvas: Canvas, view: View) -> None:
    """Draw a tenth of the interval to scale, and one frame as its preamble and its data."""
    chosen = _chosen(view)
    if chosen is None:
        return
    params, tables = view.params, view.params.record[0]
    frames, share = params.frame_counts[chosen], float(tables.overhead_fraction[chosen])
    left, width = 4.0, canvas.width - 8.0
    title = f"{frames} frames in {1e3 * params.cpi_s:g} ms; the first tenth:"
    canvas.text((left, 8), title, 15)
    canvas.rectangle(left, 18, width, 18, colours.SKY)
    frame = 10.0 * width / frames
    for k in range(-(-frames // 10)):
        canvas.rectangle(left + k * frame, 18, max(1.0, share * frame), 18, colours.ORANGE)
    canvas.text((left, 50), "one frame", 13, colours.MUTED)
    canvas.rectangle(left + 62, 42, width - 62, 16, colours.SKY)
    canvas.rectangle(left + 62, 42, max(1.0, share * (width - 62)), 16, colours.ORANGE)
    overhead = f"overhead {100 * share:.1f} %"
    canvas.text((left + 62, 69), overhead, 14, colours.mixed(colours.ORANGE, colours.INK, 0.35))
    errors = float(view.last["metrics"][0].frame_error_rate)
    lost = f"data, {100 * errors:.1f} % of the frames lost"
    canvas.text((left + width, 69), lost, 14, colours.BLUE, "right")


def _choices(canvas: Canvas, view: View) -> None:
    """Draw what every number of frames would carry and sense in the present channel."""
    tables, chosen = view.params.record[0], _chosen(view)
    counts = view.params.frame_counts
    carried = tables.capacity[int(view.env.channel)]
    most = max(1.0, float(tables.capacity.max()))
    canvas.rectangle(0, 0, canvas.width, canvas.height, colours.LAND, colours.GRID, 4)
    blue, orange = (colours.mixed(c, colours.INK, 0.25) for c in (colours.BLUE, colours.ORANGE))
    canvas.text((58, 14), "packets", 14, blue)
    canvas.text((150, 14), "sensing", 14, orange)
    height = (canvas.height - 30) / len(counts)
    for k, count in enumerate(counts):
        top, thick = 26 + k * height, max(2.0, height - 6.0)
        if k == chosen:
            canvas.rectangle(3, top - 1, canvas.width - 6, height, colours.GRID, radius=3)
        canvas.text((48, top + height / 2 - 1), f"{count}", 14, colours.INK, "right")
        canvas.rectangle(58, top + 2, 84 * carried[k] / most, thick, colours.BLUE)
        canvas.rectangle(150, top + 2, 74 * tables.utility[k], thick, colours.ORANGE)


def _panel(canvas: Canvas, view: View) -> None:
    ink, rows = colours.INK, []
    if view.last is not None:
        metrics = view.last["metrics"][0]
        rows = [
            ("rate", f"{1e-9 * metrics.rate_bps:.2f} Gb/s", colours.BLUE),
            ("sent", f"{metrics.packets_sent:.0f}", colours.BLUE),
            ("dropped", f"{metrics.packets_dropped:.0f}", colours.PURPLE),
            ("detection", f"{metrics.detection_probability:.2f}", ink),
            ("max speed", f"{metrics.max_speed_m_s:.1f} m/s", ink),
            ("velocity err.", f"{metrics.velocity_crb_m_s:.2f} m/s", ink),
            ("mean reward", f"{view.reward().mean():.2f}", ink),
        ]
    draw_panel(canvas, rows)


def _strips(view: View) -> list[Strip]:
    params = view.params
    worst, best = -params.penalty_dropped, params.reward_sensing + 2.0 * params.reward_sent
    capacity = float(params.queue_capacity)
    return [
        Strip("reward", "", worst, best, (Series("", view.reward(), colours.INK, "bars"),)),
        Strip("queue", "packets", 0.0, capacity, (
            Series("waiting", view.metric("backlog"), colours.BLUE, form=".0f"),
            Series("dropped", view.metric("packets_dropped"), colours.PURPLE, "marks"),
        )),
        Strip("rate", "Gb/s", 0.0, 1e-9 * max(params.rate_bps), (
            Series("", 1e-9 * view.metric("rate_bps"), colours.SKY),
        )),
        Strip("sensing utility", "", 0.0, 1.0, (
            Series("", view.metric("sensing_utility"), colours.ORANGE),
        )),
    ]  # fmt: skip
