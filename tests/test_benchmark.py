"""A matrix of runs: validated, trained, stopped, resumed, and failures that stop nothing else."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from command import NAME, isac, refused

from isac_agents.benchmark.matrix import plan, read
from isac_agents.launch import RETRIES, run_on_ray

QUICK = "odd_learners:Constant"


def matrix(folder, *entries, head="seeds = 1\nsteps = 20\nepisodes = 4\n"):
    path = folder / "matrix.toml"
    tables = (f'[[entries]]\nenvironment = "{NAME}"\n{each}\n' for each in entries)
    path.write_text(head + "\n".join(tables))
    return str(path)


def run(path, out, *more):
    options = ("--out", str(out), "--jobs", "1", "--json", "--trust-modules")
    done = isac("benchmark", path, *options, *more)
    return done, json.loads(done.stdout) if done.stdout else None


def test_finished_runs_and_evaluations_are_skipped(tmp_path):
    path = matrix(tmp_path, f'agents = ["{QUICK}"]\nscenarios = ["hieu2020"]')
    done, content = run(path, tmp_path / "runs")
    assert done.returncode == 0, done.stderr
    assert len(content["finished"]) == len(content["comparisons"]) == 1
    assert content["failed"] == {}
    rows = {row["name"]: row for row in content["comparisons"][0]["rows"]}
    assert rows[QUICK]["reward"] == rows["always_radar"]["reward"]
    assert len(rows[QUICK]["members"]) == 1
    files = sorted((tmp_path / "runs").rglob("*.*"))
    before = [each.stat().st_mtime_ns for each in files]
    done, again = run(path, tmp_path / "runs")
    assert again == content
    assert [each.stat().st_mtime_ns for each in files] == before


def test_failing_and_killed_runs_are_listed_and_other_settings_get_other_folders(tmp_path):
    path = matrix(
        tmp_path,
        'agents = ["odd_learners:Broken", "odd_learners:Killed"]',
        f'agents = ["{QUICK}"]\nhyper_parameters."{QUICK}" = {{action = 0}}',
        f'agents = ["{QUICK}"]',
        f'agents = ["{QUICK}"]',  # the same once more
    )
    done, content = run(path, tmp_path / "runs")
    assert done.returncode == 2
    assert "2 of 4 runs failed" in done.stderr
    assert "Traceback" not in done.stderr
    reasons = {folder.split("/")[-2]: reason for folder, reason in content["failed"].items()}
    assert "it broke" in reasons["odd_learners.Broken"]
    assert "SIGKILL" in reasons["odd_learners.Killed"]
    assert len(content["finished"]) == 2
    rows = {row["name"]: row for row in content["comparisons"][0]["rows"]}
    assert rows[QUICK]["reward"] == rows["always_communicate"]["reward"]
    (other,) = (name for name in rows if name.startswith(f"{QUICK},"))
    assert rows[other]["reward"] == rows["always_radar"]["reward"]


def heed_interrupts():
    """Undo what a process in the background inherits: signals of the keyboard ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_stopped_by_the_keyboard_it_goes_on_where_it_was(tmp_path, monkeypatch):
    path = matrix(tmp_path, f'agents = ["{QUICK}", "odd_learners:Waiting"]')
    code = "from isac_agents.cli import run; run()"
    arguments = ("benchmark", path, "--jobs", "1", "--trust-modules")
    command = [sys.executable, "-c", code, *arguments]
    running = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, preexec_fn=heed_interrupts,
    )  # fmt: skip
    runs = tmp_path / "runs" / "ModeSelect-v0-highway"
    kept = runs / "odd_learners.Constant" / "seed_0" / "evaluation.json"
    try:
        deadline = time.monotonic() + 300
        while not kept.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does on Ctrl-C
        _, errors = running.communicate(timeout=120)
    finally:
        running.kill()
    assert running.returncode == 130
    assert errors.endswith("isac: error: stopped\n")
    assert not list((runs / "odd_learners.Waiting").rglob("weights*"))
    before = kept.stat().st_mtime_ns
    (tmp_path / "go").touch()
    monkeypatch.chdir(tmp_path)
    done = isac(*arguments)
    assert done.returncode == 0, done.stderr
    assert "2 runs, 1 already done" in done.stderr
    assert kept.stat().st_mtime_ns == before
    assert list((runs / "odd_learners.Waiting").rglob("evaluation.json"))


