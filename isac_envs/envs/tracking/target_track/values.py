"""Rules that value every look by what it is expected to earn in this slot."""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import each_copy
from isac_envs.envs.tracking.target_track.kernel import rate_mbit, sector_look, user_look
from isac_envs.envs.tracking.target_track.params import TargetTrackParams
from isac_envs.envs.tracking.target_track.records import State
from isac_envs.envs.tracking.target_track.search import search_probability
from isac_envs.kernels.estimation import kalman
from isac_envs.sensing import looks, tracks
from isac_envs.sensing.looks import Look
from isac_envs.sensing.tracks import FREE, TENTATIVE

PROCESSED = TargetTrackParams.code("communication_echoes", "processed")
_AHEAD_SLOTS = 5.0
_NEGLIGIBLE = 1e-3


class Weights(NamedTuple):
    """What a rule counts.

    Attributes:
        communication: Worth of a queue's room that is served.
        track: Worth of a squared cutoff by which a confirmed track gets better.
        tentative: Worth of a missed target, times two, that a hit brings nearer to confirmation.
        search: The same of a first detection.
        patient: Whether a hit counts that does not confirm at once.
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
def _error(p: Record, covariance: Any, after_s: float) -> float:
    """Return the variance of a place after a time in m^2, at most the squared cutoff.

    What the process adds meanwhile is the same for all looks and left out.
    """
    total = 0.0
    for k in range(2):
        total += covariance[k, k] + 2.0 * after_s * covariance[k, k + 2]
        total += after_s * after_s * covariance[k + 2, k + 2]
    return min(total, p.cutoff_m * p.cutoff_m)


@jit
def _improvement(p: Record, look: Look, track: Record, weights: Weights, work: Record) -> float:
    """Return by how much a detection is expected to make a track better, in squared cutoffs."""
    sine = tracks.sine_of(track)
    snr = max(tracks.expected_snr(p, look, track, sine), looks.LEAST_SNR)
    tracks.linearise(track, work)
    looks.error_variances(p, look, snr, sine, work.variances)
    for k in range(3):
        work.innovation[k] = 0.0
    for i in range(4):
        work.still[i] = 0.0
        for j in range(4):
            work.trial[i, j] = track.covariance[i, j]
    kalman.update(
        work.still, work.trial, work.innovation, work.jacobian, work.variances, work.filter
    )
    better = _error(p, track.covariance, 0.0) - _error(p, work.trial, 0.0)
    if weights.ahead:
        later = _AHEAD_SLOTS * p.slot_s
        better += _error(p, track.covariance, later) - _error(p, work.trial, later)
        better *= 0.5
    return better / (p.cutoff_m * p.cutoff_m)


@jit
def worth_of_look(p: Record, state: State, look: Look, weights: Weights) -> float:
    """Return what a look is expected to earn."""
    worth = 0.0
    for i in range(state.tracks.shape[0]):
        track = state.tracks[i]
        if track.status == FREE:
            continue
        probability = tracks.detection_probability(p, look, track)
        if probability < _NEGLIGIBLE:
            continue
        if track.status == TENTATIVE:
            left = max(p.confirm_hits - track.hits, 1)
            counts = weights.patient or left == 1
            half = 0.5 * probability * track.existence / left
            worth += weights.tentative * half if counts else 0.0
        else:
            better = _improvement(p, look, track, weights, state.bench.work)
            worth += weights.track * probability * better
    found = 0.0
    for s in range(state.sectors.shape[0]):
        aside = abs(p.sector_sines[s] - look.sine) * look.columns
        if aside < 1.0:
            found += state.sectors[s].belief * (1.0 - 0.5 * aside)
    if weights.search > 0.0 and found > 0.0:
        worth += weights.search * 0.5 * found * search_probability(p, look)
    return worth


@jit
def choose(p: Record, state: State, weights: Weights, choice: Any) -> None:
    """Choose user, share and sector that are worth most; values of the two looks are added."""
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
                state.users[i].worth[h] = worth_of_look(p, state, look, weights)
        for s in range(state.sectors.shape[0]):
            state.sectors[s].worth[h] = 0.0
            look = sector_look(p, p.sector_sines[s], share, 1.0 * p.columns)
            if look.symbols >= 2.0:
                state.sectors[s].worth[h] = worth_of_look(p, state, look, weights)


choose_batch = each_copy(choose, "weights")
