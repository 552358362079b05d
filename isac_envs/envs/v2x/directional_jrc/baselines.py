"""Baselines of directional joint radar and communication; all but the random one are rules.

They write the actions of the first ``decides`` vehicles, so that the environment with a single
learning vehicle shares them.
"""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.envs.v2x.directional_jrc import coordination, policies
from isac_envs.envs.v2x.directional_jrc.records import ACTIONS, BEAMS, RADAR, SECTORS

Actions = npt.NDArray[np.int64]


class RoadBaseline(Baseline):
    """A rule for the agents of a road, vehicle 0 first."""

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.copies, self.decides = len(self.env), len(self.model.agents)

    def act(self) -> npt.NDArray[Any]:
        """Return the actions, shape ``(n, A)``, or ``(n,)`` where one vehicle decides."""
        actions = self.choose(np.zeros((self.copies, self.decides), np.int64))
        return actions[:, 0] if self.decides == 1 else actions

    def choose(self, actions: Actions) -> Actions:
        """Write and return the actions, shape ``(n, A)``."""
        raise NotImplementedError


class Greedy(RoadBaseline):
    """Every vehicle on its own."""

    summary = "Each vehicle maximises its own reward of the step as if it were alone on air."
    mode: ClassVar[int] = policies.ALONE

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self._reckoning = policies.Reckoning(
            self.mode,
            np.array(self.params.weights),
            np.zeros((self.params.vehicles, BEAMS)),
            np.zeros(SECTORS),
            np.zeros(SECTORS),
        )

    def greedy(self, first: int, actions: Actions) -> None:
        """Write the greedy actions of the first vehicles."""
        record, state = self.params.record, self.batch.state
        policies.greedy_batch(record, state, self._reckoning, first, actions)

    def choose(self, actions: Actions) -> Actions:
        """Write and return the actions, shape ``(n, A)``."""
        self.greedy(self.decides, actions)
        return actions


class GreedyInTurn(Greedy):
    """One vehicle after the other, in the order of their numbers."""

    summary = (
        "Vehicles choose in turn for the sum of rewards, with line of sight, noise and the beams "
        "chosen before them; none reconsiders."
    )
    mode = policies.AWARE


class Coordinated(RoadBaseline):
    """All vehicles for all, over and over, until no single one can add to the sum."""

    kind = "best_known"
    constants = ("starts",)
    starts = 8
    summary = (
        "Largest expected sum of rewards of the step among eight joint actions that no vehicle "
        "alone can improve; the best known policy, not a bound."
    )

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        count = self.params.vehicles
        self._search = coordination.Search(
            np.array(self.params.weights),
            np.zeros((count, count), coordination.LINK),
            np.zeros(count, coordination.PLAN),
        )

    def choose(self, actions: Actions) -> Actions:
        """Write and return the actions, shape ``(n, A)``."""
        shuffled = np.random.default_rng(0).permuted
        turns = np.tile(np.arange(self.params.vehicles), (int(self.starts), 1))
        turns[1:] = shuffled(turns[1:], axis=1)
        record, state = self.params.record, self.batch.state
        coordination.coordinate_batch(record, state, self._search, turns, actions)
        return actions


class RoundRobin(RoadBaseline):
    """The published rule."""

    summary = "Radar every fourth step, the 16 pairs of beam and sector in between."

    def choose(self, actions: Actions) -> Actions:
        """Write and return the actions, shape ``(n, A)``."""
        policies.take_turns_batch(self.params.record, self.batch.state, actions)
        return actions


class GreedyEgo(Greedy):
    """One greedy vehicle among others that take turns."""

    summary = "Vehicle 0 as greedy; the others as round_robin."

    def choose(self, actions: Actions) -> Actions:
        """Write and return the actions, shape ``(n, A)``."""
        policies.take_turns_batch(self.params.record, self.batch.state, actions)
        self.greedy(1, actions)
        return actions


class LeeGreedy(Greedy):
    """The published one-step search."""

    summary = "As greedy, but sums keep what earlier beams left in them, so that radar wins more."
    mode = policies.LEFT_OVER


class LeeGreedyEgo(GreedyEgo):
    """The published one-step search for one vehicle."""

    summary = "Vehicle 0 as lee_greedy; the others as round_robin."
    mode = policies.LEFT_OVER


class Nearest(RoadBaseline):
    """Sends to whom is near."""

    summary = "Beam, and data of the same side, to the nearest vehicle; radar without one."
    stretched: ClassVar[bool] = False

    def choose(self, actions: Actions) -> Actions:
        """Write and return the actions, shape ``(n, A)``."""
        policies.nearest_batch(self.params.record, self.batch.state, self.stretched, actions)
        return actions


class LeeNearest(Nearest):
    """The published heuristic, for all vehicles."""

    summary = "As nearest, with angles of coordinates over length and width of the road."
    stretched = True


class LeeNearestEgo(LeeNearest):
    """The published heuristic as it was published."""

    summary = "Vehicle 0 as lee_nearest; vehicle i takes action (t + i) mod 18."

    def choose(self, actions: Actions) -> Actions:
        """Write and return the actions, shape ``(n, A)``."""
        super().choose(actions)
        later = np.arange(1, self.decides)
        actions[:, 1:] = (self.env["time"][:, None] + later) % ACTIONS
        return actions


class AlwaysRadar(RoadBaseline):
    """Communicates nothing and risks nothing."""

    summary = "Radar in every step: the reward is exactly 0, where plain learners get stuck."

    def choose(self, actions: Actions) -> Actions:
        """Write and return the actions, shape ``(n, A)``."""
        actions[...] = RADAR
        return actions


BASELINES: dict[str, type[Baseline]] = {
    "coordinated": Coordinated,
    "greedy_coordinated": GreedyInTurn,
    "greedy": Greedy,
    "greedy_ego": GreedyEgo,
    "lee_greedy": LeeGreedy,
    "lee_greedy_ego": LeeGreedyEgo,
    "always_radar": AlwaysRadar,
    "round_robin": RoundRobin,
    "nearest": Nearest,
    "lee_nearest": LeeNearest,
    "lee_nearest_ego": LeeNearestEgo,
    "random": RandomBaseline,
}
