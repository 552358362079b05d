"""Steps per CPU second of every registered environment, beside CartPole in the same run.

    python benchmarks/throughput.py [--seconds 2] [--runs 5] [--write]

One process, one thread. Random actions are drawn before timing; resets are inside the time; the
native vector environments are warmed up first, so that no compilation is timed. CPU seconds compare
across a busy machine, wall seconds do not. ``--write`` puts the tables into benchmarks/README.md.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import gymnasium  # noqa: E402 - thread counts must be set before NumPy is loaded
import numpy as np  # noqa: E402
from gymnasium.vector import SyncVectorEnv  # noqa: E402
from tables import write  # noqa: E402

import isac_envs  # noqa: E402
from isac_envs import scenarios  # noqa: E402
from isac_envs.catalog import OWN  # noqa: E402
from isac_envs.core.batch import Batch  # noqa: E402
from isac_envs.declaration.buffers import StepBuffers  # noqa: E402
from isac_envs.engine.loops import per_copy  # noqa: E402

COPIES = 1024


def single(name: str) -> Callable[[int], int]:
    """Return the step of one environment from gymnasium.make, with its resets."""
    env = gymnasium.make(name)
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(1024)]
    env.reset(seed=0)

    def step(i: int) -> int:
        _, _, terminated, truncated, _ = env.step(actions[i & 1023])
        if terminated or truncated:
            env.reset()
        return 1

    return step


def vector(env: gymnasium.vector.VectorEnv) -> Callable[[int], int]:
    """Return the step of a vector environment, which resets by itself."""
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(64)]
    env.reset(seed=0)

    def step(i: int) -> int:
        env.step(actions[i & 63])
        return env.num_envs

    return step


def parallel(name: str) -> Callable[[int], int]:
    """Return the joint step of a PettingZoo environment, with its resets."""
    env = isac_envs.parallel_env(name)
    spaces = {agent: env.action_space(agent) for agent in env.possible_agents}
    for number, space in enumerate(spaces.values()):
        space.seed(number)
    actions = [{agent: space.sample() for agent, space in spaces.items()} for _ in range(1024)]
    env.reset(seed=0)

    def step(i: int) -> int:
        if not env.agents:
            env.reset()
        env.step(actions[i & 1023])
        return 1

    return step


def batch(name: str, **overrides: object) -> Callable[[int], int]:
    """Return the joint step of many copies of an environment with several agents."""
    model = scenarios.build(name, None, overrides)
    copies, frame = Batch(model, COPIES), StepBuffers.allocate(model, COPIES)
    space, actions = model.action.space(), copies.actions()
    space.seed(0)
    each = (*actions.shape[:2], -1)
    drawn = [[space.sample() for _ in range(actions[..., 0].size)] for _ in range(16)]
    rounds = [np.array(some).reshape(each) for some in drawn]
    copies.reset(frame, range(COPIES))

    def step(i: int) -> int:
        actions[...] = rounds[i & 15]
        copies.step(actions, frame, restart=True)
        return COPIES

    return step


def rate(step: Callable[[int], int], seconds: float, runs: int) -> tuple[float, float, float]:
    """Return median, minimum and maximum of environment steps per CPU second."""
    for i in range(300):
        step(i)
    rates = []
    for _ in range(runs):
        steps, i = 0, 0
        wall, cpu = time.perf_counter(), time.process_time()
        while time.perf_counter() - wall < seconds:
            for _ in range(64):
                steps += step(i)
                i += 1
        rates.append(steps / (time.process_time() - cpu))
    return statistics.median(rates), min(rates), max(rates)


def cpu_seconds(code: str, runs: int) -> float:
    """Return the median CPU seconds of a new Python process that runs some code."""
    full = f"{code}\nimport resource\nu = resource.getrusage(resource.RUSAGE_SELF)\n"
    full += "print(u.ru_utime + u.ru_stime)"
    command = [sys.executable, "-c", full]
    outputs = [
        subprocess.run(command, capture_output=True, text=True, check=True).stdout
        for _ in range(runs + 1)
    ]
    return statistics.median(float(text.split()[-1]) for text in outputs[1:])


def speed_table(seconds: float, runs: int) -> str:
    """Return the table of steps per CPU second."""
    cases = {
        "`CartPole-v1`, gymnasium.make": single("CartPole-v1"),
        f"`CartPole-v1`, make_vec, {COPIES} copies": vector(
            gymnasium.make_vec("CartPole-v1", COPIES)
        ),
    }
    for name in sorted(n for n, each in OWN.items() if each.agents == "one"):
        full = f"isac_envs:{name}"
        cases[f"`{name}`, gymnasium.make"] = single(full)
        cases[f"`{name}`, SyncVectorEnv, 64 copies"] = vector(
            SyncVectorEnv([lambda full=full: gymnasium.make(full)] * 64)
        )
        cases[f"`{name}`, make_vec, {COPIES} copies"] = vector(gymnasium.make_vec(full, COPIES))
    for name in (n for n, each in OWN.items() if each.agents == "several"):
        cases[f"`{name}`, parallel_env, joint steps"] = parallel(name)
        cases[f"`{name}`, batch of {COPIES} copies, joint steps"] = batch(name)
    crowd = {"vehicles": 100, "road_m": 1875.0}
    cases["`isac/DirectionalJrc-v0`, 100 vehicles, batch, joint steps"] = batch(
        "isac/DirectionalJrc-v0", **crowd
    )
    lines = ["| environment | steps per CPU second | min | max |", "| --- | ---: | ---: | ---: |"]
    for label, step in cases.items():
        figures = " | ".join(f"{value:,.0f}" for value in rate(step, seconds, runs))
        lines.append(f"| {label} | {figures} |")
    return "\n".join(lines)


def start_table(runs: int) -> str:
    """Return the table of start-up costs and memory."""
    name = "isac/ModeSelect-v0"
    bare = cpu_seconds("", runs)
    imported = cpu_seconds("import isac_envs", runs)
    stepped = cpu_seconds(
        f"import gymnasium; e = gymnasium.make('isac_envs:{name}'); e.reset(seed=0); e.step(0)",
        runs,
    )
    lines = ["| what | figure |", "| --- | ---: |"]
    lines.append(f"| `import isac_envs`, CPU s beyond bare Python | {imported - bare:.2f} |")
    lines.append(
        f"| first step in a new process, warm cache, CPU s with imports | {stepped - bare:.2f} |"
    )
    for each in sorted(OWN):
        model = scenarios.build(each, None, {})
        size = sum(array.nbytes for array in per_copy(model.allocate(1)))
        lines.append(f"| state of one copy of `{each}`, bytes | {size} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    tables = f"{speed_table(options.seconds, options.runs)}\n\n{start_table(options.runs)}"
    print(tables)
    if options.write:
        write("measured", tables)


if __name__ == "__main__":
    main()
