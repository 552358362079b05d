"""Baselines of several UAVs: those of a single one, with users and targets shared out."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, RandomBaseline
from isac_envs.envs.uav.uav_trajectory import baselines as single
from isac_envs.kernels.numerics import portable


class _Team(single.Pilot):
    """Rows for all UAVs of all copies, those of a copy together."""

    @property
    def flyers(self) -> npt.NDArray[Any]:
        """Records of the UAVs, shape ``(n N,)``."""
        return self.batch.state.uavs.reshape(-1)

    @property
    def times(self) -> npt.NDArray[np.int64]:
        """Slots since the start, shape ``(n N,)``."""
        return np.repeat(self.env["time"], self.params.uavs)

    @property
    def users(self) -> npt.NDArray[Any]:
        """User records, shape ``(n N, M)``."""
        return np.repeat(self.batch.state.users, self.params.uavs, 0)

    @property
    def targets(self) -> npt.NDArray[Any]:
        """Target records, shape ``(n N, K)``."""
        return np.repeat(self.batch.state.targets, self.params.uavs, 0)

    def share_out(self, things: npt.NDArray[Any], x: str, y: str) -> npt.NDArray[np.bool_]:
        """Deal users or targets out by their direction from home, neighbours to one UAV.

        If there are fewer than UAVs, several UAVs mind the same one.
        """
        count, uavs = things.shape[1], self.params.uavs
        angle = portable.atan2_turns(things[y] - self.home[1], things[x] - self.home[0])
        rank = angle.argsort(1).argsort(1)
        number = np.tile(np.arange(uavs), len(self.env))[:, None]
        if count < uavs:
            return np.asarray(rank == number * count // uavs)
        return np.asarray(rank * uavs // count == number)

    def in_form(self, actions: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return actions ``(n N, ...)`` as ``(n, N, ...)``."""
        return actions.reshape(len(self.env), self.params.uavs, *actions.shape[1:])


class Bound(_Team, single.Bound):
    """What no team exceeds in an episode."""


class KnownPlaces(_Team, single.KnownPlaces):
    """The team's flight around the true places."""


class FlyHoverSense(_Team, single.FlyHoverSense):
    """Each UAV flies the mission of a single one, for its users and targets."""

    summary = (
        "Users and targets are dealt out by their direction from home; each UAV looks at its "
        "targets until they are known well, then hovers over its users in turn, and returns in "
        "time."
    )


class StraightHome(_Team, single.StraightHome):
    """All fly straight home and stay there."""


BASELINES: dict[str, type[Baseline]] = {
    "bound": Bound,
    "known_places": KnownPlaces,
    "fly_hover_sense": FlyHoverSense,
    "straight_home": StraightHome,
    "random": RandomBaseline,
}
