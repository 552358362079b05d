"""State that environments with a surface share: users, elements, and the channels between them.

Channels are in units of the root of noise over transmit power, so that a precoder of power 1 meets
noise of power 1. Only the leg between base station and surface has no unit.
"""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import inlined, record
from isac_envs.kernels.ris.cascade import Links

USER = record(  # or a target
    ("x_m", "f8"),  # position
    ("y_m", "f8"),
    ("heading_x", "f8"),  # unit vector
    ("heading_y", "f8"),
    ("direct_amplitude", "f8"),  # root of the mean gain of its direct path
    ("reflected_amplitude", "f8"),  # the same of its leg to the surface
    ("rate", "f8"),  # of the last slot, bit/s/Hz
)
ELEMENT = record(
    ("turns", "f8"),  # phase that was asked for
    ("error_turns", "f8"),  # what is added to it, unknown
)
ENV_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("now", "i8"),  # place of the present slot in the rings of channels
)


def channel_arrays(n: int, params: Any, targets: int = 0) -> dict[str, Any]:
    """Return zeroed receivers, elements and channels of ``n`` copies, by the names of a state.

    Args:
        n: Number of copies.
        params: Parameters of the environment.
        targets: Receivers after the users.
    """
    users, antennas, elements = params.users + targets, params.antennas, params.elements
    ring = params.csi_delay + 1

    def channels(*shape: int) -> Any:
        return np.zeros((n, *shape), np.complex128)

    return {
        "users": np.zeros((n, users), USER),
        "elements": np.zeros((n, elements), ELEMENT),
        "incident": channels(elements, antennas),
        "scattered_direct": channels(users, antennas),
        "scattered_reflected": channels(users, elements),
        "direct": channels(ring, users, antennas),
        "reflected": channels(ring, users, elements),
        "estimated_direct": channels(users, antennas),
        "estimated_reflected": channels(users, elements),
    }


class State(NamedTuple):
    """The downlink of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        users: The K users, and targets after them, shape ``(K,)``.
        elements: Shape ``(N,)``.
        incident: Leg G between elements and antennas, shape ``(N, M)``.
        scattered_direct: Scattered parts of the direct paths, mean power 1, shape ``(K, M)``.
        scattered_reflected: Those of the legs between users and elements, shape ``(K, N)``.
        direct: Direct paths of the present slot and those before, shape ``(D + 1, K, M)``.
        reflected: Legs between users and elements, the same, shape ``(D + 1, K, N)``.
        estimated_direct: What is known of the direct paths, shape ``(K, M)``.
        estimated_reflected: What is known of the legs to the users, shape ``(K, N)``.
        precoder: Precoder of the last slot, shape ``(M, K)``.
        scratch: What all copies share.
    """

    env: Any
    users: Any
    elements: Any
    incident: Any
    scattered_direct: Any
    scattered_reflected: Any
    direct: Any
    reflected: Any
    estimated_direct: Any
    estimated_reflected: Any
    precoder: Any
    scratch: Any


@inlined
def true_links(state: State) -> Links:
    """Return the channels of the present slot."""
    now = state.env.now
    return Links(state.direct[now], state.reflected[now], state.incident)


@inlined
def estimated_links(state: State) -> Links:
    """Return what is known of the channels."""
    return Links(state.estimated_direct, state.estimated_reflected, state.incident)
