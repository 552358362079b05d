"""Run folders: the settings of a run, its results and the weights; nothing is ever unpickled.

A run is a folder with ``run.toml`` (environment, complete parameters and their hash, agent, its
hyper-parameters, seed, versions), ``progress.csv`` (the learning curve), the weights, and, during
training, ``checkpoints``. Files are written under a temporary name and moved into place
atomically, so that a reader never sees half a file.
"""

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from isac_agents import registry
from isac_agents.runs.folder_links import refuse_linked, refuse_links
from isac_agents.text import note
from isac_envs.catalog import ENVIRONMENTS, OURS, model_class, refuse_foreign
from isac_envs.declaration.model import Model
from isac_envs.declaration.params import build as build_params
from isac_envs.errors import IsacError
from isac_envs.files import read_toml
from isac_envs.scenarios import content_hash

RECORD = "run.toml"
MOST_STEPS = 10**12
_TEMPORARY = ".writing."
_OUTCOME = {"status", "cpu_seconds", "weights_sha256", "git"}
_WORLD = {"parameters", "scenario_hash", "versions", "changes"}


class RunRecord(BaseModel):
    """The content of ``run.toml``.

    Attributes:
        status: ``planned`` for a folder reserved by a benchmark, ``running`` until the weights are
            written, then ``finished``.
        environment: Id of the environment, or ``module:Class`` if it is not registered.
        scenario: Name or path of the scenario that the parameters come from.
        scenario_hash: Hash of the environment with its complete parameters.
        parameters: The complete parameters.
        overrides: Parameters given by the user on top of the scenario.
        interface: Parameters of the agent's interface that differ from ``parameters``; they do not
            change the problem, and baselines are measured without them.
        agent: Name of the agent, or ``module:Class``.
        hyper_parameters: Keyword arguments of the algorithm.
        num_envs: Environment copies that fed the learner.
        steps: Environment steps of training.
        seed: Seed of the learner and of the first copy.
        cpu_seconds: Process time of training, 0 while running.
        weights_sha256: Hash of the weights file, empty while running.
        versions: Versions of Python and of relevant packages.
        git: Commit of the working directory, empty outside git.
        changes: Changes that were accepted when the run was resumed: ``steps`` done before,
            the previous ``scenario_hash``, and the changed values as ``[before, after]``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Literal["planned", "running", "finished"]
    environment: str
    scenario: str
    scenario_hash: str
    parameters: dict[str, Any]
    overrides: dict[str, Any] = {}
    interface: dict[str, Any] = {}
    agent: str
    hyper_parameters: dict[str, Any]
    num_envs: int = Field(ge=1, le=registry.MOST_ENVS)
    steps: int = Field(ge=1, le=MOST_STEPS)
    seed: int = Field(ge=0, lt=2**63)
    cpu_seconds: float = Field(default=0.0, ge=0, le=1e12)
    weights_sha256: str = ""
    versions: dict[str, str]
    git: str = ""
    changes: list[dict[str, Any]] = []

    @property
    def content_hash(self) -> str:
        """SHA-256 over all fields, written into the file to detect edits."""
        content = self.model_dump(mode="json")
        for name in ("overrides", "changes"):  # records older than these fields keep their hash
            if not content[name]:
                del content[name]
        return _hash(content)

    @property
    def identity(self) -> str:
        """SHA-256 over the user's settings: it survives changes of a scenario file."""
        return _hash(self.model_dump(mode="json", exclude=_OUTCOME | _WORLD))

    def is_same(self, other: "RunRecord", as_continued: bool = False) -> bool:
        """Return whether another run has the same settings and thus the same results.

        Args:
            other: The other run.
            as_continued: Ignore changes accepted when this run was resumed.
        """
        ignored = _OUTCOME | {"overrides"} | ({"changes"} if as_continued else set())
        return self.model_dump(exclude=ignored) == other.model_dump(exclude=ignored)

    def model(self) -> Model:
        """Return the environment of the run with the agent's interface.

        Raises:
            IsacError: See :meth:`world`, or if the interface is no longer valid.
        """
        return self.world().with_parameters(self.interface)

    def world(self) -> Model:
        """Return the environment of the run without the agent's interface, as for baselines.

        Raises:
            IsacError: If the parameters are no longer valid, or their hash differs from the record.
        """
        declared = model_class(self.environment)
        params = build_params(declared.params_type, self.parameters, "parameters")
        if content_hash(declared.id, params) != self.scenario_hash:
            raise IsacError("the parameters do not have the recorded scenario_hash")
        built: Model = declared(params)
        return built


