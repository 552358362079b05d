"""isac/VcpsViewMulti-v0: spaces of each agent, the same slots as the single form, credit."""

import numpy as np
import pytest
from gymnasium.error import InvalidAction

import isac_envs
from isac_envs import scenarios
from isac_envs.core.env import Env
from isac_envs.core.parallel_env import ParallelEnv

ID, SINGLE = "isac/VcpsViewMulti-v0", "isac/VcpsView-v0"


def split(action, vehicles=10, width=31):
    """Return the single form's action by agent."""
    parts = {f"vehicle_{i}": action[i * width : (i + 1) * width] for i in range(vehicles)}
    return {**parts, "edge_0": action[vehicles * width :]}


def test_agents_have_spaces_of_their_own():
    env = isac_envs.parallel_env(ID)
    assert env.possible_agents == [*(f"vehicle_{i}" for i in range(10)), "edge_0"]
    for agent in env.possible_agents:
        edge = agent == "edge_0"
        assert env.observation_space(agent).shape == ((311,) if edge else (123,))
        assert env.action_space(agent).shape == ((10,) if edge else (31,))
    observations, _ = env.reset(seed=0)
    assert all(env.observation_space(a).contains(o) for a, o in observations.items())
    assert env.state().shape == (10 * 123 + 311,)
    assert (env.state()[-311:] == observations["edge_0"]).all()


@pytest.mark.parametrize("vehicles", [1, 40])
def test_one_vehicle_and_more_vehicles_than_action_coordinates(vehicles):
    env = ParallelEnv(ID, vehicles=vehicles)
    observations, _ = env.reset(seed=0)
    for _ in range(3):
        actions = {agent: env.action_space(agent).sample() for agent in env.agents}
        observations = env.step(actions)[0]
    assert all(env.observation_space(a).contains(o) for a, o in observations.items())


def test_slots_are_those_of_the_single_form():
    single, multi = Env(SINGLE), ParallelEnv(ID)
    first, _ = single.reset(seed=8)
    second, _ = multi.reset(seed=8)
    generator = np.random.default_rng(0)
    for _ in range(30):
        assert (first == second["edge_0"]).all()
        for i in range(10):
            own = second[f"vehicle_{i}"]
            assert own[:3] == pytest.approx([first[0], i / 10, first[1 + i]], abs=1e-7)
            assert (own[3:13] == first[11 + 10 * i : 21 + 10 * i]).all()
            assert (own[13:23] == first[111 + 10 * i : 121 + 10 * i]).all()
            assert (own[23:] == first[211:]).all()
        action = generator.random(320)
        first, reward, _, _, info = single.step(action)
        second, rewards, _, _, infos = multi.step(split(action))
        assert set(rewards.values()) == {reward}
        for name in ("overloaded", "unreliable"):
            own = [infos[f"vehicle_{i}"]["costs"][name] for i in range(10)]
            assert sum(own) == info["costs"][name]
            assert infos["edge_0"]["costs"][name] == 0
        sensed = [infos[f"vehicle_{i}"]["metrics"]["sensed"] for i in range(10)]
        assert sum(sensed) == info["metrics"]["sensed"]


def test_a_vehicle_is_credited_with_what_views_would_lose_without_it():
    env, single = ParallelEnv(ID, credit="difference"), Env(SINGLE)
    env.reset(seed=2)
    single.reset(seed=2)
    generator = np.random.default_rng(3)
    for _ in range(12):
        action = generator.random(320)
        trials = []
        for i in range(10):
            without = action.copy()
            without[31 * i : 31 * i + 10] = 0.0  # it senses nothing
            trials.append(single.simulate(without)[4]["objectives"])
        outcome = single.step(action)
        _, rewards, _, _, infos = env.step(split(action))
        assert rewards["edge_0"] == outcome[1]
        for i in range(10):
            credit = outcome[4]["objectives"] - trials[i]
            assert infos[f"vehicle_{i}"]["objectives"] == pytest.approx(credit, abs=1e-12)


def test_the_credit_of_a_vehicle_that_senses_nothing_is_zero():
    env = ParallelEnv(ID, credit="difference")
    env.reset(seed=2)
    for _ in range(5):
        actions = {agent: env.action_space(agent).sample() for agent in env.agents}
        actions["vehicle_3"][:10] = 0.0
        assert env.step(actions)[1]["vehicle_3"] == 0.0


@pytest.mark.parametrize("scenario", ["manhattan", "wu2022"])
def test_baselines_act_as_in_the_single_form(scenario):
    for name in ("search", "greedy", "sense_everything", "never_sense"):
        multi = ParallelEnv(ID, scenario=scenario)
        single = Env(SINGLE, scenario=scenario)
        observations, _ = multi.reset(seed=1)
        observation, _ = single.reset(seed=1)
        for _ in range(4):
            observations, rewards, _, _, _ = multi.step(
                multi.baseline(name).predict(observations)[0]
            )
            action = single.baseline(name).predict(observation)[0].astype(np.float32)
            observation, reward, _, _, _ = single.step(action)
            assert rewards["edge_0"] == reward, name


def test_actions_of_the_wrong_length_are_refused():
    env = ParallelEnv(ID)
    env.reset(seed=0)
    good = {agent: env.action_space(agent).sample() for agent in env.agents}
    saved = env.snapshot()
    for agent in ("vehicle_3", "edge_0"):
        other = good["edge_0" if agent == "vehicle_3" else "vehicle_3"]
        with pytest.raises(InvalidAction, match=f"{ID}.*{agent}"):
            env.step({**good, agent: other})
    assert all((a == b).all() for a, b in zip(saved, env.snapshot(), strict=True))


def test_rows_of_a_shared_policy_are_padded_with_zeros():
    from isac_agents.adapters.vec_env import BatchVecEnv

    vec = BatchVecEnv(ID, 2, seed=0)
    assert vec.observation_space.shape == (311,)
    assert vec.action_space.shape == (31,)
    rows = vec.reset().reshape(2, 11, 311)
    assert (rows[:, :10, 123:] == 0).all()
    assert rows[:, 10, 123:].any()
    vec.step_async(np.random.default_rng(0).random((22, 31)))
    assert np.isfinite(vec.step_wait()[1]).all()


def test_scenarios_of_both_forms_agree():
    for name in ("manhattan", "wu2022", "small"):
        single = scenarios.load(SINGLE, name).parameters.model_dump()
        multi = scenarios.load(ID, name).parameters.model_dump()
        assert set(single) - set(multi) == {"candidates", "planned_load"}  # where one chooses
        assert {key: single[key] for key in single.keys() & multi.keys()} == {
            key: multi[key] for key in single.keys() & multi.keys()
        }
