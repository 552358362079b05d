"""What can be wrong with what a user gave, said in one line with the nearest valid name."""

import difflib
from collections import Counter
from collections.abc import Iterable


class IsacError(ValueError):
    """Input that cannot be used; the message names it, the valid range and the nearest name."""


class UnknownNameError(IsacError):
    """A name that nothing is registered under."""

    def __init__(self, kind: str, name: object, valid: Iterable[str]) -> None:
        super().__init__(f"unknown {kind} {name!r}{hint(str(name), valid)}")


class ScenarioError(IsacError):
    """A scenario file or an override that does not describe a valid environment."""


class TraceError(IsacError):
    """A trace that cannot be used; the message names the file and the line."""


class UnknownParameterError(ScenarioError, TypeError):
    """A keyword argument that is not a parameter; a TypeError, as Python raises."""


def hint(name: str, valid: Iterable[str]) -> str:
    """Return '; did you mean ...?', or the list of valid names where none is near."""
    names = sorted(valid)
    lowered = {each.lower(): each for each in names}
    near = nearest(name.lower(), lowered)
    if near:
        return f"; did you mean {lowered[near]!r}?"
    return f"; valid: {', '.join(names)}" if names else ""


def nearest(name: str, valid: Iterable[str], cutoff: float = 0.5) -> str | None:
    """Return the most similar name, None where none is near; of equals, one of the same letters.

    Args:
        name: The name that was given.
        valid: Valid names.
        cutoff: Least similarity, 0..1.
    """
    near = difflib.get_close_matches(name, list(valid), n=4, cutoff=cutoff)

    def likeness(each: str) -> tuple[float, int]:
        missing = Counter(name) - Counter(each)
        return round(difflib.SequenceMatcher(None, each, name).ratio(), 6), -missing.total()

    return max(near, key=likeness, default=None)
