"""The policy of the LSTM predictor: it remembers echoes, forecasts directions and steers beams."""

import copy
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from gymnasium import spaces
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import PyTorchObs

from isac_agents.algorithms.forecast.beam_choice import Link, actions, choose_widths
from isac_agents.algorithms.forecast.echo_memory import (
    DISTANCE,
    FIELDS,
    VALID,
    recall,
    remember,
    windows,
)
from isac_agents.algorithms.forecast.network import ForecastNet, tensor

Array = npt.NDArray[Any]
Memory = tuple[Array, ...]


class ForecastPolicy(BasePolicy):
    """Beams from forecasts; the state holds the remembered echoes and the slot number.

    Args:
        observation_space: Observations in the form ``history``.
        action_space: Actions in the form ``pointing``.
        link: Known values of the environment.
        hidden: Units of the LSTM.
        sweep_below: Sweep if the expected rate is below this fraction of the aligned array's rate.
        reacquire: Sweep after losses; otherwise only until the first echo.
    """

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        link: Link,
        hidden: int,
        sweep_below: float,
        reacquire: bool,
    ) -> None:
        super().__init__(observation_space, action_space)
        self.link, self.sweep_below, self.reacquire = link, sweep_below, reacquire
        self.net = ForecastNet(link.history_length, hidden)

    def follow(self, observation: Array, state: Memory | None, starts: Array | None) -> Memory:
        """Add the newest observation to the state.

        Args:
            observation: Shape ``(n, D)``.
            state: Echoes ``(n, K * length * 6)`` and last slot numbers ``(n, 1)``; None to start
                with the echoes of the observation.
            starts: Whether an episode starts, shape ``(n,)``.
        """
        link, n = self.link, len(observation)
        window = windows(np.asarray(observation, np.float32), link.vehicles, link.history_length)
        fresh, slots = recall(window), np.zeros((n, 1), np.float32)
        if state is not None:
            kept = remember(state[0].reshape(fresh.shape), window[:, 0])
            begun = np.zeros(n, np.bool_) if starts is None else np.asarray(starts, np.bool_)
            begun = begun.reshape(n)
            fresh = np.where(np.repeat(begun, link.vehicles)[:, None, None], fresh, kept)
            slots = np.where(begun[:, None], slots, state[1] + 1.0)
        return fresh.reshape(n, -1), slots

    def at(self, link: Link, reacquire: bool | None = None) -> Self:
        """Copy the policy for another link, such as another power, with the same weights.

        Args:
            link: Known values of the other environment.
            reacquire: As in the constructor; None for this policy's value.
        """
        other = copy.copy(self)
        other.link = link
        other.reacquire = self.reacquire if reacquire is None else reacquire
        return other

    def forecast(self, state: Memory) -> tuple[Array, Array, Array]:
        """Forecast mean and deviation of the next cosine, and the distance, ``(n * K,)`` each."""
        memory, slots = self.inputs(state)
        with torch.no_grad():
            mean, deviation = self.net(tensor(memory), tensor(slots), self.link.power_dbm)
        heard, typical = memory[:, 0, VALID] > 0.5, self.net.distance.item()
        distance = np.where(heard, memory[:, 0, DISTANCE], typical)
        return mean.numpy().astype(float), deviation.numpy().astype(float), distance

    def inputs(self, state: Memory) -> tuple[Array, Array]:
        """Return echoes ``(n * K, length, 6)`` and slots ``(n * K, 2)`` for the network."""
        memory = state[0].reshape(-1, self.link.history_length, FIELDS)
        slot = np.repeat(state[1][:, 0], self.link.vehicles)
        return memory, np.stack((slot / self.link.horizon, slot), -1)

    def beams(self, state: Memory) -> tuple[Array, Array]:
        """Return widths in octaves and pointing cosines, ``(n * K,)`` each."""
        mean, deviation, distance = self.forecast(state)
        heard = state[0].reshape(len(mean), -1, FIELDS)[:, 0, VALID] > 0.5
        sweep_below = np.where(heard & (not self.reacquire), 0.0, self.sweep_below)
        return choose_widths(self.link, deviation, distance, sweep_below), mean

    def predict(
        self,
        observation: Array | dict[str, Array],
        state: Memory | None = None,
        episode_start: Array | None = None,
        deterministic: bool = True,
    ) -> tuple[Array, Memory | None]:
        """Choose beams for one observation or a batch; return them and the next state.

        Args:
            observation: Shape ``(D,)`` or ``(n, D)``.
            state: State from the previous call; None at the start.
            episode_start: Which rows start an episode, shape ``(n,)``.
            deterministic: Not used: forecasts are not sampled.
        """
        values = np.asarray(observation, np.float32)
        state = self.follow(values.reshape(-1, values.shape[-1]), state, episode_start)
        widths, cosines = self.beams(state)
        chosen = actions(self.link, widths, cosines)
        return (chosen[0] if values.ndim == 1 else chosen), state

    def _predict(self, observation: PyTorchObs, deterministic: bool = True) -> torch.Tensor:
        assert isinstance(observation, torch.Tensor)
        return tensor(self.predict(observation.numpy())[0])
