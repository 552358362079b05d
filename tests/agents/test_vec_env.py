"""The vector environment of Stable-Baselines3 against Gymnasium's, and its own promises."""

import sys

import numpy as np
import pytest
from gymnasium.error import InvalidAction, ResetNeeded
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor

from isac_agents.adapters.vec_env import BatchVecEnv
from isac_envs.core.vector_env import VectorEnv
from isac_envs.declaration.fields import Coordinate, Signal, Spec
from isac_envs.declaration.model import Model
from isac_envs.declaration.params import EnvParams
from isac_envs.engine.jit import jit
from isac_envs.errors import ScenarioError

ENVIRONMENT = "isac/ModeSelect-v0"
COPIES = 5


@jit
def reset(p, state):
    """Start at time 0; nothing is drawn."""


@jit
def step(p, state, actions, outcome):
    """Pay each agent its action; terminate after two steps if the first agent pays."""
    state.time += 1
    for a in range(2):
        outcome.objectives[a, 0] = actions[a, 0]
        outcome.costs[a, 0] = a
        outcome.metrics[a].twice = 2 * actions[a, 0]
    return state.time == 2 and actions[0, 0] > 0, state.time == p.horizon


@jit
def observe(p, state, observations):
    """Write what tells agents apart, and the time."""
    for a in range(2):
        observations[a, 0] = 0.1 * a + 0.2 * state.time


@jit
def allow(p, state, valid):
    """Forbid one action of each agent, another one after each step."""
    for a in range(2):
        for k in range(3):
            valid[a, k] = k != (state.time + a) % 3


class Pair(Model):
    """Two agents, three actions, one of which is not valid."""

    id = "test/Pair-v0"
    params_type = EnvParams
    kernel = sys.modules[__name__]
    objectives = (Signal("pay", "The action."),)
    costs = (Signal("toll", "The agent's number."),)
    metrics = (Signal("twice", "Twice the action."),)

    def observation_spec(self):
        return Spec("box", (Coordinate("progress", "Time and agent.", low=-1.0),))

    def action_spec(self):
        return Spec("discrete", (Coordinate("level", "What is paid.", high=2.0),))

    def agent_names(self):
        return ("left", "right")


def _actions(model, steps, copies=COPIES):
    high = model.action.high.astype(int) + 1
    return np.random.default_rng(0).integers(0, high, (steps, copies, model.action.width))[..., 0]


@pytest.mark.parametrize("form", ["vector", "bits", "multi_discrete", "index"])
def test_follows_the_vector_environment_bit_for_bit(form):
    settings = {"scenario": "storm", "observation": form, "horizon": 7}
    ours = BatchVecEnv(ENVIRONMENT, COPIES, seed=11, **settings)
    reference = VectorEnv(ENVIRONMENT, COPIES, autoreset_mode="SameStep", **settings)
    first, _ = reference.reset(seed=11)
    np.testing.assert_array_equal(ours.reset(), first)
    for actions in _actions(ours.model, 30):
        seen, rewards, dones, infos = ours.step(actions)
        expected, reward, terminated, truncated, info = reference.step(actions)
        np.testing.assert_array_equal(seen, expected)
        assert seen.dtype == expected.dtype == ours.observation_space.dtype
        np.testing.assert_array_equal(rewards, reward.astype(np.float32))
        np.testing.assert_array_equal(dones, terminated | truncated)
        for i in np.flatnonzero(dones):
            np.testing.assert_array_equal(infos[i]["terminal_observation"], info["final_obs"][i])
            assert infos[i]["TimeLimit.truncated"]


def test_totals_of_an_episode_are_the_sums_over_its_steps():
    ours = BatchVecEnv(ENVIRONMENT, COPIES, seed=3, horizon=6)
    reference = VectorEnv(ENVIRONMENT, COPIES, autoreset_mode="SameStep", horizon=6)
    ours.reset()
    reference.reset(seed=3)
    returns, missed, backlog = np.zeros(COPIES), np.zeros(COPIES), np.zeros(COPIES)
    for number, actions in enumerate(_actions(ours.model, 12), start=1):
        _, _, dones, infos = ours.step(actions)
        _, reward, _, _, info = reference.step(actions)
        returns += reward
        last = info.get("final_info", info)
        missed += last["costs"]["missed"]
        backlog += last["metrics"]["backlog"]
        assert dones.all() == dones.any() == (number % 6 == 0)
        if not dones.any():
            assert infos == [{}] * COPIES
            continue
        for i, each in enumerate(infos):
            assert each["episode"]["r"] == pytest.approx(returns[i], abs=1e-12)
            assert each["episode"]["l"] == 6
            assert each["episode_costs"] == {"missed": missed[i]}
            assert each["episode_metrics"]["backlog"] == pytest.approx(backlog[i] / 6)
        returns[:], missed[:], backlog[:] = 0.0, 0.0, 0.0


def test_without_monitor_only_the_end_itself_is_reported():
    env = BatchVecEnv(ENVIRONMENT, 2, seed=0, monitor=False, horizon=1)
    env.reset()
    infos = env.step(np.zeros(2, int))[3]
    assert {*infos[0]} == {"terminal_observation", "TimeLimit.truncated"}
    assert env.env_is_wrapped(Monitor) == [False, False]


