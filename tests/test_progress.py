"""Whoever waits without a terminal reads how far a command has come."""

import math
import re
import sys
import time

import pytest
from command import NAME, isac

from isac_agents import progress
from isac_agents.progress import Progress, Stage, curve_end, duration, last_score, stage


def lines(text, word):
    return [line for line in text.splitlines() if line.startswith("isac: ") and word in line]


class Patient(list):
    """Stages that stay open until lines were written, however fast the work was."""

    def remove(self, each):
        time.sleep(0.1)
        super().remove(each)


@pytest.fixture
def often(monkeypatch):
    monkeypatch.setattr(progress, "EVERY_S", 0.002)


@pytest.fixture
def seen(often, monkeypatch):
    monkeypatch.setattr(progress, "_open", Patient())


def test_a_line_tells_steps_rate_time_left_and_the_last_score():
    shown = Stage("ddqn on x", 400_000)
    shown.line(0.0, 100.0)
    shown.update(100_000, "return of episodes -12.5")
    assert shown.line(0.0, 150.0) == (
        "ddqn on x: 100000 of 400000 steps (25 %), 2000 steps/s, 2.5 min left, "
        "return of episodes -12.5"
    )


def test_the_rate_is_that_of_the_last_minute_and_of_a_run_that_goes_on():
    shown = Stage("x", 1000)
    shown.update(500)  # done before
    for second in range(7):
        shown.update(500 + 10 * second)
        shown.line(0.0, 10.0 * second)
    assert "1 steps/s" in shown.line(0.0, 60.0)


def test_stages_within_count_as_parts(often, capsys):
    with Progress(), stage("outer", 4, "policies") as outer:
        outer.update(1, "greedy")
        with stage("inner", 10) as inner:
            inner.update(5)
            time.sleep(0.2)
    found = lines(capsys.readouterr().err, "outer: 1 of 4 policies (38 %)")
    assert found
    assert "greedy" in found[0]


def test_nothing_is_shown_when_hidden_nor_after_the_end_nor_without_a_stage(often, capsys):
    with Progress(hidden=True), stage("x"):
        time.sleep(0.1)
    with Progress():
        time.sleep(0.1)
    with Progress(), stage("x"):
        pass
    time.sleep(0.1)
    assert capsys.readouterr().err == ""


def test_a_poll_that_fails_ends_nothing(often, capsys):
    def fail(_):
        raise RuntimeError

    with Progress(), stage("x", poll=fail):
        time.sleep(0.1)
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(progress, "_BAR_S", 0.02)
    with Progress(), stage("[bold]names", 10) as shown:
        shown.update(5)
        time.sleep(0.2)
    assert "[bold]names: 5 of 10 steps (50 %)" in capsys.readouterr().err


def test_the_end_of_a_learning_curve(tmp_path):
    assert curve_end(tmp_path) == (0, pytest.approx(math.nan, nan_ok=True))
    path = tmp_path / "progress.csv"
    head = "rollout/ep_rew_mean,time/total_timesteps\n"
    rows = "".join(f"{k / 2},{k}\n" for k in range(5000))
    path.write_text(head + rows)
    assert curve_end(tmp_path) == (4999, 2499.5)
    assert last_score([tmp_path, tmp_path / "none"]) == "return of episodes 2500"
    with path.open("a") as file:
        file.write(",5003\n")  # an evaluation has no return of training episodes
    assert curve_end(tmp_path) == (5003, 2499.5)
    path.write_text(head + ",7\n")
    assert curve_end(tmp_path) == (7, pytest.approx(math.nan, nan_ok=True))
    for text in ("", head, head + "1.0\n", head + "x,y\n", "\xff\n" + rows):
        path.write_text(text, encoding="latin-1")
        assert curve_end(tmp_path)[0] == 0
    assert last_score([tmp_path]) == ""


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (119, "119 s"), (150, "2.5 min"), (9000, "2.5 h")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text


STEPS = r": \d+ of 2000 steps \(\d+ %\)"


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        (("train", NAME, "--agent", "q_learning", "--steps", "2e3", "--episodes", "2"), STEPS),
        (("evaluate", NAME, "--episodes", "4"), r"baselines .*: \d+ of \d+ policies"),
        (("plan", NAME), "solving isac/ModeSelect-v0"),
        (("reference", NAME, "--scenario", "storm", "--episodes", "4"), r": \d+ of \d+ policies"),
        (("warmup", "--environment", NAME), "compiling"),
    ],
)
def test_every_long_command_tells_where_it_is(arguments, pattern, seen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = isac(*arguments)
    assert done.returncode == 0, done.stderr
    assert re.search(rf"(?m)^isac: .*{pattern}.* so far$", done.stderr)
    assert "so far" not in isac(*arguments, "--json").stderr


def test_runs_in_other_processes_are_followed_too(seen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "matrix.toml").write_text(
        f'seeds = 1\nsteps = 20\nepisodes = 4\n[[entries]]\nenvironment = "{NAME}"\n'
        'agents = ["odd_learners:Constant"]\n'
    )
    done = isac("benchmark", "matrix.toml", "--jobs", "1", "--trust-modules")
    assert done.returncode == 0, done.stderr
    assert re.search(r"(?m)^isac: benchmark: 0 of 20 steps \(0 %\), 0 of 1 runs", done.stderr)
