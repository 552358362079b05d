"""State of a mission: fields of its records, however many UAVs fly it, and the state of one UAV."""

from typing import Any, NamedTuple

from isac_envs.envs.uav.uav_trajectory.estimate import WINDOW
from isac_envs.propagation.laws import Law

TEAM_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("least_bits", "f8"),  # data of the user with the least, bit
    ("worst_bound", "f8"),  # largest position error bound of a target, m
    ("looks", "i8"),  # since the start
    ("look_x", "f8", (WINDOW,)),  # where the last looks were, m; a ring
    ("look_y", "f8", (WINDOW,)),  # m
    ("granted_data", "f8"),  # objectives that a bound is paid, which no action earns; NaN else
    ("granted_sensing", "f8"),
)
UAV_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("x", "f8"),  # m
    ("y", "f8"),  # m
    ("energy", "f8"),  # left in the battery, J
    ("shortfall", "f8"),  # distance that is missing on the way home at best, m
    ("speed", "f8"),  # of the last slot, m/s
    ("looked", "?"),  # the last slot was a look
    ("ended", "?"),  # the battery ran out in the last slot
)
USER_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("x", "f8"),  # m
    ("y", "f8"),  # m
    ("bits", "f8"),  # data so far
)
LINK_FIELDS: tuple[tuple[Any, ...], ...] = (  # between a UAV and a user
    ("efficiency", "f8"),  # of the last slot, bit/s/Hz
    ("share", "f8"),  # of the bandwidth in the last slot
)


class Scratch(NamedTuple):
    """What all copies share.

    Attributes:
        law: Law of the links to users; None in free space.
    """

    law: Law | None


class State(NamedTuple):
    """The mission of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment, which is the UAV, too.
        users: Users and their links, shape ``(M,)``.
        targets: Shape ``(K,)``.
        scratch: What all copies share.
    """

    env: Any
    users: Any
    targets: Any
    scratch: Scratch
