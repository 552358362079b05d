"""Actors in other processes, with the interface of the vector environment that they play."""

from itertools import pairwise
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.vec_env import VecEnvWrapper

from isac_agents.adapters.vec_env import BatchVecEnv, Info
from isac_agents.algorithms.d4pg.actor_places import PLACES, Place
from isac_agents.algorithms.d4pg.actors import Chunk, Order, join, take
from isac_agents.algorithms.d4pg.exploration import COPIES_PER_BLOCK
from isac_envs.errors import UnknownNameError

Array = npt.NDArray[Any]


class ActorPool(VecEnvWrapper):
    """A :class:`BatchVecEnv` whose copies are played by actors in other processes.

    :meth:`order` starts a chunk of steps on all actors, while the caller does something else. Then,
    step by step, :meth:`taken` returns the actions and :meth:`step` their outcome. The wrapped
    environment holds the state of the copies before the pool was entered and, updated, after it was
    left; :meth:`snapshot` is the same as if the environment itself had been stepped.

    Args:
        env: The environment.
        actors: Number of processes; each plays consecutive blocks of ``COPIES_PER_BLOCK`` copies.
        backend: ``"processes"`` on this machine, or ``"ray"``.
        actor: Network on the CPU.

    Raises:
        ValueError: If there are fewer blocks than actors.
        UnknownNameError: If the backend is unknown.
    """

    venv: BatchVecEnv

    def __init__(self, env: BatchVecEnv, actors: int, backend: str, actor: BasePolicy) -> None:
        if backend not in PLACES:
            raise UnknownNameError("actor_backend", backend, [*PLACES])
        super().__init__(env)
        self._parts = partition(env.num_copies, actors)
        self._chunk: Chunk | None = None
        self._step = 0
        self._flying = False  # an order is pending, its chunk not yet received
        self._stale = True  # the state is in the wrapped environment, not with the actors
        block = COPIES_PER_BLOCK * env.num_agents
        players = [
            (env.model, part.stop - part.start, env.monitor, actor, block) for part in self._parts
        ]
        self._places: list[Place] = PLACES[backend](players)

    @property
    def has_order(self) -> bool:
        """Whether a chunk is being played or has steps left to return."""
        return self._flying or self._left > 0

    @property
    def _left(self) -> int:
        return 0 if self._chunk is None else len(self._chunk.rewards) - self._step

    def order(self, order: Order) -> None:
        """Start a chunk on the actors; all steps of the last one must have been returned."""
        assert not self.has_order
        if self._stale:
            state = self.venv.snapshot()
            self._ask("load", [(take(state, part),) for part in self._parts])
            self._stale = False
        agents = self.venv.num_agents
        rows = [slice(part.start * agents, part.stop * agents) for part in self._parts]
        self._send("play", [(order.part(each),) for each in rows])
        self._flying = True

    def taken(self) -> Array:
        """Return the actions of the coming step, scaled to -1..1, shape ``(rows, W)``."""
        if self._flying:
            self._receive()
        assert self._chunk is not None and self._left
        return np.asarray(self._chunk.actions[self._step])

    def step_async(self, actions: Array) -> None:
        """Do nothing: the actors have already taken these actions."""

    def step_wait(self) -> tuple[Array, Array, Array, list[Info]]:
        """Return the outcome of the actors' step."""
        assert self._chunk is not None and self._left
        chunk, k = self._chunk, self._step
        self._step += 1
        return chunk.observations[k], chunk.rewards[k], chunk.dones[k], chunk.infos[k]

    def reset(self) -> Any:
        """Start an episode in every copy, discarding what was played ahead."""
        self._bring_home()
        self._chunk, self._stale = None, True
        return self.venv.reset()

    def snapshot(self) -> dict[str, Any]:
        """Return the state of all copies as :meth:`BatchVecEnv.snapshot` does.

        Between chunks, steps played ahead do not count: the state is the one at the start of the
        next chunk to be returned.
        """
        self._bring_home()
        return self.venv.snapshot()

    def restore(self, state: dict[str, Any]) -> None:
        """Restore all copies from a snapshot, discarding what was played ahead.

        Raises:
            ValueError: See :meth:`BatchVecEnv.restore`.
        """
        if self._flying:
            self._receive()
        self.venv.restore(state)
        self._chunk, self._stale = None, True

    def __enter__(self) -> Self:
        """Return the pool."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Retrieve the state unless an error occurred, and end all actors."""
        try:
            if kind is None:
                self._bring_home()
        finally:
            self.close()

    def close(self) -> None:
        """End all actors immediately."""
        for place in self._places:
            place.end()
        self._places = []

    def _bring_home(self) -> None:
        """Copy the state of the copies into the wrapped environment."""
        if self._flying:
            self._receive()
        if not self._stale:
            ahead = self._chunk is not None and self._step == 0
            states = self._ask("state", [(ahead,)] * len(self._places))
            self.venv.restore(join(states))

    def _receive(self) -> None:
        self._flying = False
        self._chunk = Chunk.joined([place.receive() for place in self._places])
        self._step = 0

    def _send(self, name: str, arguments: list[tuple[Any, ...]]) -> None:
        for place, each in zip(self._places, arguments, strict=True):
            place.send(name, *each)

    def _ask(self, name: str, arguments: list[tuple[Any, ...]]) -> list[Any]:
        self._send(name, arguments)
        return [place.receive() for place in self._places]


def partition(copies: int, actors: int) -> list[slice]:
    """Divide the copies among the actors: consecutive whole blocks, as evenly as possible.

    Raises:
        ValueError: If there are fewer blocks than actors.
    """
    blocks = -(-copies // COPIES_PER_BLOCK)
    if not 1 <= actors <= blocks:
        raise ValueError(
            f"actors is {actors}, must lie in 0..{blocks}: {copies} copies are {blocks} blocks of "
            f"{COPIES_PER_BLOCK}"
        )
    edges = np.linspace(0, blocks, actors + 1).astype(int) * COPIES_PER_BLOCK
    edges[-1] = copies
    return [slice(int(a), int(b)) for a, b in pairwise(edges)]
