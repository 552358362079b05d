"""An agent of your own beside the baselines, on the same held-out episodes.

python examples/custom_agent.py
isac evaluate isac/ModeSelect-v0 --scenario rush_hour --agent examples.custom_agent:Patient
"""

import numpy as np

from isac_agents.evaluation import Candidate, compare
from isac_envs import scenarios


class Patient:
    """Bears the more bad conditions, the more there is to gain from talking.

    A good channel and a queue that is more than half full are one reason to talk each. It talks
    if packets wait, there is a reason, and no more conditions are bad than there are reasons.
    """

    def __init__(self, env):
        self.names = [each.name for each in env.model.observation.coordinates]

    def predict(self, observation, state=None, episode_start=None, deterministic=True):
        columns = dict(zip(self.names, np.atleast_2d(observation).T, strict=True))
        bad = sum(
            (columns[name] > 0).astype(int) for name in ("road", "weather", "speed", "object")
        )
        reasons = (columns["channel"] < 0).astype(int) + (columns["queue"] > 0)
        talk = (columns["queue"] > -1) & (reasons > 0) & (bad <= reasons)
        return np.where(talk, 0, 1), state


if __name__ == "__main__":
    model = scenarios.build("isac/ModeSelect-v0", "rush_hour", {})
    result = compare(model, {"patient": [Candidate(model, Patient)]}, episodes=500)
    print(result.markdown())
