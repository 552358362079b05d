"""State records of the dual carriageway and the codes of modes and choices."""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import record
from isac_envs.propagation.laws import Law
from isac_envs.propagation.links import LINK

ROWS, COLUMNS = 5, 7
CELLS = ROWS * COLUMNS
BEAMS = SECTORS = 4
NULL, RADAR = BEAMS * SECTORS, BEAMS * SECTORS + 1
ACTIONS = BEAMS * SECTORS + 2

ENV_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("trace_slot", "i8"),  # slot of the trace at which the episode began
    ("waiting", "i8"),  # requests to enter the road that were not served yet
    ("on_road", "i8"),  # vehicles on the road
)

VEHICLE = record(
    ("x_m", "f8"),  # position along the road
    ("y_m", "f8"),  # position across it, 0 on the median
    ("velocity_m_s", "f8"),  # signed, along x
    ("across_m_s", "f8"),  # signed, along y; 0 but in a trace
    ("lane", "i8"),  # counted from the smallest y
    ("heading", "i8"),  # 0 = towards +x, 1 = towards -x
    ("present", "?"),  # on the road
    ("rank", "i8"),  # place in the order along the road; on-road vehicles come first
    ("action", "i8"),  # what was chosen in this step
    ("beam", "i8"),  # direction it sends to: 0 = +x, 1 = +y, 2 = -x, 3 = -y, -1 = sends nothing
    ("sector", "i8"),  # label of the data it sends, 1..4
    ("radar", "?"),  # it uses radar
    ("took_part", "?"),  # it was on the road when the step began
    ("sent_x_m", "f8"),  # where it was then, for the picture
    ("sent_y_m", "f8"),
    ("reception_draw", "f8"),  # uniform variate: what it receives arrives if below the success
    ("radar_age_s", "f8"),  # seconds since its last radar use, or since it entered
    ("value", "f8"),  # usefulness delivered in this step
    ("risk", "f8"),  # penalty of not sensing in this step
    ("receivers", "i8"),  # vehicles that its beam reached without a collision
    ("collisions", "i8"),  # vehicles where its signal met another one on the same face
    ("sinr_db", "f8"),  # sum over the receivers
    ("useful_cells", "i8"),  # cells delivered that were news to their receiver
)

FACE = record(
    ("arrivals", "i8"),  # signals that arrive on this face
    ("sender", "i8"),  # the first of their senders
    ("arrived", "?"),  # the packet was received
)

NEAREST = record(
    ("distance2_m2", "f8"),
    ("vehicle", "i8"),
)


class Scratch(NamedTuple):
    """What all copies share.

    Attributes:
        law: Law of the links; None in free space.
    """

    law: Law | None


class State(NamedTuple):
    """The road of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        vehicles: Shape ``(N,)``.
        order: Numbers of the vehicles in their order along the road, shape ``(N,)``.
        faces: Receive faces, by the direction in which the signal travels, shape ``(N, 4)``.
        labels: Labels of the data maps, row-major 5 x 7, 0 where nothing is known, ``(N, 35)``.
        ages: Ages of the data maps, shape ``(N, 35)``.
        incoming: Usefulness that arrived in the step, shape ``(N, 35)``.
        nearest: Scratch of the search for neighbours, shape ``(K,)``.
        paths: Links between vehicles i < j, shape ``(N, N)``; empty in free space.
        scratch: What all copies share.
    """

    env: Any
    vehicles: Any
    order: Any
    faces: Any
    labels: Any
    ages: Any
    incoming: Any
    nearest: Any
    paths: Any
    scratch: Scratch


def allocate(env: Any, vehicles: int, neighbours: int, law: Law | None) -> State:
    """Return the state of a batch with these records of the environments, shape ``(n,)``.

    Args:
        env: Records of the environments, shape ``(n,)``.
        vehicles: Vehicles of a copy.
        neighbours: Neighbours that a vehicle observes.
        law: Law of the links; None in free space.
    """
    n, linked = len(env), 0 if law is None else vehicles
    return State(
        env,
        np.zeros((n, vehicles), VEHICLE),
        np.zeros((n, vehicles), np.int64),
        np.zeros((n, vehicles, BEAMS), FACE),
        np.zeros((n, vehicles, CELLS), np.int8),
        np.zeros((n, vehicles, CELLS), np.int8),
        np.zeros((n, vehicles, CELLS), np.int16),
        np.zeros((n, neighbours), NEAREST),
        np.zeros((n, linked, linked), LINK),
        Scratch(law),
    )
