"""Scene of ``isac/TargetTrack-v0``: the sector from above, what is believed of it, and the outcome.

The boresight, x, points upward, y to the right, so that azimuths read from left to right. Beams,
detections and hits are those of the last slot; targets and tracks have moved on to the coming one,
less than a metre. The looks of the slot are repeated for the picture, with the same targets and the
same random bits: so it has the detections of both, and at echoes the map of the last one.

A beam reaches as far as its look detects the weakest kind of target in every second slot: its
outline is one of constant SNR.
"""

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.envs.tracking.target_track.params import TARGET_KINDS
from isac_envs.envs.tracking.target_track.scene_looks import (
    DATA,
    SENSING,
    Heard,
    diamond,
    draw_heard,
    repeated,
    state_of,
    write_unit_snrs,
)
from isac_envs.kernels.numerics.assignment import assignment_work
from isac_envs.kernels.radar.cfar import ca_probability
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.colours import Colour
from isac_envs.rendering.strips import Series, Strip, draw_heading, draw_panel, draw_strips
from isac_envs.rendering.view import View
from isac_envs.rendering.world import Position, World, ellipse_outline
from isac_envs.sensing import gospa, looks
from isac_envs.sensing.tracks import CONFIRMED, STRADDLE, TENTATIVE

_DEVIATIONS = 3.0  # semi-axes of the ellipses in standard deviations
_LEADER_S = 1.0  # the line of a track is as long as its way in this time
_RING = 11.0  # pixels
_TURN = np.stack([f(2.0 * np.pi * np.arange(25) / 24.0) for f in (np.cos, np.sin)], -1)
_ROTORS = 4.3 * np.array(((-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)))  # pixels
_RIM = 1.07  # outer edge of the shades of sectors over the farthest range

_MISSED, _TRACK, _FALSE = colours.VERMILION, colours.GREEN, colours.PURPLE
_TENTATIVE = colours.mixed(_TRACK, colours.PAPER, 0.45)
_TRUTH = colours.INK

Array = npt.NDArray[np.float64]


def draw(canvas: Canvas, view: View) -> None:
    """Draw one copy."""
    time, horizon, slot_s = int(view.env.time), view.params.horizon, view.params.slot_s
    detail = f"slot {time} of {horizon}, {time * slot_s:.2f} s"
    draw_heading(canvas.part(0, 0, canvas.width, 34), view.model.id, detail)
    false = false_tracks(view)
    heard = repeated(view)
    _map(canvas.part(10, 36, 530, 300), view, false, heard)
    echoes = view.params.fidelity == "echo"
    _panel(canvas.part(550, 36, 240, 150 if echoes else 300), view, false)
    if echoes:
        draw_heard(canvas.part(550, 192, 240, 144), view.params, heard[-1] if heard else None)
    draw_strips(canvas.part(0, 340, canvas.width, 158), _strips(view))


def false_tracks(view: View) -> npt.NDArray[np.bool_]:
    """Return the confirmed tracks without a target in the pairs of GOSPA.

    Returns:
        Shape ``(MOST_TRACKS,)``.
    """
    state = state_of(view)
    confirmed = np.flatnonzero(state.tracks["status"] == CONFIRMED)
    living = state.targets[state.targets["alive"]]
    truth = np.stack((living["x"], living["y"]), -1)
    estimates = state.tracks["estimate"][confirmed, :2]
    cost = np.square(truth[:, None] - estimates[None]).sum(-1)
    partner = np.empty(len(truth), np.int64)
    gospa.match(cost, float(view.params.cutoff_m), partner, *assignment_work(*cost.shape))
    false = np.zeros(len(state.tracks), bool)
    false[confirmed] = True
    false[confirmed[partner[partner >= 0]]] = False
    return false


def _seen(x: Any, y: Any) -> Any:
    """Map a position of the environment to the picture, boresight upward."""
    return np.stack((np.asarray(y, float), np.asarray(x, float)), -1)


def polar(distance: npt.ArrayLike, sines: npt.ArrayLike) -> Array:
    """Return where ranges and sines of the azimuth lie in the picture, shape ``(n, 2)``."""
    far, sine = np.broadcast_arrays(np.asarray(distance, float), np.asarray(sines, float))
    return np.asarray(_seen(far * np.sqrt(np.maximum(1.0 - sine * sine, 0.0)), far * sine))


