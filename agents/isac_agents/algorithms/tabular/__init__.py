"""Learners that hold a value for every state and action, compiled.

Only what needs the environment's state as one number belongs here; no networks.
"""

from isac_agents.algorithms.tabular.q_learning import QLearning

__all__ = ["QLearning"]
