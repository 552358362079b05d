"""Scene of ``isac/TargetTrackMulti-v0``: the field with all stations, and what the team does.

The boresight of the first station, x, points upward, y to the right. Signs are those of a single
station. A beam ends where its look detects the weakest kind of target in every second slot, in the
noise that the other stations raise.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.envs.tracking.target_track import scene as single
from isac_envs.envs.tracking.target_track import scene_looks
from isac_envs.envs.tracking.target_track_multi.records import State
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas, Points
from isac_envs.rendering.colours import Colour
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_panel, draw_strips
from isac_envs.rendering.view import View
from isac_envs.rendering.world import World
from isac_envs.sensing.tracks import CONFIRMED

_DATA, _SENSING = colours.BLUE, colours.ORANGE
_SIDE = 96  # pixels on each side of the plan for the legend

Array = npt.NDArray[np.float64]


class _Posed(World):
    """A window that takes points in the picture of one station and draws them in the field.

    Args:
        canvas: What to draw on.
        extent: Visible positions of the picture to the right and upward, as for ``World``.
        pose: x and y of the station in m, cosine and sine of its heading.
    """

    def __init__(self, canvas: Canvas, extent: Array, pose: Array) -> None:
        super().__init__(canvas, tuple(extent[0]), tuple(extent[1]))
        self._pose = pose

    def pixels(self, points_m: Points) -> Array:
        """Return the pixel coordinates of points, shape ``(..., 2)``."""
        return super().pixels(_in_field(points_m, self._pose))


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    time, horizon, slot_s = int(view.env.time), view.params.horizon, view.params.slot_s
    detail = f"slot {time} of {horizon}, {time * slot_s:.2f} s"
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, detail)
    stations = [station_view(view, m) for m in range(view.params.stations)]
    _map(canvas.part(10, 36, 530, 300), view, stations)
    _panel(canvas.part(550, 36, 240, 300), view, stations)
    draw_strips(canvas.part(0, 340, canvas.width, 158), _strips(view))


def station_view(view: View, m: int) -> View:
    """Return what a station is and does, as a view of ``isac/TargetTrack-v0``.

    Targets and tracks in it are those of the field, in the frame of the field.

    Args:
        view: The copy.
        m: Number of the station.
    """
    state, names = _state(view), view.steps.dtype.names or ()
    shapes = [(view.steps.dtype[name].base, view.steps.dtype[name].shape[1:]) for name in names]
    fields = [(name, base, (1, *shape)) for name, (base, shape) in zip(names, shapes, strict=True)]
    steps = np.zeros(len(view.steps), fields)
    for name in names:
        steps[name] = view.steps[name][:, m : m + 1]
    own = (state.users[m], state.targets, state.tracks, state.sectors[m], state.detections[m])
    return View(view.model, state.stations[m], own, view.observation[m : m + 1], steps)


def _state(view: View) -> State:
    return State._make((view.env, *view.entities, None))  # scratch is not drawn


def _in_field(points_m: Points, pose: Array) -> Array:
    """Return where points of a station's picture lie in the picture of the field."""
    points = np.asarray(points_m, float)
    right, up = points[..., 0], points[..., 1]
    x, y, cosine, sine = pose
    return np.stack((y + sine * up + cosine * right, x + cosine * up - sine * right), -1)


def _poses(view: View) -> Array:
    """Return x, y, cosine and sine of the heading of the stations, shape ``(N, 4)``."""
    names, p = ("x_m", "y_m", "cosine", "sine"), view.params.record[0]
    return np.stack([p[f"station_{name}"][: view.params.stations] for name in names], -1)


def _outline(p: Any) -> Array:
    """Return the outline of a sector in the picture of its station, shape ``(n, 2)``."""
    edge = float(p.record[0].edge_sine)
    sines = np.linspace(-edge, edge, 49)
    near, far = single.polar(p.range_from_m, sines[::-1]), single.polar(p.range_to_m, sines)
    return np.vstack((far, near))


