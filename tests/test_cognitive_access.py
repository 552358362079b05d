"""isac/CognitiveAccess-v0: published numbers, the exact model, the bound, and what a slot does."""

import math
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.core.env import Env
from isac_envs.declaration.trial import Trial
from isac_envs.envs.spectrum.cognitive_access import exact
from isac_envs.envs.spectrum.cognitive_access.policies import Views
from isac_envs.envs.spectrum.cognitive_access.records import (
    ACKNOWLEDGED,
    COLLIDED,
    DECLARED_BUSY,
    RECENT,
)
from isac_envs.envs.spectrum.cognitive_access.relaxation import throughput_bound
from isac_envs.errors import IsacError, ScenarioError
from isac_envs.kernels.spectrum.occupancy import steady_idle
from isac_envs.planning import average, episode_mean, finite_horizon, myopic, optimal_average

ID = "isac/CognitiveAccess-v0"
OTHERS = {
    "channels": 7, "stay_idle": (0.8, 0.6, 0.4, 0.9, 0.8, 0.6, 0.7),
    "become_idle": (0.6, 0.4, 0.2, 0.2, 0.4, 0.1, 0.3),
    "bandwidths_hz": (5e5, 6.7e5, 1e6, 6.3e5, 5.8e5, 8.3e5, 6.7e5),
}  # fmt: skip
"""Channels that differ, for the textbook case."""


def build(scenario: str | None = None, **overrides: Any) -> Any:
    return scenarios.build(ID, scenario, overrides)


def play(model: Any, name: str, copies: int = 200, steps: int = 400, first: int = 0) -> Any:
    """Return the mean reward per step of each episode, and the trial after it."""
    trial = Trial(model, copies)
    policy = model.baselines[name](trial)
    trial.start(10_000 + np.arange(copies))
    total = np.zeros(copies)
    for t in range(first + steps):
        reward = trial.step(policy.act())
        total += reward if t >= first else 0.0
    return total / steps, trial


def error(values: Any) -> float:
    """Return three standard errors of a mean."""
    return float(3.0 * values.std(ddof=1) / math.sqrt(len(values)))


@cache
def textbook(cap: int) -> Any:
    return exact.belief_model(build("zhao2008").params, cap)


@pytest.mark.parametrize(("cap", "expected"), [(12, 0.693717), (16, 0.693783), (20, 0.693787)])
def test_the_optimum_of_three_alike_channels(cap: int, expected: float) -> None:
    mdp = textbook(cap)
    assert mdp.states == (2 * cap) ** 3
    assert optimal_average(mdp, 1e-7) == pytest.approx(expected, abs=1e-6)


def test_the_myopic_rule_is_optimal_for_alike_channels() -> None:
    """By value; published as a theorem for these chains. It is Whittle's rule and round robin."""
    mdp = textbook(12)
    assert average(mdp, myopic(mdp)) == pytest.approx(0.693717, abs=1e-6)
    for scenario in ("zhao2008", "negative"):
        model = build(scenario)
        rewards = {name: play(model, name, 100, 200)[0] for name in ("myopic", "whittle")}
        np.testing.assert_array_equal(rewards["myopic"], rewards["whittle"])
    rewards = play(build("zhao2008"), "round_robin", 100, 200)[0]
    assert rewards.mean() == pytest.approx(
        play(build("zhao2008"), "myopic", 100, 200)[0].mean(), 1e-3
    )


def test_simulation_meets_the_exact_values() -> None:
    model = build("zhao2008", horizon=1000)
    found, _ = play(model, "optimum", 600, 800, first=100)  # beyond the first slots
    assert found.mean() == pytest.approx(0.693787, abs=error(found))
    assert error(found) < 5e-3
    drawn, _ = play(model, "random", 600, 400)
    assert drawn.mean() == pytest.approx(0.5, abs=error(drawn))
    known, _ = play(model, "genie", 600, 400)
    assert known.mean() == pytest.approx(1.0 - 0.5**3, abs=error(known))


