"""Runs the Python examples of the documentation as tests.

A page is one test, since its examples build on each other and tests may run in different processes.
"""

import sys
from pathlib import Path
from typing import Any

import gymnasium
import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

from isac_envs import catalog

SYBIL = Sybil(parsers=[PythonCodeBlockParser()])
GENERATED = {Path(__file__).parent / name for name in ("environments", "notebooks")}

# The package that the page on environments of one's own builds.
sys.path.append(str(Path(__file__).parents[1] / "tests" / "packages" / "hop"))


class Page(pytest.Item):
    """The examples of a page, in their order."""

    def runtest(self) -> None:
        """Run them."""
        tables = (catalog.ENVIRONMENTS, gymnasium.registry)
        before = [dict(table) for table in tables]
        try:
            for example in SYBIL.parse(self.path).examples():
                example.evaluate()
        finally:  # what a page registers is not known to other tests
            for table, kept in zip(tables, before, strict=True):
                table.clear()
                table.update(kept)


class PageFile(pytest.File):
    """A page."""

    def collect(self) -> Any:
        """Yield its test, where it has examples."""
        if "```python" in self.path.read_text(encoding="utf-8"):
            yield Page.from_parent(self, name="examples")


def pytest_collect_file(file_path: Path, parent: Any) -> Any:
    """Collect pages written by hand."""
    if file_path.suffix == ".md" and not GENERATED & set(file_path.parents):
        return PageFile.from_parent(parent, path=file_path)
    return None
