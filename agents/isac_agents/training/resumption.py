"""Unfinished runs: which can be resumed, and what may have changed in between."""

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from isac_agents.runs.checkpoints import CheckpointFolder
from isac_agents.runs.command import command
from isac_agents.runs.record import RECORD, RunRecord, git_commit, held_run, read_record, versions
from isac_agents.training.job import Job
from isac_envs import scenarios
from isac_envs.errors import IsacError

ACCEPT = "--accept-changes"
_LISTED = 8  # runs listed in a message


def reopen(folder: Path) -> RunRecord:
    """Read the record of a run folder, with the parameters that its scenario has now.

    Raises:
        IsacError: If the folder is not a run, or its scenario is missing or not valid.
    """
    if not folder.exists():
        above = next(each for each in folder.parents if each.exists())
        raise IsacError(f"{folder}: no such folder; in {above}: {unfinished(above)}")
    record = read_record(folder)
    if record.status == "finished":
        return record
    model = scenarios.build(record.environment, record.scenario, record.overrides)
    now = {
        "scenario_hash": scenarios.content_hash(model.id, model.params),
        "parameters": model.params.model_dump(mode="json"),
        "versions": versions(record.environment),
        "git": git_commit(),
    }
    return record.model_copy(update=now)


def require(folders: Iterable[Path], out: Path) -> None:
    """Check that there is a run to resume.

    Args:
        folders: Possible folders of the run.
        out: Folder of all runs.

    Raises:
        IsacError: If none of the folders holds a run; the message lists unfinished runs.
    """
    if any(map(held_run, folders)):
        return
    raise IsacError(
        f"no run with these settings to resume in {out}: omit --resume to start one; "
        f"{unfinished(out)}"
    )


def unfinished(out: Path) -> str:
    """List the runs below a folder that could be resumed, as text."""
    found = []
    for path in sorted(out.glob(f"**/{RECORD}")):
        held = held_run(path.parent)
        if held is not None and held.status == "running":
            found.append(f"{path.parent} ({held.agent}, seed {held.seed}, {held.steps} steps)")
    if not found:
        return "there are no unfinished runs"
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return f"unfinished: {', '.join(found[:_LISTED])}{more}"


def check(folder: Path, now: RunRecord, accept: bool) -> None:
    """Check that a run can be resumed and that its scenario and packages have not changed.

    Args:
        folder: Run folder; it may hold no run.
        now: The run as it would be resumed.
        accept: Accept changes.

    Raises:
        IsacError: If it cannot be resumed; the message names the changes or the failure.
    """
    before = held_run(folder)
    if before is None or before.status == "finished":
        return
    failure = CheckpointFolder(folder, before).failure()
    if failure:
        raise IsacError(
            f"{folder}: {failure}; resuming would fail again: train with other settings, or "
            "without --resume to start over"
        )
    changes = differences(before, now)
    if changes and not accept:
        told = ", ".join(f"{name} from {was!r} to {is_!r}" for name, (was, is_) in changes.items())
        raise IsacError(
            f"{folder}: changed since the run started: {told}; resume anyway with {ACCEPT}"
        )


def differences(before: RunRecord, now: RunRecord) -> dict[str, list[Any]]:
    """Return parameters and versions that differ, as ``[before, now]`` by name."""
    found = {}
    for table in ("parameters", "versions"):
        old, new = getattr(before, table), getattr(now, table)
        for name in sorted(old.keys() | new.keys()):
            pair = [old.get(name, ""), new.get(name, "")]
            if pair[0] != pair[1]:
                found[name] = pair
    return found


def continued(before: RunRecord, now: RunRecord, steps: int) -> RunRecord:
    """Return the record of a resumed run, including the accepted changes.

    Args:
        before: The run before the interruption.
        now: The run as it is resumed.
        steps: Environment steps done before.
    """
    found = differences(before, now)
    change = {"steps": steps, "scenario_hash": before.scenario_hash, **found}
    changes = [*before.changes, *([change] if found else [])]
    return now.model_copy(update={"changes": changes, "overrides": before.overrides})


def stopped(jobs: Sequence[Job], out: Path) -> str:
    """Compose the message to a user who stopped a training: what is saved, how to resume."""
    saved = []
    for job in jobs:
        held = held_run(job.folder)
        steps = CheckpointFolder(job.folder, job.record).steps()
        if held is not None and held.status == "finished":
            saved.append(f"{job.folder} is finished")
        elif held is not None and steps:
            saved.append(f"{job.folder} is saved up to step {steps} of {job.record.steps}")
    if not saved:
        return "there is no checkpoint yet"
    again = command([job.record for job in jobs])
    if len(jobs) == 1:
        again = shlex.join(["isac", "train", str(jobs[0].folder)])
    elif out != Path("runs"):
        again += f" --out {shlex.quote(str(out))}"
    return f"{', '.join(saved)}; resume with: {again} --resume"
