"""Every environment through the checkers of Gymnasium and PettingZoo, and through ``make``."""

import functools
import os
import subprocess
import sys
import warnings
from typing import Any

import gymnasium
import harness
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AsyncVectorEnv, AutoresetMode
from harness import bind, random_actions, same, several, short
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test
from pettingzoo.utils import parallel_to_aec

import isac_envs
from isac_envs.core.env import Env
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.core.vector_env import VectorEnv

ALLOWED_WARNINGS: tuple[str, ...] = ()
"""What the checker may say of a registered environment; anything else fails."""

ALLOWED_FOR_TOYS = (
    "symmetric and normalized space",  # the toy's bounds are odd on purpose
    "due to the environment not having a spec",  # made from a bound model
)

ALLOWED_AGENT_BY_AGENT = (
    "is all zeros",  # what an agent that is absent observes
    "probably should be gymnasium.spaces",  # PettingZoo knows all spaces of Gymnasium by now
    "Agents have different observation space sizes",  # agents may differ
    "Observations are different shapes",
    "We recommend agents to be named",  # it knows no descriptor of two words: base_station_0
)

FORMS = [Env, VectorEnv, ParallelEnv]


def complaints(check: Any, allowed: tuple[str, ...] = ALLOWED_WARNINGS) -> list[str]:
    """Return the warnings of a check that are not allowed."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check()
    messages = [str(each.message) for each in caught]
    return [each for each in messages if not any(part in each for part in allowed)]


def test_gymnasium_checker(alone_id: str) -> None:
    env = gymnasium.make(f"isac_envs:{alone_id}")
    assert not complaints(lambda: check_env(env.unwrapped))


@pytest.mark.slow
def test_gymnasium_checker_in_every_scenario(scenario: tuple[str, str]) -> None:
    """``pytest -m slow tests/test_api.py``: half a minute."""
    env_id, name = scenario
    if env_id not in harness.ALONE:
        pytest.skip("several agents")
    env = gymnasium.make(f"isac_envs:{env_id}", scenario=name)
    assert not complaints(lambda: check_env(env.unwrapped))


@pytest.mark.parametrize("name", harness.TOYS)
def test_gymnasium_checker_on_toys(name: str) -> None:
    assert not complaints(lambda: check_env(Env(bind(name))), ALLOWED_FOR_TOYS)


def parallel_models() -> list[Any]:
    registered = [functools.partial(bind, name) for name in harness.IDS]
    return registered + [functools.partial(several, name) for name in harness.TOYS]


@pytest.mark.parametrize("model", parallel_models(), ids=[*harness.IDS, *harness.TOYS])
def test_pettingzoo_checkers(model: Any) -> None:
    assert not complaints(lambda: parallel_api_test(ParallelEnv(model()), num_cycles=100))
    assert not complaints(
        lambda: parallel_seed_test(lambda: ParallelEnv(model()), num_cycles=50),
    )


@pytest.mark.parametrize("name", [*harness.TEAMS, *harness.TOYS])
def test_pettingzoo_agent_by_agent(name: str) -> None:
    model = several(name) if name in harness.TOYS else bind(name)
    env = parallel_to_aec(ParallelEnv(model))
    assert not complaints(lambda: api_test(env, num_cycles=50), ALLOWED_AGENT_BY_AGENT)


def test_the_catalogue_knows_how_many_agents_there_are(env_id: str) -> None:
    assert (len(bind(env_id).agents) > 1) == (env_id in harness.TEAMS)


def test_make_gives_the_native_forms(alone_id: str) -> None:
    assert isinstance(gymnasium.make(alone_id).unwrapped, Env)
    vector = gymnasium.make_vec(f"isac_envs:{alone_id}", num_envs=3)
    assert isinstance(vector.unwrapped, VectorEnv)
    assert vector.num_envs == 3


def test_make_takes_scenario_and_overrides(scenario: tuple[str, str]) -> None:
    env_id, name = scenario
    if env_id not in harness.ALONE:
        pytest.skip("several agents")
    for made in (
        gymnasium.make(env_id, scenario=name, horizon=9).unwrapped,
        gymnasium.make_vec(env_id, num_envs=2, scenario=name, horizon=9).unwrapped,
    ):
        assert made.model.params == bind(env_id, name, horizon=9).params


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_make_vec_takes_the_autoreset_mode(alone_id: str, mode: AutoresetMode) -> None:
    env = gymnasium.make_vec(alone_id, num_envs=2, autoreset_mode=mode)
    assert env.metadata["autoreset_mode"] is mode


def first_truncation(env: Any, limit: int) -> int:
    env.reset(seed=0)
    for step, action in enumerate(random_actions(env.action_space, limit), start=1):
        if np.all(env.step(action)[3]):
            return step
    raise AssertionError("never truncated")


def test_max_episode_steps(alone_id: str) -> None:
    assert first_truncation(gymnasium.make(alone_id, max_episode_steps=5), 9) == 5
    vector = gymnasium.make_vec(alone_id, num_envs=2, max_episode_steps=5)
    assert first_truncation(vector, 9) == 5
    assert first_truncation(VectorEnv(alone_id, 2, max_episode_steps=5, horizon=3), 9) == 3


def test_shortened_native_vector_equals_gymnasium_s_time_limit(alone_id: str) -> None:
    native = gymnasium.make_vec(alone_id, num_envs=2, max_episode_steps=6)
    wrapped = gymnasium.vector.SyncVectorEnv(
        [lambda: gymnasium.make(alone_id, max_episode_steps=6)] * 2
    )
    assert same(native.reset(seed=4)[0], wrapped.reset(seed=4)[0])
    for action in random_actions(native.action_space, 40):
        assert same(native.step(action)[:4], wrapped.step(action)[:4])


FORKS = """
import os, sys
import gymnasium, numba
assert "isac_envs" not in sys.modules
for place, env_id in enumerate(sys.argv[1:]):
    if place == 1:  # what all have in common; the first one loads it by itself
        import isac_envs.core.env
    child = os.fork()
    if not child:
        gymnasium.make(f"isac_envs:{env_id}").reset(seed=0)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(f"{env_id} cannot be made")
