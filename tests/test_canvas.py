"""The geometry of what is drawn, and the memory of past steps that strips show."""

from itertools import pairwise

import harness
import numpy as np
import pytest
from harness import bind

from isac_envs.rendering import colours
from isac_envs.rendering.canvas import SIZE, Canvas
from isac_envs.rendering.strips import Series, Strip, draw_strips, strip_points
from isac_envs.rendering.view import Traces
from isac_envs.rendering.world import World, ellipse_outline


def painted(canvas: Canvas, colour: colours.Colour) -> np.ndarray:
    """Return which pixels have a colour, shape ``(height, width)``."""
    return (canvas.rgb() == colour).all(-1)


def world(scale: float = 4.0) -> tuple[Canvas, World]:
    """Return a canvas whose middle is the origin, with ``scale`` pixels a metre."""
    canvas = Canvas()
    half = (SIZE[0] / scale / 2, SIZE[1] / scale / 2)
    return canvas, World(canvas, (-half[0], half[0]), (-half[1], half[1]))


def test_scale_is_uniform_and_everything_asked_for_is_visible() -> None:
    canvas = Canvas()
    plane = World(canvas, (10.0, 20.0), (-2.0, 2.0))
    assert plane.scale == pytest.approx(SIZE[0] / 10.0)
    assert plane.pixels((10.0, 0.0)) == pytest.approx((0.0, SIZE[1] / 2))
    assert plane.pixels((20.0, 0.0)) == pytest.approx((SIZE[0], SIZE[1] / 2))
    a, b, c = plane.pixels(((12.0, 0.0), (13.0, 0.0), (12.0, 1.0)))
    assert np.hypot(*(a - b)) == pytest.approx(np.hypot(*(a - c)))
    assert c[1] < a[1]  # y points up


@pytest.mark.parametrize("radius_m", [5.0, 20.0, 40.0])
@pytest.mark.parametrize("centre_m", [(0.0, 0.0), (-30.0, 15.0)])
def test_a_circle_covers_its_pixels(radius_m: float, centre_m: tuple[float, float]) -> None:
    canvas, plane = world()
    plane.circle(centre_m, radius_m, colours.BLUE)
    found = painted(canvas, colours.BLUE)
    y, x = np.indices(found.shape)
    away = np.hypot(*(np.stack((x, y), -1) - plane.pixels(centre_m)).transpose(2, 0, 1))
    assert found[away < radius_m * plane.scale - 1.5].all()
    assert not found[away > radius_m * plane.scale + 1.5].any()


@pytest.mark.parametrize("angle", [0.0, 0.4, 2.0])
def test_axes_of_an_ellipse_are_roots_of_the_eigenvalues(angle: float) -> None:
    axes = np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))))
    covariance = axes @ np.diag((9.0, 0.25)) @ axes.T
    outline = ellipse_outline(covariance, 2.0)
    along = outline @ axes
    assert np.abs(along).max(0) == pytest.approx((6.0, 1.0), rel=5e-3)
    inverse = np.linalg.inv(covariance)
    distance = np.sqrt(np.einsum("ni,ij,nj->n", outline, inverse, outline))
    assert distance == pytest.approx(np.full(len(outline), 2.0), rel=1e-9)
    assert ellipse_outline(np.zeros((2, 2)), 2.0) == pytest.approx(np.zeros((48, 2)))


