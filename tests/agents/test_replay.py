"""Replay over n steps against a brute-force reference, and by priority against its equations."""

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from gymnasium.wrappers import TimeLimit
from scipy import stats
from stable_baselines3.common.buffers import NStepReplayBuffer, ReplayBuffer
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from isac_agents.adapters.nan_guard import NotFiniteError
from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.dqn.double_dqn import DoubleDQN
from isac_agents.algorithms.replay import NStepBuffer, PrioritisedBuffer

SEEN = spaces.Box(-np.inf, np.inf, (1,))
CHOICES = spaces.Discrete(2)
GAMMA = 0.9


class Numbered(gymnasium.Env):
    """Every state has a number of its own; episodes terminate by chance or are truncated."""

    observation_space, action_space = SEEN, CHOICES
    first = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        type(self).first += 1000
        self.number = self.first
        return np.array([self.number], np.float32), {}

    def step(self, action):
        self.number += 1
        reward = float(self.np_random.normal())
        terminated = bool(self.np_random.random() < 0.15)
        return np.array([self.number], np.float32), reward, terminated, False, {}


def _fill(buffer, copies, steps, seed=0):
    """Play in a vector environment and return the history of each copy as lists of transitions."""
    env = DummyVecEnv([lambda: TimeLimit(Numbered(), 7)] * copies)
    env.seed(seed)
    seen = env.reset()
    histories = [[] for _ in range(copies)]
    for _ in range(steps):
        actions = np.zeros(copies, int)
        following, rewards, dones, infos = env.step(actions)
        last = following.copy()
        for i in np.flatnonzero(dones):
            last[i] = infos[i]["terminal_observation"]
        buffer.add(seen, last, actions, rewards, dones, infos)
        for i, history in enumerate(histories):
            truncated = bool(infos[i].get("TimeLimit.truncated", False))
            assert not truncated or dones[i]
            history.append((seen[i, 0], rewards[i], last[i, 0], bool(dones[i]), truncated))
        seen = following
    return histories


def _reference(history, start, n_steps):
    """Return reward, discount, next observation and terminal flag by stepping along a history."""
    total, factor = 0.0, 1.0
    for _, reward, following, done, truncated in history[start : start + n_steps]:
        total += factor * reward
        factor *= GAMMA
        if done:
            return total, factor, following, done and not truncated
    return total, factor, following, False


@pytest.mark.parametrize("steps", [3, 12, 23, 24, 61])
@pytest.mark.parametrize("n_steps", [1, 3, 5])
def test_samples_over_n_steps_stop_at_ends_and_bootstrap_on_truncation(n_steps, steps):
    copies, rows = 4, 24
    buffer = NStepBuffer(rows * copies, SEEN, CHOICES, n_envs=copies, n_steps=n_steps, gamma=GAMMA)
    histories = _fill(buffer, copies, steps)
    ends = [step[4] for history in histories for step in history]
    assert any(ends) or steps < 12
    held = min(steps, rows)
    for age in range(held):
        time = steps - 1 - age
        found = buffer.gather(np.full(copies, time % rows), np.arange(copies))
        for i, history in enumerate(histories):
            observed, _, following, done, reward, discount = (float(each[i]) for each in found)
            expected = _reference(history, time, n_steps)
            assert observed == history[time][0]
            assert (following, done) == (expected[2], expected[3])
            assert (reward, discount) == pytest.approx(expected[:2], abs=1e-6)


def test_one_step_samples_are_those_of_stable_baselines():
    ours = NStepBuffer(80, SEEN, CHOICES, n_envs=4, n_steps=1, gamma=GAMMA)
    theirs = ReplayBuffer(80, SEEN, CHOICES, n_envs=4)
    for buffer in (ours, theirs):
        Numbered.first = 0
        _fill(buffer, 4, 33)
    samples = []
    for buffer in (ours, theirs):
        np.random.seed(0)
        samples.append(buffer.sample(500))
    for mine, other in zip(samples[0][:5], samples[1][:5], strict=True):
        assert torch.equal(mine, other)


def test_n_step_samples_are_those_of_stable_baselines_within_one_run():
    settings = {"n_envs": 4, "n_steps": 3, "gamma": GAMMA}
    samples = []
    for kind in (NStepBuffer, NStepReplayBuffer):
        Numbered.first = 0
        buffer = kind(80, SEEN, CHOICES, **settings)
        _fill(buffer, 4, 33)
        np.random.seed(0)
        samples.append(buffer.sample(500))
    for mine, other in zip(*samples, strict=True):
        torch.testing.assert_close(mine, other)


