"""isac/JrcAoiTiny-v0: the kernel against its finite model, and the model against closed forms."""

import math
from functools import cache

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.core.env import Env
from isac_envs.core.vector_env import VectorEnv
from isac_envs.declaration.baseline import tabulate
from isac_envs.errors import IsacError
from isac_envs.planning import (
    FiniteMdp,
    average,
    episode_mean,
    evaluate,
    finite_horizon,
    optimal_average,
    uniform_policy,
    value_iteration,
)
from isac_envs.planning.chains import SparseTransition

ID = "isac/JrcAoiTiny-v0"
CALM = {"event_exponent": 100.0, "road_stays_good": 1.0, "weather_stays_good": 1.0,
        "speed_stays_low": 1.0, "object_stays_static": 1.0, "road_stays_bad": 0.0,
        "weather_stays_bad": 0.0, "speed_stays_high": 0.0, "object_stays_moving": 0.0}  # fmt: skip


def model(scenario=None, **overrides):
    return scenarios.build(ID, scenario, overrides)


@cache
def problem(scenario):
    return model(scenario).transition_model()


@cache
def exact(scenario):
    """Exact mean reward per step of an episode of every policy that is a table."""
    bound, mdp = model(scenario), problem(scenario)
    tables = {
        name: tabulate(each, bound) for name, each in bound.baselines.items() if each.memoryless
    }
    means = {name: episode_mean(mdp, table) for name, table in tables.items()}
    means["random"] = episode_mean(mdp, uniform_policy(mdp))
    return means | {"optimum": finite_horizon(mdp).mean}


def test_number_of_states_and_actions():
    mdp = problem("persistent")
    assert (mdp.states, mdp.actions) == (15**2 * 32, 3)
    assert mdp.transition.min() >= 0.0
    np.testing.assert_allclose(mdp.transition.sum(-1), 1.0, atol=1e-12)


@pytest.mark.parametrize("sizes", [{}, {"class_weights": (1.0, 2.0, 3.0), "age_cap": 4},
                                   {"class_weights": (1.0,), "age_cap": 1}])  # fmt: skip
def test_every_state_has_its_index(sizes):
    bound = model(**sizes)
    states = bound.transition_model().states
    assert bound.state_index(bound.all_states()).tolist() == list(range(states))
    assert Env(ID, observation="index", **sizes).observation_space.n == states


def test_order_of_policies():
    for scenario in ("persistent", "traffic"):
        found = exact(scenario)
        assert max(found, key=found.get) == "optimum"
        assert found["value_iteration"] > found["one_step_planner"] > found["random"]
        assert found["random"] > found["always_radar"]


def test_traffic_is_a_benchmark_and_persistent_a_validation():
    def score(scenario, name):
        found = exact(scenario)
        return (found[name] - found["random"]) / (found["optimum"] - found["random"])

    assert score("persistent", "whittle") > 0.95
    assert (
        max(score("traffic", name) for name in ("whittle", "max_weight", "one_step_planner")) < 0.9
    )


@pytest.mark.parametrize("scenario", ["persistent", "traffic"])
@pytest.mark.parametrize("name", ["value_iteration", "whittle", "random", "optimum"])
def test_simulation_agrees_with_the_exact_model(scenario, name):
    """1024 episodes of 400 steps: within four standard errors."""
    env = VectorEnv(ID, 1024, scenario=scenario)
    policy = env.model.baselines[name](env.batch)
    env.reset(seed=2)
    total = sum(env.step(policy.act())[1] for _ in range(400)) / 400
    error = total.mean() - exact(scenario)[name]
    assert abs(error) < 4 * total.std() / math.sqrt(1024)


