"""Baselines of the vehicle with fresh packets."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import (
    Baseline,
    OptimalBaseline,
    RandomBaseline,
    TableBaseline,
)
from isac_envs.envs.v2x.jrc_aoi_tiny.kernel import RADAR
from isac_envs.envs.v2x.queue_view import bad_conditions, event_probability, expected_penalty
from isac_envs.planning import Policy, myopic, value_iteration


class Discounted(TableBaseline):
    """The planner that does not see the end of the episode."""

    kind = "exact"
    summary = "Value iteration on the exact transition model (discount 0.99): one stationary table."

    def table(self) -> Policy:
        """Return the optimal policy of the discounted problem."""
        return value_iteration(self.model.transition_model(), 0.99, 1e-7).policy


class OneStepPlanner(TableBaseline):
    """Maximises the expected reward of the present slot."""

    summary = "Largest expected immediate reward, from the exact model (myopic)."

    def table(self) -> Policy:
        """Return the myopic policy."""
        return myopic(self.model.transition_model())


class MaxWeight(Baseline):
    """Schedules by weight times age."""

    memoryless = True
    summary = "Radar if two conditions are bad, else the class of the largest weight times age."

    def act(self) -> npt.NDArray[Any]:
        """Return the action of each copy."""
        weight = np.array(self.params.class_weights) * self.batch.state.streams["age"]
        return np.where(bad_conditions(self.env) >= 2, RADAR, 1 + weight.argmax(1))


class Whittle(Baseline):
    """Sends a class when its index exceeds the price of the slot.

    The index of a class of weight w, age a and success probability s per slot, with ages unbounded
    and conditions frozen, is ``w a (a + 2 / s - 1) s / 2`` (Kadota et al., IEEE/ACM Trans.
    Netw. 26(6), 2018); the price is the expected penalty of the slot spread over a delivery.
    """

    memoryless = True
    summary = "Whittle's index of each class against the expected penalty of a missed event."

    def act(self) -> npt.NDArray[Any]:
        """Return the action of each copy."""
        p, env, ages = self.params, self.env, self.batch.state.streams["age"]
        event = event_probability(p, env)
        success = (1.0 - event) * np.where(env["channel"] == 1, p.success_bad, p.success_good)
        success = np.maximum(success, 1e-12)[:, None]  # a certain event leaves an index of zero
        weights = p.weights[0] * np.array(p.class_weights)
        index = 0.5 * weights * success * ages * (ages + 2.0 / success - 1.0)
        return np.where(index.max(1) > expected_penalty(p, env), 1 + index.argmax(1), RADAR)


class RoundRobin(Baseline):
    """Alternates blindly."""

    summary = "Radar in every other slot, each class in turn in between."

    def act(self) -> npt.NDArray[Any]:
        """Return the action of each copy."""
        time, classes = self.env["time"], len(self.params.class_weights)
        return np.where(time % 2 == 1, RADAR, 1 + time // 2 % classes)


class AlwaysRadar(Baseline):
    """Never sends."""

    memoryless = True
    summary = "Radar in every slot."

    def act(self) -> npt.NDArray[Any]:
        """Return the action of each copy."""
        return np.full(len(self.env), RADAR)


BASELINES: dict[str, type[Baseline]] = {
    "optimum": OptimalBaseline,
    "value_iteration": Discounted,
    "whittle": Whittle,
    "max_weight": MaxWeight,
    "one_step_planner": OneStepPlanner,
    "round_robin": RoundRobin,
    "always_radar": AlwaysRadar,
    "random": RandomBaseline,
}
