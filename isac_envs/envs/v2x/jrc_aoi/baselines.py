"""Baselines of the vehicle that senses or sends."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, RandomBaseline
from isac_envs.envs.v2x.drift import DriftRule
from isac_envs.envs.v2x.jrc_aoi import policies
from isac_envs.envs.v2x.jrc_aoi.kernel import RADAR
from isac_envs.envs.v2x.queue_view import (
    bad_conditions,
    event_probability,
    expected_penalty,
    first_packets,
    immediate_worth,
)


class DriftPlusPenalty(DriftRule):
    """Trades the drift of the ages against the penalty of a missed event."""

    summary = (
        "Drift plus penalty: the class of the largest weighted age, if what some slots of it count "
        "exceeds the expected penalty of a missed event; else radar. Constants by trials."
    )
    choose = staticmethod(policies.choose_batch)


class OneStepPlanner(Baseline):
    """Maximises the expected reward of the present slot; expiry of packets aside."""

    summary = "Largest expected immediate reward; ties are broken at random."

    def act(self) -> npt.NDArray[Any]:
        """Return the action of each copy."""
        p, env, state = self.params, self.env, self.batch.state
        most = np.where(env["channel"] == 1, p.packets_bad, p.packets_good)
        packets = first_packets(env["time"], env, state.packets, len(p.class_weights), most)
        quiet: npt.NDArray[Any] = 1.0 - event_probability(p, env)[:, None]
        sending = quiet * immediate_worth(p, env, state.streams, *packets)
        values = np.pad(sending - expected_penalty(p, env)[:, None], ((0, 0), (1, 0)))
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
        env, state, weights = self.env, self.batch.state, np.array(self.params.class_weights)
        waiting, _ = first_packets(env["time"], env, state.packets, len(weights), 1)
        weight = np.where(waiting > 0, weights * state.streams["age"], -1.0)
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
