"""Distributional Q-learning against its equations and problems with known distributions."""

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3.common.vec_env import DummyVecEnv

from isac_agents import registry
from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.categorical import cross_entropy, project
from isac_agents.algorithms.dqn.c51 import C51
from isac_agents.algorithms.dqn.categorical_policy import DuelingCategoricalQNetwork
from isac_agents.algorithms.dqn.double_dqn import DoubleDQN

ENVIRONMENT = "isac/ModeSelect-v0"


class Gamble(gymnasium.Env):
    """Two states; in the second, action 1 pays 2 every other time, action 0 pays 0.75: the end.

    With discount 0.5 the second state is worth 1 with action 1 and 0.75 with action 0; the first,
    whose actions pay -0.5 and 0, half the better of these.
    """

    wins = False

    observation_space = spaces.Box(0.0, 1.0, (2,))
    action_space = spaces.Discrete(2)
    exact = np.array([[0.0, 0.5], [0.75, 1.0]])

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.state = 0
        return np.eye(2, dtype=np.float32)[0], {}

    def step(self, action):
        if self.state == 0:
            self.state = 1
            return np.eye(2, dtype=np.float32)[1], 0.5 * (action - 1.0), False, False, {}
        self.wins ^= bool(action)
        reward = 2.0 * self.wins if action else 0.75
        return np.eye(2, dtype=np.float32)[0], float(reward), True, False, {}


class Declared(Gamble):
    """The same with declared bounds of its rewards."""

    reward_bounds = (-1.0, 3.0)


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _table(kind=C51, env=Gamble, copies=1, **settings):
    """Return a learner on one-hot states, so that its weights are a table."""
    defaults = {
        "policy_kwargs": {"net_arch": []},
        "learning_starts": 0,
        "buffer_size": 10_000,
        "target_update_interval": 1,
        "gamma": 0.5,
        "seed": 0,
        "device": "cpu",
    }
    if kind is C51:
        defaults |= {"v_min": -1.0, "v_max": 2.0, "n_atoms": 13}
    return kind("MlpPolicy", DummyVecEnv([env] * copies), **{**defaults, **settings})


class _Recorder:
    def __init__(self):
        self.seen = {}

    def record(self, key, value, exclude=None):
        self.seen[key] = value


def _store(model, state, action, reward, following, done=False):
    rows = np.eye(2, dtype=np.float32)
    model.replay_buffer.add(
        rows[[state]], rows[[following]], np.array([action]), np.array([reward]),
        np.array([done]), [{}],
    )  # fmt: skip


@pytest.mark.parametrize("policy", ["MlpPolicy", "DuelingPolicy"])
@pytest.mark.parametrize("net_arch", [[], [8], [16, 8]])
def test_networks_give_distributions_and_their_means(policy, net_arch):
    model = C51(policy, BatchVecEnv(ENVIRONMENT, 1), policy_kwargs={"net_arch": net_arch},
                v_min=-3.0, v_max=5.0, n_atoms=9, buffer_size=10, seed=0, device="cpu")  # fmt: skip
    seen = torch.rand(50, 6) * 2.0 - 1.0
    with torch.no_grad():
        probabilities = model.q_net.probabilities(seen)
        assert probabilities.shape == (50, 2, 9) and (probabilities > 0.0).all()
        assert torch.allclose(probabilities.sum(2), torch.ones(50, 2))
        atoms = torch.arange(-3.0, 6.0)
        assert torch.allclose(model.q_net(seen), probabilities @ atoms, atol=1e-6)
        if isinstance(model.q_net, DuelingCategoricalQNetwork):
            before = model.q_net.logits(seen)
            value = model.q_net.value(model.q_net.q_net(seen))
            assert torch.allclose(before.mean(1), value, atol=1e-6)
            model.q_net.advantage[-1].bias += 7.0  # only differences count
            assert torch.allclose(model.q_net.logits(seen), before, atol=1e-5)
    actions, _ = model.predict(seen.numpy(), deterministic=True)
    assert (actions == model.q_net(seen).argmax(1).numpy()).all()


