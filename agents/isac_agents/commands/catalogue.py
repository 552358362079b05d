"""``isac list`` and ``isac describe``."""

from typing import Annotated, Any

import tyro
from rich.text import Text

from isac_agents.commands.output import console, emit_json
from isac_agents.tables import records


def list_environments(json: bool = False) -> None:
    """List the environments with their scenarios and the kind of their optimum.

    Args:
        json: Print JSON instead of a table.
    """
    from isac_envs.description import catalogue

    rows = catalogue()
    if json:
        emit_json(rows)
    else:
        console().print(records("Environments", rows))


def describe(
    environment: Annotated[str, tyro.conf.Positional],
    /,
    scenario: str | None = None,
    json: bool = False,
) -> None:
    """Describe an environment: spaces with units, parameters, baselines, reference scores.

    Args:
        environment: Id, such as isac/ModeSelect-v0, or module:Class of your own.
        scenario: Name of a scenario or path of a scenario file.
        json: Print JSON instead of tables.
    """
    from isac_envs.description import describe as collect

    content = collect(environment, scenario)
    if json:
        emit_json(content)
        return
    out = console()
    out.print(Text(content["id"], "bold"), f" {content['summary']}\n")
    out.print(content["text"])
    chosen = content["scenario"]
    out.print(f"\nSource: {content['source']}")
    out.print(f"Scenario {chosen['name']}: {chosen['summary']}")
    for defect in chosen["defects"]:
        out.print(f"  defect kept from the publication: {defect}")
    for kind in content["kinds_of_agents"]:
        who = f"{kind['agents'][0]}: " if len(content["kinds_of_agents"]) > 1 else ""
        out.print(f"\n{who}Observation: {kind['observation_space']}")
        out.print(f"{who}Action: {kind['action_space']}\n")
        for name in ("observation", "action"):
            out.print(records(name.capitalize(), kind[name]))
    for name in ("objectives", "costs", "metrics", "parameters", "baselines", "scenarios"):
        if content[name]:
            out.print(records(name.capitalize(), content[name]))
    out.print(f"{content['score']} Here they are {content['longest_episode']}.\n", markup=False)
    if content["reference"]:
        out.print(records("Reference scores", _reference_rows(content["reference"])))


def _reference_rows(reference: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"baseline": name, **score} for name, score in reference["scores"].items()]