def _map(canvas: Canvas, view: View, false: npt.NDArray[np.bool_], heard: list[Heard]) -> None:
    p, state = view.params, state_of(view)
    edge, weakest = float(p.record[0].edge_sine), TARGET_KINDS[_weakest(p)].name
    size, extent = (canvas.width, canvas.height), (p.range_from_m, p.range_to_m, edge)
    canvas.paste(_ground(size, extent, weakest))
    world = _world(canvas, p.range_to_m, edge)
    draw_rim(world, p.range_to_m, edge, state.sectors["belief"])
    draw_beams(world, view, [(each.look, each.colour) for each in heard])
    draw_users(world, view, state.users)
    draw_targets(world, state.targets)
    draw_tracks(world, state.tracks, false)
    for each in heard:
        draw_detections(world, each.detections, each.real, each.colour)
    _station(world)


def _world(canvas: Canvas, far_m: float, edge: float) -> World:
    """Return the plane; a sector that is so wide that the legend is in its way becomes smaller."""
    half = 1.03 * far_m if edge < 0.9 else 1.7 * far_m
    return World(canvas, (-half, half), (-0.07 * far_m, 1.15 * far_m))


@functools.lru_cache(maxsize=16)
def _ground(size: tuple[int, int], extent: tuple[float, float, float], weakest: str) -> Canvas:
    """Draw the static parts: the sector with its scales, the legend and remarks.

    Args:
        size: Width and height in pixels.
        extent: Nearest and farthest range in m, sine of the sector's edge.
        weakest: Kind of target that the length of beams refers to.
    """
    canvas, (near, far, edge) = Canvas.blank(*size), extent
    world, sines = _world(canvas, far, edge), np.linspace(-edge, edge, 65)
    canvas.clear(colours.LAND)
    outline = np.vstack((polar(far, sines), polar(near, sines[::-1])))
    world.polygon(outline, colours.PAPER, colours.GRID)
    step = _round_step(far / 3.0)
    for k in range(math.ceil(near / step), math.ceil(far / step)):
        ring = polar(k * step, sines)
        world.line(ring, colours.GRID)
        x, y = world.pixels(ring[0])
        canvas.text((x - 5, y + 6), f"{k * step:g} m", 13, colours.MUTED, "right")
    widest = math.degrees(math.asin(edge))
    step = _round_step(0.6 * widest)
    most = math.floor(widest / step + 1e-6)
    for k in range(-most, most + 1):
        x, y = polar((_RIM + 0.045) * far, math.sin(math.radians(k * step)))
        world.text((x, y), f"{k * step:+g}\N{DEGREE SIGN}" if k else "0", 13, colours.MUTED)
    draw_legend(canvas)
    left = "beams end where every", "second look detects", f"a {weakest}"
    right = (
        f"ellipse: {_DEVIATIONS:g} sigma",
        f"line: way in {_LEADER_S:g} s",
        "dot: a new hit",
    )
    for k, (here, there) in enumerate(zip(left, right, strict=True)):
        canvas.text((8, 12 + 15 * k), here, 13, colours.MUTED)
        canvas.text((canvas.width - 8, 12 + 15 * k), there, 13, colours.MUTED, "right")
    return canvas


def draw_rim(world: World, far_m: float, edge: float, beliefs: Array) -> None:
    """Draw at the rim how many targets each sector may hold that nobody has seen.

    Args:
        world: Where to draw.
        far_m: Farthest range.
        edge: Sine of the azimuth of the sector's edge.
        beliefs: Expected number of undetected targets of each direction.
    """
    pieces = 1 + 32 // len(beliefs)
    sines = np.linspace(-edge, edge, pieces * len(beliefs) + 1)
    outer, inner = world.pixels(polar(_RIM * far_m, sines)), world.pixels(polar(far_m, sines))
    for k, belief in enumerate(beliefs):
        here = slice(pieces * k, pieces * (k + 1) + 1)
        corners = np.vstack((inner[here], outer[here][::-1]))
        world.canvas.polygon(corners, _shade(float(belief)), colours.GRID)


def _shade(belief: float) -> Colour:
    """Return the shade of a sector: half way to the darkest for a quarter of a target."""
    return colours.mixed(colours.PAPER, colours.INK, 0.8 * belief / (belief + 0.25))


