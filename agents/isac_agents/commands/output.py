"""The consoles of a command, and JSON. Output is text, never markup or control codes."""

import json
import sys
from typing import Any

from rich.console import Console

from isac_agents.text import plain


def emit_json(value: Any) -> None:
    """Print a value as JSON on standard output."""
    json.dump(value, sys.stdout, indent=2, default=str)
    sys.stdout.write("\n")


class _Console(Console):
    def print(self, *objects: Any, **settings: Any) -> None:
        """Print plain text; only :class:`rich.text.Text` is styled."""
        shown = (plain(each) if isinstance(each, str) else each for each in objects)
        super().print(*shown, **{"markup": False, "emoji": False, **settings})

    def on_broken_pipe(self) -> None:
        """Raise the error to the command instead of exiting here."""
        raise BrokenPipeError


def console(stderr: bool = False) -> Console:
    """Open a console on standard output or error; a pipe gets plain text 160 columns wide."""
    stream = sys.stderr if stderr else sys.stdout
    return _Console(width=None if stream.isatty() else 160, highlight=False, stderr=stderr)
