"""CPU milliseconds of a rendered picture of every environment that has a scene.

    python benchmarks/rendering.py [--frames 100] [--runs 5] [--write]

Pictures are drawn after 150 steps of random actions, so that the strip charts are full. ``--write``
puts the table into benchmarks/README.md.
"""

import argparse
import os
import statistics
import time

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

from tables import write  # noqa: E402 - thread counts must be set before NumPy is loaded

from isac_envs import scenarios  # noqa: E402
from isac_envs.catalog import OWN  # noqa: E402
from isac_envs.core.parallel_env import ParallelEnv  # noqa: E402

STEPS = 150


def milliseconds(name: str, frames: int, runs: int) -> list[float]:
    """Return the mean CPU time of a picture in each run."""
    env = ParallelEnv(name, render_mode="rgb_array")
    policy = env.baseline("random")
    observations, _ = env.reset(seed=0)
    for _ in range(STEPS):
        if not env.agents:
            break
        actions = policy.predict(observations)[0]
        observations, *_ = env.step(actions)
    env.render()
    times = []
    for _ in range(runs):
        start = time.process_time()
        for _ in range(frames):
            env.render()
        times.append((time.process_time() - start) / frames * 1e3)
    return times


def main() -> None:
    """Measure and print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    lines = ["| environment | ms per picture | min | max |", "| --- | ---: | ---: | ---: |"]
    for name in OWN:
        if scenarios.build(name, None, {}).scene is not None:
            times = milliseconds(name, options.frames, options.runs)
            figures = (statistics.median(times), min(times), max(times))
            lines.append(f"| `{name}` | " + " | ".join(f"{each:.1f}" for each in figures) + " |")
    table = "\n".join(lines)
    print(table)
    if options.write:
        write("rendering", table)


if __name__ == "__main__":
    main()
