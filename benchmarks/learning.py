"""Trains the baseline agents over five seeds and writes the tables of docs/results.md.

    python benchmarks/learning.py [--only ID/SCENARIO] [--agent NAME] [--jobs 2] [--write]

Every run uses the preset of its scenario; the comparison plays held-out episodes, the same for
every policy. About an hour on two cores.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import tables

from isac_agents.evaluation import Candidate, Comparison, Row, compare
from isac_agents.runs import load
from isac_agents.training import plan_jobs, train_all

MATRIX = (
    ("isac/ModeSelect-v0", "highway", ("ddqn", "dueling_ddqn", "dqn", "ppo", "q_learning")),
    ("isac/ModeSelect-v0", "hieu2020", ("ddqn", "dqn", "ppo", "q_learning")),
    ("isac/ModeSelect-v0", "rush_hour", ("ddqn", "ppo", "q_learning")),
    ("isac/FramesPerCpi-v0", "arrivals_12", ("ppo", "dueling_ddqn", "q_learning")),
    ("isac/FramesPerCpi-v0", "sensing_heavy", ("ppo", "dueling_ddqn", "q_learning")),
    ("isac/BeamTrack-v0", "hard", ("ppo",)),
    ("isac/BeamTraining-v0", "default", ("ppo",)),
    ("isac/HsrDualBeam-v0", "express", ("ppo", "dueling_ddqn")),
    ("isac/HsrDualBeam-v0", "switching", ("ppo", "dueling_ddqn")),
    ("isac/JrcAoi-v0", "persistent", ("ppo", "dqn")),
    ("isac/JrcAoi-v0", "lee2021", ("ppo", "dqn")),
    ("isac/JrcAoiMulti-v0", "persistent", ("ppo",)),
    ("isac/JrcAoiTiny-v0", "persistent", ("dqn",)),
    ("isac/JrcAoiTiny-v0", "traffic", ("dqn",)),
    ("isac/DirectionalJrc-v0", "lee2022", ("ppo", "gnn_ppo")),
    ("isac/VcpsView-v0", "manhattan", ("entity_ppo", "ppo")),
    ("isac/UavAlloc-v0", "trio", ("ppo",)),
    ("isac/UavTrajectory-v0", "mission", ("sac",)),
    ("isac/CognitiveAccess-v0", "zhao2008", ("ddqn",)),
    ("isac/CognitiveAccess-v0", "default", ("ppo",)),
    ("isac/DownlinkCrb-v0", "default", ("ppo",)),
    ("isac/BeamClusterRbg-v0", "default", ("ppo",)),
    ("isac/MultiBsPower-v0", "nasir2020", ("ppo", "ddqn")),
    ("isac/TargetTrack-v0", "default", ("rollout_iteration",)),
)
EPISODES = 2000
PAGE = Path(__file__).resolve().parents[1] / "docs" / "results.md"


def main() -> None:
    """Train, compare, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--episodes", type=int, default=EPISODES)
    parser.add_argument("--only", default="", help="scenario, or id/scenario, to run")
    parser.add_argument("--agent", default="", help="train it alone; the rows of others stay")
    parser.add_argument("--runs", type=Path, help="keep the runs here, and use finished ones")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    for environment, scenario, agents in MATRIX:
        if options.only in ("", scenario, f"{environment}/{scenario}"):
            chosen = [each for each in agents if options.agent in ("", each)]
            if not chosen:
                continue
            text = section(environment, scenario, chosen, options)
            text = with_others(heading(environment, scenario), text, agents)
            print(text, flush=True)
            if options.write:
                write(heading(environment, scenario), text)


def heading(environment: str, scenario: str) -> str:
    """Return the heading of the section of a scenario."""
    return f"## {environment}, {scenario}"


def page_sections() -> dict[str, str]:
    """Return the sections of the page by what follows ``##`` in their headings."""
    measured = tables.read("measured", PAGE)
    return {part.partition("\n")[0]: part for part in measured.split("## ") if part.strip()}