@pytest.mark.parametrize("kind, joined", [(NStepBuffer, False), (NStepReplayBuffer, True)])
def test_a_cut_keeps_episodes_apart_that_stable_baselines_joins(kind, joined):
    buffer = kind(40, SEEN, CHOICES, n_steps=3, gamma=GAMMA)
    for number in (1.0, 2.0, 100.0, 101.0):  # the environment is reset after the second
        if number == 100.0 and kind is NStepBuffer:
            buffer.cut()
        seen, following = np.array([[number]]), np.array([[number + 1.0]])
        buffer.add(seen, following, np.zeros(1), np.array([1.0]), np.array([False]), [{}])
    samples = buffer.sample(100)
    early = samples.observations < 50.0
    assert bool((samples.next_observations[early] > 50.0).any()) is joined
    assert not samples.dones.any()


def test_learning_again_cuts_only_where_the_environment_is_reset():
    env = BatchVecEnv("isac/ModeSelect-v0", 2)
    model = DoubleDQN("MlpPolicy", env, n_steps=3, buffer_size=200, device="cpu", seed=0)
    model.learn(24)
    assert not model.replay_buffer.timeouts.any()
    model.learn(24, reset_num_timesteps=False)
    assert not model.replay_buffer.timeouts.any()
    model.learn(24)
    assert np.flatnonzero(model.replay_buffer.timeouts.all(1)).tolist() == [23]
    assert (model.replay_buffer.timeouts.sum(), model.replay_buffer.dones.sum()) == (2.0, 0.0)


def test_a_cut_leaves_terminated_episodes_terminated():
    buffer = NStepBuffer(10, SEEN, CHOICES, n_steps=2, gamma=GAMMA)
    buffer.cut()
    row = np.zeros((1, 1))
    buffer.add(row, row, np.zeros(1), np.ones(1), np.array([True]), [{}])
    buffer.cut()
    assert buffer.sample(5).dones.all()


def test_rewards_and_observations_are_normalised_where_the_environment_is():
    env = VecNormalize(DummyVecEnv([Numbered]), clip_obs=1e9)
    env.ret_rms.var, env.obs_rms.mean = np.array(4.0), np.array([10.0])
    buffer = NStepBuffer(10, SEEN, CHOICES, n_steps=2, gamma=0.5)
    for number in range(3):
        seen, following = np.array([[number]]), np.array([[number + 1]])
        buffer.add(seen, following, np.zeros(1), np.array([2.0]), np.array([False]), [{}])
    found = buffer.gather(np.array([0]), np.array([0]), env)
    assert float(found[0]) == pytest.approx(-10.0) and float(found[2]) == pytest.approx(-8.0)
    assert float(found[4]) == pytest.approx(1.0 + 0.5)


def _prioritised(copies=4, rows=25, filled=25, **settings):
    buffer = PrioritisedBuffer(rows * copies, SEEN, CHOICES, n_envs=copies, **settings)
    for time in range(filled):
        seen = (time * copies + np.arange(copies, dtype=np.float32))[:, None]
        done = np.zeros(copies, bool)
        buffer.add(seen, seen + 1.0, np.zeros(copies), np.zeros(copies), done, [{}] * copies)
    return buffer


def _surprise(buffer, errors):
    buffer.update_priorities(torch.arange(len(errors)), torch.as_tensor(errors))


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0])
def test_transitions_are_drawn_in_proportion_to_their_priorities(alpha):
    np.random.seed(0)
    buffer = _prioritised(alpha=alpha, epsilon=0.1)
    errors = np.random.default_rng(0).random(100) ** 2
    _surprise(buffer, errors)
    chances = (errors + 0.1) ** alpha
    chances /= chances.sum()
    # One by one: draws of a batch come from parts of equal probability and vary less.
    draws = [int(buffer.sample(1).observations) for _ in range(4000)]
    counts = np.bincount(draws, minlength=100)
    assert stats.chisquare(counts, len(draws) * chances).pvalue > 1e-3
    stratified = np.bincount(buffer.sample(20_000).observations[:, 0].int(), minlength=100)
    assert np.abs(stratified - 20_000 * chances).max() <= 2.0