def _round_step(least: float) -> float:
    """Return the largest of 1, 2, 5, 10, ... that is not above a number."""
    unit = 10.0 ** math.floor(math.log10(least))
    return max(m * unit for m in (1.0, 2.0, 5.0) if m == 1.0 or m * unit <= least)


def _station(world: World) -> None:
    x, y = world.pixels((0.0, 0.0))
    world.canvas.line(((x - 12, y + 2), (x + 12, y + 2)), colours.INK, 4)
    for k in range(-2, 3):
        world.canvas.line(((x + 5 * k, y), (x + 5 * k, y - 4)), colours.INK, 2)


def beam_outline(view: View, look: looks.Look) -> tuple[Array, Array]:
    """Return the line on which a look detects the weakest kind of target in every second slot.

    Args:
        view: The copy.
        look: The look.

    Returns:
        Ranges in m, at most the farthest, and sines of the azimuth, each of shape ``(29,)``.
    """
    params, p = view.params, view.params.record[0]
    section = params.cross_sections_m2()[_weakest(params)]
    sines = np.clip(look.sine + np.linspace(-1.0, 1.0, 29) * 2.0 / look.columns, -1.0, 1.0)
    unit = np.empty(len(sines))
    write_unit_snrs(p, look, sines, unit)
    fourth = unit * section * STRADDLE / _even_snr(float(p.cfar_factor), int(p.cfar_cells))
    return np.minimum(np.sqrt(np.sqrt(fourth)), params.range_to_m), sines


def _weakest(params: Any) -> int:
    """Return the kind of the smallest cross section among those that come."""
    sections = params.cross_sections_m2()
    return min((k for k, share in enumerate(params.mix) if share > 0.0), key=sections.__getitem__)


@functools.lru_cache(maxsize=64)
def _even_snr(factor: float, cells: int) -> float:
    """Return the mean SNR that is detected with probability 1/2, by bisection."""
    low, high = -30.0, 60.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        rare = ca_probability(factor, cells, 10.0 ** (0.1 * middle)) < 0.5
        low, high = (middle, high) if rare else (low, middle)
    return float(10.0 ** (0.05 * (low + high)))


def draw_beams(world: World, view: View, done: list[tuple[looks.Look, Colour]]) -> None:
    """Draw the beams of the last slot, each as far as its look detects the weakest targets.

    Args:
        world: Where to draw.
        view: The copy.
        done: The looks, each with the colour of its beam.
    """
    for look, colour in done:
        outline = np.vstack(((0.0, 0.0), polar(*beam_outline(view, look))))
        pale = colours.mixed(colour, colours.PAPER, 0.3)
        world.polygon(outline, pale, colour, opacity=0.35)


def draw_users(world: World, view: View, users: Any) -> None:
    """Draw users, hollow where the link is blocked, with their queues as bars.

    Args:
        world: Where to draw.
        view: The copy.
        users: Their records, shape ``(U,)``.
    """
    served = int(view.env.user)
    places = polar(users["range_m"], users["sine"])
    if served > 0:
        world.line(((0.0, 0.0), places[served - 1]), DATA, 2)
    for k, (user, place) in enumerate(zip(users, places, strict=True), 1):
        x, y = world.pixels(place)
        if k == served:
            world.canvas.circle((x, y), 9, None, DATA)
            world.canvas.circle((x, y), 8.2, None, DATA)
        _user(world.canvas, (x, y), bool(user.blocked))
        _queue(world.canvas, (x + 11, y), float(user.queue_mbit) / view.params.queue_mbit, 20)
        world.canvas.text((x - 7, y + 8), f"{k}", 13, colours.INK, "right")


def _user(canvas: Canvas, pixel: Position, blocked: bool) -> None:
    body = colours.PAPER if blocked else colours.INK
    canvas.rectangle(pixel[0] - 4, pixel[1] - 4, 8, 8, body, colours.INK)


def _queue(canvas: Canvas, pixel: Position, fill: float, height: int) -> None:
    """Draw a queue as a bar around a pixel."""
    left, bottom = round(pixel[0]) - 3, round(pixel[1]) + height // 2
    canvas.rectangle(left, bottom - height, 6, height, colours.PAPER, colours.MUTED)
    full = round((height - 2) * min(max(fill, 0.0), 1.0))
    if full > 0:
        colour = _MISSED if fill > 0.8 else DATA
        canvas.rectangle(left + 1, bottom - 1 - full, 4, full, colour)


