"""Proximal policy optimisation of Stable-Baselines3 with scaled rewards and decreasing settings."""

from sb3_contrib import MaskablePPO
from stable_baselines3 import PPO

from isac_agents.algorithms.ppo.annealing import Annealing


class Ppo(Annealing, PPO):
    """PPO with the settings of :class:`isac_agents.algorithms.ppo.annealing.Annealing`.

    Source: J. Schulman et al., "Proximal policy optimization algorithms", 2017 (arXiv
    1707.06347).
    """


class MaskablePpo(Annealing, MaskablePPO):
    """PPO that never chooses invalid actions, with the same settings.

    Source: S. Huang, S. Ontanon, "A closer look at invalid action masking in policy gradient
    algorithms", FLAIRS 2022 (arXiv 2006.14171).
    """
