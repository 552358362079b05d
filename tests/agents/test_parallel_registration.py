"""Environments with several agents: how PettingZoo gets to know them, and what Gymnasium says."""

import functools
import subprocess
import sys

import gymnasium
import harness
import pettingzoo
import pytest
from gymnasium.error import InvalidAction

import isac_envs
from isac_envs import catalog
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.errors import IsacError

TOY = "toy.signals:Signals"


@pytest.fixture
def registered(registries):
    """Register a toy with several agents, for one test; return its id."""
    isac_envs.register("toy/Signals-v0", TOY, agents="several")
    return "toy/Signals-v0"


def test_pettingzoo_makes_it(registered):
    env = pettingzoo.make("parallel", registered, scope="others", horizon=5)
    assert isinstance(env, ParallelEnv)
    assert (env.model.params.scope, env.model.params.horizon) == ("others", 5)
    assert pettingzoo.make("parallel", registered, max_cycles=3).model.params.horizon == 3
    assert pettingzoo.make("parallel", registered, max_cycles=99).model.params.horizon == 8


def test_registering_twice_changes_nothing(registered, recwarn):
    before = dict(pettingzoo.parallel_registry)
    isac_envs.register(registered, TOY, agents="several")
    assert pettingzoo.parallel_registry == before
    assert not recwarn.list


@pytest.mark.parametrize("make", [gymnasium.make, gymnasium.make_vec])
def test_gymnasium_names_the_right_call(registered, make):
    with pytest.raises(
        IsacError, match=r"several agents.*isac_envs.parallel_env\('toy/Signals-v0'\)"
    ):
        make(registered)


def test_every_id_with_several_agents_is_known(team_id):
    env = pettingzoo.make("parallel", team_id, max_cycles=2)
    assert len(env.possible_agents) > 1
    env.reset(seed=0)
    with pytest.raises(IsacError, match=r"isac_envs\.parallel_env"):
        gymnasium.make(team_id)


def test_every_id_with_several_agents_has_the_convenient_constructor(team_id):
    for scenario in isac_envs.scenarios.names(team_id):
        env = isac_envs.parallel_env(team_id, scenario=scenario, horizon=4)
        observations, _ = env.reset(seed=0)
        for name in env.model.baselines:
            actions, _ = env.baseline(name).predict(observations)
            assert all(env.action_space(each).contains(actions[each]) for each in env.agents)


def test_the_constructor_takes_ids_and_paths():
    assert isac_envs.parallel_env(TOY, team=4).num_agents == 0  # nobody acts before reset
    assert len(isac_envs.parallel_env(TOY, team=4).possible_agents) == 4
    assert isac_envs.parallel_env(TOY, max_cycles=3).model.params.horizon == 3
    with pytest.raises(IsacError, match="did you mean"):
        isac_envs.parallel_env("isac/ModeSelct-v0")


def test_all_registries_hold_the_table():
    for name, entry in catalog.ENVIRONMENTS.items():
        assert gymnasium.spec(name).kwargs == {"model": name}
        several = name in pettingzoo.parallel_registry
        assert several == (entry.agents == "several")


@pytest.mark.parametrize(
    "imports",
    [
        "import pettingzoo, isac_envs",
        "import isac_envs, pettingzoo",
        "import isac_envs, sys; pettingzoo = sys.modules['pettingzoo']",
        "import gymnasium, isac_envs; gymnasium.spec('isac/JrcAoiMulti-v0'); import pettingzoo",
    ],
)
def test_whatever_is_imported_first(imports):
    program = f"{imports}; print(pettingzoo.make('parallel', 'isac/JrcAoiMulti-v0').metadata)"
    run = [sys.executable, "-W", "error", "-c", program]
    printed = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    assert "isac/JrcAoiMulti-v0" in printed


def test_limits_keep_every_other_setting(registered):
    makers = [isac_envs.parallel_env, functools.partial(pettingzoo.make, "parallel")]
    for make, name in zip(makers, (TOY, registered), strict=True):
        env = make(name, max_cycles=3, scope="others", team=4)
        assert (env.model.params.horizon, env.model.params.scope) == (3, "others")
        assert len(env.possible_agents) == 4
    for name in harness.TEAMS:
        env = isac_envs.parallel_env(name, max_cycles=2, render_mode="rgb_array")
        assert env.render_mode == "rgb_array"
        env.reset(seed=0)
        assert env.render().shape[-1] == 3
    with pytest.raises(IsacError, match="horizon = 0"):
        isac_envs.parallel_env(TOY, max_cycles=0)


@pytest.mark.parametrize("name", ["rovers", "corridor", "signals", *harness.TEAMS])
def test_states_lie_in_their_space(name):
    if name == "signals":
        env = isac_envs.parallel_env(TOY, observation="bits")
    else:
        env = ParallelEnv(harness.several(name) if name in harness.TOYS else harness.bind(name))
    env.reset(seed=0)
    for _ in range(3):
        assert env.state_space.contains(env.state())
        seen = [env.observation_space(each) for each in env.possible_agents]
        assert env.state_space.shape == (sum(space.shape[0] for space in seen),)
        env.step({each: env.action_space(each).sample() for each in env.agents})


@pytest.mark.parametrize("actions", [None, 3, "agent_0", ["agent_0"], {0}, [0, 0, 0]])
def test_actions_that_are_no_dictionary_are_refused(actions):
    env = isac_envs.parallel_env(TOY)
    env.reset(seed=0)
    saved = env.snapshot()
    with pytest.raises(InvalidAction, match=r"toy/Signals-v0.*dictionary.*agent_0, agent_1"):
        env.step(actions)
    assert harness.same(saved, env.snapshot())
