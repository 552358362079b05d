"""Training: one run a seed, seeds in parallel processes, everything recorded in run folders."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing.sharedctypes import SynchronizedArray
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from isac_agents import registry
from isac_agents.evaluation import HELD_OUT_SEED
from isac_agents.runs import (
    RunRecord,
    git_commit,
    place,
    read_record,
    versions,
    write_atomically,
    write_record,
)
from isac_envs import scenarios
from isac_envs.errors import IsacError

Report = Callable[[int], None]
"""Called with the number of environment steps done so far."""

TORCH_WEIGHTS, ARRAY_WEIGHTS = "weights.pt", "weights.npz"


@dataclass(frozen=True)
class Job:
    """One run to train, and the folder that it fills."""

    record: RunRecord
    folder: Path


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
        steps: Environment steps; the preset's when None.
        out: Folder of all runs.

    Raises:
        IsacError: If a name, a parameter or a number is not valid.
    """
    chosen = scenarios.load(environment, scenario)
    preset = registry.preset(agent, chosen.agents)
    model = scenarios.build(environment, scenario, {**(overrides or {}), **preset.environment})
    steps = preset.steps if steps is None else steps
    registry.check(preset, hyper_parameters or {})
    if steps < 1:
        raise IsacError(f"steps is {steps}, must be at least 1")
    for seed in seeds:
        if not 0 <= seed < HELD_OUT_SEED:
            raise IsacError(f"seed is {seed}, must lie in 0..{HELD_OUT_SEED - 1}")
    record = RunRecord(
        status="running",
        environment=model.id,
        scenario=scenario or model.default_scenario,
        scenario_hash=scenarios.content_hash(model.id, model.params),
        parameters=model.params.model_dump(mode="json"),
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
    """Train all jobs, at most ``processes`` at a time.

    Args:
        jobs: What to train.
        processes: Processes; 1 trains in this one.
        progress: Called a few times a second with the steps done by each job.

    Raises:
        IsacError: If a run fails; the message says which and why.
    """
    if processes < 1:
        raise IsacError(f"jobs is {processes}, must be at least 1")
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
    agent = _construct(record)
    _log_to(agent, job.folder)
    started = time.process_time()
    agent.learn(total_timesteps=record.steps, callback=_callback(report))
    if hasattr(agent, "logger"):
        agent.logger.close()
    _save(agent, job.folder)
    finished = {"status": "finished", "cpu_seconds": round(time.process_time() - started, 3)}
    write_record(job.folder, record.model_copy(update=finished))
    return agent


def load(folder: str | Path) -> tuple[RunRecord, Any]:
    """Return the record and the trained agent of a run folder.

    Raises:
        IsacError: If the folder is no finished run or a file in it is damaged.
    """
    folder = Path(folder)
    record = read_record(folder)
    if record.status != "finished":
        raise IsacError(f"{folder}: the run is not finished")
    agent_class = registry.resolve(record.agent)
    if (folder / ARRAY_WEIGHTS).is_file():
        return record, _load_arrays(agent_class, folder / ARRAY_WEIGHTS, record)
    if not (folder / TORCH_WEIGHTS).is_file():
        raise IsacError(f"{folder}: has neither {TORCH_WEIGHTS} nor {ARRAY_WEIGHTS}")
    from isac_agents.algorithms.weights import warm_start

    return record, warm_start(_construct(record), folder / TORCH_WEIGHTS)


def _construct(record: RunRecord) -> Any:
    from isac_agents.vec_env import BatchVecEnv

    env = BatchVecEnv(record.model(), record.copies, seed=record.seed)
    spec = replace(registry.preset(record.agent), hyper_parameters=record.hyper_parameters)
    try:
        return registry.create(spec, env, record.seed)
    except (TypeError, ValueError, AssertionError) as error:
        raise IsacError(f"agent {record.agent}: {error}") from error


def _callback(report: Report | None) -> Callable[[dict[str, Any], dict[str, Any]], bool] | None:
    if report is None:
        return None

    def call(local: dict[str, Any], _: dict[str, Any]) -> bool:
        report(int(local["self"].num_timesteps))
        return True

    return call


def _save(agent: Any, folder: Path) -> None:
    if hasattr(agent, "policy") and hasattr(agent.policy, "state_dict"):
        from isac_agents.algorithms.weights import save_weights

        write_atomically(folder / TORCH_WEIGHTS, lambda path: save_weights(agent, path))
    else:
        write_atomically(folder / ARRAY_WEIGHTS, agent.save)


def _load_arrays(agent_class: Any, path: Path, record: RunRecord) -> Any:
    from isac_agents.vec_env import BatchVecEnv

    try:
        return agent_class.load(path, env=BatchVecEnv(record.model(), 1, seed=record.seed))
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise IsacError(f"{path}: the weights cannot be loaded: {error}") from error


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
