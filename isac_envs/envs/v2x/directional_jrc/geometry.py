"""Beams, faces and line of sight between vehicles on parallel lanes.

Directions are absolute: 0 = +x, 1 = +y, 2 = -x, 3 = -y. A signal that travels in direction ``d``
arrives on one of the four faces of the receiver, which is the same face for all signals of this
direction: faces are counted by the direction of travel.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.v2x.directional_jrc.params import DirectionalJrcParams

NEAR_EDGE = DirectionalJrcParams.code("shadows", "near_edge")
TRANSPARENT = DirectionalJrcParams.code("shadows", "none")


@inlined
def direction_of(beam: int, heading: int) -> int:
    """Return the direction of a beam: the heading turned left by ``beam`` quarter turns."""
    return (beam + 2 * heading) % 4


@inlined
def in_beam(direction: int, dx: float, dy: float, slope: float) -> bool:
    """Tell whether a displacement lies strictly inside a beam.

    Args:
        direction: Axis of the beam, 0..3.
        dx: Displacement along the road, m.
        dy: Displacement across the road, m.
        slope: Tangent of the beam's half width.
    """
    sideways = (direction & 1) == 1
    along = dy if sideways else dx
    across = dx if sideways else dy
    if direction >= 2:
        along = -along
    return along * slope > abs(across)


@inlined
def casts_shadow(p: Record, dx: float, dy: float, tx: float, ty: float) -> bool:
    """Tell whether a vehicle at (dx, dy) hides the direction of (tx, ty) from the origin.

    The direction must lie strictly between the two outermost corners of the rectangle.

    Args:
        p: Parameters of the environment, one record.
        dx: Position of the vehicle that hides along x in m.
        dy: Its position along y in m.
        tx: Position of the hidden one along x in m.
        ty: Its position along y in m.
    """
    half_length, half_width = 0.5 * p.length_m, 0.5 * p.width_m
    if dy < -half_width:  # seen in the mirror of the road's axis
        dy = -dy
        ty = -ty
    if dy > half_width:
        first_x = dx + half_length
        last_x = dx - half_length
        first_y = dy - half_width if first_x > 0.0 else dy + half_width
        last_y = dy - half_width if last_x < 0.0 else dy + half_width
    else:
        edge = dx - half_length
        if dx < 0.0 and p.shadows == NEAR_EDGE:
            edge = dx + half_length
        first_x = last_x = edge
        side = half_width if edge > 0.0 else -half_width
        first_y = dy - side
        last_y = dy + side
    return first_x * ty - first_y * tx > 0.0 and tx * last_y - ty * last_x > 0.0


@jit
def is_visible(p: Record, vehicles: Any, order: Any, count: int, i: int, j: int) -> bool:
    """Tell whether no vehicle nearer to ``i`` than ``j`` hides it.

    Only vehicles between the two, or within a length of either, can: the search runs along the
    order of the road and stops there.

    Args:
        p: Parameters of the environment, one record.
        vehicles: Vehicles, shape ``(N,)``.
        order: Numbers of the vehicles in their order along the road, shape ``(N,)``.
        count: Vehicles on the road.
        i: Number of the sender.
        j: Number of the receiver.
    """
    if p.shadows == TRANSPARENT:
        return True
    x, y = vehicles[i].x_m, vehicles[i].y_m
    tx, ty = vehicles[j].x_m - x, vehicles[j].y_m - y
    squared = tx * tx + ty * ty
    behind = min(tx, 0.0) - p.length_m
    ahead = max(tx, 0.0) + p.length_m
    rank = vehicles[i].rank
    for r in range(rank + 1, count):
        k = order[r]
        dx = vehicles[k].x_m - x
        if dx > ahead:
            break
        dy = vehicles[k].y_m - y
        if dx * dx + dy * dy < squared and casts_shadow(p, dx, dy, tx, ty):
            return False
    for r in range(rank - 1, -1, -1):
        k = order[r]
        dx = vehicles[k].x_m - x
        if dx < behind:
            break
        dy = vehicles[k].y_m - y
        if dx * dx + dy * dy < squared and casts_shadow(p, dx, dy, tx, ty):
            return False
    return True


@jit
def sort_along_road(vehicles: Any, order: Any) -> int:
    """Order the vehicles by position, those off the road last; return how many are on it.

    Insertion sort: from one step to the next hardly anything changes places.
    """
    size = order.shape[0]
    count = 0
    for r in range(size):
        k = order[r]
        present = vehicles[k].present
        count += present
        x = vehicles[k].x_m
        place = r
        while place > 0:
            other = order[place - 1]
            behind = vehicles[other].present and (not present or vehicles[other].x_m <= x)
            if behind or not (present or vehicles[other].present):
                break
            order[place] = other
            place -= 1
        order[place] = k
    for r in range(size):
        vehicles[order[r]].rank = r
    return count
