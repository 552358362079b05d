"""Checkpoints of a run: complete training states in files that cannot run code.

A checkpoint is a pair of files in the folder ``checkpoints`` of the run, named by the step.
``000000065536.npz`` holds arrays. ``000000065536.json`` holds the tree that numbers them, the run
of the checkpoint, the SHA-256 of the arrays, the SHA-256 of its own content, and the seal of the
user who wrote it (:mod:`isac_agents.runs.seal`). The second file is moved into place last, so that
a checkpoint exists completely or not at all. The newest two are kept.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from isac_agents.arrays import read_arrays, write_arrays
from isac_agents.runs.record import (
    MOST_STEPS,
    RunRecord,
    remove_temporary,
    sha256,
    write_atomically,
)
from isac_agents.runs.seal import is_sealed, seal
from isac_agents.text import note
from isac_envs.errors import IsacError
from isac_envs.files import read_bytes

Array = npt.NDArray[Any]

FORMAT = 2
KEPT = 2
LARGEST = 1 << 29
"""Size limit of the second file, in bytes."""
FAILED = "failed"
TRUST = "--trust-checkpoints"
_PURPOSE = "checkpoint"


class UnsealedError(IsacError):
    """A checkpoint is not known to be from this user."""


@dataclass(frozen=True)
class Checkpoint:
    """A training state.

    Attributes:
        steps: Environment steps done.
        cpu_seconds: Process time of these steps.
        seconds: Time of these steps as counted by the learner.
        log: Position in the learning curves.
        tree: The state, from :func:`isac_agents.training.learner_state.capture`.
        arrays: The arrays of the state.
        scenario_hash: Hash of the environment and its parameters, set when read from a file.
    """

    steps: int
    cpu_seconds: float
    seconds: float
    log: dict[str, Any]
    tree: Any
    arrays: list[Array]
    scenario_hash: str = ""

    @property
    def name(self) -> str:
        """Name of the files, without suffix."""
        return f"{self.steps:012d}"


class CheckpointFolder:
    """The checkpoints of one run.

    Args:
        run: Folder of the run.
        record: The run; checkpoints of other runs are refused.
        begin: Checkpoint that the training resumes from; kept until there are newer ones.
    """

    def __init__(self, run: Path, record: RunRecord, begin: Checkpoint | None = None) -> None:
        self.path = run / "checkpoints"
        self._record = record
        self._kept = [] if begin is None else [begin.name]

    def write(self, state: Checkpoint) -> None:
        """Write a checkpoint, and remove all but the two newest of this training.

        Raises:
            OSError: If it cannot be written; earlier ones remain.
        """
        self._write(state.name, state, "")
        self._kept = [*(name for name in self._kept if name != state.name), state.name][-KEPT:]
        self._remove_but(self._kept)

    def write_failed(self, state: Checkpoint, reason: str) -> None:
        """Write the state of a failed training, removing nothing."""
        self._write(FAILED, state, reason)

    def failure(self) -> str:
        """Return the reason of a failed training; empty without one."""
        path = self.path / f"{FAILED}.json"
        return _content(path).reason if path.is_file() else ""

    def clear_failure(self) -> None:
        """Remove the state of a failed training."""
        for path in self.path.glob(f"{FAILED}.*"):
            path.unlink()

    def newest(self, trust: bool = False) -> Checkpoint | None:
        """Return the newest sound checkpoint; None if there are no checkpoints.

        Damaged ones are skipped with a note, and removed like those older than the two newest.

        Args:
            trust: Accept checkpoints without the user's seal, too.

        Raises:
            UnsealedError: If the newest sound one lacks the seal and ``trust`` is False.
            IsacError: If all are damaged.
        """
        remove_temporary(self.path)
        reasons = []
        paths = [*self._newest_first()]
        for k, path in enumerate(paths):
            try:
                found = self._read(path, trust)
            except UnsealedError:
                raise
            except IsacError as error:
                reasons.append(str(error))
                continue
            for reason in reasons:
                note(f"{reason}; resuming from step {found.steps}")
            self._remove_but([each.stem for each in paths[k : k + KEPT]])
            return found
        if reasons:
            raise IsacError(
                f"{'; '.join(reasons)}; no checkpoint is left (without --resume the run starts "
                "again)"
            )
        return None

    def steps(self) -> int:
        """Return the step of the newest checkpoint, sound or not; 0 without any."""
        return next((int(path.stem) for path in self._newest_first()), 0)

    def _newest_first(self) -> Iterator[Path]:
        found = sorted(self.path.glob("*.json"), reverse=True)
        return (path for path in found if path.stem.isdecimal())

    def _remove_but(self, names: list[str]) -> None:
        for path in self.path.iterdir():
            if path.stem not in (*names, FAILED):
                path.unlink(missing_ok=True)

    def _write(self, name: str, state: Checkpoint, reason: str) -> None:
        arrays, tree = (self.path / f"{name}{suffix}" for suffix in (".npz", ".json"))
        named = {f"arr_{k}": each for k, each in enumerate(state.arrays)}
        write_atomically(arrays, lambda path: write_arrays(path, named))
        content = {
            "format": FORMAT,
            "name": name,
            "run": self._record.identity,
            "scenario_hash": self._record.scenario_hash,
            "reason": reason,
            "steps": state.steps,
            "cpu_seconds": state.cpu_seconds,
            "seconds": state.seconds,
            "arrays": len(state.arrays),
            "arrays_sha256": sha256(arrays),
            "log": state.log,
            "tree": state.tree,
        }
        hashed = _hash(content)
        text = json.dumps({"seal": seal(_PURPOSE, hashed), "hash": hashed, **content})
        try:
            write_atomically(tree, lambda path: path.write_text(text, encoding="utf-8"))
        except OSError:
            arrays.unlink(missing_ok=True)
            raise

    def is_of_another_world(self, state: Checkpoint) -> bool:
        """Return whether a checkpoint belongs to other parameters."""
        return state.scenario_hash != self._record.scenario_hash

    def _read(self, path: Path, trust: bool) -> Checkpoint:
        content = _content(path)
        known = {self._record.scenario_hash}
        known |= {str(each.get("scenario_hash")) for each in self._record.changes}
        other = content.run != self._record.identity or content.scenario_hash not in known
        if other or content.name != path.stem:
            raise IsacError(f"{path}: is not the checkpoint that the run wrote")
        if not (trust or content.sealed):
            raise UnsealedError(
                f"{path}: was not written by you on this machine, and compiled code uses its "
                f"numbers as indices without checks; if you trust its origin, add {TRUST}"
            )
        return Checkpoint(
            content.steps,
            content.cpu_seconds,
            content.seconds,
            content.log,
            content.tree,
            _arrays(path.with_suffix(".npz"), content.arrays, content.arrays_sha256),
            content.scenario_hash,
        )


class _Content(BaseModel):
    """Content of the second file of a checkpoint, and whether it has the user's seal."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    sealed: bool
    format: int
    name: str
    run: str
    scenario_hash: str
    reason: str
    steps: int = Field(ge=0, le=MOST_STEPS)
    cpu_seconds: float = Field(ge=0, le=1e12)
    seconds: float = Field(ge=0, le=1e9)
    arrays: int = Field(ge=0)
    arrays_sha256: str
    log: dict[str, Any]
    tree: dict[str, Any]


