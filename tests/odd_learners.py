"""Learners of a user that learn nothing, quickly or never; named as ``odd_learners:Class``."""

import os
import signal
import time
from pathlib import Path

import numpy as np

from isac_agents.algorithms.search_spaces import Choice, Range


class Constant:
    """Always takes the same action; the larger it is the better, says its search space."""

    search_space = {"action": Choice((0, 1)), "unused": Range(0.5, 1.0)}  # noqa: RUF012

    def __init__(self, env, seed=None, action=1, unused=0.0, refuse=-1):
        self.action, self.refuse, self.num_timesteps = action, refuse, 0

    def learn(self, total_timesteps, callback=None):
        if self.action == self.refuse:
            raise ValueError("refused")
        while self.num_timesteps < total_timesteps:
            self.num_timesteps += 10
            if callback and not callback(locals(), globals()):
                break
        return self

    def predict(self, observation, state=None, episode_start=None, deterministic=True):
        return np.full(len(observation), self.action), state

    def save(self, path):
        np.savez(path, action=self.action)

    @classmethod
    def load(cls, path, env=None):
        with np.load(path, allow_pickle=False) as arrays:
            return cls(env, action=int(arrays["action"]))


class Waiting(Constant):
    """Learns as soon as there is a file ``go`` in the working directory."""

    def learn(self, total_timesteps, callback=None):
        while not Path("go").exists():
            time.sleep(0.05)
        return self


class Broken(Constant):
    """Fails with an exception."""

    def learn(self, total_timesteps, callback=None):
        raise RuntimeError("it broke")


class Killed(Constant):
    """Is killed, as the system does when memory runs out."""

    def learn(self, total_timesteps, callback=None):
        os.kill(os.getpid(), signal.SIGKILL)


class Fragile(Constant):
    """Is killed in its first training; a file, which an environment variable names, tells."""

    def learn(self, total_timesteps, callback=None):
        mark = Path(os.environ["FRAGILE_MARK"])
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().learn(total_timesteps, callback)
