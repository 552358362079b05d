"""Plans of trainings: everything is validated before training starts; one job per run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from isac_agents import registry
from isac_agents.evaluation.episodes import HELD_OUT_SEED
from isac_agents.runs.record import MOST_STEPS, RunRecord, git_commit, place, versions
from isac_agents.training import resumption
from isac_agents.training.interface import choose_interface
from isac_agents.training.job import Job
from isac_envs import scenarios
from isac_envs.catalog import lasting_name
from isac_envs.errors import IsacError, UnknownNameError


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
    """Validate everything before training starts, and return one job per seed.

    Args:
        environment: Id of the environment, or ``module:Class``.
        agent: Registered name or ``module:Class``.
        scenario: Name or path; None for the default.
        overrides: Environment parameters that replace the scenario's.
        hyper_parameters: Keyword arguments that replace the preset's, and ``num_envs``, the number
            of copies.
        seeds: Seeds of the runs.
        steps: Environment steps, summed over agents; None for the preset's.
        out: Folder of all runs.
        resume: Resume interrupted runs with the same settings.
        accept_changes: Resume even if the scenario or packages have changed since.
        checkpoint_every: As in :class:`isac_agents.training.job.Job`.

    Raises:
        IsacError: If a name, a parameter or a number is not valid.
    """
    chosen = scenarios.load(environment, scenario)
    for name in chosen.agents:
        if ":" not in name and name not in registry.names():
            raise UnknownNameError(f"agent in scenario {chosen.name}", name, registry.names())
    preset = registry.preset(agent, chosen.agents)
    hyper_parameters = dict(hyper_parameters or {})
    if "num_envs" in hyper_parameters:
        preset = preset.with_preset({"num_envs": hyper_parameters.pop("num_envs")})
    given = dict(overrides or {})
    model = scenarios.build(environment, scenario, given)
    interface = choose_interface(agent, preset, model, given)
    steps = preset.steps if steps is None else steps
    settings = registry.settings(preset, hyper_parameters)
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
    """Return the job that resumes a given run folder.

    Args:
        folder: Run folder.
        accept_changes: Resume even if the scenario or packages have changed since.
        checkpoint_every: As in :class:`isac_agents.training.job.Job`.

    Raises:
        IsacError: If the folder is not a run, has changed, or cannot be resumed.
    """
    _check_interval(checkpoint_every)
    record = resumption.reopen(Path(folder))
    resumption.check(Path(folder), record, accept_changes)
    return [Job(record, Path(folder), True, checkpoint_every)]


def _check_interval(checkpoint_every: int | None) -> None:
    if checkpoint_every is not None and checkpoint_every < 0:
        raise IsacError(f"checkpoint_every is {checkpoint_every}, must be at least 0")
