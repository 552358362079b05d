"""Training: one run a seed, seeds in parallel processes, everything recorded in run folders.

A run that was killed goes on from its newest checkpoint and comes to the same weights and curves
as one that was not.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing.sharedctypes import SynchronizedArray
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from isac_agents import child, registry
from isac_agents.evaluation.episodes import HELD_OUT_SEED
from isac_agents.progress import Stage, last_score, stage
from isac_agents.runs import seal
from isac_agents.runs.record import MOST_STEPS, RunRecord, git_commit, is_finished, place, versions
from isac_agents.training import resumption
from isac_agents.training.interface import choose_interface
from isac_envs import scenarios
from isac_envs.catalog import announce, lasting_name
from isac_envs.errors import IsacError, UnknownNameError

Report = Callable[[int], None]
"""Called with the number of environment steps done so far."""


@dataclass(frozen=True)
class Job:
    """One run to train.

    Attributes:
        record: What is trained.
        folder: The folder that it fills.
        resume: Go on where the folder's run was interrupted.
        checkpoint_every: Environment steps between two checkpoints; 0 for none; None for as many
            that they cost 2 % of the time.
        wandb: Project of Weights & Biases that the learning curves go to as well; empty for none.
        trust_checkpoints: Go on from what another user or machine has written, too.
        key: Of the user, whose seal is on what is written, wherever the job is done.
    """

    record: RunRecord
    folder: Path
    resume: bool = False
    checkpoint_every: int | None = None
    wandb: str = ""
    trust_checkpoints: bool = False
    key: bytes = field(default_factory=seal.key, repr=False, compare=False)

    def announce(self) -> None:
        """Let this process read the folder as the one that has planned the job."""
        seal.adopt(self.key)
        for name in (self.record.environment, self.record.agent):
            announce(name)


def plan_jobs(
    environment: str,
    agent: str,
    *,
    scenario: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    hyper_parameters: Mapping[str, Any] | None = None,
    seeds: Sequence[int] = (0,),
    steps: int | None = None,
    out: str | Path = "runs",
    resume: bool = False,
    accept_changes: bool = False,
    checkpoint_every: int | None = None,
) -> list[Job]:
    """Validate everything before anything is trained, and return one job a seed.

    Args:
        environment: Id of the environment, or ``module:Class``.
        agent: Registered name or ``module:Class``.
        scenario: Name or path; None for the default.
        overrides: Environment parameters that replace the scenario's.
        hyper_parameters: Keyword arguments that replace the preset's.
        seeds: Seeds of the runs.
        steps: Environment steps, each agent's counted; the preset's when None.
        out: Folder of all runs.
        resume: Go on with runs of the same settings that were interrupted.
        accept_changes: Go on although the scenario or packages have changed since.
        checkpoint_every: As in :class:`Job`.

    Raises:
        IsacError: If a name, a parameter or a number is not valid.
    """
    chosen = scenarios.load(environment, scenario)
    for name in chosen.agents:
        if ":" not in name and name not in registry.names():
            raise UnknownNameError(f"agent in scenario {chosen.name}", name, registry.names())
    preset = registry.preset(agent, chosen.agents)
    given = dict(overrides or {})
    model = scenarios.build(environment, scenario, given)
    interface = choose_interface(agent, preset, model, given)
    steps = preset.steps if steps is None else steps
    settings = registry.settings(preset, hyper_parameters or {})
    if steps < 1:
        raise IsacError(f"steps is {steps}, must be at least 1")
    if steps > MOST_STEPS:
        raise IsacError(f"steps is {steps}, must be at most {MOST_STEPS}")
    _check_interval(checkpoint_every)
    most = HELD_OUT_SEED // preset.num_envs
    for seed in seeds:
        if not 0 <= seed < most:
            raise IsacError(f"seed is {seed}, must lie in 0..{most - 1}")
    name = lasting_name(type(model))
    record = RunRecord(
        status="running",
        environment=name,
        scenario=scenario or model.default_scenario,
        scenario_hash=scenarios.content_hash(model.id, model.params),
        parameters=model.params.model_dump(mode="json"),
        overrides=model.params.model_dump(mode="json", include=set(given)),
        interface=interface,
        agent=agent,
        hyper_parameters=settings,
        num_envs=preset.num_envs,
        steps=steps,
        seed=0,
        versions=versions(name),
        git=git_commit(),
    )
    root = Path(out) / f"{model.id.partition('/')[2]}-{chosen.name}"
    records = [record.model_copy(update={"seed": seed}) for seed in seeds]
    folders = place(records, root, resume)
    if resume:
        resumption.require(folders, Path(out))
        for folder, record in zip(folders, records, strict=True):
            resumption.check(folder, record, accept_changes)
    pairs = zip(records, folders, strict=True)
    return [Job(record, folder, resume, checkpoint_every) for record, folder in pairs]


def plan_resumed(
    folder: str | Path, *, accept_changes: bool = False, checkpoint_every: int | None = None
) -> list[Job]:
    """Return the job that goes on with exactly one run folder.

    Args:
        folder: Of the run.
        accept_changes: Go on although the scenario or packages have changed since.
        checkpoint_every: As in :class:`Job`.

    Raises:
        IsacError: If the folder is no run, or has changed, or could not go on.
    """
    _check_interval(checkpoint_every)
    record = resumption.reopen(Path(folder))
    resumption.check(Path(folder), record, accept_changes)
    return [Job(record, Path(folder), True, checkpoint_every)]


def _check_interval(checkpoint_every: int | None) -> None:
    if checkpoint_every is not None and checkpoint_every < 0:
        raise IsacError(f"checkpoint_every is {checkpoint_every}, must be at least 0")


def train_all(jobs: Sequence[Job], processes: int) -> None:
    """Train all jobs that are not finished yet, at most ``processes`` at a time.

    Args:
        jobs: What to train.
        processes: Processes; 1 trains in this one.

    Raises:
        IsacError: If a run fails; the message says which and why.
    """
    if processes < 1:
        raise IsacError(f"jobs is {processes}, must be at least 1")
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


def _train_in_processes(jobs: Sequence[Job], processes: int, shown: Stage) -> None:
    context = multiprocessing.get_context("spawn")
    done, stop = context.Array("q", len(jobs)), context.Event()
    with ProcessPoolExecutor(
        min(processes, len(jobs)), context, initializer=_share, initargs=(done, stop)
    ) as pool:
        futures = [pool.submit(_train_shared, job, k) for k, job in enumerate(jobs)]
        try:
            while not all(future.done() for future in futures):
                shown.update(sum(done[:]))
                time.sleep(0.1)
            for future in futures:
                future.result()
        except BrokenProcessPool:
            raise IsacError("a training process was killed (out of memory?)") from None
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def train(job: Job, report: Report | None = None) -> Any:
    """Train one run in this process, write its folder and return the agent.

    Raises:
        IsacError: If the agent's packages are missing or its parameters are not valid, another
            process trains in the folder, or a reward, a loss or a weight is not finite.
    """
    from isac_agents.training.session import run_session

    _limit_threads()
    job.announce()
    return run_session(job, report)


def _limit_threads() -> None:
    """One torch thread a process: small networks gain nothing from more and lose when busy."""
    from importlib.util import find_spec

    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)


class _Shared:
    """What a training process shares with the process that started it."""

    done: "SynchronizedArray[int]"  # environment steps of each job
    stop: "Event"  # set when the user has stopped the command


def _share(done: "SynchronizedArray[int]", stop: "Event") -> None:
    _Shared.done, _Shared.stop = done, stop
    os.environ["OMP_NUM_THREADS"] = "1"
    child.begin()  # the parent hears the keyboard and sets stop


def _train_shared(job: Job, number: int) -> None:
    def report(steps: int) -> None:
        _Shared.done[number] = steps
        if _Shared.stop.is_set():
            raise IsacError("stopped")

    train(job, report)
    _Shared.done[number] = job.record.steps  # an agent need not have reported


def _train_here(jobs: Sequence[Job], shown: Stage) -> None:
    before = 0
    for job in jobs:

        def report(steps: int, before: int = before) -> None:
            shown.update(before + steps)

        train(job, report)
        before += job.record.steps
