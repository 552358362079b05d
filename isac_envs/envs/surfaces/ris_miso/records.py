"""Scratch of ``isac/RisMiso-v0``, and its state."""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.envs.surfaces.records import State, channel_arrays
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
