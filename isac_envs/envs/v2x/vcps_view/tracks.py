"""Tracks of vehicles from a file in UTF-8 with the columns vehicle, t, x and y."""

import csv
import io
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.params import LARGEST_FILE
from isac_envs.files import read_text

COLUMNS = ("vehicle", "t", "x", "y")
LIMITS = {"t": (-1e12, 1e12, "s"), "x": (-1e6, 1e6, "m"), "y": (-1e6, 1e6, "m")}
"""Valid values of a column; the map itself is 0 to map_m, with the edge in its middle."""

Track: TypeAlias = list[tuple[float, float, float]]


def read_tracks(path: str, vehicles: int, slots: int) -> npt.NDArray[np.float64]:
    """Return tracks of vehicles in m, shape ``(vehicles, slots, 2)``.

    Time counts from the first row of all in seconds. Positions are interpolated at whole seconds
    and held before a vehicle's first row and after its last one. Of more vehicles than asked for,
    those whose tracks extend furthest are taken.

    Args:
        path: The file.
        vehicles: How many tracks are wanted.
        slots: Their length in seconds.

    Raises:
        ValueError: If the file cannot be read, or holds too few vehicles or a malformed row; the
            message names the line, the column and the value.
    """
    try:
        rows = _rows(read_text(path, LARGEST_FILE))
    except (OSError, ValueError, csv.Error) as error:
        raise ValueError(f"parameter tracks_csv = {path!r}: {error}") from None
    if len(rows) < vehicles:
        raise ValueError(
            f"parameter tracks_csv = {path!r}: {len(rows)} vehicles, valid: >= vehicles = "
            f"{vehicles}"
        )
    start = min(time for track in rows.values() for time, _, _ in track)
    seconds = np.arange(slots, dtype=np.float64)
    tracks = []
    for track in rows.values():
        t, x, y = np.array(sorted(track)).T
        tracks.append(np.column_stack([np.interp(seconds, t - start, axis) for axis in (x, y)]))
    tracks.sort(key=lambda track: -float(np.square(np.ptp(track, axis=0)).sum()))
    return np.array(tracks[:vehicles])


def _rows(text: str) -> dict[str, Track]:
    """Return the rows ``(t, x, y)`` of each vehicle, by its label, in the order of the file."""
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows: dict[str, Track] = {}
    seen: set[tuple[str, float]] = set()
    try:
        _check_columns(reader)
        for row in reader:
            label, place = _place(row, f"line {reader.line_num}")
            if (label, place[0]) in seen:
                raise ValueError(
                    f"line {reader.line_num}, column 't': {row['t']!r}, but vehicle {label!r} has "
                    f"a row for that time"
                )
            seen.add((label, place[0]))
            rows.setdefault(label, []).append(place)
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from None
    return rows


def _check_columns(reader: Any) -> None:
    """Read the first line; spaces around names do not count."""
    names = [name.strip() for name in reader.fieldnames or ()]
    for name in COLUMNS:
        if names.count(name) != 1:
            problem = "is missing" if name not in names else "is there twice"
            raise ValueError(f"column {name!r} {problem}, valid: {', '.join(COLUMNS)}")
    reader.fieldnames = names


def _place(row: dict[Any, Any], line: str) -> tuple[str, tuple[float, float, float]]:
    """Return the label of a row and its ``(t, x, y)``."""
    if None in row:  # where csv puts what is beyond the last column
        raise ValueError(f"{line}: {len(row[None])} values too many: {row[None]}")
    label = (row["vehicle"] or "").strip()
    if not label:
        raise ValueError(f"{line}, column 'vehicle': there is no value")
    return label, (_number(row, "t", line), _number(row, "x", line), _number(row, "y", line))


def _number(row: dict[str, Any], column: str, line: str) -> float:
    """Return the value of a column.

    Raises:
        ValueError: If it is not a number in the column's range.
    """
    low, high, unit = LIMITS[column]
    text = row[column]
    try:
        value = float(text)
    except (TypeError, ValueError):
        given = "there is no value" if text is None else f"{text!r} is not a number"
        raise ValueError(f"{line}, column {column!r}: {given}") from None
    if not low <= value <= high:
        raise ValueError(f"{line}, column {column!r}: {text!r}, valid: {low:g}..{high:g} {unit}")
    return value
