"""Baselines of ``isac/TargetTrackMulti-v0``: those of a single station, followed by each."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, RandomBaseline
from isac_envs.envs.tracking.target_track import baselines as single
from isac_envs.envs.tracking.target_track_multi import policies


class _Team(single.Rule):
    """Every station follows the rule."""

    kernels: ClassVar[Mapping[str, Callable[..., None]]] = {
        "serve": policies.serve_batch,
        "in_turn": policies.in_turn_batch,
        "revisit": policies.revisit_batch,
        "choose": policies.choose_batch,
    }

    @property
    def stations(self) -> npt.NDArray[Any]:
        """Records of the stations, shape ``(n, N)``."""
        return self.batch.state.stations


class Genie(_Team, single.Genie):
    """What stations would get that need not look."""

    summary = "Stations know all targets, so each only serves the user that takes most data."


class ServeOnly(_Team, single.ServeOnly):
    """Max-weight scheduling."""


class ServeGreedy(_Team, single.ServeGreedy):
    """Greedy scheduling."""


class RoundRobin(_Team, single.RoundRobin):
    """Sectors in turn."""


class Revisit(_Team, single.Revisit):
    """Looks where it is most urgent."""


class Opportunistic(_Team, single.Opportunistic):
    """Lets the communication beam look where it passes anyway."""


class Myopic(_Team, single.Myopic):
    """One slot ahead, with patience."""


class IndexBlindChoice(_Team, single.IndexBlindChoice):
    """The tuned rule of a single station."""

    summary = (
        "Each values looks like the shaped rule, with tuned weights and the errors of tracks five "
        "slots later; it chooses the user by its data alone."
    )


class IndexNearest(IndexBlindChoice):
    """The same, without what others answer for."""

    summary = "The same, counting only tracks and unknown targets that the station answers for."
    kernels: ClassVar[Mapping[str, Callable[..., None]]] = {
        **_Team.kernels,
        "choose": policies.choose_nearest_batch,
    }


BASELINES: dict[str, type[Baseline]] = {
    "genie": Genie,
    "index_nearest": IndexNearest,
    "index_blind_choice": IndexBlindChoice,
    "myopic": Myopic,
    "revisit": Revisit,
    "opportunistic": Opportunistic,
    "round_robin": RoundRobin,
    "serve_greedy": ServeGreedy,
    "serve_only": ServeOnly,
    "random": RandomBaseline,
}
