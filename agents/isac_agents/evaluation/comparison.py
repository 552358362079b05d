"""Agents compared with the baselines of an environment, on the same held-out episodes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from rich.table import Table

from isac_agents.evaluation.cache import Candidate, EvaluationCache
from isac_agents.evaluation.episodes import HELD_OUT_SEED
from isac_agents.evaluation.results import Result
from isac_agents.evaluation.statistics import (
    Array,
    Interval,
    interquartile_mean,
    interval_of,
    mean_interval,
    middle_mean,
    paired_difference,
)
from isac_agents.progress import stage
from isac_agents.tables import markdown, table
from isac_envs.declaration.model import Model
from isac_envs.errors import IsacError, UnknownNameError

Cells = tuple[list[str], list[list[str]]]
"""Column names, and rows of text."""


@dataclass(frozen=True)
class Run:
    """One run of an agent, or a baseline.

    Attributes:
        folder: Run folder; empty for untrained policies.
        reward: Return of an episode divided by the steps of the longest.
        score: Normalised: 0 for random actions, 1 for the optimum on the same episodes.
        objectives: Each objective, summed and divided like the reward.
    """

    folder: str
    reward: float
    score: float
    objectives: dict[str, float]


@dataclass(frozen=True)
class Row:
    """One policy of a comparison.

    Attributes:
        name: Agent or baseline.
        kind: ``agent``, or the meaning of the baseline's score.
        reward: Return of an episode divided by the steps of the longest.
        score: Normalised: 0 for random actions, 1 for the optimum on the same episodes.
        runs: Number of trained runs in the row; 1 for a baseline.
        members: The single runs.
        objectives: Each objective, summed and divided like the reward; interquartile mean over
            runs.
        figures: The environment's summary figures; interquartile mean over runs.
        difference: Reward minus the reward of the reference row, paired by episode; None without a
            reference.
    """

    name: str
    kind: str
    reward: Interval
    score: Interval
    runs: int
    members: tuple[Run, ...]
    objectives: dict[str, float]
    figures: dict[str, float]
    difference: Interval | None = None

    @property
    def scores(self) -> tuple[float, ...]:
        """Normalised score of each run."""
        return tuple(each.score for each in self.members)

    @property
    def label(self) -> str:
        """Name, with the kind where it adds information."""
        return self.name if self.kind in ("heuristic", self.name) else f"{self.name} ({self.kind})"


@dataclass(frozen=True)
class Comparison:
    """Policies in the order of their reward."""

    model: Model
    episodes: int
    rows: tuple[Row, ...]
    against: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the content for JSON."""
        rows = [asdict(row) for row in self.rows]
        head = {"id": self.model.id, "episodes": self.episodes, "against": self.against}
        return {**head, "rows": rows}

    def table(self, title: str) -> Table:
        """Build the table for a terminal."""
        return table(title, *self.cells())

    def markdown(self) -> str:
        """Format the table in Markdown."""
        return markdown(*self.cells())

    def cells(self) -> Cells:
        """Return column names and cells as text."""
        names = [each.name for each in self.model.summaries]
        columns = ["policy", "reward/step", "score", "95 % interval"]
        if self.against:
            columns += [f"minus {self.against}", "95 % interval"]
        rows = []
        for row in self.rows:
            cells = [row.label, f"{row.reward.value:z.3f}", f"{row.score.value:z.3f}"]
            cells.append(spread(row.score))
            if row.difference:
                cells += [f"{row.difference.value:+.4f}", spread(row.difference, 4)]
            rows.append(cells + [f"{row.figures[name]:z.3f}" for name in names])
        return [*columns, *(name.replace("_", " ") for name in names)], rows

    def details(self) -> Cells:
        """Return the values of each run: reward, score and the vector of objectives."""
        names = [each.name for each in self.model.objectives]
        rows = [
            [row.label, run.folder, f"{run.reward:z.4f}", f"{run.score:z.4f}"]
            + [f"{run.objectives[name]:z.4f}" for name in names]
            for row in self.rows
            for run in row.members
        ]
        return [
            "policy",
            "run",
            "reward/step",
            "score",
            *(n.replace("_", " ") for n in names),
        ], rows

    def caption(self, runs: int) -> str:
        """Explain the numbers."""
        agents = f"interquartile mean over {runs} runs" if runs > 1 else "one run"
        paired = (
            f" Minus {self.against}: difference of reward/step on the same episodes, its interval "
            "by a bootstrap over these and over runs."
            if self.against
            else ""
        )
        known = self.model.reference_baseline is not None
        score = (
            "random = 0, optimum = 1 on these episodes" if known else "reward/step, no bound known"
        )
        return (
            f"{self.episodes} held-out episodes, the same for every row. Reward/step: return over "
            f"the {self.model.longest_episode()} steps of the longest episode. Score: {score}. "
            f"Agents: {agents}; interval over runs, for single policies over episodes.{paired}"
        )


def spread(interval: Interval, digits: int = 3) -> str:
    """Format an interval."""
    return f"{interval.low:z.{digits}f} to {interval.high:z.{digits}f}"


