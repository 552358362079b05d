"""SUMO's floating-car data as XML, element by element.

A file declares no entities and no document type: either is refused, so that nothing expands and
nothing else is opened. Elements and names of attributes are few, tags are short, and nothing lies
deep, so that the parser's memory is bounded.
"""

from collections.abc import Iterator
from xml.parsers import expat

from isac_envs.errors import TraceError
from isac_envs.traces.rows import LARGEST_M, LARGEST_S, Rows, number, refusal
from isac_envs.traces.source import LONGEST_LINE

ROOT, STEP, VEHICLE = "fcd-export", "timestep", "vehicle"
SKIPPED = ("person", "container")
"""Elements without effect, also inside of vehicles."""

MOST_NAMES = 256
"""Names of elements and attributes in a file."""

_DEEPEST = 8


class Reader:
    """Handles the elements of a file.

    Args:
        rows: Receives the rows.
        parser: The parser, which is made to call this object.
    """

    def __init__(self, rows: Rows, parser: "expat.XMLParserType") -> None:
        self.rows, self.add = rows, rows.add
        self.depth = 0
        self.now = -2.0 * LARGEST_S
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.StartDoctypeDeclHandler = self.refuse
        parser.EntityDeclHandler = self.refuse

    def start(self, name: str, values: dict[str, str]) -> None:
        """Handle the start of an element with its attributes."""
        depth = self.depth
        self.depth = depth + 1
        if name == VEHICLE and depth == 2:
            try:
                x, y = float(values["x"]), float(values["y"])
                label, angle = values["id"], float(values["angle"])
            except (KeyError, ValueError):
                label, x, y, angle = _slowly(values)
            if not -360.0 <= angle <= 360.0:
                angle = _slowly(values)[3]
            self.add(label, self.now, x, y, angle)
        elif name == STEP and depth == 1:
            self.step(values.get("time"))
        elif depth == 0 and name != ROOT:
            raise ValueError(f"<{name[:40]}>, but floating-car data begins with <{ROOT}>")
        elif depth and not (depth > 1 and name in SKIPPED):
            raise ValueError(f"<{name[:40]}> does not belong here")
        elif depth > _DEEPEST:
            raise ValueError(f"elements lie more than {_DEEPEST} deep")

    def end(self, _: str) -> None:
        """Handle the end of an element."""
        self.depth -= 1

    def step(self, time: str | None) -> None:
        """Handle the start of a time step."""
        now = number(time, "attribute 'time'", LARGEST_S, "s")
        if now <= self.now:
            how = "comes twice" if now == self.now else f"comes after {self.now:g} s"
            raise ValueError(f"time runs backward: {now:g} s {how}")
        self.now = now

    @staticmethod
    def refuse(name: str, *_: object) -> None:
        """Refuse a document type or an entity."""
        raise ValueError(f"declares {name[:40]!r}: document types and entities are not read")


def _slowly(values: dict[str, str]) -> tuple[str, float, float, float]:
    """Return label, x, y and angle of a vehicle; the message names what is wrong with one."""
    if "id" not in values:
        raise ValueError("attribute 'id': there is no value")
    x, y = (number(values.get(k), f"attribute {k!r}", LARGEST_M, "m") for k in ("x", "y"))
    angle = values.get("angle")
    turned = float("nan") if angle is None else number(angle, "attribute 'angle'", 360.0, "deg")
    return values["id"], x, y, turned


def read(rows: Rows, parts: Iterator[bytes]) -> None:
    """Read all rows of a file.

    Args:
        rows: Receives them.
        parts: Content of the file.

    Raises:
        TraceError: If it is not well-formed, or not of this form; the message names the line.
    """
    names: dict[str, str] = {}
    parser = expat.ParserCreate("UTF-8", None, names)
    Reader(rows, parser)
    fed = 0
    try:
        for part in parts:
            parser.Parse(part, False)
            fed += len(part)
            if fed - parser.CurrentByteIndex > LONGEST_LINE + len(part):
                raise ValueError(f"a tag or comment of more than {LONGEST_LINE} bytes")
            if len(names) > MOST_NAMES:
                raise ValueError(f"more than {MOST_NAMES} names of elements and attributes")
        parser.Parse(b"", True)
    except TraceError:
        raise
    except expat.ExpatError as error:
        problem = expat.ErrorString(error.code)
        raise refusal(rows.path, error.lineno, f"not well-formed XML: {problem}") from None
    except ValueError as error:
        raise refusal(rows.path, parser.CurrentLineNumber, error) from None
