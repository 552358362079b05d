"""Traces of tests: the same rows in every form that is read."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from isac_envs.traces.reading import Traffic, read_traffic


class Row(NamedTuple):
    """Where the front bumper of a vehicle is, SUMO's angle clockwise from north."""

    t: float
    label: str
    x: float
    y: float
    angle: float = 90.0


def fcd_xml(rows: Iterable[Row], extra: str = "") -> str:
    """Return floating-car data as SUMO writes it, with elements of the caller in each step."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n<fcd-export>\n']
    for t, group in groupby(rows, key=lambda row: row.t):
        parts.append(f'<timestep time="{t!r}">\n{extra}')
        parts += (
            f'<vehicle id="{row.label}" x="{row.x!r}" y="{row.y!r}" angle="{row.angle!r}" '
            f'type="car" speed="1.00" pos="1.00" lane="a_0" slope="0.00"/>\n'
            for row in group
        )
        parts.append("</timestep>\n")
    return "".join([*parts, "</fcd-export>\n"])


FCD_HEAD = "timestep_time;vehicle_id;vehicle_x;vehicle_y;vehicle_angle;vehicle_type;vehicle_lane\n"


def fcd_table(rows: Iterable[Row]) -> str:
    """Return the same as SUMO's table."""
    lines = (f"{row.t!r};{row.label};{row.x!r};{row.y!r};{row.angle!r};car;a_0\n" for row in rows)
    return FCD_HEAD + "".join(lines)


def plain(rows: Iterable[Row]) -> str:
    """Return plain CSV."""
    return "id,t,x,y\n" + "".join(f"{r.label},{r.t!r},{r.x!r},{r.y!r}\n" for r in rows)


def straight(count: int = 3, seconds: int = 5, start: float = 0.0) -> list[Row]:
    """Return vehicles that drive along x at 10, 11, ... m/s, 4 m beside each other."""
    return [
        Row(start + t, f"v{k}", 100.0 + (10.0 + k) * t, 4.0 * k)
        for t in range(seconds)
        for k in range(count)
    ]


def read(path: Path, content: str | bytes, slot_s: float = 1.0, length_m: float = 0.0) -> Traffic:
    """Write a file and return what is read of it."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_traffic(str(path), slot_s, length_m)
