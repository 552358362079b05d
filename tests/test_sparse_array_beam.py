"""isac/SparseArrayBeam-v0 against its specification: equations (1) to (8), limits, search.

Expected numbers come from the equations written again with NumPy, and from published means.
"""

import itertools
import math

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs import scenarios
from isac_envs.core.env import Env
from isac_envs.core.vector_env import VectorEnv
from isac_envs.envs.beam_management.sparse_array_beam.baselines import best_radar_levels
from isac_envs.envs.beam_management.sparse_array_beam.codebook import dft_levels
from isac_envs.errors import ScenarioError
from isac_envs.kernels.ris.discrete_phases import best_discrete_phases, equal_gain_bound

ID = "isac/SparseArrayBeam-v0"
PLACES = np.array([0, 1, 2, 5, 8, 11, 14, 16, 17, 18])
QUIET = {"feedback_snr_db": 300.0}


def ratio_db(levels, phase_bits, sine, errors=0.0, samples=19 * 64):
    """Return main lobe over side lobe of the sparse array, on a grid of our own."""
    phases = 2 * np.pi * np.asarray(levels) / 2**phase_bits + errors
    offsets = (np.arange(samples) - samples // 2) * (2 / samples)
    field = np.exp(1j * np.pi * np.outer(sine + offsets, PLACES)) @ np.exp(-1j * phases)
    pattern = np.abs(field) ** 2 / len(PLACES)
    inside = np.abs(np.arange(samples) - samples // 2) <= samples // 19
    return 10 * np.log10(pattern[inside].max() / pattern[~inside].max())


# --- radar -------------------------------------------------------------------------------------


def radar(sine, phase_bits, **overrides):
    """Return an environment in radar mode at one direction, freshly reset."""
    chosen = {"pointing_loss_weight": 0.0, **QUIET, **overrides}
    direction = {"steer_sine_low": sine, "steer_sine_high": sine}
    env = Env(ID, mode="radar", phase_bits=phase_bits, **direction, **chosen)
    env.reset(seed=0)
    return env


@pytest.mark.parametrize("sine", [0.0, 0.3, -0.77])
def test_the_pattern_by_hand(sine):
    env = radar(sine, 3)
    generator, sampled = np.random.default_rng(4), []
    for _ in range(20):
        levels = generator.integers(8, size=10)
        *_, info = env.step(levels)
        found = info["metrics"]
        by_hand = ratio_db(levels, 3, sine, samples=19 * 8)
        assert found["side_lobe_ratio_db"] == pytest.approx(by_hand, abs=1e-9)
        sampled.append(found["side_lobe_ratio_db"] - ratio_db(levels, 3, sine))
        assert found["measured"] == pytest.approx(by_hand / 10, abs=1e-9)
        lobes = found["main_lobe_db"] - found["side_lobe_db"]
        assert lobes == pytest.approx(found["side_lobe_ratio_db"])
        centre = abs(np.exp(1j * np.pi * sine * PLACES - 0.25j * np.pi * levels).sum()) ** 2 / 10
        loss = found["main_lobe_db"] - 10 * math.log10(centre)
        assert found["pointing_loss_db"] == pytest.approx(min(loss, 20.0), abs=1e-6)
    assert np.abs(np.mean(sampled)) < 0.15  # against a grid eight times as fine


def test_quantised_steering_has_the_published_ratios():
    found = {}
    for sine, phase_bits in itertools.product((0.0, 0.3), (2, 3, 4)):
        env = radar(sine, phase_bits)
        policy = env.model.baselines["codebook"](env.batch)
        found[sine, phase_bits] = env.step(policy.act()[0])[4]["metrics"]["side_lobe_ratio_db"]
    assert [found[0.0, q] for q in (2, 3, 4)] == pytest.approx([6.83] * 3, abs=0.01)
    oblique = [found[0.3, q] for q in (2, 3, 4)]
    assert min(oblique) == pytest.approx(5.98, abs=0.01)
    assert max(oblique) == pytest.approx(6.83, abs=0.01)


DESCENT = (
    (0.0, 2, 6.83), (0.0, 3, 6.93), (0.0, 4, 7.51), (0.3, 2, 6.30), (0.3, 3, 7.07), (0.3, 4, 7.44),
)  # fmt: skip


@pytest.mark.parametrize(("sine", "phase_bits", "published_db"), DESCENT)
def test_the_search_reaches_the_published_ratios(sine, phase_bits, published_db):
    env = radar(sine, phase_bits)
    levels, value_db = best_radar_levels(env.model.params, env.batch.state[1][0])
    assert value_db >= published_db - 0.05  # the grids differ
    assert value_db == pytest.approx(ratio_db(levels, phase_bits, sine, samples=152), abs=1e-9)
    assert env.step(levels)[4]["metrics"]["side_lobe_ratio_db"] == pytest.approx(value_db)


def test_a_random_beam_has_the_published_mean_ratio():
    env = VectorEnv(ID, 2000, mode="radar", steer_sine_low=0.3, steer_sine_high=0.3, **QUIET)
    env.reset(seed=0)
    env.action_space.seed(0)
    info = env.step(env.action_space.sample())[4]
    assert info["metrics"]["side_lobe_ratio_db"].mean() == pytest.approx(-3.3, abs=0.15)


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_small_arrays_are_searched_completely(weight):
    places = (0, 1, 4, 6)
    env = Env(ID, positions=places, phase_bits=2, mode="radar", pointing_loss_weight=weight,
              phase_error_std_deg=30.0, **QUIET)  # fmt: skip
    env.reset(seed=1)
    _, value_db = best_radar_levels(env.model.params, env.batch.state[1][0])
    measured = [
        env.simulate(np.array(levels))[4]["metrics"]["measured"]
        for levels in itertools.product(range(4), repeat=4)
    ]
    assert value_db == pytest.approx(10 * max(measured), abs=1e-9)


def test_with_the_pointing_loss_the_gain_in_the_radar_direction_counts():
    env = radar(0.2, 3, pointing_loss_weight=1.0)
    *_, info = env.step([0] * 10)
    found = info["metrics"]
    expected = found["side_lobe_ratio_db"] - found["pointing_loss_db"]
    assert 10 * found["measured"] == pytest.approx(expected)


# --- communication -----------------------------------------------------------------------------


@given(st.integers(0, 2**32), st.sampled_from([0.0, 50.0]))
@settings(max_examples=30, deadline=None)
def test_a_beam_for_the_user_by_hand(seed, error_deg):
    env = Env(ID, mode="communication", phase_error_std_deg=error_deg, **QUIET)
    env.reset(seed=seed)
    elements = env.batch.state[1][0]
    errors = np.exp(2j * np.pi * elements["error_turns"])
    channel = (elements["channel_re"] + 1j * elements["channel_im"]) * errors
    levels = np.random.default_rng(seed).integers(8, size=10)
    _, reward, _, _, info = env.step(levels)
    weights = np.exp(0.25j * np.pi * levels) * errors / math.sqrt(10)
    gain = abs(np.vdot(channel, weights)) ** 2
    metrics = info["metrics"]
    assert metrics["gain"] == pytest.approx(gain, rel=1e-9)
    assert metrics["gain_over_bound"] == pytest.approx(gain / equal_gain_bound(channel), rel=1e-9)
    optimum = best_discrete_phases(channel / errors, 8)[1]
    assert metrics["gain_over_optimum"] == pytest.approx(gain / optimum, rel=1e-9)
    assert reward == pytest.approx(metrics["gain_over_bound"], rel=1e-9)


def test_a_channel_has_unit_power_and_comes_from_the_sector():
    env = VectorEnv(ID, 4000, sector_deg=60.0, paths=1)
    env.reset(seed=0)
    elements = env.batch.state[1]
    channel = elements["channel_re"] + 1j * elements["channel_im"]
    assert (np.abs(channel) ** 2).mean() == pytest.approx(1.0, abs=0.05)
    sines = np.angle(channel[:, 1] / channel[:, 0]) / np.pi
    assert np.abs(sines).max() <= 0.5 + 1e-12
    assert np.quantile(np.degrees(np.arcsin(sines)), [0.25, 0.75]) == pytest.approx(
        [-15.0, 15.0], abs=1.5
    )


def test_the_noise_of_the_feedback_has_its_power():
    env = VectorEnv(ID, 4000, mode="communication", feedback_snr_db=10.0)
    env.reset(seed=0)
    env.action_space.seed(1)
    metrics = env.step(env.action_space.sample())[4]["metrics"]
    excess = metrics["measured"] - metrics["gain_over_bound"]
    assert excess.mean() == pytest.approx(0.1, abs=0.015)


# --- rewards, modes, actions -------------------------------------------------------------------


@pytest.mark.parametrize("reward", ["level", "delta", "sign"])
def test_rewards_follow_the_measurements_of_a_mode(reward):
    env = Env(ID, reward=reward, switch_probability=0.3)
    env.reset(seed=5)
    env.action_space.seed(2)
    last = env.batch.env["last"][0].copy()
    modes = set()
    for _ in range(60):
        mode = int(env.batch.env["mode"][0])
        _, found, _, _, info = env.step(env.action_space.sample())
        measured = info["metrics"]["measured"]
        change = measured - last[mode]
        expected = {"level": measured, "delta": change, "sign": 1.0 if change > 0 else -1.0}
        assert found == pytest.approx(expected[reward])
        assert info["objectives"][1 - mode] == 0.0
        assert info["metrics"]["radar"] == 1 - mode == 1 - info["metrics"]["communication"]
        last[mode] = measured
        modes.add(mode)
    assert modes == {0, 1}


def test_modes_switch_stay_or_are_drawn():
    for mode, low, high in (("switching", 0.1, 0.3), ("episode", 0.0, 0.0), ("radar", 0.0, 0.0)):
        env = VectorEnv(ID, 200, mode=mode, switch_probability=0.2)
        env.reset(seed=0)
        before, switched = env.batch.env["mode"].copy(), []
        for _ in range(20):
            env.step(env.action_space.sample())
            switched.append((env.batch.env["mode"] != before).mean())
            before = env.batch.env["mode"].copy()
        assert low <= np.mean(switched) <= high
        if mode == "episode":
            assert 60 < before.sum() < 140


def test_angles_go_to_the_nearest_level_around_the_circle():
    by_angle = Env(ID, action="phases")
    by_level = Env(ID)
    generator = np.random.default_rng(3)
    for seed in range(5):
        by_angle.reset(seed=seed)
        by_level.reset(seed=seed)
        angles = generator.uniform(-np.pi, np.pi, 10).astype(np.float32)
        levels = np.rint(angles / (np.pi / 4)).astype(int) % 8
        first, second = by_angle.step(angles), by_level.step(levels)
        assert np.array_equal(first[0], second[0])
        assert first[1] == second[1]


def test_the_observation_shows_phases_mode_direction_and_measurements():
    env = Env(ID, mode="communication", steer_sine_low=0.25, steer_sine_high=0.25)
    env.reset(seed=0)
    levels = np.arange(10) % 8
    seen, *_, info = env.step(levels)
    np.testing.assert_allclose(seen[:10], np.cos(levels * np.pi / 4), atol=1e-6)
    np.testing.assert_allclose(seen[10:20], np.sin(levels * np.pi / 4), atol=1e-6)
    assert seen[20:23].tolist() == [0.0, 1.0, 0.25]
    assert seen[23] == pytest.approx(info["metrics"]["measured"])
    assert seen[24] >= seen[23]


def test_one_scene_for_all_or_one_for_each_episode():
    def scenes(**overrides):
        env = VectorEnv(ID, 4, **overrides)
        env.reset(seed=0)
        first = env.batch.state[1]["channel_re"].copy()
        env.reset()
        return first, env.batch.state[1]["channel_re"]

    fixed, again = scenes(channel="fixed", channel_seed=3)
    assert (fixed == fixed[0]).all() and (fixed == again).all()
    other, _ = scenes(channel="fixed", channel_seed=4)
    assert not (fixed == other).any()
    fresh, later = scenes()
    assert len(np.unique(np.concatenate((fresh, later))[:, 0])) == 8


def test_episodes_are_truncated():
    env = gymnasium.make(f"isac_envs:{ID}", horizon=5)
    env.reset(seed=0)
    ends = [env.step(env.action_space.sample())[2:4] for _ in range(5)]
    assert ends == [(False, False)] * 4 + [(False, True)]


BAD = (
    ({"positions": (1, 2, 5)}, "from 0"),
    ({"positions": (0, 2, 2, 5)}, "increase"),
    ({"positions": (0, 1)}, "at least 3"),
    ({"steer_sine_low": 0.4, "steer_sine_high": 0.1}, "steer_sine_high"),
    ({"phase_bits": 0}, "phase_bits"),
)


@pytest.mark.parametrize(("overrides", "message"), BAD)
def test_bad_parameters_are_refused(overrides, message):
    with pytest.raises(ScenarioError, match=message):
        scenarios.build(ID, None, overrides)


def test_the_codebook_is_four_times_oversampled_and_quantised():
    params = scenarios.build(ID, None, {"positions": tuple(range(16))}).params
    book = dft_levels(params)
    assert book.shape == (64, 16)
    assert book.min() == 0 and book.max() == 7
    assert len(np.unique(book, axis=0)) == 64


def test_baselines_are_in_the_expected_order():
    env = VectorEnv(ID, 64, mode="communication", phase_error_std_deg=60.0, horizon=200)
    earned = {}
    for name in env.model.baselines:
        env.reset(seed=9)
        policy = env.model.baselines[name](env.batch)
        earned[name] = np.mean([env.step(policy.act())[1].mean() for _ in range(200)])
    order = ("optimum", "rounded", "coordinate_search", "codebook", "random_search", "random")
    values = [earned[name] for name in order]
    assert values == sorted(values, reverse=True)
    assert earned["optimum"] > 0.94


def test_a_coordinate_search_ends_near_the_optimum():
    env = VectorEnv(ID, 32, mode="communication", **QUIET)
    env.reset(seed=2)
    policy = env.model.baselines["coordinate_search"](env.batch)
    for _ in range(199):
        info = env.step(policy.act())[4]
    assert info["metrics"]["gain_over_optimum"].mean() > 0.93
