"""Reading of mobility from a file: which form it has, and positions on the slots of an environment.

Forms are told apart by what a file begins with: ``<`` is SUMO's floating-car data as XML, a
column ``timestep_time`` its table, anything else plain CSV.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from isac_envs.errors import TraceError
from isac_envs.traces import fcd_xml, tables
from isac_envs.traces.rows import Rows, Track
from isac_envs.traces.source import LONGEST_LINE, chunks, lines

Array: TypeAlias = npt.NDArray[Any]

LONGEST_GAP_S = 10.0
"""Longest time between two rows of a vehicle that a straight line bridges."""

_SPACE = b"\xef\xbb\xbf \t\r\n"  # may stand before what tells the form: a mark, white space
_MOST_SLOTS = 10_000_000  # of all vehicles together
_EARLY = 1e-6  # share of a slot by which a time may miss it
_STILL = 0.01  # units of a coordinate per second: slower than anything that drives, in metres

_SINE = (
    *(0.0, 3.780726823085965, -15.093797535577933, 42.05868490258314, -76.70585970331938),
    *(81.60524927594453, -41.341702240399634, 6.283185307179586),
)
_COSINE = (
    *(-1.696661572850943, 7.903081370611638, -26.42625068590803, 60.24464132648107),
    *(-85.45681720650957, 64.93939402266793, -19.739208802178716, 1.0),
)


@dataclass(frozen=True, eq=False)
class Drive:
    """Where one vehicle is at consecutive slots.

    Attributes:
        label: Its name; a vehicle that was away has several drives.
        first: Number of the first slot, counted from the first row of the file.
        places: Positions of its centre in m, shape ``(slots, 2)``.
    """

    label: str
    first: int
    places: Array

    @property
    def end(self) -> int:
        """Number of the slot after the last."""
        return self.first + len(self.places)


@dataclass(frozen=True, eq=False)
class Traffic:
    """All drives of a trace.

    Attributes:
        path: The file.
        slot_s: Time between two slots in s.
        slots: Slots from the first row of the file to the last.
        drives: In the order in which vehicles appear in the file.
    """

    path: str
    slot_s: float
    slots: int
    drives: tuple[Drive, ...]


def read_traffic(path: str, slot_s: float, length_m: float) -> Traffic:
    """Return the drives of a trace, at whole slots from its first row on.

    Positions between two rows lie on a straight line. Between rows that are further apart than
    :data:`LONGEST_GAP_S` the vehicle is away. SUMO states where the middle of the front bumper is,
    and the heading as an angle clockwise from north: half a length back is the centre. A file
    without angles, and plain CSV, state centres.

    Args:
        path: The file.
        slot_s: Time between two slots in s.
        length_m: Length of a vehicle in m.

    Raises:
        TraceError: If the file cannot be used; the message names it and the line.
    """
    try:
        status = os.lstat(path)
    except (OSError, ValueError) as error:
        raise TraceError(f"{path[:200]}: {getattr(error, 'strerror', None) or error}") from None
    version = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    return _read(path, version, slot_s, length_m)


@lru_cache(maxsize=8)
def _read(path: str, version: tuple[int, ...], slot_s: float, length_m: float) -> Traffic:
    """Return the drives of a file that has not changed since the call with the same version.

    Args:
        path: The file.
        version: What changes with the file.
        slot_s: Time between two slots in s.
        length_m: Length of a vehicle in m.
    """
    rows = read_rows(path)
    start = min(track.t_s[0] for track in rows.tracks.values())
    stop = max(track.last[0] for track in rows.tracks.values())
    _refuse_geographic(path, rows)
    if (stop - start) / slot_s > _MOST_SLOTS:
        raise TraceError(f"{path}: {stop - start:g} s are more than {_MOST_SLOTS} slots")
    drives: list[Drive] = []
    used = 0
    for label in tuple(rows.tracks):
        track = rows.tracks.pop(label)  # frees what was read of it
        for first, places in _drives(track, start, slot_s, length_m):
            used += len(places)
            if used > _MOST_SLOTS:
                raise TraceError(f"{path}: more than {_MOST_SLOTS} slots of all vehicles together")
            drives.append(Drive(label, first, places))
    if not drives:
        raise TraceError(
            f"{path}: no vehicle has two rows at most {LONGEST_GAP_S:g} s apart with a slot of "
            f"{slot_s:g} s between them"
        )
    return Traffic(path, slot_s, int((stop - start) / slot_s + _EARLY) + 1, tuple(drives))


def read_rows(path: str) -> Rows:
    """Return the rows of a file, by vehicle.

    Raises:
        TraceError: If the file cannot be used; the message names it and the line.
    """
    rows = Rows(path)
    content = chunks(path)
    first = b""
    while not (head := first.lstrip(_SPACE)) and len(first) <= LONGEST_LINE:
        if not (part := next(content, b"")):
            break
        first += part
    whole: Iterator[bytes] = chain((first,), content)
    if head.startswith(b"<"):
        fcd_xml.read(rows, whole)
    else:
        tables.read(rows, lines(path, whole))
    if not rows.tracks:
        raise TraceError(f"{path}: holds no vehicles")
    return rows


def _refuse_geographic(path: str, rows: Rows) -> None:
    """Refuse coordinates in degrees: small numbers that hardly change.

    Raises:
        TraceError: If everything that moves does so slower than anything that drives.
    """
    fastest = 0.0
    for track in rows.tracks.values():
        t, x, y = _columns(track)[:3]
        if np.abs(x).max() > 180.0 or np.abs(y).max() > 90.0:
            return
        if len(t) > 1:
            steps = np.diff(t)
            fastest = max(fastest, *((np.abs(np.diff(axis)) / steps).max() for axis in (x, y)))
    if 0.0 < fastest < _STILL:
        raise TraceError(
            f"{path}: x and y look like longitude and latitude in degrees; positions must be in m "
            "(SUMO without --fcd-output.geo)"
        )


def _columns(track: Track) -> tuple[Array, Array, Array, Array]:
    """Return time, x, y and angle of all rows of a vehicle."""
    t = np.frombuffer(track.t_s, np.float64)
    x, y, angle = (
        np.frombuffer(each, np.float32).astype(np.float64)
        for each in (track.x_m, track.y_m, track.angle_deg)
    )
    return t, x, y, angle


def _drives(
    track: Track, start: float, slot_s: float, length_m: float
) -> Iterator[tuple[int, Array]]:
    """Yield first slot and places of each time in which a vehicle is there without a long gap.

    Args:
        track: Rows of the vehicle.
        start: Time of slot 0 in s.
        slot_s: Time between two slots in s.
        length_m: Length of the vehicle in m.
    """
    t, x, y, angle = _columns(track)
    if not np.isnan(angle).any():
        east, north = _direction(angle)
        x, y = x - 0.5 * length_m * east, y - 0.5 * length_m * north
    slot = (t - start) / slot_s
    cuts = np.flatnonzero(np.diff(t) > LONGEST_GAP_S) + 1
    for begin, end in zip((0, *cuts), (*cuts, len(t)), strict=True):
        first = int(np.ceil(slot[begin] - _EARLY))
        count = int(np.floor(slot[end - 1] + _EARLY)) - first + 1
        if end - begin > 1 and count > 0:
            wanted = np.arange(first, first + count)
            own = slice(begin, end)
            places = np.column_stack([_between(wanted, slot[own], each[own]) for each in (x, y)])
            places.flags.writeable = False
            yield first, places


def _direction(angle_deg: Array) -> tuple[Array, Array]:
    """Return parts along x and y of unit vectors at angles clockwise from north, to 1e-15.

    The polynomials of ``engine.mathx.sincos_turns`` as sums and products of arrays, which are the
    same on every processor: reading alone loads no compiler.
    """
    turns = angle_deg / 360.0
    quarter = np.rint(4.0 * turns)
    rest = turns - 0.25 * quarter
    square = rest * rest
    sine, cosine = np.zeros_like(rest), np.zeros_like(rest)
    for a, b in zip(_SINE, _COSINE, strict=True):
        sine, cosine = sine * square + a, cosine * square + b
    sine *= rest
    odd = quarter % 2.0 == 1.0
    east, north = np.where(odd, cosine, sine), np.where(odd, sine, cosine)
    back = np.floor(quarter / 2.0) % 2.0 == 1.0
    left = np.floor((quarter + 1.0) / 2.0) % 2.0 == 1.0
    return np.where(back, -east, east), np.where(left, -north, north)


def _between(wanted: Array, known: Array, values: Array) -> Array:
    """Return values on straight lines; by separate products and sums, unlike ``np.interp``.

    Args:
        wanted: Where values are wanted, shape ``(n,)``, in order.
        known: Where they are known, shape ``(m,)``, in order.
        values: What they are there, shape ``(m,)``.
    """
    left = np.clip(np.searchsorted(known, wanted, "right") - 1, 0, len(known) - 2)
    share = (wanted - known[left]) / (known[left + 1] - known[left])
    change = np.clip(share, 0.0, 1.0) * (values[left + 1] - values[left])
    result: Array = values[left] + change
    return result
