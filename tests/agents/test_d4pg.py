"""D4PG against its equations: targets, clipped gradients, hard copies, ranges of returns."""

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3.common.noise import NormalActionNoise
from stable_baselines3.common.vec_env import DummyVecEnv

from isac_agents.algorithms.categorical import make_atoms, project
from isac_agents.algorithms.d4pg.d4pg import D4PG

GAMMA = 0.5
SMALL = {"net_arch": [8]}


class Line(gymnasium.Env):
    """Three steps along a line; the rewards are 1, 2 and 4, whatever the action."""

    observation_space = spaces.Box(0.0, 1.0, (4,))
    action_space = spaces.Box(np.array([-2.0, 0.0], np.float32), np.array([2.0, 10.0], np.float32))
    truncates = False

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.time = 0
        return np.eye(4, dtype=np.float32)[0], {}

    def step(self, action):
        assert self.action_space.contains(action)
        reward = float(2**self.time)
        self.time += 1
        end = self.time == 3
        seen = np.eye(4, dtype=np.float32)[self.time]
        return seen, reward, end and not self.truncates, end and self.truncates, {}


class TruncatedLine(Line):
    truncates = True


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make(kind=Line, copies=1, **settings):
    defaults = {
        "v_min": 0.0,
        "v_max": 10.0,
        "n_atoms": 11,
        "gamma": GAMMA,
        "buffer_size": 1000,
        "learning_starts": 0,
        "policy_kwargs": SMALL,
        "seed": 0,
        "device": "cpu",
    }
    return D4PG("MlpPolicy", DummyVecEnv([kind] * copies), **{**defaults, **settings})


class Recorder:
    def __init__(self):
        self.seen = {}

    def record(self, key, value, exclude=None):
        self.seen[key] = value


def targets_of(model, rows):
    """Return the targets that the critic is trained on for the transitions that start in rows."""
    seen = []
    model._step_critic = lambda o, a, targets, w: seen.append(targets) or torch.zeros(len(o))
    places = np.array(rows)
    model.replay_buffer.sample = lambda count, env: model.replay_buffer._get_samples(places, env)
    model.set_logger(Recorder())
    model.train(1, batch_size=len(rows))
    return seen[0]


def certain(model, value):
    """Let the target critic be certain of one return, an atom."""
    critic = model.policy.critic_target
    with torch.no_grad():
        critic.head.weight.zero_()
        critic.head.bias[...] = torch.where(critic.atoms == value, 0.0, -1e9)


@pytest.mark.parametrize(
    "kind, expected",
    [
        # Two steps at most: r_t + r_(t+1) / 2, and a quarter of the value 8 behind them.
        (Line, [1.0 + 1.0 + 2.0, 2.0 + 2.0, 4.0]),
        # Behind the truncation there is value, discounted by the steps that were taken.
        (TruncatedLine, [1.0 + 1.0 + 2.0, 2.0 + 2.0 + 2.0, 4.0 + 4.0]),
    ],
)
def test_targets_of_an_episode_of_three_steps(kind, expected):
    model = make(kind, n_steps=2, learning_starts=100)
    model.learn(6)
    certain(model, 8.0)
    targets = targets_of(model, [0, 1, 2])
    for row, value in zip(targets, expected, strict=True):
        assert row @ model.policy.critic.atoms == pytest.approx(value, abs=1e-5)
        assert row[round(value)] == pytest.approx(1.0)  # no other return is possible


def test_the_sum_stops_at_the_newest_transition_with_the_value_behind_it():
    model = make(Line, n_steps=5, learning_starts=100)
    model.learn(2)
    certain(model, 8.0)
    targets = targets_of(model, [0])
    assert targets @ model.policy.critic.atoms == pytest.approx(1.0 + 1.0 + 2.0)


def test_the_target_is_the_projected_distribution_of_the_target_networks():
    model = make(n_steps=1, learning_starts=100, reward_scale=0.5)
    model.learn(3)
    targets = targets_of(model, [0, 2])
    policy, atoms = model.policy, make_atoms(0.0, 10.0, 11)
    with torch.no_grad():
        seen = torch.eye(4)[[1, 3]]
        probabilities = torch.softmax(policy.critic_target(seen, policy.actor_target(seen)), 1)
    moved = torch.tensor([[0.5], [2.0]]) + torch.tensor([[GAMMA], [0.0]]) * atoms
    assert torch.allclose(targets, project(moved, probabilities, atoms), atol=1e-6)


def test_targets_are_copied_every_so_many_gradient_steps_and_stand_still_between():
    model = make(learning_starts=100, target_update_interval=3, learning_rate=0.1)
    model.learn(9)
    model.set_logger(Recorder())
    first = [each.clone() for each in model.policy.actor_target.parameters()]
    pairs = ((model.policy.actor, model.policy.actor_target),
             (model.policy.critic, model.policy.critic_target))  # fmt: skip

    def equal():
        return {
            all(torch.equal(a, b) for a, b in zip(x.parameters(), y.parameters(), strict=True))
            for x, y in pairs
        }

    model.train(2, batch_size=8)
    assert equal() == {False}
    after = model.policy.actor_target.parameters()
    assert all(torch.equal(a, b) for a, b in zip(first, after, strict=True))
    model.train(1, batch_size=8)
    assert equal() == {True}
    model.train(5, batch_size=8)  # copies at 6, goes on to 8
    assert equal() == {False}
    model.train(1, batch_size=8)
    assert equal() == {True}


