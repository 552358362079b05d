"""Writes the page of each environment from its model; with --check, fails when one is stale.

    python docs/generate.py [--check] [--folder FOLDER] [NAME ...]

A name is an id or ``module:Class``, of any installed package or of a module in the working
directory. Without names it writes the pages of this package's environments, their index, the
gallery of the landing page, and the pages of the notebooks.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import animate
import notebooks

from isac_envs import scenarios
from isac_envs.catalog import ENVIRONMENTS, OWN, model_class, path_of
from isac_envs.description import catalogue, describe

FOLDER = Path(__file__).parent / "environments"
LANDING = FOLDER.parent / "index.md"
START, END = "<!-- gallery: start -->\n", "<!-- gallery: end -->\n"
FAMILIES = {
    "mode_selection": "Mode selection",
    "beam_management": "Beam management",
    "tracking": "Detection and tracking",
    "v2x": "Vehicles",
    "uav": "UAVs",
    "surfaces": "Precoders and reconfigurable surfaces",
    "spectrum": "Spectrum sharing",
    "cells": "Cells",
    "edges": "Roads and edges",
}
"""Folders of ``isac_envs/envs`` and their headings, in the order of the gallery."""
BENCHMARK_BELOW = 0.9
"""A scenario on which the best heuristic scores more than this is for validation."""


def main() -> int:
    """Write or check all pages; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="folder of the pages")
    parser.add_argument("names", nargs="*", metavar="NAME", help="ids, or module:Class")
    chosen = parser.parse_args()
    sys.path.insert(0, "")  # modules in the working directory, as the isac command finds them
    made = {chosen.folder / f"{stem(name)}.md": page(name) for name in chosen.names or OWN}
    if not chosen.names:
        rows = [row for row in catalogue() if row["id"] in OWN]
        made[chosen.folder / "index.md"] = index(rows)
        made[LANDING] = landing(LANDING.read_text(encoding="utf-8"), rows)
        for path in notebooks.paths():
            made[notebooks.PAGES / f"{path.stem}.md"] = notebooks.page(path)
    stale = [path.name for path, text in made.items() if not update(path, text, chosen.check)]
    for name in stale:
        print(f"{name} is stale; run: python docs/generate.py", file=sys.stderr)
    return 1 if stale else 0


def update(path: Path, text: str, check: bool) -> bool:
    """Bring a page up to date; return False if it is stale and must not be written."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return True
    if check:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True


def stem(environment: str) -> str:
    """Return the file name of an environment's page."""
    return scenarios.folder(environment).name


def index(rows: Sequence[dict[str, Any]]) -> str:
    """Return the page that lists all environments."""
    cells = [
        [f"[{row['id']}]({stem(row['id'])}.md)", row["summary"], row["agents"], kind(row)]
        for row in rows
    ]
    links = "\n".join(stem(row["id"]) for row in rows)
    return (
        "# Environments\n\n"
        + gallery(rows, pages="", static="../_static")
        + "## All of them in a table\n\n"
        + table(["id", "what is decided", "agents", "optimum"], cells)
        + f"\n```{{toctree}}\n:hidden:\n\n{links}\n```\n"
    )


