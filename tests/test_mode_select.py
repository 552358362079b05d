"""isac/ModeSelect-v0 against the published model, exact values and simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs import planning, scenarios
from isac_envs.core.vector_env import VectorEnv
from isac_envs.declaration.baseline import tabulate

ID = "isac/ModeSelect-v0"
TRANSFER = ("highway", "storm", "urban", "light")


def model(scenario=None, **overrides):
    return scenarios.build(ID, scenario, overrides)


def miss_probability(mdp, policy):
    missed, event = (planning.average(mdp, policy, name) for name in ("missed", "event"))
    return missed / event


def policy_of(bound, name):
    return tabulate(bound.baselines[name], bound)


# --- the published model ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fast", "reward", "miss", "random", "communicate", "radar"),
    [
        (0.1, 0.9029, 0.2863, 0.059, -0.296, 0.384),
        (0.5, 1.3030, 0.1552, -0.688, -2.314, 0.785),
        (1.0, 1.8032, 0.0987, -1.622, -4.836, 1.285),
    ],
)
def test_published_averages(fast, reward, miss, random, communicate, radar):
    bound = model("hieu2020", event_fast=fast)
    mdp = bound.transition_model()
    optimal = planning.value_iteration(mdp).policy
    assert planning.average(mdp, optimal) == pytest.approx(reward, abs=1e-4)
    assert planning.optimal_average(mdp) == pytest.approx(reward, abs=1e-4)
    assert miss_probability(mdp, optimal) == pytest.approx(miss, abs=1e-4)
    assert planning.average(mdp, optimal, "packets_sent") == pytest.approx(2.388, abs=1e-3)
    assert planning.average(mdp, optimal, "radar") == pytest.approx(0.403, abs=1e-3)
    others = {"always_communicate": communicate, "always_radar": radar}
    for name, value in others.items():
        assert planning.average(mdp, policy_of(bound, name)) == pytest.approx(value, abs=1e-3)
    uniform = planning.uniform_policy(mdp)
    assert planning.average(mdp, uniform) == pytest.approx(random, abs=1e-3)
    assert miss_probability(mdp, uniform) == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize("fast", [round(0.1 * k, 1) for k in range(1, 11)])
def test_published_optimum_is_the_closed_rule_in_every_state(fast):
    bound = model("hieu2020", event_fast=fast)
    mdp = bound.transition_model()
    rule = policy_of(bound, "rule")
    assert mdp.states == 352
    assert np.array_equal(planning.value_iteration(mdp).policy, rule)
    assert np.array_equal(planning.myopic(mdp), rule)


def test_first_sweep_by_hand():
    """All good, communication: 2 with probability 0.995**4, else -50."""
    mdp = model("hieu2020").transition_model()
    quiet = 0.995**4
    assert mdp.reward[0, 0] == pytest.approx(2.0 * quiet - 50.0 * (1.0 - quiet), abs=1e-12)
    assert mdp.reward[1, 0] == pytest.approx(5.0 * (1.0 - quiet), abs=1e-12)
    everything_bad = 31
    quiet = 0.95 * 0.95 * 0.5 * 0.95
    assert mdp.reward[1, everything_bad] == pytest.approx(25.0 * (1.0 - quiet), abs=1e-12)
    assert mdp.reward[0, everything_bad] == pytest.approx(1.0 * quiet - 50.0 * (1.0 - quiet))


def test_radar_clears_a_moving_object():
    """From (0, good, good, good, fast, moving) under radar: slow surely, static with 0.9."""
    mdp = model("hieu2020").transition_model()
    shape = (11, 2, 2, 2, 2, 2)
    following = mdp.transition[1, 3].reshape(shape)
    assert following[..., 1, :].sum() == 0.0
    assert following[..., 0, 0].sum() == pytest.approx(0.9)
    without = mdp.transition[0, 3].reshape(shape)
    assert without[..., 1, :].sum() == pytest.approx(0.1)
    assert without[..., 0].sum() == pytest.approx(0.9)


def test_round_robin_over_four_million_steps():
    reward, missed, events = simulate("hieu2020", "round_robin", copies=2000, steps=2000)
    assert reward == pytest.approx(-0.612, abs=0.02)
    assert missed / events == pytest.approx(0.485, abs=0.005)


@pytest.mark.parametrize(("fast", "value"), [(0.1, -0.262), (0.5, -2.041), (1.0, -3.978)])
def test_win_stay_lose_shift(fast, value):
    reward, _, _ = simulate(
        "hieu2020", "win_stay_lose_shift", copies=2000, steps=2000, event_fast=fast
    )
    assert reward == pytest.approx(value, abs=0.03)


def test_published_reduction_of_missed_events():
    """Against round robin: 42 % at p = 0.1, 68 % at 0.5, 79.5 % at 1 (the paper: up to 67 %)."""
    for fast, reduction in ((0.1, 0.42), (0.5, 0.68), (1.0, 0.795)):
        bound = model("hieu2020", event_fast=fast)
        mdp = bound.transition_model()
        best = miss_probability(mdp, planning.value_iteration(mdp).policy)
        _, missed, events = simulate(
            "hieu2020", "round_robin", copies=1000, steps=1000, event_fast=fast
        )
        assert 1.0 - best / (missed / events) == pytest.approx(reduction, abs=0.01)


# --- the default and its family ------------------------------------------------------------------


def test_default_averages():
    bound = model()
    mdp = bound.transition_model()
    optimal = planning.value_iteration(mdp).policy
    assert planning.average(mdp, optimal) == pytest.approx(1.820, abs=1e-3)
    assert miss_probability(mdp, optimal) == pytest.approx(0.089, abs=1e-3)
    assert planning.average(mdp, optimal, "packets_sent") == pytest.approx(0.822, abs=1e-3)
    assert planning.average(mdp, optimal, "radar") == pytest.approx(0.532, abs=1e-3)
    expected = {
        "threshold": 1.584,
        "safe": 1.575,
        "myopic": 1.537,
        "always_radar": 0.274,
        "always_communicate": -11.383,
    }
    for name, value in expected.items():
        assert planning.average(mdp, policy_of(bound, name)) == pytest.approx(value, abs=1e-3)
    assert planning.average(mdp, planning.uniform_policy(mdp)) == pytest.approx(-3.388, abs=1e-3)


def test_transfer_matrix():
    """Rows: evaluated in; columns: trained in."""
    expected = {
        "highway": (1.820, 1.583, 1.706, 1.702),
        "storm": (3.409, 3.445, 2.377, 1.459),
        "urban": (0.317, -0.237, 0.462, 0.327),
        "light": (1.510, 0.981, 1.532, 1.593),
    }
    problems = {name: model(name).transition_model() for name in TRANSFER}
    policies = {name: planning.value_iteration(mdp).policy for name, mdp in problems.items()}
    for name, mdp in problems.items():
        values = [planning.average(mdp, policies[source]) for source in TRANSFER]
        assert values == pytest.approx(expected[name], abs=1.1e-3), name


def test_threshold_is_the_best_of_its_family():
    bound = model()
    mdp = bound.transition_model()
    queue, _, *conditions = np.indices((11, 2, 2, 2, 2, 2)).reshape(6, -1)
    bad = sum(conditions)
    best = planning.average(mdp, policy_of(bound, "threshold"))
    for k, q in ((1, 0), (1, 1), (1, 5), (2, 0), (3, 2), (5, 10)):
        rule = ((bad >= k) | (queue < q)).astype(int)
        assert planning.average(mdp, rule) <= best + 1e-12


# --- simulation against the exact model -------------------------------------------------------


def simulate(scenario, name, copies, steps, **overrides):
    """Play one long episode in many copies; return reward per step, missed and events."""
    env = VectorEnv(ID, copies, scenario=scenario, horizon=steps, **overrides)
    policy = env.model.baselines[name](env.batch)
    env.reset(seed=5)
    reward = missed = events = 0.0
    for _ in range(steps):
        actions, _ = policy.predict(None)
        _, rewards, _, _, info = env.step(actions)
        reward += float(rewards.sum())
        missed += float(info["costs"]["missed"].sum())
        events += float(info["metrics"]["event"].sum())
    return reward / (copies * steps), missed, events


@pytest.mark.parametrize("scenario", [*TRANSFER, "hieu2020", "rush_hour"])
@pytest.mark.parametrize("name", ["optimum", "queue_aware", "random"])
def test_a_million_steps_agree_with_the_exact_episode(scenario, name):
    """2500 independent episodes of 400 steps: within four standard errors."""
    env = VectorEnv(ID, 2500, scenario=scenario)
    mdp = env.model.transition_model()
    policy = env.model.baselines[name](env.batch)
    env.reset(seed=11)
    totals = {key: np.zeros(2500) for key in ("reward", "missed", "packets_sent", "radar")}
    for _ in range(400):
        _, reward, _, truncated, info = env.step(policy.predict(None)[0])
        totals["reward"] += reward / 400
        for key in ("missed", "packets_sent", "radar"):
            totals[key] += info["metrics"][key] / 400
    assert truncated.all()
    for key, values in totals.items():
        error = values.std(ddof=1) / math.sqrt(2500)
        exact = exact_mean(mdp, name, key, env.model)
        if exact is not None:
            assert abs(values.mean() - exact) <= 4.0 * error + 1e-9, key


def exact_mean(mdp, name, key, bound):
    if name == "optimum":
        return planning.finite_horizon(mdp).mean if key == "reward" else None
    table = planning.uniform_policy(mdp) if name == "random" else policy_of(bound, name)
    return planning.episode_mean(mdp, table, key)


@settings(max_examples=10, deadline=None)
@given(
    data=st.data(),
    capacity=st.integers(1, 4),
    arrivals=st.floats(0.0, 3.0),
    good=st.integers(0, 3),
    poor=st.integers(0, 3),
    credit=st.booleans(),
    stays=st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4),
)
def test_one_step_frequencies_of_any_parameters(
    data, capacity, arrivals, good, poor, credit, stays
):
    """The kernel and the transition model were written apart: from a drawn state they agree."""
    bound = model(
        queue_capacity=capacity, arrival_mean=arrivals, packets_good=good, packets_bad=poor,
        credit_empty_slots=credit, channel_stays_good=stays[0], speed_stays_high=stays[1],
        object_stays_moving=stays[2], clearing=stays[3],
    )  # fmt: skip
    mdp = bound.transition_model()
    start = data.draw(st.integers(0, mdp.states - 1))
    action = data.draw(st.integers(0, 1))
    copies = 4000
    env = VectorEnv(bound, copies)
    env.reset(seed=3)
    source = bound.all_states()[0][start]
    for name in ("queue", "channel", "road", "weather", "speed", "object"):
        env.batch.env[name] = source[name]
    _, reward, _, _, info = env.step(np.full(copies, action))
    counts = np.bincount(bound.state_index(env.batch.state), minlength=mdp.states)
    exact = mdp.transition[action, start]
    assert not counts[exact == 0.0].any()
    deviation = np.abs(counts / copies - exact)
    assert (deviation <= 6.0 * np.sqrt(exact * (1.0 - exact) / copies) + 3.0 / copies).all()
    error = reward.std() / math.sqrt(copies)
    assert abs(reward.mean() - mdp.reward[action, start]) <= 6.0 * error + 0.05
    sent = info["metrics"]["packets_sent"]
    assert sent == pytest.approx(mdp.signals["packets_sent"][action, start])
