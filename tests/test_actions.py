"""Invalid actions are refused before anything changes; box actions are clipped and counted."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import harness
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.error import InvalidAction
from harness import bind, random_actions, same, several

from isac_envs.core.env import Env
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.core.vector_env import VectorEnv

COPIES = 3


def wrong_discrete(space: spaces.Discrete) -> Iterator[tuple[str, Any]]:
    count = int(space.n)
    yield from (("below", -1), ("above", count), ("far above", 10**25), ("far below", -(2**63)))
    yield from (("float", 0.0), ("numpy float", np.float64(1.0)), ("nan", float("nan")))
    yield from (("string", "0"), ("none", None), ("list", [0]), ("array", np.array([0])))
    yield from (("bool array", np.array([True])), ("dict", {}), ("complex", 0j))


def wrong_vector(space: Any, valid: Any) -> Iterator[tuple[str, Any]]:
    good = np.asarray(valid)
    yield from (("too long", np.append(good, good[:1])), ("too short", good[:-1]))
    yield from (("scalar", good[0]), ("matrix", good[None]), ("empty", []), ("none", None))
    yield from (("bool array", np.ones(good.shape, bool)), ("string", "up"), ("dict", {}))
    yield from (("strings", ["0"] * len(good)), ("ragged", [[1], [1, 2]]), ("nones", [None] * 2))
    yield ("complex", good.astype(complex))
    if isinstance(space, spaces.Box):
        for k in range(0, len(good), max(1, len(good) // 16)):
            broken = good.astype(float)
            broken[k] = np.nan
            yield f"nan {k}", broken
        return
    yield "floats", good.astype(float)
    for k in range(len(good)):
        for value in (-1, int(getattr(space, "nvec", np.full(len(good), 2))[k]), 2**62):
            broken = good.astype(np.int64)
            broken[k] = value
            yield f"coordinate {k} = {value}", broken


def wrong_actions(space: Any) -> list[tuple[str, Any]]:
    if isinstance(space, spaces.Discrete):
        return list(wrong_discrete(space))
    return list(wrong_vector(space, random_actions(space, 1)[0]))


def refused(message: str, call: Callable[[], Any]) -> bool:
    """Return whether a call is refused with a message of this form."""
    try:
        call()
    except InvalidAction as error:
        return re.search(message, str(error)) is not None
    return False


def test_env_refuses(case: str) -> None:
    env = Env(bind(case))
    env.reset(seed=0)
    saved = env.snapshot()
    for what, action in wrong_actions(env.action_space):
        assert refused(env.model.id, lambda action=action: env.step(action)), what
        assert refused(env.model.id, lambda action=action: env.simulate(action)), what
        assert same(saved, env.snapshot()), what
    valid = random_actions(env.action_space, 1)[0]
    assert same(env.step(valid), reference(case, valid))


def reference(name: str, action: Any) -> Any:
    """Return the outcome of a first step."""
    env = Env(bind(name))
    env.reset(seed=0)
    return env.step(action)


def test_parallel_env_refuses(case: str) -> None:
    env = ParallelEnv(several(case) if case in harness.TOYS else bind(case))
    env.reset(seed=0)
    saved, agents = env.snapshot(), list(env.agents)
    valid = random_actions(env.action_space(agents[0]), 1)[0]
    message = f"{env.model.id}.*{agents[-1]}"
    for what, action in wrong_actions(bind(case).action.space()):
        actions = {**dict.fromkeys(agents, valid), agents[-1]: action}
        assert refused(message, lambda actions=actions: env.step(actions)), what
        assert same(saved, env.snapshot()), what
        assert env.agents == agents, what


@pytest.mark.parametrize("name", harness.TOYS)
def test_parallel_env_refuses_a_missing_agent(name: str) -> None:
    env = ParallelEnv(several(name))
    env.reset(seed=0)
    saved = env.snapshot()
    action = random_actions(env.action_space(env.agents[0]), 1)[0]
    with pytest.raises(InvalidAction, match=env.agents[2]):
        env.step(dict.fromkeys(env.agents[:2], action))
    assert same(saved, env.snapshot())


@pytest.mark.parametrize("name", harness.TOYS)
@pytest.mark.parametrize("surplus", ["nobody", "", 0, None])
def test_parallel_env_refuses_an_action_for_nobody(name: str, surplus: Any) -> None:
    env = ParallelEnv(several(name))
    env.reset(seed=0)
    saved = env.snapshot()
    action = random_actions(env.action_space(env.agents[0]), 1)[0]
    with pytest.raises(InvalidAction, match=f"{surplus!r}.*{env.agents[0]}"):
        env.step(dict.fromkeys([*env.agents, surplus], action))
    assert same(saved, env.snapshot())


def batches(name: str) -> Iterator[tuple[str, Any]]:
    """Yield batches of actions that are wrong as a whole or in one copy."""
    space = bind(name).action.space()
    good = np.array(random_actions(space, COPIES))
    yield from (("one too many", good[[0, 1, 2, 0]]), ("one too few", good[:2]))
    yield from (("scalar", good.flat[0]), ("none", None), ("strings", ["a"] * COPIES))
    yield from (("bools", np.ones(good.shape, bool)), ("complex", good.astype(complex)))
    yield from (("ragged", [[1], [1, 2], [1]]), ("deep", good[..., None, None]))
    if isinstance(space, spaces.Box):
        broken = good.copy()
        broken[1, -1] = np.nan
        yield "nan", broken
        return
    yield "floats", good.astype(float)
    tops = np.broadcast_to(getattr(space, "n", getattr(space, "nvec", 2)), good.shape[1:])
    for value in (-1, int(tops.flat[-1]), 2**62):
        broken = good.astype(np.int64)
        broken.reshape(COPIES, -1)[1, -1] = value
        yield f"one is {value}", broken


@pytest.mark.parametrize("max_steps", [None, 1])
def test_vector_env_refuses(case: str, max_steps: int | None) -> None:
    env = VectorEnv(bind(case), COPIES, max_episode_steps=max_steps)
    env.reset(seed=0)
    saved = env.snapshot()
    for what, actions in batches(case):
        assert refused(env.model.id, lambda actions=actions: env.step(actions)), what
        assert same(saved, env.snapshot()), what


def test_a_message_names_value_and_range() -> None:
    env = Env(bind("corridor"))
    env.reset(seed=0)
    with pytest.raises(InvalidAction, match=r"(?s)toy/Corridor-v0.*\b3\b.*move 0\.\.2.*left"):
        env.step(3)
    vector = VectorEnv(bind("corridor"), COPIES)
    vector.reset(seed=0)
    with pytest.raises(InvalidAction, match=r"(?s)toy/Corridor-v0.*-7.*move 0\.\.2"):
        vector.step([0, -7, 1])


def test_a_message_names_the_range_of_box_actions() -> None:
    env = Env(bind("rovers"))
    env.reset(seed=0)
    with pytest.raises(InvalidAction) as caught:
        env.step([np.nan, 0.25])
    message = str(caught.value)
    assert "toy/Rovers-v0" in message
    assert "nan" in message
    assert "0.25" in message
    assert "east -0.7..1" in message
    assert "north -1..0.9" in message


def test_messages_of_registered_environments_name_value_and_range(alone_id: str) -> None:
    env = Env(bind(alone_id))
    if not isinstance(env.action_space, spaces.Discrete):
        pytest.skip("not discrete")
    env.reset(seed=0)
    count = int(env.action_space.n)
    with pytest.raises(InvalidAction, match=rf"(?s){alone_id}.*\b{count}\b.*0\.\.{count - 1}"):
        env.step(count)


@pytest.mark.parametrize("kind", [int, np.int8, np.uint64, np.int64, np.array])
def test_integers_of_every_kind_are_actions(kind: Any) -> None:
    env = Env(bind("corridor"))
    env.reset(seed=0)
    assert same(env.step(kind(1)), reference("corridor", 1))


@pytest.mark.parametrize("kind", [list, tuple, np.float32, np.float64, np.float16])
def test_numbers_of_every_kind_are_box_actions(kind: Any) -> None:
    assert same(
        reference("rovers", kind([0.5, -0.25])), reference("rovers", np.array([0.5, -0.25]))
    )


OUTSIDE = [
    ([2.0, 0.0], [1.0, 0.0], 1),
    ([0.0, -1.5], [0.0, -1.0], 1),
    ([-9.0, 9.0], [-0.7, 0.9], 2),
    ([np.inf, 0.5], [1.0, 0.5], 1),
    ([-np.inf, np.inf], [-0.7, 0.9], 2),
    ([0.3, 0.3], [0.3, 0.3], 0),
    ([1, 0], [1.0, 0.0], 0),
    ([5, 0], [1.0, 0.0], 1),
    ([1e300, -1e300], [1.0, -1.0], 2),
]


def without_count(outcome: Any) -> Any:
    """Return an outcome without the number of clipped coordinates."""
    *rest, info = outcome
    metrics = {name: value for name, value in info["metrics"].items() if "clipped" not in name}
    return *rest, {**info, "metrics": metrics}


@pytest.mark.parametrize("form", [list, np.array])
@pytest.mark.parametrize(("action", "clipped", "count"), OUTSIDE)
def test_env_clips_and_counts(action: Any, clipped: Any, count: int, form: Any) -> None:
    outcome, expected = reference("rovers", form(action)), reference("rovers", clipped)
    assert same(without_count(outcome), without_count(expected))
    assert outcome[4]["metrics"]["clipped_coordinates"] == count


def test_the_count_is_of_this_step_alone() -> None:
    for form in (Env, VectorEnv):
        env = form(bind("rovers"))
        env.reset(seed=0)
        counts = []
        for action in ([0.0, 0.0], [5.0, 5.0], [0.0, 0.0], [5.0, 0.0], [0.0, 0.0]):
            given = action if form is Env else [action]
            metric = env.step(given)[4]["metrics"]["clipped_coordinates"]
            counts.append(float(np.squeeze(metric)))
        assert counts == [0.0, 2.0, 0.0, 1.0, 0.0], form.__name__


def test_vector_env_clips_and_counts_each_copy() -> None:
    env = VectorEnv(bind("rovers"), len(OUTSIDE))
    env.reset(seed=[0] * len(OUTSIDE))
    given, clipped, counts = zip(*OUTSIDE, strict=True)
    saved = env.snapshot()
    outcome = env.step(np.array(given))
    env.restore(saved)
    expected = env.step(np.array(clipped))
    assert same(outcome[:4], expected[:4])
    assert outcome[4]["metrics"]["clipped_coordinates"].tolist() == list(counts)


def test_parallel_env_clips_and_counts_each_agent() -> None:
    env = ParallelEnv(several("rovers"))
    env.reset(seed=0)
    given = dict(zip(env.agents, ([9.0, 9.0], [0.0, 0.0], [0.0, -9.0]), strict=True))
    infos = env.step(given)[4]
    counts = [info["metrics"]["clipped_coordinates"] for info in infos.values()]
    assert counts == [2, 0, 1]


def test_the_bounds_of_the_space_are_not_clipped() -> None:
    space = Env(bind("rovers")).action_space
    for bound in (space.low, space.high):
        outcome = reference("rovers", bound)
        assert outcome[4]["metrics"]["clipped_coordinates"] == 0, bound


def test_actions_are_not_changed_in_place() -> None:
    action = np.array([9.0, 0.0])
    reference("rovers", action)
    assert action.tolist() == [9.0, 0.0]


@pytest.mark.parametrize(
    ("action", "problem"),
    [(1.0, "not a single integer"), ([1], "not a single integer"), (7, "outside its range")],
)
def test_a_complaint_says_what_an_action_is_not(action: Any, problem: str) -> None:
    env = Env(bind("corridor"))
    env.reset(seed=0)
    with pytest.raises(InvalidAction) as caught:
        env.step(action)
    assert f"action {action!r} is {problem}; valid: move 0..2" in str(caught.value)
