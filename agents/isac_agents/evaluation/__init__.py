"""Policies on held-out episodes: played, kept, and compared with the baselines.

What measures a policy belongs here, with the statistics and where policies come from. Nothing here
trains, and nothing decides how results are shown.
"""

from isac_agents.evaluation.cache import Candidate, EvaluationCache
from isac_agents.evaluation.comparison import Comparison, Row, Run, compare
from isac_agents.evaluation.episodes import (
    HELD_OUT_SEED,
    VALIDATION_SEED,
    Evaluation,
    MakePolicy,
    Policy,
    baseline,
    play,
)

__all__ = [
    "HELD_OUT_SEED",
    "VALIDATION_SEED",
    "Candidate",
    "Comparison",
    "Evaluation",
    "EvaluationCache",
    "MakePolicy",
    "Policy",
    "Row",
    "Run",
    "baseline",
    "compare",
    "play",
]