def with_others(name: str, text: str, agents: Sequence[str]) -> str:
    """Return a section with the rows of agents that the page has and the section has not.

    Args:
        name: Heading of the section.
        text: The section.
        agents: Agents of the section, in the order of their rows.
    """
    before = page_sections().get(name.removeprefix("## "), "")
    found = {}
    for line in (*before.splitlines(), *text.splitlines()):
        for agent in agents:
            if line.startswith(f"| {agent} |"):
                found[agent] = line
    lines = [line for line in text.splitlines() if line not in found.values()]
    first = next(k for k, line in enumerate(lines) if line.startswith("| --- |")) + 1
    rows = [found[agent] for agent in agents if agent in found]
    return "\n".join([*lines[:first], *rows, *lines[first:]]) + "\n"


def write(name: str, text: str) -> None:
    """Replace one section of the page, and keep the others in the order of the matrix."""
    sections = page_sections()
    sections[name.removeprefix("## ")] = text.removeprefix("## ")
    order = (heading(*row[:2]).removeprefix("## ") for row in MATRIX)
    body = "\n".join(f"## {sections[each].strip()}\n" for each in order if each in sections)
    tables.write("measured", body, PAGE)


def section(
    environment: str, scenario: str, agents: Sequence[str], options: argparse.Namespace
) -> str:
    """Return the table of one scenario."""
    lines = [
        f"{heading(environment, scenario)}\n",
        "| policy | steps | reward/step | of optimum | score, IQM | 95 % interval | "
        "lowest to highest seed | figures | CPU s a run |",
        "| --- | ---: | ---: | ---: | ---: | --- | --- | --- | ---: |",
    ]
    rows: dict[str, str] = {}
    found: dict[str, Row] = {}
    for agent in agents:
        comparison, steps, seconds = trained(environment, scenario, agent, options)
        found |= {row.name: row for row in comparison.rows}
        baselines = (row for row in comparison.rows if row.kind != "agent")
        top = found[comparison.model.reference_baseline]
        rows |= {row.name: cells(row, top, "", "") for row in baselines}
        rows[agent] = cells(found[agent], top, f"{steps:,}", f"{seconds:.0f}")
    order = (*agents, *(name for name in rows if name not in agents))
    table = "\n".join([*lines, *(rows[name] for name in order)])
    fewer = "" if options.episodes == EPISODES else f"\nOver {options.episodes} episodes.\n"
    return f"{table}\n{missed(found, agents)}{fewer}"


def missed(found: dict[str, Row], agents: Sequence[str]) -> str:
    """Return by how much agents miss fewer events than round robin, where both are measured."""
    key = "miss_probability"
    if "round_robin" not in found or key not in found["round_robin"].figures:
        return ""
    base = found["round_robin"].figures[key]
    shares = (f"{name} {1.0 - found[name].figures[key] / base:.1%}" for name in agents)
    return f"\nMissed events, reduction against round robin: {', '.join(shares)}.\n"


def trained(
    environment: str, scenario: str, agent: str, options: argparse.Namespace
) -> tuple[Comparison, int, float]:
    """Train one agent over all seeds; return comparison, steps and mean CPU seconds of a run."""
    with tempfile.TemporaryDirectory() as temporary:
        out = options.runs or temporary
        jobs = plan_jobs(environment, agent, scenario=scenario, seeds=range(options.seeds), out=out)
        train_all(jobs, options.jobs)
        runs = [load(job.folder) for job in jobs]
    record = jobs[0].record
    candidates = [Candidate.trained(record.model(), policy) for _, policy in runs]
    seconds = sum(each.cpu_seconds for each, _ in runs) / len(runs)
    comparison = compare(record.world(), {agent: candidates}, options.episodes)
    return comparison, record.steps, seconds


def cells(row: Row, optimum: Row, steps: str, seconds: str) -> str:
    """Return the Markdown line of one policy."""
    most = optimum.reward.value
    share = f"{row.reward.value / most:.3f}" if most > 0.0 else ""
    interval = f"{row.score.low:.3f} to {row.score.high:.3f}"
    spread = f"{min(row.scores):.3f} to {max(row.scores):.3f}" if len(row.scores) > 1 else ""
    figures = ", ".join(f"{name} {brief(value)}" for name, value in row.figures.items())
    columns = (
        row.name, steps, f"{row.reward.value:.4f}", share, f"{row.score.value:.4f}",
        interval, spread, figures.replace("_", " "), seconds,
    )  # fmt: skip
    return "| " + " | ".join(columns) + " |"


def brief(value: float) -> str:
    """Return a figure with three decimals, large ones with four digits."""
    return f"{value:.3f}" if abs(value) < 1e4 else f"{value:.3e}"


if __name__ == "__main__":
    main()
