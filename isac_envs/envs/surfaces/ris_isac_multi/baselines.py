"""Baselines of ``isac/RisIsacMulti-v0``: central rules, with its part of the action for each."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, RandomBaseline
from isac_envs.envs.surfaces.ris_isac import baselines


class ByAgent(baselines.SharePolicy):
    """Splits the action of a rule."""

    def act(self) -> npt.NDArray[Any]:
        """Return the actions, shape ``(n, 2, W)``."""
        both = super().act()
        phases = self.model.specs_of(1)[1].width
        rows = np.zeros((len(both), 2, self.model.action.width), both.dtype)
        rows[:, 0, : both.shape[1] - phases] = both[:, phases:]
        rows[:, 1, :phases] = both[:, :phases]
        return rows


class Alternating(ByAgent, baselines.Alternating):
    """Alternating optimisation on the truth."""


class AlternatingFiltered(ByAgent, baselines.AlternatingFiltered):
    """Alternating optimisation on estimates that are smoothed."""


class AlternatingEstimated(ByAgent, baselines.AlternatingEstimated):
    """Alternating optimisation on what is known in the slot."""


class RateFirst(ByAgent, baselines.RateFirst):
    """The surface for the users alone."""


class SensingFirst(ByAgent, baselines.SensingFirst):
    """The surface for the target alone."""


class Follow(ByAgent, baselines.Follow):
    """Each element for itself."""


class CommunicationOnly(ByAgent, baselines.CommunicationOnly):
    """No sensing at all."""


class RandomPhases(ByAgent, baselines.RandomPhases):
    """Random phases with the share made for them."""


class RandomByAgent(RandomBaseline):
    """Draws the action of each agent from its own space."""

    def act(self) -> npt.NDArray[Any]:
        """Return uniform actions, shape ``(n, 2, W)``."""
        rows = super().act()
        for agent in (0, 1):
            spec = self.model.specs_of(agent)[1]
            shape = (len(rows), spec.width)
            own = rows[:, agent, : spec.width]
            if spec.kind == "box":
                own[...] = self.random.uniform(spec.low, spec.high, shape)
            else:
                own[...] = self.random.integers(0, spec.high.astype(np.int64) + 1, shape)
        return rows


BASELINES: dict[str, type[Baseline]] = {
    "alternating": Alternating,
    "alternating_filtered": AlternatingFiltered,
    "alternating_estimated": AlternatingEstimated,
    "rate_first": RateFirst,
    "sensing_first": SensingFirst,
    "follow": Follow,
    "communication_only": CommunicationOnly,
    "random_phases": RandomPhases,
    "random": RandomByAgent,
}