def test_a_lobe_points_and_opens_as_told() -> None:
    canvas, plane = world(2.0)
    plane.lobe((0.0, 0.0), np.pi / 2, 0.5, 100.0, colours.GREEN)
    found = painted(canvas, colours.GREEN)

    def at(angle: float, radius: float) -> bool:
        x, y = np.rint(plane.pixels((radius * np.cos(angle), radius * np.sin(angle)))).astype(int)
        return bool(found[y, x])

    assert at(np.pi / 2, 97.0) and not at(np.pi / 2, 103.0)
    for side in (-0.25, 0.25):  # half of the length at the half-power angles
        assert at(np.pi / 2 + side, 47.0) and not at(np.pi / 2 + side, 53.0)
    assert not found[SIZE[1] // 2 + 2 :].any()


def test_a_vehicle_is_as_long_as_told_along_its_heading() -> None:
    canvas, plane = world(10.0)
    plane.vehicle((0.0, 0.0), np.pi / 2, colours.INK, 8.0, 2.0)
    rows, columns = np.nonzero(painted(canvas, colours.INK))
    assert rows.max() - rows.min() == pytest.approx(80, abs=2)
    assert columns.max() - columns.min() == pytest.approx(20, abs=2)


def test_far_and_degenerate_shapes_are_harmless() -> None:
    canvas, plane = world()
    plane.circle((1e9, -1e9), 1e7, colours.BLUE)
    plane.polygon(((0.0, 0.0), (1.0, 1.0)), colours.BLUE)
    plane.line(((-1e12, 0.0), (1e12, 0.0)), colours.INK)
    canvas.line((), colours.INK)


def test_parts_cut_off_what_leaves_them() -> None:
    canvas = Canvas()
    canvas.part(100, 50, 30, 20).circle((0.0, 0.0), 500.0, colours.BLUE)
    found = painted(canvas, colours.BLUE)
    assert found[50:70, 100:130].all()
    assert found.sum() == 30 * 20


def test_a_pasted_canvas_covers_its_size_and_is_a_copy() -> None:
    stamp, canvas = Canvas.blank(30, 20), Canvas()
    stamp.clear(colours.BLUE)
    canvas.part(100, 50, 200, 100).paste(stamp)
    stamp.clear(colours.ORANGE)
    rows, columns = np.nonzero(painted(canvas, colours.BLUE))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (50, 69, 100, 129)
    assert len(rows) == 30 * 20


def test_strips_keep_their_scale_and_scroll() -> None:
    few = strip_points((0.0, 5.0, 10.0), 0.0, 10.0, span=11, width=101, height=51)
    assert few == pytest.approx(np.array(((0.0, 50.0), (10.0, 25.0), (20.0, 0.0))))
    many = strip_points(np.arange(30.0), 0.0, 10.0, span=11, width=101, height=51)
    assert many[:, 0] == pytest.approx(np.linspace(0.0, 100.0, 11))
    assert (many[:, 1] == 0.0).all()  # all of 19..29 is above the range: at the upper edge
    shifted = strip_points(np.arange(31.0) % 7, 0.0, 10.0, span=11, width=101, height=51)
    before = strip_points(np.arange(30.0) % 7, 0.0, 10.0, span=11, width=101, height=51)
    assert shifted[:-1, 1] == pytest.approx(before[1:, 1])


def test_a_strip_leaves_gaps_and_takes_no_values() -> None:
    values = np.array((0.2, np.nan, np.nan, 0.4, 0.5, np.nan))
    pictures = []
    for given in ((), values, np.nan_to_num(values)):
        canvas = Canvas()
        kinds = ("line", "bars", "marks")
        draw_strips(
            canvas, [Strip("s", "m", 0.0, 1.0, [Series("v", given, kind=k)]) for k in kinds], 10
        )
        pictures.append(canvas.rgb())
    for first, second in pairwise(pictures):
        assert not np.array_equal(first, second)


def test_the_past_is_a_ring_of_the_newest_steps() -> None:
    model = bind(harness.IDS[0])
    traces = Traces(model, copies=2, length=4)
    for step in range(23):
        traces.append(1, costs=np.full((1, len(model.costs)), float(step)))
        past = traces.past(1)["costs"][:, 0, 0]
        assert past.tolist() == list(map(float, range(max(0, step - 3), step + 1)))
    assert len(traces.past(0)) == 0
    traces.forget(slice(None))
    assert len(traces.past(1)) == 0
