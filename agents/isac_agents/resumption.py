"""Going on with runs that were not finished: with which, and what may have changed since."""

from pathlib import Path
from typing import Any

from isac_agents.checkpoints import CheckpointFolder
from isac_agents.runs import RunRecord, git_commit, held_run, read_record, versions
from isac_envs import scenarios
from isac_envs.errors import IsacError

ACCEPT = "--accept-changes"


def reopen(folder: Path) -> RunRecord:
    """Return the record of a run folder with the parameters that its scenario has now.

    Raises:
        IsacError: If the folder is no run, or its scenario is gone or not valid.
    """
    record = read_record(folder)
    if record.status == "finished":
        return record
    model = scenarios.build(record.environment, record.scenario, record.overrides)
    now = {
        "scenario_hash": scenarios.content_hash(model.id, model.params),
        "parameters": model.params.model_dump(mode="json"),
        "versions": versions(),
        "git": git_commit(),
    }
    return record.model_copy(update=now)


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
