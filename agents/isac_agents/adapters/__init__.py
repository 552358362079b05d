"""Environments and numbers in the form in which Stable-Baselines3 takes them.

Here stand the vector environment over the native batch and the guard that stops what is not a
finite number. Nothing here knows a learner, a run folder or a command.
"""

from isac_agents.adapters.nan_guard import NotFiniteError
from isac_agents.adapters.vec_env import BatchVecEnv

__all__ = ["BatchVecEnv", "NotFiniteError"]
