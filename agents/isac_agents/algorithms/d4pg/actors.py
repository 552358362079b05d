"""Work of an actor in any process: it plays a chunk of steps with given weights and noise.

The only randomness of an actor is in its environment copies, whose streams are part of their state.
A chunk therefore depends only on that state and on the order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3.common.policies import BasePolicy

from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.d4pg.exploration import act
from isac_envs.declaration.model import Model

Array = npt.NDArray[Any]
State = Any
"""Dictionaries, tuples, None, and arrays whose first axis is the copies."""


@dataclass(frozen=True)
class Order:
    """Instructions for a chunk.

    Attributes:
        weights: Weights of the actor, by name.
        noise: Shape ``(steps, rows, W)``; a row is an agent of a copy.
        warm_up: Number of first steps in which the noise is the action.
        observations: Observations at the start of the chunk, shape ``(rows, ...)``.
    """

    weights: dict[str, Array]
    noise: Array
    warm_up: int
    observations: Array

    def part(self, rows: slice) -> "Order":
        """Return the order for some of the rows."""
        return Order(self.weights, self.noise[:, rows], self.warm_up, self.observations[rows])


@dataclass(frozen=True)
class Chunk:
    """A chunk that was played.

    Attributes:
        actions: Scaled to -1..1, shape ``(steps, rows, W)``.
        observations: After each step, shape ``(steps, rows, ...)``.
        rewards: Shape ``(steps, rows)``.
        dones: Shape ``(steps, rows)``.
        infos: One for each step and row.
    """

    actions: Array
    observations: Array
    rewards: Array
    dones: Array
    infos: list[list[dict[str, Any]]]

    @classmethod
    def joined(cls, parts: "Sequence[Chunk]") -> "Chunk":
        """Join the chunks of consecutive rows."""
        return cls(
            np.concatenate([part.actions for part in parts], 1),
            np.concatenate([part.observations for part in parts], 1),
            np.concatenate([part.rewards for part in parts], 1),
            np.concatenate([part.dones for part in parts], 1),
            [[*chain(*rows)] for rows in zip(*(part.infos for part in parts), strict=True)],
        )


class Player:
    """Some copies of an environment with an actor that plays chunks on them.

    Args:
        model: The environment.
        copies: Number of copies.
        monitor: Report the totals of finished episodes.
        actor: Network; each order brings its weights.
        block: Rows that are evaluated together.
    """

    def __init__(
        self, model: Model, copies: int, monitor: bool, actor: BasePolicy, block: int
    ) -> None:
        torch.set_num_threads(1)
        self._env = BatchVecEnv(model, copies, monitor=monitor)
        self._actor, self._block = actor, block
        self._before: State = None

    def load(self, state: State) -> None:
        """Set the state of the copies."""
        self._env.restore(state)

    def state(self, before: bool) -> State:
        """Return the state of the copies, now or before the last chunk."""
        return self._before if before else self._env.snapshot()

    def play(self, order: Order) -> Chunk:
        """Play a chunk."""
        self._before = self._env.snapshot()
        self._actor.load_state_dict({k: torch.tensor(each) for k, each in order.weights.items()})
        seen, actions, played, infos = order.observations, [], [], []
        for k, noise in enumerate(order.noise):
            scaled = act(self._actor, seen, noise, self._block, k < order.warm_up)
            self._env.step_async(self._actor.unscale_action(scaled))
            *outcome, told = self._env.step_wait()
            seen = outcome[0]
            actions.append(scaled)
            played.append(outcome)
            infos.append(told)
        observations, rewards, dones = (np.stack(each) for each in zip(*played, strict=True))
        return Chunk(np.stack(actions), observations, rewards, dones, infos)


def take(state: State, copies: slice) -> State:
    """Slice the state of some of the copies."""
    return _map(lambda arrays: arrays[0][copies], [state])


def join(states: Sequence[State]) -> State:
    """Join the states of consecutive copies."""
    return _map(np.concatenate, states)


def _map(function: Callable[[list[Array]], Array], states: Sequence[State]) -> State:
    """Apply a function to corresponding arrays of the states."""
    first = states[0]
    if isinstance(first, dict):
        return {key: _map(function, [state[key] for state in states]) for key in first}
    if isinstance(first, tuple):
        return tuple(_map(function, parts) for parts in zip(*states, strict=True))
    return None if first is None else function([*states])
