"""The Gymnasium loop: one environment, one heuristic, one number at the end.

python examples/gym_loop.py
"""

import gymnasium

env = gymnasium.make("isac_envs:isac/ModeSelect-v0", scenario="storm")
policy = env.unwrapped.baseline("threshold")

total, missed, events, steps = 0.0, 0.0, 0.0, 0
for episode in range(10):
    observation, info = env.reset(seed=episode)
    over = False
    while not over:
        action, _ = policy.predict(observation)
        observation, reward, terminated, truncated, info = env.step(action)
        over = terminated or truncated
        total, steps = total + reward, steps + 1
        missed += info["costs"]["missed"]
        events += info["metrics"]["event"]

print(f"reward per step {total / steps:.3f}, missed {missed:.0f} of {events:.0f} events")
