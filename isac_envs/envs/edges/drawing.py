"""What both scenes draw: the roads of the grid, its nodes, and vehicles on their way."""

from typing import Any

from isac_envs.envs.edges.grid import NOWHERE, ROADS, neighbour
from isac_envs.rendering import colours
from isac_envs.rendering.canvas import Canvas

MARGIN = 26
_ASIDE = 5.0  # pixels between the middle of a road and a lane


class Plan:
    """Where the nodes of a square grid stand on a canvas.

    Args:
        canvas: The canvas.
        side: Nodes along a side.
    """

    def __init__(self, canvas: Canvas, side: int) -> None:
        self.canvas, self.side = canvas, side
        self.pitch_x = (canvas.width - 2 * MARGIN) / (side - 1)
        self.pitch_y = (canvas.height - 2 * MARGIN) / (side - 1)

    def at(self, node: int) -> tuple[float, float]:
        """Return the place of a node."""
        row, column = divmod(int(node), self.side)
        return MARGIN + column * self.pitch_x, MARGIN + row * self.pitch_y

    def lane(self, node: int, road: int, share: float) -> tuple[float, float]:
        """Return a place on the right lane of a road.

        Args:
            node: Where the road begins.
            road: Its direction.
            share: How far along it the place is, 0 to 1.
        """
        end = neighbour(self.side, node, road)
        (x, y), (u, v) = self.at(node), self.at(end)
        aside = ((0.0, 1.0), (-1.0, 0.0), (0.0, -1.0), (1.0, 0.0))[road]
        across = (_ASIDE * aside[0], _ASIDE * aside[1])
        return x + share * (u - x) + across[0], y + share * (v - y) + across[1]

    def roads(self, slowness: Any) -> None:
        """Draw each lane, the redder the slower.

        Args:
            slowness: 0 for an empty road to 1, shape ``(N, 4)``.
        """
        for node in range(self.side * self.side):
            for road in range(ROADS):
                if neighbour(self.side, node, road) != NOWHERE:
                    colour = colours.mixed(
                        colours.ROAD, colours.VERMILION, float(slowness[node, road])
                    )
                    (x, y), (u, v) = (self.lane(node, road, share) for share in (0.0, 1.0))
                    left, top = min(x, u) - 3, min(y, v) - 3
                    self.canvas.rectangle(left, top, abs(u - x) + 6, abs(v - y) + 6, colour)

    def servers(self, loads: Any, counts: Any) -> None:
        """Draw each node as a box that fills with the load of its server.

        Args:
            loads: Shares of the time that servers are busy, shape ``(N,)``.
            counts: Numbers of twins to write into the boxes, shape ``(N,)``.
        """
        for node in range(self.side * self.side):
            x, y = self.at(node)
            self.canvas.rectangle(x - 11, y - 11, 22, 22, colours.PAPER, colours.INK)
            full = 20.0 * min(1.0, float(loads[node]))
            self.canvas.rectangle(x - 10, y + 10 - full, 20, full, colours.SKY)
            self.canvas.text((x, y), f"{int(counts[node])}", 14, colours.INK, "centre")
