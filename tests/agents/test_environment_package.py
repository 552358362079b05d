"""An environment in a package of its own: every command works on it as on ours."""

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest
from installing import PACKAGES, install, isac_lines, python

ROOT = Path(__file__).resolve().parents[2]
SOURCES = PACKAGES / "hop" / "hop"
NAME, AGENT = "hop/Hop-v0", "odd_learners:Constant"
QUICK = f"--agent {AGENT} --steps 40 --episodes 4"
RUN = "runs/Hop-v0-bursts/odd_learners.Constant/seed_0"
MATRIX = f"""
seeds = 1
steps = 40
episodes = 4
[[entries]]
environment = "{NAME}"
agents = ["{AGENT}"]
"""
BARE = """
from hop.model import Hop


class BareHop(Hop):
    id = "own/Bare-v0"
    baselines, scene, finite = {}, None, False
"""
BARE_NAME, BARE_RUN = "bare:BareHop", "runs/Bare-v0-default/odd_learners.Constant/seed_0"
BUSY = """
environment = "own/Bare-v0"
name = "busy"
summary = "s"
source = "own"

[parameters]
stop = 0.1
"""
COMMANDS = {
    "list": "list --json",
    "describe": f"describe {NAME} --scenario bursts --json",
    "warmup": f"warmup --environment {NAME} --json",
    "plan": f"plan {NAME} --scenario bursts --json",
    "reference": f"reference {NAME} --write --json",
    "train": f"train {NAME} --scenario bursts {QUICK} --json",
    "evaluate": f"evaluate {RUN} --episodes 200 --json",
    "benchmark": "benchmark matrix.toml --trust-modules --jobs 1 --json",
    "sweep": f"sweep {NAME} {QUICK} --trials 1 --rungs 0 --json",
    "report": "report runs --markdown report.md",
}
BARE_COMMANDS = {
    "train": f"train {BARE_NAME} {QUICK} --json",
    "again": f"train {BARE_NAME} {QUICK} --resume --json",
    "describe": f"describe {BARE_NAME} --scenario busy --json",
    "reference": f"reference {BARE_NAME} --json",
    "write": f"reference {BARE_NAME} --write",
    "plan": f"plan {BARE_NAME}",
    "evaluate": f"evaluate {BARE_NAME}",
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return a folder with the package, as pip installs it, its scores not measured yet."""
    site = install("hop", tmp_path_factory.mktemp("site"))
    for path in (site / "hop" / "scenarios" / "hop").iterdir():
        head = path.read_text(encoding="utf-8").partition("\n[reference]")[0]
        path.write_text(head, encoding="utf-8")
    return site


@pytest.fixture(scope="module")
def played(installed, tmp_path_factory):
    """Run all commands in one process, which spares imports; return folder, outcomes, errors.

    An outcome is the exit code and the output.
    """
    folder = tmp_path_factory.mktemp("work")
    (folder / "matrix.toml").write_text(MATRIX)
    (folder / "bare.py").write_text(BARE)
    scenarios = folder / "scenarios" / "bare_hop"
    scenarios.mkdir(parents=True)
    (scenarios / "busy.toml").write_text(BUSY)
    lines = [*COMMANDS.values(), *BARE_COMMANDS.values()]
    done, errors = isac_lines(installed, folder, *lines)
    return folder, dict(zip(lines, done, strict=True)), errors


def test_every_command_takes_it(installed, played):
    folder, outcomes, errors = played
    done = {name: outcomes[line] for name, line in COMMANDS.items()}
    assert {name: code for name, (code, _) in done.items()} == dict.fromkeys(COMMANDS, 0), errors
    found = {name: json.loads(text) for name, (_, text) in done.items() if name != "report"}
    assert {
        "id": NAME, "summary": found["describe"]["summary"], "agents": 1,
        "scenarios": ["default", "bursts"], "optimum": "exact",
    } in found["list"]  # fmt: skip
    assert found["describe"]["scenario"]["name"] == "bursts"
    values = {each["name"]: each["value"] for each in found["describe"]["parameters"]}
    assert values["stop"] == 0.03
    assert [row["id"] for row in found["warmup"]] == [NAME]
    assert list(found["reference"]) == ["default", "bursts"]
    for path in (SOURCES / "scenarios" / "hop").iterdir():
        written = installed / "hop" / "scenarios" / "hop" / path.name
        assert written.read_text() == path.read_text()
    assert found["train"]["folders"] == [RUN]
    record = tomllib.loads((folder / RUN / "run.toml").read_text())
    assert (record["environment"], record["versions"]["hop"]) == (NAME, "1.0")
    assert (len(found["benchmark"]["finished"]), found["benchmark"]["failed"]) == (1, {})
    assert [each["state"] for each in found["sweep"]["trials"]] == ["complete"]
    report = (folder / "report.md").read_text(encoding="utf-8")
    assert f"## {NAME}, bursts" in report and f"## {NAME}, default" in report


def test_its_dynamics_and_its_transition_model_agree(played):
    planned, evaluated = (json.loads(played[1][COMMANDS[name]][1]) for name in ("plan", "evaluate"))
    exact = {row["policy"]: row["episode"] for row in planned["policies"]}
    exact["optimum"] = planned["optimal_episode"]
    reward = {row["name"]: row["reward"] for row in evaluated["rows"]}
    for name in ("optimum", "leave", "stay", "random"):
        assert reward[name]["low"] < exact[name] < reward[name]["high"]


def test_a_model_that_nobody_registered_goes_by_its_path(installed, played):
    """It declares no baselines, and a scenario of its own stands beside it."""
    folder, outcomes, errors = played
    done = {name: outcomes[line] for name, line in BARE_COMMANDS.items()}
    refused = {"write", "plan", "evaluate"}
    codes = {name: 2 if name in refused else 0 for name in BARE_COMMANDS}
    assert {name: code for name, (code, _) in done.items()} == codes, errors
    found = {name: json.loads(text) for name, (_, text) in done.items() if name not in refused}
    assert [row["name"] for row in found["train"]["rows"]] == [AGENT]
    assert found["train"] == found["again"]
    assert [each["name"] for each in found["describe"]["scenarios"]] == ["default", "busy"]
    assert found["reference"].keys() == {"default", "busy"}
    assert str(Path("scenarios", "bare_hop", "default.toml")) in errors
    record = tomllib.loads((folder / BARE_RUN / "run.toml").read_text())
    assert record["environment"] == BARE_NAME
    (folder / "bare.toml").write_text(MATRIX.replace(NAME, BARE_NAME))
    lines = [f"evaluate {BARE_RUN} --episodes 4", f"report {BARE_RUN}", "benchmark bare.toml"]
    done, errors = isac_lines(installed, folder, *lines, f"{lines[0]} --trust-modules")
    assert [code for code, _ in done] == [2, 2, 2, 0], errors
    assert errors.count("--trust-modules") == len(lines)


def test_gymnasium_makes_it_without_an_import_of_its_package(installed, tmp_path):
    program = f"""
import gymnasium, isac_envs, sys
assert "hop" not in sys.modules and "numba" not in sys.modules
for env in (gymnasium.make("{NAME}", scenario="bursts"), gymnasium.make_vec("{NAME}", num_envs=3)):
    observation, info = env.reset(seed=0)
    assert env.observation_space.contains(observation)
    env.step(env.action_space.sample())
from gymnasium.utils.env_checker import check_env
check_env(gymnasium.make("isac_envs:{NAME}").unwrapped)
"""
    done = python("-W", "error", "-c", program, cwd=tmp_path, site=installed)
    assert done.returncode == 0, done.stderr


def test_its_page_is_generated(installed, tmp_path):
    command = (ROOT / "docs" / "generate.py", NAME, "--folder", "pages")
    done = python(*command, cwd=tmp_path, site=installed)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "pages" / "hop.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {NAME}\n") and f'gymnasium.make("isac_envs:{NAME}")' in page
    assert "### default" in page and "### bursts" in page
    assert python(*command, "--check", cwd=tmp_path, site=installed).returncode == 0


def test_its_dynamics_and_declaration_are_short():
    """Without imports, comments, docstrings and blank lines."""
    lines = 0
    for name in ("dynamics.py", "model.py"):
        text = (SOURCES / name).read_text(encoding="utf-8")
        left_out = set()
        for node in ast.walk(ast.parse(text)):
            is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if is_docstring or isinstance(node, (ast.Import, ast.ImportFrom)):
                left_out |= {*range(node.lineno, node.end_lineno + 1)}
        numbered = enumerate(text.splitlines(), start=1)
        lines += sum(n not in left_out and bool(re.match(r"\s*[^#\s]", line))
                     for n, line in numbered)  # fmt: skip
    assert 40 < lines <= 60


def test_the_page_on_own_environments_holds_the_files_that_are_tested():
    """In pieces, in their order; each begins with the name of its file."""
    page = (ROOT / "docs" / "own_environment.md").read_text(encoding="utf-8")
    shown = {}
    for name, text in re.findall(r"```\w+\n# ([\w/.]+)\n(.*?)```\n", page, flags=re.DOTALL):
        shown[name] = shown.get(name, "") + text
    package = PACKAGES / "hop"
    files = [path for path in package.rglob("*") if path.suffix in (".py", ".toml")]
    assert shown.keys() == {str(path.relative_to(package)) for path in files}
    for path in files:
        tested = path.read_text(encoding="utf-8").partition("\n[reference]")[0]
        given = shown[str(path.relative_to(package))]
        assert re.sub(r"\n\s*\n", "\n", given) == re.sub(r"\n\s*\n", "\n", tested), path
