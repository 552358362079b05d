"""Policies on held-out episodes: play them, store results, and compare them with the baselines.

Measurements of policies belong here, with their statistics and the loading of policies. Training
and the presentation of results do not.
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
