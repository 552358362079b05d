"""Mutated run folders, scenario files and actions: a short form of ``make fuzz``."""

import pickle
from pathlib import Path

import matplotlib
import pytest
from fuzzing import campaign
from fuzzing.canary import Canary, Mark
from numba import config


@pytest.fixture
def canary(tmp_path):
    caches = [config.CACHE_DIR or Path.home() / ".cache", matplotlib.get_cachedir()]
    return Canary(tmp_path, caches)


def test_the_canary_notices_what_it_is_there_for(canary):
    link = canary.sandbox / "link"
    link.symlink_to(canary.outside / "secret.txt")
    with canary:
        (canary.sandbox / "mine.txt").write_text("allowed")
    assert canary.harm() == []
    with canary:
        pickle.loads(pickle.dumps(Mark(canary.mark)))
    assert "code ran" in canary.harm()
    with canary:
        import evil  # noqa: F401 - it stands in the working directory of the canary
    assert "code ran" in canary.harm()
    with canary:
        link.write_text("changed")
    found = canary.harm()
    assert any(each.startswith("open") for each in found)
    assert any(each.startswith("outside") for each in found)
    assert canary.harm() == []


def test_run_folders_of_strangers(canary, tmp_path):
    found = campaign.run_folders(16, 1, canary, tmp_path, ["mappo"])
    assert not found.failures, "\n".join(found.failures)
    assert min(found.outcomes["refused"], found.outcomes["accepted"]) >= 3, found.outcomes


def test_scenario_files_of_strangers(canary):
    found = campaign.scenario_files(100, 1, canary)
    assert not found.failures, "\n".join(found.failures)
    assert min(found.outcomes["refused"], found.outcomes["accepted"]) >= 10, found.outcomes


def test_actions_of_any_form():
    names = ("isac/ModeSelect-v0", "isac/BeamTrack-v0", "isac/JrcAoiMulti-v0")
    names += ("isac/VcpsViewMulti-v0",)  # whose agents differ
    found = campaign.actions(900, 1, names)
    assert not found.failures, "\n".join(found.failures)
    assert min(found.outcomes["refused"], found.outcomes["accepted"]) >= 200, found.outcomes
