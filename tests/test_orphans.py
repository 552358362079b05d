"""Whatever ends a command, no process that it started goes on.

By default the way in which processes end is tested; whole commands are slow.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import NAME

from isac_agents import child

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")

WITHIN_S = 10.0
COMMAND = [sys.executable, "-c", "from isac_agents.cli import run; run()"]


def parents():
    """Return the parent of every process."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            found[int(path.parent.name)] = int(parent)
    return found


def descendants(process):
    """Return all processes below one, with the names that tell whether a number was used again."""
    below, known = {process}, parents()
    while True:
        more = {pid for pid, parent in known.items() if parent in below} - below
        if not more:
            return below - {process}
        below |= more


def is_ours(process, folder):
    """Return whether a process still runs, in the folder that it was started in."""
    try:
        return process in parents() and os.readlink(f"/proc/{process}/cwd") == str(folder)
    except OSError:
        return False


def left_after(sent, arguments, folder, started, least):
    """Kill a command when its children are at work; return which of them are left."""
    running = subprocess.Popen(
        [*COMMAND, *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    children = set()
    try:
        deadline = time.monotonic() + 300
        while not started() or len(children) < least:
            assert running.poll() is None, running.stderr.read()
            assert time.monotonic() < deadline, children
            time.sleep(0.1)
            children = descendants(running.pid)
        os.kill(running.pid, sent)
        running.wait(timeout=60)
        deadline = time.monotonic() + WITHIN_S
        while any(is_ours(each, folder) for each in children) and time.monotonic() < deadline:
            time.sleep(0.1)
        return [each for each in children if is_ours(each, folder)]
    finally:
        running.kill()
        running.stderr.close()
        for each in children:
            if is_ours(each, folder):
                os.kill(each, signal.SIGKILL)


def train(folder):
    arguments = ["train", NAME, "--agent", "odd_learners:Waiting", "--seeds", "2", "--jobs", "2"]
    return arguments, lambda: len([*folder.rglob("run.toml")]) == 2, 3  # and a resource tracker


def benchmark(folder):
    (folder / "matrix.toml").write_text(
        f'seeds = 2\n[[entries]]\nenvironment = "{NAME}"\nagents = ["odd_learners:Waiting"]\n'
    )

    def started():
        texts = [path.read_text() for path in folder.rglob("run.toml")]
        return sum('status = "running"' in text for text in texts) == 2

    return ["benchmark", "matrix.toml", "--jobs", "2", "--trust-modules"], started, 3


def d4pg(folder):
    settings = ["--hyper", "learning_starts=100", "buffer_size=1000", "batch_size=32"]
    arguments = [
        "train", "isac/BeamTrack-v0", "--agent", "d4pg", "--actors", "2", "--steps", "1e9",
        "--parameters", "action=continuous", "--checkpoint-every", "640", *settings,
    ]  # fmt: skip
    return arguments, lambda: [*folder.rglob("checkpoints/*.json")], 3


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("command", [train, benchmark, d4pg])
def test_every_command_with_children(command, sent, tmp_path):
    """Run with ``pytest -m slow tests/test_orphans.py``: half a minute a case."""
    assert not left_after(sent, *_case(command, tmp_path))


def _case(command, folder):
    arguments, started, least = command(folder)
    return arguments, folder, started, least


def sleep(pipe):
    child.begin()
    pipe.send(os.getpid())
    time.sleep(600)


def parent(pipe):
    """Start a child, tell its number, and be killed while it sleeps."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe(duplex=False)
    multiprocessing.get_context("spawn").Process(target=sleep, args=(theirs,)).start()
    pipe.send(ours.recv())
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_child_ends_when_its_parent_is_killed():
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    middle = context.Process(target=parent, args=(theirs,))
    middle.start()
    number = ours.recv()
    middle.join()
    deadline = time.monotonic() + WITHIN_S
    while number in parents() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert number not in parents()


def test_a_process_that_nobody_of_ours_started_goes_on():
    before = signal.getsignal(signal.SIGINT)
    try:
        child.begin()
    finally:
        signal.signal(signal.SIGINT, before)
