"""What a look is expected to bring, in the units of the reward."""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.tracking.target_track.records import State
from isac_envs.envs.tracking.target_track.search import search_probability
from isac_envs.envs.tracking.target_track.slot import coverage
from isac_envs.kernels.estimation import kalman
from isac_envs.sensing import looks, tracks
from isac_envs.sensing.looks import Look
from isac_envs.sensing.tracks import FREE, TENTATIVE

_AHEAD_SLOTS = 5.0
_NEGLIGIBLE = 1e-3


class Worth(NamedTuple):
    """What a look is expected to bring.

    Attributes:
        now: Squared cutoffs by which confirmed tracks improve immediately.
        ahead: The same five slots later.
        confirmed: Half of the tentative tracks that it confirms; a missed target costs a half.
        progress: The same, a hit that confirms only later counting by its part.
        found: Half of the unknown targets that it detects.
    """

    now: float
    ahead: float
    confirmed: float
    progress: float
    found: float


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
def _improvements(p: Record, look: Look, track: Record, work: Record) -> tuple[float, float]:
    """Return by how much a detection makes a track better, now and later, in squared cutoffs."""
    sine = tracks.sine_of(track)
    snr = max(tracks.expected_snr(p, look, track, sine), looks.LEAST_SNR)
    tracks.linearise(look, track, work)
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
    square, later = p.cutoff_m * p.cutoff_m, _AHEAD_SLOTS * p.slot_s
    now = _error(p, track.covariance, 0.0) - _error(p, work.trial, 0.0)
    ahead = _error(p, track.covariance, later) - _error(p, work.trial, later)
    return now / square, ahead / square


@jit
def worth_of(p: Record, state: State, look: Look) -> Worth:
    """Return the expected benefit of a look.

    Args:
        p: Parameters.
        state: The scene.
        look: The look.
    """
    now = ahead = confirmed = progress = 0.0
    for i in range(state.tracks.shape[0]):
        track = state.tracks[i]
        if track.status == FREE:
            continue
        probability = tracks.detection_probability(p, look, track)
        if probability < _NEGLIGIBLE:
            continue
        if track.status == TENTATIVE:
            left = max(p.confirm_hits - track.hits, 1)
            half = 0.5 * probability * track.existence
            progress += half / left
            confirmed += half if left == 1 else 0.0
        else:
            at_once, later = _improvements(p, look, track, state.scratch.bench[0].work)
            now += probability * at_once
            ahead += probability * later
    found = 0.0
    for s in range(state.sectors.shape[0]):
        found += state.sectors[s].belief * coverage(p, look, s)
    if found > 0.0:
        found *= 0.5 * search_probability(p, look)
    return Worth(now, ahead, confirmed, progress, found)
