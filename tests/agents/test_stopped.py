"""Trainings that end early: what is left of them, what is said, how to go on."""

import shlex

import pytest
from command import isac
from resuming import arguments, folder, unfinished

from isac_agents.runs.record import read_record
from isac_agents.training.checkpoint_callback import CheckpointCallback
from isac_envs.errors import IsacError


def test_resume_without_anything_to_resume_is_refused_and_lists_what_there_is(tmp_path):
    asked = arguments("q_learning", tmp_path, "--resume", steps=640)
    done = isac(*asked)
    assert done.returncode == 2
    assert "no run with these settings to resume" in done.stderr
    assert "there are no unfinished runs" in done.stderr
    assert not [*tmp_path.iterdir()]
    run = unfinished(tmp_path)
    assert f"unfinished: {run} (q_learning, seed 0, 4000 steps)" in isac(*asked).stderr
    nothing = isac("train", str(run.with_name("seed_7")), "--resume")
    assert nothing.returncode == 2
    assert f"seed_7: no such folder; in {run.parent}: unfinished: {run}" in nothing.stderr


def stop_at(monkeypatch, steps, times=1):
    """Press Ctrl-C when a run has done so many steps."""
    counted = CheckpointCallback._on_step
    left = [times]

    def on_step(self):
        if self.model.num_timesteps >= steps and left[0]:
            left[0] -= 1
            raise KeyboardInterrupt
        return counted(self)

    monkeypatch.setattr(CheckpointCallback, "_on_step", on_step)


def test_stopped_by_the_keyboard_it_says_what_is_saved_and_how_to_go_on(tmp_path, monkeypatch):
    stop_at(monkeypatch, 2500)
    done = isac(*arguments("q_learning", tmp_path / "a b"))
    assert done.returncode == 130
    run = folder(tmp_path / "a b")
    message = f"stopped: {run} is saved up to step 2048 of 4000; resume with: "
    assert message in done.stderr
    words = shlex.split(done.stderr.partition("resume with: ")[2])
    assert words == ["isac", "train", str(run), "--resume"]
    assert isac(*words[1:], "--episodes", "2").returncode == 0
    assert read_record(run).status == "finished"


def test_the_command_to_go_on_with_several_runs(tmp_path, monkeypatch):
    asked = arguments("q_learning", tmp_path / "a b", "--seeds", "3", "--jobs", "1")
    stop_at(monkeypatch, 4000)
    done = isac(*asked)
    assert done.returncode == 130
    stop_at(monkeypatch, 2500)
    words = shlex.split(done.stderr.partition("resume with: ")[2])
    assert words[:3] == ["isac", "train", "isac/ModeSelect-v0"]
    assert isac(*words[1:], "--jobs", "1").returncode == 130
    assert isac(*words[1:], "--jobs", "1", "--episodes", "2").returncode == 0
    runs = sorted(path.parent.name for path in (tmp_path / "a b").rglob("run.toml"))
    assert runs == ["seed_0", "seed_1", "seed_2"]
    assert len({path.parents[1] for path in (tmp_path / "a b").rglob("run.toml")}) == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, IsacError])
def test_a_run_that_ends_before_its_first_checkpoint_leaves_no_folder(error, tmp_path, monkeypatch):
    def on_step(self):
        raise error("it broke")

    monkeypatch.setattr(CheckpointCallback, "_on_step", on_step)
    done = isac(*arguments("q_learning", tmp_path))
    assert done.returncode == {KeyboardInterrupt: 130, RuntimeError: 1, IsacError: 2}[error]
    assert not [*tmp_path.iterdir()]
    monkeypatch.undo()
    assert isac(*arguments("q_learning", tmp_path)).returncode == 0
    assert folder(tmp_path).parent.name == "q_learning"


def test_files_of_the_user_keep_a_folder(tmp_path, monkeypatch):
    def on_step(self):
        (folder(tmp_path) / "notes.txt").touch()
        raise RuntimeError

    monkeypatch.setattr(CheckpointCallback, "_on_step", on_step)
    isac(*arguments("q_learning", tmp_path))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["notes.txt"]
