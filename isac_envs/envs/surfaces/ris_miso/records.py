"""State of ``isac/RisMiso-v0``."""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.envs.surfaces.records import channel_arrays
from isac_envs.kernels.precoding.wmmse import Downlink
from isac_envs.kernels.ris.rates import SurfaceWork, surface_work


class Scratch(NamedTuple):
    """What all copies share: constants, and room for what a slot works out.

    Attributes:
        downlink: Power and noise, both 1, and the weights of the users.
        work: Channels over the surface, beams at its elements, room of WMMSE.
        reflection: Coefficients of the elements, complex128, shape ``(N,)``.
        slopes: What each coefficient does to the rate, the same shape.
        precoder: Precoder, complex128, shape ``(M, K)``.
        noise: Pairs of draws, shape ``(2, N)``, or as many as there are antennas.
    """

    downlink: Downlink
    work: SurfaceWork
    reflection: Any
    slopes: Any
    precoder: Any
    noise: Any


class State(NamedTuple):
    """The downlink of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        users: Shape ``(K,)``.
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
    scratch: Scratch


def scratch(params: Any) -> Scratch:
    """Return the constants and the room that copies share."""
    users, antennas, elements = params.users, params.antennas, params.elements
    weights = np.array(params.user_weights or (1.0,) * users, np.float64)
    return Scratch(
        downlink=Downlink(1.0, 1.0, weights),
        work=surface_work(users, antennas, elements),
        reflection=np.zeros(elements, np.complex128),
        slopes=np.zeros(elements, np.complex128),
        precoder=np.zeros((antennas, users), np.complex128),
        noise=np.zeros((2, max(elements, antennas))),
    )


def allocate(env: Any, params: Any) -> State:
    """Return the state of a batch with these records of the environments, shape ``(n,)``.

    Args:
        env: The records.
        params: Parameters of the environment.
    """
    n = len(env)
    precoder = np.zeros((n, params.antennas, params.users), np.complex128)
    return State(env=env, **channel_arrays(n, params), precoder=precoder, scratch=scratch(params))
