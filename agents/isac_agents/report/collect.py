"""The data of a report: the runs of each environment and scenario, their curves and results."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from isac_agents.benchmark.tasks import group
from isac_agents.evaluation import results
from isac_agents.evaluation.cache import EvaluationCache
from isac_agents.evaluation.comparison import Comparison, Scale, tabulate
from isac_agents.evaluation.episodes import HELD_OUT_SEED
from isac_agents.evaluation.policy_sources import gather, trained
from isac_agents.evaluation.results import Result
from isac_agents.evaluation.statistics import Array
from isac_agents.runs.learners import find_weights
from isac_agents.runs.record import RECORD, RunRecord, read_record
from isac_envs.declaration.model import Model
from isac_envs.errors import IsacError
from isac_envs.files import read_text

EPISODES = 1000
"""Number of held-out episodes if no run folder has results."""

LARGEST = 1 << 26
"""Size limit of a learning curve, in bytes."""

STEPS = "time/total_timesteps"
EVALUATED, TRAINED = "eval/mean_reward", "rollout/ep_rew_mean"
"""Columns of learning curves, the preferred one first."""

Warn = Callable[[str], None]


@dataclass(frozen=True)
class Curve:
    """Learning curve of a run: normalised scores against environment steps.

    Attributes:
        steps: Environment steps, increasing.
        scores: Normalised scores of episodes.
        greedy: Whether the scores come from evaluations without exploration, not from training.
    """

    steps: Array
    scores: Array
    greedy: bool


@dataclass(frozen=True)
class Agent:
    """The runs of an agent in one environment and scenario.

    Attributes:
        name: Its name in the report.
        records: Records of the runs.
        scores: Normalised score of each run on the held-out episodes, shape ``(runs,)``.
        curves: Learning curves, of the runs that have one.
    """

    name: str
    records: tuple[RunRecord, ...]
    scores: Array
    curves: tuple[Curve, ...]

    @property
    def shown_curves(self) -> tuple[Curve, ...]:
        """The curves without exploration; all curves where there are none."""
        return tuple(each for each in self.curves if each.greedy) or self.curves


@dataclass(frozen=True)
class World:
    """An environment with its parameters, and all its runs."""

    title: str
    model: Model
    comparison: Comparison
    agents: tuple[Agent, ...]


def find(places: Iterable[Path]) -> list[Path]:
    """Find all run folders among places and below them, without duplicates.

    Raises:
        IsacError: If a place does not exist or holds no run folder.
    """
    found: dict[Path, Path] = {}
    for place in places:
        if not place.is_dir():
            raise IsacError(f"{place}: no such folder")
        inside = sorted(path.parent for path in place.rglob(RECORD))
        if not inside:
            raise IsacError(f"{place}: no run folder here or below, none has a {RECORD}")
        found |= {folder.resolve(): folder for folder in inside}
    return list(found.values())


def collect(folders: Sequence[Path], episodes: int | None, warn: Warn) -> list[World]:
    """Read the runs, and play the held-out episodes of those without stored results.

    Args:
        folders: Run folders.
        episodes: Held-out episodes; None for as many as the stored results have.
        warn: Called with the reason for each folder that is left out.

    Raises:
        IsacError: If no run is left.
    """
    usable = []
    for folder in folders:
        try:
            find_weights(folder, read_record(folder))
            usable.append(folder)
        except IsacError as error:
            warn(f"left out: {error}")
    worlds = [_world(title, each, episodes, warn) for title, each in group(usable).items()]
    found = [world for world in worlds if world.agents]
    if not found:
        raise IsacError("no run is left to report")
    return found


def _world(title: str, folders: Sequence[Path], episodes: int | None, warn: Warn) -> World:
    record = read_record(folders[0])
    model = record.world()
    kept = (results.most_episodes(each, record.scenario_hash, HELD_OUT_SEED) for each in folders)
    if episodes is None:
        episodes = max(kept) or EPISODES  # 0 without any stored results
    cache = EvaluationCache(model, episodes)
    cache.borrow(folders)
    played: dict[Path, Result] = {}
    for folder in folders:
        try:
            played[folder] = cache.agent(trained(folder, model)[1])
        except IsacError as error:
            warn(f"left out: {folder}: {error}")
    baselines = cache.baselines()
    places = {
        name: [each.folder for each in runs if each.folder]
        for name, runs in gather(map(str, played), model).items()
    }
    comparison = tabulate(
        model,
        baselines,
        {name: [played[each] for each in runs] for name, runs in places.items()},
        {name: [str(each) for each in runs] for name, runs in places.items()},
    )
    scale = Scale.of(baselines, model.reference_baseline)
    if model.reference_baseline is None:
        warn(f"{title}: no bound is known, so scores are rewards")
    scores = {row.name: np.array(row.scores) for row in comparison.rows if row.kind == "agent"}
    agents = tuple(
        Agent(
            name,
            tuple(read_record(each) for each in runs),
            scores[name],
            tuple(curve for each in runs if (curve := _curve(each, model, scale, warn))),
        )
        for name, runs in places.items()
    )
    return World(title, model, comparison, agents)


def _curve(folder: Path, model: Model, scale: Scale, warn: Warn) -> Curve | None:
    """Return the evaluations of a run during training, or else its training episodes.

    None if there are fewer than two points of either.
    """
    path = folder / "progress.csv"
    try:
        text = read_text(path, LARGEST).splitlines(keepends=True)
        lines = [*csv.DictReader(text)]
        found = [(_points(lines, name), name == EVALUATED) for name in (EVALUATED, TRAINED)]
    except FileNotFoundError:
        return None
    except (OSError, KeyError, ValueError, TypeError, csv.Error) as error:
        warn(f"{path}: no learning curve: {type(error).__name__}: {error}")
        return None
    for values, greedy in found:
        if len(values) >= 2:
            rewards = values[:, 1] / model.longest_episode()
            return Curve(values[:, 0], np.asarray(scale.score(rewards)), greedy)
    return None


def _points(lines: list[dict[str, str]], name: str) -> Array:
    """Return steps and values of a column, shape ``(points, 2)``; the last value of repeated steps.

    Raises:
        KeyError: If there are lines without steps.
        ValueError: If an entry is not a number.
    """
    rows = [(float(line[STEPS] or "nan"), float(line.get(name) or "nan")) for line in lines]
    values = np.array(rows).reshape(-1, 2)
    values = values[np.isfinite(values).all(1)]
    following = np.append(values[1:, 0], np.inf)
    return values[values[:, 0] < following]
