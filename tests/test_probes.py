"""Probes that any reinforcement learning environment should pass, whatever it models."""

import copy
import pickle
import random
from typing import Any, Literal, get_args, get_origin

import gymnasium
import harness
import numpy as np
import pytest
from harness import bind, play, random_actions, same

from isac_envs.core.env import Env
from isac_envs.core.vector_env import VectorEnv
from isac_envs.errors import ScenarioError
from isac_envs.testing import check_model

STEPS = 60


def trajectory(env: Any, seed: int | None) -> list[Any]:
    return play(env, random_actions(env.action_space, STEPS), seed=seed)


def test_same_seed_same_trajectory(case: str) -> None:
    env = Env(bind(case))
    first = trajectory(env, 7)
    trajectory(env, 9)
    assert same(first, trajectory(env, 7))
    assert same(first, trajectory(Env(bind(case)), 7))


def test_different_seed_different_trajectory(case: str) -> None:
    env = Env(bind(case))
    actions = random_actions(env.action_space, 40)
    results = {harness.digest(play(env, actions, seed=seed)) for seed in range(20)}
    assert len(results) == 20


def test_next_episode_differs(case: str) -> None:
    env = Env(bind(case))
    assert not same(trajectory(env, 3), trajectory(env, None))


def test_unseeded_environments_differ(case: str) -> None:
    assert not same(trajectory(Env(bind(case)), None), trajectory(Env(bind(case)), None))


def observation_forms() -> list[Any]:
    """Return every environment with every value of its parameters that are choices."""
    forms = []
    for name in harness.CASES:
        forms.append(pytest.param(name, {}, id=name))
        for field, declared in type(bind(name).params).model_fields.items():
            if get_origin(declared.annotation) is Literal:
                forms += [
                    pytest.param(name, {field: value}, id=f"{name}-{field}-{value}")
                    for value in get_args(declared.annotation)
                ]
    return forms


@pytest.mark.parametrize(("name", "overrides"), observation_forms())
def test_observations_lie_in_their_space(name: str, overrides: dict[str, Any]) -> None:
    try:
        env = Env(bind(name, **overrides))
    except ScenarioError as error:  # it needs others; the scenarios that have it are tested below
        assert all(field in str(error) for field in overrides)
        return
    outcomes = play(env, random_actions(env.action_space, 400), seed=0)
    assert all(env.observation_space.contains(outcome[0]) for outcome in outcomes)
    vector = VectorEnv(bind(name, **overrides), 3)
    assert vector.observation_space.contains(vector.reset(seed=0)[0])
    for action in random_actions(vector.action_space, 50):
        assert vector.observation_space.contains(vector.step(action)[0])


def test_observations_of_all_scenarios_lie_in_their_space(scenario: tuple[str, str]) -> None:
    env_id, name = scenario
    if env_id not in harness.ALONE:
        pytest.skip("several agents")
    env = gymnasium.make(env_id, scenario=name)
    outcomes = play(env, random_actions(env.action_space, 400), seed=1)
    assert all(env.observation_space.contains(outcome[0]) for outcome in outcomes)


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_copies_before_and_after_reset(case: str, twin: Any) -> None:
    env = Env(bind(case))
    assert same(trajectory(twin(env), 5), trajectory(env, 5))
    assert same(twin(env).reset(), env.reset())


def test_global_generators_are_left_alone(case: str) -> None:
    numpy_before, python_before = np.random.get_state(), random.getstate()
    trajectory(Env(bind(case)), 1)
    env = VectorEnv(bind(case), 3)
    env.reset(seed=1)
    for action in random_actions(env.action_space, 20):
        env.step(action)
    numpy_after = np.random.get_state()
    assert same(numpy_before[1:], numpy_after[1:])
    assert random.getstate() == python_before


def test_global_generators_have_no_influence(case: str) -> None:
    np.random.seed(1)
    random.seed(1)
    first = trajectory(Env(bind(case)), 4)
    np.random.seed(2)
    random.seed(2)
    assert same(first, trajectory(Env(bind(case)), 4))


def test_np_random_is_seeded_for_wrappers(case: str) -> None:
    draws = []
    for _ in range(2):
        env = Env(bind(case))
        env.reset(seed=12)
        env.step(random_actions(env.action_space, 1)[0])
        draws.append(env.np_random.random(3))
    assert same(*draws)


def test_the_action_has_no_influence_on_the_seeding(case: str) -> None:
    env = Env(bind(case))
    first, _ = env.reset(seed=3)
    for action in random_actions(env.action_space, 2):
        env.reset(seed=4)
        env.step(action)
        assert same(first, env.reset(seed=3)[0])


def test_every_environment_passes_the_check_for_models(case: str) -> None:
    check_model(harness.short(case), steps=20)
