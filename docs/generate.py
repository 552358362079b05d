"""Writes the page of each environment from its model; with --check, fails when one is stale.

    python docs/generate.py [--check] [--folder FOLDER] [NAME ...]

A name is an id or ``module:Class``, of any installed package or of a module in the working
directory. Without names it writes the pages of this package's environments and their index.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import animate

from isac_envs import scenarios
from isac_envs.catalog import ENVIRONMENTS, OWN, model_class, path_of
from isac_envs.description import catalogue, describe

FOLDER = Path(__file__).parent / "environments"
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
    made = {f"{stem(name)}.md": page(name) for name in chosen.names or OWN}
    if not chosen.names:
        made["index.md"] = index([row for row in catalogue() if row["id"] in OWN])
    stale = [
        name for name, text in made.items() if not update(chosen.folder / name, text, chosen.check)
    ]
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
        [f"[{row['id']}]({stem(row['id'])}.md)", row["summary"], row["agents"], row["optimum"]]
        for row in rows
    ]
    links = "\n".join(stem(row["id"]) for row in rows)
    return (
        "# Environments\n\n"
        + table(["id", "what is decided", "agents", "optimum"], cells)
        + f"\n```{{toctree}}\n:hidden:\n\n{links}\n```\n"
    )


def page(environment: str) -> str:
    """Return the page of one environment."""
    content = describe(environment)
    parts = [
        f"# {content['id']}\n\n{content['summary']}\n",
        animation(environment),
        creation(environment, len(content["agents"])),
        content["text"] + "\n",
        f"Source: {content['source']}\n",
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
        table_of(content["parameters"]),
        "## Baselines\n\n`env.unwrapped.baseline(name).predict(observation)`\n",
        table_of(content["baselines"]),
        f"## Scenarios and reference scores\n\n{content['score']}\n",
        *(scenario(environment, name) for name in scenarios.names(environment)),
    ]
    return "\n".join(parts)


def spaces(kinds: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the tables of observation and action, of each kind of agents where they differ."""
    for kind in kinds:
        first, last = kind["agents"][0], kind["agents"][-1]
        names = f"`{first}`" if first == last else f"`{first}` to `{last}`"
        whose = f" of {names}" if len(kinds) > 1 else ""
        yield f"## Observation{whose}\n\n`{kind['observation_space']}`\n"
        yield table_of(kind["observation"])
        yield f"## Action{whose}\n\n`{kind['action_space']}`\n"
        yield table_of(kind["action"])


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


def scenario(environment: str, name: str) -> str:
    """Return the section of one scenario with its scores, normalised to random and optimum."""
    chosen = scenarios.load(environment, name)
    lines = [f"### {name}\n", f"{chosen.summary} Source: {chosen.source.rstrip('.')}.\n"]
    if chosen.defects:
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
