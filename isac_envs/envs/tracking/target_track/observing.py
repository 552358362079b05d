"""What the agent sees: queues and links, tracks, and how long ago it looked where."""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import log10
from isac_envs.envs.tracking.target_track.params import TargetTrackParams
from isac_envs.envs.tracking.target_track.records import RECENT_SLOTS, State
from isac_envs.envs.tracking.target_track.slot import (
    nearest_sector,
    sector_look,
    sector_sine,
    user_look,
)
from isac_envs.envs.tracking.target_track.worth import worth_of
from isac_envs.sensing import tracks
from isac_envs.sensing.looks import Look
from isac_envs.sensing.tracks import CONFIRMED, FREE

PER_USER, PER_TRACK, PER_SECTOR, PER_LOOK = 4, 9, 2, 3
LOOKS = TargetTrackParams.code("observation", "looks")
SHOWN_TRACKS = 10
COUNTDOWN_S = 20.0
"""Time in which the clock of the observation falls from 1 to 0; it ends at -1."""
REFERENCE_SHARE = 0.25
"""Share of a slot for which the observation states detection probabilities."""


@inlined
def clip(x: float) -> float:
    """Return x, not beyond -1 and 1."""
    return min(max(x, -1.0), 1.0)


@jit
def observe(p: Record, state: State, observation: Any) -> int:
    """Write the observation and return where it ends.

    These are users, tracks or what looks would bring, sectors, and the rest.

    Args:
        p: Parameters.
        state: The scene.
        observation: Receives the numbers of the observation, shape ``(D,)``.
    """
    e, first = state.env, 0
    expected = max(p.load_mbit / state.users.shape[0], 1e-9)
    for i in range(state.users.shape[0]):
        user = state.users[i]
        recent = 0.0
        for k in range(RECENT_SLOTS):
            recent += user.arrivals_mbit[k]
        observation[first] = user.queue_mbit / p.queue_mbit
        observation[first + 1] = user.efficiency / p.peak_efficiency
        observation[first + 2] = user.sine
        observation[first + 3] = clip(recent / (RECENT_SLOTS * 4.0 * expected))
        first += PER_USER
        if p.observation == LOOKS:
            look = user_look(p, state, i + 1, 0.0)
            first = _observe_look(p, state, look, observation, first)
    if p.observation != LOOKS:
        first = _observe_tracks(p, state, observation, first)
    confirmed = 0.0
    for i in range(state.tracks.shape[0]):
        confirmed += state.tracks[i].status == CONFIRMED
    for s in range(state.sectors.shape[0]):
        observation[first] = clip(state.sectors[s].slots / 40.0)
        observation[first + 1] = clip(state.sectors[s].belief)
        first += PER_SECTOR
        if p.observation == LOOKS:
            look = _reference_look(p, s)
            first = _observe_look(p, state, look, observation, first)
    observation[first] = clip(1.0 - e.time * p.slot_s / COUNTDOWN_S)
    observation[first + 1] = clip(confirmed / 10.0)
    return first + 2


@inlined
def _reference_look(p: Record, s: int) -> Look:
    """Return the look into a sector for which the observation states what is expected."""
    return sector_look(p, sector_sine(p, s), REFERENCE_SHARE, 1.0 * p.columns)


@inlined
def _observe_look(p: Record, state: State, look: Look, observation: Any, first: int) -> int:
    """Write the benefit of a look and return the index after it."""
    for k in range(PER_LOOK):
        observation[first + k] = 0.0
    if look.symbols >= p.least_symbols:
        worth = worth_of(p, state, look)
        observation[first] = clip(0.5 * (worth.now + worth.ahead))
        observation[first + 1] = clip(worth.progress)
        observation[first + 2] = clip(worth.found)
    return first + PER_LOOK


@inlined
def _rank(track: Record) -> float:
    """Return by what tracks are ordered: confirmed ones first, then by existence."""
    return (2.0 if track.status == CONFIRMED else 0.0) + track.existence


@inlined
def _observe_tracks(p: Record, state: State, observation: Any, first: int) -> int:
    """Write the tracks with the highest ranks and return where they end."""
    all_tracks, order = state.tracks, state.scratch.bench[0].rows
    count = 0
    for i in range(all_tracks.shape[0]):  # sorted by insertion
        if all_tracks[i].status == FREE:
            continue
        place = count
        while place > 0 and _rank(all_tracks[order[place - 1]]) < _rank(all_tracks[i]):
            order[place] = order[place - 1]
            place -= 1
        order[place] = i
        count += 1
    for k in range(SHOWN_TRACKS):
        if k < count:
            _observe_track(p, all_tracks[order[k]], observation[first : first + PER_TRACK])
        else:
            for m in range(PER_TRACK):
                observation[first + m] = 0.0
        first += PER_TRACK
    return first


@jit
def _observe_track(p: Record, track: Record, observation: Any) -> None:
    far, sine = tracks.range_of(track), tracks.sine_of(track)
    x, y, cov = track.estimate[0] / far, track.estimate[1] / far, track.covariance
    along = x * x * cov[0, 0] + 2.0 * x * y * cov[0, 1] + y * y * cov[1, 1]
    across = far * far * tracks.azimuth_variance_of(track)
    sideways = x * track.estimate[3] - y * track.estimate[2]
    look, probability = _reference_look(p, nearest_sector(p, sine)), 0.0
    if look.symbols >= p.least_symbols:
        probability = tracks.detection_probability(p, look, track)
    confirmed = track.status == CONFIRMED
    observation[0] = 1.0 if confirmed else 0.5 * track.existence
    observation[1] = sine
    observation[2] = clip(far / p.range_to_m)
    observation[3] = clip(tracks.range_rate_of(track) / p.fastest_m_s)
    observation[4] = clip(sideways / p.fastest_m_s)
    observation[5] = clip(0.25 * log10(across + 1e-12))
    observation[6] = clip(0.25 * log10(max(along, 0.0) + 1e-12))
    observation[7] = clip(track.since_hit / 20.0)
    observation[8] = probability
