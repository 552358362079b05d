"""The matrix of a benchmark: agents, scenarios and seeds from one TOML file.

::

    seeds = 5          # runs of each agent in each scenario
    first_seed = 0
    steps = 100_000    # of a run; default: the preset's
    episodes = 1000    # held-out episodes of the evaluation

    [[entries]]
    environment = "isac/ModeSelect-v0"
    scenarios = ["highway", "storm"]     # default: the environment's default scenario
    agents = ["ddqn", "my_package:MyLearner"]
    steps = 50_000                       # seeds, first_seed, steps replace those above
    parameters = {event_fast = 0.6}      # replace the scenario's
    hyper_parameters.ddqn = {gamma = 0.95}   # replace the preset's
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from isac_agents import registry
from isac_agents.runs.record import read_record, write_record
from isac_agents.training.job import Job
from isac_agents.training.plan import plan_jobs
from isac_envs.catalog import refuse_foreign
from isac_envs.errors import IsacError, UnknownNameError, hint
from isac_envs.files import read_toml


class Entry(BaseModel):
    """Agents to run in scenarios of one environment.

    Attributes:
        environment: Id of the environment.
        scenarios: Names, or paths of scenario files beside the matrix; empty for the default.
        agents: Names of learners, or ``module:Class`` where the user trusts the file.
        seeds: Number of runs; None for the matrix's.
        first_seed: Seed of the first run; None for the matrix's.
        steps: Environment steps of a run; None for the matrix's.
        parameters: Environment parameters that replace the scenario's.
        hyper_parameters: Hyper-parameters that replace an agent's preset, by agent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    environment: str
    scenarios: list[str] = []
    agents: list[str] = Field(min_length=1)
    seeds: int | None = Field(None, ge=1)
    first_seed: int | None = Field(None, ge=0)
    steps: int | None = Field(None, ge=1)
    parameters: dict[str, Any] = {}
    hyper_parameters: dict[str, dict[str, Any]] = {}


class Matrix(BaseModel):
    """A benchmark.

    Attributes:
        seeds: Number of runs of each agent in each scenario.
        first_seed: Seed of the first run; the others are consecutive.
        steps: Environment steps of a run; None for the preset's.
        episodes: Held-out episodes of the evaluation.
        entries: Combinations to run.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    seeds: int = Field(5, ge=1)
    first_seed: int = Field(0, ge=0)
    steps: int | None = Field(None, ge=1)
    episodes: int = Field(1000, ge=2)
    entries: list[Entry] = Field(min_length=1)


def read(path: Path) -> Matrix:
    """Read and check a matrix file; :func:`plan` checks the names in it.

    Raises:
        IsacError: If a field is not valid; the message names the field, its value, the valid range
            and the nearest valid name. Also if the file names an unregistered environment or agent.
    """
    try:
        matrix = Matrix(**read_toml(path))
    except OSError as error:
        raise IsacError(f"{path}: {error.strerror}") from None
    except ValidationError as error:
        problems = "; ".join(_explain(dict(each)) for each in error.errors())
        raise IsacError(f"{path}: {problems}") from None
    known = registry.paths()
    for number, entry in enumerate(matrix.entries):
        refuse_foreign(f"{path}: entries.{number}: environment", entry.environment)
        for agent in entry.agents:
            refuse_foreign(f"{path}: entries.{number}: agent", agent, known)
    return matrix


def plan(path: Path, matrix: Matrix, out: Path) -> list[Job]:
    """Plan all runs of a matrix, each with a folder of its own; interrupted runs are resumed.

    Everything is validated before anything is written. The folders of new runs are then reserved
    together, so that entries with different settings of one agent never share a folder.

    Args:
        path: File of the matrix; paths of scenario files are relative to its folder.
        matrix: Content of the file.
        out: Folder of all runs.

    Raises:
        IsacError: If a name, a parameter or a number is not valid; the message says where.
    """
    for number, entry in enumerate(matrix.entries):
        for name in entry.hyper_parameters:
            if name not in entry.agents:
                where = f"{path}: entries.{number}: agent in hyper_parameters"
                raise UnknownNameError(where, name, entry.agents)
        _plan_entry(path, matrix, number, out)
    jobs: dict[Path, Job] = {}
    for number in range(len(matrix.entries)):
        for job in _plan_entry(path, matrix, number, out):
            jobs[job.folder] = replace(job, resume=True)
            _take(job)
    return list(jobs.values())


def _plan_entry(path: Path, matrix: Matrix, number: int, out: Path) -> list[Job]:
    entry = matrix.entries[number]
    first = matrix.first_seed if entry.first_seed is None else entry.first_seed
    seeds = matrix.seeds if entry.seeds is None else entry.seeds
    jobs: list[Job] = []
    scenarios: list[str | None] = [*entry.scenarios] or [None]
    for scenario in scenarios:
        if scenario and scenario.endswith(".toml"):
            scenario = str(path.parent / scenario)
        for agent in entry.agents:
            try:
                jobs += plan_jobs(
                    entry.environment,
                    agent,
                    scenario=scenario,
                    overrides=entry.parameters,
                    hyper_parameters=entry.hyper_parameters.get(agent),
                    seeds=range(first, first + seeds),
                    steps=matrix.steps if entry.steps is None else entry.steps,
                    out=out,
                )
            except IsacError as error:
                raise IsacError(f"{path}: entries.{number}: {error}") from None
    return jobs


def _take(job: Job) -> None:
    try:
        read_record(job.folder)
    except IsacError:
        write_record(job.folder, job.record.model_copy(update={"status": "planned"}))


def _explain(problem: dict[str, Any]) -> str:
    """Describe an error in a field: its path, its value and valid values."""
    *above, name = (str(part) for part in problem["loc"])
    where = ".".join([*above, name])
    if problem["type"] == "extra_forbidden":
        fields = Entry.model_fields if above[:1] == ["entries"] else Matrix.model_fields
        return f"unknown field {where!r}{hint(name, fields)}"
    if problem["type"] == "missing":
        return f"field {where!r} is missing"
    message = problem["msg"].removeprefix("Input ")
    return f"field {where} = {problem['input']!r}: {message}"
