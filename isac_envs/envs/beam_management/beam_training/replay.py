"""Samples of a scenario of DeepSense 6G: powers of all beams, and where the vehicle was.

The index is a CSV file with a row for each sample. Its cells name files beside it: a sweep with
one power a line, and a position with latitude and longitude. The data may not be passed on (CC
BY-NC-SA 4.0), so a user points to a copy.

Source: A. Alkhateeb et al., "DeepSense 6G: A Large-Scale Real-World Multi-Modal Sensing and
Communication Dataset", IEEE Commun. Mag. 61(9), 2023, arXiv 2211.09769, and its documentation.
"""

import csv
import io
import math
import os
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from isac_envs.envs.beam_management.beam_training import tables
from isac_envs.files import read_text
from isac_envs.kernels.numerics import portable

Array: TypeAlias = npt.NDArray[np.float64]

POWERS, VEHICLE, STATION = "unit1_pwr_60ghz", "unit2_loc", "unit1_loc"
NUMBER, SEQUENCE = "index", "seq_index"
COLUMNS = (POWERS, VEHICLE, STATION, NUMBER, SEQUENCE)
MOST_SAMPLES = 100_000
LARGEST_CELL = 1 << 16
"""Bytes of a sweep or of a position."""
TEST_EVERY = 5
"""Of so many sequences one is kept for tests."""

_LARGEST = 1 << 26  # bytes of the index
_METRES_OF_TURN = 2.0 * math.pi * 6.371e6  # on a great circle
_NEAREST_M = 1.0


class Replay(NamedTuple):
    """Samples in the order in which they are played.

    Attributes:
        powers: SNR of each beam, shape ``(N, B)``.
        places: Position along the array and away from it in m, shape ``(N, 2)``.
        ends: Whether a sequence ends, shape ``(N,)``.
        starts: First samples of the sequences, shape ``(S,)``.
        dropped: Samples of the file that cannot be used: powers or positions that are no numbers.
    """

    powers: Any
    places: Any
    ends: Any
    starts: Any
    dropped: int


class _Sample(NamedTuple):
    sequence: int
    number: int
    powers: list[float]
    vehicle: tuple[float, float]
    station: tuple[float, float]


def no_replay(beams: int) -> Replay:
    """Return the arrays of one sample, which stand where there is no file."""
    return Replay(np.zeros((1, beams)), np.ones((1, 2)), np.ones(1, np.bool_),
                  np.zeros(1, np.int64), 0)  # fmt: skip


def read_replay(p: Any) -> Replay:
    """Return the samples of the file that the parameters name.

    Powers have no unit. They are scaled so that the median best beam has the SNR that the link
    budget gives it where the vehicle is. The direction in which the array looks is the one that
    the best beams agree on, and so is the order of the beams.

    Args:
        p: Parameters of the environment.

    Raises:
        ValueError: If a file cannot be used; the message names it, with the line of the index.
    """
    try:
        rows, dropped = _read_rows(p.data, p.beams)
        runs = _select(_runs(rows, p.replay_offset), p.replay_split)
    except (OSError, ValueError, csv.Error) as error:
        raise ValueError(f"parameter data = {p.data!r}: {error}") from None
    powers = np.array([sample.powers for run in runs for sample, _ in run])
    metres = _metres([place for run in runs for _, place in run], [row.station for row in rows])
    ends = np.array([k == len(run) - 1 for run in runs for k in range(len(run))])
    starts = np.cumsum([0, *(len(run) for run in runs)])[:-1]
    places = _facing_array(metres, powers, p)
    budget = p.snr_1m * p.coherence * p.antennas / (places * places).sum(1)
    scale = float(np.median(budget / powers.max(1)))
    return Replay(scale * powers, places, ends, starts.astype(np.int64), dropped)


def _read_rows(path: str, beams: int) -> tuple[list[_Sample], int]:
    """Return the usable samples of an index, and how many are not."""
    reader = csv.DictReader(io.StringIO(read_text(path, _LARGEST), newline=""), strict=True)
    names = [name.strip() for name in reader.fieldnames or ()]
    for column in COLUMNS:
        if names.count(column) != 1:
            problem = "is missing" if column not in names else "is there twice"
            raise ValueError(f"column {column!r} {problem}")
    reader.fieldnames = names
    rows, dropped, folder = [], 0, os.path.realpath(os.path.dirname(path))
    stations: dict[str, list[float]] = {}
    seen: set[int] = set()
    for row in reader:
        line = f"line {reader.line_num}"
        number = _whole(row[NUMBER], f"{line}, column {NUMBER!r}")
        if number in seen:
            raise ValueError(f"{line}, column {NUMBER!r}: {number} is there twice")
        if len(seen) >= MOST_SAMPLES:
            raise ValueError(f"{line}: more than {MOST_SAMPLES} samples")
        seen.add(number)
        powers = _numbers(folder, row[POWERS], f"{line}, column {POWERS!r}", beams)
        vehicle = _numbers(folder, row[VEHICLE], f"{line}, column {VEHICLE!r}", 2)
        here = (row[STATION] or "").strip()
        if here not in stations:
            stations[here] = _numbers(folder, here, f"{line}, column {STATION!r}", 2)
        usable = all(map(math.isfinite, (*powers, *vehicle, *stations[here])))
        if usable and min(powers) < 0.0:
            raise ValueError(f"{line}, column {POWERS!r}: {min(powers):g} is not a power")
        if usable and max(powers) > 0.0:
            sequence = _whole(row[SEQUENCE], f"{line}, column {SEQUENCE!r}")
            (north, east), (south, west) = vehicle, stations[here]
            rows.append(_Sample(sequence, number, powers, (north, east), (south, west)))
        else:
            dropped += 1
    if not rows:
        raise ValueError("there is no sample that can be used")
    return sorted(rows, key=lambda row: row.number), dropped


