"""The learning curves of a run, ``progress.csv`` and TensorBoard, which can go on where they were.

A full disk does not end a training: ``progress.csv`` is kept in memory and written as a whole as
soon as that works again, TensorBoard's events are given up.
"""

import csv
import io
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, NonNegativeInt, ValidationError
from stable_baselines3.common.logger import (
    KVWriter,
    Logger,
    TensorBoardOutputFormat,
    filter_excluded_keys,
)

from isac_agents.adapters.nan_guard import NotFiniteError
from isac_agents.runs.record import write_atomically
from isac_agents.text import note
from isac_envs.errors import IsacError

CURVES = "progress.csv"
EVENTS = "events.out.tfevents.*"
_ITERATIONS = "time/iterations"


class _Position(BaseModel):
    """Where learning curves stand: the text of one file, the sizes of others."""

    curves: str = ""
    events: dict[str, NonNegativeInt] = {}


class RunLog(Logger):
    """Logger of Stable-Baselines3 for a run folder.

    A loss that is not finite ends the training.

    Args:
        folder: Folder of the run.
        position: From :meth:`position`, to go on there; None starts new curves.

    Raises:
        IsacError: If that is no position.
    """

    def __init__(self, folder: Path, position: dict[str, Any] | None = None) -> None:
        self._folder = folder
        try:
            begin = _Position(**(position or {}))
            curves = Curves(folder / CURVES, begin.curves)
        except (ValidationError, csv.Error) as error:
            reason = str(error).splitlines()[0]
            raise IsacError(f"{folder}: its checkpoint has no sound curves: {reason}") from None
        _cut_events(folder, begin.events)
        self._curves = curves
        formats: list[KVWriter] = [self._curves]
        if find_spec("tensorboard"):
            formats.append(_Events(str(folder)))
        super().__init__(str(folder), formats)
        self._iterations_before = self._iterations = 0

    def record(self, key: str, value: Any, exclude: str | tuple[str, ...] | None = None) -> None:
        """Note a value for the next line of the curves.

        Raises:
            NotFiniteError: If it is a loss that is not finite.
        """
        if "loss" in key and not np.isfinite(value):
            raise NotFiniteError(f"{key} is {value}")
        if key == _ITERATIONS:  # counted by a variable of the learner's loop, from 1 on
            value = self._iterations = self._iterations_before + value
        super().record(key, value, exclude)

    def write_line(self, values: dict[str, float], step: int) -> None:
        """Write a line of its own, and leave what was noted for the next one.

        Args:
            values: Numbers by name.
            step: Environment steps so far.
        """
        line = {**values, "time/total_timesteps": step}
        excluded: dict[str, tuple[str, ...]] = dict.fromkeys(values, ())
        excluded["time/total_timesteps"] = ("tensorboard",)
        for each in self.output_formats:
            each.write(line, excluded, step)

    def position(self) -> dict[str, Any]:
        """Return where the curves stand, as plain data."""
        for each in self.output_formats:
            if isinstance(each, _Events):
                each.flush()
        events = {path.name: path.stat().st_size for path in sorted(self._folder.glob(EVENTS))}
        return {"curves": self._curves.text(), "events": events}

    def snapshot(self) -> dict[str, Any]:
        """Return what was noted but not yet written."""
        return {
            "values": dict(self.name_to_value),
            "counts": dict(self.name_to_count),
            "excluded": dict(self.name_to_excluded),
            "iterations": self._iterations,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`snapshot` returned."""
        held: Any = (self.name_to_value, self.name_to_count, self.name_to_excluded)
        for mine, name in zip(held, ("values", "counts", "excluded"), strict=True):
            mine.clear()
            mine.update(state[name])
        self._iterations_before = self._iterations = state["iterations"]


class Curves(KVWriter):
    """Lines of named numbers as CSV; new names become columns at the right, in alphabetical order.

    Args:
        path: The file.
        text: What it holds at the start.
    """

    def __init__(self, path: Path, text: str) -> None:
        lines = [*csv.reader(io.StringIO(text))]
        self._path = path
        self._columns: list[str] = lines[0] if lines else []
        self._rows = lines[1:]
        self._whole = False
        self._rewrite()

    def write(
        self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0
    ) -> None:
        """Append a line."""
        values = filter_excluded_keys(key_values, key_excluded, "csv")
        new = sorted(values.keys() - set(self._columns))
        self._columns += new
        row = [str(values.get(name, "")) for name in self._columns]
        self._rows.append(row)
        if new or not self._whole:
            self._rewrite()
            return
        try:
            with self._path.open("a", encoding="utf-8", newline="") as file:
                file.write(_csv([row]))
        except OSError as error:
            self._missed(error)

    def text(self) -> str:
        """Return all lines, the first with the names of the columns."""
        width = len(self._columns)
        return _csv([self._columns, *([*row, *[""] * (width - len(row))] for row in self._rows)])

    def close(self) -> None:
        """Write what could not be written before."""
        if not self._whole:
            self._rewrite()

    def _rewrite(self) -> None:
        """Write the whole file; in one step, so that a process killed here spoils nothing."""
        try:
            write_atomically(
                self._path,
                lambda path: path.write_text(self.text(), encoding="utf-8", newline=""),
            )
            self._whole = True
        except OSError as error:
            self._missed(error)

    def _missed(self, error: OSError) -> None:
        self._whole = False
        note(f"{self._path}: {error.strerror}; the training goes on", once=True)


class _Events(TensorBoardOutputFormat):
    """TensorBoard's events, given up for good when they cannot be written."""

    def __init__(self, folder: str) -> None:
        self._lost = False
        try:
            super().__init__(folder)
        except OSError as error:
            self._give_up(error)

    def write(
        self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0
    ) -> None:
        """Write the numbers of one line of the curves."""
        if not self._lost:
            try:
                super().write(key_values, key_excluded, step)
            except OSError as error:
                self._give_up(error)

    def flush(self) -> None:
        """Wait until everything is in the file."""
        if not self._lost:
            try:
                self.writer.flush()
            except OSError as error:
                self._give_up(error)

    def close(self) -> None:
        """Close the file."""
        if not self._lost:
            try:
                super().close()
            except OSError as error:
                self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self._lost = True
        note(f"TensorBoard's events: {error.strerror}; the training goes on without", once=True)


def _cut_events(folder: Path, sizes: dict[str, int]) -> None:
    """Take back all events that were written after a position."""
    for path in folder.glob(EVENTS):
        if path.name not in sizes:
            path.unlink()
        elif path.stat().st_size > sizes[path.name]:
            with path.open("rb+") as file:
                file.truncate(sizes[path.name])


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue() if rows[0] else ""
