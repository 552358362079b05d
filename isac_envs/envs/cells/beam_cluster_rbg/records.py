"""State of the cell: dtypes and arrays."""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import record
from isac_envs.kernels.numerics.clustering import ClusterWork, cluster_work

ENV_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("outage", "f8"),  # share of the users whose mean SINR counts as lost
    ("width_deg", "f8"),  # mean width of the beams with members
)
USER = record(
    ("x_m", "f8"),  # true place; the base station is the origin and looks along x
    ("y_m", "f8"),
    ("range_std_m", "f8"),  # standard deviations of the report, along the line of sight
    ("cross_std_m", "f8"),  # and across
    ("seen_x_m", "f8"),  # reported place
    ("seen_y_m", "f8"),
    ("path", "f8"),  # SNR of a beam without gain, linear
    ("beam", "i8"),
    ("rank", "i8"),  # number among the members of the beam
    ("signal", "f8"),  # mean power of the own beam over noise, linear
    ("interference", "f8"),  # likewise, of all other beams with members
    ("lost", "?"),  # whether the mean SINR is too small to be served at all
    ("waiting_bits", "f8"),
    ("age", "i8"),  # slots that the oldest waiting packet has waited, 0 if none waits
    ("average_bits", "f8"),  # exponential average of what a slot carried
    ("granted_bits", "f8"),  # what the slot can carry
    ("groups", "i8"),  # resource block groups of the last slot
)
BEAM = record(
    ("x_m", "f8"),  # centre of the cluster: a mean or the reported place of the medoid
    ("y_m", "f8"),
    ("azimuth_deg", "f8"),
    ("width_deg", "f8"),
    ("members", "i8"),
)


class Scratch(NamedTuple):
    """What all copies share.

    Attributes:
        samples: Where users may be, shape ``(U, S, 2)``, in m.
        points: What k-means clusters, shape ``(U, 2)``, in m.
        deviations: Azimuths of samples from their beam, shape ``(U * S,)``, in degrees.
        distances: Expected distances of users, shape ``(U, U)``, in m.
        clusters: Work of the clustering.
        left_bits: What remains to be granted while a slot is scheduled, shape ``(U,)``.
        scores: Best score of each beam, shape ``(K,)``.
        winners: The user who has it, shape ``(K,)``.
        chosen: Allocation of a scheduler in the form of an action, shape ``(K * G,)``.
    """

    samples: Any
    points: Any
    deviations: Any
    distances: Any
    clusters: ClusterWork
    left_bits: Any
    scores: Any
    winners: Any
    chosen: Any


class State(NamedTuple):
    """The cell of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        users: Shape ``(U,)``.
        beams: Shape ``(K,)``.
        waiting: Bits that wait, by the slot of their arrival modulo the length, shape
            ``(U, lifetime + 1)``.
        fading: Scattered part of each user and group, real and imaginary, shape ``(U, G, 2)``.
        power: Power of the fading of each user and group, shape ``(U, G)``.
        cqi: Reports of each user and group, shape ``(U, G)``.
        bits: Bits that a group carries to each user in the coming slot, shape ``(U, G)``.
        scratch: What all copies share.
    """

    env: Any
    users: Any
    beams: Any
    waiting: Any
    fading: Any
    power: Any
    cqi: Any
    bits: Any
    scratch: Scratch


def allocate(env: Any, p: Any) -> State:
    """Return the state of a batch with these records of the environments, shape ``(n,)``.

    Args:
        env: Records of the environments, shape ``(n,)``.
        p: Parameters of the environment.
    """
    n, users, beams, groups = len(env), p.users, p.beams, p.groups
    return State(
        env,
        np.zeros((n, users), USER),
        np.zeros((n, beams), BEAM),
        np.zeros((n, users, p.lifetime_slots + 1)),
        np.zeros((n, users, groups, 2)),
        np.zeros((n, users, groups)),
        np.zeros((n, users, groups), np.int64),
        np.zeros((n, users, groups)),
        Scratch(
            np.zeros((users, p.samples, 2)),
            np.zeros((users, 2)),
            np.zeros(users * p.samples),
            np.zeros((users, users)),
            cluster_work(users, beams),
            np.zeros(users),
            np.zeros(beams),
            np.zeros(beams, np.int64),
            np.zeros(beams * groups, np.int64),
        ),
    )
