"""Many runs for one question: a matrix of agents and scenarios, or a search.

What plans and performs many trainings belongs here. A single training stands in ``training``, pages
and tables of what came out in ``report``.
"""

from isac_agents.benchmark.matrix import plan, read
from isac_agents.benchmark.sweep import Sweep
from isac_agents.benchmark.tasks import is_done, perform, summarise

__all__ = ["Sweep", "is_done", "perform", "plan", "read", "summarise"]
