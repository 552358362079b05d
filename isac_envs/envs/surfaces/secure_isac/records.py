"""State of ``isac/SecureIsac-v0``; row 0 of channels is the user, row 1 the eavesdropper."""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.envs.surfaces.records import ENV_FIELDS as SURFACE_FIELDS
from isac_envs.envs.surfaces.records import channel_arrays
from isac_envs.kernels.ris.noisy_secrecy import WORK_SHAPE

BEAMS = 3
"""Message, artificial noise, sensing."""
POINTS = 5
"""Places of the eavesdropper that stand for the belief."""
DEVIATIONS = (0.0, 1.0, -1.0, 2.0, -2.0)
"""Where they are, in standard deviations."""
SHARES = (0.4026, 0.2442, 0.2442, 0.0545, 0.0545)
"""Their shares, in the ratio of the normal density."""

ENV_FIELDS: tuple[tuple[Any, ...], ...] = (
    *SURFACE_FIELDS,
    ("noise_share", "f8"),  # of the power, in the last slot
    ("sensing_share", "f8"),
    ("direct_snr", "f8"),  # radar SNR over the direct path, of the last slot, linear
    ("surface_snr", "f8"),  # the same over the surface
    ("direct_heard", "f8"),  # the same of the direct echo if it was detected, else 0
    ("surface_heard", "f8"),  # the same of the echo over the surface
)


class Receivers(NamedTuple):
    """Channels of the user and those that the eavesdropper may have, with their shares.

    Attributes:
        direct: Row 0 the user's direct path, then those of the eavesdropper that add to the path
            over the surface in amplitude, shape ``(1 + I, M)``.
        reflected: Their legs to the surface, shape ``(1 + I, N)``.
        apart: Direct paths of the eavesdropper that add in power alone, shape ``(I, M)``.
        shares: Shares of her channels, together 1, shape ``(I,)``.
    """

    direct: Any
    reflected: Any
    apart: Any
    shares: Any


class Tracker(NamedTuple):
    """Constants and room of the filter of place and velocity.

    Attributes:
        transition: Shape ``(4, 4)``; velocities are ways of a slot.
        process_noise: Shape ``(4, 4)``, in m^2.
        work: Shape ``(4, 4)``.
        innovation: Range, direction and range from the surface, as far as measured, shape ``(3,)``.
        jacobian: Shape ``(3, 4)``.
        variances: Shape ``(3,)``.
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
        known: What the base station knows of the channels.
        judged: By which channels a baseline judges.
        channels: Channels over the surface of one of them, shape ``(1 + I, M)``.
        gains: What they hear of the beams, shape ``(1 + I, 3)``.
        powers: Of the beams, received by user and eavesdropper, shape ``(2, 3)``.
        spare: Powers of the beams, shape ``(3,)``.
        one: The share of a channel that is the only one, shape ``(1,)``.
        covariance: Of the eavesdropper's channel, shape ``(M, M)``.
        room: Shape ``(M + 1, M)``.
        column: Shape ``(M, 1)``.
        beams: Beams of power 1, shape ``(M, 3)``.
        precoder: Beams with their power, shape ``(M, 3)``.
        echoing: Channels of the echoes: direct, over the surface, shape ``(2, M)``.
        reflection: Coefficients of the elements, shape ``(N,)``.
        slopes: Of the rates of user and eavesdropper, shape ``(2, N)``.
        arriving: What arrives of the beams at the elements, shape ``(N, 3)``.
        work: Room of a pass over the elements.
        tracker: Filter of the place.
        noise: Pairs of draws, shape ``(2, N)``, or as many as there are antennas.
    """

    known: Receivers
    judged: Receivers
    channels: Any
    gains: Any
    powers: Any
    spare: Any
    one: Any
    covariance: Any
    room: Any
    column: Any
    beams: Any
    precoder: Any
    echoing: Any
    reflection: Any
    slopes: Any
    arriving: Any
    work: Any
    tracker: Tracker
    noise: Any


