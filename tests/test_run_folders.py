"""Training through the command, and what becomes of a run folder that was damaged."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import NAME, isac, process, refused
from resuming import weights


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    done = isac(
        "train", NAME, "--agent", "ddqn", "--steps", "4000", "--seeds", "2", "--jobs", "2",
        "--episodes", "20", "--out", str(root), "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert len(content["folders"]) == 2
    assert {row["name"] for row in content["rows"]} >= {"ddqn", "random", "optimum", "threshold"}
    return root / "ModeSelect-v0-highway" / "ddqn" / "seed_0"


def copy_of(run_folder, tmp_path):
    other = run_folder.with_name("seed_1") / "weights.npz"
    shutil.copy(other, tmp_path / "other.npz")
    return shutil.copytree(run_folder, tmp_path / "copy")


def test_evaluate_a_run_folder_and_a_class_of_ones_own(run_folder, tmp_path):
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "class Radar:\n"
        "    def __init__(self, env): self.env = env\n"
        "    def predict(self, observation, state=None, episode_start=None, deterministic=True):\n"
        "        return np.ones(len(observation), int), state\n"
    )
    arguments = ("--agent", str(run_folder), "mine:Radar", "--episodes", "20", "--json")
    done = process("evaluate", NAME, *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)["rows"]}
    assert rows["mine:Radar"]["reward"] == rows["always_radar"]["reward"]
    assert rows["ddqn"]["runs"] == 1


def test_a_run_evaluates_to_the_same_numbers_again(run_folder):
    first, second = (
        isac("evaluate", str(run_folder), "--episodes", "20", "--json") for _ in range(2)
    )
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout


def test_training_with_the_same_seed_gives_the_same_weights(run_folder, tmp_path):
    arguments = ("--agent", "ddqn", "--steps", "4000", "--episodes", "2", "--out", str(tmp_path))
    assert isac("train", NAME, *arguments).returncode == 0
    again = tmp_path / "ModeSelect-v0-highway" / "ddqn" / "seed_0" / "weights.npz"
    one, two = weights(run_folder), weights(again.parent)
    assert one.keys() == two.keys()
    assert all(one[key].tobytes() == two[key].tobytes() for key in one)


def test_other_settings_get_a_folder_of_their_own(tmp_path):
    def folder(*more):
        arguments = ("--agent", "q_learning", "--steps", "640", "--episodes", "2", "--json")
        done = isac("train", NAME, *arguments, "--out", str(tmp_path), *more)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["folders"][0]

    first, again = folder(), folder()
    other = folder("--parameters", "event_fast=0.4")
    assert first == again
    assert other != first
    assert "event_fast = 0.5" in (Path(first) / "run.toml").read_text()


def heed_interrupts():
    """Undo what a process in the background inherits: signals of the keyboard ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_stopping_a_training_leaves_no_traceback(tmp_path):
    code = "from isac_agents.cli import run; run()"
    arguments = ("train", NAME, "--seeds", "2", "--jobs", "2", "--out", str(tmp_path))
    command = [sys.executable, "-c", code, *arguments]
    running = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    )
    try:
        deadline = time.monotonic() + 120
        while not list(tmp_path.rglob("progress.csv")) and time.monotonic() < deadline:
            time.sleep(0.2)
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does on Ctrl-C
        _, errors = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130
    assert errors.endswith("isac: error: stopped: there is no checkpoint yet\n")
    assert "Traceback" not in errors
    assert not list(tmp_path.iterdir())


def spoil_text(old, new):
    def spoil(folder):
        path = folder / "run.toml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return spoil


def truncate(name):
    def spoil(folder):
        path = folder / name
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return spoil


def swap_weights(folder):
    (folder / "weights.npz").write_bytes((folder.parent / "other.npz").read_bytes())


def remove(name):
    return lambda folder: (folder / name).unlink()