def test_the_optimum_of_an_episode_bounds_the_rules() -> None:
    model = build("negative", horizon=60, become_idle=(0.9,), stay_idle=(0.3,))
    mdp = exact.belief_model(model.params)
    best = finite_horizon(mdp).mean
    assert best >= episode_mean(mdp, myopic(mdp)) - 1e-12
    rewards = {
        name: play(model, name, 1000, 60)[0] for name in ("optimum", "myopic", "round_robin")
    }
    assert rewards["optimum"].mean() == pytest.approx(best, abs=error(rewards["optimum"]))
    for name in ("myopic", "round_robin"):
        ahead = rewards["optimum"] - rewards[name]
        assert ahead.mean() >= -error(ahead)


def test_states_are_found_by_belief() -> None:
    params = build("zhao2008").params
    cap = exact.age_cap(params)
    assert cap == 20
    mdp = textbook(cap)
    index = exact.state_index(params, cap, mdp.signals["idle"].T)
    np.testing.assert_allclose(mdp.signals["idle"][:, index], mdp.signals["idle"], atol=1e-12)


def test_only_the_textbook_case_is_finite() -> None:
    for scenario in ("default", "liang2008"):
        with pytest.raises(IsacError, match="the finite model needs detector = 'perfect'"):
            exact.belief_model(build(scenario).params)


def test_whittle_is_near_the_bound_for_channels_that_differ() -> None:
    model = build("zhao2008", **OTHERS, horizon=1000)
    bound = throughput_bound(model.params)
    found, _ = play(model, "whittle", 400, 600, first=100)
    assert found.mean() - error(found) >= 0.97 * bound
    best, _ = play(model, "optimum", 400, 600, first=100)
    assert best.mean() - error(best) <= bound
    assert best.mean() >= found.mean() - error(best - found)


def test_the_bound_is_one_for_alike_channels_too() -> None:
    bound = throughput_bound(build("zhao2008").params)
    assert 0.693787 < bound < 0.693787 * 1.05


def test_the_bound_of_one_channel_is_its_long_run_reward() -> None:
    """Without memory nothing is to be learned: the sensing time of the largest reward, for ever."""
    model = build("liang2008")
    p = model.params
    shares = (1.0 - p.sensing_shares) * (1.0 - p.false_alarms()[0]) * p.capacities_mbps()[0]
    assert throughput_bound(p) == pytest.approx(0.8 * shares.max(), rel=1e-4)
    found, trial = play(model, "optimum", 100, 200)
    assert found.mean() == pytest.approx(0.8 * shares.max(), abs=error(found))
    assert p.sensing_times_s[int(trial.state.users["choice"][0, 0])] == pytest.approx(14e-3)


@pytest.mark.parametrize("scenario", scenarios.names(ID))
def test_nothing_passes_the_genie(scenario: str) -> None:
    model = build(scenario)
    known, _ = play(model, "genie", 40, 100)
    for name in model.baselines:
        found, _ = play(model, name, 40, 100)
        assert (found <= known + 1e-9).all(), name


def test_false_alarms_and_detections_are_drawn_by_the_detector() -> None:
    model = build("default", sensing_times_s=(3e-3,))
    trial = Trial(model, 4000)
    trial.start(np.arange(4000))
    idle, alarms, busy, found = np.zeros(5), np.zeros(5), 0, 0
    generator = np.random.default_rng(0)
    for _ in range(40):
        state = trial.state.channels["idle"].copy()
        action = generator.integers(0, 5, 4000)
        trial.step(action)
        was = state[np.arange(4000), action]
        silent = trial.state.users["outcome"][:, 0] == DECLARED_BUSY
        np.add.at(idle, action, was)
        np.add.at(alarms, action, was & silent)
        busy, found = busy + (~was).sum(), found + (~was & silent).sum()
    assert found / busy == pytest.approx(0.9, abs=0.005)
    np.testing.assert_allclose(alarms / idle, model.params.false_alarms()[:, 0], atol=0.01)