def draw_tracks(world: World, tracks: Any, false: npt.NDArray[np.bool_]) -> None:
    """Draw tentative tracks, and over them the confirmed ones, those without a target marked.

    Args:
        world: Where to draw.
        tracks: Their records, shape ``(MOST_TRACKS,)``.
        false: Which are confirmed without a target, of the same shape.
    """
    for status in (TENTATIVE, CONFIRMED):
        for i in np.flatnonzero(tracks["status"] == status):
            colour = _TENTATIVE if status == TENTATIVE else _FALSE if false[i] else _TRACK
            _track(world, tracks[i], colour, status == CONFIRMED)


def _track(world: World, track: Any, colour: Colour, confirmed: bool) -> None:
    """Draw a ring around what may be too small to see: its ellipse, its course, a dot for a hit."""
    x, y, v_x, v_y = track["estimate"]
    place, way = _seen(x, y), _LEADER_S * _seen(v_x, v_y)
    (xx, xy), (_, yy) = track["covariance"][:2, :2]
    drawn = world.canvas.curve if confirmed else world.canvas.line
    drawn(world.pixels(place) + _RING * _TURN, colour)
    if _DEVIATIONS * world.scale * math.sqrt(max(xx, yy)) > 1.5:  # pixels
        fill = colour if confirmed else None
        outline = ellipse_outline(((yy, xy), (xy, xx)), _DEVIATIONS)[::2]
        world.polygon(place + outline, fill, colour, opacity=0.3)
    if confirmed:
        ahead = _RING / world.scale * way / max(math.hypot(*way), 1e-9)
        world.line((place + ahead, place + ahead + way), colour, 2)
    if track["since_hit"] == 0:
        world.dot(place, 3, colour)


def draw_targets(world: World, targets: Any) -> None:
    """Draw what is there: dark where it is tracked, else in the colour of a miss."""
    for target in targets[targets["alive"]]:
        heading = math.atan2(target["v_x"], target["v_y"])
        colour = _TRUTH if target["tracked"] else _MISSED
        _target(world, _seen(target["x"], target["y"]), int(target["kind"]), colour, heading)


def _target(world: World, place: Any, kind: int, colour: Colour, heading: float = 0.0) -> None:
    """Draw a target, larger than it is: a quadcopter, a person or a vehicle."""
    name, pixel = TARGET_KINDS[kind].name, 1.0 / world.scale
    if name == "vehicle":
        world.vehicle(place, heading, colour, 16.0 * pixel, 7.0 * pixel)
        return
    x, y = world.pixels(place)
    if name == "human":
        side = np.array((-math.sin(heading), math.cos(heading)))
        shoulders = 9.0 * np.eye(2) + 40.0 * np.outer(side, side)
        pale = colours.mixed(colour, colours.PAPER, 0.45)
        world.ellipse(place, pixel * pixel * shoulders, 1.0, pale)
        world.canvas.circle((x, y), 3.5, colour)
        return
    centre = np.array((x, y))
    for end in _ROTORS:
        world.canvas.line((centre, centre + end), colour, 2)
        world.canvas.polygon(centre + end + 3.0 * _TURN[::3], colours.PAPER, colour)


def draw_detections(world: World, detections: Any, real: int, colour: Colour) -> None:
    """Draw the detections of a look: diamonds, hollow where nothing is.

    Args:
        world: Where to draw.
        detections: Those of the look, shape ``(D,)``, those of targets first.
        real: How many are of targets.
        colour: Of the look.
    """
    places = world.pixels(polar(detections["range_m"], detections["sine"]))
    for k, (x, y) in enumerate(places):
        diamond(world.canvas, (x, y), colour, k < real)


