"""Checks for environments built on this package, ours and yours.

Gymnasium's and PettingZoo's own checkers apply as well; these cover what they do not know: the
native vector environment and the contract between a batch and its kernels.
"""

from typing import Any

import numpy as np

from isac_envs.core.batch import Batch
from isac_envs.core.env import Env
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.core.vector_env import VectorEnv
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.declaration.model import CLIPPED, Model
from isac_envs.scenarios import build


def exercise(model: str | Model, steps: int = 2) -> None:
    """Reset and step an environment, which compiles its kernels and keeps them on disk."""
    bound = build(model, None, {})
    if len(bound.agents) > 1:
        env = ParallelEnv(bound)
        env.reset(seed=0)
        for _ in range(steps):
            env.step({each: env.action_space(each).sample() for each in env.agents})
        return
    single, vector = Env(bound), VectorEnv(bound, 2)
    single.reset(seed=0)
    single.step(single.action_space.sample())
    vector.reset(seed=0)
    for _ in range(steps):
        vector.step(vector.action_space.sample())


def check_model(model: str | Model, steps: int = 300, num_envs: int = 4, seed: int = 0) -> None:
    """Check that an environment keeps the contract of the engine.

    Args:
        model: Id, ``"module:Class"`` or a bound model.
        steps: Steps of random actions.
        num_envs: Copies in the batch.
        seed: Seed of the episodes and of the actions.

    Raises:
        AssertionError: Naming what is violated: a field that a step leaves unwritten, an
            observation outside its space, a number that is not finite, a step that a snapshot
            does not repeat.
    """
    bound = build(model, None, {})
    exercise(bound)
    batch = Batch(bound, num_envs)
    buffers = StepBuffers.allocate(bound, num_envs)
    buffers.count_clipped(0)  # adapters do that
    space = bound.observation.space()
    random = np.random.default_rng(seed)
    batch.reset(buffers, [seed + i for i in range(num_envs)])
    for step in range(steps):
        actions = _random_actions(batch, random)
        before = batch.snapshot()
        _spoil(buffers)
        batch.step(actions, buffers, restart=True)
        where = f"{bound.id}, step {step}"
        _check_numbers(buffers, where)
        for row in buffers.observations.reshape(-1, bound.observation.width):
            assert space.contains(bound.observation.present(row)), f"{where}: {row} not in {space}"
        again = StepBuffers.allocate(bound, num_envs)
        again.count_clipped(0)
        after, written = batch.snapshot(), [array.copy() for array in buffers.written]
        batch.restore(before)
        batch.step(actions, again, restart=True)
        for first, second in zip(written, again.written, strict=True):
            assert _equal(first, second), f"{where}: a restored step differs"
        for first, second in zip(after, batch.snapshot(), strict=True):
            assert _equal(first, second), f"{where}: a restored state differs"


def _equal(first: Any, second: Any) -> bool:
    """Tell whether two arrays are the same; NaN, such as a place never seen, equals NaN."""
    names = first.dtype.names
    if names:
        return all(_equal(first[name], second[name]) for name in names)
    return np.array_equal(first, second, equal_nan=first.dtype.kind in "fc")


def _random_actions(batch: Batch, random: np.random.Generator) -> Any:
    actions, spec = batch.actions(), batch.model.action
    if spec.kind == "box":
        actions[...] = random.uniform(spec.low, spec.high, actions.shape)
    else:
        actions[...] = random.integers(0, spec.high.astype(np.int64) + 1, actions.shape)
    return actions


def _spoil(buffers: StepBuffers) -> None:
    """Fill the buffers with what no step would write."""
    for array in (buffers.objectives, buffers.costs):
        array[...] = np.nan
    for name in _written_by_steps(buffers):
        buffers.metrics[name] = np.nan
    buffers.observations[...] = np.nan if buffers.observations.dtype.kind == "f" else -(2**40)


def _written_by_steps(buffers: StepBuffers) -> set[str]:
    """Return the names of the metrics without the one that adapters write."""
    return set(buffers.metrics.dtype.names or ()) - {CLIPPED.name}


def _check_numbers(buffers: StepBuffers, where: str) -> None:
    arrays = {"objectives": buffers.objectives, "costs": buffers.costs}
    arrays["observations"] = buffers.observations
    arrays |= {f"metrics.{name}": buffers.metrics[name] for name in _written_by_steps(buffers)}
    for name, array in arrays.items():
        assert np.isfinite(array).all(), f"{where}: {name} is not written or not finite"
