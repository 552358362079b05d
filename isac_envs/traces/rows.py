"""Rows of a trace, kept by vehicle in a few bytes each, and what is checked of each row."""

from array import array

from isac_envs.errors import TraceError

MOST_ROWS = 10_000_000
MOST_VEHICLES = 100_000
LONGEST_LABEL = 256
FASTEST_M_S = 200.0
"""A vehicle that is faster has another unit than metres or seconds, or jumps."""

LARGEST_M = 1e6
LARGEST_S = 1e12

_NONE = float("nan")


class Track:
    """Rows of one vehicle.

    Attributes:
        t_s: Times in s, which increase.
        x_m: Positions along x in m.
        y_m: Positions along y in m.
        angle_deg: Angles clockwise from north in degrees, nan where the file states none.
        last: The last row: time, x and y.
    """

    __slots__ = ("angle_deg", "last", "t_s", "x_m", "y_m")

    def __init__(self) -> None:
        self.t_s = array("d")
        self.x_m, self.y_m, self.angle_deg = array("f"), array("f"), array("f")
        self.last = (_NONE, _NONE, _NONE)


class Rows:
    """Collects the rows of a trace.

    Args:
        path: The file, for messages.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.tracks: dict[str, Track] = {}
        self.count = 0

    def add(self, label: str, t: float, x: float, y: float, angle: float = _NONE) -> None:
        """Add a row, whose time is in its range already.

        Args:
            label: Name of the vehicle.
            t: Time in s.
            x: Position along x in m.
            y: Position along y in m.
            angle: Angle clockwise from north in degrees, nan for none.

        Raises:
            ValueError: If a value is not in its range, or does not fit the row before.
        """
        if not (-LARGEST_M <= x <= LARGEST_M and -LARGEST_M <= y <= LARGEST_M):
            raise ValueError(_far(x, y))
        track = self.tracks.get(label)
        if track is None:
            track = self._new(label)
        else:
            before, last_x, last_y = track.last
            past = t - before
            if past <= 0.0:
                raise ValueError(_not_later(label, t, before))
            reach = FASTEST_M_S * past + 1.0
            if not (-reach <= x - last_x <= reach and -reach <= y - last_y <= reach):
                raise ValueError(_too_fast(label, past, x - last_x, y - last_y))
        self.count += 1
        if self.count > MOST_ROWS:
            raise ValueError(f"more than {MOST_ROWS} rows")
        track.last = t, x, y
        track.t_s.append(t)
        track.x_m.append(x)
        track.y_m.append(y)
        track.angle_deg.append(angle)

    def _new(self, label: str) -> Track:
        """Return the track of a vehicle that appears for the first time."""
        if not label or len(label) > LONGEST_LABEL:
            given = f"has {len(label)} characters" if label else "is empty"
            raise ValueError(f"the name of a vehicle {given}, valid: 1..{LONGEST_LABEL}")
        if len(self.tracks) >= MOST_VEHICLES:
            raise ValueError(f"more than {MOST_VEHICLES} vehicles")
        self.tracks[label] = track = Track()
        return track


def refusal(path: str, line: int, problem: object) -> TraceError:
    """Return the error of a line.

    Args:
        path: The file.
        line: Number of the line, from 1.
        problem: What is wrong.
    """
    return TraceError(f"{path}, line {line}: {problem}")


def number(text: str | None, name: str, limit: float, unit: str) -> float:
    """Return the number that a text states.

    Args:
        text: The text; None where there is none.
        name: What it is, for the message.
        limit: Largest magnitude.
        unit: Unit of the number.

    Raises:
        ValueError: If it is no number of this range.
    """
    if text is None or not text.strip():
        raise ValueError(f"{name}: there is no value")
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name}: {text[:40]!r} is not a number") from None
    if not -limit <= value <= limit:
        raise ValueError(f"{name}: {text[:40]!r}, valid: {-limit:g}..{limit:g} {unit}")
    return value


def _far(x: float, y: float) -> str:
    """Return why a position is refused."""
    name, value = ("y", y) if -LARGEST_M <= x <= LARGEST_M else ("x", x)
    hint = "; UTM coordinates must be moved near 0 first" if LARGEST_M < value < 1e8 else ""
    return f"{name}: {value:g}, valid: {-LARGEST_M:g}..{LARGEST_M:g} m{hint}"


def _not_later(label: str, t: float, before: float) -> str:
    if t == before:
        return f"vehicle {label!r} has two rows for t = {t:g} s"
    return f"time runs backward: vehicle {label!r} at {t:g} s after {before:g} s"


def _too_fast(label: str, past: float, dx: float, dy: float) -> str:
    return (
        f"vehicle {label!r} moves by ({dx:g}, {dy:g}) m in {past:g} s, valid: {FASTEST_M_S:g} m/s "
        "at most; are the units m and s?"
    )
