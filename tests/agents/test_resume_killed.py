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


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    """Let all processes run and die; return folder, exit code and standard error of each."""
    root = tmp_path_factory.mktemp("killed")
    cases = [
        [arguments(agent, root / name), point, number]
        for name, (agent, point, number) in POINTS.items()
    ]
    cases += [[arguments("ddqn", root / name), "largest file", size] for name, size in FULL.items()]
    done = subprocess.run(
        [sys.executable, str(KILLING), json.dumps(cases)],
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    return {
        name: (root / name, *each) for name, each in zip([*POINTS, *FULL], results, strict=True)
    }


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


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_process_goes_on_to_the_same_numbers(point, processes, whole):
    out, code, _ = processes[point]
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


def test_a_disk_too_full_for_checkpoints_ends_no_training(processes, whole):
    out, code, errors = processes["full for checkpoints"]
    assert code == 0, errors
    assert errors.count("isac: note:") == 1
    assert "File too large" in errors
    assert_same(folder(out), whole("ddqn"))
    assert not [*(folder(out) / "checkpoints").glob("*.npz")]


def test_a_disk_too_full_for_the_weights_is_an_error(processes):
    out, code, errors = processes["full for weights"]
    assert code == 2, errors
    assert "the weights cannot be written: File too large" in errors
    assert "Traceback" not in errors
    assert "--resume" not in errors  # checkpoints found no space either: nothing is left of it
    assert not [*out.iterdir()]


def test_the_command_killed_from_outside(tmp_path, whole):
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
