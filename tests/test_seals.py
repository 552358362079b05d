"""What bears the user's seal is believed, and nothing else: states of checkpoints, kept results."""

import json
import os
import pickle
import secrets
import shutil
import stat
from dataclasses import replace

import harness
import numpy as np
import pytest
from command import NAME, isac, refused
from resuming import STEPS, assert_same, read_tree, unfinished, write_tree

from isac_agents.evaluation import cache, results
from isac_agents.evaluation.cache import EvaluationCache
from isac_agents.runs import seal
from isac_agents.runs.checkpoints import TRUST, Checkpoint, CheckpointFolder, UnsealedError
from isac_agents.runs.record import read_record
from isac_agents.training.plan import plan_jobs, plan_resumed
from isac_agents.training.state_tree import Writer
from isac_agents.training.train_jobs import train
from isac_envs.core.batch import Batch

RESUME = ("--resume", "--episodes", "2", "--json")


@pytest.fixture(scope="module")
def halfway(tmp_path_factory):
    return unfinished(tmp_path_factory.mktemp("half"))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    arguments = ("--agent", "odd_learners:Constant", "--steps", "20", "--seeds", "2", "--jobs", "1")
    ran = isac("train", NAME, *arguments, "--episodes", "20", "--json", "--out", str(root))
    assert ran.returncode == 0, ran.stderr
    return [cache.Path(each) for each in json.loads(ran.stdout)["folders"]]


@pytest.fixture
def run(halfway, tmp_path):
    return shutil.copytree(halfway, tmp_path / "run")


@pytest.fixture
def another_user(monkeypatch):
    """Let another user go on from here."""
    monkeypatch.setattr(seal, "_held", [secrets.token_bytes(32)])


def seals_of_others():
    """Return how a stranger may seal, by what was sealed."""
    key = secrets.token_bytes(32)

    def by_another(purpose, content):
        mine = seal.key()
        seal.adopt(key)
        try:
            return seal.seal(purpose, content)
        finally:
            seal.adopt(mine)

    return (
        by_another, lambda *_: "", lambda *_: None, lambda *_: "\ud800", lambda *_: 0,
        lambda _, content: content, lambda _, content: seal.seal("another purpose", content),
    )  # fmt: skip


def fields_of(values):
    """Return all fields of numbers in an array of records, as views."""
    if values.dtype.names is None:
        return [values]
    return [each for name in values.dtype.names for each in fields_of(values[name])]


def test_a_forged_number_of_any_field_of_any_environment_is_refused(env_id, run, tmp_path):
    """Every field, one at a time, whatever it means: at random one value far or near outside."""
    random = np.random.default_rng(7)
    writer = Writer()
    writer.node(harness.bind(env_id).allocate(2))
    folder = CheckpointFolder(tmp_path, read_record(run))
    folder.write(Checkpoint(64, 0.0, 0.0, {}, {"state": 0}, writer.arrays))
    folder.newest()
    path = folder.path / "000000000064.json"
    content, before = read_tree(path), json.loads(path.read_text())["seal"]
    places = [(k, f) for k, each in enumerate(writer.arrays) for f in range(len(fields_of(each)))]
    seals = (*seals_of_others(), lambda *_: before)
    for number, (array, field) in enumerate(places):
        forged = [each.copy() for each in writer.arrays]
        value = fields_of(forged[array])[field]
        if not value.size:  # rows of zeros at the end are not stored
            forged[array] = np.zeros((2, *forged[array].shape[1:]), forged[array].dtype)
            value = fields_of(forged[array])[field]
        if not value.size:  # no room for anything, such as links in free space
            continue
        odd = [np.nan, np.inf] if value.dtype.kind == "f" else [1, np.iinfo("i1").max]
        with np.errstate(all="ignore"):
            if value.dtype.kind == "b":
                value[...] = ~value
            else:  # another one than stands there
                value[...] = random.choice([each for each in (*odd, 2) if (value != each).any()])
        np.savez(path.with_suffix(".npz"), *forged)
        write_tree(path, content, seals[number % len(seals)])
        with pytest.raises(UnsealedError, match="without checks"):
            folder.newest()
        assert folder.newest(trust=True) is not None


def test_a_checkpoint_of_somebody_else_needs_the_flag(run, halfway, tmp_path, another_user):
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    message = refused("train", str(run), *RESUME)
    assert TRUST in message
    assert "000000003008.json" in message
    after = {path: path.read_bytes() for path in before}
    assert {path for path in before if before[path] != after[path]} <= {run / ".lock"}
    ran = isac("train", str(run), *RESUME, TRUST)
    assert ran.returncode == 0, ran.stderr
    (job,) = plan_jobs(NAME, "q_learning", steps=STEPS, out=tmp_path / "whole")
    train(job)
    assert_same(run, job.folder)


