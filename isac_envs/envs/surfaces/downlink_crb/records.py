"""State of ``isac/DownlinkCrb-v0``.

Channels are in units of the root of noise over transmit power, so that a precoder of power 1 meets
noise of power 1. The last column of a precoder is the sensing stream.
"""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import record

USER = record(
    ("amplitude", "f8"),  # root of the mean gain of its channel
    ("distance_m", "f8"),
    ("sinr_db", "f8"),  # of the last slot
    ("rate", "f8"),  # of the last slot, bit/s/Hz
)
ENV_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("angle_rad", "f8"),  # of the target, from broadside
    ("turn_rad", "f8"),  # its angular rate, per slot
    ("heard_snr", "f8"),  # radar SNR of the last slot if the echo was detected, else 0
    ("served_rad", "f8"),  # angle of the target in the last slot
    ("thought_rad", "f8"),  # where it was believed then
    ("thought_std_rad", "f8"),  # with this standard deviation
)


class Tracker(NamedTuple):
    """Constants and room of the filter of angle and rate.

    Attributes:
        transition: Shape ``(2, 2)``; the rate is per slot.
        process_noise: Shape ``(2, 2)``, in rad^2.
        work: Shape ``(3, 2)``.
        innovation: Shape ``(1,)``.
        jacobian: Shape ``(1, 2)``.
        variances: Shape ``(1,)``.
    """

    transition: Any
    process_noise: Any
    work: Any
    innovation: Any
    jacobian: Any
    variances: Any


class Scratch(NamedTuple):
    """What all copies share: constants, and room for what a slot works out.

    Attributes:
        asked: Structured action, shape ``(K + 3,)``.
        response: Steering vector of a target, shape ``(N_t,)``.
        pointing: Steering vector to which the sensing beam looks, the same shape.
        gram: Room, shape ``(K, K)``.
        column: Room, shape ``(K, 1)``.
        beams: Precoder of the users, shape ``(N_t, K)``.
        gains: What users receive of each beam, shape ``(K, K + 1)``.
        sinrs: Their ratios of signal to interference and noise, shape ``(K,)``.
        tracker: Filter of the angle.
        noise: Pairs of draws, shape ``(2, N_t)``.
    """

    asked: Any
    response: Any
    pointing: Any
    gram: Any
    column: Any
    beams: Any
    gains: Any
    sinrs: Any
    tracker: Tracker
    noise: Any


class State(NamedTuple):
    """The downlink of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        users: Shape ``(K,)``.
        scattered: Channels of mean power 1, complex128, shape ``(K, N_t)``.
        channels: Channels of the present slot, the same shape.
        estimated: What is known of them, the same shape.
        believed: Angle in rad and rate in rad per slot, as believed, shape ``(2,)``.
        covariance: Of the belief, shape ``(2, 2)``.
        precoder: Precoder of the last slot, shape ``(N_t, K + 1)``.
        scratch: What all copies share.
    """

    env: Any
    users: Any
    scattered: Any
    channels: Any
    estimated: Any
    believed: Any
    covariance: Any
    precoder: Any
    scratch: Scratch


def _tracker(params: Any) -> Tracker:
    """Return the filter of a target that a spring pulls to the middle, as it moves."""
    table = params.record[0]
    pull, kept = float(table.pull), float(table.rate_kept)
    noise = float(table.rate_noise_rad)
    return Tracker(
        np.array([[1.0 - pull, kept], [-pull, kept]]), np.full((2, 2), noise * noise),
        np.zeros((3, 2)), np.zeros(1), np.array([[1.0, 0.0]]), np.zeros(1),
    )  # fmt: skip


def scratch(params: Any) -> Scratch:
    """Return the constants and the room that copies share."""
    users, antennas = params.users, params.transmit_antennas

    def room(*shape: int) -> Any:
        return np.zeros(shape, np.complex128)

    return Scratch(
        asked=np.zeros(users + 3),
        response=room(antennas),
        pointing=room(antennas),
        gram=room(users, users),
        column=room(users, 1),
        beams=room(antennas, users),
        gains=room(users, users + 1),
        sinrs=np.zeros(users),
        tracker=_tracker(params),
        noise=np.zeros((2, antennas)),
    )


def allocate(env: Any, params: Any) -> State:
    """Return the state of a batch with these records of the environments, shape ``(n,)``.

    Args:
        env: The records.
        params: Parameters of the environment.
    """
    n, users, antennas = len(env), params.users, params.transmit_antennas

    def channels(*shape: int) -> Any:
        return np.zeros((n, *shape), np.complex128)

    return State(
        env=env,
        users=np.zeros((n, users), USER),
        scattered=channels(users, antennas),
        channels=channels(users, antennas),
        estimated=channels(users, antennas),
        believed=np.zeros((n, 2)),
        covariance=np.zeros((n, 2, 2)),
        precoder=channels(antennas, users + 1),
        scratch=scratch(params),
    )
