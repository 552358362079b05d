"""Run the benchmarks of all physics kernels, each in a process of its own.

    python benchmarks/kernels.py [--runs 7] [--write]

``--write`` puts the tables into benchmarks/README.md.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import tables

HERE = Path(__file__).parent
GROUPS = ("pathloss", "arrays", "echo", "metrics")


def main() -> None:
    """Measure and print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    parts = []
    for group in GROUPS:
        script = f"kernels_{group}.py"
        command = [sys.executable, str(HERE / script), "--runs", str(options.runs)]
        printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        print(printed)
        parts.append(f"### `python benchmarks/{script}`\n\n{printed.strip()}")
    if options.write:
        tables.write("kernels", "\n\n".join(parts))


if __name__ == "__main__":
    main()
