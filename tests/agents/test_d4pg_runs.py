"""D4PG as a learner: what it learns, seeds, many agents, forms of its networks, saving."""

import importlib
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3.common.vec_env import DummyVecEnv

from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.d4pg.d4pg import D4PG


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Aim(gymnasium.Env):
    """One step; the best action is 0.5 times the observation, less 0.25."""

    observation_space = spaces.Box(-1.0, 1.0, (1,))
    action_space = spaces.Box(-3.0, 3.0, (1,))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.seen = self.np_random.uniform(-1.0, 1.0, 1).astype(np.float32)
        return self.seen, {}

    def step(self, action):
        reward = -float((action[0] - 0.5 * self.seen[0] + 0.25) ** 2)
        return self.seen, reward, True, False, {}


class Pairs(DummyVecEnv):
    """Copies with two agents each; a row an agent."""

    num_agents = 2


def make(env, **settings):
    defaults = {
        "n_atoms": 11,
        "gamma": 0.9,
        "buffer_size": 10_000,
        "learning_starts": 64,
        "policy_kwargs": {"net_arch": [8]},
        "seed": 0,
        "device": "cpu",
    }
    return D4PG("MlpPolicy", env, **{**defaults, **settings})


def test_the_range_of_returns_follows_from_the_bounds_of_the_rewards():
    env = BatchVecEnv("isac/BeamTrack-v0", 2, action="continuous")
    low, high = env.reward_bounds
    assert low == 0.0
    model = make(env, reward_scale=0.5)
    atoms = model.policy.critic.atoms
    assert (atoms[0], atoms[-1]) == (0.0, pytest.approx(0.5 * high / (1.0 - 0.9)))
    assert torch.equal(atoms, model.policy.critic_target.atoms)
    model = make(env, v_min=-1.0, value_horizon=30)
    atoms = model.policy.critic.atoms
    assert (atoms[0], atoms[-1]) == (-1.0, pytest.approx(high * (1.0 - 0.9**30) / (1.0 - 0.9)))


def test_learns_the_best_action_of_a_single_step():
    model = make(
        DummyVecEnv([Aim] * 8), v_min=-14.0, v_max=0.0, n_atoms=51, learning_rate=3e-3,
        final_learning_rate=1e-4, batch_size=64, gradient_steps=2, target_update_interval=10,
        noise_scale=0.2, max_action_gradient=10.0, policy_kwargs={"net_arch": [32, 32]},
    )  # fmt: skip
    model.learn(4000)
    seen = np.linspace(-1.0, 1.0, 9, dtype=np.float32)[:, None]
    actions, _ = model.predict(seen, deterministic=True)
    np.testing.assert_allclose(actions, 0.5 * seen - 0.25, atol=0.15)


def train(seed=1, **settings):
    env = BatchVecEnv("isac/BeamTrack-v0", 16, action="continuous")
    return make(env, seed=seed, train_freq=2, **settings).learn(640)


@pytest.mark.parametrize("settings", [{}, {"prioritised": True}, {"n_steps": 1}])
def test_the_seed_determines_the_weights(settings):
    first, second, third = (train(seed, **settings).policy.state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], third[name]) for name in first)


def test_all_agents_of_a_copy_share_the_policy_and_explore_on_their_own():
    model = make(Pairs([Aim] * 6), v_min=-14.0, v_max=0.0, noise_spread=4.0, train_freq=2)
    model.learn(240)
    assert len(model.noise_streams) == 3 and model.noise.shape == (2, 6, 1)
    assert len(np.unique(model.noise)) == model.noise.size
    assert model.noise_scales == pytest.approx([0.3, 0.6, 1.2])
    assert model.replay_buffer.actions.shape[1:] == (6, 1)


@pytest.mark.parametrize("form", [{}, {"layer_norm": False}, {"net_arch": {"pi": [], "qf": [4]}}])
def test_forms_of_the_networks(form):
    form = {"net_arch": [8], **form}
    model = make(DummyVecEnv([Aim]), v_min=-14.0, v_max=0.0, policy_kwargs=form)
    seen = torch.rand(5, 1)
    actions = model.policy.actor(seen)
    assert actions.shape == (5, 1) and (actions.abs() < 0.2).all()  # near the middle at first
    assert model.policy.critic(seen, actions).shape == (5, 11)
    assert model.policy.critic.mean(seen, actions).shape == (5,)
    kinds = [type(each).__name__ for each in model.policy.critic.body]
    plain = form.get("layer_norm") is False
    assert kinds == (["Linear", "ELU"] if plain else ["Linear", "LayerNorm", "Tanh"])


def test_saved_models_go_on_where_they_stopped(tmp_path):
    model = train(prioritised=True)
    model.save(tmp_path / "model.zip")
    env = BatchVecEnv("isac/BeamTrack-v0", 4, action="continuous")
    loaded = D4PG.load(tmp_path / "model.zip", env=env)
    for name, weight in model.policy.state_dict().items():
        assert torch.equal(loaded.policy.state_dict()[name], weight)
    state = loaded.policy.critic.optimizer.state_dict()["state"]
    assert state[0]["step"] == model._n_updates
    seen = np.zeros((3, 9), np.float32)
    assert np.array_equal(loaded.predict(seen)[0], model.predict(seen)[0])
    loaded.learn(64)
    alone = D4PG.load(tmp_path / "model.zip")
    assert np.array_equal(alone.predict(seen)[0], model.predict(seen)[0])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_swings_a_pendulum_up(monkeypatch, seed):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    script = importlib.import_module("classic_control")
    mean, _ = script.train("Pendulum-v1", seed)
    assert mean >= script.CASES["Pendulum-v1"].solved == -200.0
