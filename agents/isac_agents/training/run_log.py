"""The learning curves of a run, ``progress.csv`` and TensorBoard, both resumable.

A full disk does not end a training: ``progress.csv`` is kept in memory and rewritten once the disk
has space, TensorBoard events are given up.
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
    """Position in the learning curves: the text of one file, the sizes of the others."""

    curves: str = ""
    events: dict[str, NonNegativeInt] = {}


class RunLog(Logger):
    """Logger of Stable-Baselines3 for a run folder.

    A loss that is not finite ends the training.

    Args:
        folder: Folder of the run.
        position: Position to resume at, from :meth:`position`; None starts new curves.

    Raises:
        IsacError: If the position is not valid.
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
        """Record a value for the next line of the curves.

        Args:
            key: Name of the value, such as ``train/loss``.
            value: A number, or a text for the console.
            exclude: Outputs of Stable-Baselines3 that omit the value, such as ``"csv"``.

        Raises:
            NotFiniteError: If the value is a loss and not finite.
        """
        if "loss" in key and not np.isfinite(value):
            raise NotFiniteError(f"{key} is {value}")
        if key == _ITERATIONS:  # counted by a variable of the learner's loop, from 1 on
            value = self._iterations = self._iterations_before + value
        super().record(key, value, exclude)

    def write_line(self, values: dict[str, float], step: int) -> None:
        """Write a separate line; values recorded before stay for the next regular line.

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
        """Return the position in the curves as plain data."""
        for each in self.output_formats:
            if isinstance(each, _Events):
                each.flush()
        events = {path.name: path.stat().st_size for path in sorted(self._folder.glob(EVENTS))}
        return {"curves": self._curves.text(), "events": events}

    def snapshot(self) -> dict[str, Any]:
        """Return the values recorded but not yet written."""
        return {
            "values": dict(self.name_to_value),
            "counts": dict(self.name_to_count),
            "excluded": dict(self.name_to_excluded),
            "iterations": self._iterations,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Restore the state of a :meth:`snapshot`."""
        held: Any = (self.name_to_value, self.name_to_count, self.name_to_excluded)
        for mine, name in zip(held, ("values", "counts", "excluded"), strict=True):
            mine.clear()
            mine.update(state[name])
        self._iterations_before = self._iterations = state["iterations"]


class Curves(KVWriter):
    """Lines of named numbers as CSV; new names append columns, in alphabetical order.

    Args:
        path: The file.
        text: Initial content.
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
        """Append a line.

        Args:
            key_values: Values by name.
            key_excluded: Outputs that omit a value, by name.
            step: Not used: the steps are among the values.
        """
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
        """Return all lines, starting with the column names."""
        width = len(self._columns)
        return _csv([self._columns, *([*row, *[""] * (width - len(row))] for row in self._rows)])

    def close(self) -> None:
        """Write pending lines."""
        if not self._whole:
            self._rewrite()

    def _rewrite(self) -> None:
        """Rewrite the whole file atomically: a process killed here damages nothing."""
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
        note(f"{self._path}: {error.strerror}; training continues", once=True)


class _Events(TensorBoardOutputFormat):
    """TensorBoard events, abandoned once they cannot be written."""

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
        """Wait until everything is written to the file."""
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
        note(f"TensorBoard events: {error.strerror}; training continues without them", once=True)


def _cut_events(folder: Path, sizes: dict[str, int]) -> None:
    """Remove all events that were written after a position."""
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
