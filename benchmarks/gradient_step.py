"""CPU time of a gradient step of D4PG beside TD3 of Stable-Baselines3; writes README.md's table.

    python benchmarks/gradient_step.py [--write]

One torch thread, equal widths, equal batches, replay of random transitions. A step is what
``train`` does for one mini-batch, drawing it included: TD3 trains two critics at every step and its
actor and target networks at every second one; D4PG trains its critic of 51 atoms and its actor at
every step and copies the target networks at every hundredth.
"""

import argparse
import os
import time
from typing import Any

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402 - thread counts must be set before NumPy is loaded
import tables  # noqa: E402
import torch  # noqa: E402
from gymnasium import Env, spaces  # noqa: E402
from stable_baselines3 import TD3  # noqa: E402
from stable_baselines3.common.logger import Logger  # noqa: E402

from isac_agents.algorithms.d4pg import D4PG  # noqa: E402

SIZES = ((3, 1), (17, 6), (311, 320))
WIDTHS = ([64, 64], [256, 256], [512, 512, 256])
BATCHES = (128, 256)
STORED = 20_000
HEAD = (
    "| observation, action | widths | batch | TD3, ms | D4PG, ms | ratio | plain, ms | ratio |",
    "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
)


class Size(Env[Any, Any]):
    """A place with observations and actions of a size; it is never stepped."""

    def __init__(self, observation: int, action: int) -> None:
        self.observation_space = spaces.Box(-1.0, 1.0, (observation,))
        self.action_space = spaces.Box(-1.0, 1.0, (action,))


def filled(learner: Any) -> Any:
    """Return the learner with a buffer of random transitions in episodes of 200 steps."""
    learner.set_logger(Logger(None, []))
    generator, buffer = np.random.default_rng(0), learner.replay_buffer
    buffer.observations[...] = generator.uniform(-1.0, 1.0, buffer.observations.shape)
    buffer.next_observations[...] = generator.uniform(-1.0, 1.0, buffer.observations.shape)
    buffer.actions[...] = generator.uniform(-1.0, 1.0, buffer.actions.shape)
    buffer.rewards[...] = generator.uniform(-1.0, 1.0, buffer.rewards.shape)
    buffer.dones[199::200] = 1.0
    buffer.full = True
    return learner


def learners(size: tuple[int, int], widths: list[int]) -> list[Any]:
    """Return TD3, D4PG with its own torso, and D4PG with plain networks, n = 5."""
    common = {"buffer_size": STORED, "device": "cpu", "seed": 0}
    own = {**common, "v_min": -10.0, "v_max": 10.0}
    plain = {"net_arch": widths, "layer_norm": False, "activation_fn": torch.nn.ReLU}
    return [
        filled(TD3("MlpPolicy", Size(*size), policy_kwargs={"net_arch": widths}, **common)),
        filled(D4PG("MlpPolicy", Size(*size), policy_kwargs={"net_arch": widths}, **own)),
        filled(D4PG("MlpPolicy", Size(*size), policy_kwargs=plain, **own)),
    ]


def milliseconds(learner: Any, batch: int, steps: int) -> float:
    """Return the CPU time of a gradient step."""
    started = time.process_time()
    learner.train(steps, batch)
    return (time.process_time() - started) / steps * 1e3


def row(size: tuple[int, int], widths: list[int], batch: int, rounds: int) -> str:
    """Return a line of the table: medians over rounds in which all take turns."""
    all_of_them = learners(size, widths)
    for each in all_of_them:
        each.train(20, batch)
    steps = 40 if size[0] < 100 else 20
    times = [[milliseconds(each, batch, steps) for each in all_of_them] for _ in range(rounds)]
    td3, ours, plain = np.median(times, 0)
    return (
        f"| {size[0]}, {size[1]} | {' x '.join(map(str, widths))} | {batch} | {td3:.2f} | "
        f"{ours:.2f} | {ours / td3:.2f} | {plain:.2f} | {plain / td3:.2f} |"
    )


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    lines = [*HEAD]
    for size in SIZES:
        for widths in WIDTHS:
            for batch in BATCHES:
                lines.append(row(size, widths, batch, options.rounds))
                print(lines[-1], flush=True)
    if options.write:
        tables.write("gradient step", "\n".join(lines))


if __name__ == "__main__":
    main()