def pickle_weights(folder):
    import pickle

    (folder / "weights.npz").write_bytes(pickle.dumps({"a": print}))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (remove("run.toml"), ("run.toml",)),
        (remove("weights.npz"), ("weights.npz",)),
        (truncate("weights.npz"), ("weights.npz",)),
        (pickle_weights, ("weights.npz",)),
        (truncate("run.toml"), ("run.toml",)),
        (spoil_text("event_fast = 0.5", "event_fast = 0.4"), ("run.toml", "scenario_hash")),
        (spoil_text("event_fast = 0.5", "event_fast = 7"), ("event_fast", "7")),
        (spoil_text('status = "finished"', 'status = "running"'), ("run.toml", "edited")),
        (spoil_text("steps = 4000", "steps = 99000000"), ("run.toml", "edited")),
        (spoil_text("gamma = ", "gamma = 0."), ("run.toml",)),
        (swap_weights, ("weights.npz", "not the weights")),
        (spoil_text('agent = "ddqn"', 'agent = "no"'), ("no",)),
        (spoil_text("isac/ModeSelect-v0", "isac/Other-v0"), ("isac/Other-v0",)),
        (spoil_text("num_envs =", "nm_envs ="), ("num_envs",)),
    ],
)
def test_a_damaged_run_folder_is_refused_with_the_reason(spoil, words, run_folder, tmp_path):
    folder = copy_of(run_folder, tmp_path)
    spoil(folder)
    message = refused("evaluate", str(folder), "--episodes", "2")
    for word in words:
        assert word in message


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    assert "not a run folder" in refused("evaluate", str(tmp_path))


def test_a_finished_run_is_not_trained_again(run_folder):
    before = (run_folder / "weights.npz").stat().st_mtime_ns
    root = run_folder.parents[2]
    arguments = ("--agent", "ddqn", "--steps", "4000", "--episodes", "2", "--out", str(root))
    assert isac("train", NAME, *arguments).returncode == 0
    assert (run_folder / "weights.npz").stat().st_mtime_ns == before


def test_an_interrupted_run_is_refused(run_folder, tmp_path):
    from isac_agents.runs.record import read_record, write_record

    folder = copy_of(run_folder, tmp_path)
    write_record(folder, read_record(folder).model_copy(update={"status": "running"}))
    assert "not finished" in refused("evaluate", str(folder), "--episodes", "2")


def test_a_run_folder_with_the_former_name_of_num_envs_is_read(
    run_folder, tmp_path, monkeypatch, capsys
):
    from isac_agents.runs.record import read_record

    monkeypatch.setattr("isac_agents.text._noted", set())
    folder, now = copy_of(run_folder, tmp_path), read_record(run_folder)
    spoil_text("num_envs =", "copies =")(folder)
    assert [read_record(folder) for _ in range(2)] == [now, now]
    assert capsys.readouterr().err.count("num_envs") == 1
    assert isac("evaluate", str(folder), "--episodes", "2").returncode == 0


def test_runs_of_other_settings_get_rows_of_their_own(run_folder, tmp_path):
    arguments = ("--agent", "ddqn", "--steps", "2000", "--episodes", "2", "--out", str(tmp_path))
    assert isac("train", NAME, *arguments).returncode == 0
    other = next(tmp_path.rglob("seed_0"))
    folders = (str(run_folder), str(run_folder.with_name("seed_1")), str(other))
    done = isac("evaluate", NAME, "--agent", *folders, "--episodes", "2", "--json")
    rows = [row for row in json.loads(done.stdout)["rows"] if row["kind"] == "agent"]
    assert sorted(row["runs"] for row in rows) == [1, 2]


def test_a_run_is_evaluated_in_the_form_that_it_observes(tmp_path):
    arguments = ("--steps", "2000", "--episodes", "2", "--out", str(tmp_path))
    trained = isac("train", NAME, "--parameters", "observation=bits", *arguments)
    assert trained.returncode == 0, trained.stderr
    folder = str(next(tmp_path.rglob("seed_0")))
    assert isac("evaluate", NAME, "--agent", folder, "--episodes", "2").returncode == 0


def test_a_run_of_another_size_is_refused(tmp_path):
    arguments = ("--steps", "640", "--episodes", "2", "--out", str(tmp_path))
    smaller = ("--agent", "q_learning", "--parameters", "queue_capacity=5")
    assert isac("train", NAME, *smaller, *arguments).returncode == 0
    folder = str(next(tmp_path.rglob("seed_0")))
    assert "observation space" in refused("evaluate", NAME, "--agent", folder, "--episodes", "2")


def test_seeds_train_on_environments_of_their_own():
    from isac_agents.runs.learners import make_learner
    from isac_agents.training.plan import plan_jobs

    worlds = []
    for job in plan_jobs(NAME, "ddqn", seeds=(0, 1, 2)):
        env = make_learner(job.record).get_env()
        env.reset()
        worlds.append({tuple(row) for row in env.batch.env["world"].tolist()})
    assert all(len(each) == job.record.num_envs for each in worlds)
    assert not worlds[0] & worlds[1]
    assert not worlds[1] & worlds[2]
