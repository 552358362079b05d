"""Baselines of a secondary user."""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.declaration.model import Model
from isac_envs.declaration.trial import Trial
from isac_envs.envs.spectrum.cognitive_access import exact
from isac_envs.envs.spectrum.cognitive_access.policies import Array, Views, with_best_time
from isac_envs.envs.spectrum.cognitive_access.records import ACKNOWLEDGED, NOTHING
from isac_envs.envs.spectrum.cognitive_access.relaxation import Relaxation, relaxed
from isac_envs.kernels.spectrum.occupancy import steady_idle
from isac_envs.planning import Policy, finite_horizon

Actions = npt.NDArray[np.int64]

_COPIES, _STEPS = 200, 150  # of a trial


class _User(Baseline):
    """What the baselines share."""

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.views = Views(self.params)

    @property
    def user(self) -> npt.NDArray[Any]:
        """Records of the user, shape ``(n,)``."""
        return np.asarray(self.batch.state.users[:, 0])

    @property
    def beliefs(self) -> Array:
        """Probabilities that the channels are idle, shape ``(n, N)``."""
        return np.asarray(self.batch.state.beliefs["idle"][:, 0])

    @property
    def deviation_m(self) -> Array:
        """Deviation of the range in the coming slot, before an echo, shape ``(n,)``."""
        return np.sqrt(np.maximum(self.user["covariance"][:, 0, 0], 0.0))

    def best(self, values: Array) -> Actions:
        """Return the actions of the largest values, shape ``(n, N, J)``."""
        return np.asarray(values.reshape(len(values), -1).argmax(1))


class Genie(_User):
    """Sees the states of the channels."""

    kind = "genie"
    summary = (
        "Knows which channels are idle and uses the widest for the whole slot, without sensing: no "
        "policy has more throughput or smaller deviations of the range."
    )

    def act(self) -> Actions:
        """Return the widest idle channels."""
        idle = self.batch.state.channels["idle"]
        self.batch.state.users["informed"] = True
        channels = np.where(idle, self.params.capacities_mbps(), -1.0).argmax(1)
        return np.asarray(channels * self.params.choices)


class Myopic(_User):
    """Looks at nothing but the coming slot."""

    summary = "Channel and sensing time of the largest expected reward of the slot."

    def act(self) -> Actions:
        """Return the actions of the largest expected reward."""
        worth = self.views.worth(self.deviation_m)
        return self.best(self.views.immediate(self.beliefs, worth))


@lru_cache(maxsize=64)
def _usual_m(model: type[Model], params: Any) -> float:
    """Return the mean deviation of the range before an echo under the myopic rule, in m."""
    if not params.target:
        return 0.0
    trial = Trial(model(params), _COPIES)
    rule = Myopic(trial)
    trial.start(np.arange(_COPIES))
    steps, total = min(_STEPS, params.horizon), 0.0
    for _ in range(steps):
        trial.step(rule.act())
        total += float(rule.user["predicted_m"].mean())
    return round(total / steps, 3)


class Lookahead(_User):
    """Expected reward of the slot, and of what it tells by the values of single channels.

    Attributes:
        slots: For how many slots a smaller deviation of the range counts.
        usual_m: Deviation before an echo that the values of single channels assume, in m: that of
            the myopic rule.
    """

    slots: float = 1.0

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        # mypy takes a class for unhashable where instances define no hash
        self.usual_m = _usual_m(type(self.model), self.params)  # type: ignore[arg-type]

    def act(self) -> Actions:
        """Return the actions of the largest expected value."""
        worth = self.views.worth(self.deviation_m, self.slots)
        now = self.views.immediate(self.beliefs, worth)
        return self.best(now + self.views.later(self.beliefs, self.relaxation()))

    def relaxation(self) -> Relaxation:
        """Return the values of single channels, with what an echo is usually worth."""
        relief = self.views.relief(np.array([self.usual_m]))[0]
        bonus = self.params.weights[1] * self.slots * relief
        return relaxed(self.params, np.round(np.maximum(bonus, 0.0), 12))