@pytest.mark.parametrize("double", [True, False])
@pytest.mark.parametrize("terminated", [True, False])
def test_the_loss_is_the_cross_entropy_to_the_projected_target(double, terminated):
    model = _table(double=double)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        weight = model.q_net.q_net[0].weight
        weight.copy_(torch.randn(weight.shape, generator=generator))
        layer, swapped = model.q_net.q_net[0], model.q_net_target.q_net[0]
        swapped.weight.copy_(layer.weight.roll(13, 0))  # the two actions with 13 atoms each
        swapped.bias.copy_(layer.bias.roll(13, 0))
        first, second = torch.eye(2)[:1], torch.eye(2)[1:]
        online, target = model.q_net(second)[0], model.q_net_target(second)[0]
        assert online.argmax() != target.argmax()  # or the two targets would agree
        choice = int((online if double else target).argmax())
        atoms = model.q_net.atoms[None]
        probabilities = model.q_net_target.probabilities(second)[:, choice]
        goal = project(0.3 + (0.0 if terminated else 0.5) * atoms, probabilities, atoms[0])
        expected = float(cross_entropy(model.q_net.logits(first)[:, 1], goal))
    _store(model, 0, 1, 0.3, 1, terminated)
    model.set_logger(_Recorder())
    model.train(gradient_steps=1, batch_size=1)
    assert model.logger.seen["train/loss"] == pytest.approx(expected, rel=1e-5)


CAREFUL = {
    "train_freq": 1,
    "gradient_steps": 4,
    "batch_size": 64,
    "exploration_fraction": 1.0,
    "exploration_final_eps": 1.0,
    "target_update_interval": 8,
    "copies": 8,
    "learning_rate": 0.05,
    "final_learning_rate": 1e-4,
}


def _learned(kind=C51, **options):
    """Return a trained learner and its values."""
    model = _table(kind, **options, **CAREFUL).learn(1600)
    with torch.no_grad():
        return model, model.q_net(torch.eye(2)).numpy() / model.reward_scale


@pytest.mark.parametrize("kind", [C51, DoubleDQN])
def test_learns_the_exact_values_with_priorities(kind):
    options = {"prioritised": True, "double": True, "reward_scale": 1.0 if kind is C51 else 0.25}
    _, values = _learned(kind, **options)
    np.testing.assert_allclose(values, Gamble.exact, atol=0.05)


def test_learns_values_and_the_distribution_of_the_return():
    model, values = _learned()
    np.testing.assert_allclose(values, Gamble.exact, atol=0.05)
    with torch.no_grad():
        found = model.q_net.probabilities(torch.eye(2)).numpy()
    assert found[1, 0, 7] > 0.97  # atom 0.75
    np.testing.assert_allclose(found[1, 1, [4, 12]], 0.5, atol=0.05)  # atoms 0 and 2
    np.testing.assert_allclose(found[0, 1, [4, 8]], 0.5, atol=0.05)  # half of them: 0 and 1


def test_two_steps_reach_the_value_of_what_is_played():
    """Samples over two steps never bootstrap here: the first state is worth the random second."""
    _, values = _learned(n_steps=2)
    expected = np.array([[0.4375 - 0.5, 0.4375], [0.75, 1.0]])
    np.testing.assert_allclose(values, expected, atol=0.05)


def test_priorities_are_the_errors_before_the_step_and_weights_enter_the_loss():
    settings = {"replay_buffer_kwargs": {"alpha": 1.0, "beta": 1.0, "epsilon": 1e-3}}
    model = _table(DoubleDQN, prioritised=True, **settings)
    with torch.no_grad():
        for network in (model.q_net, model.q_net_target):
            network.q_net[0].weight.zero_(), network.q_net[0].bias.zero_()
    errors = torch.tensor([0.5, 0.25, 2.0])
    for reward in errors.tolist():
        _store(model, 0, 1, reward, 1, True)
    buffer = model.replay_buffer
    buffer.update_priorities(torch.arange(3), torch.tensor([3.0, 1.0, 1.0]))
    model.set_logger(_Recorder())
    np.random.seed(0)
    model.train(gradient_steps=1, batch_size=1000)
    half = len(buffer.tree) // 2
    np.testing.assert_allclose(buffer.tree[half : half + 3], errors + 1e-3, rtol=1e-5)
    chances, huber = np.array([0.6, 0.2, 0.2]), np.array([0.125, 0.03125, 1.5])
    weights = chances.min() / chances
    assert model.logger.seen["train/loss"] == pytest.approx((chances * weights) @ huber, rel=0.01)


