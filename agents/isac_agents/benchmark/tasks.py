"""The runs of a matrix: train, evaluate, and resume after an interruption."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from isac_agents import launch
from isac_agents.evaluation import results
from isac_agents.evaluation.cache import EvaluationCache
from isac_agents.evaluation.comparison import Comparison, compare
from isac_agents.evaluation.episodes import HELD_OUT_SEED
from isac_agents.evaluation.policy_sources import gather, trained
from isac_agents.evaluation.results import Key
from isac_agents.runs.record import is_finished, read_record
from isac_agents.training import resumption
from isac_agents.training.job import Job
from isac_agents.training.train_jobs import train


def is_done(job: Job, episodes: int) -> bool:
    """Return whether a run is trained and its evaluation stored."""
    if not is_finished(job.folder):
        return False
    record = read_record(job.folder)
    key = Key.of(record.world(), episodes, HELD_OUT_SEED, record.weights_sha256)
    return results.read(job.folder, key) is not None


def perform(job: Job, episodes: int) -> None:
    """Train a run, resuming from its last checkpoint, and evaluate it; skip finished parts.

    Raises:
        IsacError: If the training fails, or the agent cannot be evaluated.
    """
    job.announce()
    if not is_finished(job.folder):
        resumption.check(job.folder, job.record, accept=False)
        train(job, launch.report)
    world = job.record.world()
    cache = EvaluationCache(world, episodes)
    cache.borrow(job.folder.parents[1].glob("*/seed_*"))
    cache.agent(trained(job.folder, world)[1])


def group(folders: Iterable[Path]) -> dict[str, list[Path]]:
    """Group run folders by environment and parameters."""
    titles: dict[str, str] = {}
    groups: dict[str, list[Path]] = {}
    for folder in folders:
        record = read_record(folder)
        title = f"{record.environment}, {record.scenario}"
        if title in titles.values() and record.scenario_hash not in titles:
            title = f"{title}, other parameters ({record.scenario_hash[:8]})"
        groups.setdefault(titles.setdefault(record.scenario_hash, title), []).append(folder)
    return groups


def summarise(folders: Iterable[Path], episodes: int) -> dict[str, Comparison]:
    """Compare finished runs; one comparison for each group of :func:`group`."""
    return {title: _compare(each, episodes) for title, each in group(folders).items()}


def _compare(folders: Sequence[Path], episodes: int) -> Comparison:
    world = read_record(folders[0]).world()
    return compare(world, gather(map(str, folders), world), episodes)
