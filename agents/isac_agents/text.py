"""Text of others on its way out: what comes from a file is shown as text, and as nothing else."""

import re
import sys
import unicodedata

LONGEST_MESSAGE = 4000
_noted: set[str] = set()
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")  # control, format, surrogate, separators of lines


def plain(text: str) -> str:
    r"""Return text in which control characters are written out, an escape as ``\x1b``.

    Line feeds and tabs stay. Terminals obey the others, browsers and XML refuse them, and some
    turn the direction of what follows.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text))


def one_line(text: str) -> str:
    """Return :func:`plain` text in one line, cut where it is very long."""
    line = plain(" ".join(text.split()))
    return line if len(line) <= LONGEST_MESSAGE else f"{line[:LONGEST_MESSAGE]} ..."


def note(text: str, once: bool = False) -> None:
    """Tell the user something on standard error; ``once`` in the life of the process."""
    if once and text in _noted:
        return
    _noted.add(text)
    sys.stderr.write(f"isac: note: {one_line(text)}\n")


def markdown_text(text: str) -> str:
    """Return text that Markdown shows as it is, in a cell of a table as well."""
    line = re.sub(r"([\\|`*])", r"\\\1", plain(" ".join(text.split())))
    line = re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", line)
    return line.replace("<", "&lt;").replace("](", "]\\(")


def _visible(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape").decode("ascii")