def landing(text: str, rows: Sequence[dict[str, Any]]) -> str:
    """Return the landing page with the present gallery between its marks."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return before + START + gallery(rows, "environments/", "_static") + END + after


def gallery(rows: Sequence[dict[str, Any]], pages: str, static: str) -> str:
    """Return a picture of each environment, by family; those with one agent stand first.

    Args:
        rows: The environments, as :func:`isac_envs.description.catalogue` describes them.
        pages: Where their pages stand, as seen from the page of the gallery.
        static: Where the folder of pictures stands, as seen from there.
    """
    parts = []
    for family, heading in FAMILIES.items():
        of_family = [row for row in rows if f".{family}." in OWN[row["id"]].model]
        parts.append(f"## {heading}\n\n{{.gallery}}\n")
        for row in sorted(of_family, key=lambda row: row["agents"] > 1):
            name, target = row["id"].partition("/")[2], f"{pages}{stem(row['id'])}.md"
            picture = f"{static}/thumbnails/{animate.thumbnail_path(row['id']).name}"
            agents = f" {row['agents']} agents." if row["agents"] > 1 else ""
            parts.append(
                f"- [![{name}]({picture})]({target})\n\n  **[{name}]({target})**\n"
                f"  {row['summary']}{agents} Optimum: {kind(row)}.\n\n"
            )
    return "".join(parts)


def kind(row: dict[str, Any]) -> str:
    """Return how the optimum of an environment is known."""
    return str(row["optimum"]).replace("_", " ")


def linked(text: str) -> str:
    """Return a text whose arXiv numbers and DOIs are links."""
    text = re.sub(r"\barXiv (\d{4}\.\d{4,5})", r"[arXiv \1](https://arxiv.org/abs/\1)", text)
    return re.sub(r"\bdoi (10\.\d+/[^\s,;)]*[^\s,;.)])", r"[doi \1](https://doi.org/\1)", text)


def page(environment: str) -> str:
    """Return the page of one environment."""
    content = describe(environment)
    parts = [
        f"# {content['id']}\n\n{content['summary']}\n",
        animation(environment),
        creation(environment, len(content["agents"])),
        content["text"] + "\n",
        f"Source: {linked(content['source'])}\n",
        *spaces(content["kinds_of_agents"]),
        "## Objectives\n\nThe reward is their weighted sum (parameter `weights`); the vector is "
        '`info["objectives"]`.\n',
        table_of(content["objectives"]),
        '## Costs and metrics\n\n`info["costs"]`; `info["cost"]` is their sum.\n',
        table_of(content["costs"]),
        '`info["metrics"]`:\n',
        table_of(content["metrics"]),
        "## Parameters\n\nKeyword arguments of `gymnasium.make`, and the `[parameters]` of a "
        f"scenario file. The values are those of `{content['scenario']['name']}`.\n",
        parameters(content["parameters"]),
        "## Baselines\n\n`env.unwrapped.baseline(name).predict(observation)`\n",
        table_of(content["baselines"]),
        f"## Scenarios and reference scores\n\n{content['score']}\n",
        *every_scenario(environment),
    ]
    return "\n".join(parts)


def parameters(rows: Sequence[dict[str, Any]]) -> str:
    """Return the table of parameters; their sources are numbered and stand below it."""
    sources = list(dict.fromkeys(row["source"] for row in rows if row["source"]))
    numbered = [
        {**row, "source": f"[{sources.index(row['source']) + 1}]" if row["source"] else ""}
        for row in rows
    ]
    notes = "".join(f"\n[{k}] {linked(text)}\n" for k, text in enumerate(sources, 1))
    return table_of(numbered) + notes


def spaces(kinds: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the tables of observation and action, of each kind of agents where they differ."""
    for kind in kinds:
        first, last = kind["agents"][0], kind["agents"][-1]
        names = f"`{first}`" if first == last else f"`{first}` to `{last}`"
        whose = f" of {names}" if len(kinds) > 1 else ""
        yield f"## Observation{whose}\n\n`{short(kind['observation_space'])}`\n"
        yield table_of(kind["observation"])
        yield f"## Action{whose}\n\n`{short(kind['action_space'])}`\n"
        yield table_of(kind["action"])


def short(space: str) -> str:
    """Return a space as text, without long lists of bounds: these stand in its table."""
    return re.sub(r"\[[^\[\]]{40,}\]", "[...]", space)


def animation(environment: str) -> str:
    """Return the lines that show the animated example, where there is one."""
    picture = animate.path(environment)
    if not picture.is_file():
        return ""
    play = animate.play(environment)
    name = picture.relative_to(FOLDER.parent).as_posix()
    return (
        f"![{environment}, the baseline {play.baseline} acts](../{name})\n\n"
        f"The baseline `{play.baseline}` acts; made by `python docs/animate.py {environment}`. "
        "See [rendering](../rendering.md).\n"
    )


