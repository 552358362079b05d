"""Charts of a scene: strips that scroll with time, a panel of key numbers, a heading."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.colours import BLUE, GRID, INK, LAND, MUTED, Colour, mixed

Array = npt.NDArray[np.float64]

_LEFT, _RIGHT = 150, 92  # pixels beside the plot, for title and range, and for the newest values


@dataclass(frozen=True)
class Series:
    """One quantity of a strip.

    Attributes:
        name: Stands at the right; empty for none.
        values: Of the past steps, oldest first, shape ``(steps,)``; NaN leaves a gap.
        colour: Of the line.
        kind: A line, bars from zero (or the nearest end of the range), or one mark at the top of
            every step whose value is above zero.
        form: Format of the newest value.
    """

    name: str
    values: npt.ArrayLike
    colour: Colour = BLUE
    kind: Literal["line", "bars", "marks"] = "line"
    form: str = ".3g"


@dataclass(frozen=True)
class Strip:
    """Quantities of one unit over the past steps, on a fixed range.

    Attributes:
        title: What is shown.
        unit: Empty for none.
        low: Value at the bottom.
        high: Value at the top; what lies outside is drawn at the edge.
        series: Back to front.
    """

    title: str
    unit: str
    low: float
    high: float
    series: Sequence[Series]


def strip_points(
    values: npt.ArrayLike, low: float, high: float, span: int, width: float, height: float
) -> Array:
    """Return the positions of the newest ``span`` values on a plot, in pixels.

    Until ``span`` values are there, they fill the plot from the left; then it scrolls.

    Args:
        values: Oldest first, shape ``(steps,)``.
        low: Value at the bottom edge.
        high: Value at the top edge; values outside are moved to the edge.
        span: Steps from the left edge to the right one.
        width: Of the plot, in pixels.
        height: Of the plot, in pixels.

    Returns:
        Points, shape ``(min(steps, span), 2)``, y downward.
    """
    newest = np.asarray(values, float)[-span:]
    x = np.arange(len(newest)) * (width - 1) / max(1, span - 1)
    share = (np.minimum(np.maximum(newest, low), high) - low) / (high - low)
    points = np.empty((len(newest), 2))
    points[:, 0], points[:, 1] = x, (1.0 - share) * (height - 1)
    return points


def draw_strips(canvas: Canvas, strips: Sequence[Strip], span: int = 120) -> None:
    """Draw strips below each other that share their time axis of ``span`` steps.

    Args:
        canvas: What to draw on.
        strips: The strips, from top to bottom.
        span: Steps that the time axis shows.
    """
    height = canvas.height // len(strips)
    for k, strip in enumerate(strips):
        _draw_strip(canvas.part(0, k * height, canvas.width, height), strip, span)


def _draw_strip(canvas: Canvas, strip: Strip, span: int) -> None:
    width, height = canvas.width - _LEFT - _RIGHT, canvas.height - 8
    middle = canvas.height / 2
    unit = f" ({strip.unit})" if strip.unit else ""
    canvas.text((10, middle), strip.title + unit, 16)
    for value, y in ((strip.high, 9.0), (strip.low, canvas.height - 9.0)):
        canvas.text((_LEFT - 6, y), f"{value:g}", 13, MUTED, "right")
    plot = canvas.part(_LEFT, 4, width, height)
    plot.clear(LAND)
    plot.rectangle(0, 0, width, height, edge=GRID)
    if strip.low < 0.0 < strip.high:
        zero = strip_points((0.0, 0.0), strip.low, strip.high, 2, width, height)
        plot.line(zero, GRID)
    for series in strip.series:
        _draw_series(plot, series, strip, span)
    named = [each for each in strip.series if each.name and np.size(each.values)]
    for k, series in enumerate(named):
        y = middle + (k - (len(named) - 1) / 2) * 14
        label = series.name
        newest = float(np.asarray(series.values)[-1])
        if series.kind != "marks" and not np.isnan(newest):
            label += f" {newest:{series.form}}"
        canvas.text((_LEFT + width + 8, y), label, 14, mixed(series.colour, INK, 0.25))


def _draw_series(plot: Canvas, series: Series, strip: Strip, span: int) -> None:
    values = np.asarray(series.values, float)[-span:]
    points = strip_points(values, strip.low, strip.high, span, plot.width, plot.height)
    if series.kind == "line":
        known = np.flatnonzero(~np.isnan(values))
        for run in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
            plot.curve(points[run], series.colour)
        return
    bar = max(2.0, plot.width / span - 1.0)
    if series.kind == "marks":
        for x, _ in points[values > 0.0]:
            plot.rectangle(x - bar / 2, 0, bar, 7, series.colour)
        return
    zero = strip_points((0.0,), strip.low, strip.high, span, plot.width, plot.height)[0, 1]
    for x, y in points[np.nan_to_num(values) != 0.0]:
        plot.rectangle(x - bar / 2, min(y, zero), bar, abs(y - zero) + 1, series.colour)


def draw_panel(canvas: Canvas, rows: Sequence[tuple[str, str, Colour]]) -> None:
    """Draw key numbers below each other: name, value and the value's colour."""
    canvas.rectangle(0, 0, canvas.width, canvas.height, LAND, GRID, 4)
    height = (canvas.height - 8) / max(1, len(rows))
    for k, (name, value, colour) in enumerate(rows):
        y = 4 + (k + 0.5) * height
        canvas.text((10, y), name, 15, MUTED)
        canvas.text((canvas.width - 10, y), value, 17, colour, "right")


def draw_heading(canvas: Canvas, title: str, detail: str) -> None:
    """Draw the top line of a picture: what it shows, and where the episode stands.

    Args:
        canvas: What to draw on.
        title: Text on the left.
        detail: Text on the right.
    """
    canvas.text((10, canvas.height / 2), title, 20)
    canvas.text((canvas.width - 10, canvas.height / 2), detail, 16, MUTED, "right")
