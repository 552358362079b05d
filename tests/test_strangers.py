"""Run folders of a stranger run no code and touch nothing outside; one test a kind of attack."""

import pickle
import shutil
import subprocess
import sys
import tomllib

import numpy as np
import odd_learners
import pytest
import tomlkit
from command import NAME, isac, process, refused
from fuzzing.canary import Mark
from fuzzing.folders import SMALL
from fuzzing.payloads import learner_zip, objects
from resuming import read_tree, unfinished, write_tree

from isac_agents.runs import record as runs
from isac_agents.runs.record import RunRecord
from isac_agents.training.plan import plan_jobs
from isac_agents.training.train_jobs import train
from isac_envs import catalog

EVIL = "import os\nos.mkdir('ran')\nclass Thing: pass\nModel = Thing\n"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    found = {}
    for agent in ("q_learning", "a2c", "odd_learners:Constant"):
        (job,) = plan_jobs(NAME, agent, steps=320, out=tmp_path_factory.mktemp("finished"))
        train(job)
        found[agent] = job.folder
    return found


@pytest.fixture(scope="module")
def halfway(tmp_path_factory):
    return unfinished(
        tmp_path_factory.mktemp("half"), until=2500, agent="ddqn", hyper_parameters=SMALL
    )


def reseal(folder, **changes):
    """Change a record, with its hash as it must be."""
    path = folder / "run.toml"
    content = tomllib.loads(path.read_text()) | changes
    content.pop("record_hash", None)
    record = RunRecord(**content)
    path.write_text(tomlkit.dumps({"record_hash": record.content_hash, **content}))


def test_the_mark_of_these_tests_works(tmp_path):
    pickle.loads(pickle.dumps(Mark(tmp_path / "ran")))
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("agent", "make"),
    [
        ("a2c", learner_zip), ("ddqn", learner_zip), ("ppo", learner_zip),
        ("odd_learners:Constant", learner_zip), ("a2c", objects),
        ("odd_learners:Constant", objects),
    ],
)  # fmt: skip
def test_weights_that_hold_a_pickle_are_never_loaded(agent, make, finished, tmp_path):
    base = finished.get(agent, finished["a2c"])
    folder = shutil.copytree(base, tmp_path / "runs" / "run")
    weights = folder / "weights.npz"
    weights.write_bytes(make(tmp_path / "ran"))
    reseal(folder, weights_sha256=runs.sha256(weights), agent=agent)
    (folder / "weights.pt").write_bytes(make(tmp_path / "ran"))
    assert "does not hold plain arrays" in refused(
        "evaluate", str(folder), "--episodes", "2", "--json"
    )
    if agent == "a2c":
        assert "no run is left" in isac("report", str(folder.parent), "--episodes", "2").stderr
    assert not (tmp_path / "ran").exists()


