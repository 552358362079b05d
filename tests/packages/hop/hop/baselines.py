"""Policies that ship with the hopping node; ``random`` scores 0 and ``optimum`` scores 1."""

import numpy as np

from isac_envs.declaration.baseline import Baseline, OptimalBaseline, RandomBaseline


class Stay(Baseline):
    """Never hops."""

    summary = "Stays on its channel."
    memoryless = True

    def act(self):
        return self.env["channel"].copy()


class Leave(Baseline):
    """Hops when it has heard an interferer."""

    summary = "Leaves a busy channel for the first that is not."
    memoryless = True

    def act(self):
        busy, here = self.env["busy"], self.env["channel"]
        heard = np.take_along_axis(busy, here[:, None], 1)[:, 0]
        return np.where(heard, busy.argmin(1), here)


BASELINES = {
    "optimum": OptimalBaseline, "leave": Leave, "stay": Stay, "random": RandomBaseline,
}  # fmt: skip
