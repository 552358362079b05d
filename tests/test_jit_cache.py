"""Machine code on disk: reused while the sources stay, never used when any of them changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import isac_envs
from isac_envs.kernels.jit import record

PROGRAM = """
import isac_envs
from isac_envs.kernels.jit import record
from isac_envs.core.vector_env import VectorEnv
from pathlib import Path
assert Path(isac_envs.__file__).is_relative_to({root!r}), isac_envs.__file__
env = VectorEnv("isac/ModeSelect-v0", 64, horizon=9)
env.reset(seed=0)
print(sum(env.step([0] * 64)[1].sum() for _ in range(8)))
"""

ALWAYS = """

@inlined
def bernoulli(stream: Stream, probability: float) -> bool:
    return uniform(stream) < 2.0
"""


class Installation:
    """A copy of the package with a cache folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root, self.cache = root, root / "cache"
        self.settings: dict[str, str] = {}
        source = Path(isac_envs.__file__).parent
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, root / "isac_envs", ignore=ignored)
        if not (source / "_scenarios").is_dir():
            shutil.copytree(source.parent / "scenarios", root / "scenarios")

    def run(self, program: str | None = None) -> str:
        here = str(Path(__file__).parent)  # for the toys
        path = os.pathsep.join((str(self.root), here))
        settings = {"PYTHONPATH": path, "NUMBA_CACHE_DIR": str(self.cache), **self.settings}
        finished = subprocess.run(
            [sys.executable, "-W", "error", "-c", program or PROGRAM.format(root=str(self.root))],
            env={**os.environ, **settings},
            cwd=self.root,
            capture_output=True,
            text=True,
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    def machine_code(self) -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in self.cache.rglob("*.nbc")}

    def append(self, file: str, text: str) -> None:
        with (self.root / "isac_envs" / file).open("a") as stream:
            stream.write(text)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: Any) -> Installation:
    return Installation(tmp_path_factory.mktemp("installed"))


def test_the_cache_is_reused_and_edits_of_callees_are_seen(installation: Installation) -> None:
    first = installation.run()
    compiled = installation.machine_code()
    assert compiled
    assert installation.run() == first
    assert installation.machine_code() == compiled

    installation.append("kernels/rng.py", ALWAYS)
    edited = installation.run()
    assert float(edited) < float(first)  # every slot has an event now
    assert installation.run() == edited


ALIKE = """
from harness import bind
from isac_envs.core.batch import Batch
for name in ("corridor", "rovers", "isac/ModeSelect-v0"):  # the first record begins all others
    Batch(bind(name), 2).seed((1, 2))
"""


def test_records_that_begin_alike_compile_without_warnings(tmp_path: Path) -> None:
    Installation(tmp_path).run(ALIKE)


def test_the_package_runs_where_nothing_can_be_cached(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way of a folder")
    installed = Installation(tmp_path / "root")
    installed.cache = blocked / "cache"
    program = (
        "import numpy as np; from isac_envs.kernels.rng import seed_stream; "
        "s = np.zeros(4, np.uint64); seed_stream(s, np.uint64(1), np.uint64(1)); print(s.any())"
    )
    assert installed.run(f"import os\nos.environ['HOME'] = {str(blocked)!r}\n{program}") == "True\n"


def test_no_stale_machine_code_where_the_cache_folder_cannot_be_written(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way of a folder")
    installed = Installation(tmp_path / "root")
    installed.cache = blocked / "cache"
    installed.settings = {"HOME": str(blocked), "XDG_CACHE_HOME": str(blocked)}
    first = installed.run()
    assert not list(installed.root.rglob("*.nb?"))
    installed.append("kernels/rng.py", ALWAYS)
    assert float(installed.run()) < float(first)


def test_records_refuse_names_that_numpy_reads_otherwise() -> None:
    with pytest.raises(ValueError, match="'size' cannot be a field"):
        record(("time", "i8"), ("size", "f8"))
