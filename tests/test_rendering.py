"""Rendering: Gymnasium's semantics, no effect on episodes, and no pygame before it is asked for."""

import copy
import pickle
import subprocess
import sys
import warnings
from itertools import pairwise
from typing import Any

import gymnasium
import harness
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import AddRenderObservation, HumanRendering
from harness import bind, play, random_actions, same, short

from isac_envs.core.env import Env
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.core.vector_env import VectorEnv
from isac_envs.rendering import canvas
from isac_envs.rendering.canvas import SIZE

DRAWN = [name for name in harness.IDS if bind(name).scene is not None]
ALONE = [name for name in DRAWN if name in harness.ALONE]
FEW = ("isac/ModeSelect-v0", "isac/UavTrajectory-v0")  # a diagram and a map
SHAPE = (SIZE[1], SIZE[0], 3)


@pytest.fixture(params=ALONE)
def drawn_id(request: Any) -> str:
    """Every registered id with one agent and a scene."""
    return request.param


@pytest.fixture(
    params=[name if name in FEW else pytest.param(name, marks=pytest.mark.slow) for name in ALONE]
)
def few_id(request: Any) -> str:
    """A few of them: what adapters promise does not depend on the scene.

    All others, in minutes: ``pytest -m slow tests/test_rendering.py``.
    """
    return request.param


def pygame() -> Any:
    import pygame

    return pygame


# What adapters promise


@pytest.mark.parametrize("name", DRAWN)
def test_pictures_have_a_shape_and_change_from_step_to_step(name: str) -> None:
    env = ParallelEnv(name, render_mode="rgb_array")
    env.reset(seed=3)
    policy, pictures = env.baseline("random"), [env.render()]
    for _ in range(5):
        env.step(policy.predict({})[0])
        pictures.append(env.render())
    for picture in pictures:
        assert picture.shape == SHAPE
        assert picture.dtype == np.uint8
        assert len(np.unique(picture @ np.array([1, 256, 256**2]))) > 20  # colours
    for first, second in pairwise(pictures):
        assert not np.array_equal(first, second)


def test_a_picture_is_a_copy_and_the_same_when_drawn_twice(drawn_id: str) -> None:
    env = Env(drawn_id, render_mode="rgb_array")
    env.reset(seed=0)
    first = env.render()
    kept = first.copy()
    assert np.array_equal(first, env.render())
    env.step(random_actions(env.action_space, 1)[0])
    env.render()
    assert np.array_equal(first, kept)


def test_rendering_does_not_change_an_episode(drawn_id: str) -> None:
    assert_unchanged_by_rendering(drawn_id, "rgb_array")


def test_nor_does_a_window(few_id: str) -> None:
    assert_unchanged_by_rendering(few_id, "human")


def assert_unchanged_by_rendering(name: str, mode: str) -> None:
    model = short(name, 3)
    plain, drawn = Env(model), Env(model, render_mode=mode)
    actions = random_actions(plain.action_space, 7)
    expected = play(plain, actions, seed=5)
    outcomes: list[Any] = [drawn.reset(seed=5)]
    for action in actions:
        drawn.render()
        outcomes.append(drawn.step(action))
        if outcomes[-1][2] or outcomes[-1][3]:
            outcomes.append(drawn.reset())
    drawn.close()
    assert same(expected, outcomes)


def test_gymnasium_checker_with_rendering(few_id: str) -> None:
    env = gymnasium.make(few_id, render_mode="rgb_array")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped)


def test_human_mode_draws_by_itself(few_id: str) -> None:
    env = gymnasium.make(few_id, render_mode="human")
    env.reset(seed=0)
    assert pygame().display.get_surface().get_size() == SIZE
    before = pygame().surfarray.array3d(pygame().display.get_surface())
    env.step(random_actions(env.action_space, 1)[0])
    after = pygame().surfarray.array3d(pygame().display.get_surface())
    assert not np.array_equal(before, after)
    assert env.render() is None
    env.close()
    assert not pygame().display.get_init()
    env.close()


def test_wrappers_of_gymnasium(few_id: str) -> None:
    shown = HumanRendering(gymnasium.make(few_id, render_mode="rgb_array"))
    shown.reset(seed=0)
    shown.close()  # quits pygame
    observed = AddRenderObservation(gymnasium.make(few_id, render_mode="rgb_array"))
    observation, _ = observed.reset(seed=0)
    assert observed.observation_space.contains(observation)
    listed = gymnasium.make(few_id, render_mode="rgb_array_list")
    listed.reset(seed=0)
    listed.step(random_actions(listed.action_space, 1)[0])
    assert len(listed.render()) == 2


def test_pictures_survive_that_pygame_is_quit(few_id: str) -> None:
    env = Env(few_id, render_mode="rgb_array")
    env.reset(seed=0)
    first = env.render()
    pygame().quit()
    assert np.array_equal(first, env.render())
    pygame().quit()
    pygame().font.init()
    for action in random_actions(env.action_space, 3):
        env.step(action)
        env.render()
        pygame().quit()
        assert canvas._font.cache_info().currsize == 0  # the first pygame crashes with old fonts
        pygame().init()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
