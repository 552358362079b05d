"""Generated pages are up to date, and what the README promises exists."""

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from isac_envs import scenarios
from isac_envs.catalog import OWN, model_class
from isac_envs.description import describe

ROOT = Path(__file__).resolve().parents[1]


def test_environment_pages_are_up_to_date():
    command = [sys.executable, str(ROOT / "docs/generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", OWN)
def test_equations_of_a_model_are_typeset(name):
    """Dollars come in pairs within a paragraph; a displayed equation inside of one is not read."""
    text = model_class(name).__doc__
    assert "$$" not in text
    for paragraph in re.split(r"\n\s*\n", text):
        assert paragraph.count("$") % 2 == 0, paragraph


def has_scores(name):
    """Tell whether a baseline scores 1; in a zero-sum game all rewards are 0 on average."""
    return model_class(name).reference_baseline is not None


def test_reference_scores_belong_to_the_present_parameters():
    for name in OWN:
        for scenario in scenarios.names(name):
            chosen = scenarios.load(name, scenario)
            assert chosen.reference, f"{name}, {scenario}: no reference scores"
            assert chosen.reference.scenario_hash == chosen.hash, f"{name}, {scenario}: stale"


def test_no_baseline_beats_the_optimum():
    """Where an optimum scores 1, a genie who sees what no agent sees may score more."""
    for name in filter(has_scores, OWN):
        model = model_class(name)
        above = {"genie"} - {model.baselines[model.reference_baseline].kind}
        for scenario in scenarios.names(name):
            scores = scenarios.load(name, scenario).reference.scores
            top = scores[model.reference_baseline].reward
            for baseline, score in scores.items():
                if model.baselines[baseline].kind in above:
                    continue
                assert score.reward - score.half_width <= top + 1e-9, (scenario, baseline)


def test_readme_links_lead_somewhere():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("name", OWN)
def test_readme_lists_every_environment_with_the_kind_of_its_optimum(name):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| `{name}` \|.*\| ([^|]+) \|$", text, flags=re.MULTILINE)
    model = model_class(name)
    kind = "unknown"
    if has_scores(name):
        kind = model.baselines[model.reference_baseline].kind.replace("_", " ")
    assert row.partition(" (")[0] == kind


def test_the_first_result_is_true():
    text = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", text, flags=re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(example[0], {})
    assert printed.getvalue() == example[1]


def test_the_results_of_the_landing_page_are_those_of_the_readme():
    landing, readme = (
        (ROOT / name).read_text(encoding="utf-8") for name in ("docs/index.md", "README.md")
    )
    rows = re.findall(r"^\| .*\|$", landing, flags=re.MULTILINE)
    assert len(rows) > 3
    for row in rows:
        assert row in readme


@pytest.mark.parametrize("name", OWN)
def test_every_environment_has_an_animation_and_a_place_in_both_galleries(name):
    stem = scenarios.folder(name).name
    for page in ("docs/index.md", "docs/environments/index.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        assert f"thumbnails/{stem}.webp)]" in text, page
    for folder in ("animations", "thumbnails"):
        assert (ROOT / f"docs/_static/{folder}/{stem}.webp").is_file()


@pytest.mark.parametrize("name", ["constant_agent.py", "pyproject.toml"])
def test_the_page_on_own_agents_holds_the_files_that_are_tested(name):
    page = (ROOT / "docs/own_agent.md").read_text(encoding="utf-8")
    tested = (ROOT / "tests/packages/constant_agent" / name).read_text(encoding="utf-8")
    language = {".py": "python", ".toml": "toml"}[Path(name).suffix]
    assert f"```{language}\n{tested}```\n" in page


@pytest.mark.parametrize("page", ["docs/results.md", "docs/physics.md", "benchmarks/README.md"])
def test_measured_tables_are_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    measured = text.partition("<!-- measured: start -->")[2].partition("<!-- measured: end -->")[0]
    assert measured.count("\n|") > 3


def test_many_equal_groups_of_coordinates_are_listed_once():
    described = describe("isac/RisMiso-v0")["kinds_of_agents"][0]["observation"]
    assert [row["index"] for row in described] == ["0..1", "2..3", "4..255", "256..259", "260..263"]
    assert described[2]["meaning"] == "The last 2 entries again, 63 times."
    own = describe("isac/SparseArrayBeam-v0")["kinds_of_agents"][0]["observation"]
    assert len(own) == 25
