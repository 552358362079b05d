"""Baselines of beam training."""

from isac_envs.declaration.baseline import Baseline, RandomBaseline
from isac_envs.envs.beam_management.beam_training.learned import LookUpTable, NearestNeighbours
from isac_envs.envs.beam_management.beam_training.rules import (
    Bayes,
    BestK,
    Genie,
    Hierarchical,
    Hold,
    Sweep,
    TopK,
)

BASELINES: dict[str, type[Baseline]] = {
    "genie": Genie,
    "bayes": Bayes,
    "best_k": BestK,
    "top_k": TopK,
    "nearest_neighbours": NearestNeighbours,
    "look_up_table": LookUpTable,
    "hierarchical": Hierarchical,
    "sweep": Sweep,
    "hold": Hold,
    "random": RandomBaseline,
}
