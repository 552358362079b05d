"""Stable-Baselines3 straight over the compiled batch: PPO on sixty-four copies.

python examples/sb3_training.py [steps]
"""

import sys

import torch
from stable_baselines3 import PPO

from isac_agents.adapters import BatchVecEnv
from isac_agents.evaluation import Candidate, compare

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
torch.set_num_threads(1)

env = BatchVecEnv("isac/ModeSelect-v0", 64, seed=0)
agent = PPO("MlpPolicy", env, n_steps=128, batch_size=1024, n_epochs=8, gamma=0.95, seed=0)
agent.learn(steps)

result = compare(env.model, {"ppo": [Candidate.trained(env.model, agent)]}, episodes=200)
for row in result.rows:
    print(f"{row.name:20s} reward per step {row.reward.value:8.3f}   score {row.score.value:6.3f}")
