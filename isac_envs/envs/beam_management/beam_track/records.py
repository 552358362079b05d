"""State of a base station that tracks vehicles: dtypes and arrays."""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import record
from isac_envs.propagation.laws import Law, law_of
from isac_envs.propagation.links import LINK
from isac_envs.sensing.detections import DETECTION, MOST_DETECTIONS
from isac_envs.sensing.echo_work import ECHO, PARAMETERS, EchoWork, echo_work

ENV_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("passing", "i8"),  # part of the trace that the episode shows
)

VEHICLE = record(
    ("x", "f8"),  # along the array axis, m
    ("y", "f8"),  # across, m
    ("v_x", "f8"),  # m/s
    ("v_y", "f8"),  # m/s
    ("a_x", "f8"),  # acceleration in the slot, m/s^2
    ("a_y", "f8"),  # m/s^2
    ("speed", "f8"),  # at the start, or on the circle, m/s
    ("centre_x", "f8"),  # of the circle, m
    ("centre_y", "f8"),  # m
    ("phase_turns", "f8"),  # position on the circle
    ("blocked", "?"),  # an obstacle is in the way
    ("kept", "f8"),  # power of the link over that in free space
    ("relative_rcs", "f8"),  # cross section of the slot over its mean
    ("distance", "f8"),  # true distance from the array, m
    ("cosine", "f8"),  # true direction cosine
    ("radial_speed", "f8"),  # m/s
    ("m0", "f8"),  # belief for the coming slot: mean of x, m
    ("m1", "f8"),  # mean of v_x, m/s
    ("m2", "f8"),  # mean of y, m
    ("m3", "f8"),  # mean of v_y, m/s
    *((f"p{i}{j}", "f8") for i in range(4) for j in range(i, 4)),  # covariances, m, m/s
    ("filtered_x", "f8"),  # mean of x at the end of the slot, m
    ("filtered_y", "f8"),  # mean of y at the end of the slot, m
    ("filtered_xx", "f8"),  # variance of x then, m^2
    ("filtered_xy", "f8"),  # covariance then, m^2
    ("filtered_yy", "f8"),  # variance of y then, m^2
    ("aimed_cosine", "f8"),  # direction that the belief gave for the last slot
    ("aimed_std", "f8"),  # deviation of its cosine
    ("antennas", "f8"),  # active antennas of the last beam
    ("beam_cosine", "f8"),  # where the last beam pointed
    ("swept", "?"),  # the last slot was a sweep
    ("power_w", "f8"),  # of the last beam, W
    ("asked", "f8"),  # part of the power budget before projection
    ("gain", "f8"),  # alignment |delta|^2 of the last beam
    ("rate", "f8"),  # of the last slot, bit/s/Hz
    ("detected", "?"),  # the last slot gave a measurement
    ("sensing_snr", "f8"),  # of the echo per receive antenna after integration, linear
    ("measured_snr", "f8"),  # what the base station takes it for
    ("age", "f8"),  # slots since the last detection
    ("measured_cosine", "f8"),  # of the last detection
    ("measured_distance", "f8"),  # m
    ("measured_speed", "f8"),  # radial, m/s
    ("nees", "f8"),  # normalised error squared of the last estimate
    ("directed_cosine", "f8"),  # pointing that a baseline sets for one slot; NaN without one
    ("directed_power", "f8"),  # fraction of the power set with the channel known; NaN as above
)
MEMORY = record(("value", "f8"))


LOOK = record(("stream", "u8", (4,)), ("parameters", PARAMETERS))


class Room(NamedTuple):
    """What a look at echoes works in; all copies share it.

    Attributes:
        look: Random stream of the look and the parameters of its grid, shape ``(1,)``.
        paths: Echoes that it receives, those of the vehicles first, shape ``(P,)``.
        found: Its detections, shape ``(MOST_DETECTIONS,)``.
        grid: Scratch space of the chain.
    """

    look: Any
    paths: Any
    found: Any
    grid: EchoWork


class Scratch(NamedTuple):
    """What all copies share.

    Attributes:
        room: What looks at echoes work in; None where measurements are drawn by their laws.
        law: Law of the links; None in free space.
    """

    room: Room | None
    law: Law | None


class State(NamedTuple):
    """The vehicles of one copy and their beams; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        vehicles: Shape ``(K,)``.
        memory: Numbers of the last measurements, or of the echoes, vehicle after vehicle.
        paths: Links of the vehicles, shape ``(K,)``; empty in free space.
        scratch: What all copies share.
    """

    env: Any
    vehicles: Any
    memory: Any
    paths: Any
    scratch: Scratch


def room(params: Any) -> Room:
    """Return what looks at echoes work in.

    Args:
        params: Parameters of the environment.
    """
    r = params.record[0]
    paths, symbols = params.vehicles + len(params.clutter_distances_m), int(r.echo_symbols)
    look = np.zeros(1, LOOK)
    grid = look["parameters"]
    grid["wavelength_m"], grid["columns"] = params.wavelength_m, params.receive_antennas
    grid["sensing_subcarriers"] = r.echo_subcarriers
    grid["subcarrier_step_hz"] = params.bandwidth_hz / float(r.echo_subcarriers)
    grid["cfar_factor"] = r.cfar_factor
    work = echo_work(int(r.echo_subcarriers), symbols, paths, MOST_DETECTIONS)
    return Room(look, np.zeros(paths, ECHO), np.zeros(MOST_DETECTIONS, DETECTION), work)


def allocate(env: Any, params: Any, memory: int) -> State:
    """Return the state of a batch with these records of the environments, shape ``(n,)``.

    Args:
        env: Records of the environments, shape ``(n,)``.
        params: Parameters of the environment.
        memory: Numbers of past measurements that a copy keeps.
    """
    n, law = len(env), law_of(params, params.reach)
    return State(
        env,
        np.zeros((n, params.vehicles), VEHICLE),
        np.zeros((n, memory), MEMORY),
        np.zeros((n, 0 if law is None else params.vehicles), LINK),
        Scratch(None if params.fidelity == "statistics" else room(params), law),
    )
