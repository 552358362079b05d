"""Machine code on disk: reused while the sources stay, never used when any of them changed."""

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from numba.core.errors import NumbaError

import isac_envs
from isac_envs.engine.jit import INTERPRETED, allocating, jit, record

PROGRAM = """
import isac_envs
from isac_envs.engine.jit import INTERPRETED, allocating, jit, record
from isac_envs.core.vector_env import VectorEnv
from pathlib import Path
assert Path(isac_envs.__file__).is_relative_to({root!r}), isac_envs.__file__
env = VectorEnv("isac/ModeSelect-v0", 64, horizon=9)
env.reset(seed=0)
print(sum(env.step([0] * 64)[1].sum() for _ in range(8)))
"""

LIGHT = "from isac_envs.engine import mathx; print(mathx.exp(mathx.ln(2.5) + mathx.log10(9.0)))"

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

    def start(self, program: str | None = None) -> subprocess.CompletedProcess[str]:
        here = str(Path(__file__).parent)  # for the toys
        path = os.pathsep.join((str(self.root), here))
        settings = {"PYTHONPATH": path, "NUMBA_CACHE_DIR": str(self.cache), **self.settings}
        return subprocess.run(
            [sys.executable, "-c", program or PROGRAM.format(root=str(self.root))],
            env={**os.environ, **settings},
            cwd=self.root,
            capture_output=True,
            text=True,
        )

    def run(self, program: str | None = None) -> str:
        finished = self.start(program)
        assert finished.returncode == 0, finished.stderr
        assert "Warning" not in finished.stderr
        return finished.stdout

    def machine_code(self) -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in self.cache.rglob("*.nbc")}

    def append(self, file: str, text: str) -> None:
        with (self.root / "isac_envs" / file).open("a") as stream:
            stream.write(text)

    def prepend(self, file: str, text: str) -> None:
        path = self.root / "isac_envs" / file
        path.write_text(text + path.read_text())


@pytest.fixture(scope="module")
def installation(tmp_path_factory: Any) -> Installation:
    return Installation(tmp_path_factory.mktemp("installed"))


def test_the_cache_is_reused_and_edits_of_callees_are_seen(installation: Installation) -> None:
    first = installation.run()
    compiled = installation.machine_code()
    assert compiled
    assert installation.run() == first
    assert installation.machine_code() == compiled

    installation.append("engine/rng.py", ALWAYS)
    edited = installation.run()
    assert float(edited) < float(first)  # every slot has an event now
    assert installation.run() == edited


def test_equal_sources_elsewhere_share_machine_code(
    installation: Installation, tmp_path: Path
) -> None:
    installation.run()
    other = Installation(tmp_path / "elsewhere")
    other.cache = installation.cache
    for file in ("engine/rng.py", "envs/mode_selection/mode_select/kernel.py"):
        shutil.copy(installation.root / "isac_envs" / file, other.root / "isac_envs" / file)
    other.prepend("engine/rng.py", "# comments move all lines\n# and change nothing\n")
    before = installation.machine_code()
    finished = other.start()
    assert finished.returncode == 0 and "compiling" not in finished.stderr
    assert installation.machine_code() == before


