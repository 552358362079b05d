"""Every step writes everything, and what was handed out stays as it is."""

from collections.abc import Iterator
from typing import Any

import harness
import numpy as np
import pytest
from harness import bind, play, random_actions, same, several, short

from isac_envs.core.batch import Batch
from isac_envs.core.env import Env
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.core.vector_env import VectorEnv
from isac_envs.declaration.buffers import StepBuffers

FILLER = 113  # byte that no kernel writes all over an element


def fill(frame: StepBuffers) -> None:
    """Overwrite every byte of a frame."""
    for array in frame.written:
        array.view(np.uint8)[...] = FILLER


def untouched(array: Any) -> bool:
    """Tell whether any element still holds the filler."""
    plain = np.ascontiguousarray(array)
    content = plain.view(np.uint8).reshape(*plain.shape, plain.itemsize)
    return bool((content == FILLER).all(-1).any())


@pytest.mark.parametrize("name", [*harness.IDS, *harness.TOYS])
def test_every_step_writes_every_element(name: str) -> None:
    model = several(name) if name in harness.TOYS else bind(name, horizon=17)
    batch, frame = Batch(model, 3), StepBuffers.allocate(model, 3)
    actions = batch.actions()
    batch.reset(frame, (1, 2, 3))
    for action in random_actions(model.action.space(), 60):
        fill(frame)
        actions[...] = action
        batch.step(actions, frame, restart=True)
        plain = [array for array in frame.written if array.dtype.names is None]
        assert not any(untouched(array) for array in plain)
        assert not any(untouched(frame.metrics[each.name]) for each in model.metrics)


@pytest.mark.parametrize("name", [*harness.IDS, *harness.TOYS])
def test_every_reset_writes_every_element(name: str) -> None:
    model = several(name) if name in harness.TOYS else bind(name)
    batch, frame = Batch(model, 3), StepBuffers.allocate(model, 3)
    for seed in range(20):
        fill(frame)
        batch.reset(frame, (seed, seed + 1, seed + 2))
        assert not any(untouched(array) for array in frame.seen)


@pytest.mark.parametrize("form", [Env, VectorEnv, ParallelEnv])
def test_mutating_what_was_handed_out_changes_nothing(case: str, form: Any) -> None:
    first, second = (form(short(case)) for _ in range(2))
    agents = getattr(first, "possible_agents", None)
    space = first.action_space(agents[0]) if agents else first.action_space
    spoil(first.reset(seed=5))
    second.reset(seed=5)
    for action in random_actions(space, 7):
        given = dict.fromkeys(agents, action) if agents else action
        outcome, expected = first.step(given), second.step(given)
        assert same(outcome, expected)
        if form is not VectorEnv and np.any(list(flags(outcome))):
            break
        spoil(outcome)


def flags(outcome: Any) -> Iterator[Any]:
    for part in outcome[2:4]:
        yield from part.values() if isinstance(part, dict) else [part]


def spoil(value: Any) -> None:
    """Overwrite every array and empty every dictionary in what an environment handed out."""
    if isinstance(value, dict):
        for each in value.values():
            spoil(each)
        value.clear()
    elif isinstance(value, (tuple, list)):
        for each in value:
            spoil(each)
    elif isinstance(value, np.ndarray) and value.flags.writeable:
        value.fill(1)


def test_handed_out_values_are_not_changed_by_later_steps(case: str) -> None:
    for form in (Env, VectorEnv):
        env = form(short(case))
        actions = random_actions(env.action_space, 30)
        outcomes = play(env, actions, seed=2) if form is Env else steps(env, actions)
        kept = [harness.digest(each) for each in outcomes]
        for action in actions if form is VectorEnv else []:
            env.step(action)
        if form is Env:
            play(env, actions)
        assert kept == [harness.digest(each) for each in outcomes]


def steps(env: VectorEnv, actions: list[Any]) -> list[Any]:
    return [env.reset(seed=2), *(env.step(action) for action in actions)]
