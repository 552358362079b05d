"""Rules as kernels: whom to serve, and where to look by age and by what tracks need."""

import math
from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import each_copy
from isac_envs.engine.mathx import power
from isac_envs.envs.tracking.target_track.records import State
from isac_envs.envs.tracking.target_track.slot import (
    coverage,
    nearest_sector,
    rate_mbit,
    user_look,
)
from isac_envs.kernels.arrays.beams import half_power_cosine_one
from isac_envs.sensing import looks, tracks
from isac_envs.sensing.tracks import FREE, TENTATIVE

GREEDY, MAX_WEIGHT, MOST_DATA = 0, 1, 2
"""Ways to choose a user: by data times a power of the backlog, by queue times rate, by data."""

_MOST_URGENT = 50.0


class Urgency(NamedTuple):
    """How a rule weighs what it might look at.

    Attributes:
        share: Place of the share in the list of shares.
        slots: Age of a sector that counts 1.
        widths: Deviation of a track's azimuth that counts 1, in half-power widths.
        tentative: Worth of a tentative track that surely exists.
        least: Urgency below which it does not look.
        margin: Users are served whose worth is at least so much of the best's; of these, the one
            whose surroundings need a look most. 1: the best.
    """

    share: int
    slots: float
    widths: float
    tentative: float
    least: float
    margin: float


@inlined
def worth_of(p: Record, user: Record, share: float, way: int) -> float:
    """Return the value of serving a user, for :data:`GREEDY` and similar rules.

    Args:
        p: Parameters.
        user: The user.
        share: Share of the slot for the sensing beam.
        way: One of :data:`GREEDY`, :data:`MAX_WEIGHT` and :data:`MOST_DATA`.
    """
    rate = rate_mbit(p, user, 0.0)
    if way == MAX_WEIGHT:
        return user.queue_mbit * rate
    sent = min(user.queue_mbit, rate)
    if way == MOST_DATA:
        return sent
    fill = user.queue_mbit / p.queue_mbit
    return sent * power(fill, 0.25) if fill > 1e-9 else 0.0


@jit
def best_user(p: Record, state: State, share: float, way: int) -> int:
    """Return the user with the highest worth, 1 the first.

    Args:
        p: Parameters.
        state: The scene.
        share: Share of the slot for the sensing beam.
        way: As for :func:`worth_of`.
    """
    best, chosen = -1.0, 1
    for i in range(state.users.shape[0]):
        worth = worth_of(p, state.users[i], share, way)
        if worth > best:
            best, chosen = worth, i + 1
    return chosen


@jit
def serve(p: Record, state: State, way: int, choice: Any) -> None:
    """Serve the best user and look nowhere.

    Args:
        p: Parameters.
        state: The scene.
        way: As for :func:`worth_of`.
        choice: Receives user, share and sector.
    """
    choice[0], choice[1], choice[2] = best_user(p, state, 0.0, way), 0, 0


@jit
def in_turn(p: Record, state: State, share: int, choice: Any) -> None:
    """Serve the best user and look into one sector after the other.

    Args:
        p: Parameters.
        state: The scene.
        share: Place of the share in the list of shares.
        choice: Receives user, share and sector.
    """
    choice[0] = best_user(p, state, p.shares[share], GREEDY)
    choice[1], choice[2] = share, state.env.time % state.sectors.shape[0]


@jit
def weigh_sectors(p: Record, state: State, urgency: Urgency) -> None:
    """Write the urgency of a look into each sector into its first ``worth``.

    Args:
        p: Parameters.
        state: The scene.
        urgency: What counts how much.
    """
    for s in range(state.sectors.shape[0]):
        state.sectors[s].worth[0] = state.sectors[s].slots / urgency.slots
    width = 2.0 * half_power_cosine_one(1.0 * p.columns)
    for i in range(state.tracks.shape[0]):
        track = state.tracks[i]
        if track.status == FREE:
            continue
        sine = tracks.sine_of(track)
        std = math.sqrt(tracks.azimuth_variance_of(track)) * looks.cosine_of(sine) / width
        urgent = min(std / urgency.widths, _MOST_URGENT) if std <= 1.5 else 0.0
        if track.status == TENTATIVE:
            urgent += urgency.tentative * track.existence
        sector = state.sectors[nearest_sector(p, sine)]
        sector.worth[0] = max(sector.worth[0], urgent)


@jit
def revisit(p: Record, state: State, urgency: Urgency, choice: Any) -> None:
    """Look where it is most urgent; serve the best user, or one whose surroundings need it.

    Args:
        p: Parameters.
        state: The scene.
        urgency: What counts how much.
        choice: Receives user, share and sector.
    """
    share = p.shares[urgency.share]
    weigh_sectors(p, state, urgency)
    user = best_user(p, state, share, GREEDY)
    if urgency.margin < 1.0:
        user = _in_a_needy_place(p, state, urgency, user)
        beam = user_look(p, state, user, share)
        for s in range(state.sectors.shape[0]):  # the communication beam looks there
            if coverage(p, beam, s) > 0.0:
                state.sectors[s].worth[0] = 0.0
    most, sector = -1.0, 0
    for s in range(state.sectors.shape[0]):
        if state.sectors[s].worth[0] > most:
            most, sector = state.sectors[s].worth[0], s
    choice[0], choice[2] = user, sector
    choice[1] = urgency.share if most >= urgency.least else 0


@inlined
def _in_a_needy_place(p: Record, state: State, urgency: Urgency, best: int) -> int:
    share = p.shares[urgency.share]
    least = urgency.margin * worth_of(p, state.users[best - 1], share, GREEDY)
    most, chosen = -1.0, best
    for i in range(state.users.shape[0]):
        sector = state.sectors[nearest_sector(p, state.users[i].sine)]
        if worth_of(p, state.users[i], share, GREEDY) >= least and sector.worth[0] > most:
            most, chosen = sector.worth[0], i + 1
    return chosen


serve_batch = each_copy(serve, "way")
in_turn_batch = each_copy(in_turn, "share")
revisit_batch = each_copy(revisit, "urgency")
