"""The planners of isac/HsrDualBeam-v0 against brute force, simulation and bounds."""

import itertools

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.core.vector_env import VectorEnv
from isac_envs.envs.beam_management.hsr_dual_beam import exact

ID = "isac/HsrDualBeam-v0"
SMALL = {
    "cell_m": 60.0, "speed_m_s": 100.0, "slot_s": 0.15, "separations_deg": (8.0, 48.0),
    "radar_widths_deg": (5.0, 20.0), "communication_widths_deg": (3.0, 20.0),
}  # fmt: skip
COSTS = (0.0, 0.02, 0.1, 1.0)


def params(**overrides):
    return scenarios.build(ID, None, overrides).params


def changes(a, b):
    return sum(x != y for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("cost", COSTS)
def test_best_after_equals_all_pairs(cost):
    values = np.random.default_rng(0).normal(size=(3, 4, 2, 5))
    found = exact.best_after(values, cost)
    places = list(np.ndindex(4, 2, 5))
    for k in range(3):
        for a in places:
            best = max(values[k][b] - cost * changes(a, b) for b in places)
            assert found[k][a] == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("cost", COSTS)
def test_schedule_equals_trying_all_schedules(cost):
    p = params(**SMALL, switching_cost=cost)
    rewards = exact.expected_rewards(p)
    assert rewards.shape == (4, 2, 2, 2)
    best = max(
        sum(rewards[t][a] for t, a in enumerate(plan))
        - cost * sum(changes(*pair) for pair in itertools.pairwise(plan))
        for plan in itertools.product(np.ndindex(2, 2, 2), repeat=4)
    )
    env = VectorEnv(ID, 1, **SMALL, switching_cost=cost)
    env.reset(seed=0)
    policy = env.model.baselines["schedule"](env.batch)
    plan = []
    for _ in range(4):
        action = policy.act()
        plan.append(tuple(action[0]))
        env.step(action)
    earned = sum(rewards[t][a] for t, a in enumerate(plan))
    earned -= cost * sum(changes(*pair) for pair in itertools.pairwise(plan))
    assert earned == pytest.approx(best, abs=1e-12)


def recursive_value(p, cost, slot, left):
    """Return the value to go by plain recursion over all actions and quantiles."""
    if slot == 4:
        return 0.0
    total = 0.0
    following = {b: recursive_value(p, cost, slot + 1, b) for b in np.ndindex(2, 2, 2)}
    rewards = exact.noisy_rewards(p, slot)[::12]
    for each in rewards:
        total += max(each[b] - cost * changes(left, b) + v for b, v in following.items())
    return total / len(rewards)


def test_values_to_go_equal_plain_recursion(monkeypatch):
    noisy = exact.noisy_rewards
    p = params(**SMALL, switching_cost=0.1)
    last_two = [recursive_value(p, 0.1, 2, left) for left in np.ndindex(2, 2, 2)]
    monkeypatch.setattr(exact, "noisy_rewards", lambda p, slot: noisy(p, slot)[::12])
    values = exact.values_to_go.__wrapped__(p)
    np.testing.assert_allclose(values[2].ravel(), last_two, atol=1e-12)
    assert not values[4].any()


def test_simulated_optimum_earns_its_predicted_value():
    p = params(switching_cost=0.05)
    values = exact.values_to_go(p)
    first = exact.noisy_rewards(p, 0) + values[1]
    predicted = first.reshape(len(first), -1).max(1).mean()
    total = returns("optimum", 256, switching_cost=0.05)[0]
    assert abs(total.mean() - predicted) < 4 * total.std() / 16 + 0.02


def returns(name, copies, **overrides):
    """Return returns ``(n,)`` and position estimates ``(slots, n)`` of one passage."""
    env = VectorEnv(ID, copies, **overrides)
    env.reset(seed=8)
    policy = env.model.baselines[name](env.batch)
    total, estimates = np.zeros(copies), []
    for _ in range(exact.planned_slots(env.model.params)):
        estimates.append(env.batch.env["estimate_m"].copy())
        total += env.step(policy.act())[1]
    return total, np.array(estimates)


@pytest.mark.parametrize("cost", [0.0, 0.05, 0.3])
def test_no_policy_beats_the_clairvoyant_one(cost):
    """The value of each passage for who knows all its noise in advance bounds every policy."""
    p = params(switching_cost=cost)
    _, estimates = returns("random", 6, switching_cost=cost)
    values = np.zeros((6, 7, 5, 5))
    for slot in reversed(range(206)):
        rewards = exact.slot_rewards(p, np.full(6, slot), estimates[slot])
        values = rewards + exact.best_after(values, cost) if slot < 205 else rewards
    bound = values.reshape(6, -1).max(1)
    for name in VectorEnv(ID).model.baselines:
        total, _ = returns(name, 6, switching_cost=cost)
        assert (total <= bound + 1e-9).all(), name
        if name == "optimum":
            assert cost > 0 or np.allclose(total, bound)


def test_twice_the_quantiles_change_nothing(monkeypatch):
    p = params(switching_cost=0.05)
    value = exact.values_to_go(p)[0].max()
    monkeypatch.setattr(exact, "QUANTILES", 2 * exact.QUANTILES)
    assert exact.values_to_go.__wrapped__(p)[0].max() == pytest.approx(value, rel=2e-4)


def test_planned_rewards_are_those_of_the_environment():
    env = VectorEnv(ID, 40)
    env.reset(seed=2)
    random = np.random.default_rng(0)
    for slot in range(206):
        estimates = env.batch.env["estimate_m"].copy()
        planned = exact.slot_rewards(env.model.params, np.full(40, slot), estimates)
        actions = random.integers(0, [7, 5, 5], (40, 3))
        reward = env.step(actions)[1]
        np.testing.assert_array_equal(planned[np.arange(40), *actions.T], reward)


def test_weights_enter_the_plan():
    only_link = params(weights=(1.0, 0.0, 1.0))
    rewards = exact.expected_rewards(only_link)
    both = exact.expected_rewards(params())
    assert (rewards < both).all()
    assert exact.switching_penalty(params(switching_cost=0.1, weights=(1.0, 1.0, 3.0))) == (
        pytest.approx(0.3)
    )


def test_plans_stop_at_the_horizon():
    short = params(horizon=10, switching_cost=0.05)
    assert exact.values_to_go(short).shape == (11, 7, 5, 5)
    assert returns("optimum", 3, horizon=10, switching_cost=0.05)[0].shape == (3,)


def test_index_actions_are_the_same_policy():
    for name in ("optimum", "schedule", "myopic", "exhaustive", "by_geometry", "best_fixed"):
        one, _ = returns(name, 4, switching_cost=0.05)
        two, _ = returns(name, 4, switching_cost=0.05, action="index")
        np.testing.assert_array_equal(one, two)
