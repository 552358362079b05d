"""Many runs that answer one question: a matrix of agents and scenarios, or a search.

Code that plans and performs many trainings belongs here. A single training is in ``training``,
pages and tables of results in ``report``.
"""

from isac_agents.benchmark.matrix import plan, read
from isac_agents.benchmark.sweep import Sweep
from isac_agents.benchmark.tasks import is_done, perform, summarise

__all__ = ["Sweep", "is_done", "perform", "plan", "read", "summarise"]
