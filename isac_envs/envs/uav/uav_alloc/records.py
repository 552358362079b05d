"""State of a group of UAVs: dtypes and arrays."""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import record
from isac_envs.propagation.laws import Law
from isac_envs.propagation.links import LINK

ENV_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("sensing", "f8"),  # objectives of the last slot, zero at the start
    ("communication", "f8"),
)
UAV = record(
    ("x_m", "f8"),  # position; the origin is the middle of the area, on the ground
    ("y_m", "f8"),
    ("z_m", "f8"),
    ("vx_m_s", "f8"),  # velocity
    ("vy_m_s", "f8"),
    ("vz_m_s", "f8"),
    ("cruise_x_m_s", "f8"),  # velocity that the Gauss-Markov process returns to
    ("cruise_y_m_s", "f8"),
    ("energy_j", "f8"),  # what is left for transmissions
)
TARGET = record(
    ("x_m", "f8"),  # position on the ground
    ("y_m", "f8"),
    ("vx_m_s", "f8"),
    ("vy_m_s", "f8"),
    ("information_bit", "f8"),  # mutual information of the last slot, bit/s/Hz
)
ALLOCATION = record(
    ("mode", "i8"),  # 0 communicates, k = 1..K senses target k
    ("channel", "i8"),
    ("power_w", "f8"),  # 0 = idle
    ("sinr", "f8"),  # of what the UAV does, linear; 0 if idle
)
IDLE, COMMUNICATE = 0, 0  # an option; a mode
EMPTY_J = 1e-9  # a battery below it is empty: what rounding leaves of a spent budget


class Scratch(NamedTuple):
    """What all copies share.

    Attributes:
        law: Law of the uplinks; None in free space.
    """

    law: Law | None


class State(NamedTuple):
    """The group of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        uavs: Shape ``(M,)``.
        targets: Shape ``(K,)``.
        allocation: What each UAV does, shape ``(M,)``.
        echoes: Gains from UAV to target and back, over the noise power, shape ``(M, K)``, in 1/W.
        uplinks: The same from UAV to base station, shape ``(M,)``.
        couplings: The same from UAV to UAV, shape ``(M, M)``.
        paths: Links of the UAVs to the base station, shape ``(M,)``; empty in free space.
        scratch: What all copies share.
    """

    env: Any
    uavs: Any
    targets: Any
    allocation: Any
    echoes: Any
    uplinks: Any
    couplings: Any
    paths: Any
    scratch: Scratch


def allocate(env: Any, uavs: int, targets: int, law: Law | None = None) -> State:
    """Return the state of a batch with these records of the environments, shape ``(n,)``.

    Args:
        env: Records of the environments, shape ``(n,)``.
        uavs: UAVs of a copy.
        targets: Targets of a copy.
        law: Law of the uplinks; None in free space.
    """
    n = len(env)
    return State(
        env,
        np.zeros((n, uavs), UAV),
        np.zeros((n, targets), TARGET),
        np.zeros((n, uavs), ALLOCATION),
        np.zeros((n, uavs, targets)),
        np.zeros((n, uavs)),
        np.zeros((n, uavs, uavs)),
        np.zeros((n, 0 if law is None else uavs), LINK),
        Scratch(law),
    )
