"""State of secondary users on channels that belong to others."""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import record
from isac_envs.kernels.estimation.kalman import WORK_ROWS

NOTHING, DECLARED_BUSY, ACKNOWLEDGED, COLLIDED, CONTENDED = range(5)
"""What a user learns in a slot: nothing before the first one; that its detector says busy; that its
transmission arrived; that it met a primary one; that it met another user's in an idle channel."""
OUTCOMES = 4

CHANNEL = record(
    ("idle", "?"),  # in the coming slot
    ("users", "i8"),  # that transmit in it
    ("recent", "i8"),  # for pictures: bits of the last slots, 1 for idle, the latest lowest
)
RECENT = 60
"""Slots that channels remember."""

USER = record(
    ("channel", "i8"),  # of the last slot
    ("choice", "i8"),  # of the sensing time
    ("outcome", "i8"),
    ("transmits", "?"),
    ("informed", "?"),  # a genie acts: sees the state and needs no sensing, for one slot
    ("range_m", "f8"),  # of the target from its post
    ("speed_m_s", "f8"),
    ("estimate", "f8", (2,)),  # of both
    ("covariance", "f8", (2, 2)),
    ("predicted_m", "f8"),  # deviation of the range before the last slot's echo
    ("posterior_m", "f8"),  # and after it
)
BELIEF = record(("idle", "f8"))  # probability that the channel is idle in the coming slot
SLOT = record(("channel", "i8"), ("choice", "i8"), ("outcome", "i8"))


class Scratch(NamedTuple):
    """Room of the filter that all copies share.

    Attributes:
        work: Shape ``(3, 2)``.
        innovation: Shape ``(1,)``.
        variance: Of the measured range in m^2, shape ``(1,)``.
        jacobian: Of a range by range and speed, shape ``(1, 2)``.
    """

    work: Any
    innovation: Any
    variance: Any
    jacobian: Any


class State(NamedTuple):
    """Channels and users of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        channels: Shape ``(N,)``.
        users: Shape ``(U,)``.
        beliefs: What each user believes of each channel, shape ``(U, N)``.
        past: The last slots of each user, a ring, shape ``(U, H)``.
        scratch: Room that all copies share.
    """

    env: Any
    channels: Any
    users: Any
    beliefs: Any
    past: Any
    scratch: Scratch


def allocate(env: Any, params: Any, users: int) -> State:
    """Return the state of a batch with these records of the environments, shape ``(n,)``.

    Args:
        env: The records.
        params: Parameters of the environment.
        users: Number of users.
    """
    n, channels = len(env), params.channels
    scratch = Scratch(np.zeros((WORK_ROWS, 2)), np.zeros(1), np.zeros(1), np.array([[1.0, 0.0]]))
    return State(
        env,
        np.zeros((n, channels), CHANNEL),
        np.zeros((n, users), USER),
        np.zeros((n, users, channels), BELIEF),
        np.zeros((n, users, params.history), SLOT),
        scratch,
    )
