"""Wolpertinger: exact neighbours against all points, targets and choices by hand, learning."""

import itertools

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from hypothesis import given, settings
from hypothesis import strategies as st
from stable_baselines3.common.vec_env import DummyVecEnv

from isac_agents import registry
from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.wolpertinger.lattice import Lattice
from isac_agents.algorithms.wolpertinger.wolpertinger import Wolpertinger
from isac_agents.training.interface import misfit
from isac_envs import scenarios

BEAM = "isac/SparseArrayBeam-v0"


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def squared_distances(lattice, point):
    """Return all points of a lattice and their squared distances from one point."""
    every = np.array(list(itertools.product(*map(range, lattice.counts))))
    apart = np.abs(point - (lattice.first + lattice.scales * every))
    if lattice.circular:
        apart %= 2.0
        apart = np.minimum(apart, 2.0 - apart)
    return every, (apart**2).sum(1)


COORDINATE = st.one_of(
    st.floats(-2.5, 2.5, allow_nan=False), st.sampled_from([-1.0, -0.5, 0.0, 0.25, 0.5, 1.0])
)


@given(st.data(), st.lists(st.integers(1, 6), min_size=1, max_size=4), st.booleans())
@settings(max_examples=150, deadline=None)
def test_neighbours_are_those_of_brute_force(data, counts, circular):
    k = data.draw(st.integers(1, 64))
    point = np.array(data.draw(st.lists(COORDINATE, min_size=len(counts), max_size=len(counts))))
    lattice = Lattice(spaces.MultiDiscrete(counts), circular)
    found = lattice.nearest(point[None], k)[0]
    every, squares = squared_distances(lattice, point)
    assert len(found) == min(k, len(every)) == len({tuple(row) for row in found})
    index = {tuple(row): i for i, row in enumerate(every)}
    own = np.array([squares[index[tuple(row)]] for row in found])
    np.testing.assert_allclose(own, np.sort(squares)[: len(found)], atol=1e-12)
    assert (np.diff(own) >= -1e-12).all()


def test_of_equally_near_levels_the_lower_is_first():
    line = Lattice(spaces.Discrete(5))  # levels at -1, -0.5, 0, 0.5, 1
    assert line.nearest(np.array([[0.25]]), 4)[0, :, 0].tolist() == [2, 3, 1, 4]
    assert line.nearest(np.array([[-7.0]]), 2)[0, :, 0].tolist() == [0, 1]
    circle = Lattice(spaces.Discrete(4), circular=True)  # levels at 0, 0.5, 1, 1.5 of 2
    assert circle.nearest(np.array([[-0.25]]), 4)[0, :, 0].tolist() == [0, 3, 1, 2]
    assert circle.nearest(np.array([[6.5]]), 1)[0, 0, 0] == 1


