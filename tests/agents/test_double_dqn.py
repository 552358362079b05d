"""Double and dueling Q-learning against their equations, by hand-built tables."""

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3 import DQN
from stable_baselines3.common.vec_env import DummyVecEnv

from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.dqn.double_dqn import DoubleDQN
from isac_agents.algorithms.dqn.dueling import DuelingPolicy, DuelingQNetwork
from isac_agents.algorithms.weights import load_weights, save_weights, warm_start
from isac_envs.errors import IsacError

ENVIRONMENT = "isac/ModeSelect-v0"


class Chain(gymnasium.Env):
    """Two states; action 1 swaps them. Leaving state 1 pays 1, staying anywhere pays nothing.

    With discount 0.5: V(1) = 1 + 0.5 V(0), V(0) = 0.5 V(1), hence V(1) = 4/3 and V(0) = 2/3.
    """

    observation_space = spaces.Box(0.0, 1.0, (2,))
    action_space = spaces.Discrete(2)
    exact = np.array([[1 / 3, 2 / 3], [2 / 3, 4 / 3]])

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.state, self.time = int(self.np_random.integers(2)), 0
        return np.eye(2, dtype=np.float32)[self.state], {}

    def step(self, action):
        reward = float(self.state == 1 and action == 1)
        self.state = 1 - self.state if action else self.state
        self.time += 1
        seen = np.eye(2, dtype=np.float32)[self.state]
        return seen, reward, False, self.time == 20, {}


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _linear(copies=1, **settings):
    """Return a learner on one-hot states, so that its weights are a table of Q values."""
    defaults = {
        "policy_kwargs": {"net_arch": []},
        "learning_starts": 0,
        "buffer_size": 1000,
        "target_update_interval": 1,
        "gamma": 0.5,
        "seed": 0,
        "device": "cpu",
    }
    return DoubleDQN("MlpPolicy", DummyVecEnv([Chain] * copies), **{**defaults, **settings})


def _set_table(network, table):
    with torch.no_grad():
        network.q_net[0].weight[...] = torch.tensor(table).T
        network.q_net[0].bias.zero_()


def _table(model):
    with torch.no_grad():
        return model.q_net(torch.eye(2)).numpy()


def _store(model, state, action, reward, following, done=False):
    rows = np.eye(2, dtype=np.float32)
    model.replay_buffer.add(
        rows[[state]], rows[[following]], np.array([action]), np.array([reward]),
        np.array([done]), [{}],
    )  # fmt: skip


def _loss(**settings):
    """Return the loss on one transition: online prefers action 0 in state 1, target values it 2."""
    terminated = settings.pop("terminated", False)
    model = _linear(**settings)
    _set_table(model.q_net, [[0.0, 0.25], [3.0, 1.0]])
    _set_table(model.q_net_target, [[0.0, 0.0], [2.0, 4.0]])
    _store(model, 0, 1, 1.0, 1, terminated)
    model.set_logger(_Recorder())
    model.train(gradient_steps=1, batch_size=1)
    return model.logger.seen["train/loss"]


class _Recorder:
    def __init__(self):
        self.seen = {}

    def record(self, key, value, exclude=None):
        self.seen[key] = value


def test_double_target_values_the_online_choice_by_the_target_network():
    target = 1.0 + 0.5 * 2.0  # argmax of (3, 1) is action 0, which the target network values 2
    assert _loss() == pytest.approx(target - 0.25 - 0.5)  # Huber: |error| - 1/2 beyond 1


def test_single_target_takes_the_largest_value_of_the_target_network():
    target = 1.0 + 0.5 * 4.0
    assert _loss(double=False) == pytest.approx(target - 0.25 - 0.5)


def test_terminal_states_have_no_value_and_small_errors_a_quadratic_loss():
    assert _loss(terminated=True) == pytest.approx(0.5 * (1.0 - 0.25) ** 2)


def test_reward_scale_multiplies_rewards_only():
    assert _loss(reward_scale=0.5, terminated=True) == pytest.approx(0.5 * (0.5 - 0.25) ** 2)
    with pytest.raises(ValueError, match="reward_scale"):
        _linear(reward_scale=0.0)


def test_n_step_target_sums_discounted_rewards_and_discounts_the_value_by_their_number():
    model = _linear(n_steps=3)
    _set_table(model.q_net, [[0.0, 0.0], [3.0, 1.0]])
    _set_table(model.q_net_target, [[0.0, 0.0], [2.0, 4.0]])
    for state, following in ((0, 0), (0, 0), (0, 1), (1, 1)):
        _store(model, state, 0, 1.0, following)
    model.set_logger(_Recorder())
    model.replay_buffer.sample = lambda size, env: model.replay_buffer._get_samples(
        np.array([0]), env
    )
    model.train(gradient_steps=1, batch_size=1)
    target = 1.0 + 0.5 + 0.25 + 0.125 * 2.0
    assert model.logger.seen["train/loss"] == pytest.approx(target - 0.5)


def test_without_the_double_target_a_gradient_step_is_that_of_stable_baselines():
    settings = {"policy_kwargs": {"optimizer_kwargs": {"fused": False}}, "learning_starts": 32}
    models = []
    for make in (DQN, DoubleDQN):
        extra = {"double": False} if make is DoubleDQN else {}
        env = DummyVecEnv([Chain])
        model = make("MlpPolicy", env, seed=1, device="cpu", **settings, **extra)
        model.learn(32)  # random actions only, the same for both
        np.random.seed(0)
        model.train(gradient_steps=1, batch_size=16)
        models.append(model)
    for ours, theirs in zip(models[1].policy.parameters(), models[0].policy.parameters()):  # noqa: B905
        assert torch.equal(ours, theirs)


