"""Values given on the command line as ``name=value``."""

import tomllib
from collections.abc import Iterable
from typing import Any

from isac_envs.errors import IsacError


def assignments(texts: Iterable[str]) -> dict[str, Any]:
    """Parse ``name=value`` pairs; values use TOML syntax, bare words are strings.

    Raises:
        IsacError: If a pair has no ``=``, or a name has two values.
    """
    values: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise IsacError(f"{text!r} does not have the form name=value")
        parsed = _parse(value)
        if repr(values.setdefault(name, parsed)) != repr(parsed):  # so that 1 differs from true
            raise IsacError(f"{name} is given twice, as {values[name]!r} and as {parsed!r}")
    return values


def _parse(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
