"""Baselines of ``isac/TargetTrack-v0``."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, RandomBaseline
from isac_envs.envs.tracking.target_track import policies, values
from isac_envs.envs.tracking.target_track.policies import GREEDY, MAX_WEIGHT, MOST_DATA, Urgency
from isac_envs.envs.tracking.target_track.values import Weights


class Rule(Baseline):
    """Base: chooses user, share and sector, and states them in the form of the action.

    Attributes:
        kernels: The rules, by name: of parameters, state, settings and choices of a batch.
    """

    kernels: ClassVar[Mapping[str, Callable[..., None]]] = {
        "serve": policies.serve_batch,
        "in_turn": policies.in_turn_batch,
        "revisit": policies.revisit_batch,
        "choose": values.choose_batch,
    }

    @property
    def stations(self) -> npt.NDArray[Any]:
        """Records of the stations, shape ``(n,)``; of several in a copy, ``(n, N)``."""
        return self.env

    def choose(self, choice: npt.NDArray[np.int64]) -> None:
        """Write user, share and sector of every station, shape ``(..., 3)``."""
        raise NotImplementedError

    def follow(self, rule: str, settings: Any, choice: npt.NDArray[np.int64]) -> None:
        """Let a rule choose.

        Args:
            rule: Its name.
            settings: What it takes beside the scene.
            choice: Receives user, share and sector of every station, shape ``(..., 3)``.
        """
        self.kernels[rule](self.params.record, self.batch.state, settings, choice)

    def act(self) -> npt.NDArray[Any]:
        """Return the choices, or the numbers that mean the same."""
        choice = np.zeros((*self.stations.shape, 3), np.int64)
        self.choose(choice)
        return choice if self.model.action.kind == "multi_discrete" else self._as_numbers(choice)

    def _as_numbers(self, choice: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        p, users = self.params, self.params.users
        shares, sines = np.array(p.shares), p.sector_sines()
        numbers = np.full((*choice.shape[:-1], users + 3), -1.0)
        served = np.nonzero(choice[..., 0] > 0)
        numbers[(*served, choice[served][:, 0] - 1)] = 1.0
        if shares[-1] > 0.0:
            numbers[..., users] = 2.0 * shares[choice[..., 1]] / shares[-1] - 1.0
        numbers[..., users + 1] = sines[choice[..., 2]] / float(p.record[0].edge_sine)
        return numbers

    def share(self, place: int) -> int:
        """Return the place of a share, or the last if there are fewer."""
        return min(place, len(self.params.shares) - 1)


class Genie(Rule):
    """What a station would get that need not look."""

    kind = "genie"
    summary = "Knows all targets, so it only serves the user that takes most data."

    def choose(self, choice: npt.NDArray[np.int64]) -> None:
        """Serve, and be paid for perfect tracks."""
        self.stations["granted"] = True
        self.follow("serve", MOST_DATA, choice)


class ServeOnly(Rule):
    """Max-weight scheduling."""

    summary = "Serves the largest product of queue and rate and never looks on purpose."
    way = MAX_WEIGHT

    def choose(self, choice: npt.NDArray[np.int64]) -> None:
        """Serve."""
        self.follow("serve", self.way, choice)


class ServeGreedy(ServeOnly):
    """Greedy scheduling."""

    summary = "Serves by the data that gets through, times the fourth root of the backlog."
    way = GREEDY


class RoundRobin(Rule):
    """Sectors in turn."""

    summary = "Serves greedily and looks into the sectors in turn, with the third share."
    place = 2

    def choose(self, choice: npt.NDArray[np.int64]) -> None:
        """Serve and look."""
        self.follow("in_turn", self.share(self.place), choice)


class RoundRobinShort(RoundRobin):
    """Sectors in turn, shortly."""

    summary = "The same with the second share."
    place = 1


class RoundRobinLong(RoundRobin):
    """Sectors in turn, long."""

    summary = "The same with the fourth share."
    place = 3


class Revisit(Rule):
    """Looks where it is most urgent."""

    summary = (
        "Serves greedily and looks, with the third share, where the age of a sector or the "
        "uncertainty of a track is largest."
    )
    constants: ClassVar[tuple[str, ...]] = ("slots", "widths", "tentative")
    place = 2
    slots, widths, tentative, least, margin = 60.0, 0.16, 2.0, 0.0, 1.0

    def choose(self, choice: npt.NDArray[np.int64]) -> None:
        """Serve and look."""
        urgency = Urgency(
            self.share(self.place), self.slots, self.widths, self.tentative, self.least, self.margin
        )
        self.follow("revisit", urgency, choice)


class RevisitShort(Revisit):
    """The same, shortly."""

    summary = "The same with the second share."
    place = 1


class RevisitLong(Revisit):
    """The same, long."""

    summary = "The same with the fourth share."
    place = 3


class Opportunistic(Revisit):
    """Lets the communication beam look where it passes anyway."""

    summary = (
        "Of the users that are worth nearly most, serves the one whose surroundings need a look "
        "most; looks elsewhere only where it is urgent."
    )
    constants: ClassVar[tuple[str, ...]] = ("slots", "widths", "tentative", "least", "margin")
    slots, widths, tentative, least, margin = 25.0, 0.06, 2.9, 0.46, 0.81


class Myopic(Rule):
    """One slot ahead, with patience."""

    summary = (
        "Maximises the expected reward of the slot; hits that confirm only later count by their "
        "part, and so do first detections."
    )

    def weights(self) -> Weights:
        """Return the weights of the rule."""
        communication, sensing = self.params.weights
        search = sensing / self.params.confirm_hits
        return Weights(communication, sensing, sensing, search, True, False, False)

    def choose(self, choice: npt.NDArray[np.int64]) -> None:
        """Choose what is worth most."""
        self.follow("choose", self.weights(), choice)


class MyopicPure(Myopic):
    """One slot ahead."""

    summary = "Maximises the expected reward of the slot alone: it never searches."

    def weights(self) -> Weights:
        """Return the weights of the rule."""
        communication, sensing = self.params.weights
        return Weights(communication, sensing, sensing, 0.0, False, False, False)


class Index(Myopic):
    """The same form with tuned weights."""

    summary = (
        "Values looks like the shaped rule, with tuned weights and the errors of tracks five slots "
        "later."
    )
    constants = ("track", "tentative", "search")
    track, tentative, search, blind = 1.5, 3.75, 2.5, False  # of the weight of sensing

    def weights(self) -> Weights:
        """Return the weights of the rule."""
        communication, sensing = self.params.weights
        return Weights(
            communication,
            sensing * self.track,
            sensing * self.tentative,
            sensing * self.search,
            True,
            True,
            self.blind,
        )


class IndexBlindChoice(Index):
    """Chooses the user by its data alone."""

    summary = "The same, but the user is chosen by its data alone."
    blind = True


BASELINES: dict[str, type[Baseline]] = {
    "genie": Genie,
    "index_blind_choice": IndexBlindChoice,
    "myopic": Myopic,
    "index": Index,
    "revisit": Revisit,
    "opportunistic": Opportunistic,
    "revisit_short": RevisitShort,
    "myopic_pure": MyopicPure,
    "round_robin": RoundRobin,
    "round_robin_short": RoundRobinShort,
    "revisit_long": RevisitLong,
    "serve_greedy": ServeGreedy,
    "round_robin_long": RoundRobinLong,
    "serve_only": ServeOnly,
    "random": RandomBaseline,
}
