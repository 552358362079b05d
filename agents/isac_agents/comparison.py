"""Agents beside the baselines of an environment, on the same held-out episodes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich.table import Table
from scipy import stats

from isac_agents.commands.output import table
from isac_agents.evaluation import (
    HELD_OUT_SEED,
    Array,
    Evaluation,
    Interval,
    MakePolicy,
    Policy,
    baseline,
    interquartile_mean,
    interval_of,
    mean_interval,
    play,
)
from isac_envs.declaration.model import Model
from isac_envs.errors import IsacError


@dataclass(frozen=True)
class Row:
    """One policy of a comparison.

    Attributes:
        name: Agent or baseline.
        kind: ``agent``, or what the baseline's score means.
        reward: Mean reward per step of an episode.
        score: Normalised: 0 for random actions, 1 for the optimum on the same episodes.
        runs: Trained runs behind the row; 1 for a baseline.
        scores: Normalised score of each run.
        figures: The environment's summary figures.
    """

    name: str
    kind: str
    reward: Interval
    score: Interval
    runs: int
    scores: tuple[float, ...]
    figures: dict[str, float]


@dataclass(frozen=True)
class Comparison:
    """Policies in the order of their reward."""

    model: Model
    episodes: int
    rows: tuple[Row, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the content for JSON."""
        rows = [asdict(row) for row in self.rows]
        return {"id": self.model.id, "episodes": self.episodes, "rows": rows}

    def table(self, title: str) -> Table:
        """Return the table for a terminal."""
        columns, rows = self.cells()
        return table(title, columns, rows)

    def markdown(self) -> str:
        """Return the table in Markdown."""
        columns, rows = self.cells()
        lines = [columns, ["---"] * len(columns), *rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"

    def cells(self) -> tuple[list[str], list[list[str]]]:
        """Return column names and cells as text."""
        names = [each.name.replace("_", " ") for each in self.model.summaries]
        columns = ["policy", "reward/step", "score", "95 % interval", *names]
        rows = []
        for row in self.rows:
            label = row.name if row.kind == "heuristic" else f"{row.name} ({row.kind})"
            label = row.name if row.kind == row.name else label
            interval = f"{row.score.low:.3f} to {row.score.high:.3f}"
            figures = [f"{row.figures[each.name]:.3f}" for each in self.model.summaries]
            means = (f"{row.reward.value:.3f}", f"{row.score.value:.3f}")
            rows.append([label, *means, interval, *figures])
        return columns, rows

    def caption(self, runs: int) -> str:
        """Return what the numbers mean."""
        agents = f"interquartile mean over {runs} runs" if runs > 1 else "one run"
        return (
            f"{self.episodes} held-out episodes, the same for every row. Score: random = 0, "
            f"optimum = 1 on these episodes. Agents: {agents}; interval over runs, for single "
            "policies over episodes."
        )


@dataclass(frozen=True)
class Contestant:
    """A policy and the environment in the form that it observes."""

    model: Model
    make: MakePolicy

    @classmethod
    def trained(cls, model: Model, policy: Policy) -> "Contestant":
        """Return a contestant for a policy that exists already."""
        return cls(model, lambda env: policy)


def compare(
    model: Model,
    agents: Mapping[str, Sequence[Contestant]],
    episodes: int,
    seed: int = HELD_OUT_SEED,
) -> Comparison:
    """Play every baseline and every agent on the same episodes.

    Args:
        model: The environment.
        agents: Contestants by agent name, one a run.
        episodes: Number of episodes.
        seed: Seed of the first episode.

    Raises:
        IsacError: If an agent's actions do not fit the environment.
    """
    played = {name: play(baseline(model, name), model, episodes, seed) for name in model.baselines}
    scale = Scale.of(played, model.yardstick())
    rows = [_baseline_row(name, model, played[name], scale) for name in model.baselines]
    for name, policies in agents.items():
        results = [play(each.make, each.model, episodes, seed) for each in policies]
        rows.append(_agent_row(name, model, results, scale))
    rows.sort(key=lambda row: -row.reward.value)
    return Comparison(model, episodes, tuple(rows))


@dataclass(frozen=True)
class Scale:
    """Rewards of random actions and of the optimum in the same episodes, to normalise with."""

    floor: Array
    top: Array

    @classmethod
    def of(cls, played: Mapping[str, Evaluation], top: str) -> "Scale":
        """Read the scale off the baseline ``random`` and the one that scores 1.

        Raises:
            IsacError: If the environment lacks one of them.
        """
        missing = {"random", top} - set(played)
        if missing:
            raise IsacError(f"the environment lacks the baselines {', '.join(sorted(missing))}")
        return cls(played["random"].reward, played[top].reward)

    def score(self, reward: Array) -> float:
        """Return the normalised score of a policy from its rewards in the episodes."""
        return float(_score(reward, self.floor, self.top))

    def interval(self, reward: Array, seed: int = 0) -> Interval:
        """Return the score with an interval over episodes, which are resampled jointly."""
        if np.array_equal(reward, self.floor) or np.array_equal(reward, self.top):
            value = self.score(reward)
            return Interval(value, value, value)
        return interval_of((reward, self.floor, self.top), _score, seed)


def _score(reward: Array, floor: Array, top: Array, axis: int = -1) -> Any:
    low = floor.mean(axis)
    return (reward.mean(axis) - low) / (top.mean(axis) - low)


def _baseline_row(name: str, model: Model, result: Evaluation, scale: Scale) -> Row:
    score = scale.interval(result.reward)
    return Row(
        name,
        model.baselines[name].kind,
        mean_interval(result.reward),
        score,
        1,
        (score.value,),
        result.summary(model),
    )


def _agent_row(name: str, model: Model, results: Sequence[Evaluation], scale: Scale) -> Row:
    scores = tuple(scale.score(each.reward) for each in results)
    if len(results) == 1:
        reward, score = mean_interval(results[0].reward), scale.interval(results[0].reward)
    else:
        means = np.array([each.reward.mean() for each in results])
        reward, score = interquartile_mean(means), interquartile_mean(np.array(scores))
    summaries = [each.summary(model) for each in results]
    figures = {
        key: float(stats.trim_mean([each[key] for each in summaries], 0.25)) for key in summaries[0]
    }
    return Row(name, "agent", reward, score, len(results), scores, figures)
