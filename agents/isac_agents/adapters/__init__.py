"""Environments and numbers as Stable-Baselines3 expects them.

The vector environment over the native batch is here, and the guard against numbers that are not
finite. Nothing here depends on a learner, a run folder or a command.
"""

from isac_agents.adapters.nan_guard import NotFiniteError
from isac_agents.adapters.vec_env import BatchVecEnv

__all__ = ["BatchVecEnv", "NotFiniteError"]
