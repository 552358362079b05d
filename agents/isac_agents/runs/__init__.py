"""Run folders: what was trained, with which numbers, and the weights.

Whatever reads or writes a file of a run folder belongs here: record, weights, checkpoints, lock and
seal. How a run is trained or measured does not.
"""

from isac_agents.runs.learners import load, make_learner
from isac_agents.runs.record import RunRecord, read_record

__all__ = ["RunRecord", "load", "make_learner", "read_record"]
