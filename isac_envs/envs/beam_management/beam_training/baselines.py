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
    Top1,
    Top2,
    Top3,
    Top5,
    Top8,
)

BASELINES: dict[str, type[Baseline]] = {
    "genie": Genie,
    "bayes": Bayes,
    "best_k": BestK,
    "top_1": Top1,
    "top_2": Top2,
    "top_3": Top3,
    "top_5": Top5,
    "top_8": Top8,
    "nearest_neighbours": NearestNeighbours,
    "look_up_table": LookUpTable,
    "hierarchical": Hierarchical,
    "sweep": Sweep,
    "hold": Hold,
    "random": RandomBaseline,
}