def compare(
    model: Model,
    agents: Mapping[str, Sequence[Candidate]],
    episodes: int,
    seed: int = HELD_OUT_SEED,
    against: str = "",
) -> Comparison:
    """Compare every baseline and every agent on the same episodes.

    Args:
        model: The environment.
        agents: Candidates by agent name, one per run.
        episodes: Number of episodes.
        seed: Seed of the first episode.
        against: Agent or baseline whose reward is subtracted from each row's reward.

    Raises:
        IsacError: If an agent's actions do not fit the environment, or there are no policies.
        UnknownNameError: If ``against`` is not a row of the comparison.
    """
    if not agents and not model.baselines:
        raise IsacError(f"{model.id} has no baselines: name an agent to evaluate")
    if against and against not in (*agents, *model.baselines):
        raise UnknownNameError("policy to compare with", against, [*agents, *model.baselines])
    cache = EvaluationCache(model, episodes, seed)
    cache.borrow(each.folder for runs in agents.values() for each in runs if each.folder)
    baselines = cache.baselines()
    played: dict[str, list[Result]] = {name: [] for name in agents}
    candidates = [(name, each) for name, runs in agents.items() for each in runs]
    with stage(f"agents on {model.id}", len(candidates), "policies") as shown:
        for k, (name, each) in enumerate(candidates):
            shown.update(k, name)
            played[name].append(cache.agent(each))
    folders = {name: [str(each.folder or "") for each in runs] for name, runs in agents.items()}
    return tabulate(model, baselines, played, folders, against)


def tabulate(
    model: Model,
    baselines: Mapping[str, Result],
    agents: Mapping[str, Sequence[Result]],
    folders: Mapping[str, Sequence[str]],
    against: str = "",
) -> Comparison:
    """Tabulate results on the same episodes.

    Args:
        model: The environment.
        baselines: Results of its baselines by name.
        agents: Results of the runs of each agent.
        folders: Run folder of each run, empty for none.
        against: Agent or baseline whose reward is subtracted from each row's reward.
    """
    scale = Scale.of(baselines, model.reference_baseline)
    rows = [
        _row(name, model.baselines[name].kind, [result], [""], scale)
        for name, result in baselines.items()
    ]
    rows += [
        _row(name, "agent", runs, folders[name], scale) for name, runs in agents.items() if runs
    ]
    if against:
        rewards = {name: _rewards([result]) for name, result in baselines.items()}
        rewards |= {name: _rewards(runs) for name, runs in agents.items()}
        other = rewards[against]
        rows = [replace(r, difference=paired_difference(rewards[r.name], other)) for r in rows]
    rows.sort(key=lambda row: -row.reward.value)
    episodes = len(next(chain(baselines.values(), *agents.values())).reward)
    return Comparison(model, episodes, tuple(rows), against)


@dataclass(frozen=True)
class Scale:
    """Rewards of random actions and of the optimum in the same episodes, for normalisation."""

    floor: Array
    top: Array

    @classmethod
    def of(cls, played: Mapping[str, Result], top: str | None) -> "Scale":
        """Take the scale from the baseline ``random`` and the one that scores 1.

        Without the latter (``top`` is None), scores are rewards.
        """
        if top is None:
            return cls(np.zeros(1), np.ones(1))
        return cls(played["random"].rewards, played[top].rewards)

    def score(self, reward: Any) -> Any:
        """Normalise mean rewards, a number or an array."""
        low = self.floor.mean()
        return (reward - low) / (self.top.mean() - low)

    def interval(self, reward: Array, seed: int = 0) -> Interval:
        """Return the score with an interval over episodes, which are resampled jointly."""
        floor, top = (np.broadcast_to(each, reward.shape) for each in (self.floor, self.top))
        if np.array_equal(reward, floor) or np.array_equal(reward, top):
            value = float(self.score(reward.mean()))
            return Interval(value, value, value)
        return interval_of((reward, floor, top), _score, seed)


def _score(reward: Array, floor: Array, top: Array, axis: int = -1) -> Any:
    low = floor.mean(axis)
    return (reward.mean(axis) - low) / (top.mean(axis) - low)


def _rewards(results: Sequence[Result]) -> Array:
    return np.array([each.reward for each in results])


def _row(
    name: str, kind: str, results: Sequence[Result], folders: Sequence[str], scale: Scale
) -> Row:
    means = [float(each.rewards.mean()) for each in results]
    scores = [float(scale.score(mean)) for mean in means]
    pairs = zip(results, folders, means, scores, strict=True)
    members = tuple(Run(folder, mean, score, r.objectives) for r, folder, mean, score in pairs)
    if len(results) == 1:
        rewards = results[0].rewards
        reward, score = mean_interval(rewards), scale.interval(rewards)
    else:
        reward = interquartile_mean(np.array(means))
        score = interquartile_mean(np.array(scores))
    objectives = _middles([each.objectives for each in results])
    figures = _middles([each.figures for each in results])
    return Row(name, kind, reward, score, len(results), members, objectives, figures)


def _middles(values: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: float(middle_mean([each[key] for each in values])) for key in values[0]}
