"""Rules of a single station, followed by every station on its own view of the field."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import each_copy
from isac_envs.envs.tracking.target_track import policies, values
from isac_envs.envs.tracking.target_track.policies import Urgency
from isac_envs.envs.tracking.target_track.records import State as View
from isac_envs.envs.tracking.target_track.slot import sector_sine
from isac_envs.envs.tracking.target_track.values import Weights
from isac_envs.envs.tracking.target_track_multi import frames
from isac_envs.envs.tracking.target_track_multi.records import State
from isac_envs.sensing import tracks
from isac_envs.sensing.looks import cosine_of

_RANGES = 8  # places along a sector at which it is asked who is nearest


@jit
def serve(p: Record, state: State, way: int, choice: Any) -> None:
    """Let every station serve its best user and look nowhere.

    Args:
        p: Parameters.
        state: The field.
        way: As for :func:`isac_envs.envs.tracking.target_track.policies.worth_of`.
        choice: Receives user, share and sector of each station, shape ``(N, 3)``.
    """
    for m in range(state.stations.shape[0]):
        policies.serve(p, View(state.stations[m], *frames.in_field(state, m)), way, choice[m])


@jit
def in_turn(p: Record, state: State, share: int, choice: Any) -> None:
    """Let every station look into its sectors one after the other.

    Args:
        p: Parameters.
        state: The field.
        share: Place of the share in the list of shares.
        choice: Receives user, share and sector of each station, shape ``(N, 3)``.
    """
    for m in range(state.stations.shape[0]):
        policies.in_turn(p, View(state.stations[m], *frames.in_field(state, m)), share, choice[m])


@jit
def revisit(p: Record, state: State, urgency: Urgency, choice: Any) -> None:
    """Let every station look where it is most urgent.

    Args:
        p: Parameters.
        state: The field.
        urgency: What counts how much.
        choice: Receives user, share and sector of each station, shape ``(N, 3)``.
    """
    for m in range(state.stations.shape[0]):
        policies.revisit(p, View(state.stations[m], *frames.see(p, state, m)), urgency, choice[m])


@jit
def choose(p: Record, state: State, weights: Weights, choice: Any) -> None:
    """Let every station choose what is worth most by its own view.

    Args:
        p: Parameters.
        state: The field.
        weights: What counts how much.
        choice: Receives user, share and sector of each station, shape ``(N, 3)``.
    """
    for m in range(state.stations.shape[0]):
        values.choose(p, View(state.stations[m], *frames.see(p, state, m)), weights, choice[m])


@jit
def choose_nearest(p: Record, state: State, weights: Weights, choice: Any) -> None:
    """Let every station choose what is worth most, counting only what it answers for.

    Args:
        p: Parameters.
        state: The field.
        weights: What counts how much.
        choice: Receives user, share and sector of each station, shape ``(N, 3)``.
    """
    for m in range(state.stations.shape[0]):
        view = View(state.stations[m], *_nearest(p, state, m))
        values.choose(p, view, weights, choice[m])


@inlined
def _nearest(p: Record, state: State, m: int) -> frames.Rest:
    """Return the view of a station without the tracks and the beliefs that others answer for."""
    users, targets, seen, _, detections, scratch = frames.see(p, state, m)
    count = state.stations.shape[0]
    for i in range(seen.shape[0]):
        track = state.tracks[state.scratch.places[i]]
        if frames.owner_of(p, count, track.estimate[0], track.estimate[1]) != m:
            seen[i].status = tracks.FREE
    sectors = state.scratch.sectors
    for s in range(sectors.shape[0]):
        sectors[s].belief = state.sectors[m, s].belief * _own_part(p, count, m, s)
    return users, targets, seen, sectors, detections, scratch


@inlined
def _own_part(p: Record, count: int, m: int, s: int) -> float:
    """Return the part of a sector's area that a station answers for."""
    near, far = p.range_from_m * p.range_from_m, p.range_to_m * p.range_to_m
    sine, own = sector_sine(p, s), 0.0
    for k in range(_RANGES):
        distance = math.sqrt(near + (k + 0.5) / _RANGES * (far - near))
        x, y = frames.place_of(p, m, distance * cosine_of(sine), distance * sine)
        own += frames.owner_of(p, count, x, y) == m
    return own / _RANGES


serve_batch = each_copy(serve, "way")
in_turn_batch = each_copy(in_turn, "share")
revisit_batch = each_copy(revisit, "urgency")
choose_batch = each_copy(choose, "weights")
choose_nearest_batch = each_copy(choose_nearest, "weights")
