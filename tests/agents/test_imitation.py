"""Imitation: what is learned from which teacher, where, and what is refused."""

import gymnasium
import numpy as np
import pytest
import torch
from toy.signals import Signals, SignalsParams

from isac_agents import registry
from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.ppo.imitation import LEAST_LOG_STD
from isac_envs.errors import IsacError, UnknownNameError
from isac_envs.scenarios import build

SMALL = {"n_steps": 16, "batch_size": 256}


def learner(environment, copies=16, overrides=None, **settings):
    env = BatchVecEnv(build(environment, None, overrides or {}), copies)
    return registry.create(registry.preset("imitation_ppo"), env, 3, **{**SMALL, **settings})


def agreement(agent, teacher, steps=60):
    """Return in which share of the states on its own way an agent does what a teacher would do."""
    env = agent.env
    env.seed(77)
    seen, rule = env.reset(), env.model.baselines[teacher](env.batch)
    same = []
    for _ in range(steps):
        masks = {"action_masks": env.action_masks()} if agent.masked else {}
        actions, _ = agent.predict(seen, deterministic=True, **masks)
        same.append(np.asarray(actions) == np.asarray(rule.act()).reshape(np.shape(actions)))
        env.step_async(actions)
        seen = env.step_wait()[0]
    return float(np.mean(same))


@pytest.mark.parametrize("teacher", ["queue_aware", "threshold"])
def test_it_does_what_its_teacher_does(teacher):
    settings = {"imitation_fraction": 1.0, "memory": 8192, "learning_rate": 3e-3}
    agent = learner("isac/ModeSelect-v0", 64, teacher=teacher, **settings)
    agent.learn(25_000)
    assert agreement(agent, teacher) > 0.93


def test_without_a_name_the_reference_teaches_and_ppo_comes_after():
    agent = learner("isac/ModeSelect-v0", 64, imitation_fraction=0.5)
    phases = []

    class Watched(type(agent)):
        def train(self):
            phases.append((self._imitating, len(self._labels)))
            super().train()

    agent.__class__ = Watched
    agent.learn(16 * 64 * 6)
    assert agent.teacher == agent.env.model.reference_baseline
    assert phases == [(True, 16), (True, 32), (True, 48), (False, 0), (False, 0), (False, 0)]


def test_only_the_newest_labels_are_kept():
    agent = learner("isac/ModeSelect-v0", 64, imitation_fraction=1.0, memory=64 * 20)
    agent.learn(16 * 64 * 3)
    assert len(agent._labels) == 20


def test_the_teacher_plays_less_and_less():
    agent = learner("isac/ModeSelect-v0", 64, teacher="always_radar", imitation_fraction=1.0)
    shares = []

    class Watched(type(agent)):
        def _label(self, callback, steps, share):
            shares.append(share)
            return super()._label(callback, steps, share)

    agent.__class__ = Watched
    agent.learn(16 * 64 * 8)
    assert shares == [1.0, 0.75, 0.5, 0.25, 0.0, 0.0, 0.0, 0.0]


def test_returns_are_discounted_and_end_with_the_episode():
    agent = learner("isac/ModeSelect-v0", 2, gamma=0.5)
    dones = np.array([[False, True], [False, False], [True, False]])
    rows = [
        (np.zeros((2, 1)), np.zeros((2, 1)), None, np.array([1.0, 2.0]), done) for done in dones
    ]
    agent._labels = []
    agent._keep(rows, np.array([8.0, 16.0]))
    returns = np.array([row[3] for row in agent._labels])
    # Copy 0 ends at the last step; copy 1 at the first, and goes on afterwards.
    np.testing.assert_allclose(returns, [[1.75, 2.0], [1.5, 7.0], [1.0, 10.0]])


def test_a_box_is_imitated_and_keeps_a_spread_for_what_follows():
    world = {"elements": 16}
    settings = {"policy": "EntityPolicy", "policy_kwargs": {"groups": [[16, 4]]}}
    settings |= {"teacher": "follow", "imitation_fraction": 1.0, "imitation_epochs": 4}
    settings |= {"imitation_batch_size": 256, "memory": 1024}
    agent = learner("isac/RisMiso-v0", 16, overrides=world, **settings)
    agent.learn(16 * 16 * 40)
    env = agent.env
    seen, rule = env.reset(), env.model.baselines["follow"](env.batch)
    own, shown = [], []
    for _ in range(20):
        own.append(agent.predict(seen, deterministic=True)[0])
        shown.append(rule.act())
        env.step_async(shown[-1])
        seen = env.step_wait()[0]
    assert np.corrcoef(np.ravel(own), np.ravel(shown))[0, 1] > 0.8
    assert float(agent.policy.log_std.detach().min()) >= LEAST_LOG_STD - 1e-6


def test_teams_with_masks_learn_from_the_rule_of_a_team():
    env = BatchVecEnv(Signals(SignalsParams(absent=0.3, horizon=4)), 32)
    names = [name for name in env.model.baselines if name != "random"]
    agent = registry.create(
        registry.preset("imitation_mappo"), env, 3, **SMALL, teacher=names[0],
        imitation_fraction=1.0,
    )  # fmt: skip
    agent.learn(20_000)
    assert agreement(agent, names[0]) > 0.9


def test_what_cannot_be_imitated_is_refused():
    with pytest.raises(UnknownNameError, match=r"teacher 'threshhold'.*threshold"):
        learner("isac/ModeSelect-v0", teacher="threshhold")
    spec = registry.preset("imitation_ppo")
    with pytest.raises(IsacError, match="it needs a BatchVecEnv"):
        registry.create(spec, gymnasium.make("CartPole-v1"), 0)
    for wrong in ({"imitation_fraction": 0.0}, {"memory": 0}, {"imitation_epochs": 0}):
        with pytest.raises(IsacError, match=f"{next(iter(wrong))} is 0"):
            registry.settings(spec, wrong)


def test_a_saved_learner_acts_as_before(tmp_path):
    agent = learner("isac/ModeSelect-v0", 16)
    agent.learn(16 * 16 * 4)
    agent.save(tmp_path / "agent")
    again = type(agent).load(tmp_path / "agent")
    seen = torch.rand(20, *agent.observation_space.shape).numpy()
    one, other = (each.predict(seen, deterministic=True)[0] for each in (agent, again))
    assert np.array_equal(one, other)
