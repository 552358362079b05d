"""Proximal policy optimisation, for one agent and for teams with shared policies.

Rollout buffers, policies and schedules of this family belong here, nothing off-policy.
"""

from isac_agents.algorithms.ppo.gnn_ppo import GnnPpo
from isac_agents.algorithms.ppo.mappo import Mappo
from isac_agents.algorithms.ppo.ppo import MaskablePpo, Ppo

__all__ = ["GnnPpo", "Mappo", "MaskablePpo", "Ppo"]
