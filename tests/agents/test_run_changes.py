"""Unfinished runs whose world has changed, that met no number, or that are trained already."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from command import NAME, isac, refused
from resuming import STEPS, assert_same, folder, unfinished

from isac_agents.runs import record as runs
from isac_agents.runs.record import read_record
from isac_agents.training.plan import plan_jobs, plan_resumed
from isac_agents.training.train_jobs import train
from isac_envs.errors import IsacError


def scenario(path, value):
    path.write_text(
        f'environment = "{NAME}"\nname = "mine"\nsummary = "s"\nsource = "own"\n'
        f"[parameters]\nevent_fast = {value}\n"
    )
    return str(path)


def test_a_changed_scenario_is_refused_or_recorded(tmp_path):
    file = scenario(tmp_path / "mine.toml", 0.5)
    run = unfinished(tmp_path / "out", scenario=file)
    scenario(tmp_path / "mine.toml", 0.4)
    for place in ((NAME, "--agent", "q_learning", "--scenario", file, "--steps", str(STEPS),
                   "--out", str(tmp_path / "out")), (str(run),)):  # fmt: skip
        message = refused("train", *place, "--resume", "--episodes", "2", "--json")
        assert "event_fast from 0.5 to 0.4" in message
        assert "--accept-changes" in message
    assert read_record(run).parameters["event_fast"] == 0.5
    accepted = ("--resume", "--accept-changes", "--episodes", "2", "--json")
    done = isac("train", str(run), *accepted)
    assert done.returncode == 0, done.stderr
    record = read_record(run)
    assert record.status == "finished"
    assert record.parameters["event_fast"] == 0.4
    (change,) = record.changes
    assert (change["steps"], change["event_fast"]) == (3008, [0.5, 0.4])
    done = isac("train", *place, "--resume", "--episodes", "2", "--json")
    assert json.loads(done.stdout)["folders"] == [str(run)]


def test_an_override_is_another_run_and_no_changed_scenario(tmp_path):
    first = unfinished(tmp_path, overrides={"event_fast": 0.5})
    with pytest.raises(
        IsacError, match=f"no run with these settings.*unfinished: {re.escape(str(first))}"
    ):
        plan_jobs(
            NAME, "q_learning", steps=STEPS, out=tmp_path, overrides={"event_fast": 0.4},
            resume=True,
        )  # fmt: skip


def test_changed_packages_are_named(run):
    record = read_record(run)
    before = {**record.versions, "numpy": "1.0"}
    runs.write_record(run, record.model_copy(update={"versions": before}))
    assert "numpy from '1.0'" in refused("train", str(run), "--resume", "--episodes", "2", "--json")


def test_a_state_that_does_not_fit_the_changed_world_is_refused(tmp_path):
    file = scenario(tmp_path / "mine.toml", 0.5)
    run = unfinished(tmp_path / "out", scenario=file)
    scenario(tmp_path / "mine.toml", "0.5\nqueue_capacity = 5")
    options = ("--resume", "--accept-changes", "--episodes", "2", "--json")
    message = refused("train", str(run), *options)
    assert "observations Discrete(352)" in message
    assert "observations Discrete(192)" in message
    assert read_record(run).status == "running"


@pytest.mark.parametrize(
    ("array", "word"), [("rewards", "reward of agent 0 in copy 3"), ("observations", "queue")]
)
def test_a_number_that_is_not_finite_stops_the_run(array, word, tmp_path, monkeypatch):
    from isac_envs.core.batch import Batch

    step, count = Batch.step, 0

    def spoilt(self, actions, frame, restart=False):
        nonlocal count
        result = step(self, actions, frame, restart)
        count += self.n == 64  # the batch that is trained on, not that of evaluations
        if count == 50 and self.n == 64:
            getattr(frame, array)[3, 0] = np.nan
        return result

    monkeypatch.setattr(Batch, "step", spoilt)
    options = ("--agent", "ddqn", "--steps", "9000", "--out", str(tmp_path))
    message = refused("train", NAME, *options, "--checkpoint-every", "1000", "--json")
    assert f"stopped after {49 * 64} environment steps" in message
    assert word in message
    monkeypatch.undo()
    run = folder(tmp_path)
    assert not [*run.glob("weights*")]
    assert (run / "checkpoints" / "failed.npz").is_file()
    again = refused("train", str(run), "--resume", "--json")
    assert word in again
    assert "start over" in again
    for path in (run / "checkpoints").glob("failed.*"):
        path.unlink()
    assert isac("train", str(run), "--resume", "--episodes", "2", "--json").returncode == 0


def test_a_loss_or_weight_that_is_not_finite_stops_the_run(tmp_path):
    for agent in ("ppo", "ddqn"):
        diverging = ("--hyper", "learning_rate=1e30", "--steps", "20000", "--json")
        out = tmp_path / agent
        message = refused("train", NAME, "--agent", agent, "--out", str(out), *diverging)
        what = r"(train/loss|weight .*|an output of the policy) is"
        assert re.search(rf"stopped after \d+ environment steps: {what}", message)
        assert not [*out.rglob("weights*")]


HOLD = """
import sys, time
from pathlib import Path
from isac_agents.runs.folder_lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_two_trainings_in_one_folder_are_kept_apart(run, whole):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(run)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"held\n"
        before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
        message = refused("train", str(run), "--resume", "--episodes", "2", "--json")
        assert f"process {holder.pid} is training there" in message
        assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before
    finally:
        holder.kill()  # a killed process leaves no lock behind
        holder.communicate()
    train(*plan_resumed(run))
    assert_same(run, whole)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--checkpoint-every", "-1"), ("checkpoint_every", "-1")),
        (("--accept-changes",), ("--resume",)),
    ],
)
def test_options_that_make_no_sense_are_refused(options, words, tmp_path):
    message = refused("train", NAME, "--steps", "64", "--out", str(tmp_path), *options)
    for word in words:
        assert word in message


def test_a_lock_is_free_again_after_a_training(run):
    train(*plan_resumed(run))
    written = (run / "weights.npz").stat().st_mtime_ns
    assert torch.get_num_threads() == 1
    train(*plan_resumed(run))  # finished: only loaded
    assert (run / "weights.npz").stat().st_mtime_ns == written


def test_a_run_of_other_settings_is_not_overwritten(run):
    (job,) = plan_jobs(NAME, "q_learning", steps=STEPS + 1, out=run.parent)
    with pytest.raises(IsacError, match="other settings"):
        train(replace(job, folder=run))
