"""``isac train``."""

from pathlib import Path
from typing import Annotated, Any

import tyro

from isac_agents.commands.output import console, emit_json
from isac_agents.commands.values import assignments
from isac_envs.catalog import trust_modules as trust
from isac_envs.errors import IsacError


def train(
    environment: Annotated[str, tyro.conf.Positional],
    /,
    agent: str | None = None,
    scenario: str | None = None,
    seeds: int = 1,
    first_seed: int = 0,
    steps: int | None = None,
    parameters: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=VALUE")] = (),
    hyper: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=VALUE")] = (),
    jobs: int | None = None,
    actors: int | None = None,
    out: Path = Path("runs"),
    resume: bool = False,
    accept_changes: bool = False,
    checkpoint_every: int | None = None,
    episodes: int = 1000,
    wandb: str = "",
    trust_modules: bool = False,
    trust_checkpoints: bool = False,
    json: bool = False,
) -> None:
    """Train an agent, one run per seed, and compare it with the baselines on held-out episodes.

    Finished runs with the same settings are reused.

    Args:
        environment: Id, such as isac/ModeSelect-v0, module:Class of your own, or, with --resume, a
            run folder.
        agent: Name of an agent, or module:Class of your own; by default ddqn.
        scenario: Name of a scenario or path of a scenario file.
        seeds: Number of runs.
        first_seed: Seed of the first run; the others are consecutive.
        steps: Environment steps of a run, summed over agents; by default the preset's.
        parameters: Environment parameters that replace the scenario's.
        hyper: Hyper-parameters that replace the preset's; num_envs is the number of copies.
        jobs: Runs trained at the same time; by default the number of processors.
        actors: Processes that play the copies of each run, for agents with actors.
        out: Folder of the run folders.
        resume: Resume unfinished runs with the same settings, or the given run folder; the results
            are the same as without the interruption.
        accept_changes: Resume even if the scenario or packages have changed since.
        checkpoint_every: Environment steps between checkpoints, 0 for none; by default checkpoints
            take at most 2 % of the time.
        episodes: Held-out episodes of the comparison.
        wandb: Weights & Biases project that also receives the learning curves.
        trust_modules: Import the modules that the run folder names, registered or not; this runs
            their code.
        trust_checkpoints: Resume from checkpoints written by another user or machine; compiled code
            uses their numbers without checks.
        json: Print JSON instead of progress and tables.
    """
    trust(trust_modules)
    import os
    from dataclasses import replace

    from isac_agents.evaluation.comparison import compare
    from isac_agents.evaluation.policy_sources import is_folder, trained
    from isac_agents.progress import Progress
    from isac_agents.training.plan import plan_jobs, plan_resumed
    from isac_agents.training.resumption import stopped
    from isac_agents.training.train_jobs import train_all

    processes = (os.cpu_count() or 1) if jobs is None else jobs
    for name, value, low in (
        ("seeds", seeds, 1),
        ("episodes", episodes, 2),
        ("jobs", processes, 1),
    ):
        if value < low:
            raise IsacError(f"{name} is {value}, must be at least {low}")
    if accept_changes and not resume:
        raise IsacError("--accept-changes applies to resumed runs only: add --resume")
    if trust_checkpoints and not resume:
        raise IsacError("--trust-checkpoints applies to resumed runs only: add --resume")
    going_on: Any = {"accept_changes": accept_changes, "checkpoint_every": checkpoint_every}
    if is_folder(environment):
        given = {
            "agent": agent, "scenario": scenario, "steps": steps, "parameters": parameters,
            "hyper": hyper, "actors": actors,
        }  # fmt: skip
        _refuse_settings(environment, given, resume)
        planned = plan_resumed(environment, **going_on)
    else:
        planned = plan_jobs(
            environment,
            "ddqn" if agent is None else agent,
            scenario=scenario,
            overrides=assignments(parameters),
            hyper_parameters=assignments(hyper) | ({} if actors is None else {"actors": actors}),
            seeds=range(first_seed, first_seed + seeds),
            steps=steps,
            out=out,
            resume=resume,
            **going_on,
        )
    if wandb:
        from isac_agents.training import wandb_log

        wandb_log.require()
    chosen: Any = {"wandb": wandb, "trust_checkpoints": trust_checkpoints}
    planned = [replace(job, **chosen) for job in planned]
    record = planned[0].record
    folders = [job.folder for job in planned]
    try:
        with Progress(hidden=json):
            train_all(planned, processes)
            world = record.world()
            candidates = [trained(folder, world)[1] for folder in folders]
            comparison = compare(world, {record.agent: candidates}, episodes)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(stopped(planned, out)) from None
    if json:
        emit_json({"folders": [str(f) for f in folders], **comparison.as_dict()})
        return
    out_console = console()
    out_console.print(comparison.table(f"{record.environment}, {record.scenario}"))
    out_console.print(comparison.caption(len(planned)))
    out_console.print(f"Runs: {folders[0].parent}")


def _refuse_settings(folder: str, given: dict[str, Any], resume: bool) -> None:
    """Refuse a run folder without --resume, or with settings that differ from its own."""
    if not resume:
        raise IsacError(f"{folder} is a folder: add --resume to resume the run in it")
    for name, value in given.items():
        if value not in (None, ()):
            raise IsacError(f"{folder} has its own settings: omit --{name}")
