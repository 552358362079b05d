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


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return a folder with the package, as pip installs it, its scores not measured yet."""
    site = install("hop", tmp_path_factory.mktemp("site"))
    for path in (site / "hop" / "scenarios" / "hop").iterdir():
        head = path.read_text(encoding="utf-8").partition("\n[reference]")[0]
        path.write_text(head, encoding="utf-8")
    return site


def test_every_command_takes_it(installed, tmp_path):
    (tmp_path / "matrix.toml").write_text(MATRIX)
    lines = [
        "list --json",
        f"describe {NAME} --scenario bursts --json",
        f"warmup --environment {NAME} --json",
        f"plan {NAME} --scenario bursts --json",
        f"reference {NAME} --write --json",
        f"train {NAME} --scenario bursts {QUICK} --json",
        f"evaluate {RUN} --episodes 200 --json",
        "benchmark matrix.toml --trust-modules --jobs 1 --json",
        f"sweep {NAME} {QUICK} --trials 1 --rungs 0 --json",
        "report runs --markdown report.md",
    ]
    done, errors = isac_lines(installed, tmp_path, *lines)
    assert [code for code, _ in done] == [0] * len(lines), errors
    listed, described, warmed, planned, measured, trained, evaluated, ran, searched = (
        json.loads(text) for _, text in done[:-1]
    )
    assert {
        "id": NAME, "summary": described["summary"], "agents": 1,
        "scenarios": ["default", "bursts"], "optimum": "exact",
    } in listed  # fmt: skip
    assert described["scenario"]["name"] == "bursts"
    assert next(p for p in described["parameters"] if p["name"] == "stop")["value"] == 0.03
    assert [row["id"] for row in warmed] == [NAME]
    assert list(measured) == ["default", "bursts"]
    for path in (SOURCES / "scenarios" / "hop").iterdir():
        written = installed / "hop" / "scenarios" / "hop" / path.name
        assert written.read_text() == path.read_text()
    assert trained["folders"] == [RUN]
    record = tomllib.loads((tmp_path / RUN / "run.toml").read_text())
    assert (record["environment"], record["versions"]["hop"]) == (NAME, "1.0")
    reward = {row["name"]: row["reward"] for row in evaluated["rows"]}
    assert reward["optimum"]["low"] < planned["optimal_episode"] < reward["optimum"]["high"]
    exact = {row["policy"]: row["episode"] for row in planned["policies"]}
    for name in ("leave", "stay", "random"):
        assert reward[name]["low"] < exact[name] < reward[name]["high"]
    assert (len(ran["finished"]), ran["failed"]) == (1, {})
    assert [each["state"] for each in searched["trials"]] == ["complete"]
    report = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert f"## {NAME}, bursts" in report and f"## {NAME}, default" in report


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


def test_a_model_that_nobody_registered_goes_by_its_path(tmp_path):
    """It declares no baselines, and its scenarios stand beside it."""
    name, run = "bare:BareHop", "runs/Bare-v0-default/odd_learners.Constant/seed_0"
    (tmp_path / "bare.py").write_text(BARE)
    folder = tmp_path / "scenarios" / "bare_hop"
    folder.mkdir(parents=True)
    head = 'environment = "own/Bare-v0"\nname = "busy"\nsummary = "s"\nsource = "own"\n'
    (folder / "busy.toml").write_text(f"{head}[parameters]\nstop = 0.1\n")
    (tmp_path / "matrix.toml").write_text(MATRIX.replace(NAME, name))
    lines = [
        f"train {name} {QUICK} --json",
        f"evaluate {run} --episodes 4 --json",
        f"train {name} {QUICK} --resume --json",
        f"describe {name} --scenario busy --json",
        f"reference {name} --json",
        f"reference {name} --write",
        f"plan {name}",
        f"evaluate {name}",
    ]
    hop = PACKAGES / "hop"
    done, errors = isac_lines(hop, tmp_path, *lines)
    assert [code for code, _ in done] == [0, 0, 0, 0, 0, 2, 2, 2], errors
    trained, _, again, described, measured = (json.loads(text) for _, text in done[:5])
    assert [row["name"] for row in trained["rows"]] == [AGENT]
    assert trained["rows"] == again["rows"]
    assert [each["name"] for each in described["scenarios"]] == ["default", "busy"]
    assert measured.keys() == {"default", "busy"}
    assert str(folder / "default.toml") in errors
    refusals = ["report runs", "benchmark matrix.toml", f"evaluate {run}"]
    allowed = [f"{line} --trust-modules" for line in ("report runs", f"evaluate {run}")]
    done, errors = isac_lines(hop, tmp_path, *refusals, *allowed)
    assert [code for code, _ in done] == [2, 2, 2, 0, 0], errors
    assert errors.count("--trust-modules") >= len(refusals)


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
