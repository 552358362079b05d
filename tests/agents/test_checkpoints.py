"""Checkpoints that were damaged, swapped or could not be written, and what is stored in them."""

import errno
import pickle
import shutil

import numpy as np
import pytest
from command import NAME, isac, refused
from resuming import (
    STEPS,
    arguments,
    assert_same,
    curves,
    folder,
    read_tree,
    unfinished,
    weights,
    write_tree,
)

from isac_agents import text
from isac_agents.runs import record
from isac_agents.runs.record import read_record
from isac_agents.training import run_log
from isac_agents.training.plan import plan_jobs, plan_resumed
from isac_agents.training.train_jobs import train


@pytest.fixture(autouse=True)
def _forget_notes():
    text._noted.clear()


def newest(run, end):
    return sorted((run / "checkpoints").glob(f"*.{end}"))[-1]


def truncate(run, end="npz"):
    path = newest(run, end)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(run, end="npz"):
    path = newest(run, end)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def make_pickle(run, end="npz"):
    newest(run, end).write_bytes(pickle.dumps({"arr_0": print}))


def swap(run, end="npz"):
    one, other = sorted((run / "checkpoints").glob(f"*.{end}"))
    one.rename(run / "kept")
    other.rename(one)
    (run / "kept").rename(other)


def swap_both(run):
    swap(run, "npz")
    swap(run, "json")


def edit(run):
    path = newest(run, "json")
    text = path.read_text()
    assert '"exploration_rate", ' in text
    path.write_text(text.replace('"exploration_rate", ', '"exploration_rate", 1', 1))


@pytest.mark.parametrize(
    "spoil",
    [
        truncate, flip, make_pickle, lambda run: truncate(run, "json"),
        lambda run: flip(run, "json"), lambda run: make_pickle(run, "json"), edit,
        lambda run: newest(run, "npz").unlink(),
    ],
)  # fmt: skip
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(spoil, run, whole, capsys):
    spoil(run)
    train(*plan_resumed(run))
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "000000003008" in told
    assert "resuming from step 2048" in told
    assert_same(run, whole)


@pytest.mark.parametrize("spoil", [swap, swap_both])
def test_swapped_files_are_refused(spoil, run):
    spoil(run)
    message = refused("train", str(run), "--resume", "--episodes", "2", "--json")
    assert "no checkpoint is left" in message
    assert read_record(run).status == "running"


def test_a_checkpoint_of_another_run_is_refused(run, tmp_path):
    other = unfinished(tmp_path / "other", seeds=(1,))
    shutil.rmtree(run / "checkpoints")
    shutil.copytree(other / "checkpoints", run / "checkpoints")
    assert "not the checkpoint" in refused(
        "train", str(run), "--resume", "--episodes", "2", "--json"
    )


def test_a_pickle_with_the_right_hash_is_never_loaded(run, tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "opened"), "w"))

    for tree in (run / "checkpoints").glob("*.json"):
        arrays = tree.with_suffix(".npz")
        content = read_tree(tree)
        spoilt = np.array([Evil()], dtype=object)
        np.savez(arrays, *[spoilt] * content["arrays"])
        write_tree(tree, content)
    assert "plain arrays" in refused("train", str(run), "--resume", "--episodes", "2", "--json")
    assert not (tmp_path / "opened").exists()


def test_no_space_left_in_the_middle_of_a_checkpoint(tmp_path, whole, monkeypatch, capsys):
    save, count = np.savez, 0

    def full(path, **arrays):
        nonlocal count
        count += 1
        if count == 2:
            save(path, arr_0=arrays["arr_0"])
            raise OSError(errno.ENOSPC, "No space left on device")
        save(path, **arrays)

    monkeypatch.setattr(np, "savez", full)
    run = unfinished(tmp_path, until=2500)
    assert "No space left on device; training continues" in capsys.readouterr().err
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == [
        f"{1024:012d}.json", f"{1024:012d}.npz",
    ]  # fmt: skip
    monkeypatch.undo()
    train(*plan_resumed(run))
    assert_same(run, whole)


def test_curves_come_back_when_there_is_space_again(tmp_path, monkeypatch, capsys):
    done, size = isac(*arguments("ppo", tmp_path / "whole", every=0)), 0
    assert done.returncode == 0, done.stderr
    write = record.write_atomically

    def full(path, content):
        nonlocal size
        size += 1
        if 2 <= size <= 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, content)

    monkeypatch.setattr(run_log, "write_atomically", full)
    done = isac(*arguments("ppo", tmp_path / "full", every=0))
    assert done.returncode == 0
    assert done.stderr.count("No space left") == 1
    assert curves(folder(tmp_path / "full")) == curves(folder(tmp_path / "whole"))


def test_what_is_no_plain_data_is_named_and_the_training_goes_on(tmp_path, monkeypatch, capsys):
    from isac_agents.algorithms.tabular.q_learning import QLearning

    made = QLearning._setup_model

    def with_iterator(self):
        made(self)
        self.position = iter([1, 2])

    monkeypatch.setattr(QLearning, "_setup_model", with_iterator)
    (job,) = plan_jobs(NAME, "q_learning", steps=STEPS, out=tmp_path, checkpoint_every=500)
    train(job)
    assert "no checkpoints: learner.position is of type list_iterator" in capsys.readouterr().err
    assert weights(job.folder)


def test_buffers_are_stored_up_to_where_they_are_filled(tmp_path):
    from isac_agents.runs.learners import make_learner
    from isac_agents.training.learner_state import capture

    (job,) = plan_jobs(NAME, "ddqn", out=tmp_path)
    agent = make_learner(job.record)
    agent.learn(64 * 10)
    _, arrays = capture(agent)
    assert sum(each.nbytes for each in arrays) < 200_000
    assert agent.replay_buffer.observations.nbytes > 4_000_000


def test_cost_is_measured_in_process_time(tmp_path, monkeypatch):
    """Without an interval the next checkpoint waits 50 times as long as the last one took."""
    from isac_agents.training import checkpoint_callback

    clock = [100.0]
    monkeypatch.setattr(checkpoint_callback, "SHORTEST", 1.0)
    monkeypatch.setattr(checkpoint_callback.time, "process_time", lambda: clock[0])
    monkeypatch.setattr(checkpoint_callback.time, "monotonic", lambda: clock[0])
    taken = []

    class Folder:
        def write(self, state):
            taken.append(round(clock[0], 3))
            clock[0] += 0.5

    class Model:
        num_timesteps = 0

    callback = checkpoint_callback.CheckpointCallback(Folder(), None, None, None)
    callback.model = Model()
    monkeypatch.setattr(checkpoint_callback.CheckpointCallback, "state", lambda self: None)
    for _ in range(600):
        clock[0] += 0.1
        callback._on_rollout_start()
    assert taken == pytest.approx([101.0, 126.6, 152.2], abs=0.21)
