"""A learner in ten lines, as a package of its own would hold it."""

import numpy as np


class BestConstant:
    """Tries every action for a while and keeps the one that paid best."""

    def __init__(self, env, seed=None, action=0):
        self.env, self.action = env, action

    def learn(self, total_timesteps, callback=None):
        self.env.reset()
        steps = max(1, total_timesteps // (self.env.action_space.n * self.env.num_envs))
        self.action = int(np.argmax([self.pay(a, steps) for a in range(self.env.action_space.n)]))

    def pay(self, action, steps):
        actions = np.full(self.env.num_envs, action)
        return sum(self.env.step(actions)[1].sum() for _ in range(steps))

    def predict(self, observation, state=None, episode_start=None, deterministic=True):
        return np.full(len(observation), self.action), state

    def save(self, path):
        np.savez(path, action=self.action)

    @classmethod
    def load(cls, path, env):
        return cls(env, action=int(np.load(path)["action"]))