def _whole(text: str | None, where: str) -> int:
    try:
        return int(float(text or ""))
    except (ValueError, OverflowError):
        raise ValueError(f"{where}: {text!r} is not a number") from None


def _numbers(folder: str, cell: str | None, where: str, count: int) -> list[float]:
    """Return the numbers in the file that a cell names, one a line; it is in the folder."""
    name = (cell or "").strip()
    path = os.path.realpath(os.path.join(folder, name))
    if not name or os.path.commonpath([folder, path]) != folder:
        raise ValueError(f"{where}: {name!r} is not a file in {folder!r}")
    try:
        values = [float(each) for each in read_text(path, LARGEST_CELL).split()]
    except (OSError, ValueError) as error:
        raise ValueError(f"{where}: {name!r}: {error}") from None
    if len(values) != count:
        raise ValueError(f"{where}: {name!r} has {len(values)} numbers, expected {count}")
    return values


def _runs(rows: list[_Sample], offset: int) -> list[list[tuple[_Sample, tuple[float, float]]]]:
    """Return runs of consecutive samples, each with the position of ``offset`` samples later.

    A run ends where the sequence does, and where a sample is missing.
    """
    by_number = {row.number: row for row in rows}
    runs: list[list[tuple[_Sample, tuple[float, float]]]] = []
    before: _Sample | None = None
    for row in rows:
        other = by_number.get(row.number + offset)
        if other is None or other.sequence != row.sequence:
            continue
        follows = before is not None and before.number == row.number - 1
        if before is None or not follows or before.sequence != row.sequence:
            runs.append([])
        runs[-1].append((row, other.vehicle))
        before = row
    if not runs:
        raise ValueError(f"no sample has a position {offset} samples later")
    return runs


def _select(runs: list[Any], split: str) -> list[Any]:
    """Return the runs of the sequences of a split."""
    sequences = sorted({run[0][0].sequence for run in runs})
    tests = set(sequences[TEST_EVERY - 1 :: TEST_EVERY])
    if split == "all":
        return runs
    chosen = [run for run in runs if (run[0][0].sequence in tests) == (split == "test")]
    if not chosen:
        raise ValueError(
            f"replay_split = {split!r} is empty: {len(sequences)} sequences, valid: >= {TEST_EVERY}"
        )
    return chosen


def _metres(places: list[tuple[float, float]], stations: list[tuple[float, float]]) -> Array:
    """Return positions east and north of the mean station in m, shape ``(N, 2)``."""
    here = np.array(stations).mean(0)
    turns = (np.array(places) - here) / 360.0
    shrunk = float(portable.sincos_turns(float(here[0]) / 360.0)[1])
    return np.column_stack([turns[:, 1] * shrunk, turns[:, 0]]) * _METRES_OF_TURN


def _facing_array(metres: Array, powers: Array, p: Any) -> Array:
    """Return positions along the array and away from it in m, shape ``(N, 2)``.

    Of both orders of the beams that is taken whose best beams agree better with the positions.
    """
    bearing = portable.atan2_turns(metres[:, 0], metres[:, 1])  # from north, clockwise
    angle = tables.angles_turns(p)[powers.argmax(1)]
    found: list[tuple[float, float, float]] = []
    for sign in (1.0, -1.0):
        sine, cosine = portable.sincos_turns(bearing - sign * angle)
        agreed, along = float(sine.mean()), float(cosine.mean())
        found.append((agreed * agreed + along * along, sign,
                      float(portable.atan2_turns(agreed, along))))  # fmt: skip
    _, sign, ahead = max(found)
    sine, cosine = portable.sincos_turns(bearing - ahead)
    distance = np.sqrt((metres * metres).sum(1))
    return np.column_stack([sign * sine * distance, np.maximum(cosine * distance, _NEAREST_M)])
