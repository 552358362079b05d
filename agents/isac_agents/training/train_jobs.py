"""Training of jobs: in this process, or each in a process of its own.

A killed run resumes from its newest checkpoint and ends with the same weights and curves as an
uninterrupted one.
"""

from collections.abc import Sequence
from typing import Any

from isac_agents import launch
from isac_agents.progress import Stage, last_score, stage
from isac_agents.runs.record import is_finished
from isac_agents.training.job import Job, Report
from isac_envs.errors import IsacError


def train(job: Job, report: Report | None = None) -> Any:
    """Train one run in this process, write its folder and return the agent.

    Args:
        job: Run to train.
        report: Called with the number of environment steps done so far.

    Raises:
        IsacError: If the agent's packages are missing, its parameters are not valid, another
            process trains in the folder, or a reward, a loss or a weight is not finite.
    """
    from isac_agents.training.session import run_session

    _limit_threads()
    job.announce()
    return run_session(job, report)


def train_all(jobs: Sequence[Job], processes: int) -> None:
    """Train all unfinished jobs, at most ``processes`` at a time.

    Args:
        jobs: Runs to train.
        processes: Number of processes; 1 trains in this one.

    Raises:
        IsacError: If a run fails; the message says which and why.
    """
    launch.check_processes(processes)
    jobs = [job for job in jobs if not is_finished(job.folder)]
    if not jobs:
        return
    record, count = jobs[0].record, len(jobs)
    title = f"{record.agent} on {record.environment}, {record.scenario}"
    title += f", {count} runs" if count > 1 else ""
    folders = [job.folder for job in jobs]

    def look(shown: Stage) -> None:
        shown.note = last_score(folders)

    with stage(title, sum(job.record.steps for job in jobs), poll=look) as shown:
        if processes == 1 or count == 1:
            _train_here(jobs, shown)
        else:
            _train_in_processes(jobs, processes, shown)


def _train_here(jobs: Sequence[Job], shown: Stage) -> None:
    before = 0
    for job in jobs:

        def report(steps: int, before: int = before) -> None:
            shown.update(before + steps)

        train(job, report)
        before += job.record.steps


def _train_in_processes(jobs: Sequence[Job], processes: int, shown: Stage) -> None:
    failed: dict[int, str] = {}

    def done(number: int, reason: str) -> None:
        if reason:
            failed[number] = reason

    launch.run_here(_train_reporting, [(job,) for job in jobs], processes, done, shown.update)
    if failed:
        raise IsacError("; ".join(f"{jobs[k].folder}: {why}" for k, why in sorted(failed.items())))


def _train_reporting(job: Job) -> None:
    train(job, launch.report)
    launch.report(job.record.steps)  # agents need not report themselves


def _limit_threads() -> None:
    """Use one torch thread per process: small networks gain nothing from more."""
    from importlib.util import find_spec

    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)