class State(NamedTuple):
    """User and eavesdropper of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        users: User and eavesdropper, shape ``(2,)``.
        elements: Shape ``(N,)``.
        incident: Leg G between elements and antennas, shape ``(N, M)``.
        scattered_direct: Scattered parts of the direct paths, mean power 1, shape ``(2, M)``.
        scattered_reflected: Those of the legs between receivers and elements, shape ``(2, N)``.
        direct: Direct paths of the present slot and those before, shape ``(D + 1, 2, M)``.
        reflected: Legs between receivers and elements, the same, shape ``(D + 1, 2, N)``.
        estimated_direct: Estimates of the direct paths, shape ``(2, M)``.
        estimated_reflected: Estimates of the legs to the receivers, shape ``(2, N)``.
        believed: Place and way of a slot of the eavesdropper in m, as believed, shape ``(4,)``.
        covariance: Of the belief, shape ``(4, 4)``.
        precoder: Beams of the last slot with their power, shape ``(M, 3)``.
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
    believed: Any
    covariance: Any
    precoder: Any
    scratch: Scratch


def _receivers(antennas: int, elements: int, shares: tuple[float, ...]) -> Receivers:
    count = len(shares)
    return Receivers(
        direct=np.zeros((1 + count, antennas), np.complex128),
        reflected=np.zeros((1 + count, elements), np.complex128),
        apart=np.zeros((count, antennas), np.complex128),
        shares=np.array(shares),
    )


def _tracker(params: Any) -> Tracker:
    """Return the filter of a walk with constant speed, a heading that diffuses, and mirrors."""
    table = params.record[0]
    kept, variance = float(table.velocity_kept), float(table.step_variance_m2)
    transition, process_noise = np.eye(4), np.zeros((4, 4))
    added = variance * (1.0 - kept * kept)
    for axis in range(2):
        transition[axis, 2 + axis] = transition[2 + axis, 2 + axis] = kept
        process_noise[axis, axis] = added + FINEST_M * FINEST_M
        process_noise[axis, 2 + axis] = process_noise[2 + axis, axis] = added
        process_noise[2 + axis, 2 + axis] = added
    return Tracker(
        transition, process_noise, np.zeros((4, 4)), np.zeros(3), np.zeros((3, 4)), np.zeros(3)
    )


FINEST_M = 1e-4
"""What a place is uncertain by in each slot, however well it is measured, in m."""


def scratch(params: Any) -> Scratch:
    """Return the constants and the room that copies share."""
    antennas, elements, rows = params.antennas, params.elements, 1 + POINTS

    def room(*shape: int) -> Any:
        return np.zeros(shape, np.complex128)

    return Scratch(
        known=_receivers(antennas, elements, SHARES),
        judged=_receivers(antennas, elements, SHARES),
        channels=room(rows, antennas),
        gains=room(rows, BEAMS),
        powers=np.zeros((2, BEAMS)),
        spare=np.zeros(BEAMS),
        one=np.ones(1),
        covariance=room(antennas, antennas),
        room=room(antennas + 1, antennas),
        column=room(antennas, 1),
        beams=room(antennas, BEAMS),
        precoder=room(antennas, BEAMS),
        echoing=room(2, antennas),
        reflection=room(elements),
        slopes=room(2, elements),
        arriving=room(elements, BEAMS),
        work=np.zeros(WORK_SHAPE),
        tracker=_tracker(params),
        noise=np.zeros((2, max(elements, antennas))),
    )


def allocate(env: Any, params: Any) -> State:
    """Return the state of a batch with these records of the environments, shape ``(n,)``.

    Args:
        env: The records.
        params: Parameters of the environment.
    """
    n = len(env)
    return State(
        env=env,
        **channel_arrays(n, params, targets=1),
        believed=np.zeros((n, 4)),
        covariance=np.zeros((n, 4, 4)),
        precoder=np.zeros((n, params.antennas, BEAMS), np.complex128),
        scratch=scratch(params),
    )
