"""An agent of your own beside the baselines, on the same held-out episodes.

python examples/custom_agent.py
isac evaluate isac/ModeSelect-v0 --agent examples.custom_agent:Patient
"""

import numpy as np

from isac_agents.comparison import Contestant, compare
from isac_envs import scenarios


class Patient:
    """Senses while anything is bad, but lets a half-full queue out at one mild risk.

    It talks in spite of a bad condition when the channel is good, at least half of the queue is
    taken, and the bad condition is the only one and not the speed.
    """

    def __init__(self, env):
        self.names = [each.name for each in env.model.observation.coordinates]

    def predict(self, observation, state=None, episode_start=None, deterministic=True):
        columns = dict(zip(self.names, np.atleast_2d(observation).T, strict=True))
        bad = sum(
            (columns[name] > 0).astype(int) for name in ("road", "weather", "speed", "object")
        )
        worth_it = (columns["queue"] >= 0.0) & (columns["channel"] < 0)
        bearable = (bad == 0) | ((bad == 1) & (columns["speed"] < 0) & worth_it)
        return np.where(bearable, 0, 1), state


if __name__ == "__main__":
    model = scenarios.build("isac/ModeSelect-v0", None, {})
    result = compare(model, {"patient": [Contestant(model, Patient)]}, episodes=500)
    print(result.markdown())
