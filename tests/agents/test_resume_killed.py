"""Real processes that are killed at any moment, or find the disk full, and go on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import isac
from resuming import arguments, assert_same, folder, weights

from isac_agents.runs.record import read_record

KILLING = Path(__file__).resolve().parents[1] / "killing.py"
KILLED = -signal.SIGKILL
POINTS = {
    "before the first": ("ddqn", "step", 900),
    "between two": ("ddqn", "step", 2700),
    "in the first": ("ddqn", "arrays half written", 1),
    "in the third": ("ddqn", "arrays half written", 3),
    "before others are removed": ("ddqn", "not cleaned up", 3),
    "ppo": ("ppo", "arrays half written", 2),
    "sac": ("sac", "arrays half written", 2),
    "q_learning": ("q_learning", "arrays without tree", 2),
    "gnn_ppo": ("gnn_ppo", "not cleaned up", 1),
}
FULL = {"full for checkpoints": 100_000, "full for weights": 20_000}


FEW = ("between two", "in the first", "q_learning")


def processes(root, cases):
    """Let processes run and die; return folder, exit code and standard error of each, by name."""
    prepared = [
        [arguments(agent, root / name), point, number]
        for name, (agent, point, number) in cases.items()
    ]
    done = subprocess.run(
        [sys.executable, str(KILLING), json.dumps(prepared)],
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    return {name: (root / name, *each) for name, each in zip(cases, results, strict=True)}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the folder of the same run, never killed, by agent."""
    found = {}

    def train(agent):
        if agent not in found:
            out = tmp_path_factory.mktemp(agent)
            assert isac(*arguments(agent, out, every=0)).returncode == 0
            found[agent] = folder(out)
        return found[agent]

    return train


def assert_goes_on(point, out, code, whole):
    assert code == KILLED
    run = folder(out)
    assert read_record(run).status == "running"
    assert not (run / "weights.npz").exists()
    if "written" in POINTS[point][1]:
        assert [*(run / "checkpoints").glob(".writing.*")]  # it died in the middle of a file
    agent = POINTS[point][0]
    done = isac(*arguments(agent, out, "--resume"))
    assert done.returncode == 0, done.stderr
    assert_same(run, whole(agent))
    assert not [*run.rglob(".writing.*")]
    assert len([*(run / "checkpoints").iterdir()]) <= 4


def test_killed_processes_go_on_to_the_same_numbers(tmp_path, whole):
    """At a few points, in one test: its processes are forks of one that has imported all."""
    for point, (out, code, _) in processes(tmp_path, {each: POINTS[each] for each in FEW}).items():
        assert_goes_on(point, out, code, whole)


@pytest.mark.slow
@pytest.mark.parametrize("point", [each for each in POINTS if each not in FEW])
def test_a_process_killed_elsewhere_goes_on_to_the_same_numbers(point, tmp_path, whole):
    """``pytest -m slow tests/agents/test_resume_killed.py``: a minute."""
    out, code, _ = processes(tmp_path, {point: POINTS[point]})[point]
    assert_goes_on(point, out, code, whole)


def test_a_full_disk(tmp_path, whole):
    """Without space for checkpoints a training goes on; without any for its weights it fails."""
    cases = {name: ("ddqn", "largest file", size) for name, size in FULL.items()}
    found = processes(tmp_path, cases)
    out, code, errors = found["full for checkpoints"]
    assert code == 0, errors
    assert errors.count("isac: note:") == 1
    assert "File too large" in errors
    assert_same(folder(out), whole("ddqn"))
    assert not [*(folder(out) / "checkpoints").glob("*.npz")]

    out, code, errors = found["full for weights"]
    assert code == 2, errors
    assert "the weights cannot be written: File too large" in errors
    assert "Traceback" not in errors
    assert "--resume" not in errors  # checkpoints found no space either: nothing is left of it
    assert not [*out.iterdir()]


@pytest.mark.slow
def test_the_command_killed_from_outside(tmp_path, whole):
    """``pytest -m slow tests/agents/test_resume_killed.py``: a minute."""
    code = "from isac_agents.cli import run; run()"
    command = [sys.executable, "-c", code, *arguments("ddqn", tmp_path, every=200)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 300
        while not [*tmp_path.rglob("checkpoints/*.json")] and time.monotonic() < deadline:
            assert running.poll() is None, running.stderr.read()
            time.sleep(0.005)
        os.kill(running.pid, signal.SIGKILL)
        running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == KILLED
    assert isac(*arguments("ddqn", tmp_path, "--resume", every=200)).returncode == 0
    assert_same(folder(tmp_path), whole("ddqn"))
    assert weights(folder(tmp_path))
