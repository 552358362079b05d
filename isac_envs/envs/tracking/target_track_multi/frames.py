"""The field as one station sees it: in its own frame, and without what it cannot see.

A view is a state of ``isac/TargetTrack-v0``: the record of the station, then what :func:`see`
returns. Its targets and tracks are copies in the scratch, so
that reading a view changes nothing; tracks go back by :func:`give_back` alone. At the pose of the
first station all numbers keep their bits.
"""

import math
from typing import Any

import numpy as np

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.tracking.target_track.world import is_inside
from isac_envs.envs.tracking.target_track_multi.records import State
from isac_envs.kernels.numerics.plane import turn_covariance, turned_one
from isac_envs.sensing.looks import Sender
from isac_envs.sensing.tracks import FREE, is_outside

Rest = tuple[Any, ...]
"""A view without its first field: compiled functions return no tuples with records in them."""

_MARGIN_CUTOFFS = 2.0  # beyond the ranges of a station in which it still minds a track
_HIDDEN_CELLS = 2.0  # range cells behind the direct path in which nothing is seen
_UNWATCHED = 1e12  # m^2, more than any squared distance


@inlined
def place_in(p: Record, m: int, x: float, y: float) -> tuple[float, float]:
    """Return a place of the field in the frame of a station.

    Args:
        p: Parameters.
        m: Number of the station.
        x: In the field, m.
        y: In the field, m.
    """
    x, y = x - p.station_x_m[m], y - p.station_y_m[m]
    return turned_one(x, y, p.station_cosine[m], -p.station_sine[m])


@inlined
def place_of(p: Record, m: int, x: float, y: float) -> tuple[float, float]:
    """Return a place in the frame of a station in the field.

    Args:
        p: Parameters.
        m: Number of the station.
        x: Along its boresight, m.
        y: Across, m.
    """
    x, y = turned_one(x, y, p.station_cosine[m], p.station_sine[m])
    return x + p.station_x_m[m], y + p.station_y_m[m]


@jit
def owner_of(p: Record, count: int, x: float, y: float) -> int:
    """Return the station that a place counts for: the nearest of those whose sector holds it.

    Where no sector does, it is the nearest of all.

    Args:
        p: Parameters.
        count: Number of stations.
        x: In the field, m.
        y: In the field, m.
    """
    least, chosen = np.inf, 0
    for m in range(count):
        u, v = place_in(p, m, x, y)
        square = u * u + v * v + (_UNWATCHED if is_outside(p, u, v) else 0.0)
        if square < least:
            least, chosen = square, m
    return chosen


@jit
def is_watched(p: Record, count: int, x: float, y: float) -> bool:
    """Tell whether a place of the field is inside the sector of a station.

    Args:
        p: Parameters.
        count: Number of stations.
        x: In the field, m.
        y: In the field, m.
    """
    for m in range(count):
        u, v = place_in(p, m, x, y)
        if is_inside(p, u, v):
            return True
    return False


@jit
def is_unwatched(p: Record, count: int, track: Record) -> bool:
    """Tell whether a track is outside of the sectors of all stations, which ends it.

    Args:
        p: Parameters.
        count: Number of stations.
        track: The track, in the field.
    """
    for m in range(count):
        u, v = place_in(p, m, track.estimate[0], track.estimate[1])
        if not is_outside(p, u, v):
            return False
    return True


@jit
def _is_minded(p: Record, count: int, m: int, track: Record, overhearing: bool) -> bool:
    """Tell whether a station minds a track: ahead and in reach, or in nobody's sector."""
    x, y = place_in(p, m, track.estimate[0], track.estimate[1])
    distance, margin = math.sqrt(x * x + y * y), _MARGIN_CUTOFFS * p.cutoff_m
    near = 0.0 if overhearing else p.range_from_m - margin
    far = (2.0 if overhearing else 1.0) * p.range_to_m + margin
    if x >= 0.0 and near <= distance <= far:
        return True
    return count == 1 or is_unwatched(p, count, track)


@inlined
def _copy_marks(one: Record, other: Record) -> None:
    """Copy what does not depend on the frame from one track to another."""
    other.status, other.existence = one.status, one.existence
    other.cross_section_m2, other.averaged = one.cross_section_m2, one.averaged
    other.hits, other.opportunities = one.hits, one.opportunities
    other.missed, other.since_hit = one.missed, one.since_hit
    other.is_hit, other.is_offered = one.is_hit, one.is_offered
    other.miss_probability = one.miss_probability
    other.rotor_log_odds = one.rotor_log_odds


@inlined
def _copy_turned(one: Record, other: Record, cosine: float, sine: float) -> None:
    """Copy velocity and covariance of one track to another, turned."""
    for i in range(4):
        for j in range(4):
            other.covariance[i, j] = one.covariance[i, j]
    turn_covariance(other.covariance, cosine, sine)
    v_x, v_y = turned_one(one.estimate[2], one.estimate[3], cosine, sine)
    other.estimate[2], other.estimate[3] = v_x, v_y


