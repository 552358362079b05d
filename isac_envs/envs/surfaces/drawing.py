"""What pictures of surfaces share: places, patterns of the true arrays, phases as colours."""

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.kernels.ris.phase import coupled_amplitude, quantised_phase
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas
from isac_envs.rendering.world import World

Array = npt.NDArray[Any]

USER_COLOURS = (colours.BLUE, colours.ORANGE, colours.GREEN, colours.PURPLE, colours.SKY,
                colours.VERMILION, colours.YELLOW, colours.MUTED)  # fmt: skip
_ANGLES = np.linspace(0.0, np.pi, 241)
_FRINGE = np.array((0.0, 1.0, 2.0)) / 3.0  # of the three colours, in turns


def user_colour(k: int) -> colours.Colour:
    """Return the colour of a user."""
    return USER_COLOURS[k % len(USER_COLOURS)]


@functools.lru_cache(maxsize=8)
def _steering(elements: int) -> Array:
    """Return the steering vectors of all drawn directions, shape ``(A, N)``."""
    places = np.arange(elements) - 0.5 * (elements - 1)
    return np.exp(1j * np.pi * np.outer(np.cos(_ANGLES), places))


def patterns(sources: Array) -> Array:
    """Return the far field of a linear array in all drawn directions, shape ``(K, A)``.

    Args:
        sources: What its elements send, complex, shape ``(N, K)``.
    """
    return np.asarray(np.abs(_steering(len(sources)) @ sources).T)


def draw_patterns(world: World, place_m: tuple[float, float], axis_rad: float, fields: Array,
                  length_m: float) -> None:  # fmt: skip
    """Draw fields as polar curves over the half plane on the left of an array's axis.

    Args:
        world: What to draw on.
        place_m: Where the array stands.
        axis_rad: Direction of its axis, from the x axis.
        fields: Of each user, shape ``(K, A)``.
        length_m: Length of the largest.
    """
    largest = float(fields.max(initial=0.0))
    if not largest > 0.0:
        return
    for k in np.argsort(-fields.max(1)):
        colour = user_colour(int(k))
        radii = length_m * fields[k] / largest
        world.pattern(place_m, axis_rad + _ANGLES, radii, colour, opacity=0.5)


def half_plane(params: Any) -> float:
    """Return the axis of the surface for which the users are on its left, in rad."""
    return math.pi if params.centre_m[1] < params.surface_m[1] else 0.0


def set_turns(params: Any, turns: Array) -> Array:
    """Return the phases that elements take for those that are asked for.

    Args:
        params: Parameters of the environment.
        turns: Phases in turns, shape ``(N,)``.
    """
    return quantised_phase(turns, params.phase_bits) if params.phase_bits else turns


def draw_station_beams(world: World, params: Any, precoder: Array, share: float = 0.34) -> None:
    """Draw the beams of a precoder.

    Args:
        world: What to draw on.
        params: Parameters of the environment.
        precoder: Shape ``(M, S)``.
        share: Length of the largest over the way to the surface.
    """
    fields, length_m = patterns(precoder)[:, ::-1], share * math.hypot(*params.surface_m)
    draw_patterns(world, (0.0, 0.0), -0.5 * math.pi, fields, length_m)


def draw_surface_beams(world: World, params: Any, parts: dict[str, Any], turns: Array) -> None:
    """Draw what the surface makes of the beams of a precoder, if there is one.

    Args:
        world: What to draw on.
        params: Parameters of the environment.
        parts: Arrays of the state, by name.
        turns: Phases that the elements take, shape ``(N,)``.
    """
    p, precoder = params, parts["precoder"]
    if p.surface != "present":
        return
    sizes = coupled_amplitude(
        turns, p.least_amplitude, p.amplitude_offset_turns, p.amplitude_steepness
    )
    reflection = sizes * np.exp(2j * np.pi * (turns + parts["elements"]["error_turns"]))
    fields = patterns(reflection[:, None] * (parts["incident"] @ precoder))
    axis = half_plane(p)
    fields = fields if axis == 0.0 else fields[:, ::-1]
    way_m = math.dist(p.centre_m, p.surface_m) + p.radius_m
    draw_patterns(world, p.surface_m, axis, fields, way_m)


