"""Reference scores: rewards of a scenario's baselines, exact or simulated."""

from typing import Any

import numpy as np
import tomlkit

from isac_agents.evaluation.episodes import UNIT, baseline, play
from isac_agents.evaluation.statistics import mean_interval
from isac_agents.progress import stage
from isac_agents.runs.record import write_atomically
from isac_envs import planning, scenarios
from isac_envs.catalog import model_class
from isac_envs.declaration.baseline import OptimalBaseline, RandomBaseline, tabulate
from isac_envs.declaration.model import Model

HEADER = "# measured; made by: isac reference {environment} --scenario {name} --write"

_MOST_SWEEPS = 100_000  # a few hundred suffice for chains that mix within an episode


def exact_rows(model: Model, discount: float) -> dict[str, Any]:
    """Compute exact long-run and episode averages of all tabular policies.

    Args:
        model: An environment with a finite model.
        discount: Discount factor of the value iteration in the first row, in [0, 1).

    Returns:
        The rows and the optima; ``optimal_average`` is None where it depends on the start state, or
        is not found in reasonable time (chains that rarely move).
    """
    mdp = model.transition_model()
    solution = planning.value_iteration(mdp, discount)
    optimum = planning.finite_horizon(mdp)
    policies = {"value iteration": solution.policy}
    policies |= _tables(model, mdp)
    return {
        "states": mdp.states,
        "actions": mdp.actions,
        "sweeps": solution.sweeps,
        "optimal_average": _optimal_average(mdp),
        "optimal_episode": optimum.mean,
        "policies": [_exact_row(model, mdp, *item) for item in policies.items()],
        "policy": solution.policy.tolist(),
    }


def measure(environment: str, scenario: str, episodes: int) -> dict[str, Any]:
    """Measure the reward of every baseline: return of an episode over the steps of the longest.

    The reward is exact where a baseline is a table over the states of a finite model. Otherwise it
    is a mean over held-out episodes, with the half width of its 95 % interval.

    Args:
        environment: Id of the environment.
        scenario: Name of a scenario or path of a scenario file.
        episodes: Number of simulated episodes, at least 2.
    """
    chosen = scenarios.load(environment, scenario, ignore_reference=True)
    model = model_class(environment)(chosen.parameters)
    mdp = model.transition_model() if model.finite else None
    tables = _tables(model, mdp) if mdp else {}
    scores: dict[str, dict[str, Any]] = {}
    title = f"{environment}, {chosen.name}"
    with stage(title, len(model.baselines), "policies") as shown:
        for name, declared in model.baselines.items():
            shown.update(len(scores), name)
            if mdp and issubclass(declared, OptimalBaseline):
                scores[name] = _exact(planning.finite_horizon(mdp).mean)
            elif mdp and name in tables:
                scores[name] = _exact(planning.episode_mean(mdp, tables[name]))
            else:
                interval = mean_interval(play(baseline(model, name), model, episodes).reward)
                half = 0.5 * (interval.high - interval.low)
                method = f"{episodes} episodes"
                scores[name] = {
                    "reward": round(interval.value, 6),
                    "half_width": round(half, 6),
                    "method": method,
                }
    return {
        "scenario_hash": scenarios.content_hash(model.id, model.params),
        "unit": UNIT,
        "scores": scores,
    }


def write(environment: str, scenario: str, result: dict[str, Any]) -> None:
    """Write the scores into the scenario file, leaving the rest and its comments unchanged.

    Args:
        environment: Id of the environment.
        scenario: Name of the scenario or path of its file.
        result: Scores from :func:`measure`.
    """
    path = scenarios.path(environment, scenario)
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    document.pop("reference", None)
    section = tomlkit.table()
    note = HEADER.format(environment=environment, name=scenario).removeprefix("# ")
    section.add(tomlkit.comment(note))
    for key in ("scenario_hash", "unit"):
        section.add(key, result[key])
    scores = tomlkit.table()
    for name, score in result["scores"].items():
        inline = tomlkit.inline_table()
        inline.update(score)
        scores.add(name, inline)
    section.add("scores", scores)
    document.add("reference", section)
    write_atomically(path, lambda new: new.write_text(tomlkit.dumps(document), encoding="utf-8"))


def _optimal_average(mdp: planning.FiniteMdp) -> float | None:
    """Return the best long-run average, or None if it is not unique or not found."""
    try:
        return planning.optimal_average(mdp, max_sweeps=_MOST_SWEEPS)
    except (ValueError, RuntimeError):
        return None


def _tables(model: Model, mdp: planning.FiniteMdp) -> dict[str, Any]:
    """Return the policies of all baselines with a known exact value."""
    tables: dict[str, Any] = {}
    for name, declared in model.baselines.items():
        if declared.memoryless:
            tables[name] = tabulate(declared, model)
        elif issubclass(declared, RandomBaseline) and not model.masked:
            tables[name] = planning.uniform_policy(mdp)
    return tables


def _exact(value: float) -> dict[str, Any]:
    return {"reward": round(value, 6), "half_width": 0.0, "method": "exact"}


def _exact_row(
    model: Model, mdp: planning.FiniteMdp, name: str, policy: planning.Policy
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "policy": name,
        "average": planning.average(mdp, policy),
        "episode": planning.episode_mean(mdp, policy),
    }
    for each in model.summaries:
        if each.numerator not in mdp.signals:
            row[each.name] = None
            continue
        value = planning.average(mdp, policy, each.numerator)
        if each.denominator:
            below = planning.average(mdp, policy, each.denominator)
            value = value / below if below else float(np.nan)
        row[each.name] = value
    return row
