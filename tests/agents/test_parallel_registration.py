"""Environments with several agents: how PettingZoo gets to know them, and what Gymnasium says."""

import subprocess
import sys

import gymnasium
import harness
import pettingzoo
import pytest

import isac_envs
from isac_envs import catalog
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.errors import IsacError

TOY = "toy.signals:Signals"


@pytest.fixture
def registered(monkeypatch):
    """Register a toy with several agents, for one test; return its id."""
    monkeypatch.setattr(gymnasium.envs.registration, "registry", dict(gymnasium.registry))
    monkeypatch.setattr(gymnasium, "registry", gymnasium.envs.registration.registry)
    monkeypatch.setattr(isac_envs.registration, "_parallel", {})
    isac_envs.register("toy/Signals-v0", TOY, parallel=True)
    yield "toy/Signals-v0"
    pettingzoo.parallel_registry.pop("toy/Signals-v0")


def test_pettingzoo_makes_it(registered):
    env = pettingzoo.make("parallel", registered, scope="others", horizon=5)
    assert isinstance(env, ParallelEnv)
    assert (env.model.params.scope, env.model.params.horizon) == ("others", 5)
    assert pettingzoo.make("parallel", registered, max_cycles=3).model.params.horizon == 3
    assert pettingzoo.make("parallel", registered, max_cycles=99).model.params.horizon == 8


def test_registering_twice_changes_nothing(registered, recwarn):
    before = dict(pettingzoo.parallel_registry)
    isac_envs.register(registered, TOY, parallel=True)
    isac_envs.register_parallel()
    assert pettingzoo.parallel_registry == before
    assert not recwarn.list


@pytest.mark.parametrize("make", [gymnasium.make, gymnasium.make_vec])
def test_gymnasium_names_the_right_call(registered, make):
    with pytest.raises(IsacError, match=r"several agents.*isac_envs.parallel_env\('toy.signals"):
        make(registered)


def test_every_id_with_several_agents_is_known(team_id):
    isac_envs.register_parallel()
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


def test_the_catalogue_holds_every_id_once():
    assert catalog.PARALLEL.items() <= catalog.MODELS.items()
    assert {*harness.TEAMS, *harness.ALONE} == {*catalog.MODELS}


PROGRAM = """
import sys
{first}
{second}
assert ("pettingzoo" in sys.modules) == {loaded}
isac_envs.register("toy/Signals-v0", "toy.signals:Signals", parallel=True)
{register}
import pettingzoo
env = pettingzoo.make("parallel", "toy/Signals-v0")
env.reset(seed=0)
"""


@pytest.mark.parametrize(
    ("first", "second", "register"),
    [
        ("import pettingzoo", "import isac_envs", ""),
        ("import isac_envs", "", "isac_envs.register_parallel()"),
    ],
)
def test_whatever_is_imported_first(first, second, register):
    code = PROGRAM.format(
        first=first, second=second, register=register, loaded=first == "import pettingzoo"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
