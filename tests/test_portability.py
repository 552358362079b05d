"""One seed, one trajectory, on every processor: what may be called, and digests elsewhere.

NumPy takes other routes on other processors, and so do the C library and BLAS; the routes differ
in the last bit. So these must not reach a trajectory or a policy: what an environment computes, it
computes with ``engine/mathx.py``, ``kernels/numerics/portable.py`` or arithmetic that IEEE 754
fixes.
"""

import ast
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import golden
import harness
import pytest
from test_imports import ROOT, SOURCES, imports, module_name

PATHS = {module_name(path): path for path in SOURCES}

MATH = {
    *("ceil", "copysign", "e", "floor", "fmod", "frexp", "fsum", "gcd", "inf", "isfinite", "isinf"),
    *("isnan", "isqrt", "ldexp", "nan", "nextafter", "pi", "prod", "sqrt", "tau", "trunc"),
}
"""What of :mod:`math` IEEE 754 fixes."""

NUMPY = {
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "logaddexp", "logaddexp2"),
    *("power", "float_power", "pow", "cbrt", "hypot", "i0", "sinc", "angle", "logspace"),
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "asin", "acos", "atan"),
    *("atan2", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "asinh", "acosh"),
    *("atanh", "geomspace", "unwrap", "dot", "vdot", "vecdot", "inner", "matmul", "matvec"),
    *("tensordot", "einsum", "convolve", "correlate", "cov", "corrcoef", "polyfit"),
    *("linalg", "fft", "polynomial"),
}
"""What of NumPy takes its own route on a processor: elementary functions and BLAS."""

LIBRARIES = {"cmath", "scipy", "statistics"}
HARMLESS = {"scipy.optimize.linear_sum_assignment"}  # sums and comparisons

EXEMPT = {
    "isac_envs.planning.mdp": "solves finite problems: its values choose among actions, no more",
    "isac_envs.planning.chains": "as planning, by sparse matrices",
    "isac_envs.envs.mode_selection.mode_select.exact": "transition model, for planning alone",
    "isac_envs.envs.spectrum.cognitive_access.exact": "transition model, for planning alone",
    "isac_envs.envs.spectrum.cognitive_access.relaxation": "plans channel by channel, as planning",
    "isac_envs.envs.edges.edge_route.exact": "transition model, for planning alone",
    "isac_envs.envs.edges.edge_route.thresholds": "costs of thresholds, for planning alone",
    "isac_envs.envs.v2x.jrc_aoi_tiny.exact": "transition model, for planning alone",
    "isac_envs.kernels.radar.clutter": "the mean of Weibull powers, drawn from Python alone",
    "isac_envs.kernels.radar.range_doppler": "SciPy's maps; the radar chain takes its resolution",
}
"""Modules that may call anything, each with the reason."""

WHOLE_NUMBERS = {
    "int(self.table.options) ** self.count",
    "options ** np.arange(count)[::-1]",
    "p.option_count ** np.arange(p.uavs)[::-1]",
    "size ** np.arange(self.params.uavs)[::-1]",
    "self.params.option_count ** self.params.uavs",
    "self.option_count ** self.uavs",
    "(self.levels_full + 1) ** self.uavs",
    "count ** p.uavs",
    "params.age_cap ** classes",
}
"""Powers of integers, which are exact."""


def reached() -> list[str]:
    """Return the modules that the environments and the core import, lazily or not."""
    roots = {name for name in PATHS if name.startswith(("isac_envs.core.", "isac_envs.envs."))}
    waiting = [name for name in roots if not name.endswith((".scene", ".drawing"))]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        drawing = name.startswith("isac_envs.rendering")  # pictures are no part of a trajectory
        if name in PATHS and name not in found and not drawing:
            found.add(name)
            for each in imports(PATHS[name]):
                waiting += [each, each.rpartition(".")[0]]
    return sorted(found)


