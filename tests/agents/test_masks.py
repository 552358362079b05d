"""Actions that are not valid are never chosen: by baselines, learners and in evaluation."""

import numpy as np
import pytest
from harness import bind
from toy.signals import Signals, SignalsParams
from toy.signals_kernel import SILENT

from isac_agents import registry
from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.evaluation.episodes import arena, baseline, play
from isac_envs.core.env import Env
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.core.vector_env import VectorEnv
from isac_envs.testing import check_model

SMALL = {"n_steps": 8, "batch_size": 96, "n_epochs": 2}


def model(**changes):
    return Signals(SignalsParams(**{"absent": 0.4, **changes}))


def test_the_toy_keeps_the_contract():
    check_model(model(scope="others"))


def test_random_actions_are_valid_and_uniform():
    signals = model(horizon=40)
    result = play(baseline(signals, "random"), signals, 200)
    assert result.totals["invalid"].sum() == 0
    # A third of the guesses of present agents is right: 0.6 / 3, 24 000 of them.
    assert result.reward.mean() == pytest.approx(0.2, abs=0.01)


def test_random_actions_are_valid_in_every_form():
    corridor = bind("corridor", cells=2, slip=0.0)  # at each end one move is not valid
    env, vector = Env(corridor), VectorEnv(corridor, 5)
    policies = env.baseline("random"), corridor.baselines["random"](vector.batch)
    for form, policy in zip((env, vector), policies, strict=True):
        observation, info = form.reset(seed=0)
        for _ in range(20):
            action, _ = policy.predict(observation)
            rows = np.atleast_2d(info["action_mask"])
            assert rows[np.arange(len(rows)), np.atleast_1d(action)].all()
            observation, _, terminated, truncated, info = form.step(action)
            if form is env and (terminated or truncated):
                observation, info = env.reset()


def test_a_parallel_environment_acts_by_its_baselines():
    env = ParallelEnv(model())
    observations, infos = env.reset(seed=3)
    for name in ("random", "optimum"):
        policy = env.baseline(name)
        while env.agents:
            actions, _ = policy.predict(observations)
            assert list(actions) == env.agents
            assert all(infos[each]["action_mask"][actions[each]] for each in env.agents)
            observations, rewards, _, _, infos = env.step(actions)
            if name == "optimum":
                assert sum(rewards.values()) == sum(each != SILENT for each in actions.values())
        observations, infos = env.reset()
    with pytest.raises(ValueError, match="optimum"):
        env.baseline("optimun")


def test_actions_of_baselines_have_a_width_where_the_space_has_one():
    env = ParallelEnv(bind("rovers", rovers=3))
    observations, _ = env.reset(seed=0)
    actions, _ = env.baseline("random").predict(observations)
    assert all(env.action_space(each).contains(np.float32(actions[each])) for each in env.agents)
    assert env.baseline("random").act().shape == (1, 3, 2)


@pytest.mark.parametrize("agent", ["maskable_ppo", "mappo", "gnn_ppo"])
def test_masks_hold_in_training_and_evaluation(agent):
    signals = model()
    env = BatchVecEnv(signals, 4)
    learner = registry.create(registry.preset(agent), env, 0, **SMALL)
    invalid = []

    def remember(local, _):
        invalid.extend(each["episode_metrics"]["invalid"] for each in local["infos"] if each)
        return True

    learner.learn(800, callback=remember)
    assert len(invalid) > 60
    assert sum(invalid) == 0
    assert play(lambda _: learner, signals, 50).totals["invalid"].sum() == 0


def test_only_agents_that_take_masks_get_them():
    signals, got = model(), []

    class Masked:
        def predict(self, observation, state=None, episode_start=None, deterministic=True,
                    action_masks=None):  # fmt: skip
            got.append(action_masks)
            return action_masks.argmax(1), state

    class Plain:
        def predict(self, observation, state=None, episode_start=None, deterministic=True):
            return np.zeros(len(observation), int), state

    assert play(lambda _: Masked(), signals, 4).totals["invalid"].sum() == 0
    assert all(each.shape == (12, 4) and each.dtype == bool for each in got)
    assert play(lambda _: Plain(), signals, 4).totals["invalid"].sum() > 0


def test_the_masks_of_the_last_step_are_reported():
    env = BatchVecEnv(model(horizon=2), 2, seed=0)
    env.reset()
    env.step(np.zeros(6, int))
    infos = env.step(np.zeros(6, int))[3]
    for each in infos:
        present = each["terminal_observation"][-1] == 1.0
        assert each["terminal_action_mask"].tolist() == [present] * 3 + [not present]


def test_evaluation_of_teams_takes_means_over_agents():
    signals = model(weights=(1.0, 0.5), horizon=5)
    env = arena(signals, 3)
    observation, info = env.reset(seed=7)
    assert observation.shape == (9, 4)
    singles = [ParallelEnv(signals) for _ in range(3)]
    for k, each in enumerate(singles):
        each.reset(seed=7 + k)
    for _ in range(5):
        actions = info["action_mask"].argmax(1)
        observation, reward, _, truncated, info = env.step(actions)
        for k, each in enumerate(singles):
            chosen = dict(zip(signals.agents, actions.reshape(3, 3)[k], strict=True))
            seen, rewards, _, _, infos = each.step(chosen)
            np.testing.assert_array_equal(np.stack([*seen.values()]), observation[3 * k :][:3])
            assert reward[k] == pytest.approx(np.mean([*rewards.values()]))
            hits = np.mean([info["objectives"][0] for info in infos.values()])
            assert info["objectives"][k, 0] == pytest.approx(hits)
    assert truncated.all()


def test_evaluation_hands_out_the_masks_of_every_copy():
    corridor = bind("corridor", cells=3)  # copies end at different times

    class Watching:
        def predict(self, observation, *_, action_masks, **__):
            cell = observation[:, 0]
            expected = np.stack([cell > 0, np.full(len(cell), True), cell < 2], 1)
            assert np.array_equal(action_masks, expected)
            return np.ones(len(cell), int), None

    assert play(lambda env: Watching(), corridor, 40).lengths.min() < corridor.params.horizon
