"""CPU seconds until a learner is near the optimum, beside Stable-Baselines3's own DQN.

    python benchmarks/learning_cost.py [--seeds 3] [--share 0.95] [--limit 60] [--write]

Both learn isac/ModeSelect-v0, default scenario, in one process with one torch thread, for as many
steps at most as the preset of ``ddqn`` has: ``ddqn`` with that preset on the native batch,
Stable-Baselines3's DQN with all its defaults through ``gymnasium.make``. The greedy policy is
evaluated exactly: its expected reward per step of an episode, by the transition model, over that of
the optimal policy. A run ends when an evaluation reaches the share, after all steps, or at the
limit of CPU seconds. Evaluations stand outside of the CPU time.
"""

import argparse
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tables import write
from timing import timed  # sets the thread counts

import gymnasium  # isort: skip
import numpy as np
import torch
from stable_baselines3 import DQN
from stable_baselines3.common.callbacks import BaseCallback

from isac_agents import registry
from isac_agents.adapters import BatchVecEnv
from isac_envs import planning, scenarios

ENVIRONMENT = "isac/ModeSelect-v0"
EVERY = 1280  # steps between evaluations, a multiple of the copies
PARTS = ("environment", "replay", "forward", "backward", "optimiser")


class Judge:
    """Evaluates greedy policies exactly."""

    def __init__(self) -> None:
        model = scenarios.build(ENVIRONMENT, None, {})
        states = model.all_states()
        self.mdp, self.index = model.transition_model(), model.state_index(states)
        coordinates = model.observation.coordinates
        scale = {"queue": model.params.queue_capacity}
        columns = [states[0][each.name] / scale.get(each.name, 1) for each in coordinates]
        self.observations = (2.0 * np.stack(columns, 1) - 1.0).astype(np.float32)
        self.optimum = planning.finite_horizon(self.mdp).mean

    def share(self, learner: Any) -> float:
        """Return the reward of a learner's greedy policy over the optimum."""
        policy = np.empty(self.mdp.states, np.int64)
        policy[self.index] = learner.predict(self.observations, deterministic=True)[0]
        return planning.episode_mean(self.mdp, policy) / self.optimum


class Clock(BaseCallback):
    """Stops at the share, and measures CPU seconds in all and by part, without evaluations."""

    def __init__(self, judge: Judge, share: float, limit: float) -> None:
        super().__init__()
        self.judge, self.share, self.limit = judge, share, limit
        self.best, self.seconds = -np.inf, 0.0
        self.parts: Counter[str] = Counter()

    def _on_training_start(self) -> None:
        learner: Any = self.model
        parts = self.parts
        for network in (learner.q_net, learner.q_net_target):
            network.forward = timed(network.forward, "forward", parts)
        learner.env.step = timed(learner.env.step, "environment", parts)
        learner.replay_buffer.sample = timed(learner.replay_buffer.sample, "replay", parts)
        learner.replay_buffer.add = timed(learner.replay_buffer.add, "replay", parts)
        optimizer = learner.policy.optimizer
        optimizer.step = timed(optimizer.step, "optimiser", parts)
        self.started = time.process_time()

    def _on_step(self) -> bool:
        if self.num_timesteps % EVERY:
            return True
        self.seconds += time.process_time() - self.started
        before = self.parts.copy()
        self.best = max(self.best, self.judge.share(self.model))
        self.parts.clear()
        self.parts.update(before)  # evaluations stand outside of the CPU time
        self.started = time.process_time()
        return self.best < self.share and self.seconds < self.limit


@dataclass(frozen=True)
class Run:
    """What one run took: whether it got there, its best share, steps and CPU seconds."""

    reached: bool
    best: float
    steps: int
    seconds: float
    parts: Counter[str]


def ours(seed: int) -> tuple[Any, int]:
    """Return our learner with the preset of the scenario, and its steps."""
    spec = registry.preset("ddqn", scenarios.load(ENVIRONMENT, None).agents)
    env = BatchVecEnv(ENVIRONMENT, spec.num_envs)
    learner = registry.create(spec, env, seed)
    env.seed(seed * spec.num_envs)
    return learner, spec.steps


def theirs(seed: int) -> tuple[Any, int]:
    """Return Stable-Baselines3's learner with its defaults, and as many steps."""
    env = gymnasium.make(ENVIRONMENT)
    steps = registry.preset("ddqn", scenarios.load(ENVIRONMENT, None).agents).steps
    return DQN("MlpPolicy", env, seed=seed, device="cpu"), steps


def run(made: tuple[Any, int], clock: Clock) -> Run:
    """Train one learner and return what it took."""
    learner, steps = made
    backward = torch.Tensor.backward
    torch.Tensor.backward = timed(backward, "backward", clock.parts)  # type: ignore[method-assign]
    try:
        learner.learn(steps, callback=clock)
    finally:
        torch.Tensor.backward = backward  # type: ignore[method-assign]
    reached = clock.best >= clock.share
    return Run(reached, clock.best, learner.num_timesteps, clock.seconds, clock.parts)


def cells(name: str, runs: list[Run]) -> str:
    """Return the line of a learner."""
    seconds = np.array([each.seconds for each in runs])
    bound = "" if all(each.reached for each in runs) else "> "
    total = sum(seconds)
    shares = [sum(each.parts[part] for each in runs) / total for part in PARTS]
    columns = (
        name,
        f"{sum(each.reached for each in runs)} of {len(runs)}",
        f"{min(each.best for each in runs):.3f}",
        f"{np.mean([each.steps for each in runs]):,.0f}",
        f"{bound}{seconds.mean():.1f} ({seconds.min():.1f} to {seconds.max():.1f})",
        *(f"{each:.0%}" for each in (*shares, 1.0 - sum(shares))),
    )
    return "| " + " | ".join(columns) + " |"


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--share", type=float, default=0.95)
    parser.add_argument("--limit", type=float, default=60.0, help="CPU seconds of a run")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    judge = Judge()
    learners = {"`ddqn`, native batch": ours, "DQN of Stable-Baselines3, defaults": theirs}
    runs: dict[str, list[Run]] = {name: [] for name in learners}
    for seed in range(options.seeds):  # in turn, so that both meet the machine in the same state
        for name, make in learners.items():
            clock = Clock(judge, options.share, options.limit)
            runs[name].append(run(make(seed), clock))
            print(cells(name, runs[name][-1:]), flush=True)
    last = list(learners)[-1]
    first, second = (np.mean([each.seconds for each in found]) for found in runs.values())
    rows = [cells(name, found) for name, found in runs.items()]
    head = f"| learner | reach {options.share:g} | lowest best share | steps | CPU s |"
    lines = [
        f"{head} {' | '.join(PARTS)} | rest |",
        "| --- | --- | ---: | ---: | --- |" + " ---: |" * (len(PARTS) + 1),
        *rows,
        f"\nRatio of the CPU seconds: {'' if all(each.reached for each in runs[last]) else '< '}"
        f"{first / second:.3f}.",
    ]
    print("\n".join(lines))
    if options.write:
        write("learning cost", "\n".join(lines))


if __name__ == "__main__":
    main()
