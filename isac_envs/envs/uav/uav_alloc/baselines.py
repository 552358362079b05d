"""Baselines of the group of UAVs: searches of one slot, with or without a price on energy.

All know the true gains. They choose an option for each UAV; the model turns these into actions.
"""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, Kind, RandomBaseline
from isac_envs.envs.uav.uav_alloc import assignment, search
from isac_envs.envs.uav.uav_alloc.records import ALLOCATION, IDLE

Options = npt.NDArray[np.int64]
Scene = tuple[Any, Any, search.Bench, npt.NDArray[np.float64]]


class Allocator(Baseline):
    """Chooses options of all UAVs for the present slot."""

    priced: ClassVar[bool] = False
    price = 0.6  # times (1 - r) / (r M): the price of a joule in units of reward

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.count = self.params.uavs
        self.table = self.params.record[0]
        self._bench = search.Bench(
            np.array(self.params.weights),
            np.zeros(self.count, ALLOCATION),
            np.zeros(self.count, np.int64),
        )
        self._chosen = np.zeros((len(self.env), self.count), np.int64)

    def act(self) -> npt.NDArray[Any]:
        """Return the actions of all copies, in the form of the environment."""
        model: Any = self.model
        return np.asarray(model.encode_options(self.choose()))

    def choose(self) -> Options:
        """Return the option of each UAV, shape ``(n, M)``."""
        raise NotImplementedError

    def prices(self) -> npt.NDArray[np.float64]:
        """Return the price of energy of each UAV in 1/J, shape ``(n, M)``.

        With a ration r, the energy left over what the slots left take at full power, it is
        proportional to ``(1 - r) / r``: nothing while energy lasts for full power, and rising
        until what is spent per slot is the ration.
        """
        uavs = self.batch.state.uavs
        if not self.priced:
            return np.zeros(uavs.shape)
        left_s = (self.params.horizon - self.env["time"]) * self.params.step_s
        full_j = np.maximum(left_s, self.params.step_s)[:, None] * self.table.largest_w
        ration = np.minimum(1.0, uavs["energy_j"] / full_j)
        return np.asarray(self.price / self.count * (1.0 - ration) / np.maximum(ration, 1e-3))

    def scene(self) -> Scene:
        """Return the arguments of the compiled searches: parameters, state, bench and prices."""
        return self.params.record, self.batch.state, self._bench, self.prices()


class BestResponse(Allocator):
    """Local search from several random starts."""

    summary = "Best of three local optima of the slot, of which no UAV alone can improve; myopic."
    starts = 3

    def choose(self) -> Options:
        """Return the options, shape ``(n, M)``."""
        return self.respond()

    def respond(self) -> Options:
        """Return the best local optimum."""
        shape = (len(self.env), int(self.starts), self.count)
        starts = self.random.integers(0, self.table.options, shape)
        search.best_response_batch(*self.scene(), starts, self._chosen)
        return self._chosen.copy()


class Exhaustive(BestResponse):
    """Global search, where it is small."""

    most: ClassVar[int] = 20_000
    starts = 16
    summary = (
        "Best of all joint actions of the slot, of which there may be 20,000, beyond that of 16 "
        "local optima; myopic, so the optimum of an episode only if energy does not bind."
    )

    def choose(self) -> Options:
        """Return the options, shape ``(n, M)``."""
        if int(self.table.options) ** self.count > self.most:
            return self.respond()
        search.exhaustive_batch(*self.scene(), self._chosen)
        return self._chosen.copy()


class PricedExhaustive(Exhaustive):
    """Global search with a price on energy."""

    kind: ClassVar[Kind] = "best_known"
    constants = ("price", "starts")
    priced = True
    summary = (
        "As exhaustive, with a price on energy that rises as what is left falls short of full "
        "power until the end; the best known policy, not a bound."
    )


class PricedBestResponse(BestResponse):
    """Local search with a price on energy."""

    kind: ClassVar[Kind] = "best_known"
    constants = ("price", "starts")
    priced = True
    summary = "As best_response, with the price on energy of priced_exhaustive."


class Greedy(Allocator):
    """One UAV after the other."""

    summary = "UAVs choose for the slot in the order of their numbers, the later ones still idle."

    def choose(self) -> Options:
        """Return the options, shape ``(n, M)``."""
        search.greedy_batch(*self.scene(), self._chosen)
        return self._chosen.copy()


class KuhnMunkres(Allocator):
    """Optimal assignment without interference."""

    summary = "Optimal assignment of tasks as if there were no interference; channel m mod C."

    def tasks(self) -> assignment.TaskValues:
        """Return the values of all tasks."""
        return assignment.TaskValues(self.params, self.prices(), self.batch.state)

    def choose(self) -> Options:
        """Return the options, shape ``(n, M)``."""
        return assignment.blind(self.tasks())


class ChannelKuhnMunkres(KuhnMunkres):
    """Optimal assignment of tasks and channels."""

    summary = "Optimal assignment of pairs of task and channel, each pair at most once."

    def choose(self) -> Options:
        """Return the options, shape ``(n, M)``."""
        return assignment.channel_aware(self.tasks())


class RandomAllocation(RandomBaseline, Allocator):
    """Uniform options of every UAV whose battery is not empty."""

    def act(self) -> npt.NDArray[Any]:
        """Return uniform actions, idle where the battery is empty."""
        if self.model.action.kind != "multi_discrete":
            return super().act()
        return Allocator.act(self)

    def choose(self) -> Options:
        """Return the options, shape ``(n, M)``."""
        drawn = self.random.integers(0, self.table.options, (len(self.env), self.count))
        charged = self.batch.state.uavs["energy_j"] > 0.0
        if self.params.idling != "free":
            drawn = 1 + self.random.integers(0, self.table.options - 1, drawn.shape)
        return np.where(charged, drawn, IDLE)


BASELINES: dict[str, type[Baseline]] = {
    "priced_exhaustive": PricedExhaustive,
    "priced_best_response": PricedBestResponse,
    "exhaustive": Exhaustive,
    "best_response": BestResponse,
    "greedy_sequential": Greedy,
    "channel_kuhn_munkres": ChannelKuhnMunkres,
    "kuhn_munkres": KuhnMunkres,
    "random": RandomAllocation,
}