class Whittle(_User):
    """Whittle's index."""

    summary = (
        "Largest Whittle index (Liu and Zhao, 2010) times what the channel pays now, less expected "
        "collisions; best time for the slot."
    )

    def act(self) -> Actions:
        """Return the channels of the largest indices, with their best times."""
        worth = self.views.worth(self.deviation_m)
        channels = self.views.indices(self.beliefs, worth).argmax(1)
        return with_best_time(channels, self.views.immediate(self.beliefs, worth))


class Optimum(Lookahead):
    """The optimum of the textbook case, the best known policy elsewhere."""

    kind = "best_known"
    summary = (
        "Exact by backward induction with a perfect detector, no target and up to three channels; "
        "else looks a slot ahead with the values of single channels, or follows `whittle`, "
        "whichever earns more in trials."
    )
    constants = ("slots",)

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.table: Policy | None = None
        self.other: Whittle | None = None
        if exact.is_exact(self.params):
            self.cap = exact.age_cap(self.params)
            self.table = _table(self.params, self.cap)
            return
        # mypy takes a class for unhashable where instances define no hash
        if _whittle_is_better(type(self.model), self.params):  # type: ignore[arg-type]
            self.other = Whittle(batch, seed)

    def act(self) -> Actions:
        """Return the best actions for the time left, or those of the better rule."""
        if self.table is not None:
            left = np.clip(self.params.horizon - self.env["time"], 1, len(self.table))
            index = exact.state_index(self.params, self.cap, self.beliefs)
            return np.asarray(self.table[left - 1, index], np.int64)
        if self.other is not None:
            return self.other.act()
        return super().act()


@lru_cache(maxsize=4)
def _table(params: Any, cap: int) -> Policy:
    """Return the optimal action by steps to go and state."""
    return finite_horizon(exact.belief_model(params, cap)).policy


@lru_cache(maxsize=16)
def _whittle_is_better(model: type[Model], params: Any) -> bool:
    """Return whether Whittle's index earns more than looking ahead, by a standard error."""
    gain = _try(model(params), Whittle) - _try(model(params), Lookahead)
    return bool(gain.mean() > gain.std() / np.sqrt(_COPIES))


def _try(model: Model, rule: type[_User]) -> Array:
    """Return the mean reward per step of each trial."""
    trial = Trial(model, _COPIES)
    policy = rule(trial)
    trial.start(np.arange(_COPIES))
    steps = min(_STEPS, model.params.horizon)
    return np.asarray(sum(trial.step(policy.act()) for _ in range(steps)) / steps)


class RoundRobin(_User):
    """Takes turns, the structure of the myopic policy for alike channels (Zhao et al., 2008)."""

    summary = (
        "Stays on a channel that was idle, or on a busy one if states alternate; else the next in "
        "turn. Best time for a channel that nothing is known of."
    )

    def act(self) -> Actions:
        """Return the last channels or the next ones."""
        user, p = self.user, self.params
        alternates = (self.views.stays < self.views.becomes)[user["channel"]]
        arrived = user["outcome"] == ACKNOWLEDGED
        on = (arrived == alternates) & (user["outcome"] != NOTHING)
        channels = (user["channel"] + on) % p.channels
        steady = np.asarray(steady_idle(self.views.stays, self.views.becomes))
        steady = np.broadcast_to(steady, self.beliefs.shape)
        worth = np.broadcast_to(self.views.carried, (len(user), *self.views.carried.shape))
        return with_best_time(channels, self.views.immediate(steady, worth))


BASELINES: dict[str, type[Baseline]] = {
    "genie": Genie,
    "optimum": Optimum,
    "whittle": Whittle,
    "myopic": Myopic,
    "round_robin": RoundRobin,
    "random": RandomBaseline,
}
