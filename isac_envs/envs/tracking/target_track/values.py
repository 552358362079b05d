"""Rules that value every look by what it is expected to earn in this slot."""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import each_copy
from isac_envs.envs.tracking.target_track.records import State
from isac_envs.envs.tracking.target_track.slot import (
    PROCESSED,
    rate_mbit,
    sector_look,
    sector_sine,
    user_look,
)
from isac_envs.envs.tracking.target_track.worth import Worth, worth_of


class Weights(NamedTuple):
    """What a rule counts.

    Attributes:
        communication: Worth of a queue's room that is served.
        track: Worth of a squared cutoff by which a confirmed track gets better.
        tentative: Worth of a missed target, times two, that a hit brings nearer to confirmation.
        search: The same of a first detection.
        patient: Whether to count hits that do not confirm immediately.
        ahead: Whether the error five slots later counts as well.
        blind: Whether the choice of the user ignores what its beam would see.
    """

    communication: float
    track: float
    tentative: float
    search: float
    patient: bool
    ahead: bool
    blind: bool


@inlined
def total(worth: Worth, weights: Weights) -> float:
    """Return the value of a look for a rule."""
    tracks = 0.5 * (worth.now + worth.ahead) if weights.ahead else worth.now
    hits = worth.progress if weights.patient else worth.confirmed
    return weights.track * tracks + weights.tentative * hits + weights.search * worth.found


@jit
def choose(p: Record, state: State, weights: Weights, choice: Any) -> None:
    """Choose user, share and sector that are worth most; values of the two looks are added.

    Args:
        p: Parameters.
        state: The scene.
        weights: What counts how much.
        choice: Receives user, share and sector.
    """
    users, sectors, count = state.users, state.sectors, p.shares.shape[0]
    room = weights.communication / (users.shape[0] * p.queue_mbit)
    _weigh_looks(p, state, weights)
    best = -1.0
    for h in range(count):
        share, sector, most = p.shares[h], 0, 0.0
        for s in range(sectors.shape[0]):
            if sectors[s].worth[h] > most:
                sector, most = s, sectors[s].worth[h]
        user, worth = 1, -1.0
        for i in range(users.shape[0]):
            sent = room * min(users[i].queue_mbit, rate_mbit(p, users[i], share))
            if sent + users[i].worth[h] > worth:
                user, worth = i + 1, sent + users[i].worth[h]
        if worth + most > best:
            best = worth + most
            choice[0], choice[1], choice[2] = user, h, sector


@inlined
def _weigh_looks(p: Record, state: State, weights: Weights) -> None:
    """Write the worth of every look that could be made, one for each share."""
    for h in range(p.shares.shape[0]):
        share = p.shares[h]
        for i in range(state.users.shape[0]):
            state.users[i].worth[h] = 0.0
            if p.communication_echoes == PROCESSED and not weights.blind:
                look = user_look(p, state, i + 1, share)
                state.users[i].worth[h] = total(worth_of(p, state, look), weights)
        for s in range(state.sectors.shape[0]):
            state.sectors[s].worth[h] = 0.0
            look = sector_look(p, sector_sine(p, s), share, 1.0 * p.columns)
            if look.symbols >= p.least_symbols:
                state.sectors[s].worth[h] = total(worth_of(p, state, look), weights)


choose_batch = each_copy(choose, "weights")
