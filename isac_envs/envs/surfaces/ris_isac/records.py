"""Scratch of ``isac/RisIsac-v0``, and its state."""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.envs.surfaces import records
from isac_envs.envs.surfaces.records import State, channel_arrays
from isac_envs.kernels.precoding.wmmse import Downlink
from isac_envs.kernels.ris.rates import SurfaceWork, surface_work

ENV_FIELDS = (
    *records.ENV_FIELDS,
    ("share", "f8"),  # of the power on the sensing stream, in the last slot
    ("radar_db", "f8"),  # radar SNR of the last slot
)


class Scratch(NamedTuple):
    """What all copies share: constants, and room for what a slot works out.

    The streams are those of the K users and that of sensing, the receivers the users and the
    target. So S = K + 1 of both.

    Attributes:
        users: Weights of the users' rates, shape ``(K,)``.
        downlink: Power and noise, both 1, and the weights of the receivers: 0 for the target.
        user_work: Room to make the users' precoder and surface.
        work: Channels over the surface, beams at its elements, gains of all streams.
        user_beams: Precoder of the users, complex128, shape ``(M, K)``.
        nulled: Beams that reach one receiver each, shape ``(M, S)``.
        precoder: Beams of all streams, complex128, shape ``(M, S)``.
        reflection: Coefficients of the elements, complex128, shape ``(N,)``.
        slopes: What each coefficient does to the rate, the same shape.
        echo_slopes: What it does to the logarithm of the radar SNR.
        noise: Pairs of draws, shape ``(2, N)``, or as many as there are antennas.
    """

    users: Any
    downlink: Downlink
    user_work: SurfaceWork
    work: SurfaceWork
    user_beams: Any
    nulled: Any
    precoder: Any
    reflection: Any
    slopes: Any
    echo_slopes: Any
    noise: Any


def scratch(params: Any) -> Scratch:
    """Return the constants and the room that copies share."""
    users, antennas, elements = params.users, params.antennas, params.elements
    weights = np.ones(users + 1)
    weights[users] = 0.0

    def room(*shape: int) -> Any:
        return np.zeros(shape, np.complex128)

    return Scratch(
        users=np.ones(users),
        downlink=Downlink(1.0, 1.0, weights),
        user_work=surface_work(users, antennas, elements),
        work=surface_work(users + 1, antennas, elements),
        user_beams=room(antennas, users),
        nulled=room(antennas, users + 1),
        precoder=room(antennas, users + 1),
        reflection=room(elements),
        slopes=room(elements),
        echo_slopes=room(elements),
        noise=np.zeros((2, max(elements, antennas))),
    )


def allocate(env: Any, params: Any) -> State:
    """Return the state of a batch with these records of the environments, shape ``(n,)``.

    Args:
        env: The records.
        params: Parameters of the environment.
    """
    n = len(env)
    precoder = np.zeros((n, params.antennas, params.users + 1), np.complex128)
    arrays = channel_arrays(n, params, targets=1)
    return State(env=env, **arrays, precoder=precoder, scratch=scratch(params))