def _content(path: Path) -> _Content:
    """Read a file of :meth:`CheckpointFolder._write`.

    Raises:
        IsacError: If it is damaged, edited or in another format.
    """
    try:
        content = json.loads(read_bytes(path, LARGEST))
        form, sealed = content["format"], content.pop("seal", "")
        stated = content.pop("hash")
        hashed = _hash(content)
    except OSError as error:
        raise IsacError(f"{path}: cannot be read: {error.strerror}") from None
    except IsacError:
        raise
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
        raise IsacError(f"{path}: is not a checkpoint, or is damaged") from None
    if form != FORMAT:
        raise IsacError(f"{path}: has format {form!r}, this version reads {FORMAT}")
    if stated != hashed:
        raise IsacError(f"{path}: is damaged or edited: its hash does not match")
    try:
        return _Content(**{**content, "sealed": is_sealed(_PURPOSE, hashed, sealed)})
    except (ValidationError, RecursionError):
        raise IsacError(f"{path}: is not a checkpoint, or is damaged") from None


def _arrays(path: Path, count: int, stated: str) -> list[Array]:
    if not path.is_file():
        raise IsacError(f"{path}: is missing")
    if sha256(path) != stated:
        raise IsacError(f"{path}: is damaged or edited: its hash does not match")
    saved = read_arrays(path)
    try:
        return [saved[f"arr_{k}"] for k in range(count)]
    except LookupError:
        raise IsacError(f"{path}: does not hold {count} arrays") from None


def _hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
