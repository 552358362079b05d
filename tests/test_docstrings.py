"""Public functions say what their arguments are, with shapes and units."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FINISHED = ("isac_envs", "agents/isac_agents")
FEW = 2
"""Functions with so many arguments need no list of them."""


def functions(tree: ast.AST, public: bool = True) -> Iterator[tuple[ast.FunctionDef, bool]]:
    """Yield the public functions of a module, and whether each stands in a class."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from ((each, True) for each, _ in functions(node))
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node, False


def lacking(source: str) -> list[str]:
    """Return the public functions with several arguments whose docstring does not list them all."""
    found = []
    for function, method in functions(ast.parse(source)):
        given = function.args
        names = [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
        if method and names and names[0] in ("self", "cls"):
            names = names[1:]
        wrapped = any("wraps" in ast.unparse(each) for each in function.decorator_list)
        if len(names) <= FEW or wrapped:  # what wraps another function has its docstring
            continue
        listed = (ast.get_docstring(function) or "").partition("Args:\n")[2]
        missing = [name for name in names if f"    {name}: " not in listed]
        if missing:
            found.append(f"{function.name}: {', '.join(missing)}")
    return found


@pytest.mark.parametrize("package", FINISHED)
def test_functions_of_several_arguments_list_them(package: str) -> None:
    paths = sorted((ROOT / package).rglob("*.py"))
    assert paths
    found = {str(path.relative_to(ROOT)): lacking(path.read_text("utf-8")) for path in paths}
    assert not {path: names for path, names in found.items() if names}


def test_a_missing_argument_is_noticed() -> None:
    start = 'def f(a, b, c):\n    """Add.\n\n    Args:\n        a: One.\n        b: Two.\n'
    assert lacking(start + '    """\n') == ["f: c"]
    assert lacking(start + '        c: Three.\n    """\n') == []
    assert lacking("class A:\n    def f(self, a, b, c):\n        pass\n") == ["f: a, b, c"]
    assert lacking('class A:\n    def f(self, a, b):\n        """Add."""\n') == []