def creation(environment: str, agents: int) -> str:
    """Return the lines that make the environment."""
    if agents > 1:
        made = f'env = isac_envs.parallel_env("{environment}")'
        return f"```python\nimport isac_envs\n\n{made}\n```\n"
    model = model_class(environment)
    if model.id not in ENVIRONMENTS:
        return (
            "```python\nimport gymnasium\nimport isac_envs\n\n"
            f'isac_envs.register("{model.id}", "{path_of(model)}")\n'
            f'env = gymnasium.make("{model.id}")\n'
            f'many = gymnasium.make_vec("{model.id}", num_envs=1024)\n```\n'
        )
    environment = model.id
    return (
        "```python\nimport gymnasium\n\n"
        f'env = gymnasium.make("isac_envs:{environment}")\n'
        f'many = gymnasium.make_vec("isac_envs:{environment}", num_envs=1024)\n```\n'
    )


def every_scenario(environment: str) -> Iterator[str]:
    """Yield the section of each scenario; defects that two of them share stand once."""
    listed: dict[tuple[str, ...], str] = {}
    for name in scenarios.names(environment):
        defects = tuple(scenarios.load(environment, name).defects)
        yield scenario(environment, name, listed.get(defects, ""))
        listed.setdefault(defects, name)


def scenario(environment: str, name: str, same_defects: str = "") -> str:
    """Return the section of one scenario with its scores, normalised to random and optimum.

    Args:
        environment: Id.
        name: Of the scenario.
        same_defects: Scenario above whose defects are the same, if there is one.
    """
    chosen = scenarios.load(environment, name)
    source = linked(chosen.source.rstrip("."))
    lines = [f"### {name}\n", f"{chosen.summary} Source: {source}.\n"]
    if chosen.defects and same_defects:
        lines.append(f"It keeps the defects of `{same_defects}`.\n")
    elif chosen.defects:
        lines.append("Defects of the published model that are kept:\n")
        lines += [f"- {each}" for each in chosen.defects]
        lines.append("")
    if chosen.reference is not None:
        kinds = {row["name"]: row["kind"] for row in describe(environment)["baselines"]}
        lines.append(reference(environment, name, chosen.reference.model_dump(), kinds))
    return "\n".join(lines)


def reference(environment: str, name: str, measured: dict[str, Any], kinds: dict[str, str]) -> str:
    """Return the table of reference scores and what it says of the scenario."""
    scores = measured["scores"]
    reference_baseline = model_class(environment).reference_baseline
    if reference_baseline is None:
        return table_of([{"baseline": key, **each} for key, each in scores.items()])
    floor, top = (scores[key]["reward"] for key in ("random", reference_baseline))
    rows, best = [], 0.0
    for key, score in sorted(scores.items(), key=lambda item: -item[1]["reward"]):
        normalised = (score["reward"] - floor) / (top - floor)
        if kinds[key] == "heuristic":
            best = max(best, normalised)
        half = score["half_width"]
        interval = f" ± {half:.3f}" if half else ""
        rows.append(
            [
                key,
                kinds[key],
                f"{score['reward']:z.4f}{interval}",
                f"{normalised:z.3f}",
                score["method"],
            ]
        )
    verdict = (
        f"The best heuristic scores {best:z.3f}: a benchmark."
        if best <= BENCHMARK_BELOW
        else f"The best heuristic scores {best:z.3f}, above {BENCHMARK_BELOW}: for validation, not "
        "a benchmark."
    )
    command = f"isac reference {environment} --scenario {name} --write"
    return (
        table(["baseline", "kind", measured["unit"], "score (random 0, optimum 1)", "method"], rows)
        + f"\n{verdict} Made by `{command}`.\n"
    )


def table_of(rows: Sequence[dict[str, Any]]) -> str:
    """Return a Markdown table of dictionaries with the same keys, without empty columns."""
    if not rows:
        return "None.\n"
    columns = [key for key in rows[0] if any(str(row[key]) for row in rows)]
    return table(columns, [[row[key] for key in columns] for row in rows])


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join("| " + " | ".join(map(cell, line)) + " |\n" for line in lines)


def cell(value: Any) -> str:
    """Return a value as the text of a table cell."""
    text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
