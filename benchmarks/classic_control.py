"""Trains agents on classic control problems of Gymnasium and writes the table of README.md.

    python benchmarks/classic_control.py [--seeds 5] [--only CartPole-v1] [--write]

One process, one thread. A learned policy plays 100 episodes without exploration, with seeds that
training does not use.
"""

import argparse
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402 - thread counts must be set before NumPy is loaded
import tables  # noqa: E402
from stable_baselines3.common.env_util import make_vec_env  # noqa: E402
from stable_baselines3.common.evaluation import evaluate_policy  # noqa: E402

from isac_agents import registry  # noqa: E402

EPISODES = 100
HELD_OUT_SEED = 1_000_000
HEAD = (
    "| environment | agent | steps | mean return | lowest seed | highest seed | solved | CPU s |",
    "| --- | --- | ---: | ---: | ---: | ---: | --- | ---: |",
)


@dataclass(frozen=True)
class Case:
    """An agent on a problem, and the mean return that counts as solved.

    Attributes:
        agent: Name of the registry.
        solved: Mean return of an episode to reach.
        steps: Steps of training, summed over copies.
        num_envs: Copies of the environment to train on.
        settings: Hyper-parameters that replace the agent's defaults.
    """

    agent: str
    solved: float
    steps: int
    num_envs: int = 8
    settings: Mapping[str, Any] = field(default_factory=dict)


CASES = {
    "CartPole-v1": Case(
        "ddqn",
        solved=475.0,
        steps=75_000,
        settings={
            "policy_kwargs": {"net_arch": [128, 128]},
            "gamma": 0.99,
            "n_steps": 3,
            "reward_scale": 0.1,
            "buffer_size": 100_000,
            "learning_starts": 1_000,
            "batch_size": 128,
            "gradient_steps": 2,
            "tau": 0.05,
            "target_update_interval": 8,
            "exploration_fraction": 0.2,
            "exploration_final_eps": 0.02,
        },
    ),
    "Pendulum-v1": Case(
        "d4pg",
        solved=-200.0,
        steps=10_000,
        num_envs=4,
        settings={
            "policy_kwargs": {"net_arch": [64, 64]},
            "learning_rate": 1e-3,
            "v_min": -100.0,
            "v_max": 0.0,
            "gamma": 0.98,
            "reward_scale": 0.1,
            "batch_size": 128,
            "learning_starts": 1_000,
        },
    ),
}
"""What is trained, by id of the environment."""


def train(environment: str, seed: int) -> tuple[float, float]:
    """Return the mean return of a newly trained policy, and the CPU seconds of its training."""
    case = CASES[environment]
    env = make_vec_env(environment, case.num_envs, seed=seed * case.num_envs)
    learner = registry.create(registry.preset(case.agent), env, seed, **case.settings)
    started = time.process_time()
    learner.learn(case.steps)
    seconds = time.process_time() - started
    held_out = make_vec_env(environment, 10, seed=HELD_OUT_SEED)
    mean, _ = evaluate_policy(learner, held_out, EPISODES)
    return float(mean), seconds


def row(environment: str, seeds: int) -> str:
    """Return the line of the table of a problem."""
    case = CASES[environment]
    found = []
    for seed in range(seeds):
        found.append(train(environment, seed))
        print(f"{environment}, seed {seed}: {found[-1][0]:.1f}", flush=True)
    means, seconds = (np.array(each) for each in zip(*found, strict=True))
    reached = int((means >= case.solved).sum())
    return (
        f"| `{environment}` | {case.agent} | {case.steps:,} | {means.mean():.1f} | "
        f"{means.min():.1f} | {means.max():.1f} | {reached} of {seeds} reach {case.solved:g} | "
        f"{seconds.mean():.0f} |"
    )


def main() -> None:
    """Train, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", choices=CASES, help="train this one, keep the other rows")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    chosen = CASES if options.only is None else (options.only,)
    rows = {name: row(name, options.seeds) for name in chosen}
    print("\n".join([*HEAD, *rows.values()]))
    if options.write:
        written = tables.read("classic control").splitlines()
        kept = {each.split("`")[1]: each for each in written if each.startswith("| `")} | rows
        lines = [kept[name] for name in CASES if name in kept]
        tables.write("classic control", "\n".join([*HEAD, *lines]))


if __name__ == "__main__":
    main()
