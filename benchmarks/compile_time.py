"""Time to compile each environment, beside that of another checkout.

    python benchmarks/compile_time.py --base FOLDER [--rounds 2] [--write]

``FOLDER`` is a checkout of the commit to compare with (``git worktree add FOLDER COMMIT``). Each
number is the processor time of a first reset and step in a new process with an empty cache, less
that of the same with a full one. The two checkouts take turns; the least of the rounds counts.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import tables

from isac_envs.catalog import OWN

HERE = Path(__file__).resolve().parents[1]
PROGRAM = """
import sys, time
from isac_envs.testing import exercise
began = time.process_time()
exercise(sys.argv[1])
print(time.process_time() - began)
"""


def seconds(checkout: Path, name: str, cache: str) -> float:
    """Return the processor time of a first reset and step."""
    path = os.pathsep.join((str(checkout), str(checkout / "agents")))
    settings = {**os.environ, "PYTHONPATH": path, "NUMBA_CACHE_DIR": cache}
    command = [sys.executable, "-c", PROGRAM, name]
    done = subprocess.run(command, env=settings, cwd="/", capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return float(done.stdout)


def compile_time(checkout: Path, name: str) -> float:
    """Return the processor time that compiling takes."""
    with tempfile.TemporaryDirectory() as cache:
        return seconds(checkout, name, cache) - seconds(checkout, name, cache)


def knows(checkout: Path, name: str) -> bool:
    """Tell whether a checkout has an environment."""
    module = OWN[name].model.partition(":")[0]
    return (checkout / module.replace(".", "/")).with_suffix(".py").is_file()


def main() -> None:
    """Print the table, or write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    lines = ["| id | before, s | now, s | ratio |", "| --- | --- | --- | --- |"]
    base = chosen.base.resolve()
    for name in sorted(OWN):
        if not knows(base, name):
            continue
        pairs = [(compile_time(base, name), compile_time(HERE, name)) for _ in range(chosen.rounds)]
        before, now = map(min, zip(*pairs, strict=True))
        lines.append(f"| `{name}` | {before:.1f} | {now:.1f} | {now / before:.2f} |")
        print(lines[-1], flush=True)
    if chosen.write:
        tables.write("compile time", "\n".join(lines))


if __name__ == "__main__":
    main()