def draw_legend(canvas: Canvas) -> None:
    """Explain the signs in the corners that the sector leaves free."""
    world = World(canvas, (0.0, canvas.width), (-canvas.height, 0.0))  # a metre is a pixel
    left, right, line = 14.0, canvas.width - 92.0, 16.5
    rows = [canvas.height - 10.0 - k * line for k in range(6)]
    here = ["blocked user", "user and queue", "missed", *(each.name for each in TARGET_KINDS[::-1])]
    there = ["unseen targets", "false alarm", "detection", "tentative", "false track", "track"]
    for y, first, second in zip(rows, here, there, strict=True):
        canvas.text((left + 16, y), first, 13, colours.MUTED)
        canvas.text((right + 16, y), second, 13, colours.MUTED)
    _user(canvas, (left, rows[0]), True)
    _user(canvas, (left - 4, rows[1]), False)
    _queue(canvas, (left + 7, rows[1]), 0.6, 14)
    _target(world, (left, -rows[2]), 0, _MISSED)
    for y, kind in zip(rows[3:], range(len(TARGET_KINDS))[::-1], strict=True):
        _target(world, (left, -y), kind, _TRUTH)
    canvas.rectangle(right - 6, rows[0] - 5, 12, 10, _shade(0.25), colours.GRID)
    diamond(canvas, (right, rows[1]), SENSING, False)
    diamond(canvas, (right, rows[2]), SENSING, True)
    for y, colour in zip(rows[3:], (_TENTATIVE, _FALSE, _TRACK), strict=True):
        canvas.circle((right, y), 6, None, colour)
        if colour != _TENTATIVE:
            canvas.circle((right, y), 5.2, None, colour)


def _panel(canvas: Canvas, view: View, false: npt.NDArray[np.bool_]) -> None:
    state = state_of(view)
    status, queues = state.tracks["status"], state.users["queue_mbit"]
    confirmed, tentative = int((status == CONFIRMED).sum()), int((status == TENTATIVE).sum())
    hidden = float(state.sectors["belief"].sum())
    rows = [
        ("tracks", f"{confirmed} confirmed, {tentative} tentative", _TRACK),
        ("false tracks", f"{int(false.sum())}", _FALSE),
        ("unseen targets, expected", f"{hidden:.1f}", colours.INK),
        ("fullest queue", f"{queues.max():.0f} of {view.params.queue_mbit:g} Mbit", colours.INK),
    ]
    rows = _outcome(view) + rows
    draw_panel(canvas, rows if canvas.height > 200 else rows[:5])


def _outcome(view: View) -> list[tuple[str, str, Colour]]:
    """Return the rows on the last slot."""
    texts = ["-"] * 5
    if view.last is not None:
        e, metrics = view.env, view.last["metrics"][0]
        served, looked = "nobody", "off"
        if e.user > 0:
            served = f"user {int(e.user)}, {float(e.served_mbit):.1f} Mbit"
        if e.share > 0.0:
            azimuth = math.degrees(math.asin(min(max(float(e.sine), -1.0), 1.0)))
            looked = f"{azimuth:+.0f} deg, {100.0 * float(e.share):.0f} % of slot"
        texts = [
            served,
            looked,
            f"{int(e.found)}, false alarms {int(e.false_alarms)}",
            f"{int(metrics.targets)}, tracked {int(metrics.targets - metrics.missed)}",
            f"{metrics.gospa * view.params.cutoff_m:.1f} m",
        ]
    names = "data beam", "sensing beam", "detections", "targets", "GOSPA"
    inks = DATA, colours.mixed(SENSING, colours.INK, 0.25), *([colours.INK] * 3)
    return list(zip(names, texts, inks, strict=True))


def _strips(view: View) -> list[Strip]:
    most = min(math.ceil(view.params.start_targets) + 1, view.params.most_targets)
    share = 100.0 * max(view.params.shares[-1], 0.1)
    dropped = np.asarray(view.steps["costs"][:, 0, 0])
    return [
        Strip("backlog", "% of room", 0.0, 100.0, (
            Series("mean", 100.0 * view.metric("backlog"), DATA, form=".0f"),
            Series("dropped", dropped, _MISSED, "marks"),
        )),
        Strip("GOSPA / cutoff", "", 0.0, most, (
            Series("missed", view.metric("missed"), _MISSED, form=".0f"),
            Series("false", view.metric("false"), _FALSE, form=".0f"),
            Series("GOSPA", view.metric("gospa"), colours.INK, form=".1f"),
        )),
        Strip("sensing share", "%", 0.0, share, (
            Series("", 100.0 * view.metric("sensing_share"), SENSING, "bars", ".0f"),
            Series("acquired", view.metric("acquired"), _TRACK, "marks"),
        )),
    ]  # fmt: skip
