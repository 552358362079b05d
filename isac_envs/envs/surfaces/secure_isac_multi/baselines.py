"""Baselines of ``isac/SecureIsacMulti-v0``: a rule of the base station with one of hers."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.engine.noise import standard_normal
from isac_envs.envs.surfaces.secure_isac import baselines as single
from isac_envs.kernels.numerics import portable

Turns = npt.NDArray[np.float64]


class Wander(Baseline):
    """The walk of the single environment."""

    def turns(self) -> Turns:
        """Return her turns in turns, shape ``(n,)``."""
        drawn = standard_normal(int(self.random.integers(0, 2**63)), len(self.env))
        return np.asarray(self.params.target_turn_std_deg / 360.0 * drawn)


class Approach(Baseline):
    """Towards the line between surface and user."""

    def turns(self) -> Turns:
        """Return her turns in turns, shape ``(n,)``."""
        users, (x, y) = self.batch.state.users, self.params.surface_m
        her, user = users[:, 1], users[:, 0]
        along_x, along_y = user["x_m"] - x, user["y_m"] - y
        far = np.maximum(along_x * along_x + along_y * along_y, 1e-12)
        part = ((her["x_m"] - x) * along_x + (her["y_m"] - y) * along_y) / far
        way_x = x + part * along_x - her["x_m"]
        way_y = y + part * along_y - her["y_m"]
        ahead = way_x * her["heading_x"] + way_y * her["heading_y"]
        left = way_y * her["heading_x"] - way_x * her["heading_y"]
        return np.asarray(portable.atan2_turns(left, ahead))


def _pair(station: type[Baseline], hers: type[Any], summary: str) -> type[Baseline]:
    """Return the baseline of both agents.

    Args:
        station: Rule of the base station, in the single environment.
        hers: Rule of the eavesdropper.
        summary: One line.
    """

    class Pair(station):  # type: ignore[valid-type,misc]
        kind = "heuristic"

        def __init__(self, batch: HasState, seed: int = 0) -> None:
            super().__init__(batch, seed)
            self.hers = hers(batch, seed + 1)

        def act(self) -> npt.NDArray[np.float64]:
            """Return the actions of both, shape ``(n, 2, W)``."""
            own = super().act()
            rows = np.zeros((len(own), 2, own.shape[1]))
            rows[:, 0] = own
            largest = self.params.largest_turn_deg / 360.0
            rows[:, 1, 0] = np.clip(self.hers.turns() / largest, -1.0, 1.0)
            return rows

    Pair.__name__ = f"{station.__name__}{hers.__name__}"
    Pair.summary = summary
    return Pair


_STATIONS = (
    ("informed", single.Informed, "The base station as informed"),
    ("probing", single.Probing, "The base station as probing"),
    ("ignorant", single.Ignorant, "The base station as ignorant"),
)
_HERS = (
    ("wander", Wander, "she walks at random"),
    ("approach", Approach, "she walks to the line between surface and user"),
)
BASELINES: dict[str, type[Baseline]] = {
    f"{name}_{way}": _pair(station, hers, f"{one}; {other}.")
    for name, station, one in _STATIONS
    for way, hers, other in _HERS
} | {"random": RandomBaseline}
