"""RLlib on an environment with several agents: PPO, one policy for all of them.

pip install "ray[rllib]"
python examples/rllib_training.py [iterations]
"""

import sys

from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv
from ray.tune.registry import register_env

import isac_envs

ENVIRONMENT = "isac/JrcAoiMulti-v0"

iterations = int(sys.argv[1]) if len(sys.argv) > 1 else 50
register_env(ENVIRONMENT, lambda _: ParallelPettingZooEnv(isac_envs.parallel_env(ENVIRONMENT)))

config = (
    PPOConfig()
    .environment(ENVIRONMENT)
    .env_runners(num_env_runners=0)  # in this process; the environment takes little of the time
    .learners(num_learners=0)
    .multi_agent(policies={"shared"}, policy_mapping_fn=lambda agent, *_, **__: "shared")
    .training(lr=1e-3, gamma=0.97, train_batch_size_per_learner=1600, minibatch_size=400)
    .debugging(seed=0)
)
algorithm = config.build_algo()
for iteration in range(iterations):
    runners = algorithm.train()["env_runners"]
    mean = runners.get("episode_return_mean", float("nan"))  # summed over the agents
    print(f"iteration {iteration:3d}   return of an episode, all agents {mean:10.1f}")
algorithm.stop()
