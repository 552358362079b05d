"""A package of its own with an agent: installed, trained, evaluated, reported like a built-in."""

import json

import pytest
from installing import install, isac_lines

TRAIN = "train isac/ModeSelect-v0 --steps 4000 --episodes 20 --json"
RUNS = "runs/ModeSelect-v0-highway"
NAMES = {
    "best_constant": "best_constant",
    "constant_agent:BestConstant": "constant_agent.BestConstant",
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return a folder with the package, as pip installs it."""
    return install("constant_agent", tmp_path_factory.mktemp("site"))


def scores(outcome):
    code, output = outcome
    assert code == 0
    rows = json.loads(output)["rows"]
    return {row["name"]: [each["score"] for each in row["members"]] for row in rows}


def test_trained_evaluated_and_reported_like_built_in_agents(installed, tmp_path):
    """By the name of its entry point and by its path, in one process, which spares imports."""
    lines = []
    for name, folder in NAMES.items():
        first, second = (f"{RUNS}/{folder}/seed_{seed}" for seed in (0, 1))
        lines.append(f"{TRAIN} --agent {name} --seeds 2 --jobs 1")
        lines.append(f"evaluate {first} --agent {second} --episodes 20 --json")
    *done, reported = isac_lines(installed, tmp_path, *lines, "report runs --markdown report.md")[0]
    assert reported[0] == 0
    report = (tmp_path / "report.md").read_text(encoding="utf-8").splitlines()
    for k, (name, folder) in enumerate(NAMES.items()):
        trained, again = done[2 * k : 2 * k + 2]
        row = scores(trained)
        assert row[name] == row["always_radar"] * 2  # radar is the better of the two constants
        assert row["always_radar"] > row["always_communicate"]
        folders = [f"{RUNS}/{folder}/seed_{seed}" for seed in (0, 1)]
        assert json.loads(trained[1])["folders"] == folders
        assert scores(again) == row
        assert any(line.startswith(f"| {name} ") for line in report), report


def test_what_is_nearly_right_is_hinted_at(installed, tmp_path):
    """The name of the agent, and its hyper-parameters: they are the arguments of its class."""
    lines = [f"{TRAIN} --agent best_constants", f"{TRAIN} --agent best_constant --hyper acton=1"]
    done, errors = isac_lines(installed, tmp_path, *lines)
    assert [code for code, _ in done] == [2, 2]
    of_name, of_argument = errors.splitlines()
    assert "'best_constant'" in of_name
    assert "'acton'" in of_argument and "'action'" in of_argument
