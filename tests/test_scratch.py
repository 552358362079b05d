"""Scratch that all copies of a loop share: threads have their own, snapshots leave it out."""

from types import ModuleType
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest

from isac_envs.core.batch import THREADED_FROM, Batch
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.declaration.fields import Coordinate, Signal, Spec
from isac_envs.declaration.model import Model
from isac_envs.declaration.params import EnvParams
from isac_envs.engine.jit import jit
from isac_envs.engine.loops import batch_kernel, per_copy
from isac_envs.engine.rng import uniform


class Room(NamedTuple):
    digits: Any


class State(NamedTuple):
    env: Any
    places: Any
    scratch: Room


@jit
def reset(p, state: State) -> None:
    for k in range(state.places.shape[0]):
        state.places[k] = uniform(state.env.world)


@jit
def step(p, state: State, action, outcome) -> tuple[bool, bool]:
    """Pass the places through the scratch, in reverse order."""
    digits = state.scratch.digits
    for k in range(state.places.shape[0]):
        digits[k] = state.places[k] + action[0]
    for k in range(state.places.shape[0]):
        state.places[k] = 0.5 * digits[state.places.shape[0] - 1 - k]
    outcome.objectives[0] = state.places[0]
    state.env.time += 1
    return False, state.env.time >= p.horizon


@jit
def observe(p, state: State, observation) -> None:
    for k in range(state.places.shape[0]):
        observation[k] = state.places[k]


DYNAMICS = ModuleType("test_scratch_dynamics")
DYNAMICS.reset, DYNAMICS.step, DYNAMICS.observe = reset, step, observe  # type: ignore[attr-defined]


class Shuffle(Model):
    """A row of numbers that is turned round."""

    id = "toy/Shuffle-v0"
    summary = "Turns a row of numbers round."
    source = "Ours."
    params_type = EnvParams
    kernel: ClassVar[ModuleType] = DYNAMICS
    objectives = (Signal("first", "The first number."),)

    def observation_spec(self) -> Spec:
        return Spec("box", (Coordinate("place", "A number.", high=4.0, size=6),))

    def action_spec(self) -> Spec:
        return Spec("discrete", (Coordinate("more", "Added.", high=1.0),))

    def allocate(self, n: int) -> State:
        return State(super().allocate(n)[0], np.zeros((n, 6)), Room(np.full(6, np.nan)))


def played(batch: Batch, steps: int) -> np.ndarray:
    buffers = StepBuffers.allocate(batch.model, batch.n)
    batch.reset(buffers, range(batch.n))
    actions = batch.actions()
    for k in range(steps):
        actions[:, 0, 0] = (np.arange(batch.n) + k) % 2
        batch.step(actions, buffers)
    return buffers.observations.copy()


def test_threads_share_no_scratch() -> None:
    model = Shuffle(EnvParams())
    one, two = Batch(model, THREADED_FROM), Batch(model, THREADED_FROM, threads=3)
    assert np.array_equal(played(one, 30), played(two, 30))
    rooms = {id(own.scratch.digits) for own in two._own}
    assert len(rooms) == 3


def test_snapshots_leave_it_out() -> None:
    batch = Batch(Shuffle(EnvParams()), 4)
    played(batch, 3)
    saved = batch.snapshot()
    assert [each.shape for each in saved] == [(4,), (4, 6)]
    batch.state.scratch.digits[:] = 99.0
    first = batch.state.places.copy()
    batch.restore(saved)
    assert np.array_equal(batch.state.places, first)
    assert (batch.state.scratch.digits == 99.0).all()


def test_only_the_last_field_is_shared() -> None:
    state = Shuffle(EnvParams()).allocate(2)
    assert len(per_copy(state)) == 2
    assert per_copy((1, 2)) == (1, 2)


class Wrong(NamedTuple):
    env: Any
    scratch: Room
    places: Any


def wrong_step(p, state: Wrong, action, outcome) -> tuple[bool, bool]:
    return False, False


def test_scratch_must_stand_last() -> None:
    dynamics = ModuleType("wrong")
    dynamics.reset, dynamics.step, dynamics.observe = reset, wrong_step, observe  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="'scratch' must be the last field"):
        batch_kernel(dynamics)
