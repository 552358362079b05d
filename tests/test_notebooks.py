"""The tutorials run, and print what is stored in them."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"


def load() -> Any:
    """Return the module that runs notebooks, which is no part of a package."""
    spec = importlib.util.spec_from_file_location("notebooks", DOCS / "notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


notebooks = load()
PATHS = notebooks.paths()


def facts(printed: list[str]) -> list[list[str]]:
    """Return the lines of each cell but those of learners, whose bits differ between machines."""
    return [[line for line in text.splitlines() if "ppo" not in line] for text in printed]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_prints_what_is_stored(path: Path) -> None:
    pytest.importorskip("stable_baselines3")
    notebook = notebooks.read(path)
    stored = notebooks.stored(notebook)
    assert any(stored)
    assert facts(notebooks.run(notebook)) == facts(stored)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_is_one_that_jupyter_opens(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    names = [cell["id"] for cell in notebook["cells"]]
    assert len(set(names)) == len(names)
    for cell in notebook["cells"]:
        assert cell["cell_type"] in ("code", "markdown")
        if cell["cell_type"] == "code":
            assert isinstance(cell["execution_count"], int), "run python docs/notebooks.py"


def test_a_wrong_output_is_noticed() -> None:
    cell = {"cell_type": "code", "source": ["x = 2\n", "print(x)\n", "x + 1"]}
    notebook = {"cells": [cell]}
    (printed,) = notebooks.run(notebook)
    assert printed == "2\n3\n"
    notebooks.store(notebook, ["2\n4\n"])
    assert facts(notebooks.stored(notebook)) != facts([printed])
