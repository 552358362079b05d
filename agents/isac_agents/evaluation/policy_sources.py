"""Policies by the names on the command line: run folders, agents, classes of the user."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from isac_agents import registry
from isac_agents.evaluation.cache import Candidate
from isac_agents.evaluation.episodes import MakePolicy, Policy
from isac_agents.runs.learners import find_weights, load
from isac_agents.runs.record import RunRecord, read_record
from isac_envs.declaration.model import Model
from isac_envs.errors import IsacError, UnknownNameError

PER_RUN = {"seed", "status", "cpu_seconds", "weights_sha256", "versions", "git"}
"""Settings that may differ between runs of one row."""


def gather(names: Iterable[str], model: Model) -> dict[str, list[Candidate]]:
    """Collect the candidates by row name; runs that differ only by seed share a row.

    Args:
        names: Run folders, names of agents or baselines, or ``module:Class``; each counts once.
        model: The environment of the comparison.

    Raises:
        IsacError: If a name is unknown, or an agent does not fit the environment.
    """
    rows: dict[str, list[Candidate]] = {}
    labels: dict[str, str] = {}
    for name in dict.fromkeys(names):
        if is_folder(name):
            record, candidate = trained(name, model)
            settings = record.model_dump_json(exclude=PER_RUN)
            if settings not in labels:
                taken = record.agent in rows
                labels[settings] = f"{record.agent}, {Path(name).parent}" if taken else record.agent
            rows.setdefault(labels[settings], []).append(candidate)
        elif ":" in name:
            rows[name] = [Candidate(model, maker(name))]
        elif name in registry.AGENTS:
            train = f"isac train {model.id} --agent {name}"
            raise IsacError(f"{name} must be trained first: {train}; then name its run folder")
        elif name in registry.names():
            rows[name] = [Candidate(model, maker(name))]
        elif name not in model.baselines:  # every comparison has the baselines
            raise UnknownNameError("agent or baseline", name, [*model.baselines, *registry.names()])
    return rows


def is_folder(name: str) -> bool:
    """Return whether a name is the path of a run folder, existing or not."""
    path_like = "/" in name.replace(os.sep, "/") and ":" not in name
    is_id = re.search(r"^[^./~][^/]*/[^/]+-v\d+$", name) is not None
    return Path(name).exists() or (path_like and not is_id)


def maker(name: str) -> MakePolicy:
    """Return the maker of a user-defined agent, whose class takes the environment."""
    agent_class = registry.resolve(name)

    def make(env: Any) -> Any:
        try:
            agent = agent_class(env)
        except Exception as error:  # third-party code may raise anything
            raise IsacError(f"{name}: cannot be made: {type(error).__name__}: {error}") from error
        if not callable(getattr(agent, "predict", None)):
            raise IsacError(f"{name}: has no method predict(observation, state, ...)")
        return agent

    return make


def trained(folder: str | Path, model: Model) -> tuple[RunRecord, Candidate]:
    """Open a finished run as a candidate; its weights are loaded when it has to play.

    Raises:
        IsacError: If the folder is not a finished run, or does not fit the environment.
    """
    record = read_record(folder)
    find_weights(Path(folder), record)
    trained_on = record.model()
    if trained_on.id != model.id:
        raise IsacError(f"{folder}: was trained on {trained_on.id}, not on {model.id}")
    names = type(model.params).interface_names()
    seen = model.with_parameters({name: getattr(trained_on.params, name) for name in names})
    for what in ("observation", "action"):
        if getattr(seen, what).space() != getattr(trained_on, what).space():
            raise IsacError(f"{folder}: was trained with another {what} space")
    before, now = len(trained_on.agents), len(seen.agents)

    def make(env: Any) -> Policy:
        policy: Policy = load(folder)[1]
        if before != now and hasattr(policy, "num_agents"):  # its network takes all agents together
            raise IsacError(f"{folder}: was trained with {before} agents, not {now}")
        return policy

    return record, Candidate(seen, make, Path(folder), record.weights_sha256)
