"""What must hold bit for bit: one step function behind every interface."""

import copy
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import harness
import numpy as np
import pytest
from golden import golden_digest
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from harness import bind, differences, play, random_action, random_actions, same, several, short

from isac_envs.core.batch import THREADED_FROM
from isac_envs.core.env import Env
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.core.vector_env import VectorEnv

COPIES, STEPS, SEED = 4, 130, 21
MODES = list(AutoresetMode)


def vectors(name: str, mode: AutoresetMode) -> tuple[VectorEnv, SyncVectorEnv]:
    model = short(name)
    sync = SyncVectorEnv([lambda: Env(short(name))] * COPIES, autoreset_mode=mode)
    return VectorEnv(model, COPIES, autoreset_mode=mode), sync


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name.lower())
def test_vector_equals_sync_vector(case: str, mode: AutoresetMode) -> None:
    native, sync = vectors(case, mode)
    (seen, info), (expected, expected_info) = native.reset(seed=SEED), sync.reset(seed=SEED)
    assert same(seen, expected)
    assert not differences(info, expected_info)
    resets = 0
    for step, action in enumerate(random_actions(native.action_space, STEPS)):
        ours, theirs = native.step(action), sync.step(action)
        assert not differences(ours, theirs), f"step {step}"
        done = ours[2] | ours[3]
        resets += int(done.sum())
        if mode is AutoresetMode.DISABLED and done.any():
            (seen, info), (expected, expected_info) = (
                each.reset(options={"reset_mask": done.copy()}) for each in (native, sync)
            )
            assert same(seen, expected)
            assert not differences(info, expected_info)
    assert resets >= 4 * COPIES


def advance(env: Any, action: Any) -> list[Any]:
    """Step, and reset a single environment at the end of its episode."""
    outcome = env.step(action)
    over = isinstance(env, Env) and (outcome[2] or outcome[3])
    return [outcome, env.reset() if over else ()]


def test_vector_copies_equal_single_environments(case: str) -> None:
    native = VectorEnv(short(case), COPIES, autoreset_mode=AutoresetMode.SAME_STEP)
    singles = [Env(short(case)) for _ in range(COPIES)]
    seen, _ = native.reset(seed=SEED)
    expected = [single.reset(seed=SEED + i)[0] for i, single in enumerate(singles)]
    random = np.random.default_rng(0)
    for _ in range(STEPS):
        for i in range(COPIES):
            assert np.asarray(seen)[i].tobytes() == np.asarray(expected[i]).tobytes()
        actions = [random_action(native.single_action_space, random) for _ in range(COPIES)]
        seen, reward, terminated, truncated, _ = native.step(np.array(actions))
        for i, single in enumerate(singles):
            expected[i], *outcome, _ = single.step(actions[i])
            assert [reward[i], terminated[i], truncated[i]] == outcome
            if terminated[i] or truncated[i]:
                expected[i], _ = single.reset()


def test_parallel_env_with_one_agent_equals_env(case: str) -> None:
    single, parallel = Env(short(case)), ParallelEnv(short(case))
    agent = parallel.possible_agents[0]

    def assert_drawn_alike(first: Any, second: Any) -> None:
        of_agent = tuple(part[agent] for part in second)
        assert same(harness.drawn([first]), harness.drawn([of_agent]))

    assert_drawn_alike(single.reset(seed=SEED), parallel.reset(seed=SEED))
    for action in random_actions(single.action_space, STEPS):
        ours, theirs = single.step(action), parallel.step({agent: action})
        assert not differences(ours, tuple(part[agent] for part in theirs))
        if ours[2] or ours[3]:
            assert not parallel.agents
            assert_drawn_alike(single.reset(), parallel.reset())


def test_two_threads_equal_one(case: str) -> None:
    count = THREADED_FROM + 33
    one, two = (VectorEnv(short(case, 7), count, num_threads=k) for k in (1, 2))
    assert same(one.reset(seed=SEED), two.reset(seed=SEED))
    for action in random_actions(one.action_space, 8):  # an episode and its end
        assert not differences(one.step(action), two.step(action))