def test_agents_that_load_themselves_get_plain_arrays_only(finished, monkeypatch):
    given = []

    def load(path, env=None):
        given.append(path)
        return odd_learners.Constant(env, action=int(np.load(path)["action"]))

    monkeypatch.setattr(odd_learners.Constant, "load", load)
    folder = finished["odd_learners:Constant"]
    done = isac("evaluate", NAME, "--agent", str(folder), "--episodes", "3", "--json")
    assert done.returncode == 0, done.stderr
    assert given
    assert not any(path.is_relative_to(folder) for path in given)


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("environment", "evil:Thing"), ("environment", "isac_envs:evil:Thing"),
        ("environment", "this:x"), ("agent", "evil:Thing"),
    ],
)  # fmt: skip
def test_names_in_files_import_nothing(field, name, finished, halfway, tmp_path):
    (tmp_path / "evil.py").write_text(EVIL)
    done = shutil.copytree(finished["a2c"], tmp_path / "runs" / "run")
    half = shutil.copytree(halfway, tmp_path / "half" / "run")
    for folder in (done, half):
        reseal(folder, **{field: name})
    scenario = tmp_path / "scenario.toml"
    scenario.write_text(f"environment = {name!r}\nname = 'x'\nsummary = ''\nsource = ''\n")
    entry = {"environment": NAME, "agents": ["a2c"]}
    entry |= {"environment": name} if field == "environment" else {"agents": [name]}
    matrix = tmp_path / "matrix.toml"
    matrix.write_text(tomlkit.dumps({"entries": [entry]}))
    lines = [
        f"evaluate|{done}|--episodes|2", f"evaluate|{NAME}|--agent|{done}|--episodes|2",
        f"report|{done.parent}", f"train|{half}|--resume", f"benchmark|{matrix}",
    ]  # fmt: skip
    if field == "environment":
        lines += [f"describe|{NAME}|--scenario|{scenario}", f"train|{NAME}|--scenario|{scenario}"]
    program = (
        "import sys; sys.path.insert(0, '')\n"
        "from isac_agents.cli import main\n"
        "for line in sys.stdin.read().splitlines():\n"
        "    assert main(line.split('|')) == 2, line\n"
        "assert 'evil' not in sys.modules and 'this' not in sys.modules\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], input="\n".join(lines), text=True, cwd=tmp_path,
        capture_output=True, timeout=300,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.count(catalog.TRUST) == len(lines), ran.stderr
    assert not (tmp_path / "ran").exists()


def test_the_flag_and_the_command_line_do_load_modules(finished, tmp_path):
    folder = finished["odd_learners:Constant"]
    arguments = ("evaluate", str(folder), "--episodes", "2")
    alone = process(*arguments, cwd=tmp_path)
    assert alone.returncode == 2
    assert catalog.TRUST in alone.stderr
    assert process(*arguments, catalog.TRUST, cwd=tmp_path).returncode == 0
    named = ("evaluate", NAME, "--agent", "odd_learners:Constant", "--episodes", "2")
    assert process(*named, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    "name",
    [
        ".lock", "events.out.tfevents.1.host", "checkpoints", "progress.csv", "run.toml",
        "evaluation.json", "checkpoints/000000001024.json", "checkpoints/failed.json",
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["symlink_to", "hardlink_to"])
def test_links_are_neither_followed_nor_written_through(name, kind, halfway, tmp_path):
    folder = shutil.copytree(halfway, tmp_path / "run")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("before")
    target, path = outside / "file", folder / name
    if path.is_dir():
        shutil.rmtree(path)
        target = outside if kind == "symlink_to" else target
    elif name == "run.toml":
        target.write_bytes(path.read_bytes())
    path.unlink(missing_ok=True)
    before = (outside / "file").read_bytes()
    getattr(path, kind)(target)
    message = refused("train", str(folder), "--resume", "--episodes", "2", "--json")
    assert "link" in message
    assert [each.name for each in outside.iterdir()] == ["file"]
    assert (outside / "file").read_bytes() == before


def test_a_new_run_is_not_written_through_a_link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "runs" / "ModeSelect-v0-highway").mkdir(parents=True)
    (tmp_path / "runs" / "ModeSelect-v0-highway" / "a2c").symlink_to(tmp_path / "elsewhere")
    command = ("train", NAME, "--agent", "a2c", "--steps", "64", "--out", str(tmp_path / "runs"))
    assert "is a link" in refused(*command)
    assert not [*(tmp_path / "elsewhere").iterdir()]


@pytest.mark.parametrize(
    ("name", "node"),
    [
        ("_logger", {"object": [["dir", "/"]]}), ("learn", 1), ("device", "cuda"),
        ("policy", {"object": [["forward", 0]]}),
    ],
)  # fmt: skip
def test_a_checkpoint_reaches_only_what_the_writer_stored(name, node, halfway, tmp_path):
    folder = shutil.copytree(halfway, tmp_path / "run")
    for path in (folder / "checkpoints").glob("*.json"):
        content = read_tree(path)
        held = content["tree"]["learner"]["object"]
        held.insert(0, [name, node])
        write_tree(path, content)
    message = refused("train", str(folder), "--resume", "--episodes", "2", "--json")
    assert f"learner.{name}" in message
