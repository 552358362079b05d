"""What an environment says of itself, as tables: for the command line and the documentation."""

import inspect
import warnings
from collections.abc import Sequence
from typing import Any

from isac_envs import scenarios
from isac_envs.catalog import ENVIRONMENTS, OURS
from isac_envs.declaration.fields import Coordinate, Spec
from isac_envs.declaration.model import SCORE, Model

Rows = list[dict[str, Any]]


def catalogue() -> Rows:
    """Return one row an environment: id, summary, agents, scenarios, and how its bound is known.

    An environment of another package that cannot be loaded is left out, with a warning.
    """
    rows = []
    for name, entry in ENVIRONMENTS.items():
        try:
            rows.append(_row(name))
        except Exception as error:  # third-party code may raise anything
            if entry.distribution == OURS:
                raise
            owner = f" of {entry.distribution}" if entry.distribution else ""
            warnings.warn(f"{name}{owner} is left out: {error}", stacklevel=2)
    return rows


def _row(name: str) -> dict[str, Any]:
    model = scenarios.build(name, None, {})
    top = model.reference_baseline
    return {
        "id": name,
        "summary": model.summary,
        "agents": len(model.agents),
        "scenarios": list(scenarios.names(name)),
        "optimum": "unknown" if top is None else model.baselines[top].kind,
    }


def describe(environment: str, scenario: str | None = None) -> dict[str, Any]:
    """Return everything an environment declares.

    Args:
        environment: Id of the environment.
        scenario: Name or path; None for the default.

    Raises:
        IsacError: If a name is unknown or a file is not valid.
    """
    chosen = scenarios.load(environment, scenario)
    model = scenarios.build(environment, scenario, {})
    return {
        "id": model.id,
        "summary": model.summary,
        "text": inspect.cleandoc(type(model).__doc__ or ""),
        "source": model.source,
        "scenario": {
            "name": chosen.name,
            "summary": chosen.summary,
            "source": chosen.source,
            "defects": list(chosen.defects),
            "hash": chosen.hash,
        },
        "scenarios": [_scenario_row(environment, each) for each in scenarios.names(environment)],
        "agents": list(model.agents),
        **_spaces(model.observation, model.action),
        "kinds_of_agents": _kinds_of_agents(model),
        "objectives": _signals(model.objectives),
        "costs": _signals(model.costs),
        "metrics": _signals(model.reported),
        "summaries": [{"name": s.name, "meaning": s.meaning} for s in model.summaries],
        "parameters": model.params.describe(),
        "baselines": [
            {"name": name, "kind": each.kind, "meaning": each.summary}
            for name, each in model.baselines.items()
        ],
        "presets": sorted(chosen.agents),
        "score": SCORE,
        "longest_episode": model.longest_episode(),
        "reference": chosen.reference.model_dump() if chosen.reference else {},
    }


def _spaces(observation: Spec, action: Spec) -> dict[str, Any]:
    return {
        "observation_space": str(observation.space()),
        "observation": _coordinates(observation),
        "action_space": str(action.space()),
        "action": _coordinates(action),
    }


def _kinds_of_agents(model: Model) -> Rows:
    """Return the agents that share a pair of spaces, and these."""
    groups: dict[tuple[Spec, Spec], list[str]] = {}
    for k, name in enumerate(model.agents):
        groups.setdefault(model.specs_of(k), []).append(name)
    return [{"agents": names, **_spaces(*specs)} for specs, names in groups.items()]


def _scenario_row(environment: str, name: str) -> dict[str, Any]:
    each = scenarios.load(environment, name)
    return {"name": name, "meaning": each.summary, "source": each.source}


def _signals(signals: Any) -> Rows:
    return [{"name": s.name, "unit": s.unit, "meaning": s.meaning} for s in signals]


MOST_REPEATS = 16
"""Equal groups of coordinates, one after the other, that are listed one by one."""


def _coordinates(spec: Spec) -> Rows:
    """Return a row for each coordinate; of many equal groups, only the first group is listed."""
    rows, first, k = [], 0, 0
    while k < len(spec.coordinates):
        each = spec.coordinates[k]
        rows.append(
            {
                "index": str(first) if each.size == 1 else f"{first}..{first + each.size - 1}",
                "name": each.name,
                "unit": each.unit,
                "range": _range(each, spec.kind),
                "meaning": each.meaning,
            }
        )
        first, k = first + each.size, k + 1
        length, repeats = _repeated(spec.coordinates, k)
        if repeats > MOST_REPEATS:
            skipped = spec.coordinates[k : k + length * repeats]
            last = first + sum(other.size for other in skipped) - 1
            what = f"The last {length} entries again" if length > 1 else "The last entry again"
            rows.append(
                {"index": f"{first}..{last}", "name": "...", "unit": "", "range": "",
                 "meaning": f"{what}, {repeats} times."}
            )  # fmt: skip
            first, k = last + 1, k + len(skipped)
    return rows


def _repeated(coordinates: Sequence[Coordinate], end: int) -> tuple[int, int]:
    """Return how long a group of coordinates before ``end`` is, and how often it comes again."""
    best = (1, 0)
    for length in range(1, min(end, 4) + 1):
        group, repeats = coordinates[end - length : end], 0
        while coordinates[end + repeats * length : end + (repeats + 1) * length] == group:
            repeats += 1
        best = max(best, (length, repeats), key=lambda each: each[1])
    return best


def _range(coordinate: Coordinate, kind: str) -> str:
    if kind != "box" and coordinate.labels:
        return ", ".join(f"{k} = {label}" for k, label in enumerate(coordinate.labels))
    return f"{coordinate.low:g} to {coordinate.high:g}"
