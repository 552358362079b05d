"""Walks in a disc: constant speed, a heading that diffuses, reflection at the rim."""

import math
from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import sincos_turns
from isac_envs.engine.rng import normal, uniform
from isac_envs.kernels.numerics.plane import turned_one


class Disc(NamedTuple):
    """Where somebody walks, and how.

    Attributes:
        x_m: Centre.
        y_m: Centre.
        radius_m: Radius.
        step_m: Way of a slot.
        turn_turns: Standard deviation of the change of the heading in a slot, in turns.
    """

    x_m: float
    y_m: float
    radius_m: float
    step_m: float
    turn_turns: float


@inlined
def users_disc(p: Record) -> Disc:
    """Return the disc of the users.

    Args:
        p: Parameters of the environment, one record.
    """
    return Disc(p.centre_m[0], p.centre_m[1], p.radius_m, p.step_m, p.turn_turns)


@jit
def place(stream: Any, disc: Disc, starts_m: Any, walkers: Any) -> None:
    """Draw places, uniform in the disc unless they are given, and headings.

    Args:
        stream: Random stream of the world.
        disc: Where they walk.
        starts_m: x and y of each in turn from the centre, or nothing, shape ``(2 W,)`` or ``(0,)``.
        walkers: Records of :data:`~isac_envs.envs.surfaces.records.USER`, shape ``(W,)``.
    """
    for k in range(walkers.shape[0]):
        radius = disc.radius_m * math.sqrt(uniform(stream))
        sine, cosine = sincos_turns(uniform(stream))
        walkers[k].x_m = disc.x_m + radius * cosine
        walkers[k].y_m = disc.y_m + radius * sine
        if starts_m.shape[0] > 0:
            walkers[k].x_m = disc.x_m + starts_m[2 * k]
            walkers[k].y_m = disc.y_m + starts_m[2 * k + 1]
        walkers[k].heading_y, walkers[k].heading_x = sincos_turns(uniform(stream))


@inlined
def _reflect(disc: Disc, walker: Record) -> None:
    """Bring a walker that has left the disc back, as a mirror along its rim would."""
    x, y = walker.x_m - disc.x_m, walker.y_m - disc.y_m
    away = math.sqrt(x * x + y * y)
    if away <= disc.radius_m:
        return
    x, y = x / away, y / away
    outward = walker.heading_x * x + walker.heading_y * y
    walker.heading_x -= 2.0 * outward * x
    walker.heading_y -= 2.0 * outward * y
    inside = max(2.0 * disc.radius_m - away, 0.0)
    walker.x_m, walker.y_m = disc.x_m + inside * x, disc.y_m + inside * y


@inlined
def stride(disc: Disc, turn_turns: float, walker: Record) -> None:
    """Move a walker by one slot.

    Args:
        disc: Where it walks.
        turn_turns: Change of its heading, in turns.
        walker: Changed in place.
    """
    sine, cosine = sincos_turns(turn_turns)
    x, y = turned_one(walker.heading_x, walker.heading_y, cosine, sine)
    length = 1.0 / math.sqrt(x * x + y * y)  # rounding adds up over a long episode
    walker.heading_x, walker.heading_y = length * x, length * y
    walker.x_m += disc.step_m * walker.heading_x
    walker.y_m += disc.step_m * walker.heading_y
    _reflect(disc, walker)


@jit
def walk(stream: Any, disc: Disc, walkers: Any) -> None:
    """Move everybody by one slot.

    Args:
        stream: Random stream of the world.
        disc: Where they walk.
        walkers: Records of :data:`~isac_envs.envs.surfaces.records.USER`, shape ``(W,)``.
    """
    for k in range(walkers.shape[0]):
        stride(disc, disc.turn_turns * normal(stream), walkers[k])
