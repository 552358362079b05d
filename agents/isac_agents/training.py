"""Training: one run a seed, seeds in parallel processes, everything recorded in run folders."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.sharedctypes import SynchronizedArray
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from isac_agents import registry
from isac_agents.evaluation import HELD_OUT_SEED
from isac_agents.interface import choose_interface
from isac_agents.learners import make_learner, save_learner
from isac_agents.runs import (
    RunRecord,
    git_commit,
    is_finished,
    place,
    sha256,
    versions,
    write_record,
)
from isac_envs import scenarios
from isac_envs.errors import IsacError, UnknownNameError

Report = Callable[[int], None]
"""Called with the number of environment steps done so far."""


@dataclass(frozen=True)
class Job:
    """One run to train, the folder that it fills, and a project of Weights & Biases or none."""

    record: RunRecord
    folder: Path
    wandb: str = ""


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
) -> list[Job]:
    """Validate everything before anything is trained, and return one job a seed.

    Args:
        environment: Id of the environment.
        agent: Registered name or ``module:Class``.
        scenario: Name or path; None for the default.
        overrides: Environment parameters that replace the scenario's.
        hyper_parameters: Keyword arguments that replace the preset's.
        seeds: Seeds of the runs.
        steps: Environment steps, each agent's counted; the preset's when None.
        out: Folder of all runs.

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
    registry.check(preset, hyper_parameters or {})
    if steps < 1:
        raise IsacError(f"steps is {steps}, must be at least 1")
    most = HELD_OUT_SEED // preset.copies
    for seed in seeds:
        if not 0 <= seed < most:
            raise IsacError(f"seed is {seed}, must lie in 0..{most - 1}")
    record = RunRecord(
        status="running",
        environment=model.id,
        scenario=scenario or model.default_scenario,
        scenario_hash=scenarios.content_hash(model.id, model.params),
        parameters=model.params.model_dump(mode="json"),
        interface=interface,
        agent=agent,
        hyper_parameters={**preset.hyper_parameters, **(hyper_parameters or {})},
        copies=preset.copies,
        steps=steps,
        seed=0,
        versions=versions(),
        git=git_commit(),
    )
    root = Path(out) / f"{model.id.partition('/')[2]}-{chosen.name}"
    records = [record.model_copy(update={"seed": seed}) for seed in seeds]
    return [Job(*pair) for pair in zip(records, place(records, root), strict=True)]


def train_all(jobs: Sequence[Job], processes: int, progress: Callable[[list[int]], None]) -> None:
    """Train all jobs that are not finished yet, at most ``processes`` at a time.

    Args:
        jobs: What to train.
        processes: Processes; 1 trains in this one.
        progress: Called a few times a second with the steps done by each job.

    Raises:
        IsacError: If a run fails; the message says which and why.
    """
    if processes < 1:
        raise IsacError(f"jobs is {processes}, must be at least 1")
    jobs = [job for job in jobs if not is_finished(job.folder)]
    if not jobs:
        return
    if processes == 1 or len(jobs) == 1:
        _train_here(jobs, progress)
        return
    context = multiprocessing.get_context("spawn")
    done, stop = context.Array("q", len(jobs)), context.Event()
    with ProcessPoolExecutor(
        min(processes, len(jobs)), context, initializer=_share, initargs=(done, stop)
    ) as pool:
        futures = [pool.submit(_train_shared, job, k) for k, job in enumerate(jobs)]
        try:
            while not all(future.done() for future in futures):
                progress(done[:])
                time.sleep(0.1)
            for future in futures:
                future.result()
        except BrokenProcessPool:
            raise IsacError("a training process was killed (out of memory?)") from None
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    progress(done[:])


def train(job: Job, report: Report | None = None) -> Any:
    """Train one run in this process, write its folder and return the agent.

    Raises:
        IsacError: If the agent's packages are missing or its parameters are not valid.
    """
    record = job.record
    _limit_threads()
    job.folder.mkdir(parents=True, exist_ok=True)
    for path in (*job.folder.glob("weights.*"), *job.folder.glob("events.out.tfevents.*")):
        path.unlink()
    write_record(job.folder, record)
    agent = make_learner(record)
    _log_to(agent, job.folder)
    if job.wandb:
        from isac_agents import wandb_log

        wandb_log.attach(agent, record, job.folder, job.wandb)
    started = time.process_time()
    try:
        agent.learn(total_timesteps=record.steps, callback=_callback(report))
    except (TypeError, ValueError, AssertionError) as error:
        raise IsacError(f"agent {record.agent}: {error}") from error
    finally:
        if hasattr(agent, "logger"):
            agent.logger.close()
    weights = save_learner(agent, job.folder)
    finished = {
        "status": "finished",
        "cpu_seconds": round(time.process_time() - started, 3),
        "weights_sha256": sha256(weights),
    }
    write_record(job.folder, record.model_copy(update=finished))
    return agent


def _callback(report: Report | None) -> Callable[[dict[str, Any], dict[str, Any]], bool] | None:
    if report is None:
        return None

    def call(local: dict[str, Any], _: dict[str, Any]) -> bool:
        report(int(local["self"].num_timesteps))
        return True

    return call


def _log_to(agent: Any, folder: Path) -> None:
    """Send the learning curve of an SB3 agent to ``progress.csv`` and TensorBoard."""
    if not hasattr(agent, "set_logger"):
        return
    from importlib.util import find_spec

    from stable_baselines3.common.logger import configure

    formats = ["csv", "tensorboard"] if find_spec("tensorboard") else ["csv"]
    agent.set_logger(configure(str(folder), formats))


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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it and sets stop


def _train_shared(job: Job, number: int) -> None:
    def report(steps: int) -> None:
        _Shared.done[number] = steps
        if _Shared.stop.is_set():
            raise IsacError("stopped")

    train(job, report)


def _train_here(jobs: Sequence[Job], progress: Callable[[list[int]], None]) -> None:
    done = [0] * len(jobs)
    for k, job in enumerate(jobs):
        last = 0.0

        def report(steps: int, k: int = k) -> None:
            nonlocal last
            done[k] = steps
            if (now := time.monotonic()) - last > 0.1:
                last = now
                progress(done)

        train(job, report)
        done[k] = job.record.steps
    progress(done)