def test_samples_tell_where_they_stand():
    buffer = _prioritised()
    samples = buffer.sample(64)
    assert torch.equal(samples.places.float(), samples.observations)
    assert torch.equal(samples.next_observations, samples.observations + 1.0)


def test_weights_undo_the_priorities_as_far_as_beta_asks():
    buffer = _prioritised(alpha=1.0, beta=0.5, epsilon=1.0)
    errors = np.arange(100.0)
    _surprise(buffer, errors)
    for progress, beta in ((1.0, 0.5), (0.5, 0.75), (0.0, 1.0), (-0.01, 1.0)):
        buffer.anneal(progress)
        samples = buffer.sample(50)
        chances = (samples.places.double() + 1.0) / (errors + 1.0).sum()
        weights = (100 * chances) ** -beta
        torch.testing.assert_close(samples.weights.double(), weights / weights.max(), rtol=1e-5,
                                   atol=0.0)  # fmt: skip


def test_equal_priorities_have_weight_one():
    assert (_prioritised().sample(50).weights == 1.0).all()


def test_new_transitions_get_the_largest_priority_so_far():
    buffer = _prioritised(rows=25, filled=10, alpha=0.5, epsilon=1e-6)
    assert buffer.tree[1] == 40.0
    assert buffer.sample(200).places.max() < 40  # nothing is drawn that is not there
    buffer.update_priorities(torch.tensor([[3], [7]]), torch.tensor([[8.0], [0.0]]))
    leaves = buffer.tree[128:228]
    assert leaves[3] == pytest.approx(8.0**0.5) and leaves[7] == pytest.approx(1e-3)
    row = np.zeros((4, 1))
    buffer.add(row, row, np.zeros(4), np.zeros(4), np.zeros(4, bool), [{}] * 4)
    np.testing.assert_allclose(leaves[40:44], 8.0**0.5)
    buffer.reset()
    assert buffer.tree.sum() == 0.0 and buffer.max_priority == 1.0


def test_overwritten_transitions_lose_their_priority():
    buffer = _prioritised(filled=25, alpha=1.0)
    _surprise(buffer, np.full(100, 0.25))
    row = np.zeros((4, 1))
    buffer.add(row, row, np.zeros(4), np.zeros(4), np.zeros(4, bool), [{}] * 4)
    np.testing.assert_allclose(buffer.tree[128:132], 1.0)
    np.testing.assert_allclose(buffer.tree[132:228], 0.25, rtol=1e-5)


def test_samples_by_priority_span_n_steps():
    Numbered.first = 0
    buffer = PrioritisedBuffer(80, SEEN, CHOICES, n_envs=4, n_steps=3, gamma=GAMMA)
    _fill(buffer, 4, 33)
    samples = buffer.sample(64)
    rows, copies = np.divmod(samples.places[:, 0].numpy(), 4)
    for mine, expected in zip(samples, buffer.gather(rows, copies), strict=False):
        assert torch.equal(mine, expected)


def test_content_is_plain_arrays_and_numbers():
    for name, value in vars(_prioritised()).items():
        plain = (int, float, bool, tuple, torch.device, spaces.Space)
        assert isinstance(value, plain) or (value.dtype != object), name


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"alpha": 1.5}, "alpha is 1.5"),
        ({"beta": -0.1}, "beta is -0.1"),
        ({"epsilon": 0.0}, "epsilon is 0.0"),
        ({"n_steps": 0}, "n_steps is 0"),
        ({"optimize_memory_usage": True, "handle_timeout_termination": False}, "optimize_memory"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        PrioritisedBuffer(10, SEEN, CHOICES, **settings)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_an_error_that_is_not_finite_is_refused_at_once_and_changes_nothing(wrong):
    buffer = PrioritisedBuffer(10, SEEN, CHOICES)
    row = np.zeros((1, 1))
    for _ in range(3):
        buffer.add(row, row, np.zeros(1), np.ones(1), np.array([False]), [{}])
    before = buffer.tree.copy()
    for errors, kind in (([1.0, wrong], NotFiniteError), ([1.0, -0.5], ValueError)):
        with pytest.raises(kind):
            buffer.update_priorities(torch.arange(2), torch.tensor(errors))
    assert buffer.tree.tobytes() == before.tobytes()
    assert np.isfinite(buffer.max_priority)