@pytest.mark.parametrize("most", [0.25, 1e9])
def test_the_actor_climbs_the_critic_with_clipped_gradients(most):
    model = make(learning_starts=100, max_action_gradient=most, max_grad_norm=1e9)
    policy = model.policy
    with torch.no_grad():  # a critic with steep and flat places
        policy.critic.body[0].weight.mul_(20.0)
    seen = torch.rand(32, 4)
    actions = policy.actor(seen)
    held = actions.detach().requires_grad_()
    policy.critic.mean(seen, held).sum().backward()
    slope = held.grad
    norms = slope.norm(dim=1)
    assert (norms > 0.25).any() and (norms < 0.25).any()
    clipped = slope * (most / norms).clamp(max=1.0)[:, None]
    expected = torch.autograd.grad(actions, list(policy.actor.parameters()), -clipped / 32)
    policy.actor.optimizer.step = lambda: None
    model._step_actor(seen)
    for parameter, gradient in zip(policy.actor.parameters(), expected, strict=True):
        assert torch.allclose(parameter.grad, gradient, atol=1e-7)


def test_a_critic_without_slope_leaves_the_actor_alone():
    model = make(learning_starts=100)
    with torch.no_grad():
        model.policy.critic.head.weight.zero_()
    before = [each.clone() for each in model.policy.actor.parameters()]
    model._step_actor(torch.rand(8, 4))
    after = list(model.policy.actor.parameters())
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_the_gradient_of_each_network_has_a_largest_norm():
    model = make(learning_starts=100, max_grad_norm=1e-3)
    for network in (model.policy.actor, model.policy.critic):
        network.optimizer.step = lambda: None
    one_hot = torch.eye(11)[torch.zeros(8, dtype=torch.long)]
    model._step_critic(torch.rand(8, 4), torch.rand(8, 2), one_hot, torch.ones(8, 1))
    gradients = torch.cat([each.grad.ravel() for each in model.policy.critic.parameters()])
    assert gradients.norm() == pytest.approx(1e-3, rel=1e-2)


def test_weights_of_samples_weigh_their_losses():
    model = make(learning_starts=100, max_grad_norm=1e9)
    critic = model.policy.critic
    critic.optimizer.step = lambda: None
    seen, actions = torch.rand(2, 4), torch.rand(2, 2)
    targets = torch.eye(11)[[0, 10]]

    def gradient(weights):
        losses = model._step_critic(seen, actions, targets, torch.tensor(weights)[:, None])
        return losses, critic.head.bias.grad.clone()

    losses, first = gradient([1.0, 0.0])
    _, second = gradient([0.0, 1.0])
    _, both = gradient([1.0, 0.5])
    assert losses.shape == (2,)
    assert torch.allclose(both, first + 0.5 * second, atol=1e-6)


def test_without_bounds_the_rewards_of_the_random_steps_give_the_range():
    model = make(Line, v_min=None, v_max=None, learning_starts=6, gradient_steps=1)
    assert not model.policy.critic.atoms.any()
    model.learn(7)  # rewards of 1 to 4
    atoms = model.policy.critic.atoms
    assert (atoms[0], atoms[-1]) == (1.0, 8.0)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"v_min": 1.0, "v_max": 1.0}, "v_min"),
        ({"reward_scale": 0.0}, "reward_scale is 0.0"),
        ({"n_steps": 0}, "n_steps is 0"),
        ({"target_update_interval": 0}, "target_update_interval is 0"),
        ({"max_action_gradient": -1.0}, "max_action_gradient"),
        ({"noise_scale": -0.1}, "noise_scale"),
        ({"noise_scale": [0.1, 0.2]}, "2 values for 1 copies"),
        ({"noise_spread": 0.0}, "noise_spread"),
        ({"train_freq": (1, "episode")}, "number of steps"),
        ({"learning_rate": lambda _: 1.0, "final_learning_rate": 0.1}, "a schedule"),
        ({"action_noise": NormalActionNoise(np.zeros(2), np.ones(2))}, "noise_scale"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        make(**settings)


def test_learning_rates_of_actor_and_critic_fall_together():
    model = make(learning_rate=0.1, critic_learning_rate=0.4, final_learning_rate=0.05)
    model.set_logger(Recorder())
    model.learn(2)
    model._current_progress_remaining = 0.5
    model.train(1, batch_size=1)
    assert model.policy.actor.optimizer.param_groups[0]["lr"] == pytest.approx(0.075)
    assert model.policy.critic.optimizer.param_groups[0]["lr"] == pytest.approx(0.3)


def test_actions_reach_the_bounds_of_the_space_and_are_stored_scaled():
    model = make(noise_scale=5.0, copies=3, gradient_steps=0)
    model.learn(300)
    stored = model.replay_buffer.actions[:100]
    assert stored.shape == (100, 3, 2) and stored.min() == -1.0 and stored.max() == 1.0
    action, _ = model.predict(np.eye(4, dtype=np.float32)[0])
    assert Line.action_space.contains(action)
