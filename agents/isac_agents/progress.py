"""Progress of a command on standard error: a bar on a terminal, elsewhere an occasional line.

Long work opens a :func:`stage` and updates it; functions called within it may open nested stages.
A command shows all of them with ``with Progress():``; without it, nothing is shown.
"""

import csv
import math
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isac_agents.text import one_line

EVERY_S = 10.0
"""Seconds between two lines."""

_BAR_S = 0.5  # between two updates of the bar
_SAMPLES = 6  # over which the rate is averaged
_TAIL = 8192  # bytes that hold the last line of a learning curve


@dataclass(eq=False)
class Stage:
    """A piece of work and its progress.

    Attributes:
        title: Description of the work.
        total: Its size; 0 if unknown.
        unit: Unit of the size.
        poll: Called before each display to update the stage, for work done elsewhere.
        done: Amount done so far.
        note: Further text, such as the last score.
    """

    title: str
    total: float = 0.0
    unit: str = "steps"
    poll: Callable[["Stage"], object] | None = None
    done: float = 0.0
    note: str = ""
    _samples: "deque[tuple[float, float]]" = field(default_factory=lambda: deque(maxlen=_SAMPLES))

    def update(self, done: float, note: str | None = None) -> None:
        """Set the amount done, and further text to show."""
        self.done = done
        if note is not None:
            self.note = note

    def line(self, part: float, now: float) -> str:
        """Format the stage as one line of text.

        Args:
            part: Fraction of the current unit that a nested stage has done, 0 to 1.
            now: Time in seconds.
        """
        done = self.done + part
        self._samples.append((now, done))
        since, before = self._samples[0]
        rate = (done - before) / (now - since) if now > since else 0.0
        words = []
        if self.total:
            percent = 100.0 * done / self.total
            words.append(f"{self.done:.0f} of {self.total:.0f} {self.unit} ({percent:.0f} %)")
        if rate > 0.0:
            words.append(f"{rate:.0f} {self.unit}/s" if rate >= 10 else f"{rate:.2g} {self.unit}/s")
            if self.total:
                words.append(f"{duration((self.total - done) / rate)} left")
        words += [self.note] if self.note else []
        return f"{self.title}: {', '.join(words)}" if words else self.title


_open: list[Stage] = []


@contextmanager
def stage(
    title: str, total: float = 0, unit: str = "steps", poll: Callable[[Stage], object] | None = None
) -> Iterator[Stage]:
    """Open a stage, nested within the current one.

    Args:
        title: Description of the work.
        total: Its size; 0 if unknown.
        unit: Unit of the size.
        poll: Called before each display to update the stage, for work done elsewhere.
    """
    opened = Stage(title, total, unit, poll)
    opened.line(0.0, time.monotonic())
    _open.append(opened)
    try:
        yield opened
    finally:
        _open.remove(opened)


class Progress:
    """Shows the open stages.

    Args:
        hidden: Show nothing, as for output that is parsed.
    """

    def __init__(self, hidden: bool = False) -> None:
        self._hidden, self._over = hidden, threading.Event()
        self._thread: threading.Thread | None = None
        self._bar: Any = None

    def __enter__(self) -> "Progress":
        if not self._hidden:
            if sys.stderr.isatty():
                self._bar = _bar()
                self._bar.start()
            self._thread = threading.Thread(target=self._show, name="progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        if self._bar is not None:
            self._bar.stop()

    def _show(self) -> None:
        began = time.monotonic()
        while not self._over.wait(EVERY_S if self._bar is None else _BAR_S):
            with suppress(Exception):  # a display error must not end a training
                self._show_once(began)

    def _show_once(self, began: float) -> None:
        stages = [*_open]
        if not stages:
            return
        for each in stages:
            if each.poll is not None:
                each.poll(each)
        part = 0.0
        for each in reversed(stages[1:]):
            part = min((each.done + part) / each.total, 1.0) if each.total else 0.0
        outer, now = stages[0], time.monotonic()
        notes = [each.note for each in stages[1:] if each.note]
        line = one_line(", ".join([outer.line(part, now), *notes]))
        if self._bar is None:
            sys.stderr.write(f"isac: {line}, {duration(now - began)} so far\n")
            sys.stderr.flush()
        else:
            self._bar.update(
                self._bar.task_ids[0], description=line, completed=outer.done + part,
                total=outer.total or None,
            )  # fmt: skip


def curve_end(folder: Path) -> tuple[int, float]:
    """Read the end of a learning curve: its last step and the last mean return of episodes.

    Evaluations have lines of their own, without a return of training episodes. Without any line,
    the step is 0; without any return, the return is NaN.
    """
    try:
        with (folder / "progress.csv").open("rb") as file:
            head = file.readline()
            size = file.seek(0, 2)
            start = file.seek(max(len(head), size - _TAIL))
            lines = file.read().splitlines()[start > len(head) :]  # drops a line that may be cut
        names, *rows = csv.reader([head.decode(), *(line.decode() for line in lines)])
        found = [dict(zip(names, values, strict=False)) for values in rows]
        steps = int(dict(zip(names, rows[-1], strict=True))["time/total_timesteps"])
        returns = [value for row in found if (value := row.get("rollout/ep_rew_mean"))]
        return steps, float(returns[-1] if returns else "nan")
    except (OSError, ValueError, LookupError, csv.Error):
        return 0, math.nan


def last_score(folders: Iterable[Path]) -> str:
    """Summarise the last lines of learning curves by the mean over runs; empty without any."""
    found = [value for _, value in map(curve_end, folders) if not math.isnan(value)]
    return f"return of episodes {sum(found) / len(found):.4g}" if found else ""


def duration(seconds: float) -> str:
    """Format a time for a human reader."""
    for size, unit in ((86_400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn(),
        console=Console(stderr=True, highlight=False),
    )  # fmt: skip
    bar.add_task("", total=None)
    return bar
