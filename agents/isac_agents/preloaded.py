"""Imported by the server that child processes are copies of: what every training imports.

Sets the number of threads first, which libraries read while they are imported: each child process
has one processor.
"""

import importlib
import os

os.environ["OMP_NUM_THREADS"] = "1"
for _name in ("stable_baselines3", "isac_agents.training.train_jobs", "isac_envs.core.vector_env"):
    importlib.import_module(_name)
