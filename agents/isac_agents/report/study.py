"""Statistics over all runs of a report, and its tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from isac_agents.evaluation.comparison import Cells, spread
from isac_agents.evaluation.statistics import (
    Array,
    Interval,
    Profile,
    interquartile_mean,
    interquartile_means,
    performance_profile,
    probability_of_improvement,
)
from isac_agents.report.collect import Agent, World
from isac_agents.runs.command import command
from isac_agents.tables import markdown
from isac_agents.text import markdown_text

_POINTS = 100  # of a learning curve
_MOST_PAIRS = 15  # for which all agents are compared with each other


@dataclass(frozen=True)
class Overall:
    """An agent over all scenarios that it has runs in.

    Attributes:
        name: Its name.
        scenarios: Number of scenarios.
        runs: Number of runs in all scenarios.
        score: Interquartile mean of the scores.
        profile: Fraction of runs above each score.
    """

    name: str
    scenarios: int
    runs: int
    score: Interval
    profile: Profile


@dataclass(frozen=True)
class Pair:
    """Probability that a run of one agent beats a run of another, over their common scenarios."""

    better: str
    worse: str
    scenarios: int
    probability: Interval


@dataclass(frozen=True)
class Study:
    """The content of a report."""

    worlds: tuple[World, ...]

    def names(self) -> list[str]:
        """Return the names of all agents, in the order of their first appearance."""
        return list(dict.fromkeys(each.name for world in self.worlds for each in world.agents))

    @property
    def comparable(self) -> tuple[World, ...]:
        """The worlds whose scores are comparable: those with a bound, or all if none has one."""
        return (
            tuple(w for w in self.worlds if w.model.reference_baseline is not None) or self.worlds
        )

    def overall(self) -> list[Overall]:
        """Score the agents over the comparable worlds, best first."""
        names = [name for name in self.names() if self._tasks(name)]
        every = np.concatenate([scores for name in names for scores in self._tasks(name)])
        margin = 0.05 * float(np.ptp(every)) or 0.01
        thresholds = np.linspace(every.min() - margin, every.max() + margin, 201)
        found = []
        for name in names:
            tasks = self._tasks(name)
            found.append(
                Overall(
                    name,
                    len(tasks),
                    sum(map(len, tasks)),
                    interquartile_mean(*tasks),
                    performance_profile(*tasks, thresholds=thresholds),
                )
            )
        return sorted(found, key=lambda each: -each.score.value)

    def pairs(self) -> list[Pair]:
        """Compare pairs of agents with common scenarios, the better agent first.

        With many agents, only the best one is compared with each of the others.
        """
        names = [each.name for each in self.overall()]
        pairs = list(combinations(names, 2))
        if len(pairs) > _MOST_PAIRS:
            pairs = [(names[0], other) for other in names[1:]]
        found = []
        for one, other in pairs:
            shared = [
                (runs[one], runs[other])
                for runs in ({a.name: a.scores for a in w.agents} for w in self.worlds)
                if one in runs and other in runs
            ]
            if shared:
                ours, theirs = zip(*shared, strict=True)
                estimate = probability_of_improvement(ours, theirs)
                found.append(Pair(one, other, len(shared), estimate))
        return found

    def _tasks(self, name: str) -> list[Array]:
        return [a.scores for world in self.comparable for a in world.agents if a.name == name]


def mean_curve(agent: Agent) -> tuple[Array, Profile] | None:
    """Return steps and interquartile mean of learning curves, over steps that all runs reach."""
    curves = agent.shown_curves
    if not curves:
        return None
    first = max(curve.steps[0] for curve in curves)
    last = min(curve.steps[-1] for curve in curves)
    if first >= last:
        return None
    steps = np.linspace(first, last, _POINTS)
    values = np.array([np.interp(steps, curve.steps, curve.scores) for curve in curves])
    return steps, interquartile_means(values)


def front(points: Array) -> Array:
    """Find the points that are not dominated, shape ``(points,)``; more is better.

    Args:
        points: Objectives, shape ``(points, objectives)``.
    """
    as_good = (points[:, None] >= points[None]).all(-1)
    better = (points[:, None] > points[None]).any(-1)
    return np.asarray(~(as_good & better).any(0))


def overall_cells(study: Study) -> Cells:
    """Build the table of all agents over all scenarios."""
    rows = [
        [each.name, f"{each.scenarios} of {len(study.worlds)}", str(each.runs),
         f"{each.score.value:z.3f}", spread(each.score)]
        for each in study.overall()
    ]  # fmt: skip
    return ["agent", "scenarios", "runs", "score, IQM", "95 % interval"], rows


def pair_cells(study: Study) -> Cells:
    """Build the table of probabilities of improvement."""
    rows = [
        [each.better, each.worse, str(each.scenarios), f"{each.probability.value:.3f}",
         spread(each.probability)]
        for each in study.pairs()
    ]  # fmt: skip
    return ["agent", "beats", "scenarios", "probability", "95 % interval"], rows


def objective_cells(world: World) -> Cells:
    """Build the table of objective vectors."""
    names = [each.name for each in world.model.objectives]
    rows = [
        [row.label, *(f"{row.objectives[name]:z.4f}" for name in names)]
        for row in world.comparison.rows
    ]
    return ["policy", *(name.replace("_", " ") for name in names)], rows


def run_cells(world: World) -> Cells:
    """Build the table of the runs of a world."""
    rows = []
    for agent in world.agents:
        first = agent.records[0]
        seconds = np.mean([each.cpu_seconds for each in agent.records])
        seeds = sorted(each.seed for each in agent.records)
        rows.append([
            agent.name, ", ".join(map(str, seeds)), f"{first.steps:,}", f"{seconds:.1f}",
            ", ".join(sorted({each.git for each in agent.records if each.git})),
            command(agent.records),
        ])  # fmt: skip
    columns = ["agent", "seeds", "steps", "CPU s a run", "git", "command"]
    if not any(row[4] for row in rows):  # made outside a git working directory
        columns, rows = [*columns[:4], columns[5]], [[*row[:4], row[5]] for row in rows]
    return columns, rows


def version_text(runs: Sequence[Agent]) -> str:
    """List the versions that runs used; several where they differ."""
    found: dict[str, set[str]] = {}
    for agent in runs:
        for record in agent.records:
            for name, version in record.versions.items():
                found.setdefault(name, set()).add(version)
    return ", ".join(f"{name} {' / '.join(sorted(each))}" for name, each in found.items())


def markdown_page(study: Study) -> str:
    """Format the tables of a report in Markdown."""
    parts = ["# Report of runs\n", "## All scenarios\n", markdown(*overall_cells(study))]
    columns, rows = pair_cells(study)
    if rows:
        parts += ["Probability of improvement:\n", markdown(columns, rows)]
    for world in study.worlds:
        runs = max(len(agent.records) for agent in world.agents)
        first = world.agents[0].records[0]
        parts += [
            f"## {markdown_text(world.title)}\n",
            markdown(*world.comparison.cells()),
            markdown_text(world.comparison.caption(runs)) + "\n",
            "Objectives, return per step of the longest episode:\n",
            markdown(*objective_cells(world)),
            f"What was run (scenario hash {first.scenario_hash[:16]}; "
            f"{markdown_text(version_text(world.agents))}):\n",
            markdown(*run_cells(world)),
        ]
    return "\n".join(parts)
