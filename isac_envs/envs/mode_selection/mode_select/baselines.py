"""Baselines of the mode selection problem."""

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import (
    Baseline,
    OptimalBaseline,
    RandomBaseline,
    TableBaseline,
)
from isac_envs.envs.mode_selection.mode_select.kernel import COMMUNICATE, RADAR
from isac_envs.planning import Policy, average, myopic


class _StateRule(Baseline):
    """A rule of the present state alone."""

    memoryless = True

    def radar(self, env: npt.NDArray[Any], bad: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return where radar is chosen, given the state and the number of bad conditions."""
        raise NotImplementedError

    def act(self) -> npt.NDArray[Any]:
        """Return the mode of each copy."""
        env = self.env
        bad = env["road"] + env["weather"] + env["speed"] + env["object"]
        return np.where(self.radar(env, bad), RADAR, COMMUNICATE)


class Rule(_StateRule):
    """The optimum of the published model."""

    summary = "Communicate only if the channel and all four conditions are good."

    def radar(self, env: npt.NDArray[Any], bad: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return where anything is bad."""
        return np.asarray((bad > 0) | (env["channel"] == 1))


class Safe(_StateRule):
    """Puts sensing first."""

    summary = "Radar if any of road, weather, speed and object is bad."

    def radar(self, env: npt.NDArray[Any], bad: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return where a condition is bad."""
        return bad > 0


class AlwaysRadar(_StateRule):
    """Never communicates."""

    summary = "Radar in every slot."

    def radar(self, env: npt.NDArray[Any], bad: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return True everywhere."""
        return np.ones(len(env), bool)


class AlwaysCommunicate(_StateRule):
    """Never senses."""

    summary = "Communication in every slot."

    def radar(self, env: npt.NDArray[Any], bad: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return False everywhere."""
        return np.zeros(len(env), bool)


class RoundRobin(_StateRule):
    """Alternates blindly."""

    memoryless = False
    summary = "Communication and radar in turn."

    def radar(self, env: npt.NDArray[Any], bad: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return where the slot number is odd."""
        return np.asarray(env["time"] % 2 == 1)


class WinStayLoseShift(_StateRule):
    """Reacts to the last reward."""

    memoryless = False
    summary = "Keep the mode while it is rewarded, change it otherwise; starts with communication."

    def radar(self, env: npt.NDArray[Any], bad: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the last mode where it was rewarded, else the other one."""
        return np.where(env["time"] == 0, False, env["radar"] == env["rewarded"])


class Threshold(TableBaseline):
    """The best of all rules with a threshold on conditions and one on the queue."""

    summary = "Radar if at least k conditions are bad or fewer than q packets wait; best (k, q)."

    def table(self) -> Policy:
        """Return the best rule's table, by the exact long-run average of each."""
        mdp = self.model.transition_model()
        capacity = self.params.queue_capacity
        queue, _, *conditions = np.indices((capacity + 1, 2, 2, 2, 2, 2)).reshape(6, -1)
        bad = sum(conditions)
        rules = [
            ((bad >= k) | (queue < q)).astype(np.int64)
            for k, q in product(range(1, 6), range(min(capacity, 10) + 1))
        ]
        return max(rules, key=lambda rule: average(mdp, rule))


class QueueAware(TableBaseline):
    """Takes a mild risk to let a long queue out."""

    summary = (
        "Radar if a condition is bad, but at least q packets go out in a good channel if the only "
        "bad condition is not the speed; best q."
    )

    def table(self) -> Policy:
        """Return the best rule's table, by the exact long-run average of each."""
        mdp = self.model.transition_model()
        capacity = self.params.queue_capacity
        queue, channel, *conditions = np.indices((capacity + 1, 2, 2, 2, 2, 2)).reshape(6, -1)
        bad, speed = sum(conditions), conditions[2]
        bearable = (channel == 0) & (bad == 1) & (speed == 0)
        rules = [
            ((bad > 0) & ~(bearable & (queue >= q))).astype(np.int64)
            for q in range(min(capacity, 10) + 2)  # beyond the capacity: the rule 'safe'
        ]
        return max(rules, key=lambda rule: average(mdp, rule))


class Myopic(TableBaseline):
    """Maximises the expected reward of the next slot."""

    summary = "Largest expected immediate reward, from the exact model."

    def table(self) -> Policy:
        """Return the myopic policy."""
        return myopic(self.model.transition_model())


BASELINES: dict[str, type[Baseline]] = {
    "optimum": OptimalBaseline,
    "queue_aware": QueueAware,
    "threshold": Threshold,
    "safe": Safe,
    "myopic": Myopic,
    "rule": Rule,
    "win_stay_lose_shift": WinStayLoseShift,
    "round_robin": RoundRobin,
    "random": RandomBaseline,
    "always_radar": AlwaysRadar,
    "always_communicate": AlwaysCommunicate,
}
