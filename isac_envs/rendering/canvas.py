"""A picture in memory that scenes draw on, in pixels with y downward; needs no display."""

import functools
import os
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from gymnasium.error import DependencyNotInstalled

from isac_envs.rendering.colours import INK, PAPER, Colour

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
try:
    import pygame
    from pygame import gfxdraw
except ImportError as error:
    raise DependencyNotInstalled(
        'rendering needs pygame, which is not installed: pip install "isac-envs[render]"'
    ) from error

SIZE = (800, 500)
"""Width and height of every environment's picture, in pixels."""

_FAR = 8000.0  # gfxdraw takes 16-bit coordinates; nothing beyond this is in any picture
_FINE = 4  # letters are drawn this many times larger and scaled down: small fonts have bad spacing
_MASKS = (0xFF, 0xFF00, 0xFF0000, 0)  # bytes in the order red, green, blue

Points = npt.ArrayLike
"""Positions of shape ``(n, 2)``."""


class Canvas:
    """A picture, or a rectangle within one; what leaves the rectangle is cut off.

    Args:
        surface: What to draw on; a new white picture of :data:`SIZE` when None.
    """

    def __init__(self, surface: "pygame.Surface | None" = None) -> None:
        if surface is None:
            surface = _blank(*SIZE)
        self.surface = surface
        self.width, self.height = surface.get_size()

    @classmethod
    def blank(cls, width: int, height: int) -> "Canvas":
        """Return a canvas of its own, to be drawn once and pasted into many pictures."""
        return cls(_blank(width, height))

    def part(self, left: float, top: float, width: float, height: float) -> "Canvas":
        """Return the canvas of a rectangle of this one, with coordinates of its own.

        Args:
            left: Left edge in pixels.
            top: Top edge in pixels.
            width: Width in pixels.
            height: Height in pixels.
        """
        return Canvas(self.surface.subsurface((left, top, width, height)))

    def paste(self, other: "Canvas") -> None:
        """Copy another canvas into the upper left corner."""
        self.surface.blit(other.surface, (0, 0))

    def image(self, left: int, top: int, pixels: npt.NDArray[np.uint8]) -> None:
        """Copy pixels, shape ``(height, width, 3)``, to a place.

        Args:
            left: Left edge in pixels.
            top: Top edge in pixels.
            pixels: Red, green and blue.
        """
        height, width, _ = pixels.shape
        picture = pygame.image.frombuffer(pixels.tobytes(), (width, height), "RGB")
        self.surface.blit(picture, (left, top))

    def clear(self, colour: Colour = PAPER) -> None:
        """Fill everything with one colour."""
        self.surface.fill(colour)

    def line(
        self, points: Points, colour: Colour = INK, width: float = 1.0, closed: bool = False
    ) -> None:
        """Draw an anti-aliased line through points; ``width`` in pixels.

        Args:
            points: Points in pixels, shape ``(n, 2)``.
            colour: Colour of it.
            width: Width of the line in pixels.
            closed: Whether the last point is joined with the first.
        """
        corners = _corners(points)
        ends = corners[1:] + corners[:1] if closed else corners[1:]
        # Piece by piece: pygame-ce's aalines draws equal lines differently now and then, as if it
        # read memory that it never set where two pieces meet.
        draw, surface, pixels = pygame.draw.aaline, self.surface, max(1, round(width))
        for start, end in zip(corners, ends, strict=False):
            draw(surface, colour, start, end, pixels)

    def curve(self, points: Points, colour: Colour) -> None:
        """Draw a line through many points, about two pixels wide; much faster than a wide line."""
        corners = _corners(points)
        if len(corners) > 1:
            pygame.draw.lines(self.surface, colour, False, corners, 2)
            self.line(corners, colour)

    def polygon(
        self,
        points: Points,
        fill: Colour | None = None,
        edge: Colour | None = None,
        opacity: float = 1.0,
        width: float = 1.0,
    ) -> None:
        """Draw a polygon; the edge of a filled one has the fill's colour where none is given.

        Args:
            points: Corners, shape ``(n, 2)``.
            fill: Colour inside; None leaves it empty.
            edge: Colour of the edge.
            opacity: Of the inside, 0..1; a translucent polygon has no edge unless one is given.
            width: Of the edge, in pixels.
        """
        corners = _corners(points)
        if len(corners) < 3:
            return
        if fill is not None:
            pixels = np.rint(corners).astype(int).tolist()
            gfxdraw.filled_polygon(self.surface, pixels, (*fill, round(255 * opacity)))
            edge = fill if edge is None and opacity >= 1.0 else edge
        if edge is not None:
            self.line(corners, edge, width, closed=True)

    def rectangle(
        self,
        left: float,
        top: float,
        width: float,
        height: float,
        fill: Colour | None = None,
        edge: Colour | None = None,
        radius: int = 0,
    ) -> None:
        """Draw an upright rectangle with corners rounded by ``radius`` pixels.

        Args:
            left: Left edge in pixels.
            top: Top edge in pixels.
            width: Width in pixels.
            height: Height in pixels.
            fill: Colour inside; None leaves it empty.
            edge: Colour of the edge; None for none.
            radius: Radius of the corners in pixels.
        """
        area = (round(left), round(top), round(width), round(height))
        if fill is not None:
            pygame.draw.rect(self.surface, fill, area, 0, radius)
        if edge is not None:
            pygame.draw.rect(self.surface, edge, area, 1, radius)

    def circle(
        self,
        centre: tuple[float, float],
        radius: float,
        fill: Colour | None = None,
        edge: Colour | None = None,
        opacity: float = 1.0,
        width: float = 1.0,
    ) -> None:
        """Draw a circle; the edge is as of :meth:`polygon`.

        Args:
            centre: Centre in pixels, x and y.
            radius: Radius in pixels.
            fill: Colour inside; None leaves it empty.
            edge: Colour of the edge.
            opacity: Of the inside, 0..1.
            width: Width of the line in pixels.
        """
        turn = _unit_circle(int(min(max(2.0 * radius, 16), 96)))
        self.polygon(np.asarray(centre) + radius * turn, fill, edge, opacity, width)

    def text(
        self,
        position: tuple[float, float],
        text: str,
        size: int = 15,
        colour: Colour = INK,
        align: Literal["left", "centre", "right"] = "left",
    ) -> float:
        """Write a line of text, vertically centred on the position; return its width in pixels.

        Args:
            position: Position in pixels, x and y.
            text: The text.
            size: Size of the font in pixels.
            colour: Colour of it.
            align: ``left``, ``centre`` or ``right`` of the position.
        """
        image = _written(text, size, colour)
        width, height = image.get_size()
        shift = {"left": 0.0, "centre": 0.5, "right": 1.0}[align]
        self.surface.blit(
            image, (round(position[0] - shift * width), round(position[1] - height / 2))
        )
        return width

    def rgb(self) -> npt.NDArray[np.uint8]:
        """Return a copy of the picture, shape ``(height, width, 3)``."""
        pixels = np.frombuffer(self.surface.get_buffer().raw, np.uint8)
        rows = pixels.reshape(self.height, self.surface.get_pitch())
        return rows[:, : 3 * self.width].reshape(self.height, self.width, 3).copy()