def test_spaces_that_start_elsewhere_and_binary_ones():
    lattice = Lattice(spaces.Discrete(3, start=5))
    assert lattice.actions(lattice.nearest(np.array([[1.0]]), 1)[:, 0]).tolist() == [[7]]
    binary = Lattice(spaces.MultiBinary(3))
    assert binary.nearest(np.array([[0.9, -0.2, 0.1]]), 2)[0].tolist() == [[1, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize("space", [spaces.Box(0, 1, (2,)), spaces.MultiDiscrete([[2, 2]])])
def test_other_spaces_are_no_lattices(space):
    with pytest.raises(ValueError, match="not a lattice"):
        Lattice(space)


@pytest.mark.parametrize(("points", "k"), [([[0.0]], 1), ([[np.nan, 0.0]], 1), ([[0.0, 0.0]], 0)])
def test_points_that_are_none_are_refused(points, k):
    with pytest.raises(ValueError, match=r"points|k is"):
        Lattice(spaces.MultiDiscrete([2, 3])).nearest(np.array(points), k)


# --- the algorithm -----------------------------------------------------------------------------


class Target(gymnasium.Env):
    """Two choices of five levels; the reward is 1 less half the distance from (3, 1)."""

    observation_space = spaces.Box(-1.0, 1.0, (1,))
    action_space = spaces.MultiDiscrete([5, 5])

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.time = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        assert self.action_space.contains(action)
        self.time += 1
        reward = 1.0 - 0.25 * abs(action[0] - 3) - 0.25 * abs(action[1] - 1)
        return np.zeros(1, np.float32), float(reward), False, self.time == 10, {}


def make(env=Target, **chosen):
    given = {"policy_kwargs": {"net_arch": [16]}, "seed": 0, "device": "cpu", "buffer_size": 500}
    return Wolpertinger("MlpPolicy", DummyVecEnv([env]), **{**given, **chosen})


def linear_critic(network, weights, bias=0.0):
    """Make a critic linear: weights for observation and both coordinates."""
    with torch.no_grad():
        network.qf0[0].weight[...] = torch.tensor([weights])
        network.qf0[0].bias.fill_(bias)


def fixed_actor(network, protos):
    with torch.no_grad():
        network.mu[0].weight.zero_()
        network.mu[0].bias[...] = torch.atanh(torch.tensor(protos))


def test_the_best_of_the_neighbours_is_played():
    protos = [0.1, -0.1]  # the nearest point is level (2, 2)
    for k, expected in ((1, [2, 2]), (2, [3, 2]), (25, [4, 4])):
        model = make(k=k, policy_kwargs={"net_arch": []})
        fixed_actor(model.actor, protos)
        linear_critic(model.critic, [0.0, 2.0, 1.0])
        assert model.predict(np.zeros(1, np.float32))[0].tolist() == expected
        assert model.predict(np.zeros((3, 1), np.float32))[0].tolist() == [expected] * 3


def sampled(model, reward=1.0, done=0.0):
    class Data:
        observations = next_observations = torch.zeros((1, 1))
        actions = torch.tensor([[3, 2]])
        rewards, dones, discounts = torch.tensor([[reward]]), torch.tensor([[done]]), None

    return Data()


def test_targets_use_the_whole_policy_of_the_target_networks():
    model = make(k=2, gamma=0.5, reward_scale=2.0, policy_kwargs={"net_arch": []})
    fixed_actor(model.actor_target, [0.1, -0.1])
    linear_critic(model.critic_target, [0.0, 2.0, 1.0], bias=3.0)
    linear_critic(model.critic, [0.0, -9.0, -9.0])
    chosen = 3.0 + 2.0 * 0.5  # level (3, 2) stands at (0.5, 0)
    assert model.targets(sampled(model)).item() == pytest.approx(2.0 + 0.5 * chosen)
    assert model.targets(sampled(model, done=1.0)).item() == pytest.approx(2.0)
    model.gamma = 0.0
    assert model.targets(sampled(model)).item() == pytest.approx(2.0)


def test_the_actor_follows_the_critic_at_the_proto_action():
    model = make(policy_kwargs={"net_arch": []}, learning_rate=0.01)
    fixed_actor(model.actor, [0.1, -0.1])
    linear_critic(model.critic, [0.0, 2.0, -1.0])
    before = model.actor(torch.zeros((1, 1))).detach()
    loss = model._actor_step(torch.zeros((1, 1)))
    assert loss == pytest.approx(-(2.0 * 0.1 + 0.1))
    moved = (model.actor(torch.zeros((1, 1))) - before)[0]
    assert moved[0] > 0 > moved[1]


@pytest.mark.parametrize("noise", ["gaussian", "ou"])
def test_noise_has_its_deviation_and_falls(noise):
    model = make(noise=noise, noise_std=0.4, final_noise_std=0.1, noise_fraction=0.5)
    model.learn(1)
    model._current_progress_remaining = 1.0
    draws = np.array([model._noise((200, 2)) for _ in range(100)])[20:]
    assert draws.std() == pytest.approx(0.4, rel=0.03)
    following = np.mean(draws[1:] * draws[:-1]) / 0.16
    assert following == pytest.approx(0.85 if noise == "ou" else 0.0, abs=0.03)
    for left, expected in ((0.75, 0.25), (0.5, 0.1), (0.0, 0.1)):
        model._current_progress_remaining = left
        assert model.present_noise_std == pytest.approx(expected)


@pytest.mark.parametrize("k", [1, 4])
def test_learns_a_best_point(k):
    model = make(k=k, gamma=0.0, learning_starts=50, batch_size=32, learning_rate=5e-3,
                 noise_std=0.5)  # fmt: skip
    model.learn(500)
    assert model.predict(np.zeros(1, np.float32))[0].tolist() == [3, 1]


def test_the_seed_determines_everything_and_saved_models_go_on(tmp_path):
    def weights(seed):
        model = make(seed=seed, learning_starts=20, noise="ou", batch_size=16).learn(60)
        return model, torch.cat([each.flatten() for each in model.policy.state_dict().values()])

    (model, first), (_, second), (_, third) = weights(1), weights(1), weights(2)
    assert torch.equal(first, second) and not torch.equal(first, third)
    model.save(tmp_path / "model.zip")
    loaded = Wolpertinger.load(tmp_path / "model.zip", env=DummyVecEnv([Target]))
    for name, weight in model.policy.state_dict().items():
        assert torch.equal(loaded.policy.state_dict()[name], weight)
    loaded.learn(40)


WRONG = (("k", 0), ("k", True), ("noise", "pink"), ("noise_std", -0.1), ("gamma", 1.5),
         ("noise_fraction", 2.0), ("reward_scale", 0.0))  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_numbers_out_of_range_are_refused(name, value):
    with pytest.raises(ValueError, match=name):
        make(**{name: value})


KINDS = (
    ("isac/HsrDualBeam-v0", {}),
    ("isac/HsrDualBeam-v0", {"action": "index"}),
    ("isac/BeamTrack-v0", {}),
    ("isac/ModeSelect-v0", {}),
    (BEAM, {}),
)


@pytest.mark.parametrize(("name", "form"), KINDS)
def test_learns_on_every_kind_of_discrete_actions(name, form):
    env = BatchVecEnv(name, 3, seed=0, **form)
    model = Wolpertinger("MlpPolicy", env, policy_kwargs={"net_arch": [16]}, learning_starts=6,
                         batch_size=8, seed=0, device="cpu", n_steps=2)  # fmt: skip
    model.learn(30)
    actions, _ = model.predict(env.reset())
    assert all(env.action_space.contains(action) for action in actions)


def test_the_registry_states_which_actions_it_takes():
    spec = registry.preset("wolpertinger")
    assert not misfit(spec, scenarios.build(BEAM, None, {}))
    assert "box" in misfit(spec, scenarios.build(BEAM, None, {"action": "phases"}))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("channel", "factor"), [(0, 1.6), (1, 1.8)])
def test_learns_the_beam_of_an_unknown_channel(channel, factor, seed, tmp_path):
    """On channel 0 the optimum itself is only 1.805 times as good as random search."""
    from isac_agents.evaluation.episodes import baseline, play
    from isac_agents.runs.learners import load
    from isac_agents.training.plan import plan_jobs
    from isac_agents.training.train_jobs import train_all

    jobs = plan_jobs(BEAM, "wolpertinger", scenario="ula_16", seeds=(seed,), out=tmp_path,
                     overrides={"channel_seed": channel})  # fmt: skip
    assert jobs[0].record.steps == 4000
    train_all(jobs, 1)
    record, agent = load(jobs[0].folder)
    model = record.model()

    def gain(make_policy):
        played = play(make_policy, model, 16)
        return played.totals["gain_over_optimum"].sum() / played.lengths.sum()

    learned = gain(lambda env: agent)
    assert learned >= 0.95
    assert learned > gain(baseline(model, "codebook"))
    assert learned >= factor * random_search(model, 4000)


def random_search(model, beams, searches=20):
    """Return what random search finds on average, the best of as many beams as are learned from."""
    env = BatchVecEnv(model, beams, seed=0)
    env.reset()
    generator, found = np.random.default_rng(0), []
    for _ in range(searches):
        env.step(generator.integers(8, size=(beams, 16)))
        found.append(env._buffers.metrics["gain_over_optimum"].max())
    return np.mean(found)
