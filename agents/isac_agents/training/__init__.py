"""Training of runs: planned, started or resumed, watched, and written to run folders.

The jobs, the session in a folder, callbacks, logs and the state of learners belong here. Formats of
files stand in ``runs``; what a policy is worth in ``evaluation``.
"""

from isac_agents.training.job import Job, Report
from isac_agents.training.plan import plan_jobs, plan_resumed
from isac_agents.training.train_jobs import train, train_all

__all__ = ["Job", "Report", "plan_jobs", "plan_resumed", "train", "train_all"]
