"""Output of foreign text: text from a file is shown as text and never interpreted."""

import re
import sys
import unicodedata

LONGEST_MESSAGE = 4000
_noted: set[str] = set()
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")  # control, format, surrogate, line separators


def plain(text: str) -> str:
    r"""Write out control characters in text, an escape as ``\x1b``.

    Line feeds and tabs stay. Terminals interpret the other characters, browsers and XML reject
    them, and some reverse the direction of the text that follows.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text))


def one_line(text: str) -> str:
    """Return :func:`plain` text on one line, cut if very long."""
    line = plain(" ".join(text.split()))
    return line if len(line) <= LONGEST_MESSAGE else f"{line[:LONGEST_MESSAGE]} ..."


def note(text: str, once: bool = False) -> None:
    """Print a note on standard error; with ``once``, only once per process."""
    if once and text in _noted:
        return
    _noted.add(text)
    sys.stderr.write(f"isac: note: {one_line(text)}\n")


def markdown_text(text: str) -> str:
    """Escape text for Markdown, also within a table cell."""
    line = re.sub(r"([\\|`*])", r"\\\1", plain(" ".join(text.split())))
    line = re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", line)
    return line.replace("<", "&lt;").replace("](", "]\\(")


def _visible(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape").decode("ascii")
