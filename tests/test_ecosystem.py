"""What other libraries look for: vector rewards, masks, step limits, errors, infos, forks."""

import functools
import multiprocessing
import warnings
from typing import Any

import gymnasium
import harness
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode
from harness import bind, differences, random_actions, same, short
from stable_baselines3.common.vec_env import DummyVecEnv

from isac_envs.core.batch import THREADED_FROM
from isac_envs.core.env import Env
from isac_envs.core.vector_env import VectorEnv
from isac_envs.errors import ScenarioError

FORMS = [Env, VectorEnv]


@pytest.mark.parametrize("form", FORMS)
def test_only_vector_rewards_have_a_space(case: str, form: Any) -> None:
    plain = form(bind(case))
    assert not hasattr(plain, "reward_space")
    assert not hasattr(plain, "reward_dim")
    env = form(bind(case), vector_reward=True)
    count = len(env.model.objectives)
    assert env.reward_space.shape == (env.reward_dim,) == (count,)
    assert env.reward_space.dtype == np.float32


@pytest.mark.parametrize("mode", list(AutoresetMode)[:2], ids=lambda mode: mode.name.lower())
def test_rewards_are_the_objectives_where_a_vector_is_asked_for(
    case: str, mode: AutoresetMode
) -> None:
    model = short(case)
    plain = VectorEnv(model, 3, autoreset_mode=mode)
    vector = VectorEnv(model, 3, autoreset_mode=mode, vector_reward=True)
    single = Env(model, vector_reward=True)
    assert same(plain.reset(seed=5), vector.reset(seed=5))
    single.reset(seed=5)
    for action in random_actions(plain.action_space, 40):  # more than two short episodes
        restarted = mode is AutoresetMode.NEXT_STEP and single.batch.env["done"][0]
        (seen, _, *ended, info), found = plain.step(action), vector.step(action)
        assert not differences((seen, *ended, info), (found[0], *found[2:]))
        final = info.get("_final_info", np.zeros(3, bool))[:, None]
        last = info.get("final_info", info)["objectives"]
        expected = np.where(final, last, info["objectives"]).astype(np.float32)
        assert same(found[1], expected)
        reward = np.zeros_like(expected[0]) if restarted else single.step(action[0])[1]
        assert same(found[1][0], reward)
        if restarted or (mode is AutoresetMode.SAME_STEP and single.batch.env["done"][0]):
            single.reset()


def test_make_hands_vector_rewards_on() -> None:
    name = harness.ALONE[0]
    env = gymnasium.make(name, vector_reward=True, disable_env_checker=True)
    vector = gymnasium.make_vec(name, num_envs=2, vector_reward=True)
    action = random_actions(env.action_space, 1)[0]
    env.reset(seed=3), vector.reset(seed=3)
    reward, rewards = env.step(action)[1], vector.step(np.array([action] * 2))[1]
    assert reward.dtype == rewards.dtype == np.float32
    assert rewards.shape == (2, env.unwrapped.reward_dim)
    assert same(reward, rewards[0])


def played(env: Any, steps: int) -> list[Any]:
    """Return what a single environment hands out under random actions."""
    return harness.play(env, random_actions(env.action_space, steps), seed=5)


def test_specs_hold_the_horizon_and_make_the_same_again(case: str) -> None:
    if case in harness.TOYS:
        env = Env(bind(case))
        assert env.spec is None
        return
    registered = gymnasium.spec(case).max_episode_steps
    assert registered is None  # it belongs to the scenario
    env = gymnasium.make(case, horizon=7)
    assert not isinstance(env, gymnasium.wrappers.TimeLimit)
    vector = gymnasium.make_vec(case, num_envs=2, horizon=7)
    assert env.spec.max_episode_steps == vector.spec.max_episode_steps == 7
    assert gymnasium.make(case).spec.max_episode_steps == bind(case).params.horizon
    assert gymnasium.make(case, max_episode_steps=4).spec.max_episode_steps == 4
    assert gymnasium.make_vec(case, num_envs=2, max_episode_steps=4).spec.max_episode_steps == 4
    again = gymnasium.make(gymnasium.envs.registration.EnvSpec.from_json(env.spec.to_json()))
    assert not differences(played(env, 30), played(again, 30))


def test_a_limit_of_gymnasium_at_the_horizon_changes_no_flag(case: str) -> None:
    limited = gymnasium.wrappers.TimeLimit(Env(short(case, 6)), 6)
    assert not differences(played(Env(short(case, 6)), 40), played(limited, 40))