def test_what_was_handed_out_stays_as_it_is():
    env = BatchVecEnv(ENVIRONMENT, COPIES, seed=0)
    first = env.reset()
    kept = first.copy()
    outcome = env.step(np.ones(COPIES, int))
    copies = [each.copy() for each in outcome[:3]]
    env.step(np.zeros(COPIES, int))
    np.testing.assert_array_equal(first, kept)
    for each, copy in zip(outcome[:3], copies, strict=True):
        np.testing.assert_array_equal(each, copy)
    assert len({id(info) for info in outcome[3]}) == COPIES


def test_seeds_apply_at_the_next_reset_only():
    env = BatchVecEnv(ENVIRONMENT, COPIES)
    assert env.seed(5) == [5, 6, 7, 8, 9]
    first, second = env.reset(), env.reset()
    assert (first != second).any()
    env.seed(6)
    np.testing.assert_array_equal(env.reset()[:-1], first[1:])
    assert len(set(env.seed(None))) == COPIES


def test_copies_are_seeded_apart_without_a_seed():
    first, second = (BatchVecEnv(ENVIRONMENT, 64).reset() for _ in range(2))
    assert (first != second).any()


def test_agents_are_rows_of_their_own():
    env = BatchVecEnv(Pair(EnvParams(horizon=3)), 2, seed=0)
    assert env.num_envs == 4
    np.testing.assert_allclose(env.reset()[:, 0], [0.0, 0.1, 0.0, 0.1], atol=1e-7)
    actions = np.array([1, 2, 0, 1])
    seen, rewards, dones, _ = env.step(actions)
    np.testing.assert_allclose(seen[:, 0], [0.2, 0.3, 0.2, 0.3], atol=1e-7)
    np.testing.assert_array_equal(rewards, actions)
    seen, _, dones, infos = env.step(actions)
    np.testing.assert_array_equal(dones, [True, True, False, False])
    np.testing.assert_allclose(seen[:, 0], [0.0, 0.1, 0.4, 0.5], atol=1e-7)
    np.testing.assert_allclose(infos[1]["terminal_observation"], [0.5], atol=1e-7)
    assert not infos[1]["TimeLimit.truncated"]  # its first agent paid
    assert infos[1]["episode"]["r"] == 4.0
    assert infos[1]["episode_costs"] == {"toll": 2.0}
    assert infos[1]["episode_metrics"] == {"twice": 4.0}
    assert infos[3] == {}
    infos = env.step(actions)[3]
    assert infos[3]["TimeLimit.truncated"] and infos[3]["episode"]["l"] == 3


def test_masks_reach_maskable_learners():
    env = BatchVecEnv(Pair(EnvParams()), 2, seed=0)
    env.reset()
    masks = env.action_masks()
    assert masks.dtype == bool
    np.testing.assert_array_equal(masks, np.tile([[0, 1, 1], [1, 0, 1]], (2, 1)))
    assert env.has_attr("action_masks")
    np.testing.assert_array_equal(np.stack(env.env_method("action_masks")), masks)
    np.testing.assert_array_equal(env.env_method("action_masks", indices=1)[0], masks[1])
    env.step(np.ones(4, int))
    assert (env.action_masks() != masks).any()


def test_environments_without_masks_say_so():
    env = BatchVecEnv(ENVIRONMENT, 2)
    assert not env.has_attr("action_masks")
    with pytest.raises(AttributeError, match="no action masks"):
        env.env_method("action_masks")


def test_attributes_are_those_of_the_vector_and_the_parameters():
    env = BatchVecEnv(ENVIRONMENT, 3, queue_capacity=4)
    assert env.get_attr("queue_capacity") == [4, 4, 4]
    assert env.get_attr("render_mode", indices=[0]) == [None]
    assert env.env_is_wrapped(Monitor, 1) == [True]
    assert not env.has_attr("no_such_thing")
    with pytest.raises(AttributeError, match="share their parameters"):
        env.set_attr("queue_capacity", 5)
    with pytest.raises(AttributeError, match="no method 'render'"):
        env.env_method("render")


def test_wrong_use_is_refused_before_the_state_changes():
    env = BatchVecEnv(ENVIRONMENT, 2, seed=0)
    with pytest.raises(ResetNeeded):
        env.step(np.zeros(2, int))
    env.reset()
    before = env.batch.env.copy()
    for actions in (np.array([0, 2]), np.array([0]), np.array([0.0, 1.0])):
        with pytest.raises(InvalidAction):
            env.step(actions)
    np.testing.assert_array_equal(env.batch.env, before)
    with pytest.raises(ScenarioError, match="queue_capacity"):
        BatchVecEnv(ENVIRONMENT, 2, queue_capacty=4)


def test_stable_baselines_evaluates_a_baseline_on_it():
    env = BatchVecEnv(ENVIRONMENT, 8, seed=0, horizon=5)

    class AlwaysRadar:
        def predict(self, observation, state=None, episode_start=None, deterministic=True):
            return np.ones(len(observation), int), state

    returns, lengths = evaluate_policy(
        AlwaysRadar(), env, n_eval_episodes=16, return_episode_rewards=True
    )
    assert lengths == [5] * 16
    assert min(returns) >= 0.0 - 2.0 * 5 * 20  # radar misses nothing; only drops cost
