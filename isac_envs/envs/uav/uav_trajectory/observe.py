"""What the agent sees: itself, the users, and what it believes of the targets."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined
from isac_envs.engine.mathx import log2

OWN, PER_USER, PER_TARGET = 6, 4, 5  # numbers of the UAV, of a user, of a target

_SLACK_M = 600.0


@inlined
def clip(x: float) -> float:
    """Return x, not beyond -1 and 1."""
    return min(max(x, -1.0), 1.0)


@inlined
def observe_from(p: Record, state: Any, u: Record, links: Any, observation: Any) -> int:
    """Write the observation of UAV ``u`` and return the index after it.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        u: Record of the UAV.
        links: Links of the UAV to the users, shape ``(M,)``.
        observation: Receives the observation, shape ``(D,)``.
    """
    e, users, targets = state.env, state.users, state.targets
    inverse = 1.0 / p.area_m
    home_x, home_y = u.x - p.home_x_m, u.y - p.home_y_m
    distance = math.sqrt(home_x * home_x + home_y * home_y) - p.home_radius_m
    left = max(p.mission_s - p.slot_s * e.time, 0.0)
    reach = min(p.max_speed_m_s * left, u.energy / p.joule_per_metre)
    observation[0] = 2.0 * u.x * inverse - 1.0
    observation[1] = 2.0 * u.y * inverse - 1.0
    observation[2] = 2.0 * u.energy / p.battery_j - 1.0
    observation[3] = 2.0 * left / p.mission_s - 1.0
    observation[4] = clip((reach - distance) / _SLACK_M)
    observation[5] = clip(0.2 * log2(1.0 + e.looks) - 0.5)
    first = OWN
    for k in range(users.shape[0]):
        user = users[k]
        observation[first] = (user.x - u.x) * inverse
        observation[first + 1] = (user.y - u.y) * inverse
        observation[first + 2] = clip((user.bits - e.least_bits) / (10.0 * p.peak_bits))
        observation[first + 3] = clip(0.2 * links[k].efficiency - 0.5)
        first += PER_USER
    for k in range(targets.shape[0]):
        t = targets[k]
        determinant = t.info_xx * t.info_yy - t.info_xy * t.info_xy
        trace = t.info_xx + t.info_yy
        observation[first] = clip((t.mean_x - u.x) * inverse)
        observation[first + 1] = clip((t.mean_y - u.y) * inverse)
        observation[first + 2] = clip(0.1 * log2(trace / determinant) - 0.2)
        observation[first + 3] = clip((t.info_xx - t.info_yy) / trace)
        observation[first + 4] = clip(2.0 * t.info_xy / trace)
        first += PER_TARGET
    return first
