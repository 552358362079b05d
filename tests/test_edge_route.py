"""One vehicle with its twin: the kernel against the model, thresholds and their closed form."""

from functools import cache
from typing import Any

import gymnasium
import numpy as np
import pytest

import isac_envs  # noqa: F401 - registers the ids
from isac_envs import scenarios
from isac_envs.declaration.baseline import tabulate
from isac_envs.declaration.trial import Trial
from isac_envs.envs.edges.edge_route.thresholds import (
    best_thresholds,
    threshold_costs,
    threshold_policy,
)
from isac_envs.errors import IsacError, ScenarioError
from isac_envs.planning import episode_mean, evaluate, finite_horizon, value_iteration

ID = "isac/EdgeRoute-v0"
GAMMA = 0.95


@cache
def bind(scenario: str = "default", **changes: Any) -> Any:
    return scenarios.build(ID, scenario, changes)


@cache
def solved(scenario: str) -> Any:
    return bind(scenario).transition_model()


@pytest.mark.parametrize("scenario", ["default", "frozen", "line"])
def test_the_kernel_agrees_with_the_model(scenario: str) -> None:
    model = bind(scenario)
    mdp, states = solved(scenario), model.all_states()
    random = np.random.default_rng(0)
    open_ = np.flatnonzero(states.env["node"] != states.env["target"])
    chosen = np.arange(mdp.states) if scenario == "line" else random.choice(open_, 30)
    for action in range(mdp.actions):
        trial = Trial(model, 40 * len(chosen))
        trial.take(states, np.repeat(chosen, 40))
        trial.reseed(1000 * action + np.arange(trial.n))
        rewards = trial.step(np.full(trial.n, action))
        expected = np.repeat(mdp.reward[action, chosen], 40)
        np.testing.assert_allclose(rewards, expected, rtol=1e-12, atol=1e-12)
        after = model.state_index(trial.state).reshape(-1, 40)
        for row, state in zip(after, chosen, strict=True):
            matrix = (
                mdp.transition.matrices[action] if scenario != "line" else mdp.transition[action]
            )
            likely = matrix[[state]].toarray()[0] if scenario != "line" else matrix[state]
            assert set(row) <= set(np.flatnonzero(likely))
            for end in np.flatnonzero(likely):
                assert np.mean(row == end) == pytest.approx(likely[end], abs=0.4)


@pytest.mark.parametrize("name", ["greedy", "shortest", "threshold"])
@pytest.mark.parametrize("scenario", ["default", "line"])
def test_rules_earn_what_the_model_says(scenario: str, name: str) -> None:
    model, mdp = bind(scenario), solved(scenario)
    baseline = model.baselines[name]
    exact = episode_mean(mdp, tabulate(baseline, model)) * mdp.horizon
    trial = Trial(model, 4000)
    policy = baseline(trial)
    trial.start(10**6 + np.arange(trial.n))
    total, playing = np.zeros(trial.n), np.ones(trial.n, bool)
    for _ in range(mdp.horizon):
        total += np.where(playing, trial.step(policy.act()), 0.0)
        playing &= ~trial.ended
    assert abs(total.mean() - exact) < 4.0 * total.std() / np.sqrt(trial.n)


def test_an_episode_starts_as_the_model_says() -> None:
    model, mdp = bind(), solved("default")
    trial = Trial(model, 60_000)
    trial.start(np.arange(trial.n))
    index = model.state_index(trial.state)
    assert (mdp.initial[index] > 0.0).all() and (mdp.initial > 0.0).sum() == 1200
    assert trial.state.env["rush"].mean() == pytest.approx(model.params.rush_start, abs=0.01)
    assert model.params.rush_start == pytest.approx(1 / 3)


def test_rules_are_ordered_by_what_they_know() -> None:
    for scenario in ("default", "frozen"):
        model, mdp = bind(scenario), solved(scenario)
        optimum = finite_horizon(mdp).mean
        earned = [
            episode_mean(mdp, tabulate(model.baselines[name], model))
            for name in ("value_iteration", "greedy", "threshold", "shortest")
        ]
        assert optimum > earned[0] - 1e-12
        assert earned[0] > earned[1] > earned[2] > earned[3]
        assert optimum == pytest.approx(earned[0], rel=1e-3)


