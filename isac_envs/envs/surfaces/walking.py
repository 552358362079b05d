"""Users that walk in a disc: constant speed, a heading that diffuses, reflection at the rim."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import sincos_turns
from isac_envs.engine.rng import normal, uniform
from isac_envs.kernels.numerics.plane import turned_one


@jit
def place_users(p: Record, stream: Any, users: Any) -> None:
    """Draw places, uniform in the disc unless they are given, and headings.

    Args:
        p: Parameters of the environment, one record.
        stream: Random stream of the world.
        users: Users, shape ``(K,)``.
    """
    for k in range(users.shape[0]):
        radius = p.radius_m * math.sqrt(uniform(stream))
        sine, cosine = sincos_turns(uniform(stream))
        users[k].x_m = p.centre_m[0] + radius * cosine
        users[k].y_m = p.centre_m[1] + radius * sine
        if p.start_m.shape[0] > 0:
            users[k].x_m = p.centre_m[0] + p.start_m[2 * k]
            users[k].y_m = p.centre_m[1] + p.start_m[2 * k + 1]
        users[k].heading_y, users[k].heading_x = sincos_turns(uniform(stream))


@inlined
def _reflect(p: Record, user: Record) -> None:
    """Bring a user that has left the disc back, as a mirror along its rim would."""
    x, y = user.x_m - p.centre_m[0], user.y_m - p.centre_m[1]
    away = math.sqrt(x * x + y * y)
    if away <= p.radius_m:
        return
    x, y = x / away, y / away
    outward = user.heading_x * x + user.heading_y * y
    user.heading_x -= 2.0 * outward * x
    user.heading_y -= 2.0 * outward * y
    inside = max(2.0 * p.radius_m - away, 0.0)
    user.x_m, user.y_m = p.centre_m[0] + inside * x, p.centre_m[1] + inside * y


@jit
def walk(p: Record, stream: Any, users: Any) -> None:
    """Move all users by one slot.

    Args:
        p: Parameters of the environment, one record.
        stream: Random stream of the world.
        users: Users, shape ``(K,)``.
    """
    for k in range(users.shape[0]):
        sine, cosine = sincos_turns(p.turn_turns * normal(stream))
        x, y = turned_one(users[k].heading_x, users[k].heading_y, cosine, sine)
        length = 1.0 / math.sqrt(x * x + y * y)  # rounding adds up over a long episode
        users[k].heading_x, users[k].heading_y = length * x, length * y
        users[k].x_m += p.step_m * users[k].heading_x
        users[k].y_m += p.step_m * users[k].heading_y
        _reflect(p, users[k])
