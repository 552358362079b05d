"""Baselines of the vehicle that senses or sends."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.envs.v2x.drift import DriftRule
from isac_envs.envs.v2x.jrc_aoi import policies
from isac_envs.envs.v2x.jrc_aoi.kernel import RADAR
from isac_envs.envs.v2x.queue_view import bad_conditions, expected_overflow, first_packets


class _Scheduler(Baseline):
    """Weighs the worth of sending a class against the risk of a missed event."""

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.class_weights = np.array(self.params.class_weights)
        self.event = self.params.derived()["event_probability"]

    def next_packets(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return number and last age of the packets of each class a slot would send, (n, K)."""
        p, env, (_, packets, streams) = self.params, self.env, self.batch.state
        most = np.where(env["channel"] == 1, p.packets_bad, p.packets_good)
        return first_packets(env["time"], env, packets, streams.shape[1], most)

    def values(self, worth: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the expected values of all actions, (n, K + 1), over that of the radar.

        Args:
            worth: Worth of sending each class if no event happens, shape ``(n, K)``.
        """
        bad = bad_conditions(self.env)
        event = self.event[bad][:, None]
        risk = self.params.weights[1] * event * (self.params.penalty_clear + bad[:, None])
        return np.pad((1.0 - event) * worth - risk, ((0, 0), (1, 0)))


class DriftPlusPenalty(DriftRule):
    """Trades the drift of the ages against the penalty of a missed event."""

    summary = (
        "Drift plus penalty: the class of the largest weighted age, if what some slots of it count "
        "exceeds the expected penalty of a missed event; else radar. Constants by trials."
    )

    def choose(self, constants: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
        """Return the action of each copy."""
        _, packets, streams = self.batch.state
        actions = np.zeros(len(self.env), np.int64)
        policies.choose_batch(
            self.params.record, self.env, packets, streams, self.lost, self.weights, constants,
            actions,
        )  # fmt: skip
        return actions


class OneStepPlanner(_Scheduler):
    """Maximises the expected reward of the present slot; expiry of packets aside."""

    summary = "Largest expected immediate reward; ties are broken at random."

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.overflow = expected_overflow(self.params)
        if self.params.overflow_counts_leaving:
            self.overflow = np.zeros_like(self.overflow)  # sending spares no penalty

    def act(self) -> npt.NDArray[Any]:
        """Return the action of each copy."""
        sent, last = self.next_packets()
        age, _, overflow = self.params.weights
        younger = np.where(sent > 0, self.batch.state[2]["age"] - last, 0)
        waiting = self.env["backlog"][:, None]
        spared = self.overflow[waiting] - self.overflow[waiting - sent]
        values = self.values(age * self.class_weights * younger + overflow * spared)
        best = values >= values.max(1, keepdims=True) - 1e-12
        return np.asarray((best * (1.0 + self.random.random(values.shape))).argmax(1))


class MaxWeight(Baseline):
    """Schedules by weight times age."""

    summary = (
        "Radar if two conditions are bad or nothing waits, else the waiting class of the largest "
        "weight times age."
    )

    def act(self) -> npt.NDArray[Any]:
        """Return the action of each copy."""
        env, (_, packets, streams) = self.env, self.batch.state
        waiting, _ = first_packets(env["time"], env, packets, streams.shape[1], 1)
        weight = np.where(waiting > 0, np.array(self.params.class_weights) * streams["age"], -1.0)
        radar = (bad_conditions(env) >= 2) | (env["backlog"] == 0)
        return np.where(radar, RADAR, 1 + weight.argmax(1))


class RoundRobin(Baseline):
    """Alternates blindly."""

    summary = "Radar in every other slot, each class in turn in between."

    def act(self) -> npt.NDArray[Any]:
        """Return the action of each copy."""
        time, classes = self.env["time"], len(self.params.class_weights)
        return np.where(time % 2 == 1, RADAR, 1 + time // 2 % classes)


class Urgency(Baseline):
    """Serves one class alone."""

    summary = "Radar in every other slot, the last class in between."

    def act(self) -> npt.NDArray[Any]:
        """Return the action of each copy."""
        return np.where(self.env["time"] % 2 == 1, RADAR, len(self.params.class_weights))


class AlwaysRadar(Baseline):
    """Never sends."""

    summary = "Radar in every slot."

    def act(self) -> npt.NDArray[Any]:
        """Return the action of each copy."""
        return np.full(len(self.env), RADAR)


BASELINES: dict[str, type[Baseline]] = {
    "optimum": DriftPlusPenalty,
    "max_weight": MaxWeight,
    "one_step_planner": OneStepPlanner,
    "round_robin": RoundRobin,
    "urgency": Urgency,
    "always_radar": AlwaysRadar,
    "random": RandomBaseline,
}
