"""Learners that hold a value for every state and action, compiled.

Only learners that need the environment's state as one number belong here; no networks.
"""

from isac_agents.algorithms.tabular.q_learning import QLearning

__all__ = ["QLearning"]