def is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def findings(source: str) -> Iterator[str]:
    """Yield what of a source text depends on the processor."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            place, name = node.value.id, node.attr
            if (place == "math" and name not in MATH) or (place == "np" and name in NUMPY):
                yield f"{node.lineno}: {place}.{name}"
        if isinstance(node, ast.Attribute) and node.attr == "dot":
            yield f"{node.lineno}: .dot"
        if isinstance(node, ast.Name) and node.id == "pow":
            yield f"{node.lineno}: pow"
        if isinstance(node, ast.Import):
            for each in node.names:
                if each.name.split(".")[0] in LIBRARIES or (each.name == "math" and each.asname):
                    yield f"{node.lineno}: import {each.name}"
        if isinstance(node, ast.ImportFrom):
            base = str(node.module).split(".")[0]
            for each in node.names:
                full = f"{node.module}.{each.name}"
                wrong = base in LIBRARIES and full not in HARMLESS
                wrong |= base == "math" and each.name not in MATH
                wrong |= base == "numpy" and each.name in NUMPY
                if wrong:
                    yield f"{node.lineno}: {full}"
        if isinstance(node, (ast.BinOp, ast.AugAssign)):
            if isinstance(node.op, ast.MatMult):
                yield f"{node.lineno}: @"
            if isinstance(node.op, ast.Pow):
                literal = isinstance(node, ast.BinOp) and is_literal(node.left)
                literal = literal and is_literal(node.right)
                if not literal and ast.unparse(node) not in WHOLE_NUMBERS:
                    yield f"{node.lineno}: {ast.unparse(node)}"


def test_nothing_in_a_trajectory_depends_on_the_processor() -> None:
    names = reached()
    assert {"isac_envs.core.batch", "isac_envs.engine.mathx"} <= set(names)
    wrong = [
        f"{PATHS[name].relative_to(ROOT)}:{each}"
        for name in names
        if name not in EXEMPT
        for each in findings(PATHS[name].read_text())
    ]
    assert not wrong, "\n".join(["not the same on every processor:", *wrong])


def test_every_exemption_is_needed() -> None:
    assert set(EXEMPT) <= set(reached())
    unneeded = [name for name in EXEMPT if not list(findings(PATHS[name].read_text()))]
    assert unneeded == []
    text = "\n".join(ast.unparse(ast.parse(path.read_text())) for path in SOURCES)
    assert [each for each in WHOLE_NUMBERS if each not in text] == []


@pytest.mark.parametrize(
    "line",
    ["math.exp(x)", "math.hypot(x, y)", "np.exp(x)", "np.arctan2(y, x)", "y @ x", "x @= y",
     "x ** 2", "10.0 ** (0.1 * x)", "x **= 0.5", "x.dot(y)", "pow(x, 2)", "np.linalg.norm(x)",
     "np.einsum('a,a', x, x)", "from math import log", "import math as m", "import cmath",
     "from numpy import sin", "from scipy.special import erf", "from statistics import NormalDist"],
)  # fmt: skip
def test_the_search_finds(line: str) -> None:
    assert list(findings(line))


@pytest.mark.parametrize(
    "line",
    ["math.sqrt(x)", "np.square(x)", "np.sqrt(x)", "2**53", "math.floor(x)", "from math import pi",
     "mathx.exp(x)", "portable.exp(x)", "from scipy.optimize import linear_sum_assignment"],
)  # fmt: skip
def test_the_search_lets_pass(line: str) -> None:
    assert not list(findings(line))


PLAIN_LIBRARIES = {
    # names of the C library changed in version 2.33; unknown ones are ignored
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps="
    + ",".join(
        f"-{name}"
        for name in (
            *("AVX2", "AVX2_Usable", "FMA", "FMA_Usable", "FMA4", "FMA4_Usable", "AVX512F"),
            *("AVX512F_Usable", "AVX512VL", "AVX512BW", "ERMS", "FSRM"),
        )
    ),
    "OPENBLAS_CORETYPE": "Prescott",
    "NPY_DISABLE_CPU_FEATURES": " ".join(golden.NUMPY_FEATURES),
}
"""Settings under which NumPy, the C library and BLAS use nothing but what every processor has."""


def digests_of_child(ids: list[str], **settings: str) -> dict[str, Any]:
    finished = subprocess.run(
        [sys.executable, golden.__file__, *ids],
        env={**os.environ, **settings},
        check=True,
        capture_output=True,
        text=True,
    )
    answer: dict[str, Any] = json.loads(finished.stdout)
    return answer


def expected(ids: list[str]) -> dict[str, str]:
    kept = json.loads((Path(__file__).parent / "golden.json").read_text())
    return {env_id: kept[env_id] for env_id in ids}


def test_golden_digests_without_the_processor_s_extensions() -> None:
    answer = digests_of_child(harness.IDS, **PLAIN_LIBRARIES)
    assert answer["numpy"] == []
    assert answer["digests"] == expected(harness.IDS)


def test_numpy_has_something_to_switch_off() -> None:
    if platform.machine() != "x86_64":
        pytest.skip("the extensions in question are those of x86-64")
    assert golden.NUMPY_FEATURES, "NumPy runs without extensions, so the test above shows nothing"


@pytest.mark.parametrize(
    "ids",
    [["isac/FramesPerCpi-v0"], pytest.param(harness.IDS, marks=pytest.mark.slow)],
    ids=["one", "all"],
)
def test_golden_digests_of_code_for_a_generic_processor(ids: list[str]) -> None:
    """All ids compile again: ``pytest -m slow tests/test_portability.py``, many minutes."""
    answer = digests_of_child(ids, NUMBA_CPU_NAME="generic", **PLAIN_LIBRARIES)
    assert answer["numba"] == "generic"
    assert answer["digests"] == expected(ids)
