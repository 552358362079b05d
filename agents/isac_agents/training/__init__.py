"""Training of runs: planned, started or resumed, watched, and written to run folders.

The jobs, the session in a folder, callbacks, logs and the state of learners belong here. Formats of
files stand in ``runs``; what a policy is worth in ``evaluation``.
"""

from isac_agents.training.jobs import Job, Report, plan_jobs, plan_resumed, train, train_all

__all__ = ["Job", "Report", "plan_jobs", "plan_resumed", "train", "train_all"]
