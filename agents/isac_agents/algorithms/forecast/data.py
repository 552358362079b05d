"""Training episodes of the LSTM predictor, labelled with the true next directions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.forecast.beam_choice import Link, actions
from isac_agents.algorithms.forecast.network import tensor

Array = npt.NDArray[Any]
OnStep = Callable[[Array, Sequence[dict[str, Any]]], bool]
"""Called after every step with the finished copies and the infos; returning False stops."""


class Field:
    """Copies of an environment at one power, and their current observations.

    Args:
        env: The environment.
        link: Known values of the environment.
        observation: Its current observation; None to reset it.
    """

    def __init__(self, env: BatchVecEnv, link: Link, observation: Any = None) -> None:
        self.env, self.link = env, link
        self.observation = env.reset() if observation is None else observation
        self.starts = np.ones(env.num_envs, np.bool_)
        self.state: tuple[Array, ...] | None = None

    def truth(self) -> Array:
        """Return the true cosines of the next slot, shape ``(n * K,)``."""
        track: Any = self.env.model
        return np.asarray(track.coming_cosines(self.env.batch.state).reshape(-1))

    def play(
        self, policy: Any, slots: int, seen: "Samples", guided: bool, disturbed: float,
        random: np.random.Generator, on_step: OnStep,
    ) -> bool:  # fmt: skip
        """Play slots and store the network's inputs; return False if stopped.

        Args:
            policy: A policy of the LSTM predictor for the same link.
            slots: Slots of each copy.
            seen: Receives the network's inputs and the labels.
            guided: Point at the true direction, with random widths, instead of following the
                policy.
            disturbed: Fraction of the beams that are disturbed, 0 to 1.
            random: Random generator of the disturbances.
            on_step: Called after every slot.
        """
        for _ in range(slots):
            self.state = policy.follow(self.observation, self.state, self.starts)
            truth = self.truth()
            memory, numbers = policy.inputs(self.state)
            seen.add(memory, numbers, self.link.power_dbm, truth)
            widths, cosines = policy.beams(self.state)
            if guided:
                widths, cosines = disturb(self.link, widths, truth, 1.0, random)
            else:
                widths, cosines = disturb(self.link, widths, cosines, disturbed, random)
            chosen = actions(self.link, widths, cosines)
            self.observation, _, self.starts, infos = self.env.step(chosen)
            if not on_step(self.starts, infos):
                return False
        return True


def disturb(
    link: Link, widths: Array, cosines: Array, part: float, random: np.random.Generator
) -> tuple[Array, Array]:
    """Disturb a fraction of beams: random width or sweep, and a pointing error of half its width.

    Args:
        link: Available widths.
        widths: Widths in octaves of antennas, shape ``(rows,)``.
        cosines: Pointing directions, shape ``(rows,)``.
        part: Fraction of the beams that are disturbed, 0 to 1.
        random: Random generator.

    Returns:
        Widths and cosines, each of shape ``(rows,)``.
    """
    chosen = random.random(len(widths)) < part
    drawn = random.choice(np.concatenate(([link.sweep], link.octaves)), len(widths))
    off = random.standard_normal(len(widths)) / 2.0 ** np.maximum(drawn, link.octaves[0])
    return np.where(chosen, drawn, widths), cosines + np.where(chosen, off, 0.0)


@dataclass
class Samples:
    """Inputs of the network and the cosines to forecast, slot by slot."""

    memories: list[Array] = field(default_factory=list)
    slots: list[Array] = field(default_factory=list)
    powers: list[Array] = field(default_factory=list)
    cosines: list[Array] = field(default_factory=list)

    def add(self, memory: Array, slots: Array, power_dbm: float, cosine: Array) -> None:
        """Store one slot of all rows.

        Args:
            memory: Remembered echoes, shape ``(rows, length, 6)``.
            slots: Next slot, relative to the horizon and absolute, shape ``(rows, 2)``.
            power_dbm: Transmit power, dBm.
            cosine: True cosines of the next slot, shape ``(rows,)``.
        """
        self.memories.append(memory)
        self.slots.append(slots)
        self.powers.append(np.full(len(memory), power_dbm))
        self.cosines.append(cosine)

    def tensors(self) -> tuple[torch.Tensor, ...]:
        """Return echoes, slots, powers in dBm and cosines of all slots so far."""
        groups = (self.memories, self.slots, self.powers, self.cosines)
        for group in groups:
            group[:] = [np.concatenate(group)]  # one array instead of one per slot
        return tuple(tensor(group[0]) for group in groups)