def test_the_walk_of_the_grid_is_a_vehicle_of_the_smart_road() -> None:
    """Travel times and delays are those of the field, for a route by hand."""
    model = bind("frozen")
    field = model.params.field
    trial = Trial(model, 1)
    trial.start([3])
    env = trial.state.env
    env["node"], env["host"], env["target"] = 0, 0, 24
    trial.step([0 * 3 + 0])  # east, stay
    objectives = trial._buffers.objectives[0, 0]
    assert -objectives[0] == field.travel_s[0, 0, 0]
    assert -objectives[1] == pytest.approx(2 * 0.015 + field.server_s[0])
    trial.step([1 * 3 + 1])  # south, ahead
    objectives = trial._buffers.objectives[0, 0]
    assert objectives[2] == -1.0 and -objectives[1] == pytest.approx(field.server_s[6])
    trial.step([2 * 3 + 2])  # west, lightest
    assert env["node"] == 5 and env["host"] == field.lightest[5]
    trial.step([2 * 3 + 0])  # no road: waits
    assert env["node"] == 5 and trial._buffers.objectives[0, 0, 0] == -model.params.free_time_s


LINES: tuple[dict[str, Any], ...] = (
    {},
    {"right_probability": 0.2, "left_probability": 0.6, "transmission_base": 1.1,
     "transmission_slope_s": 0.02, "transmission_constant_s": 0.0},
    {"migration_slope": 0.3, "migration_base": 1.2, "reach": 6},
    {"right_probability": 0.5, "left_probability": 0.5, "transmission_slope_s": 0.0},
)  # fmt: skip


@pytest.mark.parametrize("changes", LINES)
def test_costs_of_thresholds_have_a_closed_form(changes: dict[str, Any]) -> None:
    model = bind("line", **changes)
    mdp, reach = model.transition_model(), model.params.reach
    for low, high in ((-1, 1), (-1, 5), (-4, 2), (-3, 3), (-reach, reach)):
        for discount in (0.8, GAMMA, 0.99):
            found = threshold_costs(model.params, low, high, discount)
            policy = threshold_policy(model.params, low, high)
            np.testing.assert_allclose(found, -evaluate(mdp, policy, discount), rtol=0, atol=1e-6)


def test_the_closed_form_holds_where_the_base_is_a_root() -> None:
    discount, right, left = 0.9, 0.3, 0.3
    own = 1.0 - discount * (1.0 - right - left)
    root = (own - np.sqrt(own**2 - 4 * discount**2 * right * left)) / (2 * discount * right)
    model = bind("line", right_probability=right, left_probability=left,
                 transmission_base=float(root))  # fmt: skip
    found = threshold_costs(model.params, -4, 6, discount)
    policy = threshold_policy(model.params, -4, 6)
    np.testing.assert_allclose(found, -evaluate(model.transition_model(), policy, discount),
                               rtol=0, atol=1e-6)  # fmt: skip


@pytest.mark.parametrize("discount", [0.8, GAMMA, 0.99])
def test_value_iteration_finds_thresholds(discount: float) -> None:
    model = bind("line")
    reach = model.params.reach
    found = value_iteration(model.transition_model(), discount, 1e-12)
    places = np.arange(-reach, reach + 1)
    moves = np.minimum(found.policy, abs(places))
    moves[[0, -1]] = reach  # forced, whatever the action
    stays = places[moves == 0]
    low, high = int(stays.min()) - 1, int(stays.max()) + 1
    assert len(stays) == high - low - 1  # one interval
    assert (moves == threshold_policy(model.params, low, high)).all()
    assert (low, high) == best_thresholds(model.params, discount)
    costs = threshold_costs(model.params, low, high, discount)
    np.testing.assert_allclose(-found.values, costs, rtol=0, atol=1e-6)


def test_thresholds_follow_the_drift_and_the_price() -> None:
    low, high = best_thresholds(bind("line").params, GAMMA)
    assert low < 0 < high
    dear = best_thresholds(bind("line", migration_constant=6.0).params, GAMMA)
    assert dear[0] <= low and dear[1] >= high and dear != (low, high)


def test_numbers_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ScenarioError, match=r"right_probability = 0\.8"):
        bind("line", right_probability=0.8)
    with pytest.raises(ScenarioError, match=r"transmission_constant_s = 0\.001"):
        bind("line", transmission_constant_s=0.001)
    for pair in ((0, 1), (-1, 13), (1, 2)):
        with pytest.raises(IsacError, match="thresholds"):
            threshold_costs(bind("line").params, *pair, 0.9)


def test_indices_and_vectors_name_the_same_state() -> None:
    index, vector = (gymnasium.make(ID, observation=each) for each in ("index", "vector"))
    for seed in range(5):
        number, _ = index.reset(seed=seed)
        seen, _ = vector.reset(seed=seed)
        node, rest = divmod(int(number), 25 * 25 * 2)
        assert seen[0] * 4 == node // 5 and seen[1] * 4 == node % 5
        target = rest // 2 % 25
        assert round(seen[2] * 4) == target // 5 - node // 5
    assert gymnasium.make(ID, scenario="line").action_space.n == 13
