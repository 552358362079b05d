"""The command that reproduces runs."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from isac_agents import registry
from isac_agents.runs.record import RunRecord
from isac_envs import scenarios
from isac_envs.errors import IsacError


def command(records: Sequence[RunRecord]) -> str:
    """Compose the command line that trains runs which differ only by seed.

    Settings are given in full if the scenario or the agent is not known here.

    Args:
        records: The runs.
    """
    first = records[0]
    seeds = sorted(each.seed for each in records)
    words = ["isac", "train", first.environment, "--agent", first.agent]
    words += ["--scenario", first.scenario, "--steps", str(first.steps)]
    usual, preset = _usual(first)
    for option, given, default in (
        ("--parameters", first.parameters, usual),
        ("--hyper", first.hyper_parameters, preset),
    ):
        changed = [
            f"{k}={v if isinstance(v, str) else _toml(v)}"
            for k, v in given.items()
            if k not in default or default[k] != v
        ]
        words += [option, *changed] if changed else []
    together = seeds == list(range(seeds[0], seeds[0] + len(seeds)))
    if together:
        words += ["--seeds", str(len(seeds))]
    words += ["--first-seed", str(seeds[0])] if seeds[0] or not together else []
    text = shlex.join(words)
    return text if together else f"{text} (and seeds {', '.join(map(str, seeds[1:]))})"


def _usual(record: RunRecord) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the present parameters of the scenario and hyper-parameters of the preset."""
    try:
        chosen = scenarios.load(record.environment, record.scenario)
        preset = registry.preset(record.agent, chosen.agents)
    except IsacError:
        return {}, {}
    return chosen.parameters.model_dump(mode="json"), dict(preset.hyper_parameters)


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)
