"""isac/FramesPerCpi-v0 against its specification: equations (7) to (15), exact values, B1 to B6.

The expected numbers come from an independent solution of the same equations.
"""

import math
from functools import cache

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import chisquare

from isac_envs import scenarios
from isac_envs.core.env import Env
from isac_envs.core.vector_env import VectorEnv
from isac_envs.planning import (
    average,
    episode_mean,
    finite_horizon,
    uniform_policy,
    value_iteration,
)

ID = "isac/FramesPerCpi-v0"
FRAMES = np.array([32, 64, 96, 128, 192, 256, 384, 512, 768, 1024])
ARRIVALS = (8, 10, 12, 14)
DISCOUNT = 0.97


def model(scenario=None, **overrides):
    return scenarios.build(ID, scenario, overrides)


@cache
def problem(arrivals):
    return model(f"arrivals_{arrivals}").transition_model()


@cache
def averages(scenario):
    """Exact long-run average reward of every stationary policy that ships."""
    env = VectorEnv(ID, scenario=scenario)
    mdp = env.model.transition_model()
    tables = {
        name: baseline(env.batch).policy
        for name, baseline in env.model.baselines.items()
        if name not in ("random", "optimum")
    }
    tables["random"] = uniform_policy(mdp)
    return {name: average(mdp, table) for name, table in tables.items()}


def optimal_table(arrivals):
    return value_iteration(problem(arrivals), DISCOUNT).policy


# --- exact values ------------------------------------------------------------------------------


def test_utility_and_capacity_tables():
    tables = model().params.derived()
    utility = [0, 0, 0.002, 0.007, 0.028, 0.059, 0.131, 0.205, 0.331, 0.427]
    np.testing.assert_allclose(tables["utility"], utility, atol=6e-4)
    assert tables["capacity"][3].tolist() == [0, 0, 7, 34, 42, 41, 39, 37, 33, 29]
    assert tables["capacity"][0].tolist() == [3, 3, 3, 3, 3, 3, 3, 3, 2, 2]


def test_one_entry_of_every_table_by_hand():
    """N = 512 in the best class, from the equations with the standard library only."""
    frame_s, rho, snr = 0.01 / 512, 10**-1.8, 10**1.8
    v_max = 0.005 * 512 / 0.04
    crb = 0.005 / (4 * math.pi * frame_s) * math.sqrt(6 / (rho * 512 * (512**2 - 1)))
    bessel = quad(lambda x: math.cos(math.pi * 400 * frame_s * math.sin(x)), 0, math.pi)[0]
    kept = (bessel / math.pi) ** 2
    aged_db = 10 * math.log10(snr * kept / (1 + snr * (1 - kept)))
    per = 1 / (1 + math.exp(4 * (aged_db - 16.5)))
    expected = {
        "max_speed_m_s": v_max,
        "velocity_crb_m_s": crb,
        "unambiguous_probability": math.erf(v_max / 12 / math.sqrt(2)),
        "detection_probability": 1e-6 ** (1 / (1 + rho * 512)),
        "frame_error_rate": per,
        "overhead_fraction": 3.473e-6 / frame_s,
        "rate_bps": 4.62e9 * 512 * (frame_s - 3.473e-6) * (1 - per) / 0.01,
    }
    env = gymnasium.make(f"isac_envs:{ID}", snr_db=(18.0,), rate_bps=(4.62e9,))
    env.reset(seed=0)
    metrics = env.step(7)[4]["metrics"]
    assert metrics["frames"] == 512
    for name, value in expected.items():
        assert metrics[name] == pytest.approx(value, rel=1e-9), name


@pytest.mark.parametrize(
    ("arrivals", "expected"),
    [
        (10, {"value_iteration": 0.50893, "greedy": 0.47340, "best_fixed": 0.347,
              "greedy_throughput": 0.190, "random": 0.175}),
        (12, {"value_iteration": 0.33093, "greedy": 0.24563, "best_fixed": 0.149,
              "greedy_throughput": 0.049, "random": -0.070}),
    ],
)  # fmt: skip
def test_exact_averages(arrivals, expected):
    found = averages(f"arrivals_{arrivals}")
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-3), name