def _map(canvas: Canvas, view: View, stations: list[View]) -> None:
    p, state, poses = view.params, _state(view), _poses(view)
    canvas.clear(colours.LAND)
    outline, edge = _outline(p), float(p.record[0].edge_sine)
    everywhere = np.vstack([_in_field(np.vstack((outline, (0.0, 0.0))), pose) for pose in poses])
    margin = 0.06 * float(np.ptp(everywhere, axis=0).max())
    extent = np.stack((everywhere.min(0) - margin, everywhere.max(0) + margin), -1)
    plan = canvas.part(_SIDE, 0, canvas.width - 2 * _SIDE, canvas.height)
    field = World(plan, tuple(extent[0]), tuple(extent[1]))
    worlds = [_Posed(plan, extent, pose) for pose in poses]
    for world in worlds:
        world.polygon(outline, colours.PAPER, colours.GRID, opacity=0.6)
    for m, world in enumerate(worlds):
        single.draw_rim(world, p.range_to_m, edge, state.sectors[m]["belief"])
    done = [_looks(each, state.beams[m]) for m, each in enumerate(stations)]
    for world, each, looks in zip(worlds, stations, done, strict=True):
        single.draw_beams(world, each, looks)
    for m, world in enumerate(worlds):
        single.draw_users(world, stations[m], state.users[m])
    single.draw_targets(field, state.targets)
    single.draw_tracks(field, state.tracks, single.false_tracks(stations[0]))
    for m, world in enumerate(worlds):
        if done[m]:
            colour = done[m][-1][1]
            own = state.stations[m]
            kept = state.detections[m][: int(own.look_detections)]
            single.draw_detections(world, kept, int(own.look_found), colour)
        _station(world, m)
    single.draw_legend(canvas)


def _looks(view: View, beams: Any) -> list[tuple[Any, Colour]]:
    """Return the looks of a station in the last slot, in the noise that the others raise."""
    found = []
    for look, colour in scene_looks.looks_of(view, scene_looks.state_of(view)):
        rise = max(float(beams[0 if colour == _DATA else 1]["noise_rise"]), 1.0)
        found.append((look._replace(loss=look.loss * rise), colour))
    return found


def _station(world: World, m: int) -> None:
    """Draw a station as a bar across its boresight, with its number behind it."""
    pixel = 1.0 / world.scale
    world.line(((-12.0 * pixel, 0.0), (12.0 * pixel, 0.0)), colours.INK, 4)
    world.text((0.0, -11.0 * pixel), f"bs_{m}", 13, colours.INK)


def _panel(canvas: Canvas, view: View, stations: list[View]) -> None:
    state, texts = _state(view), ["-"] * 3
    confirmed = int((state.tracks["status"] == CONFIRMED).sum())
    if view.last is not None:
        metrics = view.last["metrics"]
        targets, missed = int(metrics["targets"].sum()), int(metrics["missed"].sum())
        square = float(np.square(metrics["gospa"]).sum())
        rise = ", ".join(f"{each:.0f}" for each in metrics["noise_rise_db"])
        texts = [
            f"{targets}, tracked {targets - missed}",
            f"{math.sqrt(square) * view.params.cutoff_m:.1f} m",
            f"{rise} dB",
        ]
    rows = [
        ("targets", texts[0], colours.INK),
        ("tracks", f"{confirmed} confirmed", colours.GREEN),
        ("GOSPA", texts[1], colours.INK),
        ("noise", texts[2], colours.INK),
    ]
    rows += [_row(view, each, m) for m, each in enumerate(stations)]
    draw_panel(canvas, rows)


def _row(view: View, station: View, m: int) -> tuple[str, str, Colour]:
    """Return the row on one station: whom it serves, and where and for how long it looks."""
    e, parts = station.env, []
    if view.last is None:
        return f"bs_{m}", "-", colours.INK
    if e.user > 0:
        parts.append(f"user {int(e.user)}")
    if e.share > 0.0:
        azimuth = math.degrees(math.asin(min(max(float(e.sine), -1.0), 1.0)))
        parts.append(f"{azimuth:+.0f} deg {100.0 * float(e.share):.0f} %")
    return f"bs_{m}", ", ".join(parts) or "off", colours.INK


def _strips(view: View) -> list[Strip]:
    agents = range(view.params.stations)

    def total(name: str) -> Array:
        return np.asarray(sum(view.metric(name, m) for m in agents))

    def largest(name: str) -> Array:
        return np.asarray(np.max([view.metric(name, m) for m in agents], axis=0))

    p = view.params
    most = min(math.ceil(p.stations * p.start_targets) + 1, p.most_targets)
    dropped = np.asarray(view.steps["costs"][:, :, 0].sum(-1))
    return [
        Strip("backlog", "% of room", 0.0, 100.0, (
            Series("mean", 100.0 * total("backlog") / p.stations, _DATA, form=".0f"),
            Series("dropped", dropped, colours.VERMILION, "marks"),
        )),
        Strip("tracks", "", 0.0, most, (
            Series("missed", total("missed"), colours.VERMILION, form=".0f"),
            Series("false", total("false"), colours.PURPLE, form=".0f"),
            Series("handed over", total("handed_over"), colours.GREEN, "marks"),
        )),
        Strip("noise rise", "dB", 0.0, 30.0, (
            Series("largest", largest("noise_rise_db"), _SENSING, "bars", ".0f"),
        )),
    ]  # fmt: skip
