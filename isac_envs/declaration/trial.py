"""Copies of an environment in which a policy tries out what it might do.

A policy may know the true state, but not what will be drawn: trials use random numbers of
their own, from seeds that are fixed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.buffers import StepBuffers
from isac_envs.declaration.model import Model, State
from isac_envs.engine.loops import batch_kernel, per_copy
from isac_envs.engine.rng import seed_batch

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Trial:
    """State of some copies of an environment, to which a baseline can be bound.

    Args:
        model: The environment.
        n: Number of copies.

    Attributes:
        state: Record arrays of the copies.
        masks: Valid actions of each agent, where the model has masks; all before the first reset.
    """

    def __init__(self, model: Model, n: int) -> None:
        self.model, self.n = model, n
        self.state: State = model.allocate(n)
        self._buffers = StepBuffers.allocate(model, n)
        self.masks = self._buffers.masks
        if self.masks is not None:
            self.masks[...] = True
        rows = (n, len(model.agents))
        self._actions = np.zeros((*rows, model.action.width), model.action.action_dtype)
        self._everyone = np.ones(n, np.bool_)
        self._kernel = batch_kernel(model.kernel)

    def start(self, seeds: Any) -> None:
        """Start an episode in every copy, from seeds of shape ``(n,)``."""
        self.reseed(seeds)
        params, seen = self.model.params.record, self._buffers.seen
        self._kernel.reset(params, self.state, self._everyone, *seen)

    def take(self, state: State, copies: Integers) -> None:
        """Take over the state of other copies, numbers of shape ``(n,)``, some of them often."""
        for own, other in zip(per_copy(self.state), per_copy(state), strict=True):
            own[...] = other[copies]

    def reseed(self, seeds: Any) -> None:
        """Let what is drawn from now on depend on seeds of shape ``(n,)`` alone."""
        env = self.state[0]
        seeds = np.asarray(seeds, np.uint64)
        seed_batch(env["world"], env["measurement"], seeds, self._everyone)

    def step(self, actions: Any, restart: bool = False) -> Array:
        """Advance all copies; return their rewards, the mean over agents, shape ``(n,)``.

        Args:
            actions: Of all copies and agents.
            restart: Start a new episode in copies whose episode has ended, instead of a step.
        """
        self._actions[...] = np.reshape(actions, self._actions.shape)
        params, written = self.model.params.record, self._buffers.written
        self._kernel.step(params, self.state, self._actions, restart, *written)
        return np.asarray(self._buffers.rewards.mean(1))

    @property
    def observations(self) -> npt.NDArray[Any]:
        """Observations after the last step, as agents get them, shape ``(n, A, D)``."""
        return np.asarray(self.model.observation.present(self._buffers.observations))

    @property
    def ended(self) -> npt.NDArray[np.bool_]:
        """Whether the last step ended the episodes, shape ``(n,)``."""
        return np.asarray(self._buffers.ended.any(1))


def tune(
    model: Model,
    make: Callable[[Trial], Any],
    starts: Sequence[Mapping[str, float]],
    moves: Mapping[str, Callable[[float], Sequence[float]]],
    *,
    copies: int = 128,
    steps: int = 200,
    sweeps: int = 2,
) -> dict[str, float]:
    """Return constants with which a rule earns most in trials.

    The best of some starts is improved one constant at a time, so that it loses to none of them.

    Args:
        model: The environment.
        make: Makes the rule; its attributes that are tuned may be arrays, one value a copy.
        starts: Values of all these attributes to start from.
        moves: Gives, for each attribute, the values to try next to a value.
        copies: Episodes behind each choice, the same ones for all.
        steps: Steps to play, at most those of an episode.
        sweeps: How often each attribute is looked at.
    """

    def earned(choices: Sequence[Mapping[str, float]]) -> Array:
        trial = Trial(model, copies * len(choices))
        rule = make(trial)
        for name in choices[0]:
            setattr(rule, name, np.repeat([each[name] for each in choices], copies))
        trial.start(np.tile(np.arange(copies), len(choices)))
        total = np.zeros(trial.n)
        for _ in range(min(steps, model.params.horizon)):
            total += trial.step(rule.act())
        return np.asarray(total.reshape(len(choices), copies).mean(1))

    rewards = earned(starts)
    found, most = dict(starts[int(rewards.argmax())]), rewards.max()
    for _ in range(sweeps):
        for name, near in moves.items():
            choices = [{**found, name: value} for value in near(found[name])]
            rewards = earned(choices)
            if rewards.max() > most:
                found, most = choices[int(rewards.argmax())], rewards.max()
    return found
