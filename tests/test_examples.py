"""Every example runs, as a user runs it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ARGUMENTS = {
    "sb3_training.py": ["2048"],
    "rllib_training.py": ["1"],
    "torchrl_training.py": ["1"],
}
NEEDS = {"rllib_training.py": "ray.rllib", "torchrl_training.py": "torchrl"}
STATED = ("custom_agent.py", "exact_planning.py", "gym_loop.py")  # no learner: the same anywhere
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example_runs_and_says_something(path, tmp_path):
    if path.name in NEEDS:
        pytest.importorskip(NEEDS[path.name])
    command = [sys.executable, str(path), *ARGUMENTS.get(path.name, [])]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    page = (ROOT / "docs/examples.md").read_text(encoding="utf-8")
    assert f"`{path.name}`" in page
    if path.name in STATED:
        assert done.stdout.strip() in page
