"""The queue-aware rule and the benchmark of isac/ModeSelect-v0; limits of its rewards."""

import numpy as np
import pytest
from test_mode_select import TRANSFER, model, policy_of, simulate

from isac_envs import planning
from isac_envs.errors import ScenarioError


def test_queue_aware_takes_one_mild_risk_for_a_long_queue():
    """From its definition, in every state; highway lets out a queue of at least 5 packets."""
    queue, channel, road, weather, speed, nearby = np.indices((11, 2, 2, 2, 2, 2)).reshape(6, -1)
    bad = road + weather + speed + nearby
    let_out = (queue >= 5) & (channel == 0) & (bad == 1) & (speed == 0)
    expected = np.where(let_out, 0, np.where(bad > 0, 1, 0))
    bound = model()
    assert np.array_equal(policy_of(bound, "queue_aware"), expected)


@pytest.mark.parametrize("scenario", [*TRANSFER, "hieu2020", "rush_hour"])
def test_queue_aware_takes_the_best_queue_of_its_family(scenario):
    bound = model(scenario)
    mdp = bound.transition_model()
    queue, channel, road, weather, speed, nearby = np.indices((11, 2, 2, 2, 2, 2)).reshape(6, -1)
    bad = road + weather + speed + nearby
    reached = planning.average(mdp, policy_of(bound, "queue_aware"))
    for q in range(12):
        let_out = (queue >= q) & (channel == 0) & (bad == 1) & (speed == 0)
        assert planning.average(mdp, ((bad > 0) & ~let_out).astype(int)) <= reached + 1e-12
    assert reached <= planning.optimal_average(mdp) + 2e-9


@pytest.mark.parametrize(
    ("scenario", "slack"),
    [("highway", 0.0), ("storm", 1e-3), ("urban", 0.0), ("light", 0.0), ("hieu2020", 1e-9)],
)
def test_queue_aware_is_no_worse_than_threshold(scenario, slack):
    """In storm both always wait for good conditions; threshold also senses at an empty queue."""
    bound = model(scenario)
    mdp = bound.transition_model()
    rule, threshold = (
        planning.average(mdp, policy_of(bound, name)) for name in ("queue_aware", "threshold")
    )
    assert rule >= threshold - slack


@pytest.mark.parametrize(
    ("scenario", "score"),
    [("highway", 0.995), ("storm", 1.000), ("urban", 0.951), ("light", 0.940)],
)
def test_queue_aware_nearly_solves_the_easier_scenarios(scenario, score):
    assert exact_scores(model(scenario))["queue_aware"] == pytest.approx(score, abs=1e-3)


def exact_scores(bound):
    """Return the exact score of each memoryless baseline: random 0, optimum 1."""
    mdp = bound.transition_model()
    floor = planning.episode_mean(mdp, planning.uniform_policy(mdp))
    height = planning.finite_horizon(mdp).mean - floor
    return {
        name: (planning.episode_mean(mdp, policy_of(bound, name)) - floor) / height
        for name, declared in bound.baselines.items()
        if declared.memoryless
    }


def test_no_baseline_solves_the_benchmark():
    bound = model("rush_hour")
    scores = exact_scores(bound)
    assert max(scores.values()) <= 0.9
    assert max(scores["always_radar"], scores["always_communicate"]) <= 0.5
    exact = bound.transition_model()
    floor = planning.episode_mean(exact, planning.uniform_policy(exact))
    for name in ("round_robin", "win_stay_lose_shift"):
        reward, _, _ = simulate("rush_hour", name, copies=1000, steps=400)
        assert reward <= floor + 0.9 * (planning.finite_horizon(exact).mean - floor)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    "name", ["reward_packet", "reward_detected", "penalty_missed", "penalty_dropped"]
)
def test_rewards_and_penalties_are_limited_to_a_billion(name, sign):
    with pytest.raises(ScenarioError, match=name):
        model(**{name: sign * 1.001e9})
    if sign > 0 or name.startswith("reward"):
        assert np.isfinite(model(**{name: sign * 1e9}).transition_model().reward).all()
