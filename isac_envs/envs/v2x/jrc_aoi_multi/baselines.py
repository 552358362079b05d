"""Baselines of the vehicles on one channel."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.envs.v2x.drift import DriftRule
from isac_envs.envs.v2x.jrc_aoi_multi import policies
from isac_envs.envs.v2x.jrc_aoi_multi.kernel import IDLE
from isac_envs.envs.v2x.queue_view import bad_conditions, expected_overflow, first_packets

Actions = npt.NDArray[np.int64]


class _Vehicles(Baseline):
    """What the baselines share."""

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.class_weights = np.array(self.params.class_weights)
        self.event = self.params.derived()["event_probability"]
        self.radar = len(self.class_weights) + 1

    def next_packets(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return number and age of the packets of each class a slot would send, (n, N, K)."""
        env, vehicles, packets, streams = self.batch.state
        return first_packets(env["time"][:, None], vehicles, packets, streams.shape[-1], 1)

    def weighted(self) -> npt.NDArray[Any]:
        """Return weight times age of each class that waits, -1 elsewhere, shape (n, N, K)."""
        sent, _ = self.next_packets()
        return np.where(sent > 0, self.class_weights * self.batch.state[3]["age"], -1.0)

    def risk(self) -> npt.NDArray[Any]:
        """Return the expected penalty of each vehicle without radar, shape (n, N)."""
        bad = bad_conditions(self.batch.state[1])
        return np.asarray(
            self.params.weights[1] * self.event[bad] * (self.params.penalty_clear + bad)
        )


class _Central(_Vehicles):
    """Grants each slot to the vehicle and the use of the largest value; all others idle."""

    def worth(self) -> npt.NDArray[Any]:
        """Return the worth of sending each class if no event happens, shape (n, N, K)."""
        raise NotImplementedError

    def act(self) -> Actions:
        """Return the actions of all vehicles, shape ``(n, N)``."""
        quiet = 1.0 - self.event[bad_conditions(self.batch.state[1])]
        values = np.concatenate((quiet[..., None] * self.worth(), self.risk()[..., None]), -1)
        n, vehicles, uses = values.shape
        best = values.reshape(n, -1).argmax(1)
        actions = np.full((n, vehicles), IDLE)
        actions[np.arange(n), best // uses] = 1 + best % uses
        return actions


class CentralDriftPlusPenalty(DriftRule):
    """Trades the drift of the ages against the penalty of a missed event."""

    summary = (
        "Drift plus penalty: one controller grants the slot to the class of the largest weighted "
        "age, or to the radar with the largest expected penalty. Constants by trials."
    )
    constants = ("slots", "packet_age", "overflow", "clearing")  # a slot carries one packet

    def choose(self, constants: npt.NDArray[np.float64]) -> Actions:
        """Return the actions of all vehicles, shape ``(n, N)``."""
        _, vehicles, packets, streams = self.batch.state
        actions = np.full(vehicles.shape, IDLE)
        policies.grant_batch(
            self.params.record, self.env, vehicles, packets, streams, self.lost, self.weights,
            constants, actions,
        )  # fmt: skip
        return actions


class CentralMyopic(_Central):
    """Maximises the expected reward of the present slot, summed over the vehicles."""

    summary = "One controller grants the slot by the largest expected immediate reward."

    def worth(self) -> npt.NDArray[Any]:
        """Return the immediate gain in age and overflow."""
        _, vehicles, _, streams = self.batch.state
        age, _, overflow = self.params.weights
        sent, last = self.next_packets()
        younger = np.where(sent > 0, streams["age"] - last, 0)
        lost = expected_overflow(self.params)
        if self.params.overflow_counts_leaving:
            lost = np.zeros_like(lost)  # sending spares no penalty
        waiting = vehicles["backlog"][..., None]
        spared = lost[waiting] - lost[waiting - sent]
        return np.asarray(age * self.class_weights * younger + overflow * spared)


class TdmaRule(_Vehicles):
    """Takes turns, each vehicle with a local rule in its slot."""

    summary = (
        "Vehicles take turns; radar if two conditions are bad or nothing waits, else the waiting "
        "class of the largest weight times age."
    )

    def act(self) -> Actions:
        """Return the actions of all vehicles, shape ``(n, N)``."""
        env, vehicles, *_ = self.batch.state
        radar = (bad_conditions(vehicles) >= 2) | (vehicles["backlog"] == 0)
        chosen = np.where(radar, self.radar, 1 + self.weighted().argmax(-1))
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
        self.window = np.full(batch.state[1].shape, self.smallest)
        self.counter = np.zeros(self.window.shape, np.int64)

    def act(self) -> Actions:
        """Return the actions of all vehicles, shape ``(n, N)``."""
        env, vehicles, *_ = self.batch.state
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
        return np.full(self.batch.state[1].shape, self.radar)


BASELINES: dict[str, type[Baseline]] = {
    "optimum": CentralDriftPlusPenalty,
    "tdma_rule": TdmaRule,
    "central_myopic": CentralMyopic,
    "exponential_backoff": ExponentialBackoff,
    "always_radar": AlwaysRadar,
    "random": RandomBaseline,
}