DAMAGES: tuple[Callable[[bytes], bytes], ...] = (
    lambda content: b"",
    lambda content: content[: len(content) // 2],
    lambda content: content[:-9] + bytes((content[-9] ^ 4,)) + content[-8:],
    lambda content: bytes(len(content)),
)


def test_damaged_files_are_compiled_anew_and_replaced(tmp_path: Path) -> None:
    installed = Installation(tmp_path)
    first = installed.run(LIGHT)
    whole = sorted(installed.cache.rglob("*.nbc"))
    assert len(whole) >= len(DAMAGES)
    for damage, path in zip(itertools.cycle(DAMAGES), whole):
        path.write_bytes(damage(path.read_bytes()))
    damaged = installed.machine_code()
    assert installed.run(LIGHT) == first
    replaced = installed.machine_code()
    assert all(replaced[path] > damaged[path] for path in whole)
    assert installed.run(LIGHT) == first
    assert installed.machine_code() == replaced


def test_unused_machine_code_goes(tmp_path: Path) -> None:
    installed = Installation(tmp_path)
    installed.cache.mkdir()
    old, recent = (installed.cache / f"kernel.{name}-0.nbc" for name in ("old", "recent"))
    for path in (old, recent):
        path.touch()
    os.utime(old, (0, 0))
    installed.run(LIGHT)
    assert not old.exists() and recent.exists()


ALIKE = """
from harness import bind
from isac_envs.core.batch import Batch
for name in ("corridor", "rovers", "isac/ModeSelect-v0"):  # the first record begins all others
    Batch(bind(name), 2).seed((1, 2))
from isac_envs.engine.jit import jit, record_of
@jit
def inner(p):
    return p.first + 1.0
@jit
def outer(p):
    return inner(p)
for count in (1, 2, 3):
    names = ("first", "second", "third")[:count]
    assert outer(record_of(dict.fromkeys(names, 1.0))[0]) == 2.0
"""


def test_records_that_begin_alike_compile_without_warnings(tmp_path: Path) -> None:
    Installation(tmp_path).run(ALIKE)


def test_the_package_runs_where_nothing_can_be_cached(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way of a folder")
    installed = Installation(tmp_path / "root")
    installed.cache = blocked / "cache"
    installed.settings = {"HOME": str(blocked), "XDG_CACHE_HOME": str(blocked)}
    first = installed.start(LIGHT)
    assert first.returncode == 0
    assert first.stderr.count("RuntimeWarning: compiled kernels cannot be kept in") == 1
    assert not list(installed.root.rglob("*.nb?"))
    installed.append("engine/mathx.py", "\n\n@jit\ndef exp(x: float) -> float:\n    return 7.0\n")
    assert installed.start(LIGHT).stdout == "7.0\n"


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    installed = Installation(tmp_path)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
    finished = installed.start(limit + LIGHT)
    assert finished.returncode == 0
    assert finished.stderr.count("RuntimeWarning: compiled kernels cannot be kept in") == 1
    assert not list(installed.cache.iterdir())


def test_records_refuse_names_that_numpy_reads_otherwise() -> None:
    with pytest.raises(ValueError, match="'size' cannot be a field"):
        record(("time", "i8"), ("size", "f8"))


def test_a_kernel_that_makes_an_array_says_how_it_may() -> None:
    def doubled(count: int) -> float:
        return float(np.full(count, 2.0).sum())

    assert allocating(doubled)(3) == 6.0
    if not INTERPRETED:
        with pytest.raises(NumbaError) as caught:
            jit(doubled)(3)
        assert "allocating" in caught.value.__notes__[0]


def test_the_machine_code_of_a_kernel_counts_no_references() -> None:
    """The names are those of Numba's runtime; an array that is passed on would be counted."""

    def last(values: Any) -> float:
        return values[-1]

    def total(values: Any) -> float:
        return first(values[1:]) + first(values)

    first = jit(last)
    for make, counts in ((jit, False), (allocating, True)):
        kernel: Any = make(total)
        if not INTERPRETED:
            kernel._cache.disable()  # code from disk cannot be inspected
            kernel.compile((numba.float64[:],))
            (code,) = kernel.inspect_llvm().values()
            assert ("NRT_decref" in code) is counts


def test_intermediate_code_from_disk_stays_intermediate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As machine code of its own it would be slow, and callers would be linked to it."""
    if INTERPRETED:
        return

    def triple(x: float) -> float:
        return 3.0 * x

    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    made = []
    for _ in range(2):  # the second one finds what the first one has kept
        kernel: Any = jit(triple)
        kernel._inner.compile((numba.float64,))
        made += [each.library for each in kernel._inner.overloads.values()]
        assert len(list(tmp_path.rglob("*.nbc"))) == 1
    assert [each.get_pointer_to_function(each.name) for each in made] == [0, 0]
    assert type(made[0]) is type(made[1])


LAYOUTS = """
import numpy as np
from isac_envs.engine.jit import jit, record_of
from isac_envs.engine.mathx import atan2_turns, exp, ln
@jit
def long_sum(p, start):  # long enough to stay a function of its own
    total = start
    for k in range(p.many.shape[0]):
        total += ln(exp(atan2_turns(p.many[k], 1.0)))
    for k in range(p.many.shape[0]):
        total += ln(exp(atan2_turns(p.single, p.many[k])))
    for k in range(p.many.shape[0]):
        total += ln(exp(atan2_turns(p.many[k], p.single)))
    return total
@jit
def outer(p):
    return long_sum(p[0], long_sum(p[0], long_sum(p[0], 0.0)))
for count in {counts}:
    print(outer(record_of({{"many": np.arange(1.0, 1.0 + count), "single": 3.0}})))
"""


def test_machine_code_of_several_processes_does_not_mix(tmp_path: Path) -> None:
    """Record types of different layouts, each compiled by a process of its own, used by a third."""
    settings = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    printed = []
    for counts in ([2], [5], [2, 5], [5, 2]):
        program = tmp_path / "layouts.py"
        program.write_text(LAYOUTS.format(counts=counts))
        finished = subprocess.run(
            [sys.executable, str(program)], env=settings, capture_output=True, text=True
        )
        assert finished.returncode == 0, finished.stderr
        printed.append([float(each) for each in finished.stdout.split()])
    (few,), (many,) = printed[:2]
    assert few != many
    assert printed[2:] == [[few, many], [many, few]]


FIELDS = """
from typing import Any, NamedTuple
from isac_envs.engine.jit import jit
class Pair(NamedTuple):
    {first}: Any
    {second}: Any
@jit
def difference(pair):
    return pair.left - pair.right
print(difference(Pair(left=5.0, right=3.0)))
"""


def test_exchanged_fields_of_a_named_tuple_compile_again(tmp_path: Path) -> None:
    program = tmp_path / "fields.py"
    for first, second in (("left", "right"), ("right", "left")):
        program.write_text(FIELDS.format(first=first, second=second))
        finished = subprocess.run(
            [sys.executable, str(program)],
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}, capture_output=True, text=True,
        )  # fmt: skip
        assert finished.stdout == "2.0\n", finished.stderr
