"""Which libraries work with the environments as they are, without an adapter of ours.

    python3.11 -m venv .venv-ecosystem
    .venv-ecosystem/bin/pip install -r benchmarks/ecosystem.txt -c constraints/ci.txt -e .
    .venv-ecosystem/bin/python benchmarks/ecosystem.py [--only WORD] [--write]

An environment of its own, because the libraries pin each other's versions. Each row runs a library
as its own documentation does; where one fails, the same call on an environment that is not ours
tells whose fault it is. ``--write`` puts the table into docs/ecosystem.md.
"""

import argparse
import importlib.metadata
import os
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("MINARI_DATASETS_PATH", tempfile.mkdtemp())

import ecosystem_gymnasium  # noqa: E402 - thread counts must be set before NumPy is loaded
import ecosystem_learners  # noqa: E402
import ecosystem_teams  # noqa: E402
from ecosystem_row import Row  # noqa: E402
from tables import write  # noqa: E402

PAGE = Path(__file__).resolve().parents[1] / "docs" / "ecosystem.md"
ROWS = (*ecosystem_gymnasium.ROWS, *ecosystem_learners.ROWS, *ecosystem_teams.ROWS)


def verdict(row: Row) -> tuple[str, str]:
    """Return whether a row works, and what there is to say."""
    try:
        return "yes", row.run() or ""
    except Exception:
        traceback.print_exc()
    if row.foreign is None:
        return "**no**", ""
    try:
        row.foreign()
    except Exception as error:
        reason = f"{type(error).__name__} with any environment"
        return f"fault of {row.package}", row.fault or reason
    return "**no**", ""


def main() -> None:
    """Run the rows and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="rows whose name holds this")
    parser.add_argument("--write", action="store_true", help="write docs/ecosystem.md")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    lines = ["| library | what | works | |", "| --- | --- | --- | --- |"]
    for row in ROWS:
        if arguments.only not in f"{row.package} {row.what}":
            continue
        start = time.perf_counter()
        answer, note = verdict(row)
        version = importlib.metadata.version(row.package)
        lines.append(f"| {row.package} {version} | {row.what} | {answer} | {note} |")
        print(f"{lines[-1]}  {time.perf_counter() - start:.1f} s", file=sys.stderr, flush=True)
    python = ".".join(map(str, sys.version_info[:3]))
    numpy = importlib.metadata.version("numpy")
    lines.append(f"\nMeasured with Python {python}, NumPy {numpy}.")
    print("\n".join(lines))
    if arguments.write:
        write("ecosystem", "\n".join(lines), PAGE)
    sys.exit(any("**no**" in line for line in lines))


if __name__ == "__main__":
    main()
