"""``isac benchmark``."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from isac_agents.commands.output import console, emit_json
from isac_envs.catalog import trust_modules as trust
from isac_envs.errors import IsacError

if TYPE_CHECKING:
    from isac_agents.progress import Stage
    from isac_agents.training.job import Job


def benchmark(
    matrix: Annotated[Path, tyro.conf.Positional],
    /,
    out: Path = Path("runs"),
    jobs: int | None = None,
    launcher: Literal["local", "ray"] = "local",
    ray_address: str = "",
    wandb: str = "",
    trust_modules: bool = False,
    trust_checkpoints: bool = False,
    json: bool = False,
) -> None:
    """Train and evaluate agents x scenarios x seeds; when started again, resume unfinished runs.

    A failing run does not stop the others. It is listed at the end, and the exit code is 2.

    Args:
        matrix: TOML file of the matrix.
        out: Folder of the run folders.
        jobs: Runs at the same time; by default the number of processors. A Ray cluster decides
            itself.
        launcher: Processes on this machine, or Ray tasks.
        ray_address: Address of a running Ray cluster; by default a local one is started.
        wandb: Weights & Biases project that also receives the learning curves.
        trust_modules: Import the modules that the matrix names, registered or not; this runs their
            code.
        trust_checkpoints: Resume from checkpoints written by another user or machine; compiled code
            uses their numbers without checks.
        json: Print JSON instead of progress and tables.
    """
    trust(trust_modules)
    import os
    from dataclasses import replace

    from isac_agents import launch
    from isac_agents.benchmark.matrix import plan, read
    from isac_agents.benchmark.tasks import is_done, perform, summarise
    from isac_agents.progress import Progress, stage

    if ray_address and launcher != "ray":
        raise IsacError(f"ray_address is {ray_address!r}, which needs --launcher ray")
    processes = os.cpu_count() or 1 if jobs is None else jobs
    launch.check_processes(processes)
    content = read(matrix)
    if wandb:
        from isac_agents.training import wandb_log

        wandb_log.require()
    chosen: Any = {"wandb": wandb, "trust_checkpoints": trust_checkpoints}
    planned = [replace(job, **chosen) for job in plan(matrix, content, out.resolve())]
    todo = [job for job in planned if not is_done(job, content.episodes)]
    failed: dict[Path, str] = {}
    notes = console(stderr=True)
    notes.quiet = json
    notes.print(f"{len(planned)} runs, {len(planned) - len(todo)} already done")

    def done(number: int, reason: str) -> None:
        folder = todo[number].folder
        if reason:
            failed[folder] = reason
        outcome = f"failed: {reason}" if reason else "done"
        notes.print(f"{folder.relative_to(out.resolve())}: {outcome}")

    calls = [(job, content.episodes) for job in todo]
    total = sum(job.record.steps for job in todo)
    with Progress(hidden=json):
        with stage("benchmark", total, poll=lambda shown: _look(shown, todo)):
            if todo and launcher == "ray":
                launch.run_on_ray(perform, calls, ray_address, processes, done)
            else:
                launch.run_here(perform, calls, processes, done)
        finished = [job.folder for job in planned if job.folder not in failed]
        comparisons = summarise(finished, content.episodes)
    _report(comparisons, finished, failed, json)


def _look(shown: "Stage", jobs: Sequence["Job"]) -> None:
    """Read the progress of the runs from their folders, wherever they are trained."""
    from isac_agents.progress import curve_end
    from isac_agents.runs.record import is_finished

    steps = [
        job.record.steps if is_finished(job.folder) else curve_end(job.folder)[0] for job in jobs
    ]
    ended = sum(done >= job.record.steps for done, job in zip(steps, jobs, strict=True))
    shown.update(sum(steps), f"{ended} of {len(jobs)} runs trained")


def _report(
    comparisons: dict[str, Any], finished: list[Path], failed: dict[Path, str], json: bool
) -> None:
    if json:
        emit_json(
            {
                "finished": [str(folder) for folder in finished],
                "failed": {str(folder): reason for folder, reason in failed.items()},
                "comparisons": [each.as_dict() for each in comparisons.values()],
            }
        )
    else:
        for title, comparison in comparisons.items():
            console().print(comparison.table(title))
    if failed:
        lines = "; ".join(f"{folder}: {reason}" for folder, reason in failed.items())
        total = len(failed) + len(finished)
        raise IsacError(f"{len(failed)} of {total} runs failed: {lines}")
