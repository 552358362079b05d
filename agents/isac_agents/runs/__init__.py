"""Run folders: the settings of a run, its results and the weights.

All code that reads or writes files of a run folder belongs here: record, weights, checkpoints, lock
and seal. Training and evaluation do not.
"""

from isac_agents.runs.learners import load, make_learner
from isac_agents.runs.record import RunRecord, read_record

__all__ = ["RunRecord", "load", "make_learner", "read_record"]
