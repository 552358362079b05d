"""A window on the plane: positions in metres, y upward, the same scale along both axes."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.rendering.canvas import Canvas, Points
from isac_envs.rendering.colours import INK, MUTED, PAPER, Colour, mixed

Array = npt.NDArray[np.float64]
Position = tuple[float, float]


class World:
    """Draws in metres on a canvas.

    Args:
        canvas: What to draw on.
        x_m: Smallest and largest x that must be visible.
        y_m: Smallest and largest y; the tighter pair sets the scale, the other shows more.
    """

    def __init__(self, canvas: Canvas, x_m: tuple[float, float], y_m: tuple[float, float]) -> None:
        self.canvas = canvas
        self.scale = min(canvas.width / (x_m[1] - x_m[0]), canvas.height / (y_m[1] - y_m[0]))
        """Pixels per metre."""
        self._centre = np.array((sum(x_m) / 2, sum(y_m) / 2))
        self._middle = np.array((canvas.width / 2, canvas.height / 2))

    def pixels(self, points_m: Points) -> Array:
        """Return the pixel coordinates of points, shape ``(..., 2)``."""
        away = (np.asarray(points_m, float) - self._centre) * (self.scale, -self.scale)
        return np.asarray(self._middle + away)

    def line(
        self, points_m: Points, colour: Colour = INK, width: float = 1.0, closed: bool = False
    ) -> None:
        """Draw a line through points; ``width`` in pixels.

        Args:
            points_m: Points in m, shape ``(n, 2)``.
            colour: Colour of it.
            width: Width of the line in pixels.
            closed: Whether the last point is joined with the first.
        """
        self.canvas.line(self.pixels(points_m), colour, width, closed)

    def dashes(
        self,
        start_m: Position,
        end_m: Position,
        dash_m: float,
        colour: Colour = INK,
        width: float = 1.0,
    ) -> None:
        """Draw a straight line of dashes with gaps as long as the dashes.

        Args:
            start_m: Start in m, x and y.
            end_m: End in m, x and y.
            dash_m: Length of a dash in m.
            colour: Colour of it.
            width: Width of the line in pixels.
        """
        begin, way = np.array(start_m), np.subtract(end_m, start_m)
        count = max(1, round(float(np.hypot(*way)) / (2.0 * dash_m)))
        for k in range(count):
            self.line((begin + way * (k / count), begin + way * ((k + 0.5) / count)), colour, width)

    def polygon(self, points_m: Points, *style: Any, **named_style: Any) -> None:
        """Draw a polygon; the style as of :meth:`Canvas.polygon`."""
        self.canvas.polygon(self.pixels(points_m), *style, **named_style)

    def rectangle(self, x_m: Position, y_m: Position, *style: Any, **named_style: Any) -> None:
        """Draw the rectangle between two x and two y; the style as of :meth:`Canvas.polygon`."""
        corners = ((x_m[0], y_m[0]), (x_m[1], y_m[0]), (x_m[1], y_m[1]), (x_m[0], y_m[1]))
        self.polygon(corners, *style, **named_style)

    def circle(self, centre_m: Position, radius_m: float, *style: Any, **named_style: Any) -> None:
        """Draw a circle; the style as of :meth:`Canvas.circle`."""
        x, y = self.pixels(centre_m)
        self.canvas.circle((x, y), radius_m * self.scale, *style, **named_style)

    def dot(self, centre_m: Position, radius: float, *style: Any, **named_style: Any) -> None:
        """Draw a circle of a radius in pixels; the style as of :meth:`Canvas.circle`."""
        x, y = self.pixels(centre_m)
        self.canvas.circle((x, y), radius, *style, **named_style)

    def pattern(
        self,
        origin_m: Position,
        angles_rad: npt.ArrayLike,
        radii_m: npt.ArrayLike,
        *style: Any,
        **named_style: Any,
    ) -> None:
        """Draw a polar pattern, such as a sampled gain scaled to a length.

        Args:
            origin_m: Where the antenna stands.
            angles_rad: Directions, counter-clockwise from the x axis, shape ``(n,)``.
            radii_m: Distance of the outline from the origin in each direction, shape ``(n,)``.
            *style: As of :meth:`Canvas.polygon`.
            **named_style: As of :meth:`Canvas.polygon`.
        """
        angles = np.asarray(angles_rad, float)
        outline = np.stack((np.cos(angles), np.sin(angles)), -1) * np.asarray(radii_m)[:, None]
        self.polygon(np.vstack((np.zeros((1, 2)), outline)) + origin_m, *style, **named_style)

    def lobe(
        self,
        origin_m: Position,
        direction_rad: float,
        width_rad: float,
        length_m: float,
        *style: Any,
        **named_style: Any,
    ) -> None:
        """Draw a beam as a Gaussian lobe that is half as long at the edges of its width.

        Args:
            origin_m: Where the antenna stands.
            direction_rad: Of the beam, counter-clockwise from the x axis.
            width_rad: Half-power beamwidth.
            length_m: Length along the direction.
            *style: As of :meth:`Canvas.polygon`.
            **named_style: As of :meth:`Canvas.polygon`.
        """
        offset = np.linspace(-1.0, 1.0, 49) * min(1.4 * width_rad, np.pi)
        radii = length_m * 0.5 ** ((2.0 * offset / width_rad) ** 2)
        self.pattern(origin_m, direction_rad + offset, radii, *style, **named_style)

    def ellipse(
        self,
        mean_m: Position,
        covariance_m2: npt.ArrayLike,
        deviations: float,
        *style: Any,
        **named_style: Any,
    ) -> None:
        """Draw the ellipse of a normal distribution.

        Args:
            mean_m: Centre.
            covariance_m2: Covariance, shape ``(2, 2)``.
            deviations: Semi-axes in standard deviations.
            *style: As of :meth:`Canvas.polygon`.
            **named_style: As of :meth:`Canvas.polygon`.
        """
        self.polygon(mean_m + ellipse_outline(covariance_m2, deviations), *style, **named_style)

    def vehicle(
        self,
        position_m: Position,
        heading_rad: float = 0.0,
        colour: Colour = INK,
        length_m: float = 4.6,
        width_m: float = 1.9,
    ) -> None:
        """Draw a vehicle from above, with its windscreen towards the heading.

        Args:
            position_m: Position in m, x and y.
            heading_rad: Heading from the x axis in rad.
            colour: Colour of it.
            length_m: Length in m.
            width_m: Width in m.
        """
        along = np.array((np.cos(heading_rad), np.sin(heading_rad))) * length_m / 2
        across = np.array((-np.sin(heading_rad), np.cos(heading_rad))) * width_m / 2
        body, windscreen = (-1.0, 1.0, 1.0), (0.15, 0.5, 0.75)
        for (rear, front, side), shade in ((body, 0.0), (windscreen, 0.7)):
            corners = ((rear, side), (front, side), (front, -side), (rear, -side))
            points = [np.asarray(position_m) + a * along + b * across for a, b in corners]
            self.polygon(points, mixed(colour, PAPER, shade))

    def text(
        self, position_m: Position, text: str, size: int = 15, colour: Colour = INK,
        align: Any = "centre", lift: float = 0.0,
    ) -> None:  # fmt: skip
        """Write text at a position, raised by ``lift`` pixels.

        Args:
            position_m: Position in m, x and y.
            text: The text.
            size: Size of the font in pixels.
            colour: Colour of it.
            align: ``left``, ``centre`` or ``right`` of the position.
            lift: Pixels by which it is raised.
        """
        x, y = self.pixels(position_m)
        self.canvas.text((x, y - lift), text, size, colour, align)

    def scale_bar(self, length_m: float, colour: Colour = MUTED) -> None:
        """Draw a bar of a length in the lower right corner."""
        right, bottom = self.canvas.width - 12.0, self.canvas.height - 10.0
        left = right - length_m * self.scale
        self.canvas.line(((left, bottom), (right, bottom)), colour, 2)
        self.canvas.text(((left + right) / 2, bottom - 9), f"{length_m:g} m", 14, colour, "centre")


def ellipse_outline(covariance_m2: npt.ArrayLike, deviations: float) -> Array:
    """Return 48 points at ``deviations`` standard deviations around zero, shape ``(48, 2)``."""
    values, axes = np.linalg.eigh(np.asarray(covariance_m2, float))
    turn = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)
    circle = np.stack((np.cos(turn), np.sin(turn)), -1)
    return np.asarray(deviations * (circle * np.sqrt(np.maximum(values, 0.0))) @ axes.T)
