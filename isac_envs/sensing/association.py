"""Which detection belongs to which track: gates, the best assignment, and new tracks."""

from typing import Any

import numpy as np

from isac_envs.engine.jit import Record, jit, record
from isac_envs.kernels.numerics.assignment import ALONE, assign
from isac_envs.sensing import tracks as filters
from isac_envs.sensing.detections import MOST_DETECTIONS
from isac_envs.sensing.looks import Look
from isac_envs.sensing.tracks import FREE, MOST_TRACKS, TENTATIVE, WORK

_SIZE = MOST_TRACKS + MOST_DETECTIONS + 1
BENCH = record(
    ("cost", "f8", (MOST_TRACKS, MOST_DETECTIONS)),
    ("partner", "i8", (MOST_TRACKS,)),  # of each row of the cost
    ("rows", "i8", (MOST_TRACKS,)),  # track of each row
    ("taken", "i8", (MOST_DETECTIONS,)),
    ("paired", "i8"),  # rows of the last association with detections
    ("prices", "f8", (3, _SIZE)),
    ("paths", "i8", (3, _SIZE)),
    ("work", WORK),
)
"""Scratch of an association."""

_PAIRED = 1e4  # as many pairs as the gates allow, whatever their distances
_TENTATIVE_PENALTY = 3.0


@jit
def process(p: Record, look: Look, tracks: Any, detections: Any, bench: Record) -> None:
    r"""Associate the detections of a look with tracks; the others start new tracks.

    A detection may belong to a track if its squared Mahalanobis distance :math:`d^2` is within the
    gate. Pairs minimise the sum of :math:`d^2 + \ln \det S`, S the covariance of the innovation;
    confirmed tracks come first.

    Args:
        p: Parameters of radar and tracker.
        look: The look.
        tracks: Records of :data:`isac_envs.sensing.tracks.TRACK`, shape ``(MOST_TRACKS,)``.
        detections: Detections of the look, shape ``(D,)`` with D at most MOST_DETECTIONS.
        bench: Scratch, a record of :data:`BENCH`.
    """
    rows, count = 0, detections.shape[0]
    for i in range(tracks.shape[0]):
        track = tracks[i]
        if track.status == FREE:
            continue
        filters.offer(p, look, track)
        if count > 0:
            bench.rows[rows] = i
            _weigh(p, look, track, detections, bench, rows)
        rows += 1
    bench.paired = rows if count > 0 else 0
    if count == 0:
        return
    for j in range(count):
        bench.taken[j] = 0
    assign(bench.cost[:rows, :count], bench.partner, bench.prices, bench.paths)
    for row in range(rows):
        j = bench.partner[row]
        if j != ALONE:
            filters.update(p, look, tracks[bench.rows[row]], detections[j], bench.work)
            bench.taken[j] = 1
    for j in range(count):
        if bench.taken[j] == 0:
            _begin(p, look, tracks, detections[j], bench)


@jit
def _weigh(p: Record, look: Look, track: Record, detections: Any, bench: Record, row: int) -> None:
    """Write a row of costs: of one track with every detection."""
    filters.linearise(look, track, bench.work)
    penalty = _TENTATIVE_PENALTY if track.status == TENTATIVE else 0.0
    for j in range(detections.shape[0]):
        squared, volume = filters.distance(p, look, track, detections[j], bench.work)
        inside = squared < p.gate and volume < np.inf
        bench.cost[row, j] = squared + volume + penalty - _PAIRED if inside else 0.0


@jit
def _begin(p: Record, look: Look, tracks: Any, found: Record, bench: Record) -> None:
    """Start a track in the first free place, if there is one."""
    for i in range(tracks.shape[0]):
        if tracks[i].status == FREE:
            filters.start(p, look, tracks[i], found, bench.work)
            return