def interpreted(names: Iterable[str], steps: int) -> dict[str, str]:
    """Return digests of cases from a process without compilation."""
    finished = subprocess.run(
        [sys.executable, harness.__file__, str(steps), *names],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    answer = json.loads(finished.stdout)
    assert answer["interpreted"]
    return answer["digests"]


def test_compiled_equals_interpreted() -> None:
    """In the default scenarios, all in one other process; the next test has the others."""
    names = harness.default_cases()
    steps = harness.FEW_STEPS
    compiled, there = harness.digests(names, steps), interpreted(names, steps)
    assert not [name for name in names if compiled[name] != there[name]]


@pytest.mark.slow
def test_compiled_equals_interpreted_in_every_scenario(scenario: tuple[str, str]) -> None:
    """``pytest -m slow tests/test_identities.py``: some minutes."""
    name = "/".join(scenario)
    steps = harness.DIGEST_STEPS
    assert harness.digests([name], steps) == interpreted([name], steps)


def test_restored_env_runs_the_same_again(case: str) -> None:
    env = Env(short(case))
    actions = random_actions(env.action_space, 60)
    play(env, actions[:9], seed=SEED)
    saved = env.snapshot()
    first = play(env, actions, start=False)
    env.restore(saved)
    assert same(first, play(env, actions, start=False))


def test_restored_vector_runs_the_same_again(case: str) -> None:
    env = VectorEnv(short(case), COPIES)
    actions = random_actions(env.action_space, 60)
    env.reset(seed=SEED)
    for action in actions[:20]:
        env.step(action)
    saved = env.snapshot()
    first = [env.step(action) for action in actions]
    env.restore(saved)
    assert same(first, [env.step(action) for action in actions])


@pytest.mark.parametrize("name", harness.TOYS)
def test_restored_parallel_env_runs_the_same_again(name: str) -> None:
    env = ParallelEnv(several(name))
    env.reset(seed=SEED)
    space = env.action_space(env.agents[0])
    actions = [dict.fromkeys(env.agents, action) for action in random_actions(space, 5)]
    env.step(actions[0])
    saved = env.snapshot()
    first = [env.step(action) for action in actions[1:]]
    env.restore(saved)
    assert env.agents == env.possible_agents
    assert same(first, [env.step(action) for action in actions[1:]])


def test_a_snapshot_of_something_else_is_refused(case: str) -> None:
    env = VectorEnv(short(case), 2)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="snapshot"):
        VectorEnv(short(case), 3).restore(env.snapshot())


@pytest.mark.parametrize("form", [Env, VectorEnv, ParallelEnv])
def test_a_snapshot_from_before_the_first_reset_starts_no_episode(case: str, form: Any) -> None:
    env = form(short(case))
    space = env.action_space(env.possible_agents[0]) if form is ParallelEnv else env.action_space
    action = random_actions(space, 1)[0]
    fresh = env.snapshot()
    env.reset(seed=0)
    env.restore(fresh)
    with pytest.raises(ResetNeeded):
        env.step({env.possible_agents[0]: action} if form is ParallelEnv else action)


def test_simulate_shows_the_coming_step_and_leaves_the_state(case: str) -> None:
    env = Env(short(case))
    env.reset(seed=SEED)
    for action in random_actions(env.action_space, 80):
        saved = env.snapshot()
        shown = env.simulate(action)
        assert same(saved, env.snapshot())
        outcome = env.step(action)
        assert not differences(shown, outcome)
        if outcome[2] or outcome[3]:
            env.reset()


def test_simulate_with_a_seed_redraws_the_noise_of_the_same_state(case: str) -> None:
    env = Env(bind(case))
    action = random_actions(env.action_space, 1)[0]
    env.reset(seed=SEED)
    saved = env.snapshot()
    shown = [env.simulate(action, seed=seed) for seed in range(30)]
    assert same(saved, env.snapshot())
    assert same(shown[3], env.simulate(action, seed=3))
    assert len({harness.digest(each) for each in shown}) > 1
    assert same(env.simulate(action), env.step(action))


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
@pytest.mark.parametrize("form", [Env, VectorEnv])
def test_a_copy_in_mid_episode_has_the_same_future(case: str, form: Any, twin: Any) -> None:
    env = form(short(case))
    actions = random_actions(env.action_space, 70)
    env.reset(seed=SEED)
    for action in actions[:5]:
        advance(env, action)
    other = twin(env)
    for action in actions[5:]:
        assert not differences(advance(env, action), advance(other, action))


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
@pytest.mark.parametrize("name", harness.TOYS)
def test_a_copy_of_a_parallel_env_has_the_same_future(name: str, twin: Any) -> None:
    env = ParallelEnv(several(name))
    env.reset(seed=SEED)
    space = env.action_space(env.agents[0])
    actions = [dict.fromkeys(env.agents, action) for action in random_actions(space, 5)]
    env.step(actions[0])
    other = twin(env)
    for action in actions[1:]:
        assert not differences(env.step(action), other.step(action))


def test_reset_without_a_seed_goes_on_with_the_streams(case: str) -> None:
    env = Env(short(case))
    actions = random_actions(env.action_space, 40)
    first = play(env, actions, seed=SEED)
    streams = env.snapshot()[0][["world", "measurement"]].copy()
    second = play(env, actions)
    assert not same(first, second)
    env.reset(seed=SEED + 1)
    for field in ("world", "measurement"):
        env.batch.env[field] = streams[field]
    assert same(second, play(env, actions))


def test_copy_false_gives_the_same_numbers(case: str) -> None:
    fresh, reused = (VectorEnv(short(case), COPIES, copy=each) for each in (True, False))
    assert same(fresh.reset(seed=SEED), reused.reset(seed=SEED))
    for action in random_actions(fresh.action_space, STEPS):
        assert not differences(fresh.step(action), reused.step(action))


GOLDEN = Path(__file__).with_name("golden.json")


def test_golden_digest(env_id: str, request: Any) -> None:
    golden = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    found = golden_digest(env_id)
    if request.config.getoption("--write-golden"):
        GOLDEN.write_text(json.dumps({**golden, env_id: found}, indent=2, sort_keys=True) + "\n")
    elif env_id not in golden:
        pytest.fail(f"{env_id} has no golden digest: run pytest with --write-golden")
    elif golden[env_id] != found:
        pytest.fail(
            f"the trajectory of {env_id} has changed. Published numbers depend on it: register the "
            "changed environment under the next version and keep this one, or undo the change."
        )
