"""Packages of others: installed by pip into a folder, and used by processes that have it."""

import json
import os
import subprocess
import sys
from pathlib import Path

PACKAGES = Path(__file__).resolve().parent / "packages"

_LINES = """
import contextlib, io, json, sys
sys.path.insert(0, "")
from isac_agents.cli import main
done = []
for words in json.load(sys.stdin):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main(words)
    done.append((code, out.getvalue()))
print(json.dumps(done))
"""


def install(name, folder):
    """Install a package of ``tests/packages`` into a folder, as a user does."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    command += ["--no-build-isolation", "--target", str(folder), str(PACKAGES / name)]
    subprocess.run(command, check=True, timeout=300)
    return folder


def python(*arguments, cwd, site="", text=""):
    """Run Python in a process of its own that finds the packages of a folder."""
    paths = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.run(
        [sys.executable, *map(str, arguments)], input=text, capture_output=True, text=True,
        cwd=cwd, timeout=300, env=environment,
    )  # fmt: skip


def isac(site, folder, *arguments):
    """Run the command as the console script does."""
    code = "from isac_agents.cli import run; run()"
    return python("-c", code, *arguments, cwd=folder, site=site)


def isac_lines(site, folder, *lines):
    """Run several command lines in one process; return exit code and output of each, and stderr."""
    words = [each if isinstance(each, list) else each.split() for each in lines]
    done = python("-c", _LINES, cwd=folder, site=site, text=json.dumps(words))
    assert done.returncode == 0, done.stderr
    return [tuple(each) for each in json.loads(done.stdout.splitlines()[-1])], done.stderr
