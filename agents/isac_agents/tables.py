"""Tables for terminals and in Markdown; what is in them is text, never markup or control codes."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from isac_agents.text import markdown_text, plain

SHORT = 24
"""Columns whose cells are all at most this long are never folded."""


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Return a table; numbers are aligned to the right."""
    rows = [[_text(cell) for cell in row] for row in rows]
    made = Table(title=_cell(title, "bold"), title_justify="left")
    for k, name in enumerate(columns):
        numeric = bool(rows) and all(_is_number(row[k]) for row in rows)
        short = all(len(row[k]) <= SHORT for row in rows)
        made.add_column(
            _cell(name), justify="right" if numeric else "left", overflow="fold", no_wrap=short
        )
    for row in rows:
        made.add_row(*map(_cell, row))
    return made


def _cell(text: str, style: str = "") -> Text:
    return Text(plain(text).replace("\n", "\\n"), style)


def markdown(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    head, *body = ([*map(markdown_text, line)] for line in (columns, *rows))
    lines = [head, ["---"] * len(columns), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def records(title: str, rows: Sequence[dict[str, Any]]) -> Table:
    """Return a table of dictionaries with the same keys."""
    columns = list(rows[0]) if rows else []
    return table(title, columns, [[row[c] for c in columns] for row in rows])


def _text(cell: Any) -> str:
    if isinstance(cell, float):
        return f"{cell:z.4g}"
    if isinstance(cell, (list, tuple)):
        return ", ".join(map(_text, cell))
    return str(cell)


def _is_number(text: str) -> bool:
    try:
        float(text or "0")
    except ValueError:
        return False
    return True
