"""The batch: state records of n copies of one environment, and the only calls of its kernels.

The loops over the copies are in :mod:`isac_envs.engine.loops`, the arrays that they write in
:mod:`isac_envs.declaration.buffers`.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import typeof

from isac_envs.declaration.buffers import StepBuffers, empty_masks
from isac_envs.declaration.model import Model, State
from isac_envs.engine.code_cache import announced
from isac_envs.engine.jit import INTERPRETED
from isac_envs.engine.loops import batch_kernel, per_copy
from isac_envs.engine.rng import seed_batch
from isac_envs.memory import refuse_beyond

Array = npt.NDArray[Any]

THREADED_FROM = 2048
"""Batches below this size are not split over threads: handing out costs more than it gains."""


class Batch:
    """State of ``n`` copies of an environment.

    Args:
        model: The environment.
        n: Number of copies.
        threads: Threads that share a step of a large batch.

    Raises:
        IsacError: If the copies do not fit into the memory of this machine.
    """

    def __init__(self, model: Model, n: int, threads: int = 1) -> None:
        if n < 1 or threads < 1:
            raise ValueError(f"copies ({n}) and threads ({threads}) must be at least 1")
        single = (*per_copy(model.allocate(1)), *StepBuffers.allocate(model, 1).written)
        refuse_beyond(f"{n} copies of {model.id}", n * sum(each.nbytes for each in single))
        self.model, self.n, self.threads = model, n, threads
        self.state: State = model.allocate(n)
        self.masks = empty_masks(model, n)  # of the last step or reset
        self._parts = _split(n, threads)
        # threads share no scratch
        self._own = [self.state, *(model.allocate(1) for _ in self._parts[1:])]
        self._entries: dict[str, Callable[..., None]] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._pool_owner = 0  # process in which the pool's threads run

    @property
    def env(self) -> Array:
        """State records of the environments, shape ``(n,)``."""
        return self.state[0]

    def actions(self) -> Array:
        """Return an array for the actions of one step, shape ``(n, A, W)``."""
        shape = (self.n, len(self.model.agents), self.model.action.width)
        return np.zeros(shape, self.model.action.action_dtype)

    def reset(
        self,
        buffers: StepBuffers,
        seeds: Sequence[int | None] | None = None,
        mask: Array | None = None,
        entropy: np.random.Generator | None = None,
    ) -> None:
        """Start new episodes.

        Args:
            buffers: Receives the first observations of the copies that are reset.
            seeds: A seed or None for each copy; None continues the copy's own streams.
            mask: Copies to reset, shape ``(n,)``; all when None.
            entropy: Seeds the copies that never had a seed; fresh entropy when None.

        Raises:
            ValueError: If a seed is not an integer in 0..2**64-1 or the number of seeds is wrong.
        """
        everyone = np.ones(self.n, np.bool_)
        mask = everyone if mask is None else np.array(mask, np.bool_)
        if seeds is not None:
            self.seed(seeds)
        self._seed_new(entropy)
        self._call("reset", (), mask, *buffers.seen)
        self.masks = buffers.masks

    def step(self, actions: Array, buffers: StepBuffers, restart: bool = False) -> Array | None:
        """Advance every copy by one step.

        Args:
            actions: Valid actions, from :meth:`actions`.
            buffers: Receives the outcome.
            restart: Reset the copies that are done instead of stepping them.

        Returns:
            Which copies were reset, shape ``(n,)``, or None where none was.
        """
        done = self.env["done"].copy() if restart else None
        self._call("step", (restart,), actions, *buffers.written)
        self.masks = buffers.masks
        if done is None or not done.any():
            return None
        buffers.clear(done)
        return done

    def bound_step(self, actions: Array, buffers: StepBuffers) -> Callable[[], None]:
        """Return the step with its arrays bound: what :meth:`step` does, for one copy, faster."""
        self.masks = buffers.masks
        arguments = (self.model.params.record, self.state, actions, False, *buffers.written)
        return partial(self._entry("step", arguments), *arguments)

    def snapshot(self) -> State:
        """Return a copy of the whole state, random streams and valid actions included."""
        return tuple(array.copy() for array in self._kept())

    def restore(self, snapshot: State) -> None:
        """Put the state back to a snapshot of a batch of the same shape and parameters.

        Its numbers are taken as they are, and kernels check no index: restore only what
        :meth:`snapshot` returned, never what somebody else has sent.

        Raises:
            ValueError: If the snapshot is of another environment, size or number of entities.
        """
        kept = self._kept()
        shapes = [(array.dtype, array.shape) for array in kept]
        if [(array.dtype, array.shape) for array in snapshot] != shapes:
            raise ValueError(f"{self.model.id}: the snapshot is of another batch")
        for array, saved in zip(kept, snapshot, strict=True):
            array[...] = saved

    def _kept(self) -> tuple[Array, ...]:
        """Return the state and, where some actions are invalid, the masks that belong to it."""
        arrays = per_copy(self.state)
        return arrays if self.masks is None else (*arrays, self.masks)

    def seed(self, seeds: Sequence[int | None]) -> None:
        """Restart the random streams of the copies that have a seed.

        Raises:
            ValueError: If a seed is not an integer in 0..2**64-1 or the number of seeds is wrong.
        """
        if len(seeds) != self.n:
            raise ValueError(f"{len(seeds)} seeds for {self.n} copies")
        given = np.array([seed is not None for seed in seeds])
        values = np.zeros(self.n, np.uint64)
        for i, seed in enumerate(seeds):
            if seed is None:
                continue
            if not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**64:
                raise ValueError(f"seed is {seed}, must be an integer in 0..2**64-1")
            values[i] = seed
        seed_batch(self.env["world"], self.env["measurement"], values, given)

    def _seed_new(self, entropy: np.random.Generator | None) -> None:
        """Seed the copies that never had a seed."""
        new = ~self.env["world"].any(1)
        if new.any():
            generator = np.random.default_rng() if entropy is None else entropy
            seeds = generator.integers(2**63, size=self.n, dtype=np.uint64)
            seed_batch(self.env["world"], self.env["measurement"], seeds, new)

    def _call(self, name: str, scalars: tuple[Any, ...], *arrays: Array) -> None:
        first, rest = arrays[:1], arrays[1:]
        params = self.model.params.record
        if len(self._parts) == 1:
            arguments = (params, self.state, *first, *scalars, *rest)
            self._entry(name, arguments)(*arguments)
            return
        split = [
            (params, self._share(part, own), *_part(first, part), *scalars, *_part(rest, part))
            for part, own in zip(self._parts, self._own, strict=True)
        ]
        entry = self._entry(name, split[0])
        if self._pool is None or self._pool_owner != os.getpid():  # a fork leaves threads behind
            self._pool, self._pool_owner = ThreadPoolExecutor(len(split) - 1), os.getpid()
        jobs = [self._pool.submit(entry, *arguments) for arguments in split[1:]]
        entry(*split[0])
        for job in jobs:
            job.result()

    def _share(self, part: slice, own: State) -> State:
        """Return the state of some copies, with the scratch of another state."""
        arrays = _part(per_copy(self.state), part)
        shared = own[len(arrays) :]
        make = getattr(type(self.state), "_make", tuple)
        return make((*arrays, *shared))

    def _entry(self, name: str, arguments: tuple[Any, ...]) -> Callable[..., None]:
        """Return the machine code of a kernel for this batch's arrays.

        The types never change in the life of a batch; numba's dispatcher would determine them again
        at every call, which for record arrays takes longer than a step of one copy.
        """
        if name not in self._entries:
            kernel: Any = getattr(batch_kernel(self.model.kernel), name)
            types = tuple(typeof(argument) for argument in arguments)
            with announced(f"{self.model.id} ({name})"):
                self._entries[name] = kernel if INTERPRETED else kernel.compile(types)
        return self._entries[name]

    def __getstate__(self) -> dict[str, Any]:
        """Leave machine code and threads out of pickles and copies; they are recreated."""
        return {**self.__dict__, "_entries": {}, "_pool": None}


def _part(arrays: tuple[Array, ...], part: slice) -> tuple[Array, ...]:
    """Return some copies' part of arrays."""
    return tuple(array[part] for array in arrays)


def _split(n: int, threads: int) -> list[slice]:
    """Return the contiguous parts of a batch that threads work on."""
    count = threads if n >= THREADED_FROM else 1
    edges = np.linspace(0, n, count + 1).astype(int)
    return [slice(a, b) for a, b in pairwise(edges)]
