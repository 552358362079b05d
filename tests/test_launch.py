"""The runner of local processes: progress, failures that stop nothing else, and interrupts."""

import os
import signal
import time
from pathlib import Path

import pytest

from isac_agents import launch
from isac_envs.errors import IsacError


def count(folder, number):
    """Report up to ten times the number, and leave a file whatever happens."""
    try:
        for done in range(10):
            launch.report(number * (done + 1))
    finally:
        (folder / f"{number}.done").touch()


def work(folder):
    """Report until somebody stops it; tidy up."""
    try:
        while True:
            launch.report(1)
            time.sleep(0.01)
    finally:
        (folder / "tidied").touch()


def stay(folder):
    """Hear nothing for a minute."""
    (folder / "begun").touch()
    time.sleep(60)


def fail(how):
    """End as it is told."""
    if how == "refused":
        raise IsacError("refused")
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "error":
        raise LookupError("lost")


def test_what_calls_report_is_summed(tmp_path):
    seen, ended = [], []
    calls = [(tmp_path, number) for number in (1, 2, 3)]
    launch.run_here(count, calls, 2, lambda *end: ended.append(end), seen.append)
    assert sorted(ended) == [(0, ""), (1, ""), (2, "")]
    assert seen == sorted(seen)
    assert seen[-1] == 60
    assert len([*tmp_path.glob("*.done")]) == 3


def test_a_report_outside_of_the_runner_does_nothing():
    assert launch.report(5) is None


def test_a_call_that_fails_or_is_killed_stops_no_other():
    reasons = {}
    hows = ["refused", "killed", "error", "fine"]
    launch.run_here(fail, [(how,) for how in hows], 2, reasons.__setitem__)
    assert reasons[0] == "refused"
    assert "SIGKILL" in reasons[1]
    assert reasons[2] == "LookupError: lost"
    assert reasons[3] == ""


def interrupted(function, folder, begun):
    """Call a function, interrupt the command once it has begun; return the seconds it then took."""
    at = []

    def watch(total):
        if begun(total):
            at.append(time.monotonic())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        launch.run_here(function, [(folder,)], 1, lambda *_: None, watch)
    return time.monotonic() - at[0]


def test_an_interrupted_call_that_reports_tidies_up(tmp_path):
    interrupted(work, tmp_path, lambda total: total > 0)
    assert (tmp_path / "tidied").exists()


def test_an_interrupted_call_that_does_not_report_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(launch, "GRACE_S", 0.5)
    begun: Path = tmp_path / "begun"
    assert 0.4 < interrupted(stay, tmp_path, lambda _: begun.exists()) < 20.0
