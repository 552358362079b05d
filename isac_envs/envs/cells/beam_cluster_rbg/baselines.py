"""Baselines of the cell: schedulers of a slot, which know queues and channels as the agent does."""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, Kind, RandomBaseline
from isac_envs.envs.cells.beam_cluster_rbg import schedulers
from isac_envs.envs.cells.beam_cluster_rbg.params import SCHEDULERS


class Scheduler(Baseline):
    """Follows one scheduler."""

    rule: ClassVar[int]
    patience = schedulers.PATIENCE

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        p = self.params
        self._chosen = np.zeros((len(self.env), p.beams * p.groups), np.int64)

    def act(self) -> npt.NDArray[Any]:
        """Return the users of all beams and groups, or the code of the scheduler."""
        if self.model.action.kind == "discrete":
            return np.full(len(self.env), self.rule)
        state, record = self.batch.state, self.params.record
        schedulers.schedule_batch(record, state, self.rule, float(self.patience), self._chosen)
        return self._chosen.copy()


class RoundRobin(Scheduler):
    """Blind turns."""

    rule = schedulers.ROUND_ROBIN
    summary = "Members of a beam in turn, whether anything waits for them or not."


class RoundRobinWaiting(Scheduler):
    """Turns among those who wait."""

    rule = schedulers.ROUND_ROBIN_WAITING
    summary = "In turn among the members for whom something waits."


class MaxCqi(Scheduler):
    """The best channel."""

    rule = schedulers.MAX_CQI
    summary = "The member who waits and has the best channel in the group."


class ProportionalFair(Scheduler):
    """The best channel relative to what was received."""

    rule = schedulers.PROPORTIONAL_FAIR
    summary = "The largest ratio of what the group carries to the average rate."


class Mlwdf(Scheduler):
    """Modified largest weighted delay first."""

    rule = schedulers.MLWDF
    summary = "M-LWDF: proportional fair times the age of the oldest waiting packet."


class MaxWeight(Scheduler):
    """The longest queue over the best channel."""

    rule = schedulers.MAX_WEIGHT
    summary = "The largest product of what waits and what the group carries; throughput-optimal."


class MostCarried(Scheduler):
    """The fullest groups."""

    rule = schedulers.MOST_CARRIED
    kind: ClassVar[Kind] = "best_known"
    constants = ("patience",)
    summary = (
        "The member for whom the group carries most of what waits, rather one with a short queue; "
        "the best known policy, not a bound."
    )


class RandomMembers(RandomBaseline, Scheduler):
    """Uniform members."""

    summary = "A uniform member of the beam for each group."

    def act(self) -> npt.NDArray[Any]:
        """Return uniform members of each beam, or uniform schedulers."""
        p = self.params
        if self.model.action.kind == "discrete":
            return self.random.integers(0, len(SCHEDULERS), len(self.env))
        beams = self.batch.state.users["beam"]
        member = beams[:, None, None, :] == np.arange(p.beams)[:, None, None]
        drawn = self.random.random((len(self.env), p.beams, p.groups, p.users))
        ranks = np.where(member, drawn, -1.0)
        chosen = np.where(member.any(-1), ranks.argmax(-1) + 1, 0)
        return np.asarray(chosen.reshape(len(self.env), -1))


BASELINES: dict[str, type[Baseline]] = {
    "most_carried": MostCarried,
    "max_weight": MaxWeight,
    "mlwdf": Mlwdf,
    "proportional_fair": ProportionalFair,
    "max_cqi": MaxCqi,
    "round_robin_waiting": RoundRobinWaiting,
    "round_robin": RoundRobin,
    "random": RandomMembers,
}
