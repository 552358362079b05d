"""Scaled rewards and falling settings of the PPO family."""

import numpy as np
import pytest
import stable_baselines3
import torch
from harness import bind
from toy.signals import Signals, SignalsParams

from isac_agents import registry
from isac_agents.adapters.vec_env import BatchVecEnv
from isac_envs.errors import IsacError

SMALL = {"n_steps": 8, "batch_size": 96, "n_epochs": 1}
NAMES = ("ppo", "maskable_ppo", "mappo", "gnn_ppo")


def learner(name, **settings):
    env = BatchVecEnv(Signals(SignalsParams(absent=0.3, horizon=4)), 16)
    return registry.create(registry.preset(name), env, 3, **{**SMALL, **settings})


@pytest.mark.parametrize("name", NAMES)
def test_the_buffer_holds_scaled_rewards_and_the_monitor_the_true_ones(name):
    found = {}
    for scale in (1.0, 0.25):
        agent = learner(name, reward_scale=scale, gamma=0.0, learning_rate=1e-30)
        agent.learn(1)
        found[scale] = agent.rollout_buffer.rewards, [each["r"] for each in agent.ep_info_buffer]
    assert found[1.0][0].any()
    np.testing.assert_array_equal(found[0.25][0], 0.25 * found[1.0][0])
    assert found[0.25][1] == found[1.0][1]


@pytest.mark.parametrize("name", NAMES)
def test_agents_may_learn_from_the_mean_reward_of_their_team(name):
    found = {}
    for share in (0.0, 0.25, 1.0):
        agent = learner(name, team_reward=share, reward_scale=0.5, gamma=0.0, learning_rate=1e-30)
        agent.learn(1)
        rewards = agent.rollout_buffer.rewards
        found[share] = rewards.reshape(8, 16, 3), [each["r"] for each in agent.ep_info_buffer]
    own = found[0.0][0]
    mean = np.broadcast_to(own.mean(-1, keepdims=True), own.shape)
    assert (own != mean).any()
    np.testing.assert_allclose(found[1.0][0], mean, atol=1e-7)
    np.testing.assert_allclose(found[0.25][0], 0.75 * own + 0.25 * mean, atol=1e-7)
    assert found[0.0][1] == found[0.25][1] == found[1.0][1]  # the monitor has the true ones


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_weight_outside_is_refused(share):
    with pytest.raises(IsacError, match="team_reward"):
        learner("ppo", team_reward=share)


@pytest.mark.parametrize("name", NAMES)
def test_learning_rate_and_entropy_bonus_fall_linearly_with_the_steps(name):
    seen = []

    class Watched(registry.resolve(name)):
        def train(self):
            super().train()
            seen.append((self.policy.optimizer.param_groups[0]["lr"], self.ent_coef))

    settings = {**registry.preset(name).hyper_parameters, **SMALL}
    settings |= {"learning_rate": 0.4, "final_learning_rate": 0.1}
    settings |= {"ent_coef": 0.2, "final_ent_coef": 0.0}
    env = BatchVecEnv(Signals(SignalsParams(absent=0.3, horizon=4)), 16)
    agent = Watched(env=env, seed=3, **settings)
    agent.learn(3 * 8 * agent.n_envs)
    expected = [(0.3, 0.4 / 3), (0.2, 0.2 / 3), (0.1, 0.0)]
    np.testing.assert_allclose(seen, expected, atol=1e-12)


def test_without_them_it_is_the_ppo_of_stable_baselines_with_fused_adam():
    weights = []
    settings = {"seed": 2, "device": "cpu", "n_steps": 16, "batch_size": 64}
    fused = {"policy_kwargs": {"optimizer_kwargs": {"fused": True, "eps": 1e-5}}}
    for make, given in ((registry.resolve("ppo"), {}), (stable_baselines3.PPO, fused)):
        env = BatchVecEnv(bind("corridor"), 8, seed=5)
        agent = make("MlpPolicy", env, **settings, **given).learn(256)
        weights.append(agent.policy.state_dict())
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


@pytest.mark.parametrize("name", NAMES)
def test_saved_agents_can_go_on_learning(name, tmp_path):
    agent = learner(name, reward_scale=0.5, final_learning_rate=0.0)
    agent.learn(1)
    agent.save(tmp_path / "agent")
    env = BatchVecEnv(Signals(SignalsParams(absent=0.3, horizon=4)), 16)
    loaded = registry.resolve(name).load(tmp_path / "agent", env=env)
    assert loaded.reward_scale == 0.5
    loaded.learn(1)


@pytest.mark.parametrize("name", ["ppo", "maskable_ppo", "mappo"])
def test_the_activation_can_be_chosen_and_python_may_give_any(name):
    found = []
    elu = {"policy_kwargs": {"net_arch": [8], "activation_fn": torch.nn.ELU}}
    for settings in ({"activation": "tanh"}, {"activation": "relu"}, elu):
        layers = {type(each) for each in learner(name, **settings).policy.modules()}
        found.append(layers & {torch.nn.Tanh, torch.nn.ReLU, torch.nn.ELU})
    assert found == [{torch.nn.Tanh}, {torch.nn.ReLU}, {torch.nn.ELU}]


@pytest.mark.parametrize("name", ["gnn_ppo", "entity_ppo"])
def test_networks_with_a_fixed_activation_refuse_another(name):
    with pytest.raises(TypeError, match="activation"):
        learner(name, activation="tanh")
    with pytest.raises(IsacError, match="activation is 'tan', must be one of 'tanh', 'relu'"):
        registry.settings(registry.preset("ppo"), {"activation": "tan"})


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match=r"reward_scale is 0\.0, must be .*above 0"):
        learner("ppo", reward_scale=0.0)
    with pytest.raises(ValueError, match="final_learning_rate cannot go with a schedule"):
        learner("ppo", learning_rate=lambda _: 1e-3, final_learning_rate=0.0)
