"""Wolpertinger: an actor-critic for large discrete action spaces.

The learner, its networks and the lattices of actions belong here; environments do not.
"""

from isac_agents.algorithms.wolpertinger.wolpertinger import Wolpertinger

__all__ = ["Wolpertinger"]
