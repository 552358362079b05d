"""Deep Q-learning: double, dueling and distributional.

Value networks over discrete actions and their policies belong here. Replay buffers do not, because
other families share them.
"""

from isac_agents.algorithms.dqn.c51 import C51
from isac_agents.algorithms.dqn.double_dqn import DoubleDQN
from isac_agents.algorithms.dqn.dueling import DuelingPolicy

__all__ = ["C51", "DoubleDQN", "DuelingPolicy"]
