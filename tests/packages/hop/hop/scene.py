"""Picture of the hopping node: the channels over time, and what it gets."""

from isac_envs.rendering import colours
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_strips


def draw(canvas, view):
    time = f"slot {int(view.env.time)} of {view.params.horizon}"
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, time)
    height = 40
    for k, busy in enumerate(view.env.busy):
        top = 50 + k * height
        colour = colours.VERMILION if busy else colours.LAND
        canvas.rectangle(20, top, canvas.width - 40, height - 8, colour, colours.GRID, 4)
        canvas.text((34, top + 16), f"channel {k}", 16)
        if k == view.env.channel:
            canvas.circle((canvas.width / 2, top + 16), 11, colours.BLUE)
    draw_strips(
        canvas.part(0, 230, canvas.width, 260),
        [
            Strip("rate", "bit/s/Hz", 0, 6, [Series("", view.objective("rate"))]),
            Strip("detection", "", 0, 1, [Series("", view.objective("detection"))]),
            Strip("reward", "", 0, 2, [Series("", view.reward(), colours.INK, "bars")]),
        ],
    )