@pytest.mark.parametrize("form", [Env, VectorEnv])
def test_duplicates_draw_the_same(few_id: str, form: Any, duplicate: Any) -> None:
    env = form(few_id, render_mode="rgb_array")
    actions = random_actions(env.action_space, 4)
    env.reset(seed=1)
    for action in actions[:2]:
        env.step(action)
    other = duplicate(env)
    for action in actions[2:]:
        env.step(action)
        other.step(action)
        assert same(env.render(), other.render())


def test_snapshots_and_trials(drawn_id: str) -> None:
    env = Env(drawn_id, render_mode="rgb_array")
    env.reset(seed=1)
    actions = random_actions(env.action_space, 3)
    saved, first = env.snapshot(), env.render()
    env.step(actions[0])
    picture = env.render()
    env.simulate(actions[1])
    assert np.array_equal(picture, env.render())
    env.restore(saved)
    assert np.array_equal(first, env.render())


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_vector_pictures_are_those_of_the_single_environments(
    few_id: str, mode: AutoresetMode
) -> None:
    model = short(few_id, 3)
    vector = VectorEnv(model, 2, render_mode="rgb_array", autoreset_mode=mode)
    singles = [Env(model, render_mode="rgb_array") for _ in range(2)]
    vector.reset(seed=7)
    for i, env in enumerate(singles):
        env.reset(seed=7 + i)
    over = False
    for actions in random_actions(vector.action_space, 2 if mode == AutoresetMode.DISABLED else 5):
        vector.step(actions)
        for env, action in zip(singles, actions, strict=True):
            if over and mode == AutoresetMode.NEXT_STEP:
                env.reset()
                continue
            _, _, terminated, truncated, _ = env.step(action)
            if mode == AutoresetMode.SAME_STEP and (terminated or truncated):
                env.reset()
        over = mode == AutoresetMode.NEXT_STEP and bool(singles[0].batch.env["done"][0])
        pictures = vector.render()
        assert isinstance(pictures, tuple)
        assert same(list(pictures), [env.render() for env in singles])


def test_parallel_pictures_are_those_of_the_single_environment(few_id: str) -> None:
    env = Env(few_id, render_mode="rgb_array")
    parallel = ParallelEnv(few_id, render_mode="rgb_array")
    env.reset(seed=2)
    parallel.reset(seed=2)
    for action in random_actions(env.action_space, 3):
        env.step(action)
        parallel.step({"agent_0": action})
    assert np.array_equal(env.render(), parallel.render())


@pytest.mark.parametrize("form", [Env, VectorEnv, ParallelEnv])
def test_misuse_is_answered(form: Any) -> None:
    name = ALONE[0]
    with pytest.raises(ValueError, match=r"unknown render mode 'ascii'; valid: .*'rgb_array'"):
        form(name, render_mode="ascii")
    with pytest.raises(gymnasium.error.ResetNeeded, match=name):
        form(name, render_mode="rgb_array").render()
    plain = form(name)
    plain.reset(seed=0)
    with pytest.warns(UserWarning, match="without a render mode"):
        assert plain.render() is None
    with pytest.warns(UserWarning, match="has no scene"):
        env = form(bind("rovers"), render_mode="rgb_array")
    assert env.render_mode is None
    assert env.metadata["render_modes"] == []


def test_too_many_copies_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 64"):
        VectorEnv(ALONE[0], 65, render_mode="rgb_array")


# What is loaded when


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    return done.stdout + done.stderr


def test_gymnasium_records_a_video(tmp_path) -> None:
    env = gymnasium.make(f"isac_envs:{ALONE[0]}", render_mode="rgb_array", horizon=12)
    env = gymnasium.wrappers.RecordVideo(env, str(tmp_path / "videos"), disable_logger=True)
    env.reset(seed=0)
    over = False
    while not over:
        *_, terminated, truncated, _ = env.step(env.action_space.sample())
        over = terminated or truncated
    env.close()
    (video,) = tmp_path.glob("videos/*.mp4")
    assert video.read_bytes()[4:8] == b"ftyp"
    assert video.stat().st_size > 1000


def test_pygame_is_loaded_with_a_render_mode_only() -> None:
    program = (
        "import sys, gymnasium; e = gymnasium.make('isac_envs:{}'{}); e.reset(seed=0)\n"
        "e.step(e.action_space.sample()); print('pygame' in sys.modules)"
    )
    assert run(program.format(ALONE[0], "")) == "False\n"
    assert run(program.format(ALONE[0], ", render_mode='rgb_array'")) == "True\n"


def test_a_missing_pygame_is_named() -> None:
    program = (
        "import sys, gymnasium; sys.modules['pygame'] = None\n"
        f"gymnasium.make('isac_envs:{ALONE[0]}', render_mode='rgb_array')"
    )
    assert 'pip install "isac-envs[render]"' in run(program)
