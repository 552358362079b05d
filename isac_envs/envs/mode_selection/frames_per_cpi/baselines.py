"""Baselines of the frames-per-CPI problem."""

from itertools import cycle

import numpy as np

from isac_envs.declaration.baseline import (
    Baseline,
    OptimalBaseline,
    RandomBaseline,
    TableBaseline,
)
from isac_envs.planning import FiniteMdp, Policy, average, myopic, value_iteration


class Discounted(TableBaseline):
    """The planner that does not see the end of the episode."""

    kind = "exact"
    summary = "Value iteration on the exact transition model (discount 0.97): one stationary table."
    discount = 0.97

    def table(self) -> Policy:
        """Return the optimal policy of the discounted problem."""
        return value_iteration(self.model.transition_model(), self.discount).policy


class Greedy(TableBaseline):
    """Maximises the expected reward of the present CPI."""

    summary = "Largest expected immediate reward, from the exact model (myopic)."

    def table(self) -> Policy:
        """Return the myopic policy."""
        return myopic(self.model.transition_model())


class GreedyThroughput(TableBaseline):
    """Sends as much as it can; among equals, the longest frames."""

    summary = "Most packets sent now; ties go to the fewest frames."

    def table(self) -> Policy:
        """Return the policy."""
        return _most_sent(self.model.transition_model())[0]


class ThroughputThenSensing(TableBaseline):
    """Sends as much as it can and gives what is left to sensing."""

    summary = "Most packets sent now; ties go to the largest sensing utility."

    def table(self) -> Policy:
        """Return the policy."""
        mdp = self.model.transition_model()
        _, most = _most_sent(mdp)
        return np.where(most, mdp.signals["sensing_utility"], -1.0).argmax(0)


class BestFixed(TableBaseline):
    """The fixed waveform."""

    summary = "The one number of frames with the largest long-run average reward."

    def table(self) -> Policy:
        """Return the best constant policy, by the exact average of each."""
        mdp = self.model.transition_model()
        constants = [np.full(mdp.states, action) for action in range(mdp.actions)]
        return max(constants, key=lambda policy: average(mdp, policy))


class BestByChannel(TableBaseline):
    """Adapts to the channel and is blind to the queue."""

    summary = "One number of frames for each channel class, found by coordinate ascent."

    def table(self) -> Policy:
        """Return a table that no change of a single class improves, by exact averages."""
        mdp = self.model.transition_model()
        classes = len(self.params.snr_db)
        channel = np.arange(mdp.states) % classes
        chosen, best, unchanged = np.full(classes, mdp.actions - 1), -np.inf, 0
        for each in cycle(range(classes)):
            tables = np.tile(chosen, (mdp.actions, 1))
            tables[:, each] = np.arange(mdp.actions)
            values = [average(mdp, table[channel]) for table in tables]
            if max(values) > best + 1e-12:
                chosen, best, unchanged = tables[int(np.argmax(values))], max(values), 0
            else:
                unchanged += 1
            if unchanged == classes:
                break
        return np.asarray(chosen[channel])


def _most_sent(mdp: FiniteMdp) -> tuple[Policy, Policy]:
    """Return the first action that sends the most in each state, and which actions do."""
    sent = mdp.signals["packets_sent"]
    return sent.argmax(0), sent == sent.max(0)


BASELINES: dict[str, type[Baseline]] = {
    "optimum": OptimalBaseline,
    "value_iteration": Discounted,
    "throughput_then_sensing": ThroughputThenSensing,
    "greedy": Greedy,
    "best_by_channel": BestByChannel,
    "best_fixed": BestFixed,
    "greedy_throughput": GreedyThroughput,
    "random": RandomBaseline,
}
