"""The isac command as a user meets it: names, numbers, exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command import NAME, isac, process, refused

FOREIGN = "toy.model:Corridor"


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
        (("evaluate", NAME, "--seed", "-5"), ("seed", "-5")),
        (("evaluate", NAME, "--agent", "ddqn"), ("ddqn", "isac train")),
        (("describe", "os:path"), ("os:path",)),
        (("train", NAME, "--first-seed", "15625000"), ("seed", "15624999")),
        (
            ("train", NAME, "--agent", "q_learning", "--parameters", "observation=vector"),
            ("observation", "index"),
        ),
        (("warmup", "--environment", "isac/None-v0"), ("isac/None-v0",)),
        (("train", "runs/nothing", "--resume"), ("runs/nothing", "no such folder", "unfinished")),
        (("train", "runs/nothing"), ("runs/nothing", "folder")),
        (("evaluate", "runs/nothing"), ("runs/nothing", "no such folder")),
        (("evaluate", NAME, "--agent", "runs/nothing"), ("runs/nothing", "no such folder")),
        (("evaluate", NAME, "--agent", "./nothing"), ("./nothing", "no such folder")),
        (("train", "isac/ModeSelct-v0", "--resume"), ("environment", "isac/ModeSelect-v0")),
        (("train", NAME, "--agent", ""), ("agent ''",)),
        (("train", NAME, "--agent", "os:getcwd"), ("os:getcwd", "class")),
        (("reference", FOREIGN, "--write"), ("toy.model:", "--scenario")),
        (("reference", FOREIGN, "--scenario", "calm"), ("calm",)),
    ],
)  # fmt: skip
def test_a_wrong_name_or_number_gives_one_line_and_exit_code_2(
    arguments, words, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    message = refused(*arguments)
    for word in words:
        assert word in message


def test_references_of_a_model_of_ones_own_are_those_of_its_defaults():
    content = json.loads(isac("reference", FOREIGN, "--episodes", "20", "--json").stdout)
    assert content["default"]["scores"]["random"]["reward"]
    assert "random" in isac("reference", FOREIGN, "--episodes", "20").stdout


def test_nothing_is_left_behind_by_a_refused_training(tmp_path):
    out = tmp_path / "runs"
    refused("train", NAME, "--hyper", "learning_rte=1", "--steps", "10", "--out", str(out))
    assert not out.exists()


def test_the_script_ends_without_a_traceback(tmp_path):
    done = process("describe", "isac/Nothing-v0", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


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


def scenario_file(folder, text, name="mine"):
    path = folder / "mine.toml"
    head = f'environment = "{NAME}"\nname = "{name}"\nsummary = "s"\nsource = "own"\n'
    path.write_text(head + text)
    return str(path)


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("", "../../evil", ("name",)),
        ("[agents.ddqnn]\nsteps = 10\n", "mine", ("ddqnn", "ddqn")),
        ("[reference]\nscores = 3\n", "mine", ("reference",)),
    ],
)
def test_a_scenario_file_that_does_not_fit_is_refused(text, name, words, tmp_path):
    path = scenario_file(tmp_path, text, name)
    out = ("--out", str(tmp_path / "out"), "--steps", "10")
    message = refused("train", NAME, "--scenario", path, *out)
    for word in words:
        assert word in message


def test_scores_of_other_parameters_are_refused(tmp_path):
    path = Path(scenario_file(tmp_path, "[parameters]\nqueue_capacity = 3\n"))
    measure = ("reference", NAME, "--scenario", str(path), "--episodes", "20", "--write", "--json")
    assert isac(*measure).returncode == 0
    path.write_text(path.read_text().replace("queue_capacity = 3", "queue_capacity = 4"))
    assert "other parameters" in refused("describe", NAME, "--scenario", str(path))
    assert isac(*measure).returncode == 0
    assert isac("describe", NAME, "--scenario", str(path)).returncode == 0


def test_a_hyper_parameter_that_fails_late_is_refused_too(tmp_path):
    wrong = "replay_buffer_kwargs={sise = 3}"
    arguments = ("--steps", "9999", "--hyper", wrong, "--out", str(tmp_path))
    done = isac("train", NAME, *arguments)
    assert done.returncode == 2
    assert "ddqn" in done.stderr.splitlines()[-1]
    assert not list(tmp_path.rglob("weights*"))


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    command = f"{sys.executable} -c 'from isac_agents.cli import run; run()'"
    shell = f"{command} describe {NAME} | head -1"
    done = subprocess.run(shell, shell=True, capture_output=True, text=True, timeout=120)
    assert done.stderr == ""


def test_the_optimum_scores_one_and_random_zero_without_doubt():
    rows = json.loads(isac("evaluate", NAME, "--episodes", "20", "--json").stdout)["rows"]
    scores = {row["name"]: row["score"] for row in rows}
    assert scores["optimum"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert scores["random"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    width = scores["threshold"]["high"] - scores["threshold"]["low"]
    assert 0.0 < width < 0.1