def test_what_optimal_and_greedy_policies_send_sense_and_drop():
    mdp = problem(12)
    names = ("packets_sent", "sensing_utility", "packets_dropped")
    for policy, expected in (
        (optimal_table(12), (10.99, 0.292, 1.01)),
        (mdp.reward.argmax(0), (10.70, 0.343, 1.30)),
    ):
        found = [average(mdp, policy, name) for name in names]
        np.testing.assert_allclose(found, expected, atol=6e-3)


@pytest.mark.parametrize("arrivals", ARRIVALS)
def test_order_of_policies(arrivals):
    found = averages(f"arrivals_{arrivals}")
    floor = max(found["random"], found["greedy_throughput"])
    assert found["value_iteration"] > found["greedy"] > found["best_fixed"] > floor
    assert found["value_iteration"] == max(found.values())


def test_gains_over_fixed_and_greedy_policies():
    found = averages("arrivals_10")
    assert found["value_iteration"] >= 1.40 * found["best_fixed"]
    assert found["value_iteration"] >= 1.05 * found["greedy"]


@pytest.mark.parametrize("arrivals", ARRIVALS)
def test_fewer_frames_for_longer_queues(arrivals):
    frames = FRAMES[optimal_table(arrivals).reshape(41, 4)]
    assert (np.diff(frames, axis=0) <= 0).all()
    assert (frames[:, 3] == 1024).all()
    assert set(frames[:, 0]) == {1024, 512}


def test_best_fixed_number_of_frames():
    for arrivals in (10, 12):
        env = VectorEnv(ID, scenario=f"arrivals_{arrivals}")
        chosen = env.model.baselines["best_fixed"](env.batch).policy
        assert set(FRAMES[chosen]) == {512}


def test_scenarios_are_what_their_summaries_say():
    mild, hard = averages("mild"), averages("sensing_heavy")
    assert mild["best_fixed"] > 0.98 * mild["value_iteration"]
    rules = set(hard) - {"value_iteration"}
    span = hard["value_iteration"] - hard["random"]
    assert max(hard[name] - hard["random"] for name in rules) < 0.9 * span


# --- the environment against its exact model ---------------------------------------------------


def play(env, policy, seed=1):
    """Return mean values per copy of reward and metrics over one episode of 1000 steps."""
    env.reset(seed=seed)
    random = np.random.default_rng(seed)
    totals = {name: np.zeros(env.num_envs) for name in ("reward", "packets_sent", "miss")}
    for _ in range(1000):
        index = env.model.state_index(env.batch.state)
        actions = random.integers(0, 10, env.num_envs) if policy is None else policy[index]
        _, reward, _, truncated, info = env.step(actions)
        totals["reward"] += reward
        totals["packets_sent"] += info["metrics"]["packets_sent"]
        totals["miss"] += info["costs"]["miss"]
    assert truncated.all()
    return {name: total / 1000 for name, total in totals.items()}


@pytest.mark.parametrize("name", ["value_iteration", "greedy", "random"])
def test_a_million_steps_agree_with_the_exact_model(name):
    env = VectorEnv(ID, 1024, scenario="arrivals_12")
    mdp = problem(12)
    policy = None if name == "random" else env.model.baselines[name](env.batch).policy
    exact = uniform_policy(mdp) if policy is None else policy
    for signal, values in play(env, policy).items():
        error = values.mean() - episode_mean(mdp, exact, signal)
        assert abs(error) < 4 * values.std() / math.sqrt(len(values)) + 1e-12, signal


def test_optimal_control_earns_the_episode_optimum():
    env = VectorEnv(ID, 512)
    optimum = env.model.baselines["optimum"](env.batch)
    env.reset(seed=3)
    total = sum(env.step(optimum.act())[1] for _ in range(1000)) / 1000
    error = total.mean() - finite_horizon(problem(12)).mean
    assert abs(error) < 4 * total.std() / math.sqrt(len(total))


