"""Baselines of ``isac/MultiBsPower-v0``: central controllers with the true channels."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.envs.cells.multi_bs_power import climbing, search
from isac_envs.kernels.numerics import portable

Powers = npt.NDArray[np.float64]
MOST_LINKS = 4
"""Links of an exhaustive search at most."""


class PowerPolicy(Baseline):
    """Base: chooses powers, and writes them in the form of the action."""

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        p = self.params
        self.bench = search.bench_of(p)
        self.shape = len(self.env), len(self.model.agents) + 1, p.sub_bands
        if p.action == "levels":
            steps = np.arange(p.power_levels)[::-1] / max(p.power_levels - 1, 1)
            levels = np.asarray(portable.db_to_linear(p.lowest_level_db * steps))
            self.bench = self.bench._replace(grid=np.concatenate(([0.0], levels)))

    def powers(self) -> Powers:
        """Return the powers of all links, and a row behind them, shape ``(n, L + 1, B)``."""
        raise NotImplementedError

    def searched(self, batch_kernel: Callable[..., None], *constants: Any) -> Powers:
        """Return the powers that a search writes.

        Args:
            batch_kernel: Of :mod:`.search` or :mod:`.climbing`.
            *constants: What it takes besides the bench.
        """
        found = np.zeros(self.shape)
        batch_kernel(self.params.record, self.batch.state, self.bench, *constants, found)
        return found

    def act(self) -> npt.NDArray[Any]:
        """Return the actions of all agents, shape ``(n, L)`` or ``(n, L, B)``."""
        powers = self.powers()
        if self.params.action == "power":
            return 2.0 * powers[:, :-1] - 1.0
        climbing.snap_batch(self.params.record, self.batch.state, self.bench, powers)
        band, share = powers[:, :-1].argmax(-1), powers[:, :-1].max(-1)
        level = np.searchsorted(self.bench.grid, share)  # 0 is silence
        return np.where(level > 0, band * self.params.power_levels + level, 0)


class Ascent(PowerPolicy):
    """Climbs the reward itself, from several starts."""

    kind = "best_known"
    rounds = 12
    constants = ("rounds",)
    summary = (
        "Coordinate ascent of the team's reward on the true channels, from the powers of wmmse, "
        "fractional, foschini_miljanic and maxmin, from all the power, and with at most four links "
        "from each set of links that send."
    )

    def powers(self) -> Powers:
        """Return the powers that the best climb ends at."""
        return self.searched(climbing.best_known_batch, self.rounds)


class WeightedMmse(PowerPolicy):
    """WMMSE, as published."""

    tolerance: ClassVar[float] = 0.01
    summary = (
        "WMMSE for the sum rate from all the power, with a tolerance of 0.01 bit/s/Hz and at most "
        "100 iterations, on the true channels; deaf to the radars."
    )

    def powers(self) -> Powers:
        """Return the powers that the iteration ends at."""
        return self.searched(search.by_mmse_batch, self.tolerance)


class Fractional(PowerPolicy):
    """Fractional programming, as published."""

    late: ClassVar[bool] = False
    summary = (
        "Fractional programming for the sum rate from all the power, with a tolerance of 0.001, "
        "on the true channels; deaf to the radars."
    )

    def powers(self) -> Powers:
        """Return the powers that the iteration ends at."""
        return self.searched(search.by_fractions_batch, self.late)


class DelayedFractional(Fractional):
    """Fractional programming that knows channels one slot late."""

    late = True
    summary = "As fractional, on the channels of the slot before."


class MaxMin(PowerPolicy):
    """The same ratio for all."""

    summary = (
        "The largest ratio that all users can reach while the radars reach theirs, by bisection "
        "over the least powers, on the true channels; evenly in the sub-bands."
    )

    def powers(self) -> Powers:
        """Return the least powers of the largest ratio."""
        return self.searched(search.by_max_min_batch)


class FoschiniMiljanic(PowerPolicy):
    """Radars alone, at the least power."""

    summary = (
        "The least powers at which all radars reach the required ratio, or the largest that all "
        "can reach, on the true channels; evenly in the sub-bands."
    )

    def powers(self) -> Powers:
        """Return the least powers."""
        return self.searched(search.by_least_batch)


class Exhaustive(PowerPolicy):
    """Every joint choice of a grid."""

    steps: ClassVar[int] = 9
    summary = (
        "The best of all joint choices of nine powers a link, silence and 0 to -21 dB, on the true "
        "channels; evenly in the sub-bands. Only for at most four links, and not with levels."
    )

    def powers(self) -> Powers:
        """Return the best powers of the grid."""
        levels = portable.db_to_linear(-3.0 * np.arange(self.steps - 1))
        return self.searched(climbing.exhaustive_batch, np.concatenate(([0.0], levels)))


class FullPower(PowerPolicy):
    """No control at all."""

    memoryless = True
    summary = "All links at full power, evenly in the sub-bands; with levels in a random sub-band."

    def powers(self) -> Powers:
        """Return all the power."""
        found = np.full(self.shape, 1.0 / self.params.sub_bands)
        if self.params.action == "levels":
            drawn = self.random.random(self.shape)
            found = np.where(drawn == drawn.max(-1, keepdims=True), 1.0, 0.0)
        return found


BASELINES: dict[str, type[Baseline]] = {
    "ascent": Ascent,
    "exhaustive": Exhaustive,
    "wmmse": WeightedMmse,
    "fractional": Fractional,
    "delayed_fractional": DelayedFractional,
    "maxmin": MaxMin,
    "foschini_miljanic": FoschiniMiljanic,
    "full_power": FullPower,
    "random": RandomBaseline,
}
