"""Scene of ``isac/JrcAoiTiny-v0``: the vehicle, the age of each class, and what slots brought."""

from isac_envs.envs.v2x import drawing
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_strips
from isac_envs.rendering.view import View


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    time, horizon = int(view.env.time), view.params.horizon
    heading = canvas.part(0, 0, canvas.width, 34)
    draw_heading(heading, view.model.id, f"{drawing.score(view)}   slot {time} of {horizon}")
    action, note, sent = None, "", 0
    if view.last is not None:
        metrics, action = view.last["metrics"][0], int(view.last["actions"][0, 0])
        note = drawing.what_became(metrics, action, "delivered", "lost")
        sent = action if metrics.delivered else 0
    drawing.draw_surroundings(canvas.part(10, 36, 500, 208), view, action, note)
    drawing.draw_conditions(canvas.part(10, 250, 504, 28), view.env)
    ages, older = view.entities[0]["age"], float(view.params.age_cap)
    drawing.draw_ages(canvas.part(520, 36, 270, 242), view, ages, None, sent, older)
    draw_strips(canvas.part(0, 286, canvas.width, 212), _strips(view))


def _strips(view: View) -> list[Strip]:
    radar = Series("", view.metric("radar"), colours.ORANGE, "bars")
    older = float(view.params.age_cap)
    return [*drawing.outcome_strips(view, older), Strip("radar", "", 0.0, 1.0, (radar,))]
