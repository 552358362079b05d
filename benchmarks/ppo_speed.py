"""Steps per CPU second of PPO by recipe; writes README.md's table.

    python benchmarks/ppo_speed.py [--seconds 5] [--rounds 3] [--write]

One process, one torch thread. A recipe is measured over whole rounds of collecting and training
for at least the given CPU seconds, after one round that is not counted. The recipes take turns, and
the median over the rounds counts, because the machine changes its speed. ``ppo`` has its default
hyper-parameters; *small batches* is the same learner with 64 copies, 64 steps, minibatches of 512,
10 epochs and tanh; the last is Stable-Baselines3's PPO with all its defaults through
``gymnasium.make``.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from tables import write
from timing import timed  # sets the thread counts

import gymnasium  # isort: skip
import numpy as np
import torch
from stable_baselines3 import PPO

from isac_agents import registry
from isac_agents.adapters import BatchVecEnv

WORLDS = (("isac/JrcAoi-v0", "persistent"), ("isac/ModeSelect-v0", "highway"))
SMALL = {"n_steps": 64, "batch_size": 512, "n_epochs": 10, "activation": "tanh"}
PARTS = ("environment", "forward", "backward", "optimiser")


def large_batches(environment: str, scenario: str) -> Any:
    """Return ``ppo`` with its defaults."""
    spec = registry.preset("ppo")
    return registry.create(spec, BatchVecEnv(environment, spec.num_envs, scenario=scenario), 0)


def small_batches(environment: str, scenario: str) -> Any:
    """Return ``ppo`` with small batches."""
    env = BatchVecEnv(environment, 64, scenario=scenario)
    return registry.create(registry.preset("ppo"), env, 0, **SMALL)


def usual(environment: str, scenario: str) -> Any:
    """Return Stable-Baselines3's PPO with its defaults."""
    return PPO("MlpPolicy", gymnasium.make(environment, scenario=scenario), device="cpu", seed=0)


RECIPES: dict[str, Callable[[str, str], Any]] = {
    "`ppo`": large_batches,
    "`ppo`, small batches": small_batches,
    "PPO of Stable-Baselines3, defaults": usual,
}


def measure(learner: Any, seconds: float, spent: Counter[str]) -> float:
    """Return steps per CPU second over whole rounds, and add the CPU time of the parts."""
    policy, steps = learner.policy, learner.n_steps * learner.n_envs
    backward = torch.Tensor.backward
    parts: Counter[str] = Counter()
    learner.env.step = timed(type(learner.env).step.__get__(learner.env), "environment", parts)
    policy.forward = timed(type(policy).forward.__get__(policy), "forward", parts)
    evaluate = type(policy).evaluate_actions.__get__(policy)
    policy.evaluate_actions = timed(evaluate, "forward", parts)
    optimise = type(policy.optimizer).step.__get__(policy.optimizer)
    policy.optimizer.step = timed(optimise, "optimiser", parts)
    torch.Tensor.backward = timed(backward, "backward", parts)  # type: ignore[method-assign]
    rounds, started = 0, time.process_time()
    try:
        while time.process_time() - started < seconds:
            learner.learn(steps, reset_num_timesteps=False)
            rounds += 1
    finally:
        torch.Tensor.backward = backward  # type: ignore[method-assign]
    total = time.process_time() - started
    spent.update(parts)
    spent["all"] += total
    return rounds * steps / total


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="CPU seconds of a measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    head = "| environment | recipe | steps per CPU s | of small batches |"
    lines = [
        f"{head} {' | '.join(PARTS)} | rest |",
        "| --- | --- | ---: | ---: |" + " ---: |" * (len(PARTS) + 1),
    ]
    for world in WORLDS:
        learners = {name: make(*world) for name, make in RECIPES.items()}
        for learner in learners.values():
            learner.learn(learner.n_steps * learner.n_envs)
        rates: dict[str, list[float]] = {name: [] for name in RECIPES}
        spent: dict[str, Counter[str]] = {name: Counter() for name in RECIPES}
        for _ in range(options.rounds):
            for name, learner in learners.items():
                rates[name].append(measure(learner, options.seconds, spent[name]))
        base = np.median(rates["`ppo`, small batches"])
        for name in RECIPES:
            shares = [spent[name][part] / spent[name]["all"] for part in PARTS]
            rate = np.median(rates[name])
            columns = (
                world[0].removeprefix("isac/"), name, f"{rate:,.0f}", f"{rate / base:.2f}",
                *(f"{each:.0%}" for each in (*shares, 1.0 - sum(shares))),
            )  # fmt: skip
            lines.append("| " + " | ".join(columns) + " |")
            print(lines[-1], flush=True)
    if options.write:
        write("ppo speed", "\n".join(lines))


if __name__ == "__main__":
    main()