@pytest.mark.parametrize(
    ("head", "entry", "words"),
    [
        ("seed = 3\n", 'agents = ["ddqn"]', ("unknown field 'seed'", "'seeds'")),
        ("seeds = 0\n", 'agents = ["ddqn"]', ("seeds = 0", "greater than or equal to 1")),
        ("episodes = 1\n", 'agents = ["ddqn"]', ("episodes = 1", "equal to 2")),
        ("seeds = true\n", 'agents = ["ddqn"]', ("seeds = True",)),
        ("", 'agnets = ["ddqn"]', ("entries.0.agnets", "'agents'", "missing")),
        ("", "agents = []", ("entries.0.agents = []", "at least 1")),
        ("", 'agents = ["dqnn"]', ("entries.0", "'dqnn'", "'dqn'")),
        ("", 'agents = ["ddqn"]\nscenarios = ["strom"]', ("entries.0", "'strom'", "'storm'")),
        ("", 'agents = ["ddqn"]\nparameters = {event_fats = 1}', ("event_fats", "event_fast")),
        ("", 'agents = ["ddqn"]\nhyper_parameters.dqn = {}', ("'dqn'", "'ddqn'")),
        ("", 'agents = ["ddqn"]\nhyper_parameters.ddqn = {gama = 1}', ("'gama'", "'gamma'")),
        ("entries = 3\n[x", "", ("not a TOML file",)),
    ],
)  # fmt: skip
def test_a_wrong_matrix_is_refused_before_anything_is_written(head, entry, words, tmp_path):
    path = matrix(tmp_path, entry, head=head)
    message = refused("benchmark", path, "--out", str(tmp_path / "runs"))
    for word in ("matrix.toml", *words):
        assert word in message
    assert not (tmp_path / "runs").exists()


def test_wrong_arguments_are_refused(tmp_path):
    assert "no.toml" in refused("benchmark", str(tmp_path / "no.toml"))
    path = matrix(tmp_path, f'agents = ["{QUICK}"]')
    assert "jobs is 0" in refused("benchmark", path, "--jobs", "0")
    assert "--launcher ray" in refused("benchmark", path, "--ray-address", "auto")


def test_ray_is_named_with_its_extra_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    path = matrix(tmp_path, f'agents = ["{QUICK}"]')
    out = ("--out", str(tmp_path / "runs"), "--json", "--trust-modules")
    assert "isac-envs[ray]" in refused("benchmark", path, "--launcher", "ray", *out)


@pytest.mark.slow
def test_ray_tasks_train_and_failures_stop_nothing(tmp_path, monkeypatch):
    """Run with ``pytest -m slow tests/test_benchmark.py``: a minute."""
    pytest.importorskip("ray")
    monkeypatch.setenv("FRAGILE_MARK", str(tmp_path / "mark"))
    odd = ", ".join(f'"odd_learners:{each}"' for each in ("Broken", "Killed", "Fragile"))
    path = matrix(tmp_path, f'agents = ["{QUICK}", {odd}]')
    arguments = ("--launcher", "ray", "--jobs", "1", "--out", "runs", "--json", "--trust-modules")
    code = "from isac_agents.cli import run; run()"
    done = subprocess.run(
        [sys.executable, "-c", code, "benchmark", path, *arguments],
        capture_output=True, text=True, cwd=tmp_path, timeout=900,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert done.stdout.startswith("{"), done.stdout[:300] + done.stderr
    content = json.loads(done.stdout)
    assert sorted(Path(each).parent.name for each in content["finished"]) == [
        "odd_learners.Constant", "odd_learners.Fragile",
    ]  # fmt: skip
    reasons = " ".join(content["failed"].values())
    assert "it broke" in reasons
    assert "WorkerCrashed" in reasons
    assert f"restarted {RETRIES} times" in reasons
    assert done.stderr.count("restarted") == 2 + RETRIES  # notes: one of Fragile; the reason


class Cluster:
    """Ray as far as :func:`run_on_ray` uses it: tasks run when they are waited for."""

    class exceptions:
        class RayError(Exception):
            pass

    def __init__(self, deaths):
        self.deaths, self.started = dict(deaths), []

    def init(self, **_):
        pass

    shutdown = init

    def remote(self, **settings):
        assert settings == {"num_cpus": 1, "max_retries": 0}
        return lambda function: SimpleNamespace(remote=lambda *call: (function, call, object()))

    def wait(self, pending):
        return pending[:1], pending[1:]

    def get(self, ready):
        function, (called, arguments), _ = ready
        self.started.append(arguments[0])
        if self.deaths.get(arguments[0], 0):
            self.deaths[arguments[0]] -= 1
            raise self.exceptions.RayError("the node died")
        return function(called, arguments)


def test_what_died_on_ray_is_restarted_a_bounded_number_of_times(monkeypatch, capsys):
    cluster = Cluster({"a": 1, "b": 99})
    monkeypatch.setitem(sys.modules, "ray", cluster)
    monkeypatch.setattr("isac_agents.launch.os", SimpleNamespace(environ={}))
    outcome = {}
    run_on_ray(len, [("a",), ("b",), ("c",)], "", 1, outcome.__setitem__)
    assert outcome.keys() == {0, 1, 2}
    assert outcome[0] == outcome[2] == ""
    assert "the node died" in outcome[1]
    assert str(RETRIES) in outcome[1]
    assert [cluster.started.count(each) for each in "abc"] == [2, 1 + RETRIES, 1]
    assert capsys.readouterr().err.count("the node died") == 1 + RETRIES


def test_the_shipped_matrix_is_valid(tmp_path):
    path = Path(__file__).resolve().parents[1] / "examples" / "benchmark.toml"
    jobs = plan(path, read(path), tmp_path)
    assert len({job.folder for job in jobs}) == len(jobs) == 21
