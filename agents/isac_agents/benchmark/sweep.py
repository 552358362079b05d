"""Hyper-parameter search with Optuna: processes share the study, and it can be continued.

A trial trains an agent and scores it on validation episodes: random actions 0, the optimum 1. Their
seeds start at :data:`VALIDATION_SEED`, separate from those of training and from the held-out ones
of comparisons and reports, so that a preset is never chosen by the data of its evaluation.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import tomlkit

from isac_agents import launch, registry
from isac_agents.algorithms.search_spaces import Choice, Range, Space
from isac_agents.evaluation.cache import Candidate, EvaluationCache
from isac_agents.evaluation.comparison import Scale
from isac_agents.evaluation.episodes import VALIDATION_SEED
from isac_agents.runs.learners import make_learner
from isac_agents.runs.record import RunRecord
from isac_envs.errors import IsacError

_DIGITS = 4  # significant digits of numbers tried and printed


@dataclass(frozen=True)
class Sweep:
    """A search, and the storage of its study.

    Attributes:
        record: A run with the settings common to all trials, seeded as their first run.
        space: Search space.
        runs: Runs of each trial, with consecutive seeds.
        episodes: Validation episodes.
        rungs: Intermediate scores of a run by which a trial may be stopped; 0 never stops.
        storage: Address of the database.
        study: Name of the study in the database.
        seed: Seed of the search.
    """

    record: RunRecord
    space: Space
    runs: int
    episodes: int
    rungs: int
    storage: str
    study: str
    seed: int

    def settings(self) -> dict[str, Any]:
        """Return the settings that must not change within a study."""
        record = self.record
        return {
            "environment": record.environment,
            "scenario_hash": record.scenario_hash,
            "agent": record.agent,
            "steps": record.steps,
            "num_envs": record.num_envs,
            "first_seed": record.seed,
            "runs": self.runs,
            "episodes": self.episodes,
            "rungs": self.rungs,
            "fixed": {k: v for k, v in record.hyper_parameters.items() if k not in self.space},
            "space": {name: asdict(each) for name, each in sorted(self.space.items())},
        }


def open_study(sweep: Sweep) -> Any:
    """Open the study, or create it.

    The first trial of a new study is the present preset, as far as it lies in the space. The best
    preset is therefore never worse than the present one on the validation episodes.

    Raises:
        IsacError: If Optuna is missing, the database cannot be opened, or the study was started
            with other settings.
    """
    optuna = _optuna()
    try:
        study = optuna.create_study(
            storage=sweep.storage, study_name=sweep.study, direction="maximize",
            load_if_exists=True, pruner=optuna.pruners.MedianPruner(n_startup_trials=4),
        )  # fmt: skip
    except Exception as error:  # each database has errors of its own
        raise IsacError(f"the storage of the study: {type(error).__name__}: {error}") from error
    settings = json.loads(json.dumps(sweep.settings()))
    before = study.user_attrs.get("settings")
    if before is not None and "copies" in before:  # the former name of num_envs
        before["num_envs"] = before.pop("copies")
    if before is None:
        study.set_user_attr("settings", settings)
        study.enqueue_trial(_present(sweep))
    elif before != settings:
        changed = [name for name in settings if before.get(name) != settings[name]]
        raise IsacError(
            f"study {sweep.study!r} was started with another {', '.join(changed)}; "
            "name this one differently with --study"
        )
    return study


def work(sweep: Sweep, trials: int, worker: int) -> None:
    """Run trials of a study in this process.

    Args:
        sweep: The search.
        trials: Number of trials, at least 1.
        worker: Number of this process among those of the command, from 0; part of the seed.

    Raises:
        IsacError: See :func:`open_study`.
    """
    optuna = _optuna()
    study = open_study(sweep)
    done = len(study.get_trials(deepcopy=False))  # a continued study must not repeat its draws
    random = np.random.default_rng([sweep.seed, done, worker])
    study.sampler = optuna.samplers.TPESampler(seed=int(random.integers(2**32)))
    world = sweep.record.world()
    cache = EvaluationCache(world, sweep.episodes, VALIDATION_SEED)
    scale = Scale.of(cache.baselines(), world.reference_baseline)
    study.optimize(
        lambda trial: _Trial(sweep, trial, cache, scale).score(), trials, catch=(IsacError,)
    )


def best_preset(sweep: Sweep, study: Any, fixed: Mapping[str, Any]) -> str:
    """Format the best preset as a table to paste into a scenario file.

    Args:
        sweep: The sweep.
        study: Its study.
        fixed: Hyper-parameters of the scenario's preset and of the user; the table includes them.

    Raises:
        IsacError: If no trial was completed; the message says why the last one failed.
    """
    complete = [each for each in study.trials if each.state.name == "COMPLETE"]
    if not complete:
        reasons = [each.user_attrs.get("reason", "") for each in study.trials]
        last = next((each for each in reversed(reasons) if each), "none was started")
        raise IsacError(f"study {sweep.study!r}: no trial was completed: {last}")
    best = study.best_trial
    record = sweep.record
    trained = {"steps": record.steps, "num_envs": record.num_envs}
    preset = {**fixed, **trained, **chosen(best, sweep.space)}
    document = tomlkit.document()
    document.add(tomlkit.comment(
        f"best of {len(complete)} complete trials of study {sweep.study}: score "
        f"{best.value:.4f} on {sweep.episodes} validation episodes"
    ))  # fmt: skip
    agents = tomlkit.table(is_super_table=True)
    table = tomlkit.table()
    for name, value in preset.items():
        table.add(name, _inline(value))
    agents.add(record.agent, table)
    document.add("agents", agents)
    return tomlkit.dumps(document)


def chosen(trial: Any, space: Space) -> dict[str, Any]:
    """Return the hyper-parameters of a trial."""
    return {
        name: json.loads(value) if isinstance(space[name], Choice) else _round(value)
        for name, value in trial.params.items()
    }


def rank(trial: Any) -> tuple[bool, float]:
    """Return the sorting key of trials: complete ones by decreasing score, then the others."""
    complete = trial.state.name == "COMPLETE"
    return not complete, -trial.value if complete else 0.0


class _Trial:
    """One set of hyper-parameters: trained once per seed and scored."""

    def __init__(self, sweep: Sweep, trial: Any, cache: EvaluationCache, scale: Scale) -> None:
        self.sweep, self.trial, self.cache, self.scale = sweep, trial, cache, scale

    def score(self) -> float:
        """Return the mean score over runs."""
        for name, dimension in self.sweep.space.items():
            _suggest(self.trial, name, dimension)
        hyper = {
            **self.sweep.record.hyper_parameters, **chosen(self.trial, self.sweep.space),
        }  # fmt: skip
        scores: list[float] = []
        try:
            for number in range(self.sweep.runs):
                seed = self.sweep.record.seed + number
                changed = {"hyper_parameters": hyper, "seed": seed}
                record = self.sweep.record.model_copy(update=changed)
                scores.append(self._run(record, scores))
        except IsacError as error:
            self.trial.set_user_attr("reason", str(error))
            raise
        return float(np.mean(scores))

    def _run(self, record: RunRecord, before: list[float]) -> float:
        agent = make_learner(record)
        rungs = self.sweep.rungs
        passed = 0

        def call(local: dict[str, Any], _: dict[str, Any]) -> bool:
            nonlocal passed
            launch.report(local["self"].num_timesteps)
            if passed < rungs and local["self"].num_timesteps * (rungs + 1) > record.steps * (
                passed + 1
            ):
                passed += 1
                number = len(before) * rungs + passed
                self.trial.report(float(np.mean([*before, self._play(agent, record)])), number)
                return not self.trial.should_prune()
            return True

        try:
            agent.learn(total_timesteps=record.steps, callback=call)
        except (TypeError, ValueError, AssertionError, RuntimeError) as error:  # it has diverged
            raise IsacError(f"agent {record.agent}: {error}") from error
        if rungs and self.trial.should_prune():
            raise _optuna().TrialPruned()
        return self._play(agent, record)

    def _play(self, agent: Any, record: RunRecord) -> float:
        result = self.cache.agent(Candidate.trained(record.model(), agent))
        return float(self.scale.score(result.rewards.mean()))


def _suggest(trial: Any, name: str, dimension: Range | Choice) -> None:
    if isinstance(dimension, Choice):
        trial.suggest_categorical(name, [json.dumps(each) for each in dimension.values])
    elif dimension.integer:
        trial.suggest_int(name, dimension.low, dimension.high, log=dimension.log)
    else:
        trial.suggest_float(name, dimension.low, dimension.high, log=dimension.log)


def _present(sweep: Sweep) -> dict[str, Any]:
    """Return the present preset as far as it lies in the space."""
    inside: dict[str, Any] = {}
    for name, dimension in sweep.space.items():
        value = sweep.record.hyper_parameters.get(name)
        if isinstance(dimension, Choice):
            if value in dimension.values:
                inside[name] = json.dumps(value)
        elif isinstance(value, int | float) and dimension.low <= value <= dimension.high:
            inside[name] = value
    return inside


def _round(value: Any) -> Any:
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value


def _inline(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    table = tomlkit.inline_table()
    table.update({name: _inline(each) for name, each in value.items()})
    return table


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise IsacError('a sweep needs Optuna: pip install "isac-envs[sweep]"') from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def space_of(agent: str, fixed: Mapping[str, Any]) -> Space:
    """Return the search space of an agent without the hyper-parameters that the user fixed.

    Raises:
        IsacError: If nothing is left to search.
    """
    space = {k: v for k, v in registry.search_space(agent).items() if k not in fixed}
    if not space:
        raise IsacError(f"{agent}: every hyper-parameter of the search space is fixed")
    return space


def check_space(agent: str, space: Space) -> None:
    """Refuse a search space with a name or a value that the agent does not accept.

    Raises:
        IsacError: If so; the message names the hyper-parameter, its value and valid values.
    """
    spec = registry.preset(agent)
    for name, each in space.items():
        for value in each.values if isinstance(each, Choice) else (each.low, each.high):
            registry.settings(spec, {name: value})


def ended(study: Any) -> tuple[int, str]:
    """Return the number of ended trials of a study, and the best score as text."""
    trials = [each for each in study.get_trials(deepcopy=False) if each.state.is_finished()]
    scores = [each.value for each in trials if each.state.name == "COMPLETE"]
    return len(trials), f"best score {max(scores):.4f}" if scores else ""
