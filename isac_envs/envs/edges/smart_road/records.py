"""What a copy of the roads holds."""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import record
from isac_envs.envs.edges.grid import ROADS

VEHICLE = record(
    ("node", "i8"),  # where it is
    ("target", "i8"),  # where it wants to be
    ("host", "i8"),  # where its twin runs
    ("ahead", "i8"),  # end of the road of the step; the node itself if it waits
    ("road", "i8"),  # road of the step, -1 if it waits
    ("active", "?"),  # it has not arrived
    ("moved_twin", "?"),  # its twin migrated in the step
)
ROAD = record(
    ("background", "i8"),  # other vehicles
    ("predicted", "f8"),  # their number as the road-side unit knows it
    ("vehicles", "i8"),  # agents on the road in the step
)
NODE = record(
    ("twins", "i8"),  # of vehicles that have not arrived
    ("visitors", "i8"),  # vehicles on the roads to the node in the step
)


class State(NamedTuple):
    """The roads of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        vehicles: Shape ``(V,)``.
        roads: By node and direction, shape ``(N, 4)``.
        nodes: Shape ``(N,)``.
    """

    env: Any
    vehicles: Any
    roads: Any
    nodes: Any


def allocate(env: Any, params: Any) -> State:
    """Return the state of a batch with these records of the environments, shape ``(n,)``.

    Args:
        env: The records.
        params: Parameters of the environment.
    """
    n, nodes = len(env), params.side * params.side
    return State(
        env,
        np.zeros((n, params.vehicles), VEHICLE),
        np.zeros((n, nodes, ROADS), ROAD),
        np.zeros((n, nodes), NODE),
    )
