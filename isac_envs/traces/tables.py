"""Tables of a trace: SUMO's floating-car data, or plain CSV; with semicolons or commas."""

import csv
from collections.abc import Iterator, Sequence

from isac_envs.errors import TraceError
from isac_envs.traces.rows import LARGEST_M, LARGEST_S, Rows, number, refusal

FCD = ("timestep_time", "vehicle_id", "vehicle_x", "vehicle_y", "vehicle_angle")
"""Columns of SUMO that are read; the angle may be missing."""

PLAIN = ("t", "id", "x", "y")
"""Columns of plain CSV."""

_BLANK = 100  # empty lines at most: they end a file


def read(rows: Rows, text: Iterator[str]) -> None:
    """Read all rows of a file.

    Args:
        rows: Receives them.
        text: Lines of the file.

    Raises:
        TraceError: If a line is wrong; the message names it.
    """
    first = next(text, "")
    mark = ";" if ";" in first else ","
    reader = csv.reader(text, delimiter=mark, strict=True)
    try:
        head = next(csv.reader([first], delimiter=mark, strict=True), [])
        names = [name.strip() for name in head]
        _read(rows, reader, names, _places(names, FCD if FCD[0] in names else PLAIN))
    except TraceError:
        raise
    except (csv.Error, ValueError) as error:
        raise refusal(rows.path, reader.line_num + 1, error) from None


def _places(names: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Return the places of the columns, -1 for an angle that is missing."""
    if wanted is PLAIN and "vehicle" in names and "id" not in names:
        wanted = ("t", "vehicle", "x", "y")
    for name in wanted:
        if names.count(name) != 1 and (name != FCD[-1] or name in names):
            problem = "is there twice" if name in names else "is missing"
            raise ValueError(f"column {name!r} {problem}, valid: {', '.join(wanted)}")
    return [names.index(name) if name in names else -1 for name in wanted]


def _read(rows: Rows, reader: Iterator[list[str]], names: list[str], places: list[int]) -> None:
    """Read the rows after the first line.

    Args:
        rows: Receives them.
        reader: Gives their values.
        names: Names of all columns.
        places: Places of time, name, x, y and, of SUMO's tables, the angle.
    """
    at_t, at_label, at_x, at_y, *rest = places
    fcd, at_angle = bool(rest), rest[0] if rest else -1
    lane, edge = (names.index(n) if n in names else -1 for n in ("vehicle_lane", "vehicle_edge"))
    persons = fcd and lane >= 0 and edge >= 0
    width, blank, add, angle = len(names), 0, rows.add, float("nan")
    now = -2.0 * LARGEST_S
    for row in reader:
        if len(row) != width:
            blank += 1
            if not row and blank <= _BLANK:
                continue
            raise ValueError(f"{len(row)} values in {width} columns")
        if persons and row[edge] and not row[lane]:
            continue  # a person stands among the vehicles: on an edge, but on no lane
        try:
            t, x, y = float(row[at_t]), float(row[at_x]), float(row[at_y])
            if at_angle >= 0:
                angle = float(row[at_angle])
                if not -360.0 <= angle <= 360.0:
                    raise ValueError
            if not -LARGEST_S <= t <= LARGEST_S:
                raise ValueError
        except ValueError:
            if fcd and not (row[at_label] or row[at_x] or row[at_y]):
                continue  # a time step without vehicles, or a person with columns of its own
            _explain(row, names, places)
        if fcd:
            if t < now:
                raise ValueError(f"time runs backward: {t:g} s comes after {now:g} s")
            now = t
        add(row[at_label].strip(), t, x, y, angle)


def _explain(row: list[str], names: list[str], places: list[int]) -> None:
    """Raise the error of the first wrong number of a row.

    Args:
        row: The values.
        names: Names of all columns.
        places: As for :func:`_read`.
    """
    t, _, x, y, *rest = places
    limits = ((t, LARGEST_S, "s"), (x, LARGEST_M, "m"), (y, LARGEST_M, "m"))
    for at, limit, unit in (*limits, *((each, 360.0, "deg") for each in rest if each >= 0)):
        number(row[at], f"column {names[at]!r}", limit, unit)
