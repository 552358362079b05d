"""Going on with runs that were not finished: with which, and what may have changed since."""

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
_LISTED = 8  # runs in a message


def reopen(folder: Path) -> RunRecord:
    """Return the record of a run folder with the parameters that its scenario has now.

    Raises:
        IsacError: If the folder is no run, or its scenario is gone or not valid.
    """
    if not folder.exists():
        above = next(each for each in folder.parents if each.exists())
        raise IsacError(f"{folder}: there is no such folder; in {above}: {unfinished(above)}")
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
    """Refuse to go on where there is nothing to go on with.

    Args:
        folders: Where the runs would be.
        out: Folder of all runs.

    Raises:
        IsacError: If none of the folders holds a run; the message lists unfinished runs.
    """
    if any(map(held_run, folders)):
        return
    raise IsacError(
        f"there is no run of these settings to go on with in {out}: leave out --resume to begin "
        f"one; {unfinished(out)}"
    )


def unfinished(out: Path) -> str:
    """Return which runs below a folder could go on, as text."""
    found = []
    for path in sorted(out.glob(f"**/{RECORD}")):
        held = held_run(path.parent)
        if held is not None and held.status == "running":
            found.append(f"{path.parent} ({held.agent}, seed {held.seed}, {held.steps} steps)")
    if not found:
        return "no run there is unfinished"
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return f"unfinished: {', '.join(found[:_LISTED])}{more}"


def check(folder: Path, now: RunRecord, accept: bool) -> None:
    """Refuse to go on with a run that cannot go on, or whose world has changed.

    Args:
        folder: Of the run; it may hold none.
        now: The run as it would go on.
        accept: Go on with the changes.

    Raises:
        IsacError: Naming what has changed, or why the training could not go on.
    """
    before = held_run(folder)
    if before is None or before.status == "finished":
        return
    failure = CheckpointFolder(folder, before).failure()
    if failure:
        raise IsacError(
            f"{folder}: {failure}; it would come to that again: train with other settings, or "
            "without --resume to start again"
        )
    changes = differences(before, now)
    if changes and not accept:
        told = ", ".join(f"{name} from {was!r} to {is_!r}" for name, (was, is_) in changes.items())
        raise IsacError(
            f"{folder}: changed since the run began: {told}; go on all the same with {ACCEPT}"
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
    """Return the record of a run that goes on, with the changes that were accepted.

    Args:
        before: The run as it was.
        now: The run as it goes on.
        steps: Environment steps that were done before.
    """
    found = differences(before, now)
    change = {"steps": steps, "scenario_hash": before.scenario_hash, **found}
    changes = [*before.changes, *([change] if found else [])]
    return now.model_copy(update={"changes": changes, "overrides": before.overrides})


def stopped(jobs: Sequence[Job], out: Path) -> str:
    """Return what the user is told who has stopped a training: what is saved, how to go on."""
    saved = []
    for job in jobs:
        held = held_run(job.folder)
        steps = CheckpointFolder(job.folder, job.record).steps()
        if held is not None and held.status == "finished":
            saved.append(f"{job.folder} is finished")
        elif held is not None and steps:
            saved.append(f"{job.folder} is saved up to step {steps} of {job.record.steps}")
    if not saved:
        return "no checkpoint was taken yet, nothing is saved"
    again = command([job.record for job in jobs])
    if len(jobs) == 1:
        again = shlex.join(["isac", "train", str(jobs[0].folder)])
    elif out != Path("runs"):
        again += f" --out {shlex.quote(str(out))}"
    return f"{', '.join(saved)}; go on with: {again} --resume"
