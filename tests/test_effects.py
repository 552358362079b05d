"""No dead action, no parameter without effect, no dead agent."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, get_args, get_origin

import harness
import numpy as np
import pytest
from gymnasium import spaces
from harness import SCENARIOS, bind, digest, random_actions, same, several, short

from isac_envs import scenarios
from isac_envs.core.env import Env
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.core.vector_env import VectorEnv
from isac_envs.declaration.params import INTERFACE
from isac_envs.errors import ScenarioError

NO_EFFECT: dict[str, set[str]] = {
    "isac/VcpsView-v0": {"tracks_csv"},
    "isac/VcpsViewMulti-v0": {"tracks_csv"},
}
"""Parameters by id that change nothing in a trajectory, each with a reason in its meaning.

Files of the user are tested with the environment that reads them.
"""


def neighbours(space: spaces.Space[Any], action: Any) -> Iterator[tuple[str, Any]]:
    """Yield actions that differ from one in one coordinate, under the name of the difference."""
    if isinstance(space, spaces.Discrete):
        yield from ((f"value {k}", k) for k in range(int(space.n)) if k != action)
        return
    for coordinate in range(len(action)):
        if isinstance(space, spaces.Box):
            values = np.linspace(space.low[coordinate], space.high[coordinate], 3)
        else:
            counts = getattr(space, "nvec", np.full(len(action), 2))
            values = np.arange(counts[coordinate])
        for k, value in enumerate(values):
            other = action.copy()
            other[coordinate] = value
            yield f"coordinate {coordinate}, value {k}", other


def all_differences(space: spaces.Space[Any]) -> set[str]:
    first = random_actions(space, 1)[0]
    found = {name for name, _ in neighbours(space, first)}
    return found | ({f"value {first}"} if isinstance(space, spaces.Discrete) else set())


def test_no_dead_actions(case: str) -> None:
    env = Env(short(case, 40))
    env.reset(seed=0)
    missing = all_differences(env.action_space)
    for action in random_actions(env.action_space, 200):
        here = env.simulate(action)
        for name, other in neighbours(env.action_space, action):
            if name in missing and not same(here, env.simulate(other)):
                missing.discard(name)
        if not missing:
            return
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            env.reset()
    pytest.fail(f"dead actions of {case}: {sorted(missing)}")


@pytest.mark.parametrize("name", harness.TOYS)
def test_every_agent_s_action_matters(name: str) -> None:
    env = ParallelEnv(several(name))
    for agent in env.possible_agents:
        outcomes = set()
        for action in random_actions(env.action_space(agent), 20):
            env.reset(seed=1)
            still = random_actions(env.action_space(agent), 1)[0]
            given = {**dict.fromkeys(env.agents, still), agent: action}
            outcomes.add(digest(env.step(given)))
        assert len(outcomes) > 1, agent


def alternatives(field: Any, value: Any) -> list[Any]:
    """Return other values of a parameter, some of which may be out of range."""
    if get_origin(field.annotation) is Literal:
        return [each for each in get_args(field.annotation) if each != value]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [each for each in (value + 1, value - 1, 2 * value, value // 2) if each != value]
    if isinstance(value, float):
        moved = (0.5 * value, 2.0 * value, 0.5 + 0.5 * value, value + 0.1, value + 1.0, 0.0)
        return [each for each in moved if each != value]
    return [
        (*value[:k], other, *value[k + 1 :])
        for k in range(len(value))
        for other in alternatives(field, value[k])[:2]
    ]


SIZES = ((2, 8), (3, 30), (24, 120))
"""Copies and steps of a trace: nearly every effect shows in the few, the others in the many."""


def trace(
    name: str, scenario: str | None, overrides: dict[str, Any], size: tuple[int, int]
) -> tuple[str, ...]:
    """Return what identifies the spaces and trajectories of some copies, or of one team."""
    copies, steps = size
    model = bind(name, scenario, **overrides)
    if len(model.agents) > 1:
        env = ParallelEnv(model)
        agent = env.possible_agents[0]
        described = f"{len(model.agents)}{env.observation_space(agent)}{env.action_space(agent)}"
        return described, digest(harness.play_parallel(env, steps, seed=0))
    vector = VectorEnv(model, copies)
    described = f"{vector.observation_space}{vector.action_space}"
    outcomes = [vector.reset(seed=0)]
    outcomes += [vector.step(action) for action in random_actions(vector.action_space, steps)]
    return described, digest(outcomes)


@cache
def unchanged(
    name: str, scenario: str | None, base: tuple[tuple[str, Any], ...], size: tuple[int, int]
) -> tuple[str, ...]:
    """Return the trace that the others are compared with, once for all parameters."""
    return trace(name, scenario, dict(base), size)


def shows(
    name: str, scenario: str | None, base: dict[str, Any], parameter: str, size: tuple[int, int]
) -> bool:
    """Tell whether another value of a parameter shows in a trace."""
    params = bind(name, scenario, **base).params
    before = unchanged(name, scenario, tuple(base.items()), size)
    for other in alternatives(type(params).model_fields[parameter], getattr(params, parameter)):
        try:
            after = trace(name, scenario, {**base, parameter: other}, size)
        except ValueError:  # out of range
            continue
        if after != before:
            return True
    return False


def is_possible(name: str, scenario: str | None, overrides: dict[str, Any]) -> bool:
    """Tell whether a scenario lets itself be overridden; levels want bits, for example."""
    try:
        bind(name, scenario, **overrides)
    except ScenarioError:
        return False
    return True


def has_effect(name: str, parameter: str, horizon: int) -> bool:
    """Tell whether another value of a parameter shows, in any scenario and form of interface."""
    first, *others = [scenario for n, scenario in SCENARIOS if n == name] or [None]
    declared = type(bind(name).params).model_fields
    cases: list[tuple[str | None, dict[str, Any]]] = [(first, {})]
    for interface in INTERFACE:
        forms = get_args(declared[interface].annotation) if interface in declared else ()
        others_of = [{interface: form} for form in forms if interface != parameter]
        cases += [(first, form) for form in others_of if is_possible(name, first, form)]
    cases += [(scenario, {}) for scenario in others]
    return any(
        shows(name, scenario, {"horizon": horizon, **form}, parameter, size)
        for size in SIZES
        for scenario, form in cases
    )


def parameters() -> list[tuple[str, str]]:
    names = [*harness.IDS, *harness.TOYS]
    return [(name, field) for name in names for field in type(bind(name).params).model_fields]


@pytest.mark.parametrize(("name", "parameter"), parameters())
def test_every_parameter_has_an_effect(name: str, parameter: str) -> None:
    if parameter in NO_EFFECT.get(name, set()):
        pytest.skip("documented as without effect")
    assert has_effect(name, parameter, horizon=20), f"{name}: {parameter} changes nothing"


def weight_has_effect(name: str, scenario: str, k: int, size: tuple[int, int]) -> bool:
    """Tell whether another weight of one objective shows in a scenario."""
    weights = bind(name, scenario, horizon=60).params.weights
    changed = (*weights[:k], weights[k] + 0.5, *weights[k + 1 :])
    before = unchanged(name, scenario, (("horizon", 60),), size)
    return trace(name, scenario, {"horizon": 60, "weights": changed}, size) != before


def test_every_weight_has_an_effect(env_id: str) -> None:
    for k in range(len(bind(env_id).params.weights)):
        assert any(
            weight_has_effect(env_id, scenario, k, size)
            for size in SIZES
            for scenario in scenarios.names(env_id)
        ), k


def test_every_scenario_is_another_environment(env_id: str) -> None:
    found = scenarios.names(env_id)
    assert len({scenarios.load(env_id, name).hash for name in found}) == len(found)
