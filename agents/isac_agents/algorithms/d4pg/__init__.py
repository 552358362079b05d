"""D4PG: a deterministic actor, a distributional critic, and actors in other processes.

Code for acting in chunks with Gaussian noise belongs here. The distributions over atoms do not,
because C51 shares them.
"""

from isac_agents.algorithms.d4pg.d4pg import D4PG

__all__ = ["D4PG"]