def counts_fit(found, probabilities):
    """Chi-square test with rare cells pooled."""
    expected = probabilities * found.sum()
    rare = expected < 10
    assert found[probabilities == 0].sum() == 0
    found = np.append(found[~rare], found[rare].sum())
    expected = np.append(expected[~rare], expected[rare].sum())
    keep = expected > 0
    return keep.sum() < 2 or chisquare(found[keep], expected[keep]).pvalue > 1e-4


SMALL = {"frame_counts": (128, 512, 1024), "snr_db": (8.0, 18.0), "rate_bps": (1.54e9, 4.62e9)}
SINGLE = {"frame_counts": (64, 256), "snr_db": (13.0,), "rate_bps": (2.503e9,)}


@pytest.mark.parametrize("overrides", [{}, SMALL, SINGLE, {"channel_stays": 0.0}])
def test_one_step_frequencies(overrides):
    env = VectorEnv(ID, 20_000, **overrides)
    mdp = env.model.transition_model()
    classes = len(env.model.params.snr_db)
    env.reset(seed=5)
    for queue, channel, action in (
        (0, 0, 1),
        (7, classes // 2, 1),
        (40, classes - 1, 0),
        (40, 0, 0),
    ):
        start = env.snapshot()
        start[0]["queue"], start[0]["channel"] = queue, channel
        env.restore(start)
        _, reward, *_ = env.step(np.full(env.num_envs, action))
        index = queue * classes + channel
        found = np.bincount(env.model.state_index(env.batch.state), minlength=mdp.states)
        assert counts_fit(found, mdp.transition[action, index])
        margin = 4 * reward.std() / math.sqrt(len(reward)) + 1e-6  # drops too rare to happen
        assert abs(reward.mean() - mdp.reward[action, index]) < margin


def test_reset_is_uniform_over_queue_and_channel():
    env = VectorEnv(ID, 40_000)
    env.reset(seed=0)
    found = np.bincount(env.model.state_index(env.batch.state), minlength=164)
    assert chisquare(found).pvalue > 1e-4


def test_same_arrivals_and_channels_whatever_the_action():
    def world(action):
        env = gymnasium.make(f"isac_envs:{ID}", observation="multi_discrete")
        (queue, channel), _ = env.reset(seed=9)
        seen = []
        for _ in range(200):
            (after, channel), _, _, _, info = env.step(action)
            metrics = info["metrics"]
            left = queue - metrics["packets_sent"]
            seen.append((after - left + metrics["packets_dropped"], channel))
            assert metrics["backlog"] == after
            queue = after
        return seen

    assert world(0) == world(9)


@given(st.integers(0, 2**32), st.lists(st.integers(0, 9), min_size=1, max_size=30))
@settings(max_examples=20, deadline=None)
def test_three_forms_of_the_observation_and_the_reward(seed, actions):
    forms = ("vector", "multi_discrete", "index")
    envs = [Env(ID, observation=form) for form in forms]
    seen = [env.reset(seed=seed)[0] for env in envs]
    for action in (*actions, None):
        (queue, channel) = seen[1]
        np.testing.assert_allclose(seen[0], [queue / 20 - 1, channel / 1.5 - 1], atol=1e-6)
        assert seen[2] == 4 * queue + channel
        if action is None:
            return
        outcomes = [env.step(action) for env in envs]
        seen = [outcome[0] for outcome in outcomes]
        _, reward, _, _, info = outcomes[0]
        sent, dropped = (info["metrics"][f"packets_{verb}"] for verb in ("sent", "dropped"))
        utility = info["metrics"]["sensing_utility"]
        assert 0 <= sent <= queue and (dropped == 0 or seen[1][0] == 40)
        assert reward == pytest.approx(0.5 * sent / 12 + utility - 5 * dropped / 12)
        assert reward == pytest.approx(info["objectives"].sum())
        assert info["costs"] == {"miss": 1 - utility, "dropped": dropped}