@pytest.mark.parametrize("sizes", [{}, {"class_weights": (1.0, 5.0, 2.0), "age_cap": 3}])
def test_one_step_frequencies(sizes):
    copies = 20_000
    env = VectorEnv(ID, copies, **sizes)
    mdp, random = env.model.transition_model(), np.random.default_rng(4)
    env.reset(seed=5)
    every = env.model.all_states()
    for action in range(mdp.actions):
        index = int(random.integers(mdp.states))
        start = env.snapshot()
        for name in ("channel", "road", "weather", "speed", "object"):
            start[0][name] = every[0][name][index]
        start[1]["age"] = every[1]["age"][index]
        env.restore(start)
        _, reward, _, _, info = env.step(np.full(copies, action))
        found = np.bincount(env.model.state_index(env.batch.state), minlength=mdp.states) / copies
        expected = mdp.transition.matrices[action][[index]].toarray()[0]
        assert not found[expected == 0].any()
        spread = np.sqrt(expected * (1 - expected) / copies)
        assert (np.abs(found - expected) <= 5 * spread + 2 / copies).all()
        means = {"reward": reward, **info["metrics"]}
        for name, table in {"reward": mdp.reward, **mdp.signals}.items():
            margin = 5 * means[name].std() / math.sqrt(copies) + 1e-3
            assert abs(means[name].mean() - table[action, index]) < margin, name


def test_a_single_class_without_events_is_sent_in_every_slot():
    bound = model(class_weights=(3.0,), success_good=1.0, success_bad=1.0, **CALM)
    optimum = finite_horizon(bound.transition_model())
    # the age is one after every slot; only conditions drawn bad at reset can cost more
    assert optimum.mean == pytest.approx(-0.02 * 3.0, abs=5e-3)
    # with success s the age is geometric: mean 1 / s, cut at the cap
    half = model(class_weights=(1.0,), success_good=0.5, success_bad=0.5, age_cap=60, **CALM)
    assert optimal_average(half.transition_model()) == pytest.approx(-0.02 * 2.0, abs=1e-6)


def test_always_radar_lets_the_ages_grow_to_the_cap():
    ages = np.minimum(1 + np.arange(1, 401), 15)
    assert exact("persistent")["always_radar"] == pytest.approx(-0.02 * 3.0 * ages.mean())


def test_equal_classes_are_worth_the_same():
    bound = model(class_weights=(2.0, 2.0), age_cap=6)
    values = value_iteration(bound.transition_model(), 0.9).values.reshape(6, 6, 32)
    np.testing.assert_allclose(values, values.transpose(1, 0, 2), atol=1e-8)
    assert (np.diff(values, axis=0) <= 1e-8).all()  # older is never better


def test_sparse_planning_equals_dense_planning():
    sparse = model(age_cap=3).transition_model()
    dense = FiniteMdp(
        np.stack([each.toarray() for each in sparse.transition.matrices]),
        sparse.reward, sparse.initial, sparse.signals, sparse.horizon,
    )  # fmt: skip
    policy = value_iteration(dense, 0.95).policy
    assert value_iteration(sparse, 0.95).policy.tolist() == policy.tolist()
    assert optimal_average(sparse) == pytest.approx(optimal_average(dense), abs=1e-9)
    assert finite_horizon(sparse).mean == pytest.approx(finite_horizon(dense).mean, abs=1e-12)
    for each in (policy, uniform_policy(dense)):
        assert average(sparse, each) == pytest.approx(average(dense, each), abs=1e-10)
        assert episode_mean(sparse, each) == pytest.approx(episode_mean(dense, each), abs=1e-12)
        np.testing.assert_allclose(evaluate(sparse, each), evaluate(dense, each), atol=1e-9)


def test_sparse_transitions_are_checked_like_dense_ones():
    half = SparseTransition([np.array([[0.5, 0.4], [0.0, 1.0]])])
    with pytest.raises(ValueError, match="transition holds rows"):
        FiniteMdp(half, np.zeros((1, 2)), np.array([1.0, 0.0]))
    with pytest.raises(ValueError, match="axis is 1"):
        half.max(1)


def test_too_many_states_are_refused():
    with pytest.raises(IsacError, match="32000000 states are too many"):
        model(age_cap=1000).transition_model()
