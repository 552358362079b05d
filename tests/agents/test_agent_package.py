"""A package of its own with an agent: installed, trained, evaluated, reported like a built-in."""

import json

import pytest
from installing import install, isac

TRAIN = ("train", "isac/ModeSelect-v0", "--steps", "4000", "--episodes", "20", "--json")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return a folder with the package, as pip installs it."""
    return install("constant_agent", tmp_path_factory.mktemp("site"))


def scores(done):
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    return {row["name"]: [each["score"] for each in row["members"]] for row in rows}


@pytest.mark.parametrize("name", ["best_constant", "constant_agent:BestConstant"])
def test_trained_and_evaluated_like_a_built_in_agent(installed, tmp_path, name):
    trained = isac(installed, tmp_path, *TRAIN, "--agent", name, "--seeds", "2", "--jobs", "1")
    row = scores(trained)
    assert row[name] == row["always_radar"] * 2  # radar is the better of the two constants
    assert row["always_radar"] > row["always_communicate"]
    first, second = json.loads(trained.stdout)["folders"]
    again = ("evaluate", first, "--agent", second, "--episodes", "20", "--json")
    assert scores(isac(installed, tmp_path, *again)) == row
    reported = isac(installed, tmp_path, "report", "runs", "--markdown", "report.md")
    assert reported.returncode == 0, reported.stderr
    lines = (tmp_path / "report.md").read_text(encoding="utf-8").splitlines()
    assert any(line.startswith(f"| {name} ") for line in lines), lines


def test_a_name_that_is_nearly_right_is_hinted_at(installed, tmp_path):
    done = isac(installed, tmp_path, *TRAIN, "--agent", "best_constants")
    assert done.returncode == 2
    assert "'best_constant'" in done.stderr and done.stderr.count("\n") == 1


def test_hyper_parameters_are_the_arguments_of_the_class(installed, tmp_path):
    done = isac(installed, tmp_path, *TRAIN, "--agent", "best_constant", "--hyper", "acton=1")
    assert done.returncode == 2
    assert "'acton'" in done.stderr and "'action'" in done.stderr
