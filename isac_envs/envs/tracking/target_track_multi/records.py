"""State of ``isac/TargetTrackMulti-v0``: stations with what is theirs, and the field they share."""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import record
from isac_envs.engine.rng import ENV_FIELDS
from isac_envs.envs.tracking.target_track import records as single
from isac_envs.envs.tracking.target_track.records import SECTOR, TARGET, USER
from isac_envs.sensing.detections import DETECTION, MOST_DETECTIONS
from isac_envs.sensing.interference import BEAM
from isac_envs.sensing.tracks import MOST_TRACKS, TRACK

STATION = record(*ENV_FIELDS, *single.ENV_FIELDS)
"""What ``isac/TargetTrack-v0`` keeps of itself, so that its functions take a station for it."""
BEAMS = 2
"""Of a station: that of communication and that of sensing."""
NOBODY = -1


class Scratch(NamedTuple):
    """Room that all copies share.

    Attributes:
        one: What a single station works in.
        targets: Targets as a station meets them, shape ``(T,)``.
        tracks: Tracks as a station sees them, shape ``(MOST_TRACKS,)``.
        places: Of these in the list of all, shape ``(MOST_TRACKS,)``.
        sectors: Sectors as a station values them, shape ``(S,)``.
        detections: In echoes of another station's beams, shape ``(MOST_DETECTIONS,)``.
        target_owners: Station that a living target counts for, by row of the pairing, ``(T,)``.
        track_owners: Likewise, by column, shape ``(MOST_TRACKS,)``.
    """

    one: single.Scratch
    targets: Any
    tracks: Any
    places: Any
    sectors: Any
    detections: Any
    target_owners: Any
    track_owners: Any


class State(NamedTuple):
    """The field of one copy; of a batch, with an axis of copies in front.

    Targets and tracks are in the frame of the field, which is that of the first station.

    Attributes:
        env: The environment.
        stations: Records of :data:`STATION`, shape ``(N,)``.
        beams: Those of the last slot, shape ``(N, BEAMS)``.
        users: Of each station in its frame, shape ``(N, U)``.
        targets: Places for targets, shape ``(T,)``.
        tracks: Places for tracks, shape ``(MOST_TRACKS,)``.
        owners: Stations that confirmed tracks counted for, :data:`NOBODY` for other places.
        sectors: Of each station, shape ``(N, S)``.
        detections: Those of each station's last look, shape ``(N, MOST_DETECTIONS)``.
        scratch: What a step works out on its way.
    """

    env: Any
    stations: Any
    beams: Any
    users: Any
    targets: Any
    tracks: Any
    owners: Any
    sectors: Any
    detections: Any
    scratch: Scratch


def allocate(env: Any, params: Any) -> State:
    """Return the state of a batch with these records of the environments, shape ``(n,)``.

    Args:
        env: The records.
        params: Parameters of the environment.
    """
    n, count, targets, sectors = len(env), params.stations, params.most_targets, params.sectors
    scratch = Scratch(
        single.scratch(params),
        np.zeros(targets, TARGET),
        np.zeros(MOST_TRACKS, TRACK),
        np.zeros(MOST_TRACKS, np.int64),
        np.zeros(sectors, SECTOR),
        np.zeros(MOST_DETECTIONS, DETECTION),
        np.zeros(targets, np.int64),
        np.zeros(MOST_TRACKS, np.int64),
    )
    return State(
        env,
        np.zeros((n, count), STATION),
        np.zeros((n, count, BEAMS), BEAM),
        np.zeros((n, count, params.users), USER),
        np.zeros((n, targets), TARGET),
        np.zeros((n, MOST_TRACKS), TRACK),
        np.zeros((n, MOST_TRACKS), np.int64),
        np.zeros((n, count, sectors), SECTOR),
        np.zeros((n, count, MOST_DETECTIONS), DETECTION),
        scratch,
    )
