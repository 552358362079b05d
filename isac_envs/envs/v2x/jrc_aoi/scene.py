"""Scene of ``isac/JrcAoi-v0``: the vehicle, its queue, age by class, what slots brought."""

import numpy as np
import numpy.typing as npt

from isac_envs.envs.v2x import drawing
from isac_envs.envs.v2x.queue_view import first_packets
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.strips import Strip, draw_heading, draw_strips
from isac_envs.rendering.view import View

_AGES_SHOWN = 30.0  # slots at which the strip of the weighted age ends, were all classes so old


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    time, horizon = int(view.env.time), view.params.horizon
    heading = canvas.part(0, 0, canvas.width, 34)
    draw_heading(heading, view.model.id, f"{drawing.score(view)}   slot {time} of {horizon}")
    action = None if view.last is None else int(view.last["actions"][0, 0])
    note = "" if action is None else _note(view, action)
    drawing.draw_surroundings(canvas.part(10, 36, 500, 168), view, action, note)
    drawing.draw_conditions(canvas.part(10, 209, 504, 24), view.env)
    _queue(canvas.part(10, 238, 500, 42), view)
    sent = action if action and view.last["metrics"][0].delivered else 0
    ages = view.entities[1]["age"]
    drawing.draw_ages(canvas.part(520, 36, 270, 244), view, ages, _ages_after(view), sent)
    draw_strips(canvas.part(0, 286, canvas.width, 212), _strips(view))


def _note(view: View, action: int) -> str:
    metrics = view.last["metrics"][0]
    return drawing.what_became(metrics, action, f"{metrics.sent:.0f} sent", "none waited")


def _queue(canvas: Canvas, view: View) -> None:
    packets, classes = view.entities[0], len(view.params.class_weights)
    canvas.text((0, 10), "queue, oldest first", 15)
    canvas.text((0, 28), "age below its class", 13, colours.MUTED)
    places = canvas.part(118, 2, canvas.width - 118, 40)
    drawing.draw_packets(places, packets, int(view.env.backlog), int(view.env.time), classes)


def _ages_after(view: View) -> npt.NDArray[np.float64]:
    """Return the age that each class would have after a delivery, NaN where nothing waits."""
    p, env, (packets, streams) = view.params, view.env, view.entities
    most = p.packets_bad if env.channel else p.packets_good
    sent, age = first_packets(env.time, env, packets, len(streams), most)
    return np.where(sent > 0, age + 1.0, np.nan)


def _strips(view: View) -> list[Strip]:
    return [*drawing.outcome_strips(view, _AGES_SHOWN), drawing.queue_strip(view)]
