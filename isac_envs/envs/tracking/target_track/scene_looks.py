"""The looks of the last slot, made again for a picture, and the map of their echoes."""

import functools
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.engine import rng
from isac_envs.engine.jit import Record, jit
from isac_envs.engine.mathx import db_to_linear
from isac_envs.envs.tracking.target_track import slot
from isac_envs.envs.tracking.target_track.actions import decode
from isac_envs.envs.tracking.target_track.listening import listen
from isac_envs.envs.tracking.target_track.records import Scratch, State
from isac_envs.envs.tracking.target_track.records import scratch as make_scratch
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.colours import Colour
from isac_envs.rendering.view import View
from isac_envs.rendering.world import Position
from isac_envs.sensing import looks
from isac_envs.sensing.echoes import last_map

DATA, SENSING = colours.BLUE, colours.ORANGE
_MAP_DB = 40.0  # above the noise, of the darkest cells


def state_of(view: View) -> State:
    """Return the state of the copy that is drawn; its scratch holds nothing of it."""
    users, targets, tracks, sectors, detections = view.entities
    scratch = _scratch(view.params)
    return State(view.env, users, targets, tracks, sectors, detections, scratch)


@functools.lru_cache(maxsize=2)
def _scratch(params: Any) -> Scratch:
    return make_scratch(params)


def looks_of(view: View, state: State) -> list[tuple[looks.Look, Colour]]:
    """Return the looks of the last slot in their order, each with the colour of its beam."""
    if view.last is None:
        return []
    p, done = view.params.record[0], []
    decision = decode(p, view.last["actions"][0])
    if decision.user > 0 and p.communication_echoes == slot.PROCESSED:
        done.append((slot.user_look(p, state, decision.user, decision.share), DATA))
    sensing = slot.sector_look(p, decision.sine, decision.share, decision.columns)
    done.append((sensing, SENSING))
    return [each for each in done if each[0].symbols >= p.least_symbols]


@jit
def write_unit_snrs(p: Record, look: looks.Look, sines: Any, snrs: Any) -> None:
    """Write the mean SNR that a look gets of 1 m^2 at a distance of 1 m.

    Args:
        p: Parameters.
        look: The look.
        sines: Of the azimuth, shape ``(n,)``.
        snrs: Written, shape ``(n,)``.
    """
    for k in range(sines.shape[0]):
        snrs[k] = looks.mean_snr_one(p, look, 1.0, sines[k])


class Heard(NamedTuple):
    """A look of the last slot, made again."""

    look: looks.Look
    colour: Colour
    detections: Any
    """Shape ``(D,)``, those of targets first."""
    real: int
    """How many are of targets."""
    map: tuple[Any, ...] | None
    """At echoes, of :func:`isac_envs.sensing.echoes.last_map`."""


def repeated(view: View) -> list[Heard]:
    """Make the looks of the last slot again, with the same targets and the same random bits."""
    now, heard = state_of(view), []
    past = now.targets.copy()
    for name in ("alive", "x", "y", "v_x", "v_y"):
        past[name] = past[f"past_{name}"]
    found = np.zeros_like(now.detections)
    state = now._replace(env=now.env.copy(), targets=past, detections=found)
    for look, colour in looks_of(view, now):
        key = state.env["keys"][0 if colour == DATA else 1]
        rng.seed_stream(state.env["look"], key, key)
        real, total = listen(view.params.record[0], state, look, state.scratch.echo)
        kept = None
        if state.scratch.echo is not None:
            kept = last_map(view.params.record[0], int(look.symbols), state.scratch.echo)
        heard.append(Heard(look, colour, found[:total].copy(), real, kept))
    return heard


_SHADES = 64


@functools.lru_cache(maxsize=1)
def _shades() -> npt.NDArray[np.uint8]:
    """Return the colours of a map, from the noise to its darkest cells."""
    steps = np.linspace(0.0, 1.0, _SHADES)
    return np.array([colours.mixed(colours.PAPER, colours.INK, each) for each in steps], np.uint8)


@functools.lru_cache(maxsize=1)
def _levels() -> npt.NDArray[np.float64]:
    """Return the powers over the noise between two shades."""
    steps = np.linspace(0.0, _MAP_DB, _SHADES - 1)
    return np.array([db_to_linear(float(each)) for each in steps])


def draw_heard(canvas: Canvas, params: Any, heard: Heard | None) -> None:
    """Draw the map of a look at echoes: ranges to the right, rates of the range upward.

    Args:
        canvas: Where to draw.
        params: Parameters of the environment.
        heard: The look; None where there was none.
    """
    canvas.rectangle(0, 0, canvas.width, canvas.height, colours.LAND, colours.GRID, 4)
    canvas.text((10, 13), "map of the last look", 13, colours.MUTED)
    left, top, width, height = 34, 26, canvas.width - 46, canvas.height - 46
    fastest, far = float(params.record[0].fastest_m_s), params.range_to_m
    for rate in (-1.0, 0.0, 1.0):
        y = top + 0.5 * height * (1.0 - rate)
        text = f"{rate * fastest:+.0f}" if rate else "0"
        canvas.text((left - 4, y + 5.0 * rate), text, 12, colours.MUTED, "right")
    canvas.text((left, canvas.height - 9), "0", 12, colours.MUTED)
    canvas.text((left + width, canvas.height - 9), f"{far:g} m", 12, colours.MUTED, "right")
    canvas.text((canvas.width - 12, 13), "range rate, m/s", 12, colours.MUTED, "right")
    if heard is None or heard.map is None:
        return
    power, _, rates, ranges = heard.map
    shown = power[::-1, ranges <= far]  # the fastest on top
    rows = np.linspace(0, len(rates), height + 1).astype(int)
    columns = (np.arange(width) * shown.shape[1]) // width
    starts, places = np.unique(np.minimum(rows[:-1], len(rates) - 1), return_inverse=True)
    level = np.maximum.reduceat(shown, starts, axis=0)[places][:, columns]
    canvas.image(left, top, _shades()[np.searchsorted(_levels(), level)])
    for k, one in enumerate(heard.detections):
        x = left + width * float(one["range_m"]) / far
        y = top + 0.5 * height * (1.0 - float(one["range_rate_m_s"]) / fastest)
        diamond(canvas, (x, y), heard.colour, k < heard.real)


def diamond(canvas: Canvas, pixel: Position, colour: Colour, real: bool) -> None:
    """Draw a detection: a diamond, hollow where nothing is.

    Args:
        canvas: Where to draw.
        pixel: Its place.
        colour: Of the look.
        real: Whether it is of a target.
    """
    x, y = pixel
    corners = ((x - 5, y), (x, y - 5), (x + 5, y), (x, y + 5))
    canvas.polygon(corners, colour if real else colours.PAPER, colours.INK)
