"""The isac command as a user meets it: in a process of its own, with its exit codes."""

import contextlib
import io
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass

import pytest

from isac_agents.cli import main

NAME = "isac/ModeSelect-v0"


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


def isac(*arguments):
    """Run the command in this process, as the console script calls it."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    return Done(code, out.getvalue(), err.getvalue())


def process(*arguments, cwd):
    """Run the command in a process of its own, from a folder."""
    code = "from isac_agents.cli import run; run()"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=300)


def refused(*arguments):
    """Run a command that must fail with one line and exit code 2; return the line."""
    done = isac(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


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
    return shutil.copytree(run_folder, tmp_path / "copy")


def test_list_names_every_environment():
    rows = json.loads(isac("list", "--json").stdout)
    assert NAME in {row["id"] for row in rows}
    assert NAME in isac("list").stdout


def test_describe_has_units_parameters_and_references():
    content = json.loads(isac("describe", NAME, "--scenario", "hieu2020", "--json").stdout)
    assert content["scenario"]["defects"]
    assert all(row["unit"] and row["meaning"] for row in content["parameters"])
    assert {"observation", "action", "objectives", "metrics", "baselines"} <= content.keys()
    text = isac("describe", NAME).stdout
    assert "packets" in text
    assert "Reference scores" in text


def test_plan_prints_the_published_optimum():
    content = json.loads(isac("plan", NAME, "--scenario", "hieu2020", "--json").stdout)
    rows = {row["policy"]: row for row in content["policies"]}
    assert rows["value iteration"]["average"] == pytest.approx(1.3030, abs=1e-3)
    assert rows["value iteration"]["miss_probability"] == pytest.approx(0.1552, abs=1e-3)
    assert rows["rule"]["average"] == pytest.approx(rows["value iteration"]["average"], abs=1e-9)


def test_overrides_reach_the_environment():
    content = json.loads(
        isac(
            "plan", NAME, "--scenario", "hieu2020", "--parameters", "event_fast=1.0", "--json"
        ).stdout
    )
    assert content["policies"][0]["average"] == pytest.approx(1.8032, abs=1e-3)


def test_list_plan_and_describe_import_no_torch():
    code = (
        "import sys; from isac_agents.cli import main; "
        f"assert main(['list']) == 0; assert main(['describe', '{NAME}']) == 0; "
        f"assert main(['plan', '{NAME}']) == 0; assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_the_command_itself_imports_nothing_heavy():
    code = (
        "import sys; import isac_agents.cli; "
        "heavy = {'torch', 'numba', 'pydantic', 'scipy', 'gymnasium.wrappers'} & set(sys.modules); "
        "assert not heavy - {'gymnasium.wrappers'}, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


WITHOUT_TORCH = """
import sys

class Missing:
    def find_spec(self, name, *_):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from isac_agents.cli import main
sys.exit(main(["train", "isac/ModeSelect-v0", "--steps", "10"]))
"""


def test_training_without_torch_names_the_extra():
    command = [sys.executable, "-c", WITHOUT_TORCH]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert "isac-envs[agents]" in done.stderr


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
    import torch

    arguments = ("--agent", "ddqn", "--steps", "4000", "--episodes", "2", "--out", str(tmp_path))
    assert isac("train", NAME, *arguments).returncode == 0
    again = tmp_path / "ModeSelect-v0-highway" / "ddqn" / "seed_0" / "weights.pt"
    one, two = (torch.load(path, weights_only=True) for path in (run_folder / "weights.pt", again))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[key], two[key]) for key in one)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("describe", "isac/ModeSelct-v0"), ("isac/ModeSelct-v0", "isac/ModeSelect-v0")),
        (("describe", NAME, "--scenario", "strom"), ("strom", "storm")),
        (("plan", NAME, "--parameters", "event_fats=0.1"), ("event_fats", "event_fast")),
        (("plan", NAME, "--parameters", "event_fast=2"), ("event_fast", "2", "<= 1")),
        (("plan", NAME, "--parameters", "event_fast"), ("name=value",)),
        (("plan", NAME, "--discount", "1.5"), ("discount", "1.5")),
        (("train", NAME, "--agent", "dddqn"), ("dddqn", "ddqn")),
        (("train", NAME, "--steps", "0"), ("steps", "0")),
        (("train", NAME, "--seeds", "0"), ("seeds", "0")),
        (("train", NAME, "--hyper", "gama=1", "--steps", "10"), ("gama", "gamma")),
        (("evaluate", NAME, "--agent", "myopc"), ("myopc", "myopic")),
        (("evaluate", NAME, "--agent", "nowhere:Agent"), ("nowhere",)),
        (("evaluate", NAME, "--agent", "json:NoSuchClass"), ("NoSuchClass",)),
        (("evaluate", NAME, "--episodes", "0"), ("episodes", "0")),
        (("warmup", "--environment", "isac/None-v0"), ("isac/None-v0",)),
    ],
)  # fmt: skip
def test_a_wrong_name_or_number_gives_one_line_and_exit_code_2(
    arguments, words, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    message = refused(*arguments)
    for word in words:
        assert word in message


def test_nothing_is_left_behind_by_a_refused_training(tmp_path):
    out = tmp_path / "runs"
    refused("train", NAME, "--hyper", "learning_rte=1", "--steps", "10", "--out", str(out))
    assert not out.exists()


def test_the_script_ends_without_a_traceback(tmp_path):
    done = process("describe", "isac/Nothing-v0", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


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


def remove(name):
    return lambda folder: (folder / name).unlink()


def pickle_weights(folder):
    import pickle

    (folder / "weights.pt").write_bytes(pickle.dumps({"a": print}))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (remove("run.toml"), ("run.toml",)),
        (remove("weights.pt"), ("weights.pt",)),
        (truncate("weights.pt"), ("weights.pt",)),
        (pickle_weights, ("weights.pt",)),
        (truncate("run.toml"), ("run.toml",)),
        (spoil_text("event_fast = 0.5", "event_fast = 0.4"), ("run.toml", "scenario_hash")),
        (spoil_text("event_fast = 0.5", "event_fast = 7"), ("event_fast", "7")),
        (spoil_text('status = "finished"', 'status = "running"'), ("not finished",)),
        (spoil_text('agent = "ddqn"', 'agent = "no"'), ("no",)),
        (spoil_text("isac/ModeSelect-v0", "isac/Other-v0"), ("isac/Other-v0",)),
        (spoil_text("copies =", "copis ="), ("copies",)),
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


def test_reference_is_written_into_a_scenario_file_of_ones_own(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        f'# my comment\nenvironment = "{NAME}"\nname = "mine"\nsummary = "s"\nsource = "own"\n'
        "[parameters]\nqueue_capacity = 3\n"
    )
    arguments = ("--scenario", str(path), "--episodes", "20", "--write", "--json")
    done = isac("reference", NAME, *arguments)
    assert done.returncode == 0, done.stderr
    text = path.read_text()
    assert "# my comment" in text
    assert "[reference.scores]" in text
    assert isac("reference", NAME, *arguments).returncode == 0
    assert path.read_text() == text


def test_doctor_and_warmup_report():
    assert {"check", "value", "advice"} == set(json.loads(isac("doctor", "--json").stdout)[0])
    rows = json.loads(isac("warmup", "--environment", NAME, "--json").stdout)
    assert rows[0]["id"] == NAME