@jit
def _take_tracks(p: Record, state: State, m: int, overhearing: bool) -> int:
    """Copy the tracks that a station minds, and the free places, and return their number."""
    scratch, taken, count = state.scratch, 0, state.stations.shape[0]
    cosine, sine = p.station_cosine[m], p.station_sine[m]
    for i in range(state.tracks.shape[0]):
        track = state.tracks[i]
        if track.status != FREE and not _is_minded(p, count, m, track, overhearing):
            continue
        copy = scratch.tracks[taken]
        scratch.places[taken] = i
        _copy_marks(track, copy)
        if track.status != FREE:
            _copy_turned(track, copy, cosine, -sine)
            x, y = place_in(p, m, track.estimate[0], track.estimate[1])
            copy.estimate[0], copy.estimate[1] = x, y
        taken += 1
    return taken


@inlined
def in_field(state: State, m: int) -> Rest:
    """Return what is a station's own, with targets and tracks as they are in the field.

    Args:
        state: The field.
        m: Number of the station.
    """
    return (
        state.users[m],
        state.targets,
        state.tracks,
        state.sectors[m],
        state.detections[m],
        state.scratch.one,
    )


@inlined
def see(p: Record, state: State, m: int, overhearing: bool = False) -> Rest:
    """Return what a station knows of the field; the targets in it mean nothing.

    Args:
        p: Parameters.
        state: The field.
        m: Number of the station.
        overhearing: Whether others send. Then one leg of a path may be as long as both of its own.
    """
    taken = _take_tracks(p, state, m, overhearing)
    scratch = state.scratch
    return (
        state.users[m],
        scratch.targets,
        scratch.tracks[:taken],
        state.sectors[m],
        state.detections[m],
        scratch.one,
    )


@inlined
def sender_of(p: Record, m: int, j: int) -> Sender:
    """Return where a station is for another.

    Args:
        p: Parameters.
        m: Number of the station that receives.
        j: Number of the station that sends, another one.
    """
    x, y = place_in(p, m, p.station_x_m[j], p.station_y_m[j])
    c, s = p.station_cosine[j], p.station_sine[j]
    cosine, sine = turned_one(c, s, p.station_cosine[m], -p.station_sine[m])
    return Sender(x, y, cosine, sine, math.sqrt(x * x + y * y))


@jit
def illuminate(p: Record, state: State, m: int, sender: Sender) -> None:
    """Copy the targets for the view of a station; those that it cannot see are not alive in it.

    It sees what is ahead and within its ranges: echoes from beyond fall out of the cyclic prefix.
    Of another's beams it sees what has such paths, but not what the direct path hides.

    Args:
        p: Parameters.
        state: The field.
        m: Number of the station.
        sender: Who sends.
    """
    near, far = p.range_from_m - 1e-9, p.range_to_m + 1e-9
    if sender.apart_m > 0.0:
        near = max(near, 0.5 * sender.apart_m + _HIDDEN_CELLS * p.range_cell_m)
    cosine, sine = p.station_cosine[m], p.station_sine[m]
    for k in range(state.targets.shape[0]):
        target, copy = state.targets[k], state.scratch.targets[k]
        copy.alive, copy.kind = target.alive, target.kind
        copy.fluctuation = target.fluctuation
        copy.x, copy.y = place_in(p, m, target.x, target.y)
        copy.v_x, copy.v_y = turned_one(target.v_x, target.v_y, cosine, -sine)
        path = math.sqrt(copy.x * copy.x + copy.y * copy.y)
        if sender.apart_m > 0.0:
            x, y = copy.x - sender.x_m, copy.y - sender.y_m
            path = 0.5 * (path + math.sqrt(x * x + y * y))
        copy.alive = target.alive and copy.x >= 0.0 and near <= path <= far


@jit
def give_back(p: Record, state: State, m: int, taken: int) -> None:
    """Write the tracks of a station's view into the list of all.

    Args:
        p: Parameters.
        state: The field.
        m: Number of the station.
        taken: Number of tracks in the view.
    """
    scratch = state.scratch
    cosine, sine = p.station_cosine[m], p.station_sine[m]
    for i in range(taken):
        copy, track = scratch.tracks[i], state.tracks[scratch.places[i]]
        _copy_marks(copy, track)
        if copy.status != FREE:
            _copy_turned(copy, track, cosine, sine)
            x, y = place_of(p, m, copy.estimate[0], copy.estimate[1])
            track.estimate[0], track.estimate[1] = x, y


@inlined
def place_target(p: Record, m: int, target: Record) -> None:
    """Move a target from the frame of a station into the field.

    Args:
        p: Parameters.
        m: Number of the station.
        target: The target; changed in place.
    """
    cosine, sine = p.station_cosine[m], p.station_sine[m]
    target.x, target.y = place_of(p, m, target.x, target.y)
    target.v_x, target.v_y = turned_one(target.v_x, target.v_y, cosine, sine)