def test_beliefs_are_frequencies() -> None:
    """Of all channels that are believed idle with about the same probability, so many are."""
    model = build()
    trial = Trial(model, 2000)
    policy = model.baselines["whittle"](trial)
    trial.start(np.arange(2000))
    for _ in range(30):
        trial.step(policy.act())
    belief = trial.state.beliefs["idle"][:, 0].ravel()
    idle = trial.state.channels["idle"].ravel()
    edges = np.linspace(0.0, 1.0, 11)
    for low, high in pairwise(edges):
        inside = (belief >= low) & (belief < high)
        if inside.sum() > 100:
            allowed = 3.5 * 0.5 / math.sqrt(inside.sum())
            assert idle[inside].mean() == pytest.approx(belief[inside].mean(), abs=allowed)


def test_the_filter_knows_its_error() -> None:
    """Errors over deviations have mean square 1, whatever was transmitted."""
    model = build()
    trial = Trial(model, 3000)
    policy = model.baselines["random"](trial)
    trial.start(np.arange(3000))
    for _ in range(60):
        trial.step(policy.act())
    users = trial.state.users[:, 0]
    wrong = users["range_m"] - users["estimate"][:, 0]
    squares = wrong * wrong / users["covariance"][:, 0, 0]
    assert squares.mean() == pytest.approx(1.0, abs=error(squares))
    speeds = users["speed_m_s"] - users["estimate"][:, 1]
    squares = speeds * speeds / users["covariance"][:, 1, 1]
    assert squares.mean() == pytest.approx(1.0, abs=error(squares))
    assert users["range_m"].std() == pytest.approx(model.params.range_std_m, rel=0.06)
    assert users["speed_m_s"].std() == pytest.approx(model.params.speed_std_m_s, rel=0.06)


def test_the_target_forgets_by_its_rate() -> None:
    """Correlation of a critically damped process: (1 + w t) exp(-w t)."""
    model = build("zhao2008", target=True, slot_s=0.1)
    trial = Trial(model, 4000)
    trial.start(np.arange(4000))
    before = trial.state.users["range_m"][:, 0].copy()
    for _ in range(10):
        trial.step(np.zeros(4000, np.int64))
    found = np.corrcoef(before, trial.state.users["range_m"][:, 0])[0, 1]
    rate = model.params.speed_std_m_s / model.params.range_std_m
    assert found == pytest.approx((1.0 + rate) * math.exp(-rate), abs=0.04)


@pytest.mark.parametrize("range_std_m", [20.0, 2000.0, 1e5])
def test_the_noise_of_a_slot_keeps_the_variances(range_std_m: float) -> None:
    """Also where the target is so slow that rounding takes most of the noise."""
    p = build(range_std_m=range_std_m, speed_std_m_s=0.01, slot_s=0.02)
    table = p.params.record[0]
    steady = np.diag([range_std_m**2, 0.01**2])
    kept = table.transition @ steady @ table.transition.T + table.process_noise
    deviations = np.sqrt(np.diag(kept))
    np.testing.assert_allclose(deviations, [range_std_m, 0.01], rtol=1e-9)
    assert np.linalg.eigvalsh(table.process_noise).min() >= -1e-18
    factor = np.array([[table.noise_place, 0.0], [table.noise_cross, table.noise_speed]])
    np.testing.assert_allclose(factor @ factor.T, table.process_noise, rtol=1e-9, atol=1e-30)


def test_wide_channels_range_better() -> None:
    p = build().params
    variances = Views(p).range_variances[:, 0]
    ratio = variances[1] / variances[2]
    assert ratio == pytest.approx(2.0**3, rel=1e-12)
    snr = 10**-2.8 * 8e6 * (0.02 - 1e-3)
    expected = 3.0 * 299_792_458.0**2 / (8.0 * math.pi**2 * snr * 8e6**2)
    assert variances[4] == pytest.approx(expected, rel=1e-9)


