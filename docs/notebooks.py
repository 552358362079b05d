"""Runs the tutorials in ``examples/notebooks`` and makes their pages.

    python docs/notebooks.py

A notebook is JSON with Markdown and code. Its code cells run in one namespace, as in Jupyter, and
what they print is stored in it; ``docs/generate.py`` makes a page of each. Nothing of Jupyter is
needed for either.
"""

import ast
import contextlib
import io
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(__file__).parents[1] / "examples" / "notebooks"
PAGES = Path(__file__).parent / "notebooks"


def paths() -> list[Path]:
    """Return the notebooks."""
    return sorted(FOLDER.glob("*.ipynb"))


def read(path: Path) -> dict[str, Any]:
    """Return a notebook."""
    return json.loads(path.read_text(encoding="utf-8"))


def run(notebook: dict[str, Any]) -> list[str]:
    """Run the code cells of a notebook; return what each of them printed."""
    module = ModuleType("__main__")
    before, sys.modules["__main__"] = sys.modules["__main__"], module
    try:
        return [
            _printed("".join(cell["source"]), module.__dict__)
            for cell in notebook["cells"]
            if cell["cell_type"] == "code"
        ]
    finally:
        sys.modules["__main__"] = before


def _printed(source: str, namespace: dict[str, Any]) -> str:
    """Run a cell; return its output and the value of an expression at its end."""
    body, out = ast.parse(source).body, io.StringIO()
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(out):
        exec(compile(ast.Module(body, []), "<cell>", "exec"), namespace)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), namespace)
            if value is not None:
                print(repr(value))
    return out.getvalue()


def stored(notebook: dict[str, Any]) -> list[str]:
    """Return the outputs that stand in a notebook, one for each code cell."""
    return [
        "".join("".join(each["text"]) for each in cell["outputs"])
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]


def store(notebook: dict[str, Any], printed: list[str]) -> None:
    """Put outputs into a notebook, one for each code cell."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for count, (cell, text) in enumerate(zip(code, printed, strict=True), 1):
        cell["execution_count"] = count
        lines = text.splitlines(keepends=True)
        stream = {"name": "stdout", "output_type": "stream", "text": lines}
        cell["outputs"] = [stream] if text else []


def page(path: Path) -> str:
    """Return the page of a notebook, with its stored outputs."""
    parts = []
    for cell in read(path)["cells"]:
        text = "".join(cell["source"]).rstrip("\n")
        if cell["cell_type"] == "markdown":
            parts.append(text.replace("(../../docs/", "(../"))
            continue
        parts.append(f"```python\n{text}\n```")
        printed = "".join("".join(each["text"]) for each in cell["outputs"]).rstrip("\n")
        if printed:
            parts.append(f"```text\n{printed}\n```")
    parts.append(f"This page is the notebook `examples/notebooks/{path.name}`, with its outputs.")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Run all notebooks and store their outputs."""
    for path in paths():
        notebook = read(path)
        store(notebook, run(notebook))
        text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