def place(records: Sequence[RunRecord], root: Path, resume: bool = False) -> list[Path]:
    """Return a folder for each run, at the first place without runs of other settings.

    Runs with the same settings and versions share a place, because their results are the same.

    Args:
        records: Runs of one agent that differ only by seed.
        root: Folder of the environment's runs.
        resume: Also accept a place with an unfinished run of the same settings, even if the
            scenario or packages have changed since.
    """
    name = records[0].agent.replace(":", ".")
    for number in count(1):
        folder = root / (name if number == 1 else f"{name}_{number}")
        folders = [folder / f"seed_{record.seed}" for record in records]
        for each in folders:
            refuse_linked(each, root.parent)
        held = [*map(held_run, folders)]
        pairs = [*zip(folders, held, records, strict=True)]
        if all(b.is_same(each, resume) if b else _is_free(at) for at, b, each in pairs):
            return folders
        asked = all(b.identity == each.identity if b else _is_free(at) for at, b, each in pairs)
        if resume and asked and any(before and before.status == "running" for before in held):
            return folders
    raise AssertionError("count() does not end")


def _is_free(folder: Path) -> bool:
    """Return whether a folder is empty except for hidden files."""
    return not folder.exists() or all(path.name.startswith(".") for path in folder.iterdir())


def held_run(folder: Path) -> RunRecord | None:
    """Return the run of a folder; None if there is none or its record is damaged."""
    try:
        return read_record(folder)
    except IsacError:
        return None


def write_record(folder: Path, record: RunRecord) -> None:
    """Write ``run.toml``."""
    text = tomlkit.dumps({"record_hash": record.content_hash, **record.model_dump(mode="json")})
    write_atomically(folder / RECORD, lambda path: path.write_text(text, encoding="utf-8"))


def read_record(folder: str | Path) -> RunRecord:
    """Read ``run.toml`` and check that its parameters still match the recorded environment.

    The folder may be untrusted: no link in it is followed, and only registered modules are
    imported (:func:`isac_envs.catalog.refuse_foreign`).

    Raises:
        IsacError: If the folder is not a run, or the file is damaged; the message says where.
    """
    path = Path(folder) / RECORD
    try:
        refuse_links(folder)
        content = read_toml(path)
    except (FileNotFoundError, NotADirectoryError):
        found = path.parent.is_dir()
        reason = f"not a run folder, it has no {RECORD}" if found else "no such folder"
        raise IsacError(f"{folder}: {reason}") from None
    except OSError as error:
        raise IsacError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        stated = content.pop("record_hash", None)
        if "copies" in content:
            note("run folders with copies, the old name of num_envs, were read", True)
            content.setdefault("num_envs", content.pop("copies"))
        record = RunRecord(**content)
        refuse_foreign("environment", record.environment)
        if ":" in record.agent:
            refuse_foreign("agent", record.agent, registry.paths())
        record.model()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise IsacError(f"{path}: field {where!r}: {first['msg']}") from None
    except IsacError as error:
        raise IsacError(f"{path}: {error}") from None
    if stated != record.content_hash:
        raise IsacError(f"{path}: was edited: its record_hash does not match")
    return record


def is_finished(folder: Path) -> bool:
    """Return whether a folder holds a complete run."""
    held = held_run(folder)
    return held is not None and held.status == "finished"


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a temporary file, and move it into place when complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not with tempfile, whose files only their owner may read.
    temporary = path.with_name(f"{_TEMPORARY}{path.name}.{token_hex(4)}{path.suffix}")
    try:
        write(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())  # else a power failure could leave an empty file
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_temporary(folder: Path) -> None:
    """Remove temporary files that killed processes left behind."""
    for path in folder.glob(f"{_TEMPORARY}*"):
        path.unlink(missing_ok=True)


def versions(environment: str) -> dict[str, str]:
    """Return the versions that a result depends on, including the environment's package."""
    found = {"python": platform.python_version()}
    entry = ENVIRONMENTS.get(environment)
    owner = (entry.distribution,) if entry is not None and entry.distribution else ()
    learners = ("stable-baselines3", "sb3-contrib", "torch")
    for name in (OURS, "gymnasium", "numpy", "numba", *learners, *owner):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def git_commit() -> str:
    """Return the commit of the working directory, with ``+`` if modified; empty outside git."""
    command = ["git", "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def _hash(content: dict[str, Any]) -> str:
    # num_envs is hashed under its old name, so that existing hashes remain valid.
    named = {"copies" if name == "num_envs" else name: value for name, value in content.items()}
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()
