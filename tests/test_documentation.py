"""Generated pages are up to date, and what the README promises exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from isac_envs import scenarios
from isac_envs.catalog import MODELS, model_class

ROOT = Path(__file__).resolve().parents[1]


def test_environment_pages_are_up_to_date():
    command = [sys.executable, str(ROOT / "docs/generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_reference_scores_belong_to_the_present_parameters():
    for name in MODELS:
        for scenario in scenarios.names(name):
            chosen = scenarios.load(name, scenario)
            assert chosen.reference, f"{name}, {scenario}: no reference scores"
            assert chosen.reference.scenario_hash == chosen.hash, f"{name}, {scenario}: stale"


def test_no_baseline_beats_the_optimum():
    for name in MODELS:
        for scenario in scenarios.names(name):
            scores = scenarios.load(name, scenario).reference.scores
            top = scores[model_class(name).yardstick()].reward
            for baseline, score in scores.items():
                assert score.reward - score.half_width <= top + 1e-9, (scenario, baseline)


def test_readme_links_lead_somewhere():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (ROOT / target).exists(), target


def test_readme_lists_every_environment():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in MODELS:
        assert f"`{name}`" in text, name


@pytest.mark.parametrize("page", ["docs/results.md", "docs/physics.md", "benchmarks/README.md"])
def test_measured_tables_are_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    measured = text.partition("<!-- measured: start -->")[2].partition("<!-- measured: end -->")[0]
    assert measured.count("\n|") > 3
