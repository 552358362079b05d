"""Multi-agent PPO: known optima, what the critic sees, whole teams in minibatches, its files."""

import numpy as np
import pytest
import torch
from harness import bind
from stable_baselines3.common.vec_env import DummyVecEnv
from toy.signals import Signals, SignalsParams

from isac_agents import registry
from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.ppo.mappo import Mappo
from isac_agents.algorithms.ppo.team_buffer import TeamBuffer
from isac_agents.algorithms.ppo.team_policy import ValueNorm
from isac_agents.algorithms.ppo.team_ppo import add_values_of_truncated
from isac_agents.algorithms.weights import warm_start
from isac_agents.evaluation.episodes import baseline, play

SMALL = {"n_steps": 16, "batch_size": 384}


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def learner(seed=0, model=None, **settings):
    env = BatchVecEnv(Signals(SignalsParams()) if model is None else model, 16)
    return registry.create(registry.preset("mappo"), env, seed, **{**SMALL, **settings})


def test_it_reaches_the_optimum_of_a_team_whose_members_come_and_go():
    model = Signals(SignalsParams(absent=0.3))
    agent = learner(model=model).learn(15_000)
    best = play(baseline(model, "optimum"), model, 100).reward.mean()
    assert play(lambda _: agent, model, 100).reward.mean() > 0.99 * best


def test_the_central_critic_sees_what_the_agents_do_not():
    """Rewards hold the other agents' cues: unpredictable from what an agent sees itself.

    Without a future (gamma = 0) a critic of the whole team explains all of them, and one of a
    single agent nothing but its own hits.
    """
    model = Signals(SignalsParams(weights=(0.1, 1.0)))
    explained = {}
    for name in ("mappo", "ppo"):
        env = BatchVecEnv(model, 16)
        agent = registry.create(registry.preset(name), env, 0, gamma=0.0, **SMALL)
        agent.learn(12_000)
        explained[name] = agent.logger.name_to_value["train/explained_variance"]
    assert explained["mappo"] > 0.95
    assert explained["ppo"] < 0.2


def test_continuous_actions_are_learned_too():
    model = bind("rovers", rovers=3, charge_j=99.0, weights=(1.0, 0.0), sight="true")
    agent = learner(model=model, batch_size=128).learn(15_000)
    reward = {name: play(make, model, 30).reward.mean() for name, make in (
        ("random", baseline(model, "random")), ("agent", lambda _: agent))}  # fmt: skip
    assert reward["agent"] > 0.25 * reward["random"]  # both are negative distances


def test_whole_numbers_are_seen_one_hot():
    agent = learner(model=bind("corridor", walkers=3))
    seen = agent.get_env().reset()
    assert agent.policy.flat(torch.as_tensor(seen)).shape == (48, 7 + 2)
    agent.learn(768)


def test_minibatches_hold_whole_teams_and_every_step_once():
    agent = learner()
    buffer = TeamBuffer(4, agent.observation_space, agent.action_space, n_envs=6, num_agents=3)
    for step in range(4):
        rows = np.arange(6)
        seen = np.stack((rows, np.full(6, step), rows % 3, rows // 3), 1)
        masks = np.tile(rows % 3 == 0, (4, 1)).T | (np.arange(4) == 3)
        buffer.add(
            seen, rows[:, None], rows, np.zeros(6), torch.zeros(6), torch.zeros(6), masks=masks
        )
    samples = [*buffer.teams(7)]  # room for two teams
    assert [len(each.returns) for each in samples] == [6, 6, 6, 6]
    seen = torch.cat([each.observations for each in samples]).reshape(-1, 3, 4)
    assert (seen[:, :, 2] == torch.arange(3)).all()
    assert (seen[:, :1, [1, 3]] == seen[:, :, [1, 3]]).all()  # one step, one copy
    assert len({tuple(row) for row in seen[:, 0].tolist()}) == 8
    for each in samples:
        np.testing.assert_array_equal(each.deciding, each.observations[:, 2] == 0)


def test_returns_are_normalised_by_their_running_mean_and_scale():
    norm = ValueNorm(decay=0.9)
    values = torch.tensor([1.0, -2.0])
    assert torch.equal(norm.normalise(values), values)
    random = np.random.default_rng(0)
    for _ in range(60):
        norm.update(random.normal(50.0, 4.0, 2000))
    assert norm.normalise(torch.tensor([50.0, 54.0])).numpy() == pytest.approx([0, 1], abs=0.05)
    assert norm.denormalise(norm.normalise(values)).numpy() == pytest.approx(values, abs=1e-4)


def test_absent_agents_do_not_move_the_policy():
    agent = learner(model=Signals(SignalsParams(absent=1.0)), ent_coef=0.5)
    before = [each.clone() for each in agent.policy.actor.parameters()]
    agent.learn(768)
    for old, new in zip(before, agent.policy.actor.parameters(), strict=True):
        assert torch.equal(old, new)


def test_a_truncated_episode_is_worth_what_would_have_come():
    agent = learner(model=Signals(SignalsParams(horizon=1, absent=0.3)), gamma=0.5).learn(768)
    env, rewards = agent.get_env(), np.zeros(48)
    env.reset()
    infos = env.step(np.zeros(48, int))[3]
    add_values_of_truncated(rewards, infos, agent.gamma, agent._values)
    last = torch.as_tensor(np.stack([each["terminal_observation"] for each in infos]))
    expected = 0.5 * agent.policy.predict_values(last).detach().numpy()
    np.testing.assert_allclose(rewards, expected, rtol=1e-6)


def test_the_same_seed_comes_to_the_same_weights():
    first, second, third = (learner(seed).learn(1536).policy.state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], third[name]) for name in first)


def test_saved_agents_act_as_before(tmp_path):
    agent = learner(model=Signals(SignalsParams(absent=0.3))).learn(1536)
    agent.save(tmp_path / "agent")
    loaded = Mappo.load(tmp_path / "agent")
    started = warm_start(learner(seed=5), agent.policy.state_dict())
    seen = np.random.default_rng(0).random((12, 4)).astype(np.float32)
    for other in (loaded, started):
        for deterministic in (True, False):
            chosen = []
            for each in (agent, other):
                torch.manual_seed(0)
                chosen.append(each.predict(seen, deterministic=deterministic)[0])
            np.testing.assert_array_equal(*chosen)
    assert loaded.num_agents == 3
    values = [each.policy.predict_values(torch.as_tensor(seen)) for each in (agent, started)]
    assert torch.equal(*values)


def test_an_environment_without_teams_has_teams_of_one():
    import gymnasium

    agent = Mappo("TeamPolicy", DummyVecEnv([lambda: gymnasium.make("CartPole-v1")]), n_steps=64)
    assert agent.num_agents == 1
    agent.learn(128)
    observation = agent.get_env().reset()
    assert agent.predict(observation)[0].shape == (1,)
    assert agent.predict(observation[0])[0].shape == ()


def test_rows_that_are_no_whole_teams_are_refused():
    with pytest.raises(ValueError, match="48 rows are not whole teams of 5 agents"):
        learner(num_agents=5)
