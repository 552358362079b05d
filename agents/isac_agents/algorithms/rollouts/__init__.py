"""Learners that ask the simulator: what an action brings is measured from copies of the state."""

from isac_agents.algorithms.rollouts.rollout_iteration import RolloutIteration

__all__ = ["RolloutIteration"]