def test_priorities_of_distributions_are_divergences():
    settings = {"replay_buffer_kwargs": {"alpha": 1.0, "epsilon": 1e-9}}
    model = _table(prioritised=True, n_atoms=4, **settings)
    with torch.no_grad():
        model.q_net.q_net[0].weight.zero_(), model.q_net.q_net[0].bias.zero_()
    _store(model, 0, 1, 0.5, 1, True)  # half of the mass on each of two atoms of four
    model.set_logger(_Recorder())
    model.train(gradient_steps=1, batch_size=8)
    leaf = model.replay_buffer.tree[len(model.replay_buffer.tree) // 2]
    assert leaf == pytest.approx(np.log(4.0) - np.log(2.0), rel=1e-5)


def test_the_support_follows_from_given_declared_or_seen_rewards():
    def ends(**settings):
        model = _table(**{"v_min": None, "v_max": None, "learning_starts": 80, **settings})
        before = model.q_net.atoms.clone()
        model.learn(120)
        assert torch.equal(model.q_net.atoms, model.q_net_target.atoms)
        return before[[0, -1]].tolist(), model.q_net.atoms[[0, -1]].tolist()

    assert ends(v_min=-7.0, v_max=9.0) == ([-7.0, 9.0], [-7.0, 9.0])
    assert ends(env=Declared) == ([-2.0, 6.0], [-2.0, 6.0])
    assert ends(env=Declared, v_max=4.0) == ([-2.0, 4.0], [-2.0, 4.0])
    assert ends() == ([0.0, 0.0], [-1.0, 4.0])
    assert ends(v_min=-3.0, reward_scale=0.5) == ([0.0, 0.0], [-3.0, 2.0])


class Nothing(Gamble):
    """The same without rewards."""

    def step(self, action):
        following, _, *rest = super().step(action)
        return following, 0.0, *rest


def test_supports_that_are_none_are_refused():
    with pytest.raises(ValueError, match="set v_min and v_max"):
        _table(env=Nothing, v_min=None, v_max=None).learn(8)
    with pytest.raises(ValueError, match="v_min must be below v_max"):
        _table(v_min=2.0, v_max=1.0)
    with pytest.raises(ValueError, match="number of atoms is 1"):
        _table(n_atoms=1)
    with pytest.raises(ValueError, match="gamma is 1"):
        _table(env=Declared, v_min=None, gamma=1.0)


def test_prioritised_replay_refuses_what_it_cannot_do():
    class Dictionary(Gamble):
        observation_space = spaces.Dict({"state": Gamble.observation_space})

    with pytest.raises(ValueError, match="one array"):
        DoubleDQN("MultiInputPolicy", DummyVecEnv([Dictionary]), prioritised=True, device="cpu")
    with pytest.raises(ValueError, match="leave its class unset"):
        buffer = type(_table(DoubleDQN, n_steps=2).replay_buffer)
        _table(DoubleDQN, prioritised=True, replay_buffer_class=buffer)


def _rainbow(seed, steps=640):
    settings = {"policy_kwargs": {"net_arch": [16]}, "learning_starts": 64, "buffer_size": 1000}
    env = BatchVecEnv(ENVIRONMENT, 16)
    return registry.create(registry.preset("rainbow"), env, seed, **settings).learn(steps)


def test_rainbow_is_composition_and_the_seed_determines_it():
    models = [_rainbow(seed) for seed in (1, 1, 2)]
    assert isinstance(models[0], C51) and models[0].double and models[0].n_steps == 3
    assert isinstance(models[0].q_net, DuelingCategoricalQNetwork)
    first, second, third = (model.policy.state_dict() for model in models)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], third[name]) for name in first)
    assert np.array_equal(models[0].replay_buffer.tree, models[1].replay_buffer.tree)


def test_saved_learners_keep_their_support_and_go_on(tmp_path):
    model = _rainbow(3)
    model.save(tmp_path / "model.zip")
    seen = np.random.default_rng(0).uniform(-1.0, 1.0, (50, 6)).astype(np.float32)
    alone = C51.load(tmp_path / "model.zip", device="cpu")
    for loaded in (alone, C51.load(tmp_path / "model.zip", env=BatchVecEnv(ENVIRONMENT, 16))):
        assert torch.equal(loaded.q_net.atoms, model.q_net.atoms)
        assert torch.equal(loaded.q_net(torch.as_tensor(seen)), model.q_net(torch.as_tensor(seen)))
    loaded.learn(64)
    assert torch.equal(loaded.q_net.atoms, model.q_net.atoms)
    assert type(loaded.replay_buffer) is type(model.replay_buffer)
