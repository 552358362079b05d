"""State of ``isac/TargetTrack-v0``: users, targets, tracks, sectors, and scratch."""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import record
from isac_envs.sensing.association import BENCH
from isac_envs.sensing.detections import DETECTION, MOST_DETECTIONS
from isac_envs.sensing.echo_work import ECHO, EchoWork, echo_work
from isac_envs.sensing.tracks import MOST_TRACKS, TRACK

RECENT_SLOTS = 10
MOST_SHARES = 8

ENV_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("look", "u8", (4,)),  # stream of the current look
    ("keys", "u8", (2,)),  # of the looks of the last slot: that of data, that of sensing
    ("found", "i8"),  # detections of targets in the last slot
    ("false_alarms", "i8"),  # in the last slot
    ("look_found", "i8"),  # of the first detections that are kept, those of targets
    ("look_detections", "i8"),  # detections of the last look of the last slot that are kept
    ("served_mbit", "f8"),  # in the last slot
    ("user", "i8"),  # that was served in the last slot, 0 none
    ("share", "f8"),  # of the last slot that went to the sensing beam
    ("sine", "f8"),  # of that beam
    ("granted", "?"),  # sensing is perfect: what the bound is paid
)
USER = record(
    ("range_m", "f8"),
    ("sine", "f8"),  # of the azimuth
    ("snr_db", "f8"),  # in line of sight
    ("los_probability", "f8"),
    ("blocked", "?"),
    ("active", "?"),  # packets arrive
    ("queue_mbit", "f8"),
    ("efficiency", "f8"),  # of the coming slot, bit/s/Hz
    ("arrivals_mbit", "f8", (RECENT_SLOTS,)),  # a ring
    ("worth", "f8", (MOST_SHARES,)),  # scratch of rules
)
TARGET = record(
    ("alive", "?"),
    ("kind", "i8"),  # place in TARGET_KINDS
    ("x", "f8"),  # m
    ("y", "f8"),
    ("v_x", "f8"),  # m/s
    ("v_y", "f8"),
    ("slots", "i8"),  # since it is there
    ("tracked", "?"),  # a confirmed track was paired with it in the last slot
    ("acquired", "?"),  # ever
    ("fluctuation", "f8"),  # its cross section over the mean of its kind, where they are drawn
    ("past_alive", "?"),  # when the looks of the last slot were made; so are the following
    ("past_x", "f8"),
    ("past_y", "f8"),
    ("past_v_x", "f8"),
    ("past_v_y", "f8"),
)
SECTOR = record(
    ("slots", "i8"),  # since the last look
    ("belief", "f8"),  # expected number of undetected targets
    ("worth", "f8", (MOST_SHARES,)),  # scratch of rules
)


class Scratch(NamedTuple):
    """Room that all copies share.

    Attributes:
        bench: Of the tracker, shape ``(1,)``.
        paths: Echoes that a look receives, shape ``(P,)``; one where none are made.
        echo: What a look at echoes works in; None where none are made.
    """

    bench: Any
    paths: Any
    echo: EchoWork | None


class State(NamedTuple):
    """The scene of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        users: Shape ``(U,)``.
        targets: Places for targets, shape ``(T,)``.
        tracks: Places for tracks, shape ``(MOST_TRACKS,)``.
        sectors: Shape ``(S,)``.
        detections: Those of the last look, shape ``(MOST_DETECTIONS,)``.
        scratch: What a step works out on its way.
    """

    env: Any
    users: Any
    targets: Any
    tracks: Any
    sectors: Any
    detections: Any
    scratch: Scratch


def scratch(params: Any) -> Scratch:
    """Return the room that copies share."""
    if params.fidelity == "statistics":
        return Scratch(np.zeros(1, BENCH), np.zeros(1, ECHO), None)
    paths = params.most_targets + len(params.clutter_ranges_m)
    train, guard = (params.train_cells,) * 2, (params.guard_cells,) * 2
    work = echo_work(
        params.sensing_subcarriers, params.most_symbols, paths, MOST_DETECTIONS, train, guard
    )
    return Scratch(np.zeros(1, BENCH), np.zeros(paths, ECHO), work)


def allocate(env: Any, params: Any) -> State:
    """Return the state of a batch with these records of the environments, shape ``(n,)``.

    Args:
        env: The records.
        params: Parameters of the environment.
    """
    n, users, targets, sectors = len(env), params.users, params.most_targets, params.sectors
    return State(
        env,
        np.zeros((n, users), USER),
        np.zeros((n, targets), TARGET),
        np.zeros((n, MOST_TRACKS), TRACK),
        np.zeros((n, sectors), SECTOR),
        np.zeros((n, MOST_DETECTIONS), DETECTION),
        scratch(params),
    )
