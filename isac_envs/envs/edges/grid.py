"""Roads between the nodes of a square grid; each node is a road-side unit with a server.

Nodes are numbered row by row from the north-west. The roads of a node lead east, south, west and
north; opposite roads differ by two.
"""

from isac_envs.engine.jit import inlined, jit

ROADS = 4
EAST, SOUTH, WEST, NORTH = range(ROADS)
NAMES = ("east", "south", "west", "north")
NOWHERE = -1


@inlined
def neighbour(side: int, node: int, road: int) -> int:
    """Return the node at the end of a road, ``NOWHERE`` if there is no such road.

    Args:
        side: Nodes along a side of the grid.
        node: Where the road begins.
        road: Its direction.
    """
    row, column = node // side, node % side
    row += 1 if road == SOUTH else (-1 if road == NORTH else 0)
    column += 1 if road == EAST else (-1 if road == WEST else 0)
    inside = row >= 0 and row < side and column >= 0 and column < side
    return row * side + column if inside else NOWHERE


@inlined
def distance(side: int, one: int, other: int) -> int:
    """Return the number of roads between two nodes.

    Args:
        side: Nodes along a side of the grid.
        one: A node.
        other: Another one.
    """
    return abs(one // side - other // side) + abs(one % side - other % side)


@inlined
def on_cross(side: int, node: int, other: int) -> bool:
    """Tell whether a road between two nodes belongs to the middle row or the middle column.

    Args:
        side: Nodes along a side of the grid.
        node: One end.
        other: The other end.
    """
    middle = side // 2
    along = node // side == middle and other // side == middle
    return along or (node % side == middle and other % side == middle)


@jit
def shortest_road(side: int, node: int, target: int) -> int:
    """Return the first road, in the order of their numbers, that leads nearer to a target.

    Args:
        side: Nodes along a side of the grid.
        node: Where the vehicle is.
        target: Another node.
    """
    chosen = EAST
    for k in range(ROADS):
        road = ROADS - 1 - k
        end = neighbour(side, node, road)
        if end != NOWHERE and distance(side, end, target) < distance(side, node, target):
            chosen = road
    return chosen
