"""Rules that beams are trained by: fixed, planned or adaptive numbers of probes; the bound."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState
from isac_envs.envs.beam_management.beam_training import planning

Integers = npt.NDArray[np.int64]


class Trainer(Baseline):
    """What the baselines share."""

    @property
    def beams(self) -> npt.NDArray[Any]:
        """Records of the beams, shape ``(n, B)``."""
        return np.asarray(self.batch.state.beams)

    @property
    def used(self) -> Integers:
        """Probes in the slot, shape ``(n,)``."""
        return np.asarray(self.env["used"])

    @property
    def may_probe(self) -> npt.NDArray[np.bool_]:
        """Whether there is a beam that is not probed, shape ``(n,)``."""
        return np.asarray(~self.beams["probed"].all(1))

    def probe(self, beams: Any, where: Any) -> Integers:
        """Return actions that probe these beams, shape ``(n,)``, where asked for; else commit.

        With ranked actions the environment chooses the beam.
        """
        where = np.asarray(where) & self.may_probe
        if self.params.action == "ranked":
            return np.where(where, 0, 1)
        return np.where(where, np.asarray(beams), self.params.beams)

    def ranked(self) -> Integers:
        """Return the most probable beams that are not probed, shape ``(n,)``."""
        beams = self.beams
        return np.asarray(np.where(beams["probed"], -1.0, beams["probability"]).argmax(1))


class Genie(Trainer):
    """Knows the vehicle's place and the best beam."""

    kind = "genie"
    summary = (
        "Bound: knows where the vehicle is, and sends in the best beam without a probe. No policy "
        "earns more in any slot."
    )

    def act(self) -> Integers:
        """Commit to the best beams."""
        self.env["informed"] = True
        return self.probe(0, np.zeros(len(self.env), np.bool_))


class Hold(Trainer):
    """Never probes."""

    summary = "Stays on its beam."
    memoryless = True

    def act(self) -> Integers:
        """Commit without a probe."""
        return self.probe(0, np.zeros(len(self.env), np.bool_))


class TopK(Trainer):
    """Probes a fixed number of beams.

    Attributes:
        count: Probes in a slot.
    """

    count: int

    def act(self) -> Integers:
        """Probe until there are enough."""
        return self.probe(self.ranked(), self.used < self.count)


class Top1(TopK):
    """Trusts the belief."""

    count = 1
    summary = "Probes the most probable beam, and sends in it."


class Top2(TopK):
    """Probes two beams."""

    count = 2
    summary = "Probes the two most probable beams, one after the other, in each slot."


class Top3(TopK):
    """Probes three beams."""

    count = 3
    summary = "Probes the three most probable beams in each slot."


class Top5(TopK):
    """Probes five beams."""

    count = 5
    summary = "Probes the five most probable beams in each slot."


class Top8(TopK):
    """Probes eight beams."""

    count = 8
    summary = "Probes the eight most probable beams in each slot."


class BestK(Trainer):
    """Chooses the number of probes before the first."""

    summary = (
        "The number of probes of the largest expected rate, chosen before the first; then so many "
        "of the most probable beams."
    )

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.planner = planning.Planner(self.model)
        self.counts = np.zeros(len(self.env), np.int64)

    def act(self) -> Integers:
        """Probe as often as was planned."""
        starts = self.used == 0
        if starts.any():
            plan = self.planner.plan(self.batch.state)
            self.counts = np.where(starts, plan.probes, self.counts)
        return self.probe(self.ranked(), self.used < self.counts)


class Bayes(Trainer):
    """Weighs up stopping against probing on, after each probe."""

    summary = (
        "Adaptive: after each probe, the expected reward of stopping against that of the best "
        "further probes, by the belief; probes the beam that promises most."
    )

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.planner = planning.Planner(self.model)

    def act(self) -> Integers:
        """Probe the planned beams, or commit."""
        plan = self.planner.plan(self.batch.state)
        return self.probe(plan.beams, plan.probes > 0)


class Sweep(Trainer):
    """Probes the codebook."""

    summary = (
        "Probes all beams of the codebook in each slot, or as many evenly spaced ones as half of "
        "the slot has room for."
    )
    memoryless = True

    def act(self) -> Integers:
        """Probe the next beam of the sweep."""
        p = self.params
        count = p.beams if p.beams < p.slot_probes else max(1, p.slot_probes // 2)
        order = ((np.arange(count) + 0.5) * p.beams / count).astype(np.int64)
        used = self.used
        return self.probe(order[np.minimum(used, count - 1)], used < count)


class Hierarchical(Trainer):
    """Probes every n-th beam, then around the best."""

    summary = (
        "Coarse and fine: as many evenly spaced beams as the root of their number, in at most a "
        "quarter of the slot; then as many around the best of them, the nearest first."
    )
    memoryless = True

    def act(self) -> Integers:
        """Probe the next coarse or fine beam."""
        p, beams, used = self.params, self.beams, self.used
        count = max(1, min(p.slot_probes // 4, math.isqrt(p.beams)))
        coarse = ((np.arange(count) + 0.5) * p.beams / count).astype(np.int64)
        centre = np.where(self.env["best"] >= 0, self.env["best"], self.env["last"])
        away = np.abs(np.arange(p.beams) - centre[:, None]) + 1000 * beams["probed"]
        chosen = np.where(used < count, coarse[np.minimum(used, count - 1)], away.argmin(1))
        return self.probe(chosen, used < 2 * count)
