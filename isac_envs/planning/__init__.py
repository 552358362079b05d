"""Exact solutions of small environments: finite Markov decision processes and Markov chains.

Plain NumPy and SciPy over arrays of probabilities. What an environment's states and probabilities
are, it says itself in its ``transition_model()``.
"""

from isac_envs.planning.mdp import (
    Array,
    EpisodeOptimum,
    FiniteMdp,
    Policy,
    Solution,
    average,
    chain,
    episode_mean,
    evaluate,
    expected,
    finite_horizon,
    myopic,
    optimal_average,
    refuse_large,
    stationary,
    uniform_policy,
    value_iteration,
)

__all__ = [
    "Array",
    "EpisodeOptimum",
    "FiniteMdp",
    "Policy",
    "Solution",
    "average",
    "chain",
    "episode_mean",
    "evaluate",
    "expected",
    "finite_horizon",
    "myopic",
    "optimal_average",
    "refuse_large",
    "stationary",
    "uniform_policy",
    "value_iteration",
]