def test_the_flag_is_about_runs_to_go_on_with(tmp_path):
    message = refused("train", NAME, "--steps", "64", "--out", str(tmp_path), TRUST)
    assert "--resume" in message


def test_in_another_world_new_episodes_begin(run, monkeypatch):
    """Numbers of the old state could lie outside of what is smaller in the new world."""
    times = []
    step = Batch.step

    def seen(self, *arguments):
        times.append(self.env["time"].copy())
        return step(self, *arguments)

    def first(job):
        with monkeypatch.context() as patched, pytest.raises(StopIteration):
            patched.setattr(Batch, "step", seen)
            train(job, stop)
        return times.pop()

    def stop(steps):
        raise StopIteration

    (job,) = plan_resumed(run)
    assert first(job).all()
    world = job.record.world().with_parameters({"event_fast": 0.4})
    changed = {
        "parameters": world.params.model_dump(mode="json"),
        "scenario_hash": harness.scenarios.content_hash(world.id, world.params),
    }
    assert not first(replace(job, record=job.record.model_copy(update=changed))).any()


def test_results_that_others_claim_are_played_again(done, tmp_path):
    root = shutil.copytree(done[0].parent, tmp_path / "runs" / "agent")
    first, second = sorted(root.iterdir())
    command = ("evaluate", NAME, "--agent", str(first), str(second), "--episodes", "20", "--json")
    honest = isac(*command).stdout
    kept = (first / results.FILE).read_text()
    for make in seals_of_others():
        content = json.loads(kept)
        (entry,) = content["entries"]
        entry["agent"]["reward"] = [1.0] * 20
        for each in entry["baselines"].values():
            each["reward"] = [-1000.0] * 20
        sealed = make(results._PURPOSE, results._Kept(entries=content["entries"]).content())
        (first / results.FILE).write_text(json.dumps({**content, "seal": sealed}))
        judge = EvaluationCache(read_record(first).world(), 20)
        judge.borrow([first])
        assert not judge._baselines
        judge.borrow([first, second])
        assert judge._baselines
        before = (first / results.FILE).read_bytes()
        told = isac(*command).stdout
        assert json.loads(told)["rows"] == json.loads(honest)["rows"]
        assert (first / results.FILE).read_bytes() != before  # kept again, sealed
        assert json.loads((first / results.FILE).read_text()) == json.loads(kept)


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    path = tmp_path / "settings" / "isac-envs" / seal.KEY
    made = seal._kept(path)
    assert len(made) == 32
    assert seal._kept(path) == made
    assert [*path.parent.iterdir()] == [path]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_that_was_copied_is_the_same_user(run, monkeypatch, tmp_path):
    there = seal.key_file()
    seal.key()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(seal, "_held", [])
    if seal.key_file() == there:
        pytest.skip("folders of settings follow no variable on this system")
    seal.key_file().parent.mkdir()
    shutil.copy(there, seal.key_file())
    train(*plan_resumed(run))


@pytest.mark.parametrize("content", ["", "no key", "00" * 31, "é"])
def test_a_damaged_key_ends_nothing(content, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(seal, "key_file", lambda: tmp_path / seal.KEY)
    monkeypatch.setattr(seal, "_held", [])
    (tmp_path / seal.KEY).write_text(content)
    assert seal.is_sealed("x", "y", seal.seal("x", "y"))
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert str(tmp_path / seal.KEY) in told


def test_a_key_that_cannot_be_kept_is_good_for_this_process(monkeypatch, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(seal, "key_file", lambda: tmp_path / "file" / seal.KEY)
    monkeypatch.setattr(seal, "_held", [])
    assert seal.is_sealed("x", "y", seal.seal("x", "y"))
    assert "not be recognised as yours" in capsys.readouterr().err


def test_a_job_takes_the_key_of_its_user_along(monkeypatch, tmp_path):
    (job,) = plan_jobs(NAME, "q_learning", steps=STEPS, out=tmp_path)
    mine = seal.key()
    assert repr(mine) not in repr(job)
    assert mine.hex() not in repr(job)
    monkeypatch.setattr(seal, "_held", [secrets.token_bytes(32)])
    pickle.loads(pickle.dumps(job)).announce()
    assert seal.key() == mine