def test_an_echo_below_the_threshold_measures_nothing() -> None:
    weak = build(echo_snr_db=-60.0)
    assert (Views(weak.params).range_variances == 0.0).all()
    _, trial = play(weak, "whittle", 10, 50)
    np.testing.assert_allclose(trial.state.users["posterior_m"], weak.params.range_std_m)


def test_a_collision_costs_and_tells() -> None:
    model = build(detection_probability=0.5)
    trial = Trial(model, 500)
    trial.start(np.arange(500))
    state = trial.state.channels["idle"][:, 4].copy()
    trial.step(np.full(500, 12))
    outcome = trial.state.users["outcome"][:, 0]
    assert set(outcome[~state]) == {DECLARED_BUSY, COLLIDED}
    assert set(outcome[state]) <= {DECLARED_BUSY, ACKNOWLEDGED}
    hit = outcome == COLLIDED
    np.testing.assert_array_equal(trial._buffers.costs[:, 0, 0], hit)
    np.testing.assert_array_equal(trial._buffers.objectives[:, 0, 2], -1.0 * hit)
    believed = trial.state.beliefs["idle"][:, 0, 4]
    np.testing.assert_allclose(believed[hit], model.params.become_idle[4])
    np.testing.assert_allclose(believed[outcome == ACKNOWLEDGED], model.params.stay_idle[4])


def test_the_history_tells_what_happened() -> None:
    env = Env(ID, observation="history", history=3)
    seen, _ = env.reset(seed=1)
    assert not seen[:30].any()
    for action in (0, 7, 14, 4):
        seen, *_ = env.step(action)
    slots = seen[:30].reshape(3, 10)
    assert slots[:, :5].argmax(1).tolist() == [1, 4, 2]
    assert slots[:, :5].sum() == 3.0
    assert slots[:, 5:9].sum() == 3.0
    np.testing.assert_allclose(slots[:, 9], [0.15, 0.4, 0.15], rtol=1e-6)


def test_the_first_belief_is_the_steady_state() -> None:
    env = Env(ID)
    seen, _ = env.reset(seed=1)
    p = env.model.params
    np.testing.assert_allclose(seen[:5], steady_idle(p.stay_idle, p.become_idle), rtol=1e-6)
    np.testing.assert_allclose(seen[5:], [1.0, 1.0, 0.0])


def test_channels_remember_for_pictures() -> None:
    trial = Trial(build(), 1)
    trial.start([4])
    seen = []
    for _ in range(RECENT + 10):
        seen.append(trial.state.channels["idle"][0].copy())
        trial.step([0])
    for k, recent in enumerate(trial.state.channels["recent"][0].tolist()):
        bits = [recent >> age & 1 for age in range(RECENT)]
        assert bits == [int(each[k]) for each in seen[::-1][:RECENT]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stay_idle": (0.9, 0.8)}, "parameter stay_idle has 2 values for channels = 5"),
        ({"channels": 4}, "channels = 4; valid: 1 or 4 values"),
        ({"sensing_times_s": (0.02,)}, r"0.02 s leaves nothing of slot_s = 0.02 s"),
        ({"slot_s": 0.005}, "0.008 s leaves nothing of slot_s"),
        ({"bandwidths_hz": (1e3,), "sensing_times_s": (1e-4,)}, "has no sample at bandwidths_hz"),
        ({"speed_std_m_s": 1000.0, "range_std_m": 1.0}, "within slot_s = 0.02 s"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        build(**changes)


def test_one_value_stands_for_all_channels() -> None:
    p = build("default", stay_idle=(0.9,)).params
    np.testing.assert_array_equal(p.of_channels("stay_idle"), np.full(5, 0.9))
