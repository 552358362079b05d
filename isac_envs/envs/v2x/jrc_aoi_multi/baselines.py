"""Baselines of the vehicles on one channel."""

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.envs.v2x.drift import DriftRule
from isac_envs.envs.v2x.jrc_aoi_multi import policies
from isac_envs.envs.v2x.jrc_aoi_multi.kernel import IDLE
from isac_envs.envs.v2x.queue_view import (
    bad_conditions,
    event_probability,
    expected_penalty,
    first_packets,
    immediate_worth,
)

Actions = npt.NDArray[np.int64]


class _Vehicles(Baseline):
    """What the baselines share."""

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.class_weights = np.array(self.params.class_weights)
        self.radar = len(self.class_weights) + 1

    def next_packets(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return number and age of the packets of each class a slot would send, (n, N, K)."""
        state, time = self.batch.state, self.env["time"][:, None]
        return first_packets(time, state.vehicles, state.packets, len(self.class_weights), 1)


class CentralDriftPlusPenalty(DriftRule):
    """Trades the drift of the ages against the penalty of a missed event."""

    summary = (
        "Drift plus penalty: one controller grants the slot to the class of the largest weighted "
        "age, or to the radar with the largest expected penalty. Constants by trials."
    )
    constants = ("slots", "packet_age", "overflow", "clearing")  # a slot carries one packet
    choose = staticmethod(policies.grant_batch)


class CentralMyopic(_Vehicles):
    """Maximises the expected reward of the present slot, summed over the vehicles."""

    summary = "One controller grants the slot by the largest expected immediate reward."

    def act(self) -> Actions:
        """Return the actions of all vehicles, shape ``(n, N)``; all but one idle."""
        p, vehicles, streams = self.params, self.batch.state.vehicles, self.batch.state.streams
        sending = immediate_worth(p, vehicles, streams, *self.next_packets())
        quiet, penalty = 1.0 - event_probability(p, vehicles), expected_penalty(p, vehicles)
        values = np.concatenate((quiet[..., None] * sending, penalty[..., None]), -1)
        best = values.reshape(len(values), -1).argmax(1)
        winner, use = np.divmod(best, values.shape[-1])
        actions = np.full(vehicles.shape, IDLE)
        actions[np.arange(len(actions)), winner] = 1 + use
        return actions


class TdmaRule(_Vehicles):
    """Takes turns, each vehicle with a local rule in its slot."""

    summary = (
        "Vehicles take turns; radar if two conditions are bad or nothing waits, else the waiting "
        "class of the largest weight times age."
    )

    def act(self) -> Actions:
        """Return the actions of all vehicles, shape ``(n, N)``."""
        env, vehicles, streams = self.env, self.batch.state.vehicles, self.batch.state.streams
        waiting, _ = self.next_packets()
        weight = np.where(waiting > 0, self.class_weights * streams["age"], -1.0)
        radar = (bad_conditions(vehicles) >= 2) | (vehicles["backlog"] == 0)
        chosen = np.where(radar, self.radar, 1 + weight.argmax(-1))
        turn = env["time"][:, None] % vehicles.shape[1] == np.arange(vehicles.shape[1])
        return np.where(turn, chosen, IDLE)


class ExponentialBackoff(_Vehicles):
    """Binary exponential back-off with a contention window of 2 to 16 slots, as published.

    All vehicles that ask in a slot want the same use, which is drawn uniformly (idling included).
    """

    summary = "A random use after a random back-off; the window doubles when denied, else is 2."
    smallest, largest = 2, 16

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.window = np.full(batch.state.vehicles.shape, self.smallest)
        self.counter = np.zeros(self.window.shape, np.int64)

    def act(self) -> Actions:
        """Return the actions of all vehicles, shape ``(n, N)``."""
        env, vehicles = self.env, self.batch.state.vehicles
        asked = vehicles["asked"] & (env["time"][:, None] > 0)
        doubled = np.minimum(2 * self.window, self.largest)
        self.window = np.where(asked & ~vehicles["granted"], doubled, self.smallest)
        drawn = self.random.integers(0, self.window)
        counted = np.maximum(self.counter - 1, 0)
        self.counter = np.where(asked | (env["time"][:, None] == 0), drawn, counted)
        use = self.random.integers(0, self.radar + 1, (len(env), 1))
        return np.where(self.counter == 0, use, IDLE)


class AlwaysRadar(_Vehicles):
    """Never sends."""

    summary = "Every vehicle asks for radar in every slot."

    def act(self) -> Actions:
        """Return the actions of all vehicles, shape ``(n, N)``."""
        return np.full(self.batch.state.vehicles.shape, self.radar)


BASELINES: dict[str, type[Baseline]] = {
    "optimum": CentralDriftPlusPenalty,
    "tdma_rule": TdmaRule,
    "central_myopic": CentralMyopic,
    "exponential_backoff": ExponentialBackoff,
    "always_radar": AlwaysRadar,
    "random": RandomBaseline,
}