def draw_surface(world: World, params: Any) -> None:
    """Draw the surface, far larger than it is, if there is one."""
    if params.surface == "present":
        x, y = world.pixels(params.surface_m)
        world.canvas.line(((x - 22, y), (x + 22, y)), colours.INK, 5)


def draw_places(world: World, params: Any, users: Array) -> None:
    """Draw base station, surface, disc and users.

    Args:
        world: What to draw on.
        params: Parameters of the environment.
        users: Records of the users.
    """
    x, y = world.pixels((0.0, 0.0))
    world.canvas.line(((x, y - 14), (x, y + 14)), colours.INK, 4)
    world.text((0.0, 0.0), "base station", 14, colours.INK, lift=-25.0)
    draw_surface(world, params)
    if params.surface == "present":
        lift = 14.0 if half_plane(params) else -14.0
        world.text(params.surface_m, "surface", 14, colours.INK, lift=lift)
    world.circle(params.centre_m, params.radius_m, None, colours.MUTED)
    for k, user in enumerate(users):
        place = (float(user["x_m"]), float(user["y_m"]))
        world.dot(place, 5, user_colour(k), colours.INK)


def extent(params: Any) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the x and the y in m between which everything happens."""
    aside = 0.25 * math.hypot(*params.surface_m)  # room for the beams of the base station
    return around(params, ((0.0, -aside), (0.0, aside)), 0.08)


def around(
    params: Any, places_m: Sequence[tuple[float, float]], margin: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the x and the y in m between which surface, discs and some places are.

    Args:
        params: Parameters of the environment.
        places_m: The places besides.
        margin: What is left free on every side, over the larger of width and height.
    """
    a, b = params.surface_m
    xs, ys = [a, *(x for x, _ in places_m)], [b, *(y for _, y in places_m)]
    for of in ("", "target_"):
        x, y = getattr(params, f"{of}centre_m", (a, b))
        radius = getattr(params, f"{of}radius_m", 0.0)
        xs += [x - radius, x + radius]
        ys += [y - radius, y + radius]
    free = margin * max(max(xs) - min(xs), max(ys) - min(ys))
    return (min(xs) - free, max(xs) + free), (min(ys) - free, max(ys) + free)


def phase_colours(turns: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """Return colours that go round with the phase, shape ``(n, 3)``."""
    waves = 0.55 + 0.4 * np.cos(2.0 * np.pi * (turns[:, None] - _FRINGE))
    return np.asarray(255.0 * waves, np.uint8)


def draw_phases(canvas: Canvas, turns: npt.NDArray[np.float64]) -> None:
    """Draw the phases of all elements as a row of colours.

    Args:
        canvas: What to draw on.
        turns: Phases in turns, shape ``(N,)``.
    """
    width, height = canvas.width - 74, canvas.height - 4
    canvas.text((4, canvas.height / 2), "phases", 15)
    shown = phase_colours(turns)[np.arange(width) * len(turns) // width]
    canvas.image(66, 2, np.broadcast_to(shown, (height, width, 3)))


def draw_rates(canvas: Canvas, rates: npt.NDArray[np.float64], most: float) -> None:
    """Draw the rate of each user as a bar.

    Args:
        canvas: What to draw on.
        rates: In bit/s/Hz, shape ``(K,)``.
        most: Rate of a bar of full length.
    """
    canvas.rectangle(0, 0, canvas.width, canvas.height, colours.LAND, colours.GRID, 4)
    canvas.text((10, 14), "rates, bit/s/Hz", 15, colours.MUTED)
    row = (canvas.height - 32) / len(rates)
    height = min(0.6 * row, 22.0)
    for k, rate in enumerate(rates):
        middle = 28 + (k + 0.5) * row
        length = (canvas.width - 64) * min(rate / most, 1.0)
        canvas.rectangle(10, middle - height / 2, max(length, 1.0), height, user_colour(k))
        canvas.text((canvas.width - 10, middle), f"{rate:.2f}", 15, colours.INK, "right")
