"""Baselines of the learning vehicle; its partners are part of the environment."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.declaration.trial import Trial
from isac_envs.envs.v2x.directional_jrc import policies
from isac_envs.envs.v2x.directional_jrc.baselines import (
    AlwaysRadar,
    Greedy,
    LeeGreedy,
    LeeNearest,
    Nearest,
    RoundRobin,
)
from isac_envs.envs.v2x.directional_jrc.records import ACTIONS


class OneStepGenie(Baseline):
    """Tries every action on a copy of the state."""

    kind = "genie"
    summary = (
        "Largest reward of the coming step among all 18 actions, tried with what partners will do "
        "and what will arrive, which nobody can know; no bound on an episode."
    )

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self._trial, self._copies = Trial(self.model, len(self.env)), np.arange(len(self.env))

    def act(self) -> npt.NDArray[Any]:
        """Return the best actions of the step, shape ``(n,)``."""
        rewards = np.stack([self._try(action) for action in range(ACTIONS)])
        return np.asarray(rewards.argmax(0))

    def _try(self, action: int) -> npt.NDArray[np.float64]:
        """Return the rewards of an action, shape ``(n,)``."""
        self._trial.take(self.batch.state, self._copies)
        return self._trial.step(np.full(len(self._copies), action))


class GreedyInSight(Greedy):
    """Greedy that knows who is hidden."""

    summary = "Largest reward of the step with line of sight and noise, as if partners were silent."
    mode = policies.AWARE


BASELINES: dict[str, type[Baseline]] = {
    "one_step_genie": OneStepGenie,
    "greedy_in_sight": GreedyInSight,
    "greedy": Greedy,
    "lee_greedy": LeeGreedy,
    "always_radar": AlwaysRadar,
    "round_robin": RoundRobin,
    "nearest": Nearest,
    "lee_nearest": LeeNearest,
    "random": RandomBaseline,
}
