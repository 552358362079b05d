"""Baselines of the hovering UAVs."""

import numpy as np

from isac_envs.declaration.baseline import Baseline, OptimalBaseline, RandomBaseline, TableBaseline
from isac_envs.envs.uav.uav_alloc_tiny.exact import describe
from isac_envs.planning import Policy, episode_mean, myopic


class Exhaustive(TableBaseline):
    """Best of all joint actions of the slot."""

    summary = "Largest reward of the slot among all joint actions; myopic."

    def table(self) -> Policy:
        """Return the myopic policy."""
        return myopic(self.model.transition_model())


class Frugal(TableBaseline):
    """Saves energy blindly."""

    summary = "Largest reward of the slot among the joint actions at the smallest power."

    def table(self) -> Policy:
        """Return the best actions without any power but the smallest, shape ``(S,)``."""
        p = self.params
        powers = np.array([describe(p, option)[2] for option in range(p.option_count)])
        options = np.indices((p.option_count,) * p.uavs).reshape(p.uavs, -1)
        cheap = (powers <= min(p.powers_w))[options].all(0)
        reward = self.model.transition_model().reward
        return np.asarray(np.where(cheap[:, None], reward, -np.inf).argmax(0))


class BestFixed(TableBaseline):
    """One choice for the whole episode."""

    summary = "The joint action that earns most if it is chosen in every slot, by the exact model."

    def table(self) -> Policy:
        """Return the best constant policy, shape ``(S,)``."""
        mdp = self.model.transition_model()
        constant = np.repeat(np.arange(mdp.actions)[:, None], mdp.states, 1)
        return constant[np.argmax([episode_mean(mdp, each) for each in constant])]


BASELINES: dict[str, type[Baseline]] = {
    "optimum": OptimalBaseline,
    "exhaustive": Exhaustive,
    "best_fixed": BestFixed,
    "frugal": Frugal,
    "random": RandomBaseline,
}