CAREFUL = {
    "final_learning_rate": 1e-4,
    "train_freq": 1,
    "gradient_steps": 4,
    "batch_size": 64,
    "exploration_final_eps": 1.0,
    "target_update_interval": 8,
    "copies": 8,
}


@pytest.mark.parametrize("double", [True, False])
def test_learns_the_exact_values_of_a_chain_of_two_states(double):
    model = _linear(double=double, learning_rate=0.02, **CAREFUL)
    model.learn(2400)
    np.testing.assert_allclose(_table(model), Chain.exact, atol=0.01)


def test_reward_scale_scales_the_learned_values():
    model = _linear(reward_scale=0.1, learning_rate=0.02, **CAREFUL)
    model.learn(2400)
    np.testing.assert_allclose(_table(model), 0.1 * Chain.exact, atol=0.002)


@pytest.mark.parametrize("net_arch", [[], [8], [16, 8]])
def test_dueling_advantages_have_mean_zero_and_values_add_up(net_arch):
    env = BatchVecEnv(ENVIRONMENT, 1)
    model = DoubleDQN("DuelingPolicy", env, policy_kwargs={"net_arch": net_arch}, seed=0,
                      device="cpu", buffer_size=10)  # fmt: skip
    network = model.q_net
    assert isinstance(model.policy, DuelingPolicy) and isinstance(network, DuelingQNetwork)
    seen = torch.rand(50, 6) * 2.0 - 1.0
    with torch.no_grad():
        shared = network.q_net(seen)
        values, advantages = network.value(shared), network.advantage(shared)
        result = network(seen)
        network.advantage[-1].bias += 7.0
        assert torch.allclose(network(seen), result, atol=1e-5)  # only differences count
    assert torch.allclose(result.mean(1, keepdim=True), values, atol=1e-6)
    expected = advantages[:, 0] - advantages[:, 1]
    assert torch.allclose(result[:, 0] - result[:, 1], expected, atol=1e-6)


def _train(seed, policy="MlpPolicy", steps=640):
    env = BatchVecEnv(ENVIRONMENT, 16)
    model = DoubleDQN(policy, env, policy_kwargs={"net_arch": [16]}, learning_starts=64,
                      train_freq=1, target_update_interval=64, buffer_size=1000, seed=seed,
                      device="cpu")  # fmt: skip
    return model.learn(steps)


@pytest.mark.parametrize("policy", ["MlpPolicy", "DuelingPolicy"])
def test_the_seed_determines_the_weights(policy):
    first, second, third = (_train(seed, policy).policy.state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], third[name]) for name in first)


def test_copies_explore_one_by_one():
    env = BatchVecEnv(ENVIRONMENT, 4)
    model = DoubleDQN("MlpPolicy", env, seed=0, device="cpu", buffer_size=10)
    seen = np.zeros((10_000, 6), np.float32)
    greedy, _ = model.predict(seen, deterministic=True)
    assert (greedy == greedy[0]).all()
    model.exploration_rate = 0.4
    actions, _ = model.predict(seen)
    other = (actions != greedy).mean()
    assert abs(other - 0.2) < 5.0 * np.sqrt(0.2 * 0.8 / 10_000)
    assert np.shape(model.predict(seen[0])[0]) == ()


def test_only_one_form_of_the_learning_rate_is_accepted():
    with pytest.raises(ValueError, match="final_learning_rate"):
        _linear(learning_rate=lambda progress: 1e-3, final_learning_rate=1e-4)


def test_saved_models_go_on_where_they_stopped(tmp_path):
    model = _train(3)
    model.save(tmp_path / "model.zip")
    loaded = DoubleDQN.load(tmp_path / "model.zip", env=BatchVecEnv(ENVIRONMENT, 16))
    assert loaded.double and loaded.reward_scale == 1.0
    for name, weight in model.policy.state_dict().items():
        assert torch.equal(loaded.policy.state_dict()[name], weight)
    loaded.learn(64)


def test_a_warm_start_takes_the_weights_of_another_run(tmp_path):
    source, target = _train(3), _train(4, steps=16)
    save_weights(source, tmp_path / "weights.npz")
    warm_start(target, tmp_path / "weights.npz")
    for name, weight in source.policy.state_dict().items():
        assert torch.equal(target.policy.state_dict()[name], weight)
    with pytest.raises(IsacError, match="do not fit"):
        warm_start(_linear(), load_weights(tmp_path / "weights.npz"))


def test_files_that_could_run_code_are_refused(tmp_path):
    torch.save({"weights": torch.ones(3)}, tmp_path / "torch.npz")
    np.savez(tmp_path / "objects.npz", weights=np.array([slice(3)]))
    _train(3, steps=16).save(tmp_path / "learner.zip")
    (tmp_path / "text.npz").write_text("no weights")
    for name in ("torch.npz", "objects.npz", "learner.zip", "text.npz"):
        with pytest.raises(IsacError, match="does not hold plain arrays"):
            load_weights(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        load_weights(tmp_path / "missing.npz")
