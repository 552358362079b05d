"""Training of runs: plan, start, resume and monitor them, and write run folders.

Jobs, the session in a folder, callbacks, logs and the state of learners belong here. File formats
are in ``runs``, the evaluation of policies in ``evaluation``.
"""

from isac_agents.training.job import Job, Report
from isac_agents.training.plan import plan_jobs, plan_resumed
from isac_agents.training.train_jobs import train, train_all

__all__ = ["Job", "Report", "plan_jobs", "plan_resumed", "train", "train_all"]
