"""What imports what, what is loaded when, and how long a file may be."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "isac_envs"
AGENTS = ROOT / "agents" / "isac_agents"
SOURCES = sorted(PACKAGE.rglob("*.py"))
EVERYTHING = [*SOURCES, *sorted(AGENTS.rglob("*.py"))]

FLOORS = (
    ("isac_envs.engine", "isac_envs.__version__"),
    ("isac_envs.kernels.constants", "isac_envs.kernels.numerics"),
    ("isac_envs.kernels.arrays", "isac_envs.kernels.link", "isac_envs.kernels.pathloss"),
    ("isac_envs.kernels.channel", "isac_envs.kernels.precoding", "isac_envs.kernels.platforms"),
    ("isac_envs.kernels.ris",),
    ("isac_envs.kernels.estimation",),
    ("isac_envs.kernels.radar",),
    ("isac_envs.kernels", "isac_envs.errors", "isac_envs.files", "isac_envs.memory"),
    ("isac_envs.sensing", "isac_envs.traces"),
    ("isac_envs.planning", "isac_envs.declaration", "isac_envs.rendering"),
    ("isac_envs.propagation",),
    ("isac_envs.envs",),
    ("isac_envs.catalog", "isac_envs.scenarios"),
    ("isac_envs.description", "isac_envs.core"),
    ("isac_envs.registration", "isac_envs.testing"),
    ("isac_agents.text", "isac_agents.arrays", "isac_agents.child"),
    ("isac_agents.launch", "isac_agents.progress", "isac_agents.tables"),
    ("isac_agents.adapters",),
    ("isac_agents.algorithms",),
    ("isac_agents.registry",),
    ("isac_agents.runs",),
    ("isac_agents.evaluation",),
    ("isac_agents.training",),
    ("isac_agents.benchmark",),
    ("isac_agents.report",),
    ("isac_agents.commands",),
    ("isac_agents.cli",),
)
"""Packages from the ground up: an import may stay on its floor or go down, never up."""

LAYERS = {name: floor for floor, names in enumerate(FLOORS) for name in names}
LIGHT = ("isac_agents", "isac_agents.algorithms", "isac_agents.commands", "isac_agents.registry")
FACES = ("benchmark", "commands", "evaluation", "report", "runs", "training")
MOST_LINES = 500
MOST_PARAMETERS = 6
HEAVY = ("numba", "pydantic", "torch", "matplotlib", "pygame", "stable_baselines3")


def module_name(path: Path) -> str:
    root = ROOT / "agents" if path.is_relative_to(AGENTS) else ROOT
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def facts(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what a file imports, lazily or not, and what it uses of ``np.random``."""
    names: list[str] = []
    uses: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} holds a relative import"
            names += (f"{node.module}.{each.name}" for each in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
            of, value = node.value.attr, node.value.value
            if isinstance(value, ast.Name) and (value.id, of) == ("np", "random"):
                uses.append(node.attr)
    return tuple(names), tuple(uses)


def imports(path: Path) -> tuple[str, ...]:
    """Return the full names of everything that a file imports, lazily or not."""
    return facts(path)[0]


def layer(name: str) -> int:
    prefixes = [each for each in LAYERS if name == each or name.startswith(f"{each}.")]
    assert prefixes, f"the floor of {name} is not stated here"
    return LAYERS[max(prefixes, key=len)]


def own(names: Iterable[str]) -> Iterator[str]:
    return (each for each in names if each.split(".")[0] in ("isac_envs", "isac_agents"))


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = f"import sys, isac_envs; print([m for m in {HEAVY} if m in sys.modules])"
    run = [sys.executable, "-W", "error", "-c", program]
    assert subprocess.run(run, check=True, capture_output=True, text=True).stdout == "[]\n"


def test_listing_names_and_ids_needs_no_kernels() -> None:
    program = "import sys, isac_envs.catalog, isac_envs.errors; print('numba' in sys.modules)"
    run = [sys.executable, "-c", program]
    assert subprocess.run(run, check=True, capture_output=True, text=True).stdout == "False\n"


@pytest.mark.parametrize("name", LIGHT)
def test_what_names_agents_loads_nothing_heavy(name: str) -> None:
    program = f"import sys, {name}; print([m for m in {HEAVY} if m in sys.modules])"
    run = [sys.executable, "-c", program]
    assert subprocess.run(run, check=True, capture_output=True, text=True).stdout == "[]\n"


def test_no_face_of_what_runs_without_learners_loads_torch() -> None:
    names = ", ".join(f"isac_agents.{each}" for each in FACES)
    program = f"import sys, {names}; print({{'torch', 'stable_baselines3'}} & set(sys.modules))"
    run = [sys.executable, "-c", program]
    assert subprocess.run(run, check=True, capture_output=True, text=True).stdout == "set()\n"


def test_imports_run_downward() -> None:
    upward = {}
    for path in EVERYTHING:
        name = module_name(path)
        if name in ("isac_envs", "isac_agents"):
            assert {each.split(".")[1] for each in own(imports(path))} <= {"registration"}
        else:
            above = [each for each in own(imports(path)) if layer(each) > layer(name)]
            upward.update({name: above} if above else {})
    assert not upward


def test_environments_do_not_know_each_other() -> None:
    known = {}
    for path in (PACKAGE / "envs").rglob("*.py"):
        if path.parent == PACKAGE / "envs":
            continue
        family = ".".join(["isac_envs", "envs", path.relative_to(PACKAGE / "envs").parts[0]])
        others = [each for each in imports(path) if each.startswith("isac_envs.envs.")]
        foreign = [each for each in others if not each.startswith(f"{family}.")]
        known.update({module_name(path): foreign} if foreign else {})
    assert not known


def test_functions_of_environments_take_few_things() -> None:
    """What belongs together is a state, an outcome or a tuple with names."""
    for path in (PACKAGE / "envs").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                named = [each.arg for each in every if each.arg not in ("self", "cls")]
                assert len(named) <= MOST_PARAMETERS, f"{path}: {node.name} takes {named}"


def test_agents_use_no_internals_of_an_environment() -> None:
    """What they need of one they ask its model for."""
    for path in AGENTS.rglob("*.py"):
        assert not [each for each in imports(path) if each.startswith("isac_envs.envs")], path


def test_families_of_learners_do_not_know_each_other() -> None:
    """What two of them share stands beside the families, and knows none of them."""
    learners, start = AGENTS / "algorithms", "isac_agents.algorithms."
    families = {each.name for each in learners.iterdir() if each.is_dir()}
    for path in learners.rglob("*.py"):
        known = {each.split(".")[2] for each in imports(path) if each.startswith(start)}
        assert known & families <= {path.parent.name}, path


def test_the_import_graph_has_no_cycles() -> None:
    modules = {module_name(path): set(own(imports(path))) for path in EVERYTHING}
    graph = {
        name: {each if each in modules else each.rpartition(".")[0] for each in targets} - {name}
        for name, targets in modules.items()
        if name != "isac_envs"
    }
    while graph:
        leaves = {name for name, targets in graph.items() if not targets & graph.keys()}
        assert leaves, f"cycle among {sorted(graph)}"
        graph = {name: targets for name, targets in graph.items() if name not in leaves}


def test_environments_know_no_learner() -> None:
    learners = {"torch", "stable_baselines3", "sb3_contrib", "isac_agents", "tensorboard"}
    for path in SOURCES:
        assert not {each.split(".")[0] for each in imports(path)} & learners, path


def test_no_global_generators() -> None:
    allowed = {"default_rng", "Generator", "SeedSequence", "PCG64"}
    for path in SOURCES:
        assert set(facts(path)[1]) <= allowed, path
        assert not [each for each in imports(path) if each.split(".")[0] == "random"], path
        assert not [each for each in imports(path) if each.startswith("numpy.random")], path


def test_files_are_short() -> None:
    folders = (PACKAGE, AGENTS, ROOT / "tests", ROOT / "examples", ROOT / "benchmarks")
    lengths = {
        path: len(path.read_text().splitlines()) for root in folders for path in root.rglob("*.py")
    }
    long = {str(p.relative_to(ROOT)): n for p, n in lengths.items() if n > MOST_LINES}
    assert not long
