"""Tables for terminals and in Markdown. Cells are text, never markup or control codes."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from isac_agents.text import markdown_text, plain

SHORT = 24
"""Columns are never folded if all their cells are at most this long."""


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Build a table for the terminal; numbers are aligned to the right.

    Args:
        title: Line above the table.
        columns: Column names.
        rows: Cells of each row, as many as columns; any type that has a text.
    """
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
    """Format a table in Markdown."""
    head, *body = ([*map(markdown_text, line)] for line in (columns, *rows))
    lines = [head, ["---"] * len(columns), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def records(title: str, rows: Sequence[dict[str, Any]]) -> Table:
    """Build a table from dictionaries with the same keys."""
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
