"""Kernels that no environment reaches: how many lines they are, and which.

A kernel that nothing uses is tested by itself only. Imports are followed module by module, from the
environments, the radar chain and the channels; a name that the ``__init__`` of a folder passes on
counts for the module that defines it.
"""

import ast
from collections.abc import Iterator
from functools import cache

from test_imports import PACKAGE, SOURCES, module_name

PATHS = {module_name(path): path for path in SOURCES}
ROOTS = ("isac_envs.envs.", "isac_envs.sensing.", "isac_envs.propagation.")
KERNELS = "isac_envs.kernels."

LATER = {
    "isac_envs.kernels.ris.response": "environments with a surface in its near field follow",
    "isac_envs.kernels.ris.secrecy": "without noise: what secrecy with noise is checked by",
    "isac_envs.kernels.precoding.secrecy": "the optimal beam, as its surfaces",
}
"""Modules that are not counted, each with a reason: for an environment that is planned."""

MOST_SHARE = 0.1
"""Largest share of the lines of all kernels."""


@cache
def passed_on(name: str) -> dict[str, tuple[str, str]]:
    """Return where the names that a module imports come from: module and name there."""
    return {
        each.asname or each.name: (str(node.module), each.name)
        for node in ast.parse(PATHS[name].read_text()).body
        if isinstance(node, ast.ImportFrom)
        for each in node.names
    }


def defining(module: str, name: str) -> str:
    """Return the module that defines a name that is imported from a module or a folder."""
    if f"{module}.{name}" in PATHS:
        return f"{module}.{name}"
    folder = module in PATHS and PATHS[module].name == "__init__.py"
    if folder and name in passed_on(module):
        return defining(*passed_on(module)[name])
    return module


def needed(name: str) -> Iterator[str]:
    """Yield the modules that a module imports, lazily or not."""
    for node in ast.walk(ast.parse(PATHS[name].read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (defining(str(node.module), each.name) for each in node.names)


@cache
def reached() -> set[str]:
    waiting = [name for name in PATHS if f"{name}.".startswith(ROOTS)]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in PATHS and name not in found:
            found.add(name)
            waiting += needed(name)
    return found


def kernels() -> dict[str, int]:
    """Return the lines of each kernel module; what only passes names on is none."""
    files = (path for path in (PACKAGE / "kernels").rglob("*.py") if path.name != "__init__.py")
    return {module_name(path): len(path.read_text().splitlines()) for path in files}


def test_environments_reach_most_kernels() -> None:
    lines, found = kernels(), reached()
    left = {name: n for name, n in lines.items() if name not in found and name not in LATER}
    share = sum(left.values()) / sum(lines.values())
    assert share <= MOST_SHARE, f"{share:.3f} of the lines are not reached: {left}"


def test_exceptions_are_kernels_that_nothing_reaches() -> None:
    """One that is reached by now needs no exception."""
    assert set(LATER) <= set(kernels()) - reached()


def test_every_path_loss_of_a_link_is_reached() -> None:
    """Rain, gas and walls are no path loss of a link by themselves."""
    apart = {"gas", "gas_lines", "rain", "tr_38901_o2i"}
    names = {name for name in kernels() if name.startswith(f"{KERNELS}pathloss.")}
    left = {name.rpartition(".")[2] for name in names - reached()}
    assert left <= apart


def test_a_folder_passes_on_single_modules() -> None:
    assert defining("isac_envs.kernels.pathloss", "fspl").endswith("pathloss.free_space")
    assert defining("isac_envs.kernels", "pathloss") == "isac_envs.kernels.pathloss"
