"""Names in the figures of a report cover neither each other nor the points."""

import numpy as np
import pytest
from matplotlib.text import Text

from isac_agents.report.figures import _compact, _legend
from isac_agents.report.labels import write_labels

NAMES = (
    "optimum (exact)", "queue_aware", "threshold", "safe", "myopic", "rule", "always_radar",
    "random", "round_robin", "win_stay_lose_shift", "always_communicate", "one_step_genie",
)  # fmt: skip


def axes_with(points):
    from matplotlib.figure import Figure

    axes = Figure(figsize=(6.4, 4.2), layout="constrained").add_subplot()
    axes.scatter(*np.transpose(points), s=30)
    axes.margins(0.12)
    return axes


def clouds():
    random = np.random.default_rng(5)
    for kind in range(12):
        points = random.normal(size=(len(NAMES), 2)) * 10.0 ** random.uniform(-3, 3, 2)
        if kind % 3 == 1:
            points[4:9] = points[3]  # the very same result
        if kind % 3 == 2:
            points[:6] = points[0] + 0.02 * points[:6]  # nearly
        yield pytest.param(points, id=str(kind))


@pytest.mark.parametrize("points", clouds())
def test_no_name_covers_a_name_or_a_point(points):
    axes = axes_with(points)
    write_labels(axes, list(zip(NAMES, points, strict=True)), points, "black", "grey")
    written = "\n".join(text.get_text() for text in axes.texts).split("\n")
    assert sorted(written) == sorted(NAMES)
    axes.figure.draw_without_rendering()
    boxes = np.array([Text.get_window_extent(text).extents for text in axes.texts])
    assert (boxes[:, :2] >= axes.bbox.min - 0.1).all()
    assert (boxes[:, 2:] <= axes.bbox.max + 0.1).all()
    for k, (left, low, right, high) in enumerate(boxes):
        for other in boxes[:k]:
            apart = left >= other[2] or other[0] >= right or low >= other[3] or other[1] >= high
            assert apart, axes.texts[k].get_text()
        x, y = axes.transData.transform(points).T
        assert not ((x > left) & (x < right) & (y > low) & (y < high)).any()


def test_a_legend_of_long_names_stays_within_the_figure():
    axes = axes_with([(0.0, 0.0)])
    for k in range(5):
        axes.plot([0, 1], [0, k], label=f"stable_baselines3.something:Algorithm{k} (5), exploring")
    _legend(axes)
    axes.figure.draw_without_rendering()
    (legend,) = axes.figure.legends
    box = legend.get_window_extent()
    assert box.x0 >= 0.0
    assert box.x1 <= axes.figure.bbox.width


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (500.0, "500"), (2.5e5, "250 k"), (1.75e6, "1.75 M"), (2e7, "20 M")],
)
def test_numbers_of_steps_are_short(value, text):
    assert _compact(value, 0) == text
