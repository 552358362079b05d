"""Runs the isac command for tests, in this process and in one of its own."""

import contextlib
import io
import subprocess
import sys
from dataclasses import dataclass

from isac_agents.cli import main

NAME = "isac/ModeSelect-v0"


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


def isac(*arguments):
    """Run the command in this process, as the console script calls it."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    return Done(code, out.getvalue(), err.getvalue())


def process(*arguments, cwd):
    """Run the command in a process of its own, from a folder."""
    code = "from isac_agents.cli import run; run()"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=300)


def refused(*arguments):
    """Run a command that must fail with one line and exit code 2; return the line."""
    done = isac(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr
