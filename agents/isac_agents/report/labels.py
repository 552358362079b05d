"""Labels of the points of a figure, which overlap neither each other nor the points."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_SAME = 5.0  # points of type: nearer points share one label
_AROUND = 4.0  # half the size of a marker, in the same unit
_DISTANCES = (6.0, 14.0, 24.0, 36.0, 52.0, 72.0, 96.0, 124.0)
_DIRECTIONS = 16
_NEAR = 10.0  # no line is drawn to a point nearer than this


def write_labels(
    axes: Any, labels: Sequence[tuple[str, Any]], points: Any, colour: str, line: str
) -> None:
    """Write labels beside points, each at the nearest free place.

    Call this last: it fixes the layout of the figure.

    Args:
        axes: Axes of matplotlib.
        labels: Labels and their points.
        points: Everything that no label may cover, shape ``(points, 2)``.
        colour: Colour of the labels.
        line: Colour of the lines from labels to points that are not beside them.
    """
    from matplotlib.text import Text

    figure = axes.figure
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    scale = figure.dpi / 72.0
    inside = np.array(axes.bbox.extents) / scale
    whole = figure.get_size_inches() * 72.0
    taken = [_box(each, _AROUND) for each in axes.transData.transform(points) / scale]
    places = axes.transData.transform([place for _, place in labels]) / scale
    for names, centre in _groups([name for name, _ in labels], places):
        text = axes.annotate(
            "\n".join(names), centre / whole, (0, 0), xycoords="figure fraction",
            textcoords="offset points", annotation_clip=False,
            fontsize=8, color=colour, ha="left", va="bottom",
            arrowprops={"arrowstyle": "-", "color": line, "linewidth": 0.7, "shrinkA": 1},
        )  # fmt: skip
        drawn = Text.get_window_extent(text)  # without its line
        size = np.array([drawn.width, drawn.height]) / scale
        distance, box = min(
            _candidates(centre, size), key=lambda each: _badness(each[1], taken, inside)
        )
        taken.append(box)
        text.set_position(box[:2] - centre)
        text.arrow_patch.set_visible(distance > _NEAR)


def _groups(names: Sequence[str], places: Array) -> Iterator[tuple[list[str], Array]]:
    """Yield the names and the places of points that nearly coincide."""
    left = [*range(len(names))]
    while left:
        near = [k for k in left if np.abs(places[k] - places[left[0]]).max() < _SAME]
        left = [k for k in left if k not in near]
        yield [names[k] for k in near], places[near].mean(0)


def _candidates(centre: Array, size: Array) -> Iterator[tuple[float, Array]]:
    """Yield places for a text and their distance, nearest first."""
    for distance in _DISTANCES:
        for k in range(_DIRECTIONS):
            turn = 2.0 * np.pi * k / _DIRECTIONS
            ahead = np.array([np.cos(turn), np.sin(turn)])
            corner = centre + distance * ahead - size * (1.0 - ahead) / 2.0
            yield distance, np.concatenate([corner, corner + size])


def _badness(box: Array, taken: Sequence[Array], inside: Array) -> float:
    """Return the area covered plus the area outside, rounded so that equal places compare equal."""
    others = np.array(taken).reshape(-1, 4)
    width = np.minimum(others[:, 2:], box[2:]) - np.maximum(others[:, :2], box[:2])
    kept = np.minimum(inside[2:], box[2:]) - np.maximum(inside[:2], box[:2])
    area = float((box[2:] - box[:2]).prod())
    outside = area - float(np.maximum(kept, 0.0).prod())
    return round(float(np.maximum(width, 0.0).prod(-1).sum()) + outside, 6)


def _box(centre: Array, half: float) -> Array:
    return np.concatenate([centre - half, centre + half])