def _blank(width: int, height: int) -> "pygame.Surface":
    surface = pygame.Surface((width, height), 0, 24, _MASKS)
    surface.fill(PAPER)
    return surface


def _corners(points: Points) -> list[Any]:
    return np.minimum(np.maximum(points, -_FAR), _FAR).tolist()  # np.clip takes five times as long


@functools.lru_cache(maxsize=128)
def _unit_circle(corners: int) -> npt.NDArray[np.float64]:
    turn = np.linspace(0.0, 2.0 * np.pi, corners, endpoint=False)
    return np.stack((np.cos(turn), np.sin(turn)), -1)


@functools.lru_cache(maxsize=1024)
def _written(text: str, size: int, colour: Colour) -> "pygame.Surface":
    try:
        large = _font(_FINE * size).render(text, True, colour)
    except pygame.error:  # somebody quit the fonts alone
        _font.cache_clear()
        large = _font(_FINE * size).render(text, True, colour)
    width, height = large.get_size()
    return pygame.transform.smoothscale(large, (round(width / _FINE), round(height / _FINE)))


@functools.lru_cache(maxsize=32)
def _font(size: int) -> "pygame.font.Font":
    """Return the font that comes with pygame, so that a picture is the same on every machine."""
    pygame.font.init()
    if not _font.cache_info().currsize:  # pygame forgets at each quit what it shall call
        pygame.register_quit(_font.cache_clear)  # a font from before crashes the process
    return pygame.font.Font(None, size)