"""


def test_make_in_a_fresh_process() -> None:
    """Each id in a process without any other; they begin as copies of one without any."""
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "error", "-c", FORKS, *harness.ALONE]
    subprocess.run(command, check=True, env=one_thread)


def test_async_vector_env_in_spawned_processes() -> None:
    env_id = harness.ALONE[0]
    makers = [functools.partial(gymnasium.make, f"isac_envs:{env_id}", horizon=12)] * 2
    spawned = AsyncVectorEnv(makers, context="spawn")
    native = VectorEnv(env_id, 2, horizon=12)
    try:
        assert same(spawned.reset(seed=3)[0], native.reset(seed=3)[0])
        for action in random_actions(native.action_space, 30):
            assert same(spawned.step(action)[:4], native.step(action)[:4])
    finally:
        spawned.close()


def test_a_model_of_ones_own_can_be_registered(registries: None) -> None:
    isac_envs.register("toy/Rovers-v0", "toy.model:Rovers")
    env = gymnasium.make("toy/Rovers-v0", wind_m=0.0)
    assert env.unwrapped.model.params.wind_m == 0.0
    assert gymnasium.make_vec("toy/Rovers-v0", num_envs=2).num_envs == 2
    env.reset(seed=0)


def test_registering_twice_changes_nothing() -> None:
    before = dict(gymnasium.registry)
    isac_envs.register_all()
    assert gymnasium.registry == before


@pytest.mark.parametrize("form", [Env, VectorEnv])
def test_single_agent_forms_refuse_several_agents(form: Any) -> None:
    with pytest.raises(ValueError, match="toy/Rovers-v0 has 3 agents"):
        form(several("rovers"))


@pytest.mark.parametrize("form", FORMS)
def test_step_before_reset_is_refused(case: str, form: Any) -> None:
    env = form(short(case))
    space = env.action_space(env.possible_agents[0]) if form is ParallelEnv else env.action_space
    action = random_actions(space, 1)[0]
    with pytest.raises(ResetNeeded, match=env.model.id):
        env.step({env.possible_agents[0]: action} if form is ParallelEnv else action)


def test_step_after_the_end_is_refused(case: str) -> None:
    env = Env(short(case, 1))
    action = random_actions(env.action_space, 1)[0]
    env.reset(seed=0)
    env.step(action)
    with pytest.raises(ResetNeeded, match=env.model.id):
        env.step(action)


def test_disabled_autoreset_refuses_to_step_a_finished_copy(case: str) -> None:
    env = VectorEnv(short(case, 1), 2, autoreset_mode=AutoresetMode.DISABLED)
    action = random_actions(env.action_space, 1)[0]
    env.reset(seed=0)
    env.step(action)
    with pytest.raises(ResetNeeded, match=env.model.id):
        env.step(action)


def test_a_first_reset_of_some_copies_does_not_start_the_others(case: str) -> None:
    env = VectorEnv(short(case), 2)
    env.reset(seed=0, options={"reset_mask": np.array([True, False])})
    with pytest.raises(ResetNeeded):
        env.step(random_actions(env.action_space, 1)[0])


@pytest.mark.parametrize("seed", [-1, 2**64, "1", 1.5, [1]])
def test_a_seed_out_of_range_or_of_a_wrong_kind_is_refused(case: str, seed: Any) -> None:
    with pytest.raises((ValueError, TypeError, gymnasium.error.Error)):
        VectorEnv(short(case), 2).reset(seed=seed)


def test_reward_is_the_weighted_sum_of_objectives(case: str) -> None:
    env = Env(short(case))
    env.reset(seed=0)
    for action in random_actions(env.action_space, 3):
        _, reward, terminated, truncated, info = env.step(action)
        weighted = np.dot(env.model.params.weights, info["objectives"])
        assert reward == pytest.approx(weighted, rel=1e-12, abs=1e-12)
        assert info["cost"] == pytest.approx(sum(info["costs"].values()), rel=1e-12)
        assert env.model.objective_space().contains(info["objectives"].astype(np.float32))
        assert list(info["metrics"]) == [each.name for each in env.model.reported]
        if terminated or truncated:
            env.reset()


def test_masks_are_there_after_reset_and_step() -> None:
    env, vector, parallel = (form(bind("corridor")) for form in FORMS)
    assert env.reset(seed=0)[1]["action_mask"].dtype == np.int8
    assert same(env.step(1)[4]["action_mask"].shape, (3,))
    assert vector.reset(seed=0)[1]["action_mask"].shape == (1, 3)
    infos = parallel.reset(seed=0)[1]
    assert infos["walker_0"]["action_mask"].tolist() == env.reset(seed=0)[1]["action_mask"].tolist()
    env.action_space.sample(mask=env.reset()[1]["action_mask"])