def test_time_aware_observations_end_at_the_horizon() -> None:
    made = gymnasium.make(harness.ALONE[0], horizon=4)
    env = gymnasium.wrappers.TimeAwareObservation(made, normalize_time=True)
    seen = [env.reset(seed=0)[0], *(env.step(env.action_space.sample())[0] for _ in range(4))]
    assert [each[-1] for each in seen] == pytest.approx([0, 0.25, 0.5, 0.75, 1])


@pytest.mark.parametrize("form", FORMS)
def test_masks_are_a_method_where_there_are_any(case: str, form: Any) -> None:
    env = form(short(case))
    if not env.model.masked:
        assert not hasattr(env, "action_masks")
        return
    with pytest.raises(ResetNeeded):
        env.action_masks()
    info = env.reset(seed=0)[1]
    for action in random_actions(env.action_space, 30):
        assert env.action_masks().dtype == bool
        assert np.array_equal(env.action_masks(), info["action_mask"])
        saved, masks = env.snapshot(), env.action_masks()
        *_, terminated, truncated, info = env.step(action)
        after = env.snapshot()
        env.restore(saved)
        assert np.array_equal(env.action_masks(), masks)
        env.restore(after)
        assert np.array_equal(env.action_masks(), info["action_mask"])
        if form is Env and (terminated or truncated):
            info = env.reset()[1]


def test_looking_ahead_leaves_the_masks() -> None:
    env = Env(bind("corridor"))
    env.reset(seed=0)
    for _ in range(40):
        before = env.action_masks()
        env.simulate(2)
        assert np.array_equal(env.action_masks(), before)
        actions = {int(env.baseline("random").predict(None)[0][0]) for _ in range(3)}
        assert before[[*actions]].all()
        if any(env.step(min(actions))[2:4]):
            env.reset()


def test_masks_reach_learners_through_wrappers() -> None:
    made = DummyVecEnv([lambda: gymnasium.wrappers.RecordEpisodeStatistics(Env(short("corridor")))])
    made.reset()
    assert made.has_attr("action_masks")
    assert made.env_method("action_masks")[0].shape == (3,)
    assert not DummyVecEnv([lambda: Env(short("rovers"))]).has_attr("action_masks")


def test_an_unknown_keyword_is_python_s_error_too(alone_id: str) -> None:
    for make in (gymnasium.make, functools.partial(gymnasium.make_vec, num_envs=2)):
        with pytest.raises(TypeError, match="unexpected keyword argument 'frameskip'") as caught:
            make(alone_id, frameskip=1)
        assert isinstance(caught.value, ScenarioError)
    with pytest.raises(ScenarioError, match=r"'horizn'.*did you mean 'horizon'"):
        gymnasium.make(alone_id, horizn=3)
    with pytest.raises(ScenarioError, match="horizon = 0") as wrong:
        gymnasium.make(alone_id, horizon=0)
    assert not isinstance(wrong.value, TypeError)


def keys(info: dict[str, Any]) -> Any:
    return {key: keys(part) if isinstance(part, dict) else None for key, part in info.items()}


@pytest.mark.parametrize("form", FORMS)
def test_infos_have_one_form(case: str, form: Any) -> None:
    env = form(short(case))
    first = env.reset(seed=0)[1]
    for action in random_actions(env.action_space, 40):
        *_, terminated, truncated, info = env.step(action)
        assert keys(info) == keys(first)
        for ours, theirs in zip(harness.flatten(info), harness.flatten(first), strict=True):
            assert ours[0] == theirs[0]
        if form is Env and (terminated or truncated):
            assert keys(env.reset()[1]) == keys(first)


def test_an_info_of_a_reset_tells_nothing_but_masks(case: str) -> None:
    env = Env(short(case))
    env.reset(seed=0)
    for action in random_actions(env.action_space, 3):
        env.step(action)
    info = env.reset()[1]
    assert not info["objectives"].any()
    assert info["cost"] == 0
    assert not any([*info["costs"].values(), *info["metrics"].values()])


def step_in_a_child(env: Any, actions: Any, answer: Any) -> None:
    answer.send(harness.digest(env.step(actions)))


@pytest.mark.parametrize("threads", [1, 2])
def test_a_forked_child_goes_on(threads: int) -> None:
    env = VectorEnv(bind("corridor"), THREADED_FROM, num_threads=threads)
    env.reset(seed=0)
    first, second, third = random_actions(env.action_space, 3)
    env.step(first)
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # threads and forks: that is the point
        child = context.Process(target=step_in_a_child, args=(env, second, theirs))
        child.start()
    try:
        assert mine.poll(60), "the child's step does not return"
        assert mine.recv() == harness.digest(env.step(second))
        env.step(third)
    finally:
        child.kill()
        child.join()
